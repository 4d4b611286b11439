"""Classic wrong answers to the exercises of lesson 09, each under the name of its slip."""

HVP_DIFFERENCES = {
    "curvature": """def hvp_differences(gradient, theta, v, h):
    return v @ (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)
""",
    "slopes": """def hvp_differences(gradient, theta, v, h):
    change = gradient(theta + h * v) - gradient(theta - h * v)
    return (change @ v) / (v @ v) / (2 * h)
""",
    "first_derivative": """def hvp_differences(gradient, theta, v, h):
    return gradient(theta)
""",
    "ahead_only": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) - gradient(theta)) / h
""",
    "behind_only": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta) - gradient(theta - h * v)) / h
""",
    "wrong_way": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta - h * v) - gradient(theta + h * v)) / (2 * h)
""",
    "not_divided": """def hvp_differences(gradient, theta, v, h):
    return gradient(theta + h * v) - gradient(theta - h * v)
""",
    "half_the_way": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) - gradient(theta - h * v)) / h
""",
    "third_derivative": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) - 2 * gradient(theta) + gradient(theta - h * v)) / h**2
""",
    "all_ones": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h) - gradient(theta - h)) / (2 * h)
""",
    "unit_length": """def hvp_differences(gradient, theta, v, h):
    v = v / v.norm()
    return (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)
""",
}

HVP = {
    "raised": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta)
    return torch.autograd.grad(g @ v, theta)[0]
""",
    "tuple": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return torch.autograd.grad(g @ v, theta)
""",
    "curvature": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return v @ torch.autograd.grad(g @ v, theta)[0]
""",
    "slope": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return g @ v
""",
    "matrix": """def hvp(loss_function, theta, v):
    return torch.autograd.functional.hessian(loss_function, theta)
""",
    "first_derivative": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    loss = loss_function(theta)
    (g,) = torch.autograd.grad(loss, theta, create_graph=True)
    return torch.autograd.grad(loss, theta)[0]
""",
    "first_derivative#2": """def hvp(loss_function, theta, v):
    theta, v = theta.detach().requires_grad_(), v.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return torch.autograd.grad(g @ v, v)[0]
""",
    "row_sums": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return torch.autograd.grad(g.sum(), theta)[0]
""",
    "row_sums_times_v": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return torch.autograd.grad(g.sum(), theta)[0] * v
""",
    "squared_gradient": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return torch.autograd.grad(g @ g, theta)[0]
""",
    "outer": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta)
    return g * (g @ v)
""",
    "diagonal": """def hvp(loss_function, theta, v):
    return torch.diag(torch.autograd.functional.hessian(loss_function, theta)) * v
""",
}

HVP_FORWARD_REVERSE = {
    "raised": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jvp(torch.func.grad(loss_function), theta, v)[1]
""",
    "pair": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,))
""",
    "curvature": """def hvp_forward_reverse(loss_function, theta, v):
    return v @ torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,))[1]
""",
    "slope": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jvp(loss_function, (theta,), (v,))[1]
""",
    "matrix": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jacfwd(torch.func.grad(loss_function))(theta)
""",
    "first_derivative": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,))[0]
""",
    "row_sums": """def hvp_forward_reverse(loss_function, theta, v):
    ones = torch.ones_like(theta)
    return torch.func.jvp(torch.func.grad(loss_function), (theta,), (ones,))[1]
""",
    "swapped": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jvp(torch.func.grad(loss_function), (v,), (theta,))[1]
""",
    "at_v": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jvp(torch.func.grad(loss_function), (v,), (v,))[1]
""",
}

LARGEST_CURVATURE = {
    "vector": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return v
""",
    "sign_lost": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return float(product(v).norm())
""",
    "never_shortened": """def largest_curvature(product, v, steps):
    for _ in range(steps):
        v = product(v)
    return float(v @ product(v))
""",
    "start_length": """def largest_curvature(product, v, steps):
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
    return float(v @ product(v))
""",
    "largest_entry": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.abs().max()
    return float(v @ product(v))
""",
    "miscounted": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        value = float(v @ Hv)
        v = Hv / Hv.norm()
    return value if steps else float(v @ product(v))
""",
    "miscounted#2": """def largest_curvature(product, v, steps):
    v = v / v.norm()
    for _ in range(steps):
        Hv = product(v)
        v = Hv / Hv.norm()
        return float(v @ product(v))
    return float(v @ product(v))
""",
}

CURVATURE_ALONG = {
    "vector": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    return torch.autograd.grad(first @ v, theta)[0]
""",
    "first_again": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    value = loss(theta, X)
    (first,) = torch.autograd.grad(value, theta, create_graph=True)
    (second,) = torch.autograd.grad(value, theta)
    return float(second @ v)
""",
    "slope_squared": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta)
    return float(first @ v) ** 2
""",
    "mixed": """def curvature_along(loss, X, theta, v):
    X = X.detach().requires_grad_()
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), X, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), theta)
    return float(second @ v)
""",
    "by_inputs": """def curvature_along(loss, X, theta, v):
    X = X.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), X, create_graph=True)
    (second,) = torch.autograd.grad((first @ v).sum(), X)
    return float((second @ v).sum())
""",
    "row_sums": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), theta)
    return float(second @ v)
""",
    "row_sums#2": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad(first @ v, theta)
    return float(second.sum())
""",
    "per_length": """def curvature_along(loss, X, theta, v):
    theta, v = theta.detach().requires_grad_(), v / v.norm()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad(first @ v, theta)
    return float(second @ v)
""",
    "diagonal": """def curvature_along(loss, X, theta, v):
    H = torch.autograd.functional.hessian(lambda t: loss(t, X), theta)
    return float(H.diagonal() @ v**2)
""",
    "raised": """def curvature_along(loss, X, theta, v):
    X = X.detach().requires_grad_()
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), X, create_graph=True)
    (second,) = torch.autograd.grad(first @ v, theta)
    return float(second @ v)
""",
}
