"""What a step costs as the number of parameters n grows: matrices beside products.

    python -m benchmarks.cost [--seconds 8] [--repeats 9] [--examples 256]

Perceptrons 64-h-10 of growing h on handwritten digits, cross-entropy, float32, one thread:

- *gradient*: forward and backward, the unit of all that follows;
- *H·v* and *G·v*: one Hessian-vector and one Gauss-Newton product at a point already linearised;
- *Hessian-free step*: one step of `HessianFree` from the first weights, with all its products;
- *full H*: the Hessian itself, 64 rows at a time by double backward;
- *solve*: (H + I)Δ = −g by LU for a matrix that stands already;
- *Newton step*: full H and solve together.

Time is the process's own, so that what else the machine does counts little; every size is measured
in turns, and medians are reported. A method drops out before its matrix would pass 1 GB or its
next run the seconds given. The last row fits time ~ n^slope over each method's largest sizes; it
nears the exponent in brackets as the overhead of calls fades. Writes ``build/cost.json`` and
``build/cost.png`` and prints the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.autograd import grad
from torch.nn import functional as F

from sgo_teach.data import digits
from sgo_teach.nets.curvature import GaussNewtonProduct, HessianProduct
from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.networks import parameter_count, perceptron
from sgo_teach.nets.parameters import ParameterVector

BUILD = Path(__file__).resolve().parent.parent / "build"
HIDDEN = tuple(2**k for k in range(14))
LARGEST_MATRIX = 1e9  # bytes
ROWS = 64  # of the Hessian at once
COLORS = ("#444444", "#e69f00", "#009e73", "#0072b2", "#cc79a7", "#56b4e9", "#d55e00")
FITTED = 3  # sizes that a slope is fitted to: smaller ones measure the overhead of calls


@dataclass(frozen=True)
class Case:
    """A network at its first weights, with the digits that it is shown."""

    network: nn.Module
    images: Tensor
    labels: Tensor

    @property
    def vector(self) -> ParameterVector:
        """Its parameters as one vector."""
        return ParameterVector(self.network.parameters())

    def forward(self) -> tuple[Tensor, Tensor]:
        """Return loss and logits, with their graph."""
        logits = self.network(self.images)
        return F.cross_entropy(logits, self.labels), logits


Task = Callable[[], object]


@dataclass
class Method:
    """Something that takes time: the exponent of n it should show, and what it took.

    Attributes
    ----------
    prepare : Case -> Task
        What comes before the clock starts; the task is what is timed.
    seconds : n -> list of float
    """

    name: str
    exponent: int
    prepare: Callable[[Case], Task]
    has_matrix: bool = False
    seconds: dict[int, list[float]] = field(default_factory=dict)

    def fits(self, n: int, limit: float) -> bool:
        """Whether size n keeps within the memory and, by what is known, `limit` seconds."""
        if self.has_matrix and 4 * n**2 > LARGEST_MATRIX:
            return False
        if not self.seconds:
            return True
        last = max(self.seconds)
        return median(self.seconds[last]) * (n / last) ** self.exponent <= limit

    def median_ms(self, n: int) -> float:
        """Median at size n in milliseconds, NaN where it was not measured."""
        return 1e3 * median(self.seconds[n]) if n in self.seconds else float("nan")

    @property
    def slope(self) -> float:
        """Exponent of n fitted to the largest sizes."""
        sizes = sorted(self.seconds)[-FITTED:]
        times = [self.median_ms(n) for n in sizes]
        return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


# -- what is timed --------------------------------------------------------------------------------


def gradient(case: Case) -> Task:
    """Forward and backward."""
    return lambda: grad(case.forward()[0], case.vector.tensors)


def hessian_product(case: Case) -> Task:
    """H·v."""
    product, v = HessianProduct(case.forward()[0], case.vector.tensors), _ones(case)
    return lambda: product(v)


def gauss_newton_product(case: Case) -> Task:
    """G·v."""
    product = GaussNewtonProduct(*case.forward(), case.vector.tensors, "cross_entropy")
    v = _ones(case)
    return lambda: product(v)


def hessian_free_step(case: Case) -> Task:
    """One step of the optimiser from the same weights each time."""
    # A network of its own: a step moves the weights, and the products are linearised at them.
    case = replace(case, network=deepcopy(case.network))
    theta = case.vector.read()

    def step() -> None:
        case.vector.write(theta)
        optimizer = HessianFree(case.network.parameters(), output_loss="cross_entropy")
        optimizer.step(case.forward)

    return step


def full_hessian(case: Case) -> Task:
    """H, row by row."""
    return lambda: dense_hessian(case)


def solve(case: Case) -> Task:
    """The linear system alone; LU takes as long for any matrix."""
    n = len(case.vector)
    system, g = torch.eye(n) + torch.rand(n, n) / n, _ones(case)
    return lambda: torch.linalg.solve(system, -g)


def newton_step(case: Case) -> Task:
    """All of a Newton step, damped so that it exists."""

    def step() -> Tensor:
        H, g = dense_hessian(case)
        H.diagonal().add_(1.0)
        return torch.linalg.solve(H, -g)

    return step


def dense_hessian(case: Case) -> tuple[Tensor, Tensor]:
    """Return H (n, n) and g (n,)."""
    vector = case.vector
    g = vector.flatten(grad(case.forward()[0], vector.tensors, create_graph=True))
    n = len(vector)
    H = torch.empty(n, n)
    for first in range(0, n, ROWS):
        rows = H[first : first + ROWS]
        directions = torch.zeros_like(rows)
        directions.diagonal(first).fill_(1.0)
        parts = grad(g, vector.tensors, directions, retain_graph=True, is_grads_batched=True)
        torch.cat([part.flatten(1) for part in parts], dim=1, out=rows)
    return H, g.detach()


def _ones(case: Case) -> Tensor:
    return torch.ones(len(case.vector))


# -- measuring ------------------------------------------------------------------------------------


def all_methods() -> list[Method]:
    """Everything that is compared, the cheapest first."""
    return [
        Method("gradient", 1, gradient),
        Method("H·v", 1, hessian_product),
        Method("G·v", 1, gauss_newton_product),
        Method("Hessian-free step", 1, hessian_free_step),
        Method("full H", 2, full_hessian, has_matrix=True),
        Method("solve", 3, solve, has_matrix=True),
        Method("Newton step", 3, newton_step, has_matrix=True),
    ]


def run(options: argparse.Namespace) -> list[Method]:
    """Measure every method at every size that it can take."""
    torch.set_num_threads(1)
    data = digits()
    images = torch.from_numpy(data.train_images[: options.examples])
    labels = torch.from_numpy(data.train_labels[: options.examples])
    methods = all_methods()
    warm_up(methods, Case(perceptron((64, 1, 10), torch.Generator()), images, labels))
    for hidden in HIDDEN:
        network = perceptron((64, hidden, 10), torch.Generator().manual_seed(0))
        n = parameter_count(network)
        alive = [method for method in methods if method.fits(n, options.seconds)]
        print(f"n = {n}: {', '.join(method.name for method in alive)}", file=sys.stderr)
        measure(Case(network, images, labels), n, alive, options)
    return methods


def warm_up(methods: list[Method], case: Case) -> None:
    """Call everything once: torch loads parts of itself at the first call."""
    for method in methods:
        method.prepare(case)()


def measure(case: Case, n: int, methods: list[Method], options: argparse.Namespace) -> None:
    """Time the methods in turns; slow ones less often, so that none takes much over its limit."""
    spent = dict.fromkeys((method.name for method in methods), 0.0)
    tasks = {method.name: method.prepare(case) for method in methods}
    for turn in range(options.repeats + 1):
        for method in methods:
            if spent[method.name] >= options.seconds / 8:
                continue
            start = process_time()
            tasks[method.name]()
            seconds = process_time() - start
            spent[method.name] += seconds
            if turn == 0 and seconds < options.seconds / 40:
                continue  # it filled the caches, which matters where calls are short
            method.seconds.setdefault(n, []).append(seconds)


# -- reporting ------------------------------------------------------------------------------------


def table(methods: list[Method]) -> str:
    """Return the table as Markdown: medians in ms, products in gradients, fitted slopes."""
    gradients, *others = methods
    products = [method for method in others if method.name.endswith("·v")]
    head = ["n", "H, MB", *(f"{method.name}, ms" for method in methods)]
    head += [f"{product.name}, gradients" for product in products]
    lines = ["| " + " | ".join(head) + " |", "|---:" * len(head) + "|"]
    for n in gradients.seconds:
        cells = [f"{n:,}", f"{4 * n**2 / 1e6:,.3g}"]
        cells += [_cell(method.median_ms(n)) for method in methods]
        cells += [f"{product.median_ms(n) / gradients.median_ms(n):.2f}" for product in products]
        lines.append("| " + " | ".join(cells) + " |")
    slopes = [f"**{method.slope:.2f}** (→ {method.exponent})" for method in methods]
    lines.append("| " + " | ".join(["slope", "2", *slopes, *("" for _ in products)]) + " |")
    return "\n".join(lines)


def _cell(ms: float) -> str:
    if np.isnan(ms):
        return "–"
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def write_picture(methods: list[Method], path: Path) -> None:
    """Draw time against n, both logarithmic: a power of n is a straight line."""
    fig = Figure(figsize=(9.5, 5), layout="constrained")
    ax = fig.subplots()
    dashes = ("-", "--", "-.", "-", "-", ":", "--")
    for method, color, marker, dash in zip(methods, COLORS, "osD^vPX", dashes, strict=True):
        sizes = sorted(method.seconds)
        times = [method.median_ms(n) for n in sizes]
        label = f"{method.name}: slope {method.slope:.2f}"
        ax.loglog(sizes, times, dash, color=color, marker=marker, markersize=5, label=label)
    ax.set_xlabel("parameters n")
    ax.set_ylabel("milliseconds of one core, median")
    ax.grid(alpha=0.3)
    fig.legend(loc="outside right upper", frameon=False)
    ax.set_title(f"slopes are fitted to each method's largest {FITTED} sizes", fontsize=10)
    fig.savefig(path, dpi=120)


def main() -> None:
    """Measure, print the table, and write the numbers and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=8.0, help="a method's longest run")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--examples", type=int, default=256)
    methods = run(parser.parse_args())
    BUILD.mkdir(exist_ok=True)
    numbers = {method.name: method.seconds for method in methods}
    (BUILD / "cost.json").write_text(json.dumps(numbers, indent=1), encoding="utf-8")
    write_picture(methods, BUILD / "cost.png")
    print(table(methods))


if __name__ == "__main__":
    main()
