"""The three lists of versions agree: ranges, exact pins and what Binder installs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CPU_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"


def lines(name):
    text = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in text if line.strip() and not line.startswith("#")]


def pins(name):
    """Return package -> requirement of a requirements file, its options left out."""
    wanted = [Requirement(line) for line in lines(name) if not line.startswith("-")]
    return {canonicalize_name(r.name): r for r in wanted}


def ranges(entries):
    wanted = [Requirement(entry) for entry in entries]
    return {canonicalize_name(r.name): r for r in wanted}


RUNTIME = ranges(PROJECT["dependencies"])
DEVELOPMENT = ranges(PROJECT["optional-dependencies"]["dev"])


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "binder/requirements.txt"]
)
def test_every_pin_is_one_exact_version(name):
    for requirement in pins(name).values():
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", requirement
        assert "*" not in specifier.version, requirement


@pytest.mark.parametrize(
    ("declared", "name"), [(RUNTIME, "requirements.txt"), (DEVELOPMENT, "requirements-dev.txt")]
)
def test_what_is_declared_is_pinned_within_its_range_and_nothing_else(declared, name):
    pinned = pins(name)
    assert pinned.keys() == declared.keys()
    for package, requirement in pinned.items():
        (specifier,) = requirement.specifier
        assert declared[package].specifier.contains(specifier.version), package


def test_binder_has_the_same_pins():
    assert pins("binder/requirements.txt") == pins("requirements.txt")


@pytest.mark.parametrize("name", ["requirements.txt", "binder/requirements.txt"])
def test_torch_comes_from_the_cpu_index_where_it_can_be_reached(name):
    assert CPU_INDEX in lines(name)


def test_the_package_itself_comes_along():
    assert "-e ." in lines("requirements.txt")
    assert "-r requirements.txt" in lines("requirements-dev.txt")
    assert "--editable ." in (ROOT / "binder/postBuild").read_text(encoding="utf-8")


def test_binder_runs_a_python_that_the_package_accepts():
    version = (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)


def test_the_citation_names_the_version_of_the_package():
    import sgo_teach

    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {sgo_teach.__version__}\n" in citation
