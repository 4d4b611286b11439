"""Exercises checked here leave the learner's own progress alone."""

from __future__ import annotations

import pytest

from sgo_teach.checks.progress_file import VARIABLE


@pytest.fixture(autouse=True)
def _progress_in_a_scratch_file(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "progress.json"))
