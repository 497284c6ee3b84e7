"""Makes the adapter that the tool comes with (`data/adapters/test_writer`) out of lesson 11's full-budget one.

`COURSE_BUDGET=full python -m helpers.testgen.shipping` trains it, or finds it trained, and writes it. Its card has the
numbers that `python3 -m helpers results 11` published, if the rows are as many as theirs.
"""

import json
import re

from helpers import metrics
from helpers.course import ROOT
from helpers.errors import CourseError
from helpers.files import new_folder, write_json, write_text

ADAPTER = ROOT / "data" / "adapters" / "test_writer"
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
BASE = "HuggingFaceTB/SmolLM2-135M-Instruct"
LARGEST = 10_000_000  # bytes of a shipped adapter: it is part of the repository
NAMES = {
    "valid_tuned": "valid tests",
    "assertions_hold": "assertions that hold",
    "pass_at_1": "tests that hold and catch a bug, of one answer each",
    "pass_at_8": "the same, where one of eight answers is enough",
    "human_eval_hold": "assertions that hold on functions of HumanEval",
    "model_only_mutation_score": "mutants that its calls catch, with the values of an execution",
    "program_only_mutation_score": "mutants that a program's calls catch",
    "aided_mutation_score": "mutants that both together catch",
}
BEFORE = (
    " Of trainings like this one with several seeds, before the rounding, on {tested} functions\n  of packages that "
    "were not trained on:"
)

CARD = """# Test writer

A LoRA adapter (rank {rank}, all linear layers) for SmolLM2-135M-Instruct. Asked to test a Python function, it writes
a pytest test of one assertion. `python3 -m helpers testgen` uses it to propose calls.

- **Licence**: Apache-2.0, as the base model.
- **Made by**: `COURSE_BUDGET=full python -m helpers.testgen.shipping` (seed {seed}), which rounds the weights to
  bf16; `python3 -m helpers results 11` trains the same and measures it. Learning rate {rate:g}, {steps} steps.
- **Trained on**: {rows} verified pairs of a test and a function out of the course's pinned packages
  (`data/corpus.toml` names them with their licences). A program wrote the tests, from executions: no person did, and
  no model.
- **Measured** in lesson 11.{measured}

**How to use it.** Take its calls, and let an execution fill in the values, as the tool does. Its own expected values
are often wrong: it cannot calculate. Run what it writes in a sandbox only.

**Known weaknesses.** It has learned from short functions of plain values: numbers, texts, lists, now and then a set. It
repeats the calls it saw most: empty texts, small numbers. Asked for anything but a test, it may answer with one.
"""


def ship(folder, values, about, target=ADAPTER):
    """Write the adapter in `folder` (`save_pretrained`'s) to `target`: in bf16, without local paths, with a card.

    values: of lesson 11, with intervals; {} where it was not measured. about: seed, rate, steps, rows, tested (how many
    functions). Raises CourseError if it is too large.
    """
    import torch
    from safetensors.torch import load_file, save_file

    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    config |= {"base_model_name_or_path": BASE, "inference_mode": True}
    tensors = {name: tensor.to(torch.bfloat16) for name, tensor in load_file(folder / WEIGHTS).items()}
    size = sum(2 * tensor.numel() for tensor in tensors.values())
    if size > LARGEST:
        raise CourseError(
            f"The adapter takes {size / 1e6:.1f} MB, and {LARGEST / 1e6:.0f} is the most. Lower the rank."
        )
    shown = [
        f"\n  - {called}: {metrics.in_words(values, name)}"
        for name, called in NAMES.items()
        if f"{name}_ci" in values
    ]
    if shown:
        shown.insert(0, BEFORE.format(**about))
    with new_folder(target) as temporary:
        save_file(tensors, temporary / WEIGHTS, metadata={"format": "pt"})
        write_json(temporary / CONFIG, config)
        write_text(temporary / "README.md", CARD.format(rank=config["r"], measured="".join(shown), **about))


def rows(folder=ADAPTER):
    """How many rows the adapter in `folder` was trained on, by its card."""
    card = (folder / "README.md").read_text(encoding="utf-8")
    return int(re.search(r"Trained on\W+(\d+)", card).group(1))


def main():
    """Train with the course's settings, or find the training, and ship it."""
    from helpers import course
    from helpers.testgen import writer

    tuned = writer.train()
    settings = tuned.result.settings
    about = {"seed": course.seed(), "rate": settings["learning_rate"], "steps": tuned.result.steps}
    about |= {"rows": len(writer.training_rows()), "tested": writer.sizes()["tested"]}
    published = (course.result("11") or {}).get("values", {})
    ship(tuned.folder / "adapter", published if published.get("rows_tuned") == about["rows"] else {}, about)


if __name__ == "__main__":
    main()
