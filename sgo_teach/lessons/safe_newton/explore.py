"""The explorables of lesson 04: cures, trust circle, slice, BFGS, and a contest with SciPy."""

from sgo_teach.lessons.safe_newton.contest import LOSSES, Contest, table
from sgo_teach.lessons.safe_newton.cures import ThreeCures
from sgo_teach.lessons.safe_newton.learning import Learning
from sgo_teach.lessons.safe_newton.region import TrustCircle
from sgo_teach.lessons.safe_newton.slices import Slice

__all__ = ["LOSSES", "Contest", "Learning", "Slice", "ThreeCures", "TrustCircle", "table"]
