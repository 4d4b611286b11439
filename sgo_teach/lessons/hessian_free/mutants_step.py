"""Classic wrong steps of Hessian-free, each under the name of the slip it must earn."""

_RIGHT = """def hessian_free_step(loss, g, product, theta, damping, max_steps):
    delta = cg(lambda v: product(v) + damping * v, -g, 0.01, max_steps)
    before, after = loss(theta), loss(theta + delta)
    ratio = reduction_ratio(before, after, g, delta, product(delta))
    if after < before:
        theta = theta + delta
    return theta, damping_rule(damping, ratio), ratio
"""


def _but(old: str, new: str) -> str:
    """The right step with one thing changed."""
    if old not in _RIGHT:
        raise ValueError(f"{old!r} must stand in the right step")
    return _RIGHT.replace(old, new)


HESSIAN_FREE_STEP = {
    "uphill": _but("-g,", "g,"),
    "undamped": _but("product(v) + damping * v", "product(v)"),
    "damped_promise": _but("product(delta))", "product(delta) + damping * delta)"),
    "promise_of_the_slope": _but("product(delta))", "0 * delta)"),
    "never_refused": _but("if after < before:", "if True:"),
    "never_refused#2": _but("if after < before:", "if not after == before:"),
    "never_moves": _but("if after < before:", "if after > before:").replace(
        "theta = theta + delta", "pass"
    ),
    "refused_for_its_ratio": _but("if after < before:", "if ratio >= 1 / 4:"),
    "refused_for_its_ratio#2": _but("if after < before:", "if ratio > 3 / 4:"),
    "backwards": _but("theta = theta + delta", "theta = theta - delta"),
    "tries_again": _but(
        "    if after < before:\n        theta = theta + delta\n    return theta, ",
        "    if not after < before:\n"
        "        larger = damping_rule(damping, ratio)\n"
        "        return hessian_free_step(loss, g, product, theta, larger, max_steps)\n"
        "    return theta + delta, ",
    ),
    "rule_forgotten": _but("damping_rule(damping, ratio)", "damping"),
    "no_lesson_from_refusal": _but(
        "        theta = theta + delta\n",
        "        theta, damping = theta + delta, damping_rule(damping, ratio)\n",
    ).replace("return theta, damping_rule(damping, ratio), ratio", "return theta, damping, ratio"),
    "losses_swapped": _but("(before, after, g", "(after, before, g"),
    "max_steps_unused": _but("max_steps)\n    before", "100)\n    before"),
    "delta_alone": _but(
        "        theta = theta + delta\n",
        "        return delta, damping_rule(damping, ratio), ratio\n",
    ),
    "order": _but("damping_rule(damping, ratio), ratio", "ratio, damping_rule(damping, ratio)"),
}
