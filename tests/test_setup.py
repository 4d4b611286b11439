"""The set-up says what is missing and leaves nothing half done."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def set_up(environment, python):
    """Run the set-up script with a Python of one's choice."""
    command = [ROOT / "tools/setup.sh", environment, "requirements.txt", python]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def fake_python(tmp_path):
    """Make a command that answers like a Python of another make."""

    def make(answer):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return make


def test_without_a_python_it_says_what_to_install(tmp_path):
    done = set_up(tmp_path / "environment", tmp_path / "nowhere")
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr
    assert not (tmp_path / "environment").exists()


def test_an_older_python_is_refused(tmp_path, fake_python):
    done = set_up(tmp_path / "environment", fake_python("exit 1  # sys.version_info < (3, 11)"))
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr


def test_a_python_without_ensurepip_is_told_apart(tmp_path, fake_python):
    lacks_ensurepip = 'case "$2" in *ensurepip*) exit 1;; esac'
    done = set_up(tmp_path / "environment", fake_python(lacks_ensurepip))
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert not (tmp_path / "environment").exists()


def probe(address, folder):
    requirements = folder / "requirements.txt"
    requirements.write_text(f"--extra-index-url {address}\nnumpy==2.0.0\n", encoding="utf-8")
    command = [sys.executable, ROOT / "tools/probe_index.py", requirements]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_an_index_that_does_not_answer_is_a_warning(tmp_path):
    nobody_listens = "http://127.0.0.1:9/cpu"
    assert f"warning: {nobody_listens} does not answer" in probe(nobody_listens, tmp_path)


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Keep the test's output clean."""


def test_an_index_that_answers_is_no_warning(tmp_path):
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert probe(f"http://127.0.0.1:{server.server_port}", tmp_path) == ""
        thread.join()
