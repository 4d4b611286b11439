"""Classic wrong answers for conjugate gradients, each under the name of the slip it must earn."""

_RIGHT = """def cg(product, b, tolerance, max_steps):
    x, r, p = 0 * b, b, b
    rr = r @ r
    enough = tolerance**2 * rr
    for _ in range(max_steps):
        if rr <= enough:
            break
        Hp = product(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        before, rr = rr, r @ r
        p = r + (rr / before) * p
    return x
"""


def _with(old: str, new: str) -> str:
    """The right answer with one piece exchanged."""
    return _RIGHT.replace(old, new)


CG = {
    "steepest_descent": _with("p = r + (rr / before) * p", "p = r"),
    "uphill": _with("r - alpha * Hp", "r + alpha * Hp"),
    "minus_beta": _with("r + (rr / before) * p", "r - (rr / before) * p"),
    "beta_upside_down": _with("rr / before", "before / rr"),
    "root_in_beta": _with("(rr / before)", "(rr / before) ** 0.5"),
    "beta_one": _with("before, rr = rr, r @ r", "rr = r @ r\n        before = rr"),
    "alpha_upside_down": _with("rr / (p @ Hp)", "(p @ Hp) / rr"),
    "backwards": _with("x + alpha * p", "x - alpha * p"),
    "along_r": _with("x + alpha * p", "x + alpha * r"),
    "along_new_r": _with(
        "        x = x + alpha * p\n        r = r - alpha * Hp\n",
        "        r = r - alpha * Hp\n        x = x + alpha * r\n",
    ),
    "beta_times_r": _with("(rr / before) * p", "(rr / before) * r"),
    "from_b": _with("p = r +", "p = b +"),
    "starts_at_b": _with("x, r, p = 0 * b, b, b", "x, r, p = b, b, b"),
    "one_number": _with("return x", "return x @ x"),
    "stale_residual": _with("before, rr = rr, r @ r", "before, rr = b @ b, r @ r"),
    "stale_alpha": _with("alpha = rr /", "alpha = (b @ b) /"),
    "no_curvature": _with("(p @ Hp)", "(p @ p)"),
    "length_of_p": _with("alpha = rr /", "alpha = (p @ p) /"),
    "in_place": _with("r = r - alpha * Hp", "r -= alpha * Hp"),
    "residual_returned": _with("return x", "return r"),
    "other_count": _with("tolerance**2 * rr", "tolerance**2"),
    "other_count#2": _with("tolerance**2 * rr", "tolerance * rr"),
    "other_count#3": _with("range(max_steps)", "range(max_steps - 1)"),
    "none": _with("    return x", "        return x"),
    "other_count#4": _with("tolerance**2 * rr", "1e-20 * rr"),
    "zero_right_side": _with("rr <= enough", "rr < enough"),
    "raised": _with("rr = r @ r\n    enough", "rr = np.dot(r, r)\n    enough"),
    "raised#2": _with("x, r, p = 0 * b, b, b", "x, r, p = np.zeros(len(b)), b, b"),
    "raised#3": _with("r = r - alpha * Hp", "r = b - product(x)"),
    "raised#4": _with("for _ in range(max_steps):", "while rr > 0:"),
    "raised#5": _with("(p @ Hp)", "(p * Hp)"),
    "raised#6": _with("return x", "return [*x]"),
    "raised#7": _with("rr = r @ r\n    enough", "rr = r[0] ** 2 + r[1:] @ r[1:]\n    enough"),
}
