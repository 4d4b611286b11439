"""The map of the course with the learner's progress on it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from sgo_teach.checks import progress
from sgo_teach.lessons.course import PARTS, Standing, standings

_LEFT = 'style="text-align: left"'


@dataclass(frozen=True)
class CourseMap:
    """All lessons; those that are here are links.

    Attributes
    ----------
    standings : how far the learner has come, in the course's order
    notice : what should be said about the progress file, possibly ""
    """

    standings: tuple[Standing, ...]
    notice: str = ""

    @property
    def next(self) -> Standing | None:
        """The first lesson after this one that is here and not done."""
        after = (s for s in self.standings if s.lesson.number > 0 and s.lesson.exists)
        return next((s for s in after if s.done < s.total), None)

    def __repr__(self) -> str:
        lines = [f"{s.lesson.number:02d} {s.lesson.title}: {_words(s)}" for s in self.standings]
        return "\n".join([_plain(self), *lines])

    def _repr_html_(self) -> str:
        rows = []
        for part, title in PARTS.items():
            rows.append(f'<tr><th colspan="3" scope="colgroup" {_LEFT}>{escape(title)}</th></tr>')
            rows += [_row(s) for s in self.standings if s.lesson.part == part]
        said = f"<p>{escape(self.notice)}</p>" if self.notice else ""
        return f"{said}<p><b>{_linked(self)}</b></p><table><tbody>{''.join(rows)}</tbody></table>"


def course_map() -> CourseMap:
    """Read the progress file and the lessons, and put them on a map."""
    found = tuple(standings())
    return CourseMap(found, progress.notice() or "")


def _words(standing: Standing) -> str:
    if not standing.lesson.exists:
        return "planned"
    if standing.done == standing.total:
        return f"all {standing.total} done"
    return f"{standing.done} of {standing.total} done"


def _plain(shown: CourseMap) -> str:
    if shown.next is None:
        return "Every lesson that is here is done."
    return f"Next: {shown.next.lesson.number:02d} {shown.next.lesson.title}."


def _linked(shown: CourseMap) -> str:
    return _plain(shown) if shown.next is None else f"Next: {_link(shown.next)}."


def _link(standing: Standing) -> str:
    title = f"{standing.lesson.number:02d} · {escape(standing.lesson.title)}"
    return f'<a href="{standing.lesson.notebook}">{title}</a>' if standing.lesson.exists else title


def _row(standing: Standing) -> str:
    """Link, bar and count; the bar has no words of its own, so it is hidden from screen readers."""
    bar = ""
    if standing.lesson.exists:
        value = f'value="{standing.done}" max="{standing.total}"'
        bar = f'<progress aria-hidden="true" {value}></progress>'
    cells = (_link(standing), bar, _words(standing))
    return "<tr>" + "".join(f"<td {_LEFT}>{cell}</td>" for cell in cells) + "</tr>"
