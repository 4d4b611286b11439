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


def _returning(head: str, **bodies: str) -> dict[str, str]:
    """Answers that differ only in what they return."""
    return {name: f"def {head}:\n    return {body}\n" for name, body in bodies.items()}


CURVATURE = _returning(
    "curvature(f, x, h)",
    first_derivative="(f(x + h) - f(x - h)) / (2 * h)",
    divided_by_h="(f(x + h) - 2 * f(x) + f(x - h)) / h",
    not_divided="f(x + h) - 2 * f(x) + f(x - h)",
    divided_by_2h="(f(x + h) - 2 * f(x) + f(x - h)) / (2 * h)",
    divided_by_4h2="(f(x + h) - 2 * f(x) + f(x - h)) / (2 * h)**2",
    half="(f(x + h) - 2 * f(x) + f(x - h)) / (2 * h**2)",
    **{"not_divided#2": "(f(x + h) - 2 * f(x) + f(x - h)) / h * h"},
    no_brackets="f(x + h) - 2 * f(x) + f(x - h) / h**2",
    middle_once="(f(x + h) - f(x) + f(x - h)) / h**2",
    sum="(f(x + h) + 2 * f(x) + f(x - h)) / h**2",
    slopes_added="((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / h",
    no_sign="abs(f(x + h) - 2 * f(x) + f(x - h)) / h**2",
    sign="(2 * f(x) - f(x + h) - f(x - h)) / h**2",
    slope_of_slope="(f(x + 2 * h) - 2 * f(x) + f(x - 2 * h)) / (4 * h**2)",
)

FLAT_POINT = _returning(
    "flat_point(theta, slope, curvature)",
    uphill="theta + slope / curvature",
    step_only="-slope / curvature",
    turned_step_only="slope / curvature",
    upside_down="theta - curvature / slope",
    multiplied="theta - slope * curvature",
    slope_alone="theta - slope",
    half_way="theta - slope / (2 * curvature)",
    twice_the_way="theta - 2 * slope / curvature",
    no_brackets="(theta - slope) / curvature",
    always_downhill="theta - slope / abs(curvature)",
)
