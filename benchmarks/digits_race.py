"""Record the race of lesson 12 over several seeds: ``make race``.

Hessian-free, Adam, SGD with momentum and L-BFGS get the same number of seconds from the same first
weights, in turns, so that whatever else the machine does slows all of them alike. Every snapshot
has the updates, gradient-equivalents and seconds so far. Writes the recording that lesson 12 shows
beside its live race, and the lesson's statements are computed from it. Takes (number of seeds) ×
4 × (seconds) and a tenth more: seven and a half minutes as it stands, best on a quiet machine.

``BENCH_ARGS="--seeds 2 --seconds 5 --to /tmp/race.json"`` tries it out.
"""

from __future__ import annotations

import argparse
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from time import perf_counter, process_time

import numpy as np
import sklearn
import torch

from sgo_teach.data import digits
from sgo_teach.nets.digits_race import entrants
from sgo_teach.nets.race import ImageTensors, Snapshot, race
from sgo_teach.nets.recording import Recording

TARGET = Path(__file__).parents[1] / "sgo_teach/lessons/hessian_free_cnn/recorded_race.json"


def main() -> None:
    """Run the races, write the recording, print a line for each optimiser."""
    options = _options()
    torch.set_num_threads(options.threads)
    data = ImageTensors.of(digits())
    wall, busy = perf_counter(), process_time()
    races = tuple(_race(data, seed, options) for seed in range(options.seeds))
    share = (process_time() - busy) / (perf_counter() - wall)
    recording = Recording(
        date=datetime.now(UTC).date().isoformat(),
        # Other programs may have had the rest: a second of a race is then less than it seems.
        machine=f"{os.cpu_count()} CPU cores, of which this run had {share:.2f}",
        versions={
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        seconds=options.seconds,
        seeds=tuple(range(options.seeds)),
        races=races,
    )
    options.to.parent.mkdir(parents=True, exist_ok=True)
    recording.save(options.to)
    for name in recording.names:
        print(_summary(name, [history[-1] for history in recording.histories(name)]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Record the race of lesson 12 over several seeds.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each optimiser")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=float, default=0.5, help="seconds between snapshots")
    parser.add_argument("--to", type=Path, default=TARGET)
    return parser.parse_args()


def _race(data: ImageTensors, seed: int, options: argparse.Namespace) -> tuple[Snapshot, ...]:
    return tuple(race(entrants(data, seed), options.seconds, options.every))


def _summary(name: str, last: list[Snapshot]) -> str:
    accuracies = [100 * s.test_accuracy for s in last]
    return (
        f"{name:15} test accuracy {mean(accuracies):.2f} % "
        f"({min(accuracies):.2f} to {max(accuracies):.2f}), "
        f"training loss {mean(s.loss for s in last):.2g}, "
        f"{mean(s.updates for s in last):.0f} updates, "
        f"{mean(s.gradient_equivalents for s in last):.0f} gradient-equivalents"
    )


if __name__ == "__main__":
    main()
