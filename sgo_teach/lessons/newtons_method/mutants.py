"""Classic wrong answers to the exercises of lesson 03, each under the name of the slip it must earn."""

NEWTON_ROOT = {
    "wrong_sign": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = x + f(x) / df(x)
        xs.append(x)
    return xs
""",
    "no_division": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        xs.append(xs[-1] - f(xs[-1]))
    return xs
""",
    "upside_down": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = x - df(x) / f(x)
        xs.append(x)
    return xs
""",
    "multiplied": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = x - df(x) * f(x)
        xs.append(x)
    return xs
""",
    "first_tangent": """def newton_root(f, df, x, steps):
    xs, slope = [x], df(x)
    for _ in range(steps):
        x = x - f(x) / slope
        xs.append(x)
    return xs
""",
    "start_missing": """def newton_root(f, df, x, steps):
    xs = []
    for _ in range(steps):
        x = x - f(x) / df(x)
        xs.append(x)
    return xs
""",
    "last_missing": """def newton_root(f, df, x, steps):
    xs = []
    for _ in range(steps):
        xs.append(x)
        x = x - f(x) / df(x)
    return xs
""",
    "only_the_end": """def newton_root(f, df, x, steps):
    for _ in range(steps):
        x = x - f(x) / df(x)
    return x
""",
    "stands_still": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        xs.append(x - f(x) / df(x))
    return xs
""",
    "returned_early": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = x - f(x) / df(x)
        xs.append(x)
        return xs
""",
}

ORDER = {
    "two_logs": """def order(errors):
    return np.log(errors[-1]) / np.log(errors[-2])
""",
    "no_logs": """def order(errors):
    a, b, c = errors[-3:]
    return (c / b) / (b / a)
""",
    "upside_down": """def order(errors):
    a, b, c = errors[-3:]
    return np.log(b / a) / np.log(c / b)
""",
    "the_factor": """def order(errors):
    return errors[-1] / errors[-2]
""",
    "the_constant": """def order(errors):
    return errors[-1] / errors[-2]**2
""",
    "first_three": """def order(errors):
    a, b, c = errors[:3]
    return np.log(c / b) / np.log(b / a)
""",
    "shifted": """def order(errors):
    a, b, c = errors[-4:-1]
    return np.log(c / b) / np.log(b / a)
""",
}

NEWTON = {
    "uphill": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    while np.linalg.norm(gradient(theta)) > tolerance and len(points) <= max_steps:
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta - delta
        points.append(theta)
    return points
""",
    "crawls": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        if np.linalg.norm(gradient(theta)) <= tolerance:
            break
        theta = theta - 0.01 * np.linalg.solve(hessian(theta), gradient(theta))
        points.append(theta)
    return points
""",
    "first_order": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        if np.linalg.norm(gradient(theta)) <= tolerance:
            break
        theta = theta - gradient(theta)
        points.append(theta)
    return points
""",
    "step_for_point": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        if np.linalg.norm(gradient(theta)) <= tolerance:
            break
        theta = np.linalg.solve(hessian(theta), -gradient(theta))
        points.append(theta)
    return points
""",
    "one_array": """def newton(gradient, hessian, theta, tolerance, max_steps):
    theta = theta.copy()
    points = [theta]
    while np.linalg.norm(gradient(theta)) > tolerance and len(points) <= max_steps:
        theta += np.linalg.solve(hessian(theta), -gradient(theta))
        points.append(theta)
    return points
""",
    "one_array#2": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    while np.linalg.norm(gradient(theta)) > tolerance and len(points) <= max_steps:
        theta += np.linalg.solve(hessian(theta), -gradient(theta))
        points.append(theta)
    return points
""",
    "never_stops": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
        points.append(theta)
    return points
""",
    "no_limit": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    while np.linalg.norm(gradient(theta)) > tolerance:
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
        points.append(theta)
    return points
""",
    "start_missing": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = []
    while np.linalg.norm(gradient(theta)) > tolerance and len(points) < max_steps:
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
        points.append(theta)
    return points
""",
    "one_too_few": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    while np.linalg.norm(gradient(theta)) > tolerance and len(points) < max_steps:
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
        points.append(theta)
    return points
""",
    "looks_before_the_leap": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        theta = theta - np.linalg.solve(hessian(theta), g)
        points.append(theta)
        if np.linalg.norm(g) <= tolerance:
            break
    return points
""",
    "first_curvature": """def newton(gradient, hessian, theta, tolerance, max_steps):
    H, points = hessian(theta), [theta]
    while np.linalg.norm(gradient(theta)) > tolerance and len(points) <= max_steps:
        theta = theta - np.linalg.solve(H, gradient(theta))
        points.append(theta)
    return points
""",
    "only_the_end": """def newton(gradient, hessian, theta, tolerance, max_steps):
    for _ in range(max_steps):
        if np.linalg.norm(gradient(theta)) <= tolerance:
            break
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
    return theta
""",
}

MSE_DERIVATIVES = {
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
}
