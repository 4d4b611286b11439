"""Exercises, predictions and quizzes that answer with a diagnosis, and the learner's progress.

Lessons' ``exercises`` modules build on these; the mathematics and the pictures do not know them.
"""

from sgo_teach.checks.exercise import Exercise, Slip
from sgo_teach.checks.kept import Earlier
from sgo_teach.checks.outcome import Note, Outcome
from sgo_teach.checks.progress_file import Progress, progress
from sgo_teach.checks.questions import Asked, Question, predict, quiz
from sgo_teach.checks.symbolic import same_expression

__all__ = [
    "Asked",
    "Earlier",
    "Exercise",
    "Note",
    "Outcome",
    "Progress",
    "Question",
    "Slip",
    "predict",
    "progress",
    "quiz",
    "same_expression",
]
