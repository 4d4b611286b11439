"""What one Gauss–Newton product costs, in gradients: ours, curvlinops, BackPACK, torch.func.

    python -m benchmarks.products [--repetitions 15] [--threads 1] [--cases NAME ...]

A *gradient* is forward pass, loss and backward pass over the same batch. Every way multiplies the
same vector with the same matrix, and must agree with ours before it is timed. All ways are timed
in turns within one run, so that whatever else the machine does slows all of them alike; the table
holds medians, of processor time on one thread and of wall time on several. A way may linearise
once and keep the graph, as an optimiser does for the products of one step; *set-up* is what that
takes, forward pass included, in gradients as well.

*Memory* is the peak of what torch's CPU allocator holds above the network and its data, over
set-up and one product, from the profiler's record of every allocation; scratch space inside the
kernel libraries is not in it.

The peers are optional: ``pip install --no-deps -r benchmarks/requirements.txt`` brings the versions
measured and leaves torch alone. Writes ``build/products.json`` and ``build/products.png`` and
prints the table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, cast

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.autograd import grad
from torch.func import functional_call, jvp, vjp
from torch.profiler import profile

from sgo_teach.nets.curvature import GaussNewtonProduct, OutputLoss
from sgo_teach.nets.networks import deep_autoencoder, image_network, perceptron
from sgo_teach.nets.parameters import ParameterVector

BUILD = Path(__file__).resolve().parent.parent / "build"
TARGET = 1.2  # gradients
INSTALL = "pip install --no-deps -r benchmarks/requirements.txt"
Product = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """A network, a batch, and a loss with its name."""

    name: str
    network: nn.Module
    x: Tensor
    y: Tensor
    loss: nn.Module
    output_loss: OutputLoss

    @property
    def params(self) -> list[nn.Parameter]:
        """The parameters of the network."""
        return list(self.network.parameters())

    def run(self) -> tuple[Tensor, Tensor]:
        """Loss and outputs, with a graph."""
        z = self.network(self.x)
        return self.loss(z, self.y), z

    def gradient(self) -> tuple[Tensor, ...]:
        """Forward pass, loss, backward pass."""
        return grad(self.run()[0], self.params)


def cases() -> list[Case]:
    """The perceptron, lesson 12's CNN on digits and on colour images, a deep autoencoder."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(256) % 10
    images = torch.rand(1000, 256, generator=generator)

    def classifier(name: str, network: nn.Module, *shape: int) -> Case:
        x = torch.rand(256, *shape, generator=generator)
        return Case(name, network, x, labels, nn.CrossEntropyLoss(), "cross_entropy")

    return [
        classifier("MLP 784-256-64-10", perceptron((784, 256, 64, 10), generator), 784),
        classifier("CNN 1×8×8", image_network((1, 8, 8), "same", generator=generator), 1, 8, 8),
        classifier(
            "CNN 3×32×32", image_network((3, 32, 32), "valid", generator=generator), 3, 32, 32
        ),
        Case(
            "autoencoder 256-…-6-…-256",
            deep_autoencoder((256, 128, 64, 32, 16, 6), generator),
            images,
            images,
            nn.BCEWithLogitsLoss(),
            "binary_cross_entropy",
        ),
    ]


# -- the ways -------------------------------------------------------------------------------------


def ours(case: Case) -> Product:
    """Linearised once, closed form for the loss."""
    return GaussNewtonProduct(*case.run(), case.params, case.output_loss)


def ours_any_loss(case: Case) -> Product:
    """Linearised once, the loss differentiated twice."""
    return GaussNewtonProduct(*case.run(), case.params)


def torch_func(case: Case) -> Product:
    """``jvp``, the loss's Hessian by ``jvp`` of its gradient, and the kept ``vjp``."""
    vector, names = ParameterVector(case.params), [n for n, _ in case.network.named_parameters()]
    theta = tuple(p.detach() for p in case.params)

    def outputs(*tensors: Tensor) -> Tensor:
        return functional_call(case.network, dict(zip(names, tensors, strict=True)), (case.x,))

    z, transposed, *_ = vjp(outputs, *theta)
    slope = torch.func.grad(lambda z: case.loss(z, case.y))

    def product(v: Tensor) -> Tensor:
        Jv = jvp(outputs, theta, vector.split(v))[1]
        return vector.flatten(transposed(jvp(slope, (z,), (Jv,))[1]))

    return product


def backpack(case: Case) -> Product:
    """BackPACK's product over a kept graph."""
    multiply = import_module("backpack.hessianfree.ggnvp").ggn_vector_product_from_plist
    vector, (loss, outputs) = ParameterVector(case.params), case.run()

    def product(v: Tensor) -> Tensor:
        parts = list(vector.split(v))
        return vector.flatten(multiply(loss, outputs, case.params, parts))

    return product


def curvlinops(case: Case) -> Product:
    """The linear operator of curvlinops."""
    operator = import_module("curvlinops").GGNLinearOperator(
        case.network, case.loss, case.params, [(case.x, case.y)], check_deterministic=False
    )
    return lambda v: (operator @ v).detach()


WAYS: dict[str, Callable[[Case], Product]] = {
    "ours": ours,
    "ours, any loss": ours_any_loss,
    "BackPACK": backpack,
    "torch.func": torch_func,
    "curvlinops": curvlinops,
}
COLORS = dict(zip(WAYS, ("#009e73", "#56b4e9", "#e69f00", "#8a8a8a", "#cc79a7"), strict=True))


# -- measuring ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measured:
    """Medians of one way on one case; the gradient itself is a way of its own."""

    case: str
    way: str
    milliseconds: float
    gradients: float
    set_up: float
    mebibytes: float


def measure(case: Case, ways: Iterable[str], repetitions: int) -> list[Measured]:
    """Time all ways in turns, after checking that they agree."""
    v = torch.randn(sum(p.numel() for p in case.params), generator=torch.Generator().manual_seed(1))
    products = {way: WAYS[way](case) for way in ways}
    check_agreement({way: product(v) for way, product in products.items()})
    jobs: dict[tuple[str, str], Callable[[], object]] = {("gradient", "once"): case.gradient}
    jobs |= {(way, "product"): _call(product, v) for way, product in products.items()}
    jobs |= {(way, "set-up"): _call(WAYS[way], case) for way in products}
    seconds = in_turns(jobs, repetitions)
    unit = seconds["gradient", "once"]
    rows = [Measured(case.name, "gradient", 1e3 * unit, 1, 0, peak(case.gradient))]
    for way in products:
        once, before = seconds[way, "product"], seconds[way, "set-up"]
        memory = peak(lambda make=WAYS[way]: make(case)(v))
        rows.append(Measured(case.name, way, 1e3 * once, once / unit, before / unit, memory))
    return rows


def _call(function: Callable, argument: object) -> Callable[[], object]:
    return lambda: function(argument)


def in_turns(jobs: dict, repetitions: int) -> dict:
    """Median seconds of each job, one of each in every round; the first round only warms up."""
    clock = process_time if torch.get_num_threads() == 1 else perf_counter
    seconds: dict = {name: [] for name in jobs}
    for _ in range(repetitions + 1):
        for name, job in jobs.items():
            start = clock()
            job()
            seconds[name].append(clock() - start)
    return {name: median(taken[1:]) for name, taken in seconds.items()}


def peak(job: Callable[[], object]) -> float:
    """Mebibytes held at most by torch's CPU allocator during the job, above what was there."""
    with profile(profile_memory=True) as record:
        job()
    events = cast(Any, record.profiler).kineto_results.events()
    changes = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    return max(accumulate(change for _, change in changes), default=0) / 2**20


def check_agreement(products: dict[str, Tensor]) -> None:
    """Raise RuntimeError if a way gives another Gv than ours."""
    expected = products["ours"]
    for way, Gv in products.items():
        error = float((Gv - expected).norm() / expected.norm())
        if not error < 1e-4:
            raise RuntimeError(f"{way} differs from ours by {error:.1g} of Gv")


def present_ways() -> tuple[list[str], list[str]]:
    """Names of the ways that can run here, and of the peers that are not installed."""
    absent = []
    for way, module in (("BackPACK", "backpack.hessianfree.ggnvp"), ("curvlinops", "curvlinops")):
        try:
            import_module(module)
        except ImportError:
            absent.append(way)
    return [way for way in WAYS if way not in absent], absent


# -- the report -----------------------------------------------------------------------------------


def table(rows: list[Measured]) -> str:
    """The measurements as Markdown, a row for each way on each case."""
    lines = ["| network | way | ms | gradients a product | set-up | peak MiB |", "|---" * 6 + "|"]
    lines += [
        f"| {r.case} | {r.way} | {r.milliseconds:.2f} | {r.gradients:.2f} | {r.set_up:.2f} "
        f"| {r.mebibytes:.1f} |"
        for r in rows
    ]
    return "\n".join(lines)


def verdicts(rows: list[Measured], absent: list[str]) -> list[str]:
    """Hold each case against the target and against the best of the others."""
    lines = [f"- {way}: absent; {INSTALL}" for way in absent]
    for case in dict.fromkeys(r.case for r in rows):
        cost = {r.way: r.gradients for r in rows if r.case == case and r.way != "gradient"}
        mine = cost["ours"]
        best = min((c, way) for way, c in cost.items() if not way.startswith("ours"))
        met = "met" if mine <= TARGET else "missed"
        lines.append(
            f"- {case}: {mine:.2f} gradients (≤ {TARGET}: {met}), {best[0] / mine:.1f} times "
            f"cheaper than {best[1]}, the best of the others"
        )
    return lines


def write_picture(rows: list[Measured], path: Path) -> None:
    """Bars of gradients a product and of peak memory, a group for each case."""
    names = list(dict.fromkeys(r.case for r in rows))
    ways = [way for way in WAYS if any(r.way == way for r in rows)]
    fig = Figure(figsize=(10, 1.4 + 1.1 * len(names)), layout="constrained")
    left, right = fig.subplots(1, 2, sharey=True)
    base = {r.case: r.mebibytes for r in rows if r.way == "gradient"}
    for r in rows:
        if r.way != "gradient":
            y = names.index(r.case) + 0.16 * (ways.index(r.way) - (len(ways) - 1) / 2)
            left.barh(y, r.gradients, 0.14, color=COLORS[r.way])
            right.barh(y, r.mebibytes / base[r.case], 0.14, color=COLORS[r.way])
    left.axvline(TARGET, color="#222222", linewidth=1, linestyle="--")
    left.set_yticks(range(len(names)), names, fontsize=8)
    left.invert_yaxis()
    left.set_xlabel(f"time of a product, in gradients (dashed: {TARGET})")
    right.set_xlabel("peak memory, in those of a gradient")
    handles = [right.barh(0, 0, color=COLORS[way]) for way in ways]
    fig.legend(handles, ways, loc="outside upper center", ncols=len(ways), frameon=False)
    fig.savefig(path, dpi=120)


def main() -> None:
    """Measure, print the table, and write the numbers and the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cases", nargs="*", default=[], help="parts of names, all if left out")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    ways, absent = present_ways()
    rows = []
    for case in cases():
        if not options.cases or any(part in case.name for part in options.cases):
            rows += measure(case, ways, options.repetitions)
    BUILD.mkdir(exist_ok=True)
    numbers = json.dumps([asdict(r) for r in rows], indent=1, ensure_ascii=False)
    (BUILD / "products.json").write_text(numbers, encoding="utf-8")
    write_picture(rows, BUILD / "products.png")
    print("\n".join([table(rows), "", *verdicts(rows, absent)]))


if __name__ == "__main__":
    main()
