"""Tests that look at what a lesson's cells compute share one run of them."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items):
    """They go to one worker, so that the cells run once for all of them."""
    for item in items:
        if item.path.parent == HERE and "lesson" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(f"cells of {item.path.stem}"))
