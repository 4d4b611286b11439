"""What every set of labelled images looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
