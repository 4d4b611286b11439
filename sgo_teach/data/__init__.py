"""Data to learn from, as plain numpy arrays: real images, real tumours, and drawn strokes."""

from sgo_teach.data.archive import DataUnavailable
from sgo_teach.data.cifar import cifar10, cifar10_or_digits
from sgo_teach.data.image_data import ImageData
from sgo_teach.data.strokes import Curves, curves
from sgo_teach.data.with_scikit import LARGEST_PIXEL, SIDE, TwoClassData, digits, two_class

__all__ = [
    "LARGEST_PIXEL",
    "SIDE",
    "Curves",
    "DataUnavailable",
    "ImageData",
    "TwoClassData",
    "cifar10",
    "cifar10_or_digits",
    "curves",
    "digits",
    "two_class",
]
