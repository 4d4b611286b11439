"""How the three optimisers look in every picture of lesson 12."""

from __future__ import annotations

from dataclasses import dataclass

from sgo_teach import draw


@dataclass(frozen=True)
class Look:
    """Colour, dash and marker of one optimiser."""

    color: str
    dash: str
    marker: str


_SECOND_ORDER = Look(draw.NEWTON, "solid", "circle")
_OTHERS = (Look(draw.GRADIENT, "dash", "square"), Look(draw.ACCENT, "dashdot", "triangle"))


def looks(names: tuple[str, ...]) -> dict[str, Look]:
    """A look for each name: second order orange, the others blue and pink, then again."""
    others = iter(_OTHERS * len(names))
    return {n: _SECOND_ORDER if n == "Hessian-free" else next(others) for n in names}
