"""Two processes train as one does with the same rows a step, and the result says how many processes there were."""

import os
import subprocess
import sys
from pathlib import Path

import distributed_runs
import pytest
import torch

from helpers import course

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
ACCELERATE = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1"]
ACCELERATE += ["--mixed_precision", "no", "--dynamo_backend", "no"]


def launched(launcher, out, how):
    """What each process wrote, in order of rank."""
    path = os.pathsep.join([str(Path(__file__).parent), course.python_path()])
    # Windows' torch has no libuv; everywhere else this changes nothing that matters.
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "USE_LIBUV": "0"}
    command = [sys.executable, *launcher, distributed_runs.__file__, str(out), how]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted(out.parent.glob(f"{out.name}-[0-9].pt"))
    assert [path.name for path in files] == [f"{out.name}-{rank}.pt" for rank in range(len(files))]
    return [torch.load(path, weights_only=True) for path in files]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """(of one process, of the first of two, of the second of two)"""
    folder, threads, environment = tmp_path_factory.mktemp("runs"), torch.get_num_threads(), dict(os.environ)
    os.environ["OMP_NUM_THREADS"] = "1"
    dtype = course._dtype
    try:
        alone = distributed_runs.all_runs(folder / "alone")
    finally:
        course._dtype = dtype
        os.environ.clear()
        os.environ.update(environment)
        torch.set_num_threads(threads)
    return alone, *launched(TORCHRUN, folder / "out", "all")


NAMES = ("lora", "full, in parts", "early stopping", "stopped")


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_train_as_one(runs, name):
    alone, *both = (each[name] for each in runs)
    assert alone["processes"] == 1 and [each["processes"] for each in both] == [2, 2]
    for each in both:
        assert each["losses"] == pytest.approx(alone["losses"], abs=1e-4)
        for key in ("steps", "best_step", "stopped_early", "resumed_from"):
            assert each[key] == alone[key], key
        assert [step for step, _ in each["evaluations"]] == [step for step, _ in alone["evaluations"]]
        nats = [loss for _, loss in each["evaluations"]]
        assert nats == pytest.approx([loss for _, loss in alone["evaluations"]], abs=1e-4)
        assert (each["weights"] - alone["weights"]).abs().mean() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_both_processes_end_with_the_same_model(runs, name):
    _, first, second = (each[name] for each in runs)
    assert torch.equal(first["weights"], second["weights"])
    assert first["evaluations"] == second["evaluations"] and first["losses"] == second["losses"]


def test_the_runs_are_what_they_are_meant_to_be(runs):
    alone = runs[0]
    assert len(alone["lora"]["losses"]) == 6
    assert alone["early stopping"]["stopped_early"]
    assert alone["early stopping"]["best_step"] < alone["early stopping"]["steps"] < 18
    assert alone["stopped"]["resumed_from"] == 5
    assert alone["stopped"]["losses"] == pytest.approx(alone["lora"]["losses"], abs=1e-6)


def test_tokens_are_counted_over_all_processes(runs):
    alone, *both = (each["lora"]["tokens"] for each in runs)
    # One process counts its own rows, times the processes: the shares differ a little.
    assert both == pytest.approx([alone, alone], rel=0.15)
    assert sum(both) == pytest.approx(2 * alone)


def test_a_batch_that_cannot_be_shared_is_told(runs):
    alone, *both = (each["error"] for each in runs)
    assert alone == ""
    for message in both:
        assert "3 rows cannot be shared by 2 processes in 1 parts each" in message and "batch_size" in message


@pytest.mark.parametrize(
    ("launcher", "how", "processes"),
    [
        pytest.param([], "debug_launcher", 2, marks=pytest.mark.skipif(os.name == "nt", reason="it forks")),
        # Without a GPU `accelerate launch --cpu` starts one process, whatever it is told, and does not say so.
        (ACCELERATE, "one run", 1),
    ],
    ids=["debug_launcher", "accelerate launch --cpu"],
)
def test_under_accelerate_the_result_says_how_many_processes_there_were(runs, tmp_path, launcher, how, processes):
    found, (alone, *_) = launched(launcher, tmp_path / "out", how), runs
    assert [each["processes"] for each in found] == [processes] * processes
    for each in found:
        assert each["losses"] == pytest.approx(alone["lora"]["losses"], abs=1e-4)
