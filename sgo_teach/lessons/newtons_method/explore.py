"""The explorables of lesson 03: tangent and parabola, the order, a race, basins of attraction."""

from sgo_teach.lessons.newtons_method.line import CURVES, ORDERS, Order, TangentAndParabola
from sgo_teach.lessons.newtons_method.plane import PLANES, Basins, Race

__all__ = ["CURVES", "ORDERS", "PLANES", "Basins", "Order", "Race", "TangentAndParabola"]
