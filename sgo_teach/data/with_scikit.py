"""Real data that come with scikit-learn: no network, no waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sgo_teach.data.image_data import ImageData

SIDE = 8
LARGEST_PIXEL = 16.0  # scikit-learn's digits count ink in 4 × 4 blocks, so a pixel is 0, ..., 16
MEAN_FEATURES = 10  # the first ten of the thirty: means over the cell nuclei of one image


def digits(test_size: int = 360, seed: int = 0) -> ImageData:
    """Handwritten digits, 8 × 8 pixels, 1,797 of them.

    The split is stratified (each class has the same share in both parts) and fixed by the seed.
    The same 13 writers stand on both sides of it, so the held-out accuracy speaks of new digits
    by known hands.

    Parameters
    ----------
    test_size : int
        Number of held-out images; the other 1,797 − test_size are for training.
    seed : int
        Chooses the split; everything in the course uses 0.

    Returns
    -------
    ImageData
        Images (1437, 1, 8, 8) and (360, 1, 8, 8) with the defaults.

    Raises
    ------
    ValueError
        If a part would have fewer images than there are classes.

    Notes
    -----
    Alpaydin & Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning
    Repository, 1998 (its test part).
    """
    from sklearn.datasets import load_digits  # takes a second: only when digits are asked for

    pixels, target = load_digits(return_X_y=True)
    images = (pixels / LARGEST_PIXEL).astype(np.float32).reshape(-1, 1, SIDE, SIDE)
    labels = target.astype(np.int64)
    classes = tuple(str(label) for label in np.unique(labels))
    train, test = _stratified(labels, test_size, seed)
    return ImageData(images[train], labels[train], images[test], labels[test], classes)


@dataclass(frozen=True, eq=False)
class TwoClassData:
    """Rows of numbers with labels 0 and 1, split into a training and a held-out part.

    Attributes
    ----------
    train_inputs : (n_train, 10) float64
        Standardised: each column has mean 0 and standard deviation 1.
    train_labels : (n_train,) int64
        0 or 1.
    test_inputs, test_labels : the same for the n_test held-out rows
        Standardised by the *training* part, so nothing held out has been looked at.
    features : tuple of 10 str
        Name of each column.
    classes : (str, str)
        What 0 and 1 stand for.
    """

    train_inputs: np.ndarray
    train_labels: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray
    features: tuple[str, ...]
    classes: tuple[str, ...]


def two_class(test_size: int = 169, seed: int = 0) -> TwoClassData:
    """Breast tumours, 569 of them, by ten measures of their cell nuclei: malignant or benign.

    Of scikit-learn's thirty columns these are the first ten, the means over the nuclei of one
    image; the others are standard errors and extremes of the same ten.

    Parameters
    ----------
    test_size : int
        Number of held-out rows; the other 569 − test_size are for training.
    seed : int
        Chooses the stratified split; everything in the course uses 0.

    Returns
    -------
    TwoClassData
        400 and 169 rows with the defaults.

    Raises
    ------
    ValueError
        If a part would have fewer rows than there are classes.

    Notes
    -----
    Wolberg, Mangasarian, Street & Street, *Breast Cancer Wisconsin (Diagnostic)*, UCI Machine
    Learning Repository, 1995.
    """
    from sklearn.datasets import load_breast_cancer

    data: Any = load_breast_cancer()
    inputs, labels = data["data"][:, :MEAN_FEATURES], data["target"].astype(np.int64)
    train, test = _stratified(labels, test_size, seed)
    mean, deviation = inputs[train].mean(axis=0), inputs[train].std(axis=0)
    inputs = (inputs - mean) / deviation
    features = tuple(str(name) for name in data["feature_names"][:MEAN_FEATURES])
    classes = tuple(str(name) for name in data["target_names"])
    return TwoClassData(inputs[train], labels[train], inputs[test], labels[test], features, classes)


def _stratified(labels: np.ndarray, test_size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and of the held-out part."""
    from sklearn.model_selection import train_test_split

    n, least = len(labels), len(np.unique(labels))
    if not least <= test_size <= n - least:
        raise ValueError(
            f"test_size must leave at least one example of each class on both sides: "
            f"from {least} to {n - least}, not {test_size}"
        )
    train, test = train_test_split(
        np.arange(n), test_size=test_size, stratify=labels, random_state=seed
    )
    return np.asarray(train), np.asarray(test)
