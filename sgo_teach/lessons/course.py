"""The course at a glance: its lessons, which of them are here, and how far the learner has come."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sgo_teach.checks.progress_file import Progress, progress

_LESSONS = Path(__file__).parent
_MAKERS = ("Exercise", "predict", "quiz")

PARTS = {
    1: "The local model",
    2: "Real losses, constraints, kinks",
    3: "Curvature without a matrix",
    4: "Hessian-free",
    5: "The wider world",
}


@dataclass(frozen=True)
class Lesson:
    """One lesson: number, slug, title, and the part of the course it belongs to."""

    number: int
    slug: str
    title: str
    part: int

    @property
    def notebook(self) -> str:
        """File name of the lesson's notebook."""
        return f"{self.number:02d}_{self.slug}.ipynb"

    @property
    def exists(self) -> bool:
        """True when the notebook is here, in the working directory or in the repository."""
        folders = (Path.cwd(), _LESSONS.parents[1] / "notebooks")
        return any((folder / self.notebook).is_file() for folder in folders)

    def items(self) -> tuple[str, ...]:
        """Names of the lesson's exercises, predictions and quizzes.

        They are read from the source of its modules, since importing them might import torch,
        which takes seconds.
        """
        modules = sorted((_LESSONS / self.slug).glob("*.py"))
        return tuple(n for m in modules for n in _items(m.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Standing:
    """How far the learner has come in a lesson: items done of items in all."""

    lesson: Lesson
    done: int
    total: int


COURSE = (
    Lesson(0, "start_here", "Start here", 1),
    Lesson(1, "taylor_expansion", "Taylor expansion", 1),
    Lesson(2, "gradient_descent_and_curvature", "Gradient descent and curvature", 1),
    Lesson(3, "newtons_method", "Newton's method", 1),
    Lesson(4, "safe_newton", "Safe Newton", 1),
    Lesson(5, "newton_for_classifiers", "Newton for classifiers", 2),
    Lesson(6, "constraints", "Constraints", 2),
    Lesson(
        7,
        "subgradients_and_approximate_gradients",
        "Subgradients and approximate gradients",
        2,
    ),
    Lesson(8, "conjugate_gradients", "Conjugate gradients", 3),
    Lesson(9, "hessian_vector_products", "Hessian-vector products", 3),
    Lesson(10, "gauss_newton_and_fisher", "Gauss–Newton and Fisher", 3),
    Lesson(11, "hessian_free", "Hessian-free", 4),
    Lesson(12, "hessian_free_cnn", "Hessian-free training of a CNN", 4),
    Lesson(13, "deep_autoencoders", "Deep autoencoders", 4),
    Lesson(14, "curvature_of_real_networks", "Curvature of real networks", 5),
    Lesson(15, "scaling_up", "Scaling up", 5),
)


def lesson(slug: str) -> Lesson:
    """The lesson of a slug.

    Raises
    ------
    KeyError
        If the course has no such lesson.
    """
    found = {entry.slug: entry for entry in COURSE}
    if slug not in found:
        raise KeyError(f"No lesson {slug!r}; the course has {', '.join(found)}.")
    return found[slug]


def standings(kept: Progress = progress) -> list[Standing]:
    """How far the learner has come in each lesson, in the course's order.

    Parameters
    ----------
    kept : where progress is read from
    """
    return [_standing(entry, kept) for entry in COURSE]


def _standing(entry: Lesson, kept: Progress) -> Standing:
    items = entry.items()
    return Standing(entry, len(kept.done(entry.slug).intersection(items)), len(items))


def _items(source: str) -> Iterator[str]:
    """Names given to Exercise(...), predict(...) and quiz(...) in assignments of a module."""
    for node in ast.parse(source).body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call) and _called(value) in _MAKERS:
            named = next((k.value for k in value.keywords if k.arg == "name"), None)
            yield str(named.value) if isinstance(named, ast.Constant) else _target(node)


def _called(call: ast.Call) -> str:
    """The bare name of what is called, with or without a module in front."""
    return ast.unparse(call.func).rsplit(".", 1)[-1]


def _target(node: ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return getattr(target, "id", "")
