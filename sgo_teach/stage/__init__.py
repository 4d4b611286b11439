"""The responsive picture under every explorable: a still backdrop and a canvas of moving marks."""

from sgo_teach.stage.controls import Button, Check, Choice, Handle, Slider
from sgo_teach.stage.stage import Stage

__all__ = ["Button", "Check", "Choice", "Handle", "Slider", "Stage"]
