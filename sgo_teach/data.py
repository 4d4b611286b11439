"""Real images to learn from, as plain numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SIDE = 8
LARGEST_PIXEL = 16.0  # scikit-learn's digits count ink in 4 × 4 blocks, so a pixel is 0, ..., 16


@dataclass(frozen=True, eq=False)
class ImageData:
    """Labelled images, split once and for all into a training and a held-out part.

    Attributes
    ----------
    train_images : (n_train, channels, height, width) float32
        Pixels in [0, 1].
    train_labels : (n_train,) int64
        Classes 0, ..., len(classes) − 1.
    test_images, test_labels : the same for the n_test held-out images
    classes : tuple of str
        Name of each class.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]


def digits(test_size: int = 360, seed: int = 0) -> ImageData:
    """Handwritten digits, 8 × 8 pixels, 1,797 of them: they come with scikit-learn, no network.

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
    from sklearn.model_selection import train_test_split

    pixels, target = load_digits(return_X_y=True)
    images = (pixels / LARGEST_PIXEL).astype(np.float32).reshape(-1, 1, SIDE, SIDE)
    labels = target.astype(np.int64)
    classes = tuple(str(label) for label in np.unique(labels))
    n, least = len(labels), len(classes)
    if not least <= test_size <= n - least:
        raise ValueError(
            f"test_size must leave at least one image of each class on both sides: "
            f"from {least} to {n - least}, not {test_size}"
        )
    train, test = train_test_split(
        np.arange(n), test_size=test_size, stratify=labels, random_state=seed
    )
    return ImageData(images[train], labels[train], images[test], labels[test], classes)
