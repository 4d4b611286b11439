"""Classic wrong answers to lesson 03 on the line, each under the slip it must earn."""

NEWTON_ROOT = {
    "one_too_many": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps + 1):
        x = x - f(x) / df(x)
        xs.append(x)
    return xs
""",
    "only_the_ends": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = x - f(x) / df(x)
    xs.append(x)
    return xs
""",
    "step_alone": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = -f(x) / df(x)
        xs.append(x)
    return xs
""",
    "step_repeated": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = x - f(xs[0]) / df(xs[0])
        xs.append(x)
    return xs
""",
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
    "last_missing#2": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps - 1):
        x = x - f(x) / df(x)
        xs.append(x)
    return xs
""",
    "brackets": """def newton_root(f, df, x, steps):
    xs = [x]
    for _ in range(steps):
        x = (x - f(x)) / df(x)
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
    "differences": """def order(errors):
    a, b, c = errors[-3:]
    return (c - b) / (b - a)
""",
}
