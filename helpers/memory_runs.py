"""Training steps to measure, and prediction held against measurement over many of them, a process for each.

`python -m helpers.memory_runs '{"method": "lora", "batch": 4, "sequence": 256}'` measures one and prints it as JSON.
"""

import hashlib
import itertools
import json
import os
import subprocess
import sys
from importlib.metadata import version

from helpers import course
from helpers.errors import CourseError
from helpers.files import write_json
from helpers.memory import METHODS, PARTS, error, measure, predict, rivals
from helpers.memory.shape import need
from helpers.progress import Bar

# What the full budget measures: 72 steps.
GRID = [
    {"method": method, "batch": batch, "sequence": sequence, "checkpointing": checkpointing}
    for method, sequence, batch, checkpointing in itertools.product(
        METHODS, (64, 128, 256, 512), (1, 4, 8), (False, True)
    )
]


def build(method, checkpointing=False, rank=16):
    """The course's model, ready to train by `method`, and its optimizer (fused AdamW, as Trainer's default).

    'full' trains fp32 weights under autocast; 'lora' and 'qlora' train fp32 adapters on frozen weights.
    """
    import torch

    from helpers import finetune, models

    need(method, METHODS, "method")
    if method == "qlora":
        model = models.load_4bit_model()
    else:
        model = models.load_model()
    model = model.float() if method == "full" else finetune.add_lora(model, rank)
    model.train()
    if checkpointing:
        if method != "full":
            model.enable_input_require_grads()  # or the first layer, with nothing to train before it, gets no gradient
        model.activation_checkpointing_enable()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return model, torch.optim.AdamW(trained, lr=1e-4, fused=course.device() != "mps")


def training_step(model, optimizer, batch, sequence):
    """A function that trains `model` for one step on random tokens: forward under autocast, backward, update."""
    import torch

    generator = torch.Generator().manual_seed(course.seed())
    tokens = torch.randint(0, model.config.vocab_size, (batch, sequence), generator=generator).to(model.device)

    def step():
        with course.autocast():
            loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def measured(method, batch, sequence, checkpointing=False, rank=16):
    """The Footprint of one training step, measured in this process."""
    model, optimizer = build(method, checkpointing, rank)
    training_step(model, optimizer, 1, 8)()  # a small step first: it makes the optimizer's state
    return measure(training_step(model, optimizer, batch, sequence), model, optimizer)


def sweep(configurations, label="Measuring"):
    """Measure each configuration in a process of its own, predict it, and return the rows, in order.

    configurations: dicts of method, batch, sequence and, if wanted, checkpointing and rank. A row has these, the device
    and dtype, `measured` and `predicted` (bytes by part, at the peak), and the rivals' bytes in all.

    What was measured before with this code, these versions and settings is read from runs/: a sweep that was stopped
    goes on. Raises CourseError, naming the configuration, where a process fails.
    """
    from helpers import models, shapes

    config, rows = models.load_config(), []
    skeleton = shapes.skeleton(config)
    with Bar(len(configurations), label) as bar:
        for configuration in configurations:
            kept = course.RUNS / "memory" / f"{_fingerprint(configuration)}.json"
            if not kept.exists():
                write_json(kept, _in_a_process(configuration))
            measured = json.loads(kept.read_text(encoding="utf-8"))
            rows.append(_row(configuration, measured, config, skeleton))
            bar.advance(note=describe(configuration))
    return rows


def _row(configuration, measured, config, skeleton):
    dtype = str(course.dtype()).removeprefix("torch.")
    settings = {"checkpointing": False, "rank": 16} | configuration | {"dtype": dtype}
    predicted = predict(config, **settings)
    accelerate = rivals.accelerate_estimate(skeleton, config, settings["method"], dtype, settings["rank"])
    return {
        **settings,
        "device": course.device(),
        **measured,
        "predicted": predicted.parts,
        "predicted_at": predicted.moment,
        "accelerate": int(accelerate),
        "transformer_math": int(rivals.transformer_math(config, **settings)),
    }


def describe(row):
    """'lora, 4 x 256 tokens, checkpointing', for a row or a configuration."""
    checkpointing = ", checkpointing" if row.get("checkpointing") else ""
    return f"{row['method']}, {row['batch']} x {row['sequence']} tokens{checkpointing}"


def _fingerprint(configuration):
    """A hash of all that a measurement depends on."""
    made_by = ("memory/footprint.py", "memory/measure.py", "memory_runs.py", "models.py", "finetune/methods.py")
    code = [(course.ROOT / "helpers" / name).read_bytes() for name in made_by]
    machine = [str(course.settings()["device"]), str(course.dtype()), course.model()]
    libraries = course.versions() | {"bitsandbytes": version("bitsandbytes")}
    settings = {"checkpointing": False, "rank": 16} | configuration
    about = json.dumps([machine, libraries, settings], sort_keys=True).encode()
    return hashlib.sha256(b"\0".join([*code, about])).hexdigest()[:20]


def _in_a_process(configuration):
    command = [sys.executable, "-m", "helpers.memory_runs", json.dumps(configuration)]
    environment = os.environ | {"PYTHONPATH": course.python_path(), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", env=environment, stdin=subprocess.DEVNULL
    )
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    if done.returncode in (-9, 137):
        raise CourseError(
            f"{describe(configuration)}: the system ended the process, most often because memory ran out. Close other "
            "programs, or leave this configuration out. What was measured so far is kept."
        )
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    raise CourseError(f"{describe(configuration)} failed: {last}")


def summary(rows):
    """The numbers of a comparison: median and largest error, and how often the prediction is closer than the rivals.

    All are fractions. Errors are of the peak, in absolute value, relative to the measurement.
    """
    from statistics import median

    def errors(name):
        return [abs(error(_total(row[name]), _total(row["measured"]))) for row in rows]

    ours = errors("predicted")
    closer = {
        name: sum(a < b for a, b in zip(ours, errors(name), strict=True)) / len(rows)
        for name in ("accelerate", "transformer_math")
    }
    return {
        "memory_error_median": median(ours),
        "memory_error_max": max(ours),
        "part_error_median": median(part_errors(rows)),
        "part_error_max": max(part_errors(rows)),
        "closer_than_accelerate": closer["accelerate"],
        "closer_than_transformer_math": closer["transformer_math"],
        "accelerate_error_median": median(errors("accelerate")),
        "transformer_math_error_median": median(errors("transformer_math")),
    }


def part_errors(rows, least=0.05):
    """The error of each part that is at least `least` of its row's measured peak, in absolute value, as fractions."""
    return [
        abs(error(row["predicted"][part], row["measured"][part]))
        for row in rows
        for part in PARTS
        if row["measured"][part] >= least * _total(row["measured"])
    ]


def _total(value):
    return sum(value.values()) if isinstance(value, dict) else value


if __name__ == "__main__":
    course.quiet()
    found = measured(**json.loads(sys.argv[1]))
    print(json.dumps({"measured": found.parts, "measured_at": found.moment}))
