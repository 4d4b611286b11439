"""Unmended and over-mended warm starts, each under the name of the slip it must earn."""

_RIGHT = """def warm_step(loss, g, product, theta, damping, start, max_steps):
    r = -g - product(start) - damping * start
    delta = start + cg(lambda v: product(v) + damping * v, r, 0.01, max_steps)
    gain = loss(theta + delta) - loss(theta)
    promise = g @ delta + 0.5 * delta @ product(delta)
    return delta, float(gain / promise)
"""
_R = "-g - product(start) - damping * start"
_GAIN = "- loss(theta)\n"
_PROMISE = "0.5 * delta @ product(delta)"
_MODEL = "g @ delta + " + _PROMISE
_FROM_START = _PROMISE + " - g @ start - 0.5 * start @ product(start)"


def _but(*changes: tuple[str, str]) -> str:
    """The right step with some things changed."""
    text = _RIGHT
    for old, new in changes:
        if old not in text:
            raise ValueError(f"{old!r} must stand in the right step")
        text = text.replace(old, new)
    return text


WARM_STEP = {
    "residual_undamped": _but((_R, "-g - product(start)")),
    "gain_from_the_start": _but((_GAIN, "- loss(start + theta)\n")),  # unlike the program as found
    "promise_from_the_start": _but((_PROMISE, _FROM_START)),
    "promise_from_the_start#2": _but((_R, "-g - product(start)"), (_PROMISE, _FROM_START)),
    "both_from_the_start": _but((_GAIN, "- loss(theta + start)\n"), (_PROMISE, _FROM_START)),
    "residual_undamped#2": _but((_R, "-g - product(start)"), (_GAIN, "- loss(theta + start)\n")),
    "promise_from_the_start#3": _but(
        ("promise = ", "d = delta - start\n    promise = "), (_MODEL, _MODEL.replace("delta", "d"))
    ),
    "both_from_the_start#2": _but(
        (_GAIN, "- loss(theta + start)\n"),
        ("promise = ", "d = delta - start\n    promise = "),
        (_MODEL, _MODEL.replace("delta", "d")),
    ),
    "the_point": _but(("return delta", "return theta + delta")),
    "start_not_added": _but(("start + cg", "cg")),
    "damped_promise": _but((_PROMISE, _PROMISE + " + 0.5 * damping * delta @ delta")),
    "cold_start": _but((_R, "-g"), ("start + cg", "cg")),
    "residual_of_zero": _but((_R, "-g")),
}
