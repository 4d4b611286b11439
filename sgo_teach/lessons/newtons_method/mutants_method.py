"""Classic wrong answers for Newton's method, each under the name of the slip it must earn."""

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
    "multiplied": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + hessian(theta) @ -g
        points.append(theta)
    return points
""",
    "entry_by_entry": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + -g / hessian(theta)
        points.append(theta)
    return points
""",
    "stray_factor": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + 0.5 * np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points
""",
    "stray_factor#2": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta) / 2, -g)
        points.append(theta)
    return points
""",
    "wrong_step": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta) + np.eye(len(g)), -g)
        points.append(theta)
    return points
""",
    "wrong_step#2": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + -g / np.diag(hessian(theta))
        points.append(theta)
    return points
""",
    "first_gradient": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points, g = [theta], gradient(theta)
    for _ in range(max_steps):
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points
""",
    "stops_early": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if g @ g <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points
""",
    "stops_early#2": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) >= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points
""",
    "stops_early#3": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.abs(g).max() <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points
""",
    "stops_early#4": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(np.linalg.solve(hessian(theta), g)) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points
""",
    "stops_early#5": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
        return points
""",
    "no_limit#2": """def newton(gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps + 1):
        g = gradient(theta)
        if np.linalg.norm(g) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -g)
        points.append(theta)
    return points
""",
}
