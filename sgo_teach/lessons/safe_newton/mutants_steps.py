"""Classic wrong answers about steps, each under the name of the slip it must earn."""


def changed(right: str, *pairs: tuple[str, str]) -> str:
    """The right answer with pieces of its text exchanged; each piece must be there."""
    for old, new in pairs:
        if old not in right:
            raise ValueError(f"{old!r} is not in the text that is to be changed")
        right = right.replace(old, new)
    return right


_STEP = """def damped_step(gradient, hessian, damping):
    identity = np.eye(len(gradient))
    while np.linalg.eigvalsh(hessian + damping * identity)[0] <= 0:
        damping = 2 * damping
    return np.linalg.solve(hessian + damping * identity, -gradient), damping
"""

DAMPED_STEP = {
    "along_the_gradient": changed(
        _STEP, ("np.linalg.solve(hessian + damping * identity, -gradient)", "-gradient / damping")
    ),
    "undamped": changed(
        _STEP,
        (
            "    while",
            "    if np.linalg.eigvalsh(hessian)[0] > 0:\n        damping = 0.0\n    while",
        ),
    ),
    "no_pair": changed(_STEP, (", damping\n", "\n")),
    "swapped": changed(_STEP, ("return np", "return damping, np"), (", damping\n", "\n")),
    "every_entry": changed(_STEP, ("damping * identity", "damping")),
    "every_entry#2": changed(_STEP, ("hessian + damping * identity, -", "hessian + damping, -")),
    "piled_up": """def damped_step(gradient, hessian, damping):
    hessian = hessian + damping * np.eye(len(gradient))
    while np.linalg.eigvalsh(hessian)[0] <= 0:
        damping = 2 * damping
        hessian = hessian + damping * np.eye(len(gradient))
    return np.linalg.solve(hessian, -gradient), damping
""",
    "uphill": changed(_STEP, ("-gradient", "gradient")),
    "damping_left_out": changed(_STEP, ("hessian + damping * identity, -", "hessian, -")),
    "still_indefinite": """def damped_step(gradient, hessian, damping):
    return np.linalg.solve(hessian + damping * np.eye(len(gradient)), -gradient), damping
""",
    "still_indefinite#2": """def damped_step(gradient, hessian, damping):
    identity = np.eye(len(gradient))
    while np.linalg.det(hessian + damping * identity) <= 0:
        damping = 2 * damping
    return np.linalg.solve(hessian + damping * identity, -gradient), damping
""",
    "still_indefinite#3": """def damped_step(gradient, hessian, damping):
    while np.min(np.diag(hessian) + damping) <= 0:
        damping = 2 * damping
    return np.linalg.solve(hessian + damping * np.eye(len(gradient)), -gradient), damping
""",
    "still_indefinite#4": changed(_STEP, ("while", "if")),
    "too_large": """def damped_step(gradient, hessian, damping):
    identity = np.eye(len(gradient))
    while True:
        damping = 2 * damping
        if np.linalg.eigvalsh(hessian + damping * identity)[0] > 0:
            return np.linalg.solve(hessian + damping * identity, -gradient), damping
""",
    "too_large#2": changed(_STEP, ("2 * damping", "10 * damping")),
    "other_lambda": """def damped_step(gradient, hessian, damping):
    damping = max(damping, 1e-3 - np.linalg.eigvalsh(hessian)[0])
    return np.linalg.solve(hessian + damping * np.eye(len(gradient)), -gradient), damping
""",
}

_RATIO = """def reduction_ratio(before, after, gradient, hessian, delta):
    return (after - before) / (gradient @ delta + 0.5 * delta @ hessian @ delta)
"""

REDUCTION_RATIO = {
    "upside_down": """def reduction_ratio(before, after, gradient, hessian, delta):
    return (gradient @ delta + 0.5 * delta @ hessian @ delta) / (after - before)
""",
    "sign": changed(_RATIO, ("after - before", "before - after")),
    "half_lost": changed(_RATIO, ("0.5 * ", "")),
    "first_order": changed(_RATIO, (" + 0.5 * delta @ hessian @ delta", "")),
    "newton_only": changed(
        _RATIO, ("gradient @ delta + 0.5 * delta @ hessian @ delta", "0.5 * gradient @ delta")
    ),
    "values_for_changes": changed(_RATIO, ("(after - before) / (", "after / (before + ")),
    "value_in_the_promise": changed(_RATIO, ("/ (", "/ (before + ")),
    "difference": changed(_RATIO, (") / (", ") - (")),
    "size_alone": changed(
        _RATIO, ("return ", "return abs("), ("hessian @ delta)", "hessian @ delta))")
    ),
    "clipped": changed(
        _RATIO, ("return ", "return min(1, "), ("hessian @ delta)", "hessian @ delta))")
    ),
    "clipped#2": changed(
        _RATIO, ("return ", "return max(0, "), ("hessian @ delta)", "hessian @ delta))")
    ),
}
