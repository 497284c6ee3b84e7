"""Which learning rate, rank, layers, and how many rows: python -m tests.benchmarks.tuning_sweep [part ...] [--rows N]

Each run trains the base model on the same rows, one epoch, and takes the loss on held-out validation rows before and
at the end. Parts: rates, layers, ranks, variants, qlora; all of them by default. A run that was done is kept, so that a
sweep that was stopped goes on, and two programs can share the parts. Writes data/results/tuning-sweep-<device>.json,
which lessons 07 to 09 show.

`tuning_sweep --counts [ROWS ...]` changes the number of rows instead, at the rate of lesson 08, and judges the answers
to 300 validation functions, too. Writes data/results/tuning-rows-<device>.json, which lesson 08 shows.
"""

import argparse
import json
import statistics

from helpers import course, documenting, finetune, models, tuned
from helpers.files import locked, write_json

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
STANDARD = {"method": "lora", "learning_rate": 1e-3, "layers": "all-linear", "rank": 16, "variant": ""}
COUNTS = (20, 80, 320, 1280)  # of rows, for --counts
ANSWERS = 300  # validation functions whose sentences are judged there
RATES = {"full": (1e-5, 3e-5, 1e-4, 3e-4), "lora": (1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 1e-2)}


def plan():
    """Part → its runs: dicts of method, learning_rate, layers, rank and variant."""
    full = {"method": "full", "layers": "all", "rank": None, "variant": ""}
    return {
        "rates": [full | {"learning_rate": rate} for rate in RATES["full"]]
        + [STANDARD | {"learning_rate": rate} for rate in RATES["lora"]],
        "layers": [STANDARD | {"layers": "attention", "learning_rate": rate} for rate in (1e-3, 3e-3)],
        "ranks": [STANDARD | {"rank": rank} for rank in (1, 4, 64)],
        "variants": [STANDARD | {"variant": variant} for variant in ("dora", "rslora")]
        + [STANDARD | {"variant": "prompt", "layers": "none", "rank": None, "learning_rate": 3e-2}],
        "qlora": [STANDARD | {"method": "qlora", "learning_rate": rate} for rate in (3e-4, 1e-3, 2e-3, 3e-3)]
        + [STANDARD | {"method": "qlora", "rank": 64}],
    }


def adapter(run):
    """The PEFT configuration of a run, or None for full fine-tuning."""
    from peft import LoraConfig, PromptTuningConfig

    if run["method"] == "full":
        return None
    if run["variant"] == "prompt":
        return PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=20)
    return LoraConfig(
        r=run["rank"],
        lora_alpha=32,
        target_modules=ATTENTION if run["layers"] == "attention" else "all-linear",
        use_dora=run["variant"] == "dora",
        use_rslora=run["variant"] == "rslora",
        task_type="CAUSAL_LM",
    )


def measured(run, rows, watched, seed):
    """Train, and return the run with its validation losses (nats a token), seconds and trainable parameters."""
    result = finetune.finetune(
        None, rows, run["method"], validation=watched, learning_rate=run["learning_rate"], adapter=adapter(run),
        accumulate=2, evaluations=1, label=" ".join(str(value) for value in run.values() if value),
    )  # fmt: skip
    found = run | {
        "rows": len(rows),
        "seed": seed,
        "validation_loss": result.evaluations[-1][1],
        "curve": result.evaluations,
        "trainable": result.trainable,
        "seconds": round(result.training_seconds, 1),
    }
    return found | (judgement(result.model) if "answers" in run else {})


def judgement(model):
    """The mean ROUGE and words of the model's sentences for validation functions."""
    asked = documenting.functions("validation", ANSWERS)
    sentences = documenting.write(finetune.for_inference(model), models.load_tokenizer(), asked)
    scores = documenting.scores(sentences, asked)
    return {kind: statistics.mean(row[kind] for row in scores) for kind in (*documenting.ROUGE, "words")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(plan()))
    parser.add_argument("--rows", type=int, default=160)
    parser.add_argument("--counts", type=int, nargs="*", metavar="ROWS", help="change the number of rows instead")
    chosen = parser.parse_args()
    course.quiet()
    counting = chosen.counts is not None
    if counting and chosen.parts:
        parser.error("--counts changes the number of rows alone: leave the parts out, or --counts")
    name = "tuning-rows" if counting else "tuning-sweep"
    path = course.ROOT / "data" / "results" / f"{name}-{course.device()}.json"
    watched = documenting.training_rows(documenting.functions("validation", 64))
    jobs = [(run, chosen.rows) for part in chosen.parts or plan() for run in plan()[part]]
    if counting:
        run = STANDARD | {"learning_rate": tuned.RATES["lora"], "answers": ANSWERS}
        jobs = [(run, count) for count in chosen.counts or COUNTS]
    for run, count in jobs:
        about = run | {"rows": count, "seed": course.seed()}
        if any(about.items() <= done.items() for done in runs_in(path)):
            continue
        rows = documenting.training_rows(tuned.training_functions(count))
        done = measured(run, rows, watched, course.seed())
        print(f"{done['validation_loss']:.4f} nats, {done['seconds']:.0f} s: {about}", flush=True)
        with locked(course.RUNS / "tuning-sweep.lock", "Another program writes its run; waiting."):
            found = {
                "runs": [*runs_in(path), done],
                "device": course.device(),
                "dtype": str(course.dtype()).removeprefix("torch."),
                "versions": course.versions(),
                "command": f"python -m tests.benchmarks.tuning_sweep{' --counts' if counting else ''}",
                "ran_at_commit": course.commit(),
            }
            write_json(path, found)


def runs_in(path):
    """The runs that `path` holds; none where there is no such file."""
    return json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []


if __name__ == "__main__":
    main()
