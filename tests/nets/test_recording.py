"""A race outlives its process."""

from __future__ import annotations

from math import isnan, nan

import pytest

from sgo_teach.nets.race import Snapshot
from sgo_teach.nets.recording import Recording


def recording():
    races = tuple(
        (
            Snapshot("first", 0.5, 3, 2.3, 0.1, damping=0.25, cg_steps=7, ratio=0.5),
            Snapshot("second", 0.25, 90, 1.5, 0.4 + seed),
            Snapshot("first", 1.0, 6, 0.3, 0.9, damping=0.125, cg_steps=9, ratio=nan),
        )
        for seed in range(2)
    )
    return Recording("2020-01-31", "2 CPU cores", {"python": "3.11"}, 1.0, (0, 1), races)


def test_what_is_saved_is_loaded(tmp_path):
    before, path = recording(), tmp_path / "race.json"
    before.save(path)
    after = Recording.load(path)
    assert repr(after) == repr(before)  # NaN is never equal to itself
    assert "NaN" not in path.read_text()


def test_entrants_and_their_histories():
    race = recording()
    assert race.names == ("first", "second")
    assert [[s.seconds for s in h] for h in race.histories("first")] == [[0.5, 1.0]] * 2
    assert [h[0].test_accuracy for h in race.histories("second")] == pytest.approx([0.4, 1.4])
    assert isnan(race.histories("second")[0][0].damping)
