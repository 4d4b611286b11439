"""One frame is one binary message: a JSON header, then all coordinates as float32, then images."""

from __future__ import annotations

import json
import struct

import numpy as np


def pack(header: dict, marks: list, height: float) -> bytes:
    """Pack `header` and the present place of every mark into one message.

    Parameters
    ----------
    header : dict
        Words and numbers that travel with the frame (read-out, control values, sequence number).
    marks : list of Mark
        In drawing order.
    height : float
        Height of the stage in pixels.

    Returns
    -------
    bytes
        ``uint32`` length of the header, the header padded to a multiple of four, coordinates,
        images.
    """
    points = [mark.pixels(height) for mark in marks]
    images = {i: m.classes for i, m in enumerate(marks) if m.kind == "image" and len(m.xy)}
    header = header | {
        "lengths": [2 * len(p) for p in points],
        "words": {i: m.words for i, m in enumerate(marks) if m.kind == "text" and len(m.xy)},
        "images": {i: list(image.shape) for i, image in images.items()},
    }
    head = json.dumps(header, allow_nan=False).encode()
    head += b" " * (-len(head) % 4)
    numbers = np.concatenate(points).astype("<f4").tobytes() if points else b""
    pixels = b"".join(image.tobytes() for image in images.values())
    return struct.pack("<I", len(head)) + head + numbers + pixels


def unpack(frame: bytes) -> tuple[dict, list[np.ndarray]]:
    """Read a frame back: its header and the pixel coordinates of each mark, (m, 2) each."""
    (size,) = struct.unpack_from("<I", frame)
    header = json.loads(frame[4 : 4 + size])
    total = sum(header["lengths"])
    numbers = np.frombuffer(frame, "<f4", total, 4 + size)
    ends = np.cumsum(header["lengths"], dtype=int)
    return header, [part.reshape(-1, 2) for part in np.split(numbers, ends)[:-1]]
