"""Two processes that share the data walk the path of one that has them all."""

from __future__ import annotations

import copy
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from sgo_teach.nets.hessian_free import HessianFree
from sgo_teach.nets.parallel import Team, team_of

SCRIPT = Path(__file__).with_name("parallel_run.py")
ROOT = SCRIPT.parents[2]
of_one_worker = pytest.mark.xdist_group("two processes")  # which starts them once for all


def script():
    spec = importlib.util.spec_from_file_location("parallel_run", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    """The trajectories of both processes."""
    folder = tmp_path_factory.mktemp("two")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [*launch, str(SCRIPT), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


@of_one_worker
@pytest.mark.parametrize("name", ["ggn", "hessian", "own"])
def test_two_processes_with_7_and_13_examples_reproduce_one_with_20(of_two, name):
    alone = script().trajectory(name, slice(0, 20))
    torch.testing.assert_close(of_two[0][name], alone, rtol=1e-6, atol=1e-9)
    assert (alone[0] - alone[-1]).abs().max() > 0.1  # it went somewhere


@of_one_worker
@pytest.mark.parametrize("name", ["ggn", "hessian", "own"])
def test_parameters_are_the_same_bits_in_both_processes(of_two, name):
    assert torch.equal(of_two[0][name], of_two[1][name])


def test_alone_a_mean_is_what_it_was():
    x = torch.randn(3)
    team = Team()
    assert team.mean(x, 7) is x
    assert team.of_first(x) is x
    assert (team.size, team.rank) == (1, 0)


def test_processes_must_have_been_started():
    assert team_of(False).size == 1
    with pytest.raises(ValueError, match="torchrun"):
        HessianFree([torch.ones(1, requires_grad=True)], data_parallel=True)


def test_an_optimiser_of_several_processes_cannot_be_copied(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        optimizer = HessianFree([torch.ones(1, requires_grad=True)], data_parallel=True)
        with pytest.raises(TypeError, match="save its state_dict"):
            copy.deepcopy(optimizer)
    finally:
        dist.destroy_process_group()
