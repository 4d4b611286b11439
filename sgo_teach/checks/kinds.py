"""What kind of value a function returned, how it is shown, and what is inside it.

Torch and sympy are recognised without being imported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from numbers import Number
from typing import Any

import numpy as np

from sgo_teach.checks import symbolic
from sgo_teach.checks.guard import Yielded

Place = tuple[Any, ...]  # keys and indices that lead into a nested value
_SHOWN = 160
_PLAIN = {str: "text", tuple: "sequence", list: "sequence", dict: "dict", Yielded: "yielded"}
_NAMES = {
    "none": "`None`",
    "truth": "a truth value (`True` or `False`)",
    "number": "a number",
    "array": "a numpy array",
    "text": "a text",
    "dict": "a dictionary",
    "yielded": "a generator (`yield`)",
    "tensor": "a torch tensor",
    "symbolic": "a sympy expression",
    "matrix": "a sympy matrix",
}


def is_tensor(value: Any) -> bool:
    """True for a torch tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def kind(value: Any) -> str:
    """The kind of a value, as far as comparisons care; "other" for what they do not know."""
    if value is None:
        return "none"
    if isinstance(value, bool | np.bool_):
        return "truth"
    if isinstance(value, np.ndarray):
        return "number" if value.ndim == 0 and value.dtype != object else "array"
    if symbolic.is_matrix(value):
        return "matrix"
    if symbolic.is_symbolic(value):
        return "symbolic"
    if is_tensor(value):
        return "tensor"
    found = next((name for base, name in _PLAIN.items() if isinstance(value, base)), None)
    return found or ("number" if isinstance(value, Number) else "other")


def describe(value: Any) -> str:
    """A value's kind in words."""
    name = type(value).__name__
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    return _NAMES.get(kind(value), f"{article} `{name}`")


def as_array(value: Any) -> np.ndarray:
    """Numbers, arrays and tensors as a numpy array."""
    if is_tensor(value):
        value = value.detach().cpu().resolve_conj().resolve_neg().numpy()
    return np.asarray(value)


def short(value: Any) -> str:
    """A value in one short line of code."""
    try:
        text = _written(value)
    except Exception:  # a learner's own __repr__ may fail
        text = f"<{type(value).__name__}>"
    text = re.sub(r"\s+", " ", text).replace("`", "'")
    return f"`{text}`" if len(text) <= _SHOWN else f"`{text[: _SHOWN - 2]} …`"


def _written(value: Any) -> str:
    if is_tensor(value):
        return _written(as_array(value))
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=5, separator=", ", threshold=30, edgeitems=3)
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, np.generic):
        return str(value)
    if isinstance(value, Yielded):
        return _written(value.items)
    if type(value) in (tuple, list):
        return _written_sequence(value)
    return getattr(value, "__name__", None) or repr(value)


def _written_sequence(value: tuple[Any, ...] | list[Any]) -> str:
    inner = ", ".join(map(_written, value))
    if isinstance(value, list):
        return f"[{inner}]"
    return f"({inner},)" if len(value) == 1 else f"({inner})"


def children(value: Any) -> dict[Any, Any]:
    """What is inside a container, by index or key; {} for anything else."""
    match kind(value):
        case "dict":
            return dict(value)
        case "yielded":
            return dict(enumerate(value.items))
        case "sequence":
            return dict(enumerate(value))
        case "array" if value.dtype == object:
            return {index: value[index] for index in np.ndindex(value.shape)}
    return {}


def pairs(got: Any, want: Any, place: Place = ()) -> Iterator[tuple[Place, Any, Any]]:
    """Yield (place, got, want) for a pair of values and for all that corresponds inside them."""
    yield place, got, want
    inside_got, inside_want = children(got), children(want)
    if kind(got) == kind(want) and inside_got.keys() == inside_want.keys():
        for key, part in inside_want.items():
            yield from pairs(inside_got[key], part, (*place, key))


def part(value: Any, place: Place) -> Any:
    """What stands at a place of a nested value."""
    for key in place:
        value = children(value)[key]
    return value


def written_place(place: Place) -> str:
    """A place as it is written behind a name: ``[0]['loss']``."""
    return "".join(f"[{key!r}]" for key in place)
