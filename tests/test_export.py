"""A notebook exported to HTML shows pictures where no kernel and no network is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sgo_teach import new_lesson

VIEW = "application/vnd.jupyter.widget-view+json"


def export(notebook, folder):
    """Execute a notebook, convert it with the environment's settings, return the HTML."""
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute"]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "SGO_TEACH_PROGRESS": str(folder / "progress.json"),
    }
    subprocess.run([*command, str(notebook)], env=environment, check=True, capture_output=True)
    return Path(notebook).with_suffix(".html").read_text(encoding="utf-8")


def test_an_explorable_becomes_its_picture(tmp_path):
    book = tmp_path / "lesson.ipynb"
    text = (new_lesson.TEMPLATE / "lesson.ipynb").read_text(encoding="utf-8")
    book.write_text(text.replace("lessons.lesson_template", "lesson_template"), encoding="utf-8")
    page = export(book, tmp_path)
    assert VIEW not in page
    assert "data:image/png" in page
