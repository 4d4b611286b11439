"""Still pictures of lesson 12: what is confused with what, and what the first layer looks for."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from sgo_teach import draw
from sgo_teach.lessons.hessian_free_cnn.images import Images
from sgo_teach.nets.race import ImageTensors, predict_logits


def images_picture(images: Images, count: int = 16) -> Figure:
    """The first training images with their labels, in one row."""
    data = images.data
    fig, (ax,) = draw.figure((draw.WIDE[0], 1.0))
    shown = data.train_images[:count].mean(1).numpy()
    ax.imshow(mosaic(shown, columns=count), cmap="gray_r", vmin=0, vmax=1)
    centres = (shown.shape[-1] + 1) * np.arange(len(shown)) + shown.shape[-1] / 2 - 0.5
    ax.set_xticks(centres, [images.classes[label][:5] for label in data.train_labels[:count]])
    ax.tick_params(length=0)
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    ax.grid(False)
    return fig


def confusion(network: nn.Module, data: ImageTensors, classes: int = 10) -> np.ndarray:
    """Count held-out images by label (row) and answer (column): (classes, classes) integers."""
    answers = predict_logits(network, data.test_images).argmax(1)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (data.test_labels.numpy(), answers.numpy()), 1)
    return counts


def draw_confusion(ax: Axes, counts: np.ndarray) -> list:
    """Draw a table of counts (n, n); only what lies off the diagonal is coloured.

    Returns
    -------
    list of artists
    """
    n = len(counts)
    mistakes = np.where(np.eye(n, dtype=bool), 0, counts)
    drawn: list = [ax.imshow(mistakes, cmap="Oranges", vmin=0, vmax=max(4, mistakes.max()))]
    for (i, j), count in np.ndenumerate(counts):
        if count:
            color = draw.GREY if i == j else draw.BLACK
            drawn.append(ax.text(j, i, str(count), ha="center", va="center", color=color))
    ax.set(xticks=range(n), yticks=range(n), xlabel="answer", ylabel="label")
    ax.grid(False)
    return drawn


def confusion_picture(network: nn.Module, data: ImageTensors) -> Figure:
    """The confusion matrix of the held-out images."""
    fig, (ax,) = draw.figure(draw.TALL)
    draw_confusion(ax, confusion(network, data))
    return fig


def filters_picture(before: nn.Module, after: nn.Module) -> Figure:
    """First-layer filters before and after training, and their change: 32 squares of 3 × 3 each."""
    old, new = (_first_layer(network) for network in (before, after))
    panels = {"before training": old, "after training": new, "change": new - old}
    fig, axes = draw.figure((draw.WIDE[0], 2.1), columns=3)
    bound = float(max(np.abs(old).max(), np.abs(new).max()))
    for ax, (title, kernels) in zip(axes, panels.items(), strict=True):
        ax.imshow(mosaic(kernels), cmap="PuOr_r", vmin=-bound, vmax=bound)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=10)
        ax.spines[:].set_visible(False)
        ax.grid(False)
    return fig


def mosaic(kernels: np.ndarray, columns: int = 8) -> np.ndarray:
    """Lay kernels (m, h, w) out in rows of `columns`, one empty (NaN) pixel between them."""
    m, h, w = kernels.shape
    rows = -(-m // columns)
    sheet = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1), np.nan)
    for i, kernel in enumerate(kernels):
        top, left = (i // columns) * (h + 1), (i % columns) * (w + 1)
        sheet[top : top + h, left : left + w] = kernel
    return sheet


def _first_layer(network: nn.Module) -> np.ndarray:
    """Kernels of the first convolution, averaged over its input channels: (m, h, w)."""
    layer = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    return layer.weight.detach().mean(dim=1).cpu().numpy()
