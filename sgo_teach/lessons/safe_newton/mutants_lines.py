"""Classic wrong answers about step lengths, each under the name of the slip it must earn."""

from sgo_teach.lessons.safe_newton.mutants_steps import changed

_RIGHT = """def backtrack(value, gradient, theta, direction, c1):
    slope = gradient(theta) @ direction
    alpha = 1.0
    while value(theta + alpha * direction) > value(theta) + c1 * alpha * slope:
        alpha = alpha / 2
    return alpha
"""

BACKTRACK = {
    "point": changed(_RIGHT, ("return alpha", "return theta + alpha * direction")),
    "point#2": changed(_RIGHT, ("return alpha", "return alpha * direction")),
    "still_rises": changed(_RIGHT, ("+ c1 * alpha", "+ abs(c1 * alpha"), ("slope:", "slope):")),
    "still_rises#2": changed(_RIGHT, ("while", "if")),
    "any_decrease": changed(_RIGHT, (" + c1 * alpha * slope", "")),
    "alpha_missing": changed(_RIGHT, ("c1 * alpha", "c1")),
    "one_halving_more": changed(_RIGHT, ("return alpha", "return alpha / 2")),
    "begins_at_half": changed(_RIGHT, ("alpha = 1.0", "alpha = 0.5")),
    "other_factor": changed(_RIGHT, ("alpha / 2", "alpha / 10")),
    "by_quarters": changed(_RIGHT, ("alpha / 2", "alpha / 4")),
    "never_accepts": changed(_RIGHT, ("c1 * alpha", "alpha")),
    "never_accepts#2": changed(_RIGHT, ("theta + alpha", "theta - alpha")),
    "gradient_squared": changed(
        _RIGHT, ("gradient(theta) @ direction", "-gradient(theta) @ gradient(theta)")
    ),
    "slope_left_out": changed(_RIGHT, ("+ c1 * alpha * slope", "- c1 * alpha")),
}
