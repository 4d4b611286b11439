"""How the optimisers look in every picture of lesson 12."""

from __future__ import annotations

from dataclasses import dataclass

from sgo_teach import draw


@dataclass(frozen=True)
class Look:
    """Colour, dash and marker of one optimiser."""

    color: str
    dash: str
    marker: str


_KNOWN = {  # second order orange, first order blue and pink, curvature from gradients green
    "Hessian-free": Look(draw.NEWTON, "solid", "circle"),
    "yours": Look(draw.PALE[1], "dot", "diamond"),
    "Adam": Look(draw.GRADIENT, "dash", "square"),
    "SGD + momentum": Look(draw.ACCENT, "dashdot", "triangle"),
    "L-BFGS": Look(draw.MODEL, "dot", "cross"),
}
_OTHERS = (Look(draw.GREY, "dash", "square"), Look(draw.BLACK, "dashdot", "triangle"))


def looks(names: tuple[str, ...]) -> dict[str, Look]:
    """A look for each name; one that is not of this lesson is grey or black."""
    others = iter(_OTHERS * len(names))
    return {name: _KNOWN.get(name) or next(others) for name in names}
