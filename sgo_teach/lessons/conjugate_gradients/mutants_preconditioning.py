"""Classic wrong answers for preconditioned CG, each under the name of the slip it must earn."""

_RIGHT = """def pcg(product, b, inverse, steps):
    x, r, z = 0 * b, b, inverse(b)
    p, rz = z, r @ z
    for _ in range(steps):
        Hp = product(p)
        alpha = rz / (p @ Hp)
        x, r = x + alpha * p, r - alpha * Hp
        z = inverse(r)
        rz, before = r @ z, rz
        p = z + (rz / before) * p
    return x
"""


def _with(*changes: tuple[str, str]) -> str:
    """The right answer with some pieces exchanged."""
    text = _RIGHT
    for old, new in changes:
        text = text.replace(old, new)
    return text


PCG = {
    "still_rr": _with(("p, rz = z, r @ z", "p, rz = z, b @ b")),
    "alpha_alone": _with(("p, rz = z, r @ z", "p, rz = z, b @ b"), ("= rz / (", "= (r @ z) / (")),
    "zz_first": _with(("p, rz = z, r @ z", "p, rz = z, z @ z")),
    "plain_start": _with(("inverse(b)", "b")),
    "no_preconditioner": _with(("inverse(b)", "b"), ("inverse(r)", "r")),
    "rr_everywhere": _with(("r @ z", "r @ r")),
    "zz_everywhere": _with(("r @ z", "z @ z")),
    "rr_in_alpha": _with(("alpha = rz", "alpha = (r @ r)")),
    "direction_of_r": _with(("p, rz = z,", "p, rz = r,"), ("p = z +", "p = r +")),
    "one_step": _with(("        z = inverse(r)\n", "")),
    "other_number": _with(("range(steps)", "range(steps + 1)")),
    "one_step#2": _with(("    return x", "        return x")),
}
