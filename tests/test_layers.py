"""Imports flow one way, and the contracts that say so can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def contracts(folder):
    """Run the import contracts on the package in a folder."""
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "sgo_teach", tmp_path / "sgo_teach")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "wrong_import", "contract"),
    [
        ("solvers/__init__", "torch", "Only nets and the torch lessons import torch"),
        ("draw", "torch", "Only nets and the torch lessons import torch"),
        ("checks/__init__", "sgo_teach.nets", "Pictures, checks and the NumPy lessons"),
        ("solvers/__init__", "matplotlib.figure", "Mathematics never imports pictures"),
        ("nets/__init__", "sgo_teach.checks", "Mathematics never imports pictures"),
        ("solvers/__init__", "sgo_teach.nets", "Imports flow one way"),
        ("stage/__init__", "sgo_teach.checks", "Imports flow one way"),
        (
            "lessons/taylor_expansion/explore",
            "sgo_teach.lessons.taylor_expansion.exercises",
            "Explorables never import exercises",
        ),
        (
            "lessons/taylor_expansion/exercises",
            "sgo_teach.lessons.taylor_expansion.explore",
            "Exercises never import explorables",
        ),
        ("server", "sgo_teach.problems", "The server extension imports none of the course"),
    ],
)
def test_an_import_against_the_stream_breaks_its_contract(copy, module, wrong_import, contract):
    path = copy / "sgo_teach" / f"{module}.py"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nimport {wrong_import}\n", "utf-8")
    done = contracts(copy)
    assert done.returncode != 0
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken)


def loaded_by(statement):
    """Return the modules that a fresh interpreter has loaded after a statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_package_imports_nothing():
    assert {m for m in loaded_by("import sgo_teach") if m.startswith("sgo_teach")} == {"sgo_teach"}
