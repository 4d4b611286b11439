"""Checkpoints: a run killed at any moment goes on as if nothing had happened.

A checkpoint is written beside its final place and moved there in one piece, so there is always a
whole one: the new or the old. It is read without running anything that it contains
(``weights_only=True``).
"""

from __future__ import annotations

import copy
import io
import os
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

FORMAT = "sgo_teach checkpoint 1"
UNWRITABLE = (pickle.PicklingError, AttributeError, TypeError)
UNREADABLE = (pickle.UnpicklingError, zipfile.BadZipFile, RuntimeError, EOFError, ValueError)


class CheckpointError(ValueError):
    """A file is no whole checkpoint, or not one of this run."""


def save_checkpoint(
    path: str | os.PathLike[str], network: nn.Module, optimizer: Optimizer, **more: Any
) -> None:
    """Write network, optimiser and torch's random numbers, atomically.

    In a data-parallel run one process saves and all of them load.

    Parameters
    ----------
    path : of the file; a checkpoint that is there already is replaced
    more : further objects to save under their names: a ``torch.Generator`` (such as the one that
        draws the order of the data), anything with ``state_dict`` (such as a scheduler), tensors,
        numbers, strings, and lists, tuples and dicts of them

    Raises
    ------
    CheckpointError
        If something in it could not be loaded again, named where it is one of `more`; the file at
        `path` is then left as it was.
    """
    content = {
        "format": FORMAT,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "random": _random_state(),
        "more": {name: _state_of(value) for name, value in more.items()},
    }
    _check_plain(content["more"])
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        _write(partial, content)
        _read(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    _flush_folder(path.parent)


def load_checkpoint(
    path: str | os.PathLike[str], network: nn.Module, optimizer: Optimizer, **more: Any
) -> dict[str, Any]:
    """Put network, optimiser and torch's random numbers back where they were.

    Parameters
    ----------
    path : of a file from `save_checkpoint`
    network, optimizer : made as those that were saved; tensors stay on their devices
    more : generators and objects with ``load_state_dict`` to restore, under the names that they
        were saved with

    Returns
    -------
    dict
        All else that was saved, by name.

    Raises
    ------
    CheckpointError
        If the file is truncated, damaged, no checkpoint or one of another network or optimiser.
        Nothing is changed then.
    FileNotFoundError
        If there is no file.
    """
    content = _read(Path(path))
    saved = dict(content["more"])
    if missing := sorted(more.keys() - saved.keys()):
        raise CheckpointError(
            f"{path} must hold what is asked for, but has no {', '.join(missing)}; it holds "
            f"{', '.join(sorted(saved)) or 'nothing more'}"
        )
    objects = {"network": network, "optimizer": optimizer, **more}
    states = {**content, **saved}
    with _all_or_nothing(path, objects):
        for name, target in objects.items():
            _restore(target, states[name])
        _restore_random(content["random"])
    return {name: value for name, value in saved.items() if name not in more}


def _check_plain(more: Mapping[str, Any]) -> None:
    """Raise CheckpointError with the name of what would not load again."""
    for name, state in more.items():
        file = io.BytesIO()
        try:
            torch.save(state, file)
            file.seek(0)
            torch.load(file, weights_only=True)
        except (*UNWRITABLE, *UNREADABLE) as error:
            raise CheckpointError(
                f"{name} must be plain data (tensors, numbers, strings, lists, tuples and dicts), "
                f"or have a state_dict of it, and could not be loaded again: {error}"
            ) from error


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with open(path, "wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch does not look at the checksums
        content = None if damaged else torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise CheckpointError(
            f"{path} must be a whole checkpoint of plain data, and cannot be read: {error}"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} must be a whole file from save_checkpoint, and it is damaged or another kind "
            "of file; use the checkpoint before it"
        )
    return content


def _flush_folder(folder: Path) -> None:
    # The new name itself must reach the disk. Windows cannot open folders, and need not.
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _state_of(value: Any) -> Any:
    if isinstance(value, torch.Generator):
        return value.get_state()
    return value.state_dict() if hasattr(value, "state_dict") else value


def _restore(target: Any, state: Any) -> None:
    if isinstance(target, torch.Generator):
        target.set_state(state)
    else:
        target.load_state_dict(state)


def _random_state() -> dict[str, Any]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": cuda}


def _restore_random(state: Mapping[str, Any]) -> None:
    torch.set_rng_state(state["cpu"])
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(state["cuda"])


@contextmanager
def _all_or_nothing(path: Any, objects: Mapping[str, Any]) -> Iterator[None]:
    """Undo everything where restoring one of the objects fails."""
    before = {name: copy.deepcopy(_state_of(target)) for name, target in objects.items()}
    try:
        yield
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        for name, target in objects.items():
            with suppress(AttributeError):  # a target that can load nothing has changed nothing
                _restore(target, before[name])
        raise CheckpointError(
            f"{path} must belong to a network and an optimiser made as these are: {error}"
        ) from error
