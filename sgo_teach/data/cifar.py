"""CIFAR-10 in its binary format: bytes only, so nothing that is read can be executed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from sgo_teach.data.archive import DataUnavailable, fetch, unpack, verify
from sgo_teach.data.image_data import ImageData
from sgo_teach.data.with_scikit import digits

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
# The page of the data's author, www.cs.toronto.edu/~kriz/cifar.html, prints the MD5 sum
# c32a1d4ab5d03f1284b67883e8d87530. MD5 no longer withstands an attacker, so the same archive's
# SHA-256 sum is used, as recorded by gomlx (examples/cifar) and torchvision-ruby.
CHECKSUM = "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"

FOLDER = "cifar-10-batches-bin"
CLASSES = "batches.meta.txt"
TRAIN = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = ("test_batch.bin",)
SHAPE = (3, 32, 32)  # one plane a colour: red, green, blue, each row by row
RECORD = 1 + 3 * 32 * 32  # the label, then the pixels
WAY_OUT = "sgo_teach.data.digits() needs no network"


def cifar10(
    folder: str | os.PathLike[str] | None = None,
    download: bool = True,
    *,
    train_size: int | None = None,
    test_size: int | None = None,
    checksum: str = CHECKSUM,
) -> ImageData:
    """Colour photographs, 32 × 32 pixels, of ten kinds of things: 50,000 and 10,000 of them.

    All of them take 740 MB as float32; `train_size` and `test_size` take the first so many, and
    the files are already shuffled.

    Parameters
    ----------
    folder : path, optional
        Where the data are or will be: the unpacked folder, one that holds it, one that holds the
        archive, or the archive itself (it is unpacked beside itself). The user's cache if left out.
    download : bool
        Whether to fetch the archive (162 MB, once) where it is missing or broken. An archive named
        by its own path is never replaced.
    train_size, test_size : int, optional
        Number of images; all if left out.
    checksum : str
        Of the archive; only needed for an archive of your own in the same format.

    Returns
    -------
    ImageData
        Images (50000, 3, 32, 32) and (10000, 3, 32, 32).

    Raises
    ------
    DataUnavailable
        If the data are missing and cannot be had, or are not whole. It says why; `digits` is
        the way out.
    ValueError
        If more images are asked for than there are, or fewer than one.

    Notes
    -----
    Krizhevsky, *Learning multiple layers of features from tiny images*, 2009.
    """
    path = _home() if folder is None else Path(folder).expanduser()
    try:
        unpacked = _unpacked(path, download, checksum)
        classes = tuple((unpacked / CLASSES).read_text(encoding="ascii").split())
        train = _images(unpacked, TRAIN, len(classes), "train_size", train_size)
        test = _images(unpacked, TEST, len(classes), "test_size", test_size)
        _check_equal(unpacked)
    except (OSError, UnicodeError) as error:
        raise DataUnavailable(f"CIFAR-10 in {path} cannot be read: {error}; {WAY_OUT}") from error
    return ImageData(*train, *test, classes)


def cifar10_or_digits(
    folder: str | os.PathLike[str] | None = None,
    download: bool = True,
    *,
    train_size: int | None = None,
    test_size: int | None = None,
) -> tuple[ImageData, str]:
    """CIFAR-10 where it can be had, else the digits and the reason.

    Parameters
    ----------
    folder, download, train_size, test_size
        As for `cifar10`; the digits always come whole.

    Returns
    -------
    data : ImageData
    note : str
        Empty for CIFAR-10; otherwise why these are the digits. Show it to whoever reads the
        results.

    Raises
    ------
    ValueError
        As `cifar10`.
    """
    try:
        return cifar10(folder, download, train_size=train_size, test_size=test_size), ""
    except DataUnavailable as reason:
        return digits(), f"These are the 8 × 8 digits instead of CIFAR-10: {reason}"


def _home() -> Path:
    import pooch

    return Path(pooch.os_cache("sgo_teach"))


def _unpacked(path: Path, download: bool, checksum: str) -> Path:
    """The folder with the six batches, unpacked first if need be."""
    if (path / TRAIN[0]).is_file():
        return path
    parent = path.parent if path.is_file() else path
    target = parent / FOLDER
    if path.is_file() or not target.is_dir():
        archive = _archive(path, download, checksum)
        if not target.is_dir():
            unpack(archive, (CLASSES, *TRAIN, *TEST), target)
    return target


def _archive(path: Path, download: bool, checksum: str) -> Path:
    """The verified archive: `path` itself, or in the folder `path`."""
    archive = path if path.is_file() else path / URL.rpartition("/")[2]
    if download and archive != path:
        return _fetched(checksum, path)
    if not archive.is_file():
        raise DataUnavailable(
            f"neither {FOLDER} nor {archive.name} is in {path}; download=True fetches it "
            f"(162 MB), or get {URL} by other means and put it there; {WAY_OUT}"
        )
    verify(archive, checksum)
    return archive


def _fetched(checksum: str, folder: Path) -> Path:
    try:
        return fetch(URL, checksum, folder)
    except DataUnavailable as error:
        raise DataUnavailable(
            f"{error}; get it by other means and name its path as `folder`, or go on without: "
            f"{WAY_OUT}"
        ) from error


def _images(
    folder: Path, names: tuple[str, ...], classes: int, which: str, size: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """The first `size` images (size, 3, 32, 32) float32 of the named files, and labels (size,)."""
    records = np.concatenate([_records(folder / name, classes) for name in names])
    if size is not None and not 1 <= size <= len(records):
        raise ValueError(f"{which} must be from 1 to {len(records)}, not {size}")
    records = records[:size]
    images = np.divide(records[:, 1:], np.float32(255), dtype=np.float32)
    return images.reshape(-1, *SHAPE), records[:, 0].astype(np.int64)


def _check_equal(folder: Path) -> None:
    """Raise DataUnavailable unless the six batches are of one size, as the whole ones are."""
    sizes = {name: (folder / name).stat().st_size for name in (*TRAIN, *TEST)}
    short = min(sizes, key=lambda name: sizes[name])
    if sizes[short] < max(sizes.values()):
        raise DataUnavailable(
            f"all batches in {folder} must hold {max(sizes.values())} bytes as the largest does, "
            f"but {short} holds {sizes[short]}: it was cut short, so delete its folder and call "
            f"again; {WAY_OUT}"
        )


def _records(path: Path, classes: int) -> np.ndarray:
    """All records (n, 3073) uint8 of one file."""
    data = np.fromfile(path, np.uint8)
    # A copy breaks off at a whole block of bytes, which is hardly ever a whole record: 3073 is odd.
    if not data.size or data.size % RECORD:
        raise DataUnavailable(
            f"{path} must hold whole records of {RECORD} bytes, not {data.size} bytes: it is "
            f"truncated or another file, so delete its folder and call again; {WAY_OUT}"
        )
    records = data.reshape(-1, RECORD)
    largest = int(records[:, 0].max())
    if largest >= classes:
        raise DataUnavailable(
            f"labels must be below {classes}, the number of classes in {CLASSES}, but {path} has "
            f"the label {largest}: delete its folder and call again; {WAY_OUT}"
        )
    return records
