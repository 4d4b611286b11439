"""Classic wrong answers about the Fisher matrix in lesson 10, each under the slip it must earn."""

FISHER = {
    "one_image": """def fisher(J, p):
    H_out = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return torch.einsum("icn,ick,ikm->inm", J, H_out, J)
""",
    "sum_for_mean": """def fisher(J, p):
    H_out = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return torch.einsum("icn,ick,ikm->nm", J, H_out, J)
""",
    "no_weights": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + g.T @ g
    return F / N
""",
    "uniform": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + g.T @ g
    return F / (N * C)
""",
    "likeliest": """def fisher(J, p):
    N, C, n = J.shape
    g = torch.einsum("icn,ic->in", J, p - one_hot(p.argmax(1), C))
    return g.T @ g / N
""",
    "expected_gradient": """def fisher(J, p):
    N, C, n = J.shape
    mean = torch.zeros(N, n, dtype=p.dtype)
    for y in range(C):
        mean = mean + p[:, y, None] * torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
    return mean.T @ mean / N
""",
    "summed_first": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = (p[:, y, None] * torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])).sum(0)
        F = F + torch.outer(g, g)
    return F / N
""",
    "labels_alone": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = J[:, y]
        F = F + (p[:, y, None] * g).T @ g
    return F / N
""",
    "no_output_hessian": """def fisher(J, p):
    return torch.einsum("icn,icm->nm", J, J) / len(p)
""",
    "mean_over_all": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + (p[:, y, None] * g).T @ g
    return F / (N * C)
""",
    "drawn": """def fisher(J, p):
    labels = torch.multinomial(p, 1, generator=torch.Generator().manual_seed(3))[:, 0]
    g = torch.einsum("icn,ic->in", J, p - one_hot(labels, p.shape[1]))
    return g.T @ g / len(p)
""",
    "one_label": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + (p[:, y, None] * g).T @ g
        return F / N
""",
    "one_label#2": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = (p[:, y, None] * g).T @ g
    return F / N
""",
    "label_missing": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(1, C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + (p[:, y, None] * g).T @ g
    return F / N
""",
    "squared_weights": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = p[:, y, None] * torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + g.T @ g
    return F / N
""",
    "not_cloned": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        slope = p
        slope[:, y] -= 1
        g = torch.einsum("icn,ic->in", J, slope)
        F = F + (p[:, y, None] * g).T @ g
    return F / N
""",
    "wrong_sign_of_label": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p + torch.eye(C)[y])
        F = F + (p[:, y, None] * g).T @ g
    return F / N
""",
    "diagonal_only": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + (p[:, y, None] * g**2).sum(0)
    return torch.diag(F) / N
""",
    "raised": """def fisher(J, p):
    N, C, n = J.shape
    F = torch.zeros(n, n, dtype=p.dtype)
    for y in range(C):
        g = torch.einsum("icn,ic->in", J, p - torch.eye(C)[y])
        F = F + (p[:, y] * g).T @ g
    return F / N
""",
}

NATURAL_STEP = {
    "empirical": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = gradients.T @ gradients / N
    g = gradients.mean(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)
""",
    "gradient_of_the_sum": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = fisher(J, p)
    g = gradients.sum(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)
""",
    "empirical_sum": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = gradients.T @ gradients
    g = gradients.sum(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)
""",
    "sums": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = N * fisher(J, p)
    g = gradients.sum(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)
""",
    "averaged_twice": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = fisher(J, p) / N
    g = gradients.mean(0)
    return torch.linalg.solve(F + damping * torch.eye(n), -g)
""",
    "uphill": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    return torch.linalg.solve(fisher(J, p) + damping * torch.eye(n), gradients.mean(0))
""",
    "uphill#2": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = gradients.T @ gradients / N
    return torch.linalg.solve(F + damping * torch.eye(n), gradients.mean(0))
""",
    "no_output_hessian": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = torch.einsum("icn,icm->nm", J, J) / N
    return torch.linalg.solve(F + damping * torch.eye(n), -gradients.mean(0))
""",
    "expected_gradient": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    slope = sum(p[:, y, None] * (p - torch.eye(C)[y]) for y in range(C))
    g = torch.einsum("icn,ic->in", J, slope).mean(0)
    return torch.linalg.solve(fisher(J, p) + damping * torch.eye(n), -g)
""",
    "likeliest": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    guessed = torch.einsum("icn,ic->in", J, p - one_hot(p.argmax(1), C))
    F = guessed.T @ guessed / N
    return torch.linalg.solve(F + damping * torch.eye(n), -gradients.mean(0))
""",
    "empirical#2": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    centred = gradients - gradients.mean(0)
    F = centred.T @ centred / N
    return torch.linalg.solve(F + damping * torch.eye(n), -gradients.mean(0))
""",
    "empirical#3": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = gradients.T @ gradients / N**2
    return torch.linalg.solve(F + damping * torch.eye(n), -gradients.mean(0))
""",
    "matrix_of_the_sum": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = N * fisher(J, p)
    return torch.linalg.solve(F + damping * torch.eye(n), -gradients.mean(0))
""",
    "uphill#3": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = gradients.T @ gradients / N
    g = gradients.sum(0)
    return torch.linalg.solve(F + damping * torch.eye(n), g)
""",
    "labels_alone": """def natural_step(J, p, labels, damping):
    N, C, n = J.shape
    gradients = torch.einsum("icn,ic->in", J, p - one_hot(labels, C))
    F = torch.einsum("icn,ic,icm->nm", J, p, J) / N
    return torch.linalg.solve(F + damping * torch.eye(n), -gradients.mean(0))
""",
}
