"""Exercise of lesson 01: minimum, maximum or saddle, by the eigenvalues of the Hessian."""

from __future__ import annotations

import numpy as np

from sgo_teach.checks import Exercise, Slip
from sgo_teach.lessons.taylor_expansion import mutants


def _classify(hessian):
    """Say what a point with g = 0 is: "minimum", "maximum", "saddle" or "undecided"."""
    h = np.linalg.eigvalsh(hessian)
    zero = 1e-10 * np.abs(h).max()
    if h.min() < -zero and h.max() > zero:
        return "saddle"
    if h.min() > zero:
        return "minimum"
    return "maximum" if h.max() < -zero else "undecided"


def _facts(H, got) -> str:
    listed = ", ".join(f"{h:.3g}" for h in np.linalg.eigvalsh(H))
    return f"For `hessian = {np.array2string(H, separator=', ')}` the eigenvalues are {listed}; you say *{got}*."


def _by(rule, message, only=lambda H, want: True):
    """A slip for an answer that a rule of thumb would give as well."""

    def when(case, got, want):
        (H,) = case
        return f"{_facts(H, got)} {message}" if got == rule(H) and only(H, want) else None

    return when


def _by_determinant(H):
    d = np.linalg.det(H)
    return "minimum" if d > 0 else "saddle" if d < 0 else "undecided"


def _by_diagonal(H):
    d = np.diag(H)
    return "minimum" if (d > 0).all() else "maximum" if (d < 0).all() else "saddle"


def _by_trace(H):
    return "minimum" if np.trace(H) > 0 else "maximum" if np.trace(H) < 0 else "saddle"


def _swapped(H):
    return {"minimum": "maximum", "maximum": "minimum"}.get(_classify(H), _classify(H))


def _exact_zero(H):
    """The rule without a tolerance: rounding decides."""
    h = np.linalg.eigvalsh(H)
    both = h.min() < 0 and h.max() > 0
    return (
        "saddle"
        if both
        else "minimum"
        if h.min() > 0
        else "maximum"
        if h.max() < 0
        else "undecided"
    )


def _never_undecided(H):
    return "minimum" if np.linalg.eigvalsh(H).max() > 1e-9 else "maximum"


def _tiny(H, want):
    return want != "undecided" and np.abs(H).max() < 1e-6


def _mixed(H, want):
    return want == "saddle" and np.abs(np.linalg.eigvalsh(H)).min() < 1e-12


def _flat(H, want):
    return want == "undecided"


def _decided(H, want):
    return want != "undecided"


classify = Exercise(
    name="classify",
    lesson="taylor_expansion",
    stub='''def classify(hessian):
    """Say what a point with g = 0 is: "minimum", "maximum", "saddle" or "undecided"."""
    ...''',
    reference=_classify,
    cases=[
        (np.array([[2.0, 0.0], [0.0, 1.0]]),),
        (np.array([[-2.0, 0.5], [0.5, -1.0]]),),
        (np.array([[5.0, 0.0], [0.0, -1.0]]),),
        (np.array([[1.0, 3.0], [3.0, 1.0]]),),
        (np.diag([-1.0, -2.0, 3.0]),),
        (np.diag([1.0, 0.0, -1.0]),),
        (np.array([[1.0, 1.0], [1.0, 1.0]]),),
        (np.array([[-1.0, 0.0], [0.0, 0.0]]),),
        (np.outer([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),),
        (1e-10 * np.array([[1.0, 0.0], [0.0, 2.0]]),),
    ],
    slips=[
        Slip(
            "too_soon",
            _by(
                lambda H: "undecided",
                "Two of them have different signs: there is a way up and a way down, "
                "so it is a saddle whatever the third direction does.",
                only=_mixed,
            ),
        ),
        Slip(
            "tiny_is_not_zero",
            _by(
                lambda H: "undecided",
                "They are small, but only next to 1: measured in another unit the same loss has large ones. "
                "Compare each with the largest.",
                only=_tiny,
            ),
        ),
        Slip(
            "zero_curvature",
            _by(
                _never_undecided,
                "One is zero: the quadratic model is flat in that direction and cannot decide "
                "(compare $x^4$, $-x^4$ and $x^3$ at 0).",
                only=lambda H, want: want == "undecided" and (np.linalg.eigvalsh(H) == 0).any(),
            ),
        ),
        Slip(
            "rounding",
            _by(
                _exact_zero,
                "The tiny ones are zeros up to rounding; a computed zero is rarely exact, "
                "so compare with a small number, not with 0.",
                only=_flat,
            ),
        ),
        Slip(
            "determinant",
            _by(
                _by_determinant,
                "That is what the sign of the determinant would give. It is the *product* of the "
                "eigenvalues: two negative ones make a plus as well.",
            ),
        ),
        Slip(
            "diagonal",
            _by(
                _by_diagonal,
                "That is what the diagonal would give. Curvature along the axes is not all there is: "
                "an eigenvector may point between them.",
                only=_decided,
            ),
        ),
        Slip(
            "trace",
            _by(
                _by_trace,
                "That is what the trace would give, the *sum* of the eigenvalues: "
                "one large positive one hides a negative one.",
                only=_decided,
            ),
        ),
        Slip(
            "saddle_by_default",
            _by(
                lambda H: "saddle",
                "A saddle needs one negative *and* one positive eigenvalue. "
                "What is neither all positive nor all negative may have a zero instead, and is undecided.",
                only=_flat,
            ),
        ),
        Slip(
            "swapped",
            _by(_swapped, "Minimum and maximum are swapped: a bowl curves *up* in all directions."),
        ),
    ],
    mutants=mutants.CLASSIFY,
    hints=[
        "Along an eigenvector of $H$ the model curves by its eigenvalue: `np.linalg.eigvalsh(hessian)`.",
        "All positive, all negative, some of each; and computed zeros are rarely exact, so compare with a small number.",
        "Look for a saddle first: one clearly negative and one clearly positive eigenvalue decide, whatever the others are.",
    ],
    discussion=(
        "`eigvalsh` is for symmetric matrices: real eigenvalues, sorted. "
        "The small number is relative to the largest eigenvalue, so that rescaling the loss changes nothing. "
        "A zero eigenvalue leaves the question open unless there are curvatures of both signs."
    ),
    namespace={"np": np},
)
