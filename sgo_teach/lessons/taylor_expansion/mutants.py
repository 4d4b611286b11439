"""Classic wrong answers to the exercises of lesson 01, each under the name of the slip it must earn."""

TAYLOR_POLYNOMIAL = {
    "degree#2": """def taylor_polynomial(f, x, a, n):
    return sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a)**k for k in range(n + 2))
""",
    "only_the_value": """def taylor_polynomial(f, x, a, n):
    T = 0
    for k in range(n + 1):
        T += sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a)**k
        return T
""",
    "only_the_value#2": """def taylor_polynomial(f, x, a, n):
    return sum(sp.diff(f.subs(x, a), x, k) / sp.factorial(k) * (x - a)**k for k in range(n + 1))
""",
    "first_missing": """def taylor_polynomial(f, x, a, n):
    return sum(f.diff(x, k).subs(x, a) / sp.factorial(k) * (x - a)**k for k in range(1, n + 1))
""",
    "only_the_last": """def taylor_polynomial(f, x, a, n):
    for k in range(n + 1):
        T = sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a)**k
    return T
""",
    "foreign_x": """def taylor_polynomial(f, x, a, n):
    x = sp.symbols("x")
    return sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a)**k for k in range(n + 1))
""",
    "a_minus_x": """def taylor_polynomial(f, x, a, n):
    return sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (a - x)**k for k in range(n + 1))
""",
    "degree": """def taylor_polynomial(f, x, a, n):
    return sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x - a)**k for k in range(n))
""",
    "no_factorial": """def taylor_polynomial(f, x, a, n):
    return sum(f.diff(x, k).subs(x, a) * (x - a)**k for k in range(n + 1))
""",
    "k_for_factorial": """def taylor_polynomial(f, x, a, n):
    T = f.subs(x, a)
    for k in range(1, n + 1):
        T = T + f.diff(x, k).subs(x, a) * (x - a)**k / k
    return T
""",
    "powers_of_x": """def taylor_polynomial(f, x, a, n):
    return sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * x**k for k in range(n + 1))
""",
    "wrong_side": """def taylor_polynomial(f, x, a, n):
    return sum(sp.diff(f, x, k).subs(x, a) / sp.factorial(k) * (x + a)**k for k in range(n + 1))
""",
    "not_at_a": """def taylor_polynomial(f, x, a, n):
    return sp.expand(sum(sp.diff(f, x, k) / sp.factorial(k) * (x - a)**k for k in range(n + 1)))
""",
}

QUADRATIC_MODEL = {
    "delta_missing": """def quadratic_model(value, gradient, hessian, delta):
    return value + gradient @ delta + 0.5 * hessian @ delta
""",
    "half_of_both": """def quadratic_model(value, gradient, hessian, delta):
    return value + 0.5 * (gradient @ delta + delta @ hessian @ delta)
""",
    "entry_by_entry": """def quadratic_model(value, gradient, hessian, delta):
    return value + gradient * delta + 0.5 * delta * (hessian @ delta)
""",
    "half_lost": """def quadratic_model(value, gradient, hessian, delta):
    return value + gradient @ delta + delta @ hessian @ delta
""",
    "value_lost": """def quadratic_model(value, gradient, hessian, delta):
    return gradient @ delta + 0.5 * delta @ hessian @ delta
""",
    "slope_lost": """def quadratic_model(value, gradient, hessian, delta):
    return value + 0.5 * delta @ hessian @ delta
""",
    "minus": """def quadratic_model(value, gradient, hessian, delta):
    return value - np.dot(gradient, delta) + 0.5 * np.dot(delta, np.dot(hessian, delta))
""",
    "curvature_of_gradient": """def quadratic_model(value, gradient, hessian, delta):
    return value + gradient.T @ delta + 0.5 * gradient.T @ hessian @ delta
""",
}

NEWTON_STEP = {
    "uphill": """def newton_step(gradient, hessian):
    return np.linalg.solve(hessian, gradient)
""",
    "uphill#2": """def newton_step(gradient, hessian):
    return -np.linalg.inv(hessian) @ -gradient
""",
    "first_order": """def newton_step(gradient, hessian):
    return -gradient
""",
    "multiplied": """def newton_step(gradient, hessian):
    return -hessian @ gradient
""",
    "diagonal_only": """def newton_step(gradient, hessian):
    return -gradient / np.diag(hessian)
""",
    "entrywise_inverse": """def newton_step(gradient, hessian):
    return -(hessian ** -1.0) @ gradient
""",
    "solved_twice": """def newton_step(gradient, hessian):
    inverse = np.linalg.inv(hessian)
    return -inverse @ inverse @ gradient
""",
}

CLASSIFY = {
    "too_soon": """def classify(hessian):
    h = np.linalg.eigvalsh(hessian)
    if (np.abs(h) < 1e-9 * np.abs(h).max()).any(): return "undecided"
    return "minimum" if (h > 0).all() else "maximum" if (h < 0).all() else "saddle"
""",
    "rounding": """def classify(hessian):
    h = np.linalg.eigvalsh(hessian)
    if h.min() < 0 and h.max() > 0: return "saddle"
    if h.min() > 0: return "minimum"
    return "maximum" if h.max() < 0 else "undecided"
""",
    "tiny_is_not_zero": """def classify(hessian):
    h = np.linalg.eigvalsh(hessian)
    if h.min() < -1e-8 and h.max() > 1e-8: return "saddle"
    if h.min() > 1e-8: return "minimum"
    return "maximum" if h.max() < -1e-8 else "undecided"
""",
    "swapped": """def classify(hessian):
    h = np.linalg.eigvalsh(hessian)
    if (h > 1e-9).all(): return "maximum"
    if (h < -1e-9).all(): return "minimum"
    return "saddle" if h.min() < -1e-9 and h.max() > 1e-9 else "undecided"
""",
    "determinant": """def classify(hessian):
    det = np.linalg.det(hessian)
    if det > 0: return "minimum"
    return "saddle" if det < 0 else "undecided"
""",
    "diagonal": """def classify(hessian):
    d = np.diag(hessian)
    if (d > 0).all(): return "minimum"
    return "maximum" if (d < 0).all() else "saddle"
""",
    "trace": """def classify(hessian):
    t = np.trace(hessian)
    return "minimum" if t > 0 else "maximum" if t < 0 else "saddle"
""",
    "saddle_by_default": """def classify(hessian):
    h = np.linalg.eigvalsh(hessian)
    return "minimum" if (h > 0).all() else "maximum" if (h < 0).all() else "saddle"
""",
    "zero_curvature": """def classify(hessian):
    h = np.linalg.eigvalsh(hessian)
    if h.min() < -1e-9 and h.max() > 1e-9: return "saddle"
    return "minimum" if h.min() > -1e-9 else "maximum"
""",
}

DESCEND = {
    "uphill": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        delta = np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta + delta
    return theta
""",
    "crawls": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta + 0.01 * delta
    return theta
""",
    "crawls#2": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        theta = theta - 0.1 * gradient(theta)
    return theta
""",
    "first_order": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        theta = theta - gradient(theta)
    return theta
""",
    "path": """def descend(theta, gradient, hessian, steps):
    path = [theta]
    for _ in range(steps):
        path.append(path[-1] - np.linalg.solve(hessian(path[-1]), gradient(path[-1])))
    return path
""",
    "step_count": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
        return theta
""",
    "step_count#2": """def descend(theta, gradient, hessian, steps):
    while np.linalg.norm(gradient(theta)) > 1e-12:
        theta = theta - np.linalg.solve(hessian(theta), gradient(theta))
    return theta
""",
    "uphill#2": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta = theta - 0.01 * delta
    return theta
""",
    "stands_still": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        delta = -np.linalg.solve(hessian(theta), gradient(theta))
        theta + delta
    return theta
""",
    "step_for_point": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        theta = -np.linalg.solve(hessian(theta), gradient(theta))
    return theta
""",
    "matrix": """def descend(theta, gradient, hessian, steps):
    for _ in range(steps):
        theta = theta - gradient(theta) / hessian(theta)
    return theta
""",
}
