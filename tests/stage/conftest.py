"""A small stage with one control and one mark of every kind."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings

from sgo_teach import draw
from sgo_teach.stage import Stage
from sgo_teach.stage.frame import unpack

settings.register_profile("no deadlines: no time is asserted", deadline=None)
settings.load_profile("no deadlines: no time is asserted")
X = np.linspace(-4, 4, 81)


class Waves(Stage):
    """A sine of chosen frequency and a handle that everything else points at."""

    def __init__(self):
        fig, (ax, bx) = draw.figure(columns=2)
        ax.set(xlim=(-4, 4), ylim=(-3, 3))
        bx.set(xlim=(0, 4), ylim=(1e-3, 1e3), yscale="log")
        super().__init__(fig, alt="waves")
        self.axes, self.updates, self.fails = (ax, bx), 0, False
        self.order = self.slider("order", "order n", 0, 8, 1, 2)
        self.damping = self.slider("damping", "λ", -3, 1, 0.1, 0.1, log=True)
        self.shape = self.choice("shape", "f", ["sin", "cos"])
        self.shown = self.check("shown", "show")
        self.again = self.button("again", "again")
        self.at = self.handle("at", "point a", ax, (1, 0), step=(0.5, 0.25))
        self.curve = self.line(ax, draw.NEWTON, label="curve")
        self.filled = self.line(ax, draw.MODEL, fill=True, alpha=0.2)
        self.ring = self.points(ax, draw.POINT, hollow=True, label="ring")
        self.arrow = self.arrows(ax, draw.GRADIENT, label="arrow")
        self.tops = self.bars(bx, draw.MODEL, label="bar")
        self.words_ = self.text(bx, draw.BLACK)
        self.map = self.image(bx, draw.PALE, alpha=0.4)
        self.legend(ax)
        self.start(self.update)

    def update(self):
        """Place every mark by the present controls."""
        self.updates += 1
        if self.fails:
            raise ArithmeticError("the sum does not converge")
        wave = {"sin": np.sin, "cos": np.cos}[self.shape.value]
        self.curve.set(X, wave(self.order.value * X))
        self.filled.set([0, 1, 1, np.nan, 2, 3, 3], [0, 0, 1, np.nan, 0, 0, 1])
        self.ring.set([0, 1], [1, 2])
        self.arrow.set(self.at.value, (0, 0))
        self.tops.set([1, 2], [self.damping.value, 10.0], base=1e-3)
        self.words_.set(1, 8, f"λ = {self.damping.value:.3g}")
        self.map.set(np.arange(4).reshape(2, 2), (2.5, 3.5, 1, 100))
        self.say(f"order {self.order.value}")


@pytest.fixture
def stage():
    """A started stage that is closed after the test."""
    made = Waves()
    yield made
    made.close()


@pytest.fixture
def frames(stage):
    """The headers and pixels of all frames that the stage sends from now on."""
    sent = []
    stage.observe(lambda change: sent.append(unpack(change["new"])), "frame")
    return sent


@pytest.fixture
def hand(stage):
    """What the browser does: report changed values under a sequence number."""
    count = iter(range(1, 10_000))

    def report(**values):
        seq = next(count)
        stage._receive(stage, {"seq": seq, "set": values}, [])
        return seq

    return report
