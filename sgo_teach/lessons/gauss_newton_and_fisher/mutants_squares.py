"""Classic wrong answers to the damped step of lesson 10, each under the slip it must earn."""

GAUSS_NEWTON_STEP = {
    "uphill": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(J.T @ J + damping * np.eye(J.shape[1]), J.T @ r)
""",
    "no_damping": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(J.T @ J, -J.T @ r)
""",
    "no_damping#2": """def gauss_newton_step(r, J, damping):
    return np.linalg.lstsq(J, -r)[0]
""",
    "every_entry": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(J.T @ J + damping, -J.T @ r)
""",
    "outside": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve((1 + damping) * J.T @ J, -J.T @ r)
""",
    "step_size": """def gauss_newton_step(r, J, damping):
    return -damping * np.linalg.solve(J.T @ J, J.T @ r)
""",
    "gradient_only": """def gauss_newton_step(r, J, damping):
    return -J.T @ r
""",
    "scaled_diagonal": """def gauss_newton_step(r, J, damping):
    G = J.T @ J
    return np.linalg.solve(G + damping * np.diag(np.diag(G)), -J.T @ r)
""",
    "minus_damping": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(J.T @ J - damping * np.eye(J.shape[1]), -J.T @ r)
""",
    "squared_damping": """def gauss_newton_step(r, J, damping):
    n = J.shape[1]
    rows = np.vstack([J, damping * np.eye(n)])
    return np.linalg.lstsq(rows, np.append(-r, np.zeros(n)))[0]
""",
    "entry_by_entry": """def gauss_newton_step(r, J, damping):
    return -J.T @ r / (np.sum(J**2, axis=0) + damping)
""",
    "twice_the_gradient": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(J.T @ J + damping * np.eye(J.shape[1]), -2 * J.T @ r)
""",
    "doubled": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(2 * J.T @ J + damping * np.eye(J.shape[1]), -2 * J.T @ r)
""",
    "mean": """def gauss_newton_step(r, J, damping):
    m, n = J.shape
    return np.linalg.solve(J.T @ J / m + damping * np.eye(n), -J.T @ r / m)
""",
    "points_by_points": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(J @ J.T + damping * np.eye(J.shape[0]), -r)
""",
    "raised": """def gauss_newton_step(r, J, damping):
    return np.linalg.solve(J.T @ J + damping * np.eye(J.shape[1]), -J @ r)
""",
}
