"""What moves on a stage: marks hold data coordinates and become pixels or matplotlib artists."""

from __future__ import annotations

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

DASHES = {"solid": (), "dash": (7, 4), "dot": (2, 3), "dashdot": (8, 3, 2, 3)}
MARKERS = {"circle": "o", "square": "s", "triangle": "^", "cross": "X", "diamond": "D"}


class Mark:
    """A moving mark on one axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where it is drawn and clipped.
    color : str
        Any ``#rrggbb`` colour.
    label : str or None
        Its entry in the legend.
    """

    kind = "mark"

    def __init__(self, ax, color="#000000", label=None, alpha=1.0, **look):
        self.ax, self.label, self.empty = ax, label, np.empty((0, 2))
        self.look = {"color": color, "alpha": alpha} | look
        self.xy = self.empty

    def set(self, x, y) -> None:
        """Place the mark at the points (x, y): two arrays of one length, or two numbers."""
        x, y = np.broadcast_arrays(np.atleast_1d(np.asarray(x, float)), np.asarray(y, float))
        self.xy = np.column_stack([x.ravel(), y.ravel()])

    def hide(self) -> None:
        """Show nothing until the mark is set again."""
        self.xy = self.empty

    def pixels(self, height) -> np.ndarray:
        """Transform the points to pixels from the top left; what is not finite becomes NaN."""
        if not len(self.xy):
            return self.empty
        with np.errstate(all="ignore"):
            out = self.ax.transData.transform(self.xy)
            out[:, 1] = height - out[:, 1]
            out[~np.isfinite(out).all(axis=1)] = np.nan
        return np.clip(out, -1e5, 1e5)

    def spec(self, height) -> dict:
        """Describe the mark for the browser, its axes' rectangle in pixels included."""
        box = self.ax.get_window_extent()
        clip = [float(v) for v in (box.x0, height - box.y1, box.width, box.height)]
        return {"kind": self.kind, "clip": clip} | self.look

    def artist(self):
        """Draw the mark once with matplotlib and return what was drawn (for the still picture)."""
        raise NotImplementedError(f"{type(self).__name__} needs its own artist method")

    def legend_handle(self):
        """Return what stands for the mark in a legend."""
        color, alpha = self.look["color"], self.look["alpha"]
        return Patch(color=color, alpha=alpha, label=self.label)


class Line(Mark):
    """A polyline; NaN lifts the pen. `fill` closes and fills each piece."""

    kind = "line"

    def __init__(
        self, ax, color="#000000", label=None, width=2.0, dash="solid", fill=False, **look
    ):
        super().__init__(ax, color, label, width=width, dash=DASHES[dash], fill=fill, **look)

    def _style(self):
        dash = self.look["dash"]
        return {
            "color": self.look["color"],
            "alpha": self.look["alpha"],
            "linewidth": self.look["width"] * 0.72,
            "linestyle": (0, dash) if dash else "solid",
        }

    def _path(self):
        """Join all points between two NaNs into one piece of a path, as the canvas does."""
        lifted = np.asarray(~np.isfinite(self.xy).all(axis=1))
        codes = np.where(np.r_[True, lifted[:-1]], Path.MOVETO, Path.LINETO)
        return Path(self.xy[~lifted], codes[~lifted])

    def artist(self):
        """Draw with `Axes.plot`, or as one patch if filled."""
        if self.look["fill"] and len(self.xy):
            style = {"color": self.look["color"], "alpha": self.look["alpha"], "linewidth": 0}
            return [self.ax.add_patch(PathPatch(self._path(), **style))]
        return self.ax.plot(*self.xy.T, **self._style())

    def legend_handle(self):
        """Return a piece of the line."""
        if self.look["fill"]:
            return super().legend_handle()
        return Line2D([], [], label=self.label, **self._style())


class Points(Mark):
    """Separate markers, `size` pixels across; `hollow` ones are filled white."""

    kind = "points"

    def __init__(
        self, ax, color="#000000", label=None, size=9, marker="circle", hollow=False, **look
    ):
        if marker not in MARKERS:
            raise ValueError(f"marker must be one of {sorted(MARKERS)}, not {marker!r}")
        super().__init__(ax, color, label, size=size, marker=marker, hollow=hollow, **look)

    def _style(self):
        color = self.look["color"]
        return {
            "color": color,
            "alpha": self.look["alpha"],
            "marker": MARKERS[self.look["marker"]],
            "markersize": self.look["size"] * 0.72,
            "markerfacecolor": "white" if self.look["hollow"] else color,
            "linestyle": "none",
        }

    def artist(self):
        """Draw with `Axes.plot`."""
        return self.ax.plot(*self.xy.T, **self._style())

    def legend_handle(self):
        """Return one marker."""
        return Line2D([], [], label=self.label, **self._style())


class Arrows(Mark):
    """Arrows from tails to tips."""

    kind = "arrows"

    def __init__(self, ax, color="#000000", label=None, width=2.5, dash="solid", **look):
        super().__init__(ax, color, label, width=width, dash=DASHES[dash], **look)

    def set(self, tails, tips) -> None:
        """Place the arrows: `tails` and `tips` are (m, 2) or (2,)."""
        pairs = np.concatenate([np.atleast_2d(tails), np.atleast_2d(tips)], axis=1)
        self.xy = np.asarray(pairs, float).reshape(-1, 2)

    def artist(self):
        """Draw with `Axes.annotate`."""
        dash = self.look["dash"]
        props = {
            "color": self.look["color"],
            "linewidth": self.look["width"] * 0.72,
            "linestyle": (0, dash) if dash else "solid",
            "arrowstyle": "-|>",
            "shrinkA": 0,
            "shrinkB": 0,
        }
        pairs = self.xy.reshape(-1, 2, 2)
        return [
            self.ax.annotate("", xy=tip, xytext=tail, arrowprops=props, annotation_clip=False)
            for tail, tip in pairs
            if np.isfinite([tail, tip]).all()
        ]

    def legend_handle(self):
        """Return a short line with a triangle at its end."""
        color = self.look["color"]
        return Line2D(
            [], [], color=color, marker=">", markevery=[1], label=self.label, linewidth=1.8
        )


class Bars(Mark):
    """Upright bars of a given width (data units) standing on `base`."""

    kind = "bars"

    def set(self, x, heights, width=0.8, base=0.0) -> None:
        """Place the bars: centres `x` (m,), tops `heights` (m,)."""
        x, heights = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(heights, float))
        low = np.column_stack([x - width / 2, np.full(x.shape, base)])
        high = np.column_stack([x + width / 2, heights])
        self.xy = np.concatenate([low, high], axis=1).reshape(-1, 2)

    def artist(self):
        """Draw with `Axes.bar`."""
        corners = self.xy.reshape(-1, 4)
        look = {"color": self.look["color"], "alpha": self.look["alpha"], "align": "edge"}
        x0, y0, x1, y1 = corners.T
        return [self.ax.bar(x0, y1 - y0, width=x1 - x0, bottom=y0, **look)]


class Text(Mark):
    """Short words beside points."""

    kind = "text"

    def __init__(self, ax, color="#000000", size=12, align="left", offset=(0, 0), **look):
        super().__init__(ax, color, None, size=size, align=align, offset=list(offset), **look)
        self.words: list[str] = []

    def set(self, x, y, words) -> None:
        """Place `words` (a string or a list of them) at (x, y)."""
        words = [words] if isinstance(words, str) else list(words)
        points = np.broadcast(x, y).size
        if len(words) != points:
            raise ValueError(f"{len(words)} words for {points} points: each point needs its own")
        super().set(x, y)
        self.words = words

    def artist(self):
        """Draw with `Axes.annotate`."""
        dx, dy = self.look["offset"]
        look = {"color": self.look["color"], "fontsize": self.look["size"] * 0.72}
        return [
            self.ax.annotate(
                word, xy, xytext=(dx * 0.72, -dy * 0.72), textcoords="offset points",
                ha=self.look["align"], va="center", **look,
            )
            for xy, word in zip(self.xy, self.words, strict=False)
        ]  # fmt: skip


class Image(Mark):
    """A small picture of classes (row 0 at the bottom) that fills a rectangle of its axes."""

    kind = "image"

    def __init__(self, ax, palette, label=None, **look):
        super().__init__(ax, palette[0], label, palette=list(palette), **look)
        self.classes = np.zeros((0, 0), np.uint8)

    def set(self, classes, extent) -> None:
        """Show `classes` on the rectangle (x0, x1, y0, y1).

        `classes` is (rows, columns): whole numbers below the palette's size.
        """
        classes = np.asarray(classes, np.uint8)
        if classes.size and classes.max() >= len(self.look["palette"]):
            raise ValueError(
                f"class {classes.max()} has no colour: the palette has {len(self.look['palette'])}"
            )
        self.classes, (x0, x1, y0, y1) = classes, extent
        self.xy = np.array([(x0, y0), (x1, y1)], float)

    def artist(self):
        """Draw with `Axes.imshow`."""
        from matplotlib.colors import ListedColormap

        (x0, y0), (x1, y1) = self.xy
        palette = self.look["palette"]
        return [
            self.ax.imshow(
                self.classes, cmap=ListedColormap(palette), vmin=0, vmax=len(palette) - 1,
                extent=(x0, x1, y0, y1), origin="lower", aspect=self.ax.get_aspect(),
                interpolation="nearest", alpha=self.look["alpha"],
            )
        ]  # fmt: skip
