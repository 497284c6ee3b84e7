"""Every lesson's path on an NVIDIA GPU, and the pieces behind it. `python -m pytest tests -m gpu`, where there is one.

Each lesson runs as a learner runs it, at the smoke budget. The pieces come first, so that a failure has a small cause.
"""

import json
import os
import subprocess
import sys

import pytest
import tiny_llama

from helpers import course, finetune, memory, models, runner

pytestmark = pytest.mark.gpu
TOLERANCE = 0.10  # what the course asks of a prediction of memory


@pytest.fixture(scope="module", autouse=True)
def gpu():
    """Chooses the GPU for every test here, as `auto` does; says so where there is none."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip(f"PyTorch {torch.__version__} finds no NVIDIA GPU here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_DEVICE", "cuda")
        yield torch.cuda.get_device_name()


def test_the_numbers_are_what_the_gpu_calculates_fast(gpu):
    import torch

    ampere = torch.cuda.get_device_capability() >= (8, 0)
    assert course.device() == "cuda" and course.dtype() is (torch.bfloat16 if ampere else torch.float16)
    with course.autocast():
        product = torch.randn(8, 8, device="cuda") @ torch.randn(8, 8, device="cuda")
    assert product.dtype is course.dtype() and product.isfinite().all()


def test_the_model_answers_as_on_a_cpu():
    """Greedy, and in fp32 on both, so that only the order of sums can differ: the first words must be the same."""
    tokenizer = models.load_tokenizer()
    request = [[{"role": "user", "content": "Say the word: hello"}]]
    there = models.generate(models.load_model().float(), tokenizer, request, max_new_tokens=4)
    here = models.generate(models.load_model().float().cpu(), tokenizer, request, max_new_tokens=4)
    assert there == here


@pytest.mark.parametrize("method", memory.METHODS)
def test_each_method_trains_and_needs_the_memory_that_was_predicted(method):
    """The base model learns twelve short rows by heart; one more step is traced by CUDA's own allocator."""
    result = finetune.finetune(
        None, tiny_llama.rows(12), method, epochs=4, batch_size=4, curves=False, measure_memory=True
    )
    assert next(result.model.parameters()).device.type == "cuda"
    assert sum(result.losses[-3:]) < sum(result.losses[:3])
    measured, predicted = (result.memory[name] for name in ("measured_gb", "predicted_gb"))
    assert abs(predicted - measured) <= TOLERANCE * measured, result.memory


@pytest.mark.parametrize("number", runner.lessons())
def test_a_lesson_runs_on_the_gpu(number):
    path = course.run_path(number, "smoke", 0)
    path.unlink(missing_ok=True)
    settings = {"COURSE_DEVICE": "cuda", "COURSE_BUDGET": "smoke", "COURSE_SEED": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "run", number],
        cwd=course.ROOT,
        env=os.environ | settings,
        capture_output=True,
        encoding="utf-8",
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(path.read_text(encoding="utf-8"))["device"] == "cuda"
