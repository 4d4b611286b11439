"""Progress is never lost: not to a second notebook, a damaged file or a read-only one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sgo_teach.checks import Progress
from sgo_teach.checks.progress_file import VARIABLE, _set_aside


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sgo_progress.json"


def test_what_is_recorded_is_read_by_the_next_kernel(path):
    Progress(path).record("constraints", "kkt", kind="exercise", status="right")
    assert Progress(path).done("constraints") == {"kkt"}
    assert Progress(path).summary() == {"constraints": {"begun": 1, "done": 1}}


def test_the_file_is_found_in_the_working_directory_or_by_the_variable(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert Progress().path == tmp_path / "sgo_progress.json"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine.json"))
    assert Progress().path == tmp_path / "mine.json"


def test_a_right_answer_stays_right(path):
    kept = Progress(path)
    for status in ("wrong", "right", "wrong", "not attempted"):
        kept.record("constraints", "kkt", kind="exercise", status=status)
    assert kept.entry("constraints", "kkt")["status"] == "right"


def test_a_first_answer_stays_the_first(path):
    kept = Progress(path)
    for option in (2, 0):
        kept.record("constraints", "guess", kind="prediction", questions=1, first={"0": option})
    assert kept.entry("constraints", "guess")["first"] == {"0": 2}


def test_a_quiz_is_done_when_every_question_was_answered(path):
    kept = Progress(path)
    for question in ("0", "1"):
        assert kept.done("constraints") == set()
        kept.record("constraints", "q", kind="quiz", questions=2, first={question: 0})
    assert kept.done("constraints") == {"q"}


def test_notebooks_that_write_in_turn_keep_each_other_s_entries(path):
    one, two = Progress(path), Progress(path)
    one.record("constraints", "kkt", status="right", kind="exercise")
    two.record("safe_newton", "wolfe", status="right", kind="exercise")
    one.record("constraints", "barrier", status="right", kind="exercise")
    assert {slug: set(items) for slug, items in Progress(path).lessons().items()} == {
        "constraints": {"kkt", "barrier"},
        "safe_newton": {"wolfe"},
    }


def test_notebooks_that_write_at_once_lose_nothing(path):
    def write(n):
        Progress(path).record("constraints", f"item{n}", kind="exercise", status="right")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert len(Progress(path).done("constraints")) == 40


def test_processes_that_write_at_once_lose_nothing(path):
    code = (
        "import sys; from sgo_teach.checks.progress_file import Progress\n"
        "for n in range(20): Progress().record('constraints', sys.argv[1] + str(n), "
        "kind='exercise', status='right')"
    )
    environment = {**os.environ, VARIABLE: str(path)}
    writers = [
        subprocess.Popen([sys.executable, "-c", code, name], env=environment) for name in "ab"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(Progress(path).done("constraints")) == 40


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"\xff\xfe\x00", b"[]", b'{"lessons": 3}', b'{"lessons": {"a": [1]}}', b"null"],
)
def test_a_damaged_file_is_kept_aside_and_told_once(path, damage):
    path.write_bytes(damage)
    kept = Progress(path)
    kept.record("constraints", "kkt", kind="exercise", status="right")
    aside = path.with_name("sgo_progress.json.bak")
    assert aside.read_bytes() == damage
    assert "sgo_progress.json.bak" in str(kept.notice())
    assert kept.notice() is None
    assert Progress(path).done("constraints") == {"kkt"}


def test_a_second_damaged_file_does_not_replace_the_first(path):
    for damage in (b"one", b"two"):
        path.write_bytes(damage)
        Progress(path).record("constraints", "kkt", kind="exercise", status="right")
    assert path.with_name("sgo_progress.json.bak").read_bytes() == b"one"
    assert path.with_name("sgo_progress.json.bak2").read_bytes() == b"two"


def test_a_read_only_file_is_told_once_and_written_when_it_can_be(path):
    kept = Progress(path)
    kept.record("constraints", "kkt", kind="exercise", status="right")
    path.chmod(stat.S_IRUSR)
    kept.record("constraints", "barrier", kind="exercise", status="right")
    kept.record("constraints", "projection", kind="exercise", status="wrong")
    assert "kept in memory" in str(kept.notice())
    assert kept.notice() is None
    assert kept.done("constraints") == {"kkt", "barrier"}
    assert Progress(path).done("constraints") == {"kkt"}
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    kept.record("constraints", "projection", kind="exercise", status="right")
    assert Progress(path).done("constraints") == {"kkt", "barrier", "projection"}


@pytest.mark.parametrize("inside", ["missing/progress.json", "a_file/progress.json"])
def test_a_folder_that_is_not_there_is_no_disaster(tmp_path, inside):
    (tmp_path / "a_file").touch()
    kept = Progress(tmp_path / inside)
    kept.record("constraints", "kkt", kind="exercise", status="right")
    assert kept.done("constraints") == {"kkt"}
    assert VARIABLE in str(kept.notice())


def test_a_folder_in_the_file_s_place_is_no_disaster(path):
    path.mkdir()
    kept = Progress(path)
    kept.record("constraints", "kkt", kind="exercise", status="right")
    assert kept.done("constraints") == {"kkt"}


def test_only_an_ordinary_file_is_moved_out_of_the_way(tmp_path):
    with pytest.raises(OSError, match="no ordinary file"):
        _set_aside(tmp_path)


def test_a_failed_write_leaves_the_old_file_and_no_litter(path, monkeypatch):
    Progress(path).record("constraints", "kkt", kind="exercise", status="right")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    kept = Progress(path)
    kept.record("constraints", "barrier", kind="exercise", status="right")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert "No space left" in str(kept.notice())


def test_a_lock_that_a_killed_kernel_left_is_broken(path):
    lock = path.with_name("sgo_progress.json.lock")
    lock.touch()
    long_ago = time.time() - 60
    os.utime(lock, (long_ago, long_ago))
    Progress(path).record("constraints", "kkt", kind="exercise", status="right")
    assert Progress(path).done("constraints") == {"kkt"}
    assert not lock.exists()


def test_a_lock_that_is_held_costs_patience_and_no_entry(path, monkeypatch):
    monkeypatch.setattr("sgo_teach.checks.progress_file._WAIT", 0.05)
    path.with_name("sgo_progress.json.lock").touch()
    kept = Progress(path)
    kept.record("constraints", "kkt", kind="exercise", status="right")
    assert kept.done("constraints") == {"kkt"}
    assert "another notebook" in str(kept.notice())


def test_the_file_is_small_plain_json(path):
    Progress(path).record("constraints", "kkt", kind="exercise", status="right")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content == {
        "version": 1,
        "lessons": {"constraints": {"kkt": {"kind": "exercise", "status": "right"}}},
    }
