"""Classic wrong answers to lesson 03 on least squares, each under the slip it must earn."""

MSE_DERIVATIVES = {
    "divided_by_size": """def mse_derivatives(X, y, theta):
    return 2 * X.T @ (X @ theta - y) / X.size, 2 * X.T @ X / X.size
""",
    "half_hessian": """def mse_derivatives(X, y, theta):
    m = len(y)
    return 2 * X.T @ (X @ theta - y) / m, X.T @ X / m
""",
    "stray_penalty": """def mse_derivatives(X, y, theta):
    m, n = X.shape
    return 2 * X.T @ (X @ theta - y) / m, X.T @ X / m + 2 * np.eye(n) / m
""",
    "stray_penalty#2": """def mse_derivatives(X, y, theta):
    m, n = X.shape
    return 2 * X.T @ (X @ theta - y) / m, 2 * X.T @ X / m + 2 * np.eye(n) / m
""",
    "sum_for_mean": """def mse_derivatives(X, y, theta):
    return 2 * X.T @ (X @ theta - y), 2 * X.T @ X
""",
    "half_of_both": """def mse_derivatives(X, y, theta):
    m = len(y)
    return X.T @ (X @ theta - y) / m, X.T @ X / m
""",
    "residual_turned": """def mse_derivatives(X, y, theta):
    m = len(y)
    return 2 * X.T @ (y - X @ theta) / m, 2 * X.T @ X / m
""",
    "broadcast": """def mse_derivatives(X, y, theta):
    m = len(y)
    residual = X @ theta.reshape(-1, 1) - y
    return 2 * X.T @ residual / m, 2 * X.T @ X / m
""",
    "mean_of_broadcast": """def mse_derivatives(X, y, theta):
    m = len(y)
    residual = X @ theta.reshape(-1, 1) - y
    return (2 * X.T @ residual / m).mean(axis=1), 2 * X.T @ X / m
""",
    "points_by_points": """def mse_derivatives(X, y, theta):
    m = len(y)
    return 2 * X.T @ (X @ theta - y) / m, 2 * X @ X.T / m
""",
    "divided_by_n": """def mse_derivatives(X, y, theta):
    n = len(theta)
    return 2 * X.T @ (X @ theta - y) / n, 2 * X.T @ X / n
""",
    "hessian_first": """def mse_derivatives(X, y, theta):
    m = len(y)
    return 2 * X.T @ X / m, 2 * X.T @ (X @ theta - y) / m
""",
    "both_signs": """def mse_derivatives(X, y, theta):
    m = len(y)
    return -2 * X.T @ (X @ theta - y) / m, -2 * X.T @ X / m
""",
    "not_together": """def mse_derivatives(X, y, theta):
    m = len(y)
    return X.T @ (X @ theta - y) / m, 2 * X.T @ X / m
""",
    "not_together#2": """def mse_derivatives(X, y, theta):
    m = len(y)
    return 2 * X.T @ (X @ theta - y), 2 * X.T @ X / m
""",
    "not_together#3": """def mse_derivatives(X, y, theta):
    m = len(y)
    return 2 * X.T @ (X @ theta - y) / m, 2 * X.T @ X
""",
}

FIT = {
    "still_a_matrix": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros((n, 1))
    for _ in range(steps):
        residual = X @ theta - y
        gradient = 2 * X.T @ residual / m
        hessian = 2 * X.T @ X / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta
""",
    "still_a_matrix#2": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros((n, 1))
    for _ in range(steps):
        residual = X @ theta - y
        gradient = 2 * X.T @ residual / m
        hessian = X.T @ X / m + 2 * np.eye(n) / m
        theta = theta - np.linalg.inv(hessian) @ gradient
    return theta
""",
    "column": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros((n, 1))
    for _ in range(steps):
        residual = X @ theta - y.reshape(-1, 1)
        gradient = 2 * X.T @ residual / m
        hessian = 2 * X.T @ X / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta
""",
    "hundred_times_too_short": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = 2 * X.T @ X / m
        theta = theta - 0.01 * np.linalg.solve(hessian, gradient)
    return theta
""",
    "hundred_times_too_short#2": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = X.T @ X / m + 2 * np.eye(n) / m
        theta = theta - 0.01 * np.linalg.inv(hessian) @ gradient
    return theta
""",
    "stray_penalty": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = X.T @ X / m + 2 * np.eye(n) / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta
""",
    "stray_penalty#2": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = 2 * X.T @ X / m + 2 * np.eye(n) / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta
""",
    "bounces": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = X.T @ X / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta
""",
    "first_order": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        theta = theta - 0.1 * gradient
    return theta
""",
    "averaged_away": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros((n, 1))
    for _ in range(steps):
        residual = X @ theta - y
        gradient = 2 * X.T @ residual / m
        hessian = 2 * X.T @ X / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta.mean(axis=1)
""",
    "hundred_times_too_short#3": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = X.T @ X / m
        theta = theta - 0.01 * np.linalg.solve(hessian, gradient)
    return theta
""",
    "uphill": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = 2 * X.T @ X / m
        theta = theta + np.linalg.solve(hessian, gradient)
    return theta
""",
    "uphill#2": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = X.T @ X / m + 2 * np.eye(n) / m
        theta = theta + 0.01 * np.linalg.solve(hessian, gradient)
    return theta
""",
    "stray_penalty#3": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.zeros(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m + 2 * theta / m
        hessian = 2 * X.T @ X / m + 2 * np.eye(n) / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta
""",
    "not_from_zero": """def fit(X, y, steps):
    m, n = X.shape
    theta = np.ones(n)
    for _ in range(steps):
        gradient = 2 * X.T @ (X @ theta - y) / m
        hessian = 2 * X.T @ X / m
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta
""",
    "not_from_zero#2": """def fit(X, y, steps):
    return np.linalg.lstsq(X, y)[0]
""",
}
