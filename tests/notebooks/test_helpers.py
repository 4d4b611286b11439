"""The tests of the notebooks see what they are there to see."""

from __future__ import annotations

import nbformat
import pytest

from tests.notebooks.notebook import execute
from tests.notebooks.prose import anchors, dead_links, lines_of_prose, misplaced_sentences

v4 = nbformat.v4


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """A notebook with an error, a warning, an exception in a thread, and a good last cell."""
    sources = [
        "1 / 0",
        "import warnings\nwarnings.warn('rusty')",
        "import threading\nt = threading.Thread(target=lambda: [].pop())\nt.start()\nt.join()",
        "import sys\nsys.stderr.write('harmless')",
        "class Verdict:\n    __repr__ = lambda self: 'step: right'\nVerdict()",
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    return execute(notebook, tmp_path_factory.mktemp("troubled"))


def test_an_error_in_a_cell_is_heard(troubled):
    assert any("ZeroDivisionError" in trouble for trouble in troubled.troubles)


def test_an_error_outside_of_cells_is_heard(troubled):
    assert any("pop from empty list" in trouble for trouble in troubled.troubles)


def test_a_warning_is_heard_and_other_words_are_not(troubled):
    assert any("rusty" in trouble for trouble in troubled.troubles)
    assert not any("harmless" in trouble for trouble in troubled.troubles)


def test_verdicts_and_cost_are_read_from_the_outputs(troubled):
    assert troubled.verdicts() == {"step": "right"}
    assert troubled.seconds > 0
    assert troubled.peak_mb is None or troubled.peak_mb > 10


@pytest.mark.parametrize(
    "text",
    [
        "One sentence. And another.",
        "It ends in $x$. Then more.",
        "- An item. Another one.",
        "A sentence that goes on,\nand on.",
        "Is it? Yes.",
    ],
)
def test_misplaced_sentences_are_found(text):
    assert misplaced_sentences(lines_of_prose(v4.new_markdown_cell(text)))


@pytest.mark.parametrize(
    "text",
    [
        "One sentence.\nAnother one.",
        "See e.g. Nocedal, ch. 3, Fig. 2, by J. Nocedal.",
        "1. With a number.\n2. Another.",
        "The model is\n\n$$m = L. A$$\n\nwhere it ends.",
        "```\na = 1. B\n```",
        "| a. B | c. D |",
        "## References\n- Pearlmutter. Fast products. 1994.",
    ],
)
def test_sentences_in_their_place_are_left_alone(text):
    assert misplaced_sentences(lines_of_prose(v4.new_markdown_cell(text))) == []


def test_dead_links_are_found(tmp_path):
    path = tmp_path / "a.ipynb"
    text = (
        "# My *own* heading\n[a](a.ipynb) [b](#My-own-heading) [c](b.ipynb) [d](a.ipynb#Gone) "
        "[e](https://example.org) [f](#gone)"
    )
    nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(text)]), path)
    assert anchors(path) == {"My-own-heading"}
    assert dead_links(path) == ["b.ipynb", "a.ipynb#Gone", "#gone"]
