"""Prediction against measurement over many steps: counted right, resumable, and clear where a process fails."""

import json

import pytest

from helpers import course, memory, memory_runs, shapes
from helpers.errors import CourseError


def rows(*errors):
    """Rows of a comparison whose predictions are off by `errors`; the rivals are off by a tenth and by nothing."""
    part = "activations"
    return [
        {"measured": {part: 1000}, "predicted": {part: 1000 * (1 + e)}, "accelerate": 900, "transformer_math": 1000}
        for e in errors
    ]


def test_the_summary_counts_errors_and_rivals(monkeypatch):
    monkeypatch.setattr(memory_runs, "PARTS", ("activations",))
    found = memory_runs.summary(rows(0.01, -0.2, 0.02))
    assert found["memory_error_median"] == pytest.approx(0.02)
    assert found["memory_error_max"] == pytest.approx(0.2)
    assert found["closer_than_accelerate"] == pytest.approx(2 / 3)
    assert found["closer_than_transformer_math"] == 0


def test_a_sweep_goes_on_where_it_was_stopped(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "RUNS", tmp_path)
    monkeypatch.setattr("helpers.models.load_config", lambda: shapes.config("smollm2-135m"))
    ran = []

    def measure(configuration):
        ran.append(configuration["method"])
        if len(ran) == 2:
            raise CourseError("the power went")
        return {"measured": {"weights": 10**9}, "measured_at": "forward"}

    monkeypatch.setattr(memory_runs, "_in_a_process", measure)
    wanted = [{"method": method, "batch": 1, "sequence": 64} for method in memory.METHODS]
    with pytest.raises(CourseError):
        memory_runs.sweep(wanted)
    found = memory_runs.sweep(wanted)
    assert ran == ["full", "lora", "lora", "qlora"]
    assert [row["method"] for row in found] == list(memory.METHODS)
    assert found[0]["predicted"]["weights"] == 4 * shapes.published("smollm2-135m")


def test_a_process_that_fails_names_its_configuration():
    with pytest.raises(CourseError, match="dora, 1 x 8 tokens failed: .*full, lora, qlora"):
        memory_runs._in_a_process({"method": "dora", "batch": 1, "sequence": 8})


def test_a_process_that_ran_out_of_memory_says_so(monkeypatch):
    killed = type("Done", (), {"returncode": -9, "stdout": "", "stderr": ""})
    monkeypatch.setattr(memory_runs.subprocess, "run", lambda *args, **options: killed)
    with pytest.raises(CourseError, match="lora, 8 x 512 tokens, checkpointing: the system ended the process"):
        memory_runs._in_a_process({"method": "lora", "batch": 8, "sequence": 512, "checkpointing": True})


def test_the_base_model_in_four_bits_is_as_predicted():
    """QLoRA needs the real loading path, so this one trains the base model, on few tokens."""
    measured = memory_runs.measured("qlora", batch=1, sequence=32)
    predicted = memory.predict("smollm2-135m", "qlora", 1, 32, dtype=str(course.dtype()).removeprefix("torch."))
    assert abs(memory.error(predicted.total, measured.total)) < 0.05
    for part in ("weights", "quantisation constants", "adapters", "optimizer"):
        assert predicted.parts[part] == pytest.approx(measured.parts[part], rel=0.01), part


def test_the_grid_is_the_one_that_is_published():
    assert len(memory_runs.GRID) == 3 * 4 * 3 * 2
    assert len({json.dumps(configuration) for configuration in memory_runs.GRID}) == len(memory_runs.GRID)
