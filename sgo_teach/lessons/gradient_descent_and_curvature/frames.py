"""What the pictures of lesson 02 show in the plane: modes of descent, momentum, rescaled steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np

from sgo_teach.solvers.descent import (
    best_heavy_ball,
    best_heavy_ball_rate,
    best_rate,
    best_step_size,
    mode_rates,
)

STEEP = 10.0  # h_max of every bowl in the first two pictures; κ lowers h_min
ANGLE = 0.5  # radians from the first axis to the flat direction
TINY = 1e-12  # distances below this are drawn at it


def rotation(angle: float) -> np.ndarray:
    """The matrix (2, 2) whose columns are the flat and the steep direction."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def ellipses(condition_number: float, angle: float, sizes=(0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8)):
    """Level lines (p, 2) of a bowl about 0, NaN between them; `sizes` are their long half-axes."""
    t = np.linspace(0, 2 * np.pi, 73)
    unit = np.column_stack([np.cos(t), np.sin(t) / np.sqrt(condition_number)]) @ rotation(angle).T
    gap = np.full((1, 2), np.nan)
    return np.concatenate([part for a in sizes for part in (a * unit, gap)])


# -- one mode at a time -------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class ContractionFrame:
    """Gradient descent on a bowl, mode by mode.

    h : (2,) curvatures, flat then steep; factor : (2,), 1 − αh_i; path : (k + 1, 2) points;
    error : (k + 1, 2) size of each mode, the error along each eigenvector.
    """

    h: np.ndarray
    factor: np.ndarray
    path: np.ndarray
    error: np.ndarray


def compute_contraction(
    start: np.ndarray, step_size: float, condition_number: float, moves: int = 50
) -> ContractionFrame:
    """Walk from `start` (2,): the error along each eigenvector is multiplied by 1 − αh_i a move."""
    h, Q = np.array([STEEP / condition_number, STEEP]), rotation(ANGLE)
    factor = 1 - step_size * h
    error = factor ** np.arange(moves + 1)[:, None] * (Q.T @ start)
    return ContractionFrame(h, factor, error @ Q.T, np.abs(error))


# -- momentum -----------------------------------------------------------------------------------
SHADES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)  # rates that bound the colours of the map
MAP_X = (np.arange(150) + 0.5) * 4 / 150  # αh_max, in the middle of each pixel
MAP_Y = (np.arange(80) + 0.5) / 80  # β


@dataclass(frozen=True, eq=False)
class MomentumFrame:
    """The heavy ball with h_max = 1 and h_min = 1/κ, so that α stands for αh_max.

    rates : (2,) long-run factor of the flat and of the steep mode; error : (k + 1, 2) their sizes
    from 1 on; swings : (2,) whether a mode's roots are a complex pair.
    """

    rates: np.ndarray
    error: np.ndarray
    swings: np.ndarray


def compute_momentum(
    step_size: float, momentum: float, condition_number: float, moves: int = 80
) -> MomentumFrame:
    """Run e_{k+1} = (1 + β − αh) e_k − β e_{k−1} in both modes from e_0 = 1, at rest."""
    h = np.array([1 / condition_number, 1.0])
    b = 1 + momentum - step_size * h
    error = [np.ones(2), 1 - step_size * h]
    for _ in range(moves - 1):
        error.append(b * error[-1] - momentum * error[-2])
    return MomentumFrame(
        mode_rates(h, step_size, momentum), np.abs(error), b * b < 4 * momentum - TINY
    )


@cache
def rate_map(condition_number: float) -> np.ndarray:
    """The colour (80, 150) of each (αh_max, β): how many of `SHADES` its slower mode reaches."""
    alpha_h = np.multiply.outer([1 / condition_number, 1.0], MAP_X)[:, None]
    slower = _rates(alpha_h, MAP_Y[:, None]).max(axis=0)
    return np.digitize(slower, SHADES).astype(np.uint8)


def _rates(alpha_h: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """`mode_rates` for arrays of αh and of β at once, and in real numbers: many pixels, fast."""
    b = np.abs(1 + beta - alpha_h)
    inside = b * b - 4 * beta
    return np.where(inside < 0, np.sqrt(beta), (b + np.sqrt(np.maximum(inside, 0))) / 2)


def best_points(condition_number: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """(αh_max, β) of the best gradient descent and of the best heavy ball."""
    h_min = 1 / condition_number
    return (best_step_size(h_min, 1.0), 0.0), best_heavy_ball(h_min, 1.0)


def best_rates(condition_number: float) -> tuple[float, float]:
    """What gradient descent and heavy ball leave of the error a move, at their best."""
    h_min = 1 / condition_number
    return best_rate(h_min, 1.0), best_heavy_ball_rate(h_min, 1.0)


# -- a step size for each coordinate ------------------------------------------------------------
METHODS = ("gradient descent", "RMSprop", "Adam")


@dataclass(frozen=True, eq=False)
class RescalingFrame:
    """Three methods in one valley: their paths (k + 1, 2) and distances (k + 1,) to the minimum.

    left_over : condition number after the best rescaling of the coordinates.
    """

    paths: dict[str, np.ndarray]
    distances: dict[str, np.ndarray]
    left_over: float


def left_over(hessian: np.ndarray) -> float:
    """κ after the best diagonal rescaling of a positive definite (2, 2) matrix.

    With D = diag(H)^{−1/2} the matrix DHD is 1 on its diagonal and c = H_12/√(H_11·H_22) off it,
    so its eigenvalues are 1 ± c; in two dimensions no other diagonal D does better.
    """
    c = abs(hessian[0, 1]) / np.sqrt(hessian[0, 0] * hessian[1, 1])
    return float((1 + c) / (1 - c))


DECAYS = (0.0, 0.9), (0.9, 0.999)  # of the means of g and of g²: RMSprop, Adam
EPSILON = 1e-8


def adaptive_path(
    hessian: np.ndarray, start: np.ndarray, step_size: float, decays: tuple[float, float], moves=60
) -> np.ndarray:
    """The path (k + 1, 2) of RMSprop (first decay 0) or Adam on ½θᵀHθ, in plain floats for speed.

    Adam corrects both means for starting from zero; RMSprop corrects nothing.
    """
    ((a, b), (_, d)), x, (beta1, beta2) = hessian.tolist(), start.tolist(), decays
    m, v, path = [0.0, 0.0], [0.0, 0.0], [tuple(x)]
    for t in range(1, moves + 1):
        by1, by2 = (1 - beta1**t, 1 - beta2**t) if beta1 else (1.0, 1.0)
        for i, g in enumerate((a * x[0] + b * x[1], b * x[0] + d * x[1])):
            m[i] = beta1 * m[i] + (1 - beta1) * g
            v[i] = beta2 * v[i] + (1 - beta2) * g * g
            x[i] -= step_size * m[i] / by1 / (sqrt(v[i] / by2) + EPSILON)
        path.append(tuple(x))
    return np.array(path)


def compute_rescaling(
    start: np.ndarray, step_size: float, condition_number: float, degrees: float, moves: int = 60
) -> RescalingFrame:
    """Let gradient descent (at its best α), RMSprop and Adam (both at `step_size`) walk."""
    R, h = rotation(np.deg2rad(degrees)), np.array([1.0, condition_number])
    H = R * h @ R.T
    factor = 1 - best_step_size(*h) * h
    descent = factor ** np.arange(moves + 1)[:, None] * (start @ R) @ R.T
    rmsprop, adam = (adaptive_path(H, start, step_size, d, moves) for d in DECAYS)
    paths: dict[str, np.ndarray] = dict(zip(METHODS, (descent, rmsprop, adam), strict=True))
    distances = {name: np.linalg.norm(path, axis=1) for name, path in paths.items()}
    return RescalingFrame(paths, distances, left_over(H))
