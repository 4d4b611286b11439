"""Levenberg–Marquardt damping: trust the quadratic model as far as it has proved right.

λ is the damping in (G + λI)Δθ = −g, ρ the reduction ratio. Nocedal & Wright, *Numerical
Optimization*, 2nd ed., 2006, ch. 4 and 10; the constants of `levenberg_marquardt` are those of
Martens, "Deep learning via Hessian-free optimization", ICML 2010.
"""

from __future__ import annotations

from math import isfinite, nan

SMALLEST, LARGEST = 1e-20, 1e20  # where float32 still computes with λ


def reduction_ratio(actual: float, predicted: float, rounding: float = 0.0) -> float:
    """ρ = (actual change of the loss)/(change predicted by the undamped model).

    Parameters
    ----------
    actual : L(θ + Δθ) − L(θ)
    predicted : gᵀΔθ + ½ΔᵀGΔ, measured from θ
    rounding : size of the rounding error in `actual`

    Returns
    -------
    float
        1 where both changes drown in the rounding error (a good model must not be blamed for it:
        Conn, Gould & Toint, *Trust-Region Methods*, 2000, ch. 17); NaN where the model predicts
        no descent or a number is not finite; the ratio everywhere else.
    """
    if not (isfinite(actual) and isfinite(predicted)):
        return nan
    if abs(actual) <= rounding and abs(predicted) <= rounding:
        return 1.0
    return actual / predicted if predicted < 0 else nan


def levenberg_marquardt(damping: float, ratio: float) -> float:
    """The next λ: ×3/2 where ρ < ¼ or not finite, ×2/3 where ρ > ¾, else unchanged."""
    if not isfinite(ratio) or ratio < 1 / 4:
        factor = 3 / 2
    elif ratio > 3 / 4:
        factor = 2 / 3
    else:
        factor = 1.0
    return min(max(factor * damping, SMALLEST), LARGEST) if damping > 0 else damping
