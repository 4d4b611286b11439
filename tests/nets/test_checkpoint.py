"""Nothing is lost but the step in which the power failed."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from sgo_teach.nets.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from sgo_teach.nets.hessian_free import HessianFree

SCRIPT = Path(__file__).with_name("killed_run.py")
ROOT = SCRIPT.parents[2]


def script():
    spec = importlib.util.spec_from_file_location("killed_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def start(path, death):
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(SCRIPT), str(path), death],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_run_killed_twice_ends_in_the_same_bits(tmp_path, one_thread):
    """Once from outside in mid-run, once in the middle of writing a checkpoint."""
    module, path = script(), tmp_path / "run.pt"
    with start(path, "from outside") as process:
        assert process.stdout is not None
        while process.stdout.readline() != "3\n":
            assert process.poll() is None
        process.kill()
    with start(path, "while saving") as process:
        process.communicate(timeout=240)
    assert process.returncode == -signal.SIGKILL
    assert list(tmp_path.glob(".*.partial"))  # it died with the file half written

    resumed = module.Run()
    resumed.load(path)
    assert resumed.k == 5
    while resumed.k < module.STEPS:
        resumed.step()
    straight = module.Run()
    while straight.k < module.STEPS:
        straight.step()
    pairs = zip(straight.network.parameters(), resumed.network.parameters(), strict=True)
    assert all(torch.equal(p, q) for p, q in pairs)
    assert straight.optimizer.last_step == resumed.optimizer.last_step
    assert straight.optimizer.damping == resumed.optimizer.damping
    assert straight.scheduler.get_last_lr() == resumed.scheduler.get_last_lr()


def little(features=2):
    torch.manual_seed(0)
    network = nn.Linear(features, 1)
    optimizer = HessianFree(network.parameters(), damping=0.7)
    x = torch.ones(3, features)
    optimizer.step(lambda: (lambda z: ((z**2).mean(), z))(network(x)))
    return network, optimizer


def values(network, optimizer):
    state = optimizer.state_dict()["state"]
    kept = [v for part in state.values() for v in part.values() if isinstance(v, torch.Tensor)]
    return [*(p.detach().clone() for p in network.parameters()), *(v.clone() for v in kept)]


def same(one, two):
    return len(one) == len(two) and all(map(torch.equal, one, two))


def test_all_that_was_saved_comes_back(tmp_path):
    network, optimizer = little()
    order, path = torch.Generator().manual_seed(3), tmp_path / "a.pt"
    save_checkpoint(path, network, optimizer, order=order, note="x", losses=[1.0, 2.0])
    expected, draws = values(network, optimizer), (torch.rand(2), torch.rand(2, generator=order))
    damping = optimizer.damping
    network.weight.data.zero_()
    optimizer.damping = 99.0
    more = load_checkpoint(path, network, optimizer, order=order)
    assert more == {"note": "x", "losses": [1.0, 2.0]}
    assert same(values(network, optimizer), expected)
    assert optimizer.damping == damping
    assert torch.equal(torch.rand(2), draws[0])
    assert torch.equal(torch.rand(2, generator=order), draws[1])
    assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]


def spoilt(data: bytes, how: str) -> bytes:
    middle = data.index(b"PK", len(data) // 3) - 40
    flipped = bytes([data[middle] ^ 0xFF])
    return {
        "empty": b"",
        "truncated": data[: len(data) // 2],
        "without its end": data[:-10],
        "flipped byte": data[:middle] + flipped + data[middle + 1 :],
        "text": b"not a checkpoint",
    }[how]


@pytest.mark.parametrize("how", ["empty", "truncated", "without its end", "flipped byte", "text"])
def test_a_spoilt_file_is_refused_and_changes_nothing(tmp_path, how):
    network, optimizer = little()
    path = tmp_path / "a.pt"
    save_checkpoint(path, network, optimizer)
    path.write_bytes(spoilt(path.read_bytes(), how))
    before, random = values(network, optimizer), torch.get_rng_state()
    with pytest.raises(CheckpointError, match=r"a\.pt must be a whole"):
        load_checkpoint(path, network, optimizer)
    assert same(values(network, optimizer), before)
    assert torch.equal(torch.get_rng_state(), random)


def test_a_foreign_file_is_refused(tmp_path):
    network, optimizer = little()
    torch.save({"network": network.state_dict()}, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="save_checkpoint"):
        load_checkpoint(tmp_path / "a.pt", network, optimizer)


def test_the_checkpoint_of_another_run_changes_nothing(tmp_path):
    path = tmp_path / "a.pt"
    save_checkpoint(path, *little(features=2))
    for network, optimizer in (little(features=3), (little()[0], little(features=5)[1])):
        before = values(network, optimizer)
        optimizer.add_param_group({"params": [torch.ones(1, requires_grad=True)]})
        with pytest.raises(CheckpointError, match="belong to a network"):
            load_checkpoint(path, network, optimizer)
        assert same(values(network, optimizer), before)


def test_what_was_not_saved_cannot_be_asked_for(tmp_path):
    network, optimizer = little()
    save_checkpoint(tmp_path / "a.pt", network, optimizer, note="x")
    with pytest.raises(CheckpointError, match="has no order; it holds note"):
        load_checkpoint(tmp_path / "a.pt", network, optimizer, order=torch.Generator())
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "b.pt", network, optimizer)


def test_what_could_not_be_loaded_is_not_saved(tmp_path):
    """A checkpoint is read without running code, so nothing that needs code may go in."""
    network, optimizer = little()
    path = tmp_path / "a.pt"
    save_checkpoint(path, network, optimizer, note="first")
    with pytest.raises(CheckpointError, match="^note must be plain data"):
        save_checkpoint(path, network, optimizer, order=torch.Generator(), note=Path("x"))
    with pytest.raises(CheckpointError, match="^rule must be plain data"):
        save_checkpoint(path, network, optimizer, rule=lambda k: k)
    assert load_checkpoint(path, network, optimizer) == {"note": "first"}
    assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]
