"""Classic wrong answers for guarded CG, each under the name of the slip it must earn."""

_RIGHT = """def guarded_cg(product, b, tolerance, max_steps):
    x, r, p = 0 * b, b, b
    rr = r @ r
    enough = tolerance**2 * rr
    for k in range(max_steps):
        if rr <= enough:
            break
        Hp = product(p)
        curvature = p @ Hp
        if curvature <= 0:
            return b if k == 0 else x
        alpha = rr / curvature
        x, r = x + alpha * p, r - alpha * Hp
        before, rr = rr, r @ r
        p = r + (rr / before) * p
    return x
"""
_GUARD = "        if curvature <= 0:\n            return b if k == 0 else x\n"
_STEP = "        x, r = x + alpha * p, r - alpha * Hp\n"


def _with(*changes: tuple[str, str]) -> str:
    """The right answer with some pieces exchanged."""
    text = _RIGHT
    for old, new in changes:
        text = text.replace(old, new)
    return text


GUARDED_CG = {
    "zero_curvature": _with(("curvature <= 0", "curvature < 0")),
    "blind": _with((_GUARD, ""), ("alpha = rr / curvature", "alpha = rr / (curvature or 1.0)")),
    "blind#2": _with((_GUARD, "")),
    "steps_first": _with(
        (_GUARD, ""),
        ("alpha = rr / curvature", "alpha = rr / (curvature or 1.0)"),
        (_STEP, _STEP + "        if curvature <= 0:\n            return x\n"),
    ),
    "zero_returned": _with(("return b if k == 0 else x", "return x")),
    "gives_up": _with(("return b if k == 0 else x", "return b")),
    "gives_up#2": _with(("k == 0", "k == 1")),
    "gives_up#3": _with(("b if k == 0 else x", "x if k == 0 else b")),
    "gives_up#4": _with(("if curvature <= 0", "if (Hp < 0).any()")),
    "uphill": _with(("return b if", "return -b if")),
    "bad_direction": _with(("return b if k == 0 else x", "return p")),
    "forward_step": _with(
        ("return b if k == 0 else x", "return x - rr / curvature * p if curvature else b")
    ),
    "modulus": _with((_GUARD, ""), ("curvature = p @ Hp", "curvature = abs(p @ Hp) or 1.0")),
}
