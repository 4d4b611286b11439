"""Classic wrong BFGS updates, each under the name of the slip it must earn."""

from sgo_teach.lessons.safe_newton.mutants_steps import changed

_RIGHT = """def bfgs_update(B, s, y):
    if y @ s <= 0:
        return B
    Bs = B @ s
    return B + np.outer(y, y) / (y @ s) - np.outer(Bs, Bs) / (s @ Bs)
"""

BFGS_UPDATE = {
    "numbers": changed(_RIGHT, ("np.outer(y, y)", "y @ y"), ("np.outer(Bs, Bs)", "Bs @ Bs")),
    "entry_by_entry": changed(_RIGHT, ("np.outer(y, y)", "y * y"), ("np.outer(Bs, Bs)", "Bs * Bs")),
    "always_learns": changed(_RIGHT, ("    if y @ s <= 0:\n        return B\n", "")),
    "never_learns": changed(_RIGHT, ("<=", ">=")),
    "nothing_forgotten": changed(_RIGHT, (" - np.outer(Bs, Bs) / (s @ Bs)", "")),
    "nothing_added": changed(_RIGHT, (" + np.outer(y, y) / (y @ s)", "")),
    "signs": changed(_RIGHT, ("B + np", "B - np"), (") - np", ") + np")),
    "s_for_Bs": changed(_RIGHT, ("np.outer(Bs, Bs)", "np.outer(s, s)")),
    "move_for_change": """def bfgs_update(B, s, y):
    if y @ s <= 0:
        return B
    By = B @ y
    return B + np.outer(s, s) / (y @ s) - np.outer(By, By) / (y @ By)
""",
    "lengths": changed(_RIGHT, ("/ (y @ s)", "/ (y @ y)"), ("/ (s @ Bs)", "/ (s @ s)")),
    "divides_by_zero": changed(_RIGHT, ("<=", "<")),
    "starts_over": changed(_RIGHT, ("return B\n", "return np.eye(len(s))\n")),
    "inverse": """def bfgs_update(B, s, y):
    if y @ s <= 0:
        return B
    V = np.eye(len(s)) - np.outer(s, y) / (y @ s)
    return V @ B @ V.T + np.outer(s, s) / (y @ s)
""",
    "rank_one": changed(
        _RIGHT, ("    Bs = B @ s\n", "    r = y - B @ s\n    return B + np.outer(r, r) / (r @ s)\n")
    ),
    "DFP": """def bfgs_update(B, s, y):
    if y @ s <= 0:
        return B
    V = np.eye(len(s)) - np.outer(y, s) / (y @ s)
    return V @ B @ V.T + np.outer(y, y) / (y @ s)
""",
    "one_after_the_other": """def bfgs_update(B, s, y):
    if y @ s <= 0:
        return B
    B = B + np.outer(y, y) / (y @ s)
    return B - np.outer(B @ s, B @ s) / (s @ B @ s)
""",
    "denominators": changed(
        _RIGHT,
        ("(y @ s) -", "(s @ Bs) -"),
        ("np.outer(Bs, Bs) / (s @ Bs)", "np.outer(Bs, Bs) / (y @ s)"),
    ),
    "normalised": changed(_RIGHT, ("    Bs =", "    s = s / np.linalg.norm(s)\n    Bs =")),
}
