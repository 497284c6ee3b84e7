"""What fits on which instance of SageMaker Studio, as Markdown: `python3 -m helpers studio --instances`.

GPU memory is planned by `helpers.memory`; what a lesson takes on a CPU is what its opening table says.
"""

import json
import re
from dataclasses import dataclass

from helpers import course, memory

BESIDE = 2.0  # GB for JupyterLab and the system, beside a lesson
SEQUENCE = 512  # tokens in a row; most rows of the course are shorter


@dataclass(frozen=True)
class Instance:
    """One instance type. gib: its memory in GiB (2**30 bytes); gpu: a name in `memory.GPUS`, or '' for none."""

    name: str
    cores: int
    gib: int
    gpu: str = ""
    about: str = ""


# Amazon's published sizes. Of each family the smallest that is of use here.
INSTANCES = (
    Instance("ml.t3.medium", 2, 4, about="no bf16; shares its cores"),
    Instance("ml.t3.large", 2, 8, about="no bf16; shares its cores"),
    Instance("ml.m5.2xlarge", 8, 32, about="no bf16"),
    Instance("ml.m7i.xlarge", 4, 16, about="bf16 in hardware (AMX)"),
    Instance("ml.g4dn.xlarge", 4, 16, "T4", "no bf16: the course takes fp16"),
    Instance("ml.g5.xlarge", 4, 16, "A10G", "bf16"),
    Instance("ml.g6.xlarge", 4, 16, "L4", "bf16"),
    Instance("ml.g6e.xlarge", 4, 32, "L40S", "bf16"),
    Instance("ml.p5.4xlarge", 16, 256, "H100", "bf16"),
)
# How each lesson trains the course's model: method, rows in a batch.
TRAINING = {"00": ("lora", 4), "07": ("full", 8), "08": ("lora", 8), "09": ("qlora", 8), "11": ("lora", 8)}
# For COURSE_MODEL: model, method, with rows of 1024 tokens.
HUB = (
    ("qwen2.5-coder-0.5b", "full"),
    ("qwen2.5-coder-1.5b", "lora"),
    ("llama-3.2-3b", "lora"),
    ("llama-3.2-3b", "qlora"),
    ("qwen2.5-coder-7b", "qlora"),
    ("llama-3.1-8b", "qlora"),
)
HUB_SEQUENCE = 1024


def tables():
    """Three Markdown tables: the instances, what each lesson needs, and what larger models need."""
    return "\n\n".join("\n".join(rows) for rows in (_instances(), _lessons(), _hub()))


def _row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _head(*cells):
    return [_row(*cells), "|---" * len(cells) + "|"]


def _instances():
    rows = _head("instance", "vCPUs", "memory", "GPU", "its memory", "numbers")
    for one in INSTANCES:
        gpu = (one.gpu, f"{memory.GPUS[one.gpu]} GB") if one.gpu else ("none", "")
        rows.append(_row(f"`{one.name}`", one.cores, f"{one.gib} GiB", *gpu, one.about))
    return rows


def _gpus():
    """GPU → the instances that have it; GPUs of one size and kind of numbers together."""
    found = {}
    for one in filter(lambda one: one.gpu, INSTANCES):
        found.setdefault((memory.GPUS[one.gpu], one.gpu == "T4"), []).append(one.gpu)
    return list(found.values())


def _lessons():
    rows = _head("lesson", "memory on a CPU", "smallest instance", "trains", *(", ".join(names) for names in _gpus()))
    for path in sorted((course.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        opening = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        found = re.search(r"(?m)^\| `lesson`.*\| *([\d.]+) GB *\|$", opening)
        needs = float(found[1]) if found else None
        method, batch = TRAINING.get(path.name[:2], ("", 0))
        fits = _fits("smollm2-135m", method, SEQUENCE, batch) if method else [""] * len(_gpus())
        trains = f"{method}, batches of {batch}" if method else ""
        rows.append(_row(path.name[:2], f"{needs:g} GB" if needs else "", smallest(needs), trains, *fits))
    return rows


def smallest(needs):
    """The smallest instance without a GPU that has `needs` GB for a lesson; '' where that is not known, or too much."""
    there = [one for one in INSTANCES if not one.gpu and needs and one.gib * 2**30 / 1e9 >= needs + BESIDE]
    return f"`{min(there, key=lambda one: one.gib).name}`" if there else ""


def _hub():
    rows = _head("model", "method", *(", ".join(names) for names in _gpus()))
    return rows + [_row(model, method, *_fits(model, method, HUB_SEQUENCE, 1)) for model, method in HUB]


def _fits(model, method, sequence, batch):
    """For each group of GPUs: what a step needs, and the largest batch; or what to change, and what it needs then."""
    for names in _gpus():
        (fit,) = memory.plan(model, method, sequence, names[:1], batch=batch)
        needed = f"{fit.needed_gb:.1f} GB"
        yield f"{needed} (up to {fit.largest_batch})" if fit.fits else f"{needed}: no; {fit.advice}"
