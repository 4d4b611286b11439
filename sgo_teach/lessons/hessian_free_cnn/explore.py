"""Explorables and pictures of lesson 12, and the race that was recorded for it."""

from pathlib import Path

from sgo_teach.lessons.hessian_free_cnn.firsts import (
    first,
    first_at,
    price_and_worth,
    when_it_pays,
)
from sgo_teach.lessons.hessian_free_cnn.flat import FlatNetwork, entrant
from sgo_teach.lessons.hessian_free_cnn.hard_digits import Mistakes
from sgo_teach.lessons.hessian_free_cnn.images import images
from sgo_teach.lessons.hessian_free_cnn.part_and_whole import PartAndWhole
from sgo_teach.lessons.hessian_free_cnn.pictures import (
    confusion,
    confusion_picture,
    filters_picture,
    images_picture,
)
from sgo_teach.lessons.hessian_free_cnn.race_curves import RaceCurves
from sgo_teach.lessons.hessian_free_cnn.small_run import begin, cut_short, go_on
from sgo_teach.lessons.hessian_free_cnn.standings import credits, live, recorded, standings
from sgo_teach.lessons.hessian_free_cnn.training import Training
from sgo_teach.nets.recording import Recording

__all__ = [
    "FlatNetwork",
    "Mistakes",
    "PartAndWhole",
    "RaceCurves",
    "Training",
    "begin",
    "confusion",
    "confusion_picture",
    "credits",
    "cut_short",
    "entrant",
    "filters_picture",
    "first",
    "first_at",
    "go_on",
    "images",
    "images_picture",
    "live",
    "price_and_worth",
    "recorded",
    "recorded_race",
    "standings",
    "when_it_pays",
]

RECORDED = Path(__file__).with_name("recorded_race.json")


def recorded_race() -> Recording:
    """The race of several seeds, which ``make race`` records anew."""
    return Recording.load(RECORDED)
