"""Classic wrong solvers, each under the name of the slip it must earn."""

from sgo_teach.lessons.safe_newton.mutants_steps import changed

_RIGHT = """def safe_newton(value, gradient, hessian, theta, tolerance, max_steps):
    points, damping = [theta], 1.0
    L, g, H = value(theta), gradient(theta), hessian(theta)
    for _ in range(max_steps):
        if np.linalg.norm(g) <= tolerance:
            break
        delta, damping = damped_step(g, H, damping)
        rho = reduction_ratio(L, value(theta + delta), g, H, delta)
        if rho > 0:
            theta = theta + delta
            L, g, H = value(theta), gradient(theta), hessian(theta)
            points.append(theta)
        if rho < 1 / 4:
            damping = 4 * damping
        elif rho > 3 / 4:
            damping = damping / 4
    return points
"""
_LEARN = """        if rho < 1 / 4:
            damping = 4 * damping
        elif rho > 3 / 4:
            damping = damping / 4
"""

SAFE_NEWTON = {
    "last_alone": changed(_RIGHT, ("return points", "return theta")),
    "one_array": changed(_RIGHT, ("theta = theta + delta", "theta += delta")),
    "start_missing": changed(_RIGHT, ("[theta], 1.0", "[], 1.0")),
    "never_moves": changed(_RIGHT, ("L, value(theta + delta), g", "value(theta + delta), L, g")),
    "stale": changed(
        _RIGHT,
        (
            "L, g, H = value(theta), gradient(theta), hessian(theta)\n            p",
            "L = value(theta)\n            p",
        ),
        ("norm(g)", "norm(gradient(theta))"),
    ),
    "loss_rises": changed(_RIGHT, ("if rho > 0:", "if True:")),
    "loss_rises#2": """def safe_newton(value, gradient, hessian, theta, tolerance, max_steps):
    points = [theta]
    for _ in range(max_steps):
        if np.linalg.norm(gradient(theta)) <= tolerance:
            break
        theta = theta + np.linalg.solve(hessian(theta), -gradient(theta))
        points.append(theta)
    return points
""",
    "backwards": changed(
        _RIGHT, ("rho < 1 / 4", "rho > 3 / 4"), ("elif rho > 3 / 4", "elif rho < 1 / 4")
    ),
    "forgetful": changed(_RIGHT, ("damped_step(g, H, damping)", "damped_step(g, H, 1.0)")),
    "fixed": changed(_RIGHT, (_LEARN, "")),
    "only_grows": changed(
        _RIGHT, ("        elif rho > 3 / 4:\n            damping = damping / 4\n", "")
    ),
    "always_changes": changed(_RIGHT, ("elif rho > 3 / 4", "else")),
    "shrinks_on_any_fall": changed(
        _RIGHT, ("rho < 1 / 4", "rho <= 0"), ("elif rho > 3 / 4", "else")
    ),
    "too_choosy": changed(_RIGHT, ("if rho > 0:", "if rho >= 1 / 4:")),
    "logs_rejections": changed(
        _RIGHT, ("            points.append(theta)\n", "        points.append(theta)\n")
    ),
    "never_stops": changed(
        _RIGHT, ("        if np.linalg.norm(g) <= tolerance:\n            break\n", "")
    ),
    "cut_short": changed(
        _RIGHT,
        (
            "            points.append(theta)\n",
            "            points.append(theta)\n        else:\n            break\n",
        ),
    ),
    "cut_short#2": changed(_RIGHT, ("np.linalg.norm(g)", "g @ g")),
    "too_long": changed(
        _RIGHT,
        (
            "    for _ in range(max_steps):\n",
            "    for _ in range(3 * max_steps):\n"
            "        if len(points) > max_steps:\n            break\n",
        ),
    ),
    "parts_ways": changed(_RIGHT, ("damping = 4 * damping", "damping = 2 * damping")),
    "parts_ways#2": changed(_RIGHT, ("delta, damping =", "delta, _ =")),
    "parts_ways#3": changed(
        _RIGHT,
        ("damping = 4 * damping", "damping = 4"),
        ("damping = damping / 4", "damping = 1 / 4"),
    ),
    "parts_ways#4": changed(_RIGHT, ("elif rho > 3 / 4", "elif rho > 1")),
}
