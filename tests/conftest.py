"""Tests leave the learner's own progress alone."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _progress_in_a_scratch_file(monkeypatch, tmp_path):
    monkeypatch.setenv("SGO_TEACH_PROGRESS", str(tmp_path / "progress.json"))
