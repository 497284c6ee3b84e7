"""Settings say what they are and why; a wrong one ends in a sentence; a record has the shape that `results` pools."""

import json
import os
import subprocess
import sys

import pytest

from helpers import course
from helpers.errors import CourseError


def test_settings_have_values_and_reasons(monkeypatch):
    for name in ("COURSE_DEVICE", "COURSE_BUDGET", "COURSE_MODEL", "COURSE_SEED", "COURSE_HOME"):
        monkeypatch.delenv(name, raising=False)
    found = course.settings()
    assert set(found) == {"device", "dtype", "budget", "model", "seed", "home"}
    assert all(setting.reason for setting in found.values())
    assert found["budget"].value == "lesson" and found["seed"].value == 0
    assert found["model"].value == "SmolLM2-135M-Instruct"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("COURSE_BUDGET", "large", "smoke, lesson, full"),
        ("COURSE_SEED", "one", "whole number"),
        ("COURSE_SEED", "-1", "whole number"),
        ("COURSE_DEVICE", "tpu", "auto, cuda, mps or cpu"),
    ],
)
def test_a_setting_that_cannot_be_names_those_that_can(monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)
    with pytest.raises(CourseError, match=words):
        course.settings()


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    import torch

    if torch.cuda.is_available():
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    course._choose_device.cache_clear()
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(CourseError, match="no such device"):
        course.device()
    course._choose_device.cache_clear()


def test_no_bf16_instructions_means_fp32_with_a_warning_about_minutes(monkeypatch):
    import torch

    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    assert course.dtype() is torch.float32
    assert "three times" in course.settings()["dtype"].reason
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(sys, "platform", "linux")
    assert course.dtype() is torch.bfloat16


def test_home_follows_its_variable_and_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "Kurs ü"))
    assert course.home() == tmp_path / "Kurs ü"
    assert not course.home().exists()


def test_threads_can_be_fixed(monkeypatch):
    import torch

    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    course.threads.cache_clear()
    assert course.threads().value == before
    course.threads.cache_clear()


def test_a_record_has_the_shape_of_a_result(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "RUNS", tmp_path)
    monkeypatch.setenv("COURSE_SEED", "2")
    written = course.record("00", {"loss": 1.5}, items=[{"kind": "a", "valid": 1}], cluster="kind")
    assert json.loads((tmp_path / "00-smoke-seed2.json").read_text(encoding="utf-8")) == written
    assert written["values"]["loss"] == 1.5 and written["values"]["peak_gb"] > 0
    assert (written["n"], written["seed"], written["cluster"]) == (1, 2, "kind")
    assert {"settings", "versions", "command", "ran_at_commit", "minutes", "device", "budget"} <= set(written)


def test_importing_helpers_imports_nothing_heavy():
    code = "import sys; import helpers.course, helpers.assets, helpers.metrics; print('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(course.ROOT)}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert found.stdout.strip() == "False"
