"""Classic wrong answers about ρ and λ, each under the name of the slip it must earn."""

REDUCTION_RATIO = {
    "upside_down": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((g @ delta + 0.5 * delta @ G_delta) / (new_loss - loss))
""",
    "half_lost": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((new_loss - loss) / (g @ delta + delta @ G_delta))
""",
    "minus_the_half": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((new_loss - loss) / (g @ delta - 0.5 * delta @ G_delta))
""",
    "slope_only": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((new_loss - loss) / (g @ delta))
""",
    "curvature_only": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((new_loss - loss) / (delta @ G_delta / 2))
""",
    "wrong_sign": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float((loss - new_loss) / (g @ delta + 0.5 * delta @ G_delta))
""",
    "not_a_change": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return float(new_loss / (g @ delta + 0.5 * delta @ G_delta))
""",
    "model_with_value": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    model = loss + g @ delta + 0.5 * delta @ G_delta
    return float((new_loss - loss) / model)
""",
    "type": """def reduction_ratio(loss, new_loss, g, delta, G_delta):
    return (new_loss - loss) / (g @ delta + 0.5 * delta @ G_delta)
""",
}

DAMPING_RULE = {
    "swapped": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return 2 / 3 * damping
    return 3 / 2 * damping if ratio > 0.75 else damping
""",
    "factor_alone": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return 3 / 2
    return 2 / 3 if ratio > 0.75 else 1.0
""",
    "added": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return damping + 3 / 2
    return damping - 2 / 3 if ratio > 0.75 else damping
""",
    "two_zones": """def damping_rule(damping, ratio):
    return 2 / 3 * damping if ratio > 0.5 else 3 / 2 * damping
""",
    "nan": """def damping_rule(damping, ratio):
    if ratio < 0.25:
        return 3 / 2 * damping
    if ratio > 0.75:
        return 2 / 3 * damping
    return damping
""",
    "nan#2": """def damping_rule(damping, ratio):
    if ratio < 0.25:
        return 3 / 2 * damping
    elif ratio <= 0.75:
        return damping
    else:
        return 2 / 3 * damping
""",
    "stuck": """def damping_rule(damping, ratio):
    return 3 / 2 * damping if not ratio >= 0.25 else damping
""",
    "stuck#2": """def damping_rule(damping, ratio):
    return 2 / 3 * damping if ratio > 0.75 else damping
""",
    "other_factor": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        return 2 * damping
    return damping / 2 if ratio > 0.75 else damping
""",
    "none": """def damping_rule(damping, ratio):
    if not ratio >= 0.25:
        damping = 3 / 2 * damping
    elif ratio > 0.75:
        damping = 2 / 3 * damping
""",
}
