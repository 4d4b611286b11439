"""Fetch an archive whole or not at all, and unpack nothing but plain files inside one folder."""

from __future__ import annotations

import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory


class DataUnavailable(RuntimeError):
    """The data asked for are not here, cannot be had, or are not what they should be."""


def fetch(
    url: str, checksum: str, folder: Path, downloader: Callable[..., object] | None = None
) -> Path:
    """Return the path of the verified archive in `folder`, downloaded if it is not there yet.

    The download goes to a temporary file and takes its own name only once its checksum is right,
    so a broken connection or a killed process never leaves half an archive under that name.

    Parameters
    ----------
    url : str
        Its last part is the file's name.
    checksum : str
        ``"md5:..."`` or ``"sha256:..."``.
    folder : Path
        Made if missing.
    downloader : callable (url, path, pooch), optional
        Pooch's own with a progress bar if left out.

    Raises
    ------
    DataUnavailable
        If there is no network, no room, or the checksum is wrong.
    """
    import pooch  # half a second: only when something is to be fetched

    try:
        bar = downloader is None
        name = url.rpartition("/")[2]
        return Path(pooch.retrieve(url, checksum, name, folder, None, downloader, bar))
    except (OSError, ValueError) as error:  # requests' own errors are OSErrors
        raise DataUnavailable(f"{url} could not be fetched whole into {folder}: {error}") from error


def verify(archive: Path, checksum: str) -> None:
    """Compare the checksum of a file.

    Raises
    ------
    DataUnavailable
        If it is another one.
    """
    import pooch

    kind, _, expected = checksum.rpartition(":")
    found = pooch.file_hash(str(archive), alg=kind or "sha256")
    if found != expected.lower():
        raise DataUnavailable(
            f"{archive} must have the checksum {checksum}, not {found}: it is incomplete or "
            "another file; delete it and fetch it again"
        )


def unpack(archive: Path, wanted: Collection[str], target: Path) -> None:
    """Unpack the wanted files of one folder in a tar archive; `target` appears whole or not at all.

    Parameters
    ----------
    archive : Path
    wanted : file names without a folder
        All other files stay in the archive.
    target : Path
        New folder with the name that the folder has in the archive.

    Raises
    ------
    DataUnavailable
        If the archive is broken, lacks a wanted file, or holds *anything*, wanted or not, that
        is no plain file or folder or lies outside the archive's own folder.
    """
    try:
        with tarfile.open(archive) as tar, TemporaryDirectory(dir=target.parent) as scratch:
            inside = {_checked_path(member): member for member in tar}
            for name in wanted:
                member = inside.get(PurePosixPath(target.name, name))
                if member is None:
                    raise DataUnavailable(f"{archive} must hold {target.name}/{name}, and does not")
                _copy(tar, member, Path(scratch, "whole", name))
            _move(Path(scratch, "whole"), target)
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise DataUnavailable(f"{archive} could not be unpacked to {target}: {error}") from error


def _checked_path(member: tarfile.TarInfo) -> PurePosixPath:
    """The member's path, if it is safe to write."""
    path = PurePosixPath(member.name)
    plain = member.isreg() or member.isdir()
    # A backslash or a colon is an ordinary letter here and a way out of the folder on Windows.
    inside = not path.is_absolute() and ".." not in path.parts and not set("\\:") & set(member.name)
    if not (plain and inside):
        raise DataUnavailable(
            f"an archive must hold plain files inside its own folder, but has {member.name!r} "
            f"(type {member.type.decode()!r}); it is not the published one, so delete it"
        )
    return path


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write the bytes of a file to a path that no archive had a say in."""
    path.parent.mkdir(exist_ok=True)
    source = tar.extractfile(member)
    if source is None:
        raise DataUnavailable(f"{member.name!r} must be a file; it is a folder")
    with source, path.open("wb") as sink:
        shutil.copyfileobj(source, sink)


def _move(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError:
        if not target.is_dir():  # another process may have been as quick with the same files
            raise
