"""What the models ask of their data; each error names the requirement and the way out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def design_matrix(X: ArrayLike, columns: int | None = None) -> np.ndarray:
    """X as a fresh (m, d) array of floats.

    Parameters
    ----------
    X : (m, d) array
        One row a data point.
    columns : int, optional
        The d that is asked for; by default any.

    Raises
    ------
    ValueError
        If X is no matrix, has no entry, has not d columns, or is not finite.
    """
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"X must be a matrix (m, n) with a row for each point, not {X.shape}")
    if columns is not None and X.shape[1] != columns:
        raise ValueError(f"X must have {columns} columns as in training, not {X.shape[1]}")
    _all_finite("X", X)
    return X


def targets(y: ArrayLike, m: int) -> np.ndarray:
    """One finite number y (m,) for each of the m rows of X, as a fresh array of floats.

    Raises
    ------
    ValueError
        If y has another shape, (m, 1) among them, or is not finite.
    """
    y = np.array(y, dtype=float)
    _one_for_each_row("number", "residual", y, m)
    _all_finite("y", y)
    return y


def labels(y: ArrayLike, m: int, classes: int | None = None) -> np.ndarray:
    """One label 0, …, K−1 for each of the m rows of X, as a fresh (m,) array of integers.

    Parameters
    ----------
    y : (m,) array
        Integers, or floats or booleans that are equal to integers.
    m : int
    classes : int, optional
        K; by default any number.

    Raises
    ------
    ValueError
        If y has another shape, (m, 1) among them, or holds anything but 0, …, K−1; or K is no
        whole number from 2 on.
    """
    if classes is not None and not (classes >= 2 and classes == int(classes)):
        raise ValueError(f"a classifier needs a whole number of at least 2 classes, not {classes}")
    y = np.asarray(y)
    _one_for_each_row("label", "probabilities minus y", y, m)
    if y.dtype.kind not in "biuf":
        raise ValueError(f"labels must be numbers 0, 1, …, not {y.dtype}; encode the names first")
    top = np.inf if classes is None else classes - 1
    wrong = y[~((y >= 0) & (y <= top) & (y == np.floor(y)) & np.isfinite(y))]
    if wrong.size:
        allowed = "0, 1, …" if classes is None else ", ".join(map(str, range(int(classes))))
        raise ValueError(
            f"labels must be {allowed}, but y holds {wrong[0]}; (y + 1) / 2 turns ±1 to 0 and 1, "
            "and np.unique(y, return_inverse=True)[1] numbers any labels"
        )
    return y.astype(int)


def parameters(theta: ArrayLike, n: int, name: str = "θ") -> np.ndarray:
    """θ (..., n) as floats.

    Raises
    ------
    ValueError
        If the last axis has not length n.
    """
    theta = np.asarray(theta, dtype=float)
    if theta.ndim == 0 or theta.shape[-1] != n:
        raise ValueError(f"{name} must have shape (..., {n}) to fit X, not {theta.shape}")
    return theta


def not_negative(name: str, weight: float) -> float:
    """The weight of a penalty as a float.

    Raises
    ------
    ValueError
        If it is negative or not finite.
    """
    if not 0 <= weight < np.inf:
        raise ValueError(f"{name} must be finite and at least 0, not {weight}")
    return float(weight)


def _one_for_each_row(thing: str, broadcast: str, y: np.ndarray, m: int) -> None:
    if y.shape != (m,):
        raise ValueError(
            f"y must have shape ({m},), one {thing} for each row of X, not {y.shape}; "
            f"y.ravel() makes a column flat. Left as it is, the {broadcast} would broadcast: "
            "(m,) minus (m, 1) is (m, m)"
        )


def _all_finite(name: str, array: np.ndarray) -> None:
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, but holds NaN or infinity; clean the data first")
