"""Explorable of lesson 12: the held-out images that a network finds hardest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sgo_teach import draw
from sgo_teach.lessons.hessian_free_cnn.images import Images
from sgo_teach.nets.race import Entrant, predict_logits
from sgo_teach.stage import Stage

SHOWN = 20
GREYS = 16
INK = tuple(f"#{255 - 14 * i:02x}{255 - 14 * i:02x}{255 - 13 * i:02x}" for i in range(GREYS + 1))


@dataclass(frozen=True, eq=False)
class HardDigits:
    """The held-out images with the smallest probability for their own label, hardest first.

    index : (m,) numbers of the images; probabilities : (m, 10); labels : (m,); wrong : how many
    of all held-out images are misread.
    """

    index: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray
    wrong: int


def hardest(logits: np.ndarray, labels: np.ndarray, count: int = SHOWN) -> HardDigits:
    """Pick `count` images by the probability of their label; logits (N, 10), labels (N,)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = shifted / shifted.sum(axis=1, keepdims=True)
    order = np.argsort(p[np.arange(len(labels)), labels], kind="stable")[:count]
    wrong = int((p.argmax(axis=1) != labels).sum())
    return HardDigits(order, p[order], labels[order], wrong)


class Mistakes(Stage):
    """Leaf through the hardest images of each network, the misread ones first; all pages ready.

    Parameters
    ----------
    entrants : their networks read the held-out images
    images : what they read
    """

    def __init__(self, entrants: Sequence[Entrant], images: Images):
        data = self.data = images.data
        self.classes, labels = images.classes, data.test_labels.numpy()
        self.shown = min(SHOWN, len(labels))
        self.books = {
            e.name: hardest(predict_logits(e.network, data.test_images).numpy(), labels)
            for e in entrants
        }
        fig, (left, right) = draw.figure(draw.WIDE, columns=2, width_ratios=(1, 1.6))
        super().__init__(fig, alt="A held-out image and the probabilities that a network gives it")
        left.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[], yticks=[])
        left.spines[:].set_visible(False)
        right.set(xlim=(-0.6, 9.6), ylim=(0, 1.05))
        right.set_xticks(range(len(self.classes)), [name[:5] for name in self.classes])
        right.set_title("probability", fontsize=10)
        right.grid(False, axis="x")
        self.name = self.choice("name", "network trained by", self.books)
        self.which = self.slider("which", "hardest, number", 1, self.shown, 1, 1)
        self.picture = self.image(left, INK)
        self.bars_ = self.bars(right, draw.GREY)
        self.right_ = self.bars(right, draw.MODEL, "label")
        self.wrong_ = self.bars(right, draw.NEWTON, "wrong answer")
        self.legend(right, loc="upper right", fontsize=8)
        self.start(self.update)
        self.flipbook()

    def update(self):
        """Read the controls, show the digit and what the network makes of it."""
        book, k = self.books[self.name.value], self.which.value - 1
        p, label = book.probabilities[k], int(book.labels[k])
        guess = int(p.argmax())
        grey = self.data.test_images[book.index[k]].mean(0).numpy()
        ink = np.rint(GREYS * grey[::-1])  # row 0 of an image mark is its lowest
        self.picture.set(ink, (0, 1, 0, 1))
        self.bars_.set(np.arange(10), p)
        self.right_.set(label, p[label])
        self.wrong_.hide()
        if guess != label:
            self.wrong_.set(guess, p[guess])
        verdict = "right" if guess == label else "wrong"
        own, answer = self.classes[label], self.classes[guess]
        self.say(
            f"{self.name.value}, {book.wrong} of {len(self.data.test_labels)} misread. Number "
            f"{k + 1} of the hardest: {own}, read as {answer} with probability {p[guess]:.3f}, "
            f"{verdict}."
        )
