"""Classic wrong answers to lesson 02 on estimated gradients, each under the slip it must earn."""


def _coordinates(quotient: str) -> str:
    """A gradient that computes each coordinate in another way; d is the nudge."""
    return f"""def numerical_gradient(loss, theta, h):
    g = np.zeros(len(theta))
    for i in range(len(theta)):
        d = np.zeros(len(theta))
        d[i] = h
        g[i] = {quotient}
    return g
"""


NUMERICAL_GRADIENT = {
    "all_at_once": """def numerical_gradient(loss, theta, h):
    return (loss(theta + h) - loss(theta - h)) / (2 * h)
""",
    "one_number": """def numerical_gradient(loss, theta, h):
    g = 0
    for d in h * np.eye(len(theta)):
        g += (loss(theta + d) - loss(theta - d)) / (2 * h)
    return g
""",
    "no_copy": """def numerical_gradient(loss, theta, h):
    g = np.zeros(len(theta))
    for i in range(len(theta)):
        ahead, behind = theta, theta
        ahead[i] += h
        behind[i] -= h
        g[i] = (loss(ahead) - loss(behind)) / (2 * h)
    return g
""",
    "alone": _coordinates("(loss(theta[i] + h) - loss(theta[i] - h)) / (2 * h)"),
    "piles_up": """def numerical_gradient(loss, theta, h):
    g, d = np.zeros(len(theta)), np.zeros(len(theta))
    for i in range(len(theta)):
        d[i] = h
        g[i] = (loss(theta + d) - loss(theta - d)) / (2 * h)
    return g
""",
    "overwrites": _coordinates("(loss(theta + d) - loss(theta - d)) / (2 * h)").replace(
        "g = np.zeros(len(theta))", "g = theta"
    ),
    "halved": _coordinates("(loss(theta + d) - loss(theta)) / (2 * h)"),
    "half_step": _coordinates("(loss(theta + d / 2) - loss(theta - d / 2)) / h"),
    "brackets": _coordinates("loss(theta + d) - loss(theta - d) / (2 * h)"),
    "second_difference": _coordinates(
        "(loss(theta + d) - 2 * loss(theta) + loss(theta - d)) / h**2"
    ),
    "all_at_once_repeated": """def numerical_gradient(loss, theta, h):
    g = np.zeros(len(theta))
    for i in range(len(theta)):
        g[i] = (loss(theta + h) - loss(theta - h)) / (2 * h)
    return g
""",
    "sign_lost": _coordinates("(loss(theta - d) - loss(theta + d)) / (2 * h)"),
    "sign_trap": _coordinates("(loss(theta - d) - loss(theta)) / h"),
    "forward": _coordinates("(loss(theta + d) - loss(theta)) / h"),
    "backward": _coordinates("(loss(theta) - loss(theta - d)) / h"),
    "two_lost": _coordinates("(loss(theta + d) - loss(theta - d)) / h"),
    "times_h": _coordinates("(loss(theta + d) - loss(theta - d)) / 2 * h"),
    "not_divided": _coordinates("loss(theta + d) - loss(theta - d)"),
    "drifts": """def numerical_gradient(loss, theta, h):
    g = np.zeros(len(theta))
    for i in range(len(theta)):
        theta[i] += h
        up = loss(theta)
        theta[i] -= 2 * h
        g[i] = (up - loss(theta)) / (2 * h)
    return g
""",
}


def _gaps(gaps: str, answer: str = "int(np.argmax(gaps)), float(np.max(gaps))") -> str:
    """A checker with other gaps, or another answer from them."""
    return f"""def gap(claimed, measured):
    a, b = claimed, measured
    size = np.maximum(np.abs(a), np.abs(b))
    size = np.where(size > 0, size, 1)
    gaps = {gaps}
    return {answer}
"""


_RIGHT = "np.abs(a - b) / size"

GAP = {
    "turned": _gaps(_RIGHT, "float(np.max(gaps)), int(np.argmax(gaps))"),
    "zero_over_zero": """def gap(claimed, measured):
    with np.errstate(all="ignore"):
        gaps = np.abs(claimed - measured) / np.maximum(np.abs(claimed), np.abs(measured))
    return int(np.argmax(gaps)), float(np.max(gaps))
""",
    "zero_is_full": _gaps("np.where(a == b, np.where(a == 0, 1, 0), np.abs(a - b) / size)"),
    "smallest": _gaps(_RIGHT, "int(np.argmin(gaps)), float(np.min(gaps))"),
    "absolute": _gaps("np.abs(a - b)"),
    "largest_absolute": _gaps(
        _RIGHT, "int(np.argmax(np.abs(a - b))), float(gaps[np.argmax(np.abs(a - b))])"
    ),
    "by_the_largest": _gaps("np.abs(a - b) / np.max([np.abs(a), np.abs(b)])"),
    "sizes_compared": _gaps("np.abs(np.abs(a) - np.abs(b)) / size"),
    "signed": _gaps("(a - b) / size"),
    "no_size_below": _gaps("np.abs(a - b) / np.where(a == b, 1, np.maximum(a, b))"),
    "by_the_measured": _gaps("np.abs(a - b) / np.where(b == 0, 1e-300, np.abs(b))"),
    "by_the_measured#2": _gaps(
        "np.abs(a - b) / np.maximum(np.minimum(np.abs(a), np.abs(b)), 1e-300)"
    ),
    "by_the_claimed": _gaps("np.abs(a - b) / np.where(a == 0, 1, np.abs(a))"),
    "by_the_sum": _gaps("np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-300)"),
    "by_the_mean": _gaps("np.abs(a - b) / np.maximum((np.abs(a) + np.abs(b)) / 2, 1e-300)"),
    "by_the_norm": _gaps("np.abs(a - b) / max(np.linalg.norm(a), np.linalg.norm(b))"),
    "the_mean": _gaps(_RIGHT, "int(np.argmax(gaps)), float(np.mean(gaps))"),
    "signed_result": _gaps(
        "(a - b) / size", "int(np.argmax(abs(gaps))), gaps[np.argmax(abs(gaps))]"
    ),
    "wrong_index#2": _gaps(_RIGHT, "int(np.argmax(gaps)) + 1, float(np.max(gaps))"),
    "wrong_index": _gaps(_RIGHT, "int(np.argmax(np.abs(a - b))), float(np.max(gaps))"),
}


def _walk(quotient: str, delta: str = "1e-6", move: str = "theta - alpha * g") -> str:
    """The walk with another quotient (d nudges one coordinate), another δ or another move."""
    return f"""def walk_down(loss, theta, alpha, steps):
    delta = {delta}
    for _ in range(steps):
        g = np.zeros(len(theta))
        for i in range(len(theta)):
            d = np.zeros(len(theta))
            d[i] = delta
            g[i] = {quotient}
        theta = {move}
    return theta
"""


WALK_DOWN = {
    "never_moves": _walk("(loss(theta + d) - loss(theta - d)) / (2 * delta)", "1e-17"),
    "never_moves#2": _walk("(loss(theta) - loss(theta - d)) / delta", "1e-16"),
    "sign_trap": _walk("(loss(theta - d) - loss(theta)) / delta"),
    "sign_trap#2": _walk(
        "(loss(theta + d) - loss(theta - d)) / (2 * delta)", move="theta + alpha * g"
    ),
    "all_at_once": _walk("(loss(theta + delta) - loss(theta - delta)) / (2 * delta)"),
    "all_at_once#2": _walk("(loss(theta) - loss(theta - delta)) / delta"),
    "climbs": _walk("(loss(theta - delta) - loss(theta)) / delta"),
    "never_moves#3": _walk("(loss(theta + d) - loss(theta - d)) / 2 * delta"),
    "never_moves#4": _walk("(loss(theta) - loss(theta)) / delta"),
    "two_lost": _walk("(loss(theta + d) - loss(theta - d)) / delta"),
    "halved": _walk("(loss(theta + d) - loss(theta)) / (2 * delta)", "1e-8"),
    "moves_too_soon": _walk("(loss(theta + d) - loss(theta - d)) / (2 * delta)").replace(
        "        theta =", "            theta ="
    ),
    "one_gradient": """def walk_down(loss, theta, alpha, steps):
    delta, g = 1e-6, np.zeros(len(theta))
    for i, d in enumerate(delta * np.eye(len(theta))):
        g[i] = (loss(theta + d) - loss(theta - d)) / (2 * delta)
    for _ in range(steps):
        theta = theta - alpha * g
    return theta
""",
    "shaky": _walk("(loss(theta) - loss(theta - d)) / delta", "1e-2"),
    "shaky#2": _walk("(loss(theta + d) - loss(theta)) / delta", "1e-13"),
}
