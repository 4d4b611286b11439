"""Classic wrong answers to lesson 02 on descent, each under the slip it must earn."""

_RETURN = "    return alpha, 1 - alpha * h[0]\n"
_BEST = "    alpha = 2 / (h[0] + h[-1])\n"
_EIG = "def best_fixed_step(hessian):\n    h = np.linalg.eigvalsh(hessian)\n"

BEST_FIXED_STEP = {
    "not_a_pair": _EIG + "    return 2 / (h[0] + h[-1])\n",
    "swapped": _EIG + "    alpha = 2 / (h[0] + h[-1])\n    return 1 - alpha * h[0], alpha\n",
    "by_the_diagonal": """def best_fixed_step(hessian):
    h = np.sort(np.diag(hessian))
    alpha = 2 / (h[0] + h[-1])
    return alpha, 1 - alpha * h[0]
""",
    "the_edge": _EIG + "    alpha = 2 / h[-1]\n" + _RETURN,
    "too_careful": _EIG + "    alpha = 1 / h[-1]\n" + _RETURN,
    "for_the_flat_mode": _EIG + "    alpha = 1 / h[0]\n" + _RETURN,
    "half": _EIG + "    alpha = 1 / (h[0] + h[-1])\n" + _RETURN,
    "trace": """def best_fixed_step(hessian):
    h = np.linalg.eigvalsh(hessian)
    alpha = 2 / np.trace(hessian)
    return alpha, (h[-1] - h[0]) / (h[-1] + h[0])
""",
    "average": _EIG + "    alpha = 1 / h.mean()\n" + _RETURN,
    "signed_rate": _EIG + "    alpha = 2 / (h[0] + h[-1])\n    return alpha, 1 - alpha * h[-1]\n",
    "rate_of_momentum": _EIG
    + "    root = np.sqrt(h[-1] / h[0])\n    return 2 / (h[0] + h[-1]), (root - 1) / (root + 1)\n",
    "one_over_kappa": _EIG + "    return 2 / (h[0] + h[-1]), 1 - h[0] / h[-1]\n",
    "wrong_pair": _EIG + "    return 2 / (h[0] + h[1]), (h[1] - h[0]) / (h[1] + h[0])\n",
    "wrong_pair#2": _EIG
    + "    alpha = 2 / (h[1] + h[-1])\n    return alpha, max(abs(1 - alpha * h))\n",
    "by_the_entries": """def best_fixed_step(hessian):
    low, high = hessian.min(), hessian.max()
    return 2 / (low + high), (high - low) / (high + low)
""",
    "all_factors": _EIG
    + "    alpha = 2 / (h[0] + h[-1])\n    return alpha, np.abs(1 - alpha * h)\n",
    "all_factors#2": _EIG + "    alpha = 2 / (h[0] + h[-1])\n    return alpha, 1 - alpha * h\n",
    "above_one": _EIG + "    k = h[-1] / h[0]\n    return 2 / (h[0] + h[-1]), (k + 1) / (k - 1)\n",
    "above_one#2": _EIG + "    k = h[-1] / h[0]\n    return 2 / (h[0] + h[-1]), k - 1 / k + 1\n",
    "above_one#3": _EIG + "    k = h[-1] / h[0]\n    return 2 / (h[0] + h[-1]), 1.15 * k\n",
    "of_the_loss": _EIG
    + "    alpha = 2 / (h[0] + h[-1])\n    return alpha, (1 - alpha * h[0]) ** 2\n",
    "signed_rate#2": _EIG
    + "    k = h[-1] / h[0]\n    return 2 / (h[0] + h[-1]), (1 - k) / (1 + k)\n",
    "what_is_gone": _EIG + "    alpha = 2 / (h[0] + h[-1])\n    return alpha, alpha * h[0]\n",
}


def _ball(velocity: str, move: str = "delta") -> str:
    """A heavy ball that computes its step and its move in other ways."""
    return f"""def heavy_ball(gradient, theta, alpha, beta, steps):
    points, delta = [theta], np.zeros_like(theta)
    for _ in range(steps):
        delta = {velocity}
        theta = theta + {move}
        points.append(theta)
    return np.array(points)
"""


HEAVY_BALL = {
    "only_the_end": """def heavy_ball(gradient, theta, alpha, beta, steps):
    delta = 0
    for _ in range(steps):
        delta = beta * delta - alpha * gradient(theta)
        theta = theta + delta
    return theta
""",
    "start_missing": """def heavy_ball(gradient, theta, alpha, beta, steps):
    points, delta = [], 0
    for _ in range(steps):
        delta = beta * delta - alpha * gradient(theta)
        theta = theta + delta
        points.append(theta)
    return np.array(points)
""",
    "one_array": _ball("beta * delta - alpha * gradient(theta)").replace(
        "theta = theta + delta", "theta += delta"
    ),
    "start_twice": """def heavy_ball(gradient, theta, alpha, beta, steps):
    points, delta = [theta], 0
    for _ in range(steps):
        theta = theta + delta
        delta = beta * delta - alpha * gradient(theta)
        points.append(theta)
    return np.array(points)
""",
    "start_lost": _ball("beta * delta - alpha * gradient(theta)")
    .replace("theta = theta + delta", "theta += delta")
    .replace("append(theta)", "append(theta.copy())"),
    "steps_listed": _ball("beta * delta - alpha * gradient(theta)").replace(
        "append(theta)", "append(delta)"
    ),
    "brackets": _ball("beta * (delta - alpha * gradient(theta))"),
    "letters_swapped": _ball("alpha * delta - beta * gradient(theta)"),
    "keeps_the_point": _ball("beta * theta - alpha * gradient(theta)"),
    "not_at_rest": _ball("beta * delta - alpha * gradient(theta)").replace(
        "np.zeros_like(theta)", "-alpha * gradient(theta)"
    ),
    "dampened": _ball("beta * delta - (1 - beta) * alpha * gradient(theta)"),
    "nesterov": _ball("beta * delta - alpha * gradient(theta + beta * delta)"),
    "braking": _ball("-beta * delta - alpha * gradient(theta)"),
    "uphill": _ball("beta * delta + alpha * gradient(theta)"),
    "alpha_twice": _ball("beta * delta - alpha * gradient(theta)", "alpha * delta"),
    "ignores_beta": _ball("-alpha * gradient(theta)"),
    "short_memory": """def heavy_ball(gradient, theta, alpha, beta, steps):
    points, last = [theta], 0
    for _ in range(steps):
        g = gradient(theta)
        theta = theta - alpha * g - alpha * beta * last
        last = g
        points.append(theta)
    return np.array(points)
""",
    "one_gradient": """def heavy_ball(gradient, theta, alpha, beta, steps):
    points, delta, g = [theta], 0, gradient(theta)
    for _ in range(steps):
        delta = beta * delta - alpha * g
        theta = theta + delta
        points.append(theta)
    return np.array(points)
""",
}
