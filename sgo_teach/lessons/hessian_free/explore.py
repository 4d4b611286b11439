"""Explorables of lesson 11, its digits, and the bookkeeping of its runs."""

from sgo_teach.lessons.hessian_free.dashboard import Dashboard
from sgo_teach.lessons.hessian_free.iterates import Iterates
from sgo_teach.lessons.hessian_free.largest import largest_tensor
from sgo_teach.lessons.hessian_free.museum import Museum
from sgo_teach.lessons.hessian_free.runs import (
    asked,
    from_warm,
    run,
    small_network,
    small_training,
)
from sgo_teach.lessons.hessian_free.small_digits import initial, small_digits
from sgo_teach.lessons.hessian_free.warm_start import WarmStart

__all__ = [
    "Dashboard",
    "Iterates",
    "Museum",
    "WarmStart",
    "asked",
    "from_warm",
    "initial",
    "largest_tensor",
    "run",
    "small_digits",
    "small_network",
    "small_training",
]
