"""The images of lesson 12: the digits that are here already, or CIFAR-10 when it is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass

from sgo_teach.data import ImageData, cifar10_or_digits, digits
from sgo_teach.nets.race import ImageTensors

NAMES = ("digits", "cifar10")
CIFAR_SIZES = 2000, 500  # for training and held out: what two cores manage in some minutes


@dataclass(frozen=True, eq=False)
class Images:
    """What the lesson trains on; it introduces itself in a notebook.

    Attributes
    ----------
    name : "digits" or "cifar10", what they are (not what was asked for)
    data : images and labels as tensors
    classes : names of the ten classes
    note : why these are the digits where CIFAR-10 was asked for, else empty
    """

    name: str
    data: ImageTensors
    classes: tuple[str, ...]
    note: str = ""

    def __repr__(self) -> str:
        channels, height, width = self.data.train_images.shape[1:]
        held_out = len(self.data.test_images)
        line = (
            f"{self.name}: {len(self.data):,} images for training, {held_out:,} held out, "
            f"{channels} × {height} × {width}; {', '.join(self.classes)}"
        )
        return f"{self.note}\n{line}" if self.note else line


def images(
    name: str = "digits", folder: str | os.PathLike[str] | None = None, download: bool = True
) -> Images:
    """The images of that name; the digits where CIFAR-10 cannot be had, with the reason.

    Parameters
    ----------
    name : "digits" or "cifar10"
    folder, download : as for `sgo_teach.data.cifar10`; CIFAR-10 is fetched once (162 MB), with a
        progress bar, and kept in the user's cache

    Raises
    ------
    ValueError
        If the name is another one.
    """
    if name not in NAMES:
        raise ValueError(f"images must be one of {', '.join(NAMES)}, not {name!r}")
    if name == "digits":
        return _images("digits", digits())
    train, test = CIFAR_SIZES
    found, note = cifar10_or_digits(folder, download, train_size=train, test_size=test)
    return _images("digits" if note else "cifar10", found, note)


def _images(name: str, found: ImageData, note: str = "") -> Images:
    return Images(name, ImageTensors.of(found), found.classes, note)
