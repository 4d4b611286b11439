"""Whole training side by side: Hessian-free, Adam, SGD with and without momentum, L-BFGS.

    python -m benchmarks.training [mlp] [cnn] [autoencoder] [--seconds 40] [--seeds 3] [--quick]

All optimisers of a problem start from the same weights and train in one process on one thread,
always the one that has had fewest seconds, so that whatever else the machine does slows all of
them alike. Writes ``build/training.json`` and ``build/training.png`` and prints the tables:
training loss at equal seconds and at equal gradient-equivalents, medians and ranges over seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from benchmarks.training_problems import PROBLEMS, Problem
from benchmarks.training_report import Trained, table, write_picture
from sgo_teach.nets.race import race

BUILD = Path(__file__).resolve().parents[1] / "build"
SNAPSHOTS = 25  # of each entrant in a race
QUICK_SECONDS = {"mlp": 3.0, "cnn": 5.0, "autoencoder": 12.0}


def run(problem: Problem, seconds: float, seeds: int) -> Trained:
    """Race all optimisers on a problem once for each seed."""
    races = []
    for seed in range(seeds):
        print(f"{problem.name}: seed {seed}", file=sys.stderr)
        races.append(list(race(problem.entrants(seed), seconds, every=seconds / SNAPSHOTS)))
    return Trained(problem, races)


def main() -> None:
    """Train, print the tables, and write the numbers and the picture."""
    options = _options()
    torch.set_num_threads(1)
    before = os.getloadavg()[0]
    trained = []
    for key in options.problems or PROBLEMS:
        seconds = QUICK_SECONDS[key] if options.quick else options.seconds
        trained.append(run(PROBLEMS[key](), seconds, 1 if options.quick else options.seeds))
    BUILD.mkdir(exist_ok=True)
    (BUILD / "training.json").write_text(_json(trained), encoding="utf-8")
    write_picture(trained, BUILD / "training.png")
    print("\n\n".join(table(t) for t in trained))
    print(f"\n- load of the machine before and after: {before:.1f}, {os.getloadavg()[0]:.1f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("problems", nargs="*", metavar="problem", help=", ".join(PROBLEMS))
    parser.add_argument("--seconds", type=float, default=40.0, help="for each optimiser and seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one seed, two minutes in all")
    options = parser.parse_args()
    if unknown := set(options.problems) - set(PROBLEMS):
        parser.error(f"unknown problem {', '.join(unknown)}; there are {', '.join(PROBLEMS)}")
    return options


def _json(trained: list[Trained]) -> str:
    rows = {t.problem.name: [[asdict(s) for s in race] for race in t.races] for t in trained}
    return json.dumps(rows, indent=1)


if __name__ == "__main__":
    main()
