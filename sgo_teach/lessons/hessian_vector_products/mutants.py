"""Classic wrong products, lesson 09, each under the name of its slip."""

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
    "per_length": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h * v.norm())
""",
    "times_h": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) - gradient(theta - h * v)) / 2 * h
""",
    "sum": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) + gradient(theta - h * v)) / (2 * h)
""",
    "sum#2": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) + gradient(theta - h * v)) / 2
""",
    "half_the_change": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h * v) - gradient(theta)) / (2 * h)
""",
    "v_twice": """def hvp_differences(gradient, theta, v, h):
    return v * (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)
""",
    "v_afterwards": """def hvp_differences(gradient, theta, v, h):
    return (gradient(theta + h) - gradient(theta - h)) / (2 * h) * v
""",
    "matrix": """def hvp_differences(gradient, theta, v, h):
    n = len(theta)
    nudges = h * torch.eye(n, dtype=theta.dtype)
    return torch.stack([(gradient(theta + e) - gradient(theta - e)) / (2 * h) for e in nudges])
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
    "accumulated": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    loss_function(theta).backward(create_graph=True)
    (theta.grad @ v).backward()
    return theta.grad.detach()
""",
    "unit_length": """def hvp(loss_function, theta, v):
    v = v / v.norm()
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return torch.autograd.grad(g @ v, theta)[0]
""",
    "whole_nudge": """def hvp(loss_function, theta, v):
    g = torch.func.grad(loss_function)
    return g(theta + v) - g(theta)
""",
    "gradient_times_v": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    loss = loss_function(theta)
    (g,) = torch.autograd.grad(loss, theta, create_graph=True)
    return torch.autograd.grad(loss, theta)[0] * v
""",
    "slope_squared": """def hvp(loss_function, theta, v):
    theta = theta.detach().requires_grad_()
    (g,) = torch.autograd.grad(loss_function(theta), theta, create_graph=True)
    return torch.autograd.grad((g @ v) ** 2, theta)[0]
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
    "pair_of_the_loss": """def hvp_forward_reverse(loss_function, theta, v):
    return torch.func.jvp(loss_function, (theta,), (v,))
""",
    "unit_length": """def hvp_forward_reverse(loss_function, theta, v):
    v = v / v.norm()
    return torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,))[1]
""",
    "whole_nudge": """def hvp_forward_reverse(loss_function, theta, v):
    g = torch.func.grad(loss_function)
    return g(theta + v) - g(theta)
""",
    "v_twice": """def hvp_forward_reverse(loss_function, theta, v):
    return v * torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,))[1]
""",
    "both_of_the_pair": """def hvp_forward_reverse(loss_function, theta, v):
    return sum(torch.func.jvp(torch.func.grad(loss_function), (theta,), (v,)))
""",
}
