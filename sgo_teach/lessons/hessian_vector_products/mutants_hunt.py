"""Classic wrong repairs in the bug hunt of lesson 09, each under the name of its slip."""

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
    "mixed#2": """def curvature_along(loss, X, theta, v):
    X = X.detach().requires_grad_()
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), X, create_graph=True)
    (second,) = torch.autograd.grad((first @ v).sum(), theta)
    return float(second @ v)
""",
    "mixed#3": """def curvature_along(loss, X, theta, v):
    X = X.detach().requires_grad_()
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad(first @ v, X)
    return float((second @ v).sum())
""",
    "half": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad(first @ v, theta)
    return 0.5 * float(second @ v)
""",
    "length": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad(first @ v, theta)
    return float(second.norm())
""",
    "slope_times_curvature": """def curvature_along(loss, X, theta, v):
    theta = theta.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(theta, X), theta, create_graph=True)
    (second,) = torch.autograd.grad((first @ v) ** 2, theta)
    return float(second @ v)
""",
}
