"""The stages that the browser tests mount: all marks and controls, and two flipbooks."""

from __future__ import annotations

import numpy as np

from sgo_teach import draw
from sgo_teach.stage import Stage

PURPLE = [123, 50, 148, 255]


def rgb(color):
    """Return red, green and blue of ``#rrggbb``."""
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


class Marks(Stage):
    """Every kind of control and mark, at places that can be told apart."""

    def __init__(self):
        fig, (ax, bx) = draw.figure(columns=2)
        ax.set(xlim=(-4, 4), ylim=(-3, 3))
        bx.set(xlim=(0, 4), ylim=(1e-3, 1e3), yscale="log")
        super().__init__(fig, alt="marks")
        self.ax, self.bx, self.fails = ax, bx, False
        self.order = self.slider("order", "order n", 0, 8, 1, 2)
        self.damping = self.slider("damping", "λ", -3, 1, 0.1, 0.1, log=True)
        self.shape = self.choice("shape", "f", ["sin", "cos"])
        self.shown = self.check("shown", "show")
        self.again = self.button("again", "again")
        self.at = self.handle("at", "point a", ax, (1, 0), step=(0.5, 0.25))
        self.height = self.handle("height", "height", bx, (2, 1), along="y", jump=False)
        self.level = self.line(ax, draw.GRADIENT, width=6)
        self.area = self.line(ax, draw.MODEL, fill=True)
        self.dot = self.points(ax, draw.POINT, size=13)
        self.ring = self.points(ax, draw.POINT, size=13, hollow=True)
        self.arrow = self.arrows(bx, draw.NEWTON, width=5)
        self.tops = self.bars(bx, draw.MODEL, label="tops")
        self.map = self.image(bx, ["#ff0000", "#00ff00"])
        self.label = self.text(ax, draw.BLACK, size=30)
        self.legend(bx, loc="lower left")
        self.start(self.update)

    def update(self):
        """Place every mark."""
        if self.fails:
            raise ArithmeticError("the sum does not converge")
        self.level.set([-9, 9], [-2, -2])
        self.area.set([-3, -2, -2, -3, np.nan, -1, 0, 0, -1], [0, 0, 1, 1, np.nan, 0, 0, 1, 1])
        self.dot.set(3, 2)
        self.ring.set(3, -1)
        self.arrow.set((0.2, 100), (1.8, 100))
        self.tops.set(0.7, 1, base=1e-2)
        self.map.set([[0, 1], [1, 0]], (2, 4, 1e-3, 1))
        self.label.set(-3, 2, "HHHH" if self.shown.value else "")
        self.say(f"order {self.order.value}, λ = {self.damping.value:.3g}, f = {self.shape.value}")


class Pages(Stage):
    """A flipbook with two controls."""

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        ax.set(xlim=(-4, 4), ylim=(-2, 10))
        super().__init__(fig, alt="pages")
        self.order = self.slider("order", "order n", 0, 8, 1, 2)
        self.shape = self.choice("shape", "f", ["plain", "fancy"])
        self.dot = self.points(ax, draw.POINT, size=15)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Show the order as a height."""
        self.dot.set(0, self.order.value)
        self.say(f"order {self.order.value}, {self.shape.value}")


class OddPages(Stage):
    """A flipbook of controls whose positions are not their values."""

    def __init__(self):
        fig, (ax,) = draw.figure(draw.WIDE)
        super().__init__(fig, alt="odd pages")
        self.damping = self.slider("damping", "λ", -2, 1, 0.3, 0.01, log=True)
        self.shift = self.slider("shift", "a", -0.7, 0.5, 0.1, -0.7)
        self.shown = self.check("shown", "show")
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Say where the controls are."""
        self.say(f"{self.damping.value:.4g}, {self.shift.value:.4g}, {self.shown.value}")
