"""Prove the Binder recipe without Docker.

    python tools/binder_check.py [notebooks/00_start_here.ipynb]

repo2docker must understand the folder.  Then the recipe is followed by hand on a clean copy of the
repository: a fresh virtual environment, binder/requirements.txt, binder/postBuild, JupyterLab, and
the notebook run to its end in Chromium.  The exit code is 0 when all of it held.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from chromium import find_chromium
from lab import jupyterlab, run_notebook

FIRST_LESSON = "notebooks/00_start_here.ipynb"
EXPECTED_IN_DOCKERFILE = (
    "conda environment for python=3.11",
    '-r "binder/requirements.txt"',
    "RUN ./binder/postBuild",
)
ABOUT_TORCH = "import torch; print(torch.__version__, torch.version.cuda)"


class RecipeError(RuntimeError):
    """A step of the recipe did not hold."""


def run(command: list[str], folder: Path, **environment: str) -> str:
    """Run a command in a folder and return what it printed; its failure ends the check."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RecipeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def copy_repository(root: Path, target: Path) -> int:
    """Copy what git tracks, or would track, and return the number of files."""
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], root)
    names = [name for name in listed.split("\0") if name and (root / name).is_file()]
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, target / name)
    return len(names)


def check_repo2docker(folder: Path) -> str:
    """Let repo2docker write its Dockerfile, which needs no Docker engine, and look into it."""
    # The user is named because repo2docker refuses root, also where it builds nothing.
    user = ["--user-id", "1000", "--user-name", "jovyan"]
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", *user, "."]
    dockerfile = run(command, folder)
    missing = [text for text in EXPECTED_IN_DOCKERFILE if text not in dockerfile]
    if missing:
        raise RecipeError(f"repo2docker's Dockerfile lacks {missing}:\n{dockerfile}")
    return "repo2docker understands binder/: " + ", ".join(EXPECTED_IN_DOCKERFILE)


def build(folder: Path, environment: Path) -> str:
    """Make the environment as Binder would, in ``folder``; return the torch it got."""
    run([sys.executable, "-m", "venv", "--clear", str(environment)], folder)
    python = str(environment / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "-r", "binder/requirements.txt"]
    run(install, folder, PIP_RETRIES="0")
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    run(["./binder/postBuild"], folder, PATH=path, VIRTUAL_ENV=str(environment), PIP_RETRIES="0")
    version, cuda = run([python, "-c", ABOUT_TORCH], folder).split()
    if cuda != "None":
        raise RecipeError(f"torch {version} is a CUDA build ({cuda}); Binder needs the CPU build")
    return f"installed; torch {version} is a CPU build"


def run_lesson(folder: Path, environment: Path, notebook: str) -> str:
    """Run a notebook to its end in JupyterLab and Chromium, with the fresh environment."""
    chromium = find_chromium()
    if chromium is None:
        raise RecipeError("no Chromium found: apt install chromium, or set CHROMIUM to its path")
    python, token = environment / "bin" / "python", secrets.token_hex(16)
    with jupyterlab(python, folder, token) as (port, log):
        found = run_notebook(chromium, port, token, notebook)
        prompt = "kernel messages are sent at once" in log.read_text(encoding="utf-8")
    if found.errors or not found.widgets:
        raise RecipeError(f"{notebook}: {found.widgets} widgets, errors: {found.errors}")
    if not prompt:
        raise RecipeError("the server extension sgo_teach.server was not loaded")
    return f"{notebook}: {found.cells} code cells ran, {found.widgets} widgets, no error"


def step(name: str, action: Callable[[], object]) -> None:
    """Run one step and say how long it took."""
    begun = time.monotonic()
    result = action()
    print(f"[{time.monotonic() - begun:5.1f} s] {name}: {result}", flush=True)


def main(notebook: str = FIRST_LESSON) -> int:
    """Follow the recipe in a temporary folder, which is removed in the end."""
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory(prefix="binder_check_") as scratch:
        folder, environment = Path(scratch) / "repository", Path(scratch) / "environment"
        try:
            step("files copied", lambda: copy_repository(root, folder))
            step("repo2docker", lambda: check_repo2docker(folder))
            step("environment", lambda: build(folder, environment))
            step("lesson", lambda: run_lesson(folder, environment, notebook))
        except RecipeError as error:
            print(f"binder-check failed: {error}", file=sys.stderr)
            return 1
    print("binder-check passed")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
