"""Explorables and pictures of lesson 12, and the race that was recorded for it."""

from pathlib import Path

from sgo_teach.lessons.hessian_free_cnn.damped_step import DampedStep
from sgo_teach.lessons.hessian_free_cnn.hard_digits import Mistakes
from sgo_teach.lessons.hessian_free_cnn.pictures import (
    confusion,
    confusion_picture,
    digits_picture,
    filters_picture,
)
from sgo_teach.lessons.hessian_free_cnn.race_curves import RaceCurves
from sgo_teach.lessons.hessian_free_cnn.standings import Standings, credits, live, recorded
from sgo_teach.lessons.hessian_free_cnn.training import Training
from sgo_teach.nets.recording import Recording

__all__ = [
    "DampedStep",
    "Mistakes",
    "RaceCurves",
    "Standings",
    "Training",
    "confusion",
    "confusion_picture",
    "credits",
    "digits_picture",
    "filters_picture",
    "live",
    "recorded",
    "recorded_race",
]

RECORDED = Path(__file__).with_name("recorded_race.json")


def recorded_race() -> Recording:
    """The race of several seeds, which ``python benchmarks/digits_race.py`` records anew."""
    return Recording.load(RECORDED)
