"""Classic wrong answers to the exercises of lesson 00, each under the name of the slip it must earn."""

SLOPE = {
    "precedence": """def slope(f, x, h):
    return (f(x + h) - f(x - h)) / 2 * h
""",
    "no_brackets": """def slope(f, x, h):
    return f(x + h) - f(x - h) / (2 * h)
""",
    "no_brackets_at_all": """def slope(f, x, h):
    return f(x + h) - f(x - h) / 2 * h
""",
    "divided_by_2": """def slope(f, x, h):
    return (f(x + h) - f(x - h)) / 2
""",
    "floor": """def slope(f, x, h):
    return (f(x + h) - f(x - h)) // (2 * h)
""",
    "divided_by_h": """def slope(f, x, h):
    return (f(x + h) - f(x - h)) / h
""",
    "not_divided": """def slope(f, x, h):
    return f(x + h) - f(x - h)
""",
    "one_sided": """def slope(f, x, h):
    return (f(x + h) - f(x)) / h
""",
    "one_sided#2": """def slope(f, x, h):
    return (f(x) - f(x - h)) / h
""",
    "one_sided_wide": """def slope(f, x, h):
    return (f(x + h) - f(x)) / (2 * h)
""",
    "sign": """def slope(f, x, h):
    return (f(x - h) - f(x + h)) / (2 * h)
""",
    "no_sign": """def slope(f, x, h):
    return abs(f(x + h) - f(x - h)) / (2 * h)
""",
    "sum": """def slope(f, x, h):
    return (f(x + h) + f(x - h)) / (2 * h)
""",
    "printed": """def slope(f, x, h):
    print((f(x + h) - f(x - h)) / (2 * h))
""",
}

WALK = {
    "one_array": """def walk(theta, gradient, step_size, steps):
    theta = theta.copy()
    path = [theta]
    for _ in range(steps):
        theta -= step_size * gradient(theta)
        path.append(theta)
    return np.array(path)
""",
    "one_array#2": """def walk(theta, gradient, step_size, steps):
    path = [theta.copy()]
    for _ in range(steps):
        theta -= step_size * gradient(theta)
        path.append(theta)
    return np.array(path)
""",
    "start_overwritten": """def walk(theta, gradient, step_size, steps):
    path = [theta]
    for _ in range(steps):
        theta -= step_size * gradient(theta)
        path.append(theta.copy())
    return np.array(path)
""",
    "start_lost": """def walk(theta, gradient, step_size, steps):
    path = []
    for _ in range(steps):
        theta = theta - step_size * gradient(theta)
        path.append(theta)
    return np.array(path)
""",
    "end_lost": """def walk(theta, gradient, step_size, steps):
    path = []
    for _ in range(steps):
        path.append(theta)
        theta = theta - step_size * gradient(theta)
    return np.array(path)
""",
    "one_too_many": """def walk(theta, gradient, step_size, steps):
    path = [theta]
    for _ in range(steps + 1):
        theta = theta - step_size * gradient(theta)
        path.append(theta)
    return np.array(path)
""",
    "leaves_early": """def walk(theta, gradient, step_size, steps):
    path = [theta]
    for _ in range(steps):
        theta = theta - step_size * gradient(theta)
        path.append(theta)
        return np.array(path)
""",
    "end_only": """def walk(theta, gradient, step_size, steps):
    for _ in range(steps):
        theta = theta - step_size * gradient(theta)
    return theta
""",
    "uphill": """def walk(theta, gradient, step_size, steps):
    path = [theta]
    for _ in range(steps):
        theta = theta + step_size * gradient(theta)
        path.append(theta)
    return np.array(path)
""",
    "turned_step_only": """def walk(theta, gradient, step_size, steps):
    path = [theta]
    for _ in range(steps):
        theta =- step_size * gradient(theta)
        path.append(theta)
    return np.array(path)
""",
    "step_only": """def walk(theta, gradient, step_size, steps):
    path = [theta]
    for _ in range(steps):
        theta = step_size * gradient(theta)
        path.append(theta)
    return np.array(path)
""",
    "never_carried_on": """def walk(theta, gradient, step_size, steps):
    path = [theta]
    for _ in range(steps):
        new = theta - step_size * gradient(theta)
        path.append(new)
    return np.array(path)
""",
    "stale_gradient": """def walk(theta, gradient, step_size, steps):
    path, g = [theta], gradient(theta)
    for _ in range(steps):
        theta = theta - step_size * g
        path.append(theta)
    return np.array(path)
""",
    "mutates_theta": """def walk(theta, gradient, step_size, steps):
    path = [theta.copy()]
    for _ in range(steps):
        theta -= step_size * gradient(theta)
        path.append(theta.copy())
    return np.array(path)
""",
}
