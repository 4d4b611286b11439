"""The still picture of lesson 09: Newton–CG beside gradient descent, by gradients spent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from sgo_teach import draw

LOOKS = ((draw.NEWTON, "-", "o"), (draw.GRADIENT, "--", ""))


def race_picture(runs: Mapping[str, np.ndarray]) -> Figure:
    """Losses by gradients spent, log scale; the first run is the second-order one.

    Parameters
    ----------
    runs : name -> (m, 2) array, gradients spent so far and the loss
    """
    fig, (ax,) = draw.figure(draw.WIDE)
    for (name, run), (color, dash, marker) in zip(runs.items(), LOOKS, strict=True):
        ax.plot(*run.T, dash, color=color, marker=marker, markersize=4, label=name)
    ax.set(yscale="log", xlabel="gradients spent, a product counted as three", ylabel="loss")
    ax.legend(fontsize=9)
    return fig
