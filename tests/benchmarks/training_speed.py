"""How fast `finetune` trains, beside TRL's trainer and the hardware: python -m tests.benchmarks.training_speed

Ours (LoRA, full), TRL's `SFTTrainer` with its defaults, and TRL with the best settings that a search finds here, train
on the same rows in turns, ours and each rival in a process of its own, so that nothing of ours slows or speeds a rival.
Everybody has the same threads: all cores, or OMP_NUM_THREADS. Speed is real tokens (no padding) by the seconds from the
first step's begin to the last one's end; `values` holds medians over rounds. Between rounds it times plain matrix
products, the largest rate of several shapes: `share` is how much of that a trainer reaches, by the formula of
`helpers.flops`.

The search changes one of TRL's settings after another, and keeps what is faster (`trials` in the file); then it goes
through the rest once more, because some pay only together with others. `--to-loss`
adds the seconds until a validation loss that the slowest of three reaches at its end. `--smoke` tries the script on a
tiny model. It writes data/results/training-speed-<device>.json.

On a GPU the same rivals race, beside the GPU's own product rate; give it more rows (--rows 640 --trial-rows 160). That
path has been written, and not yet run.
"""

import argparse
import contextlib
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from helpers import course, documenting, finetune, flops, models
from helpers.files import write_json

BATCH, RANK, ALPHA = 8, 16, 32
PARTS = 2  # that a step is taken in: rows of one part resemble each other more in length, which saves padding
LOOKS = 8  # times that --to-loss takes the validation loss
NO_CHECKPOINTS = {"activation_checkpointing": False, "gradient_checkpointing": False}

# Changes to TRL's defaults: "model" goes to `from_pretrained`, "config" to `SFTConfig`; "pure" puts the adapters in
# bf16 too. A step's packs hold about the tokens of a batch. In parts, each pack is a sequence of its own; packs in one
# part make one long sequence, whose attention costs more.
BF16 = {"model": {"dtype": "bfloat16"}}
PACKED = {"packing": True, "train_sampling_strategy": "random"}
CHANGES = {
    "no checkpointing": {"config": NO_CHECKPOINTS},
    "bf16 weights": BF16,
    "grouped by length": {"config": {"train_sampling_strategy": "group_by_length"}},
    "padded to multiples of 16": {"config": {"pad_to_multiple_of": 16}},
    "eager attention": {"model": {"attn_implementation": "eager"}},
    "bf16 adapters, no autocast": BF16 | {"config": {"bf16": False}, "pure": True},
    "packs of 512, 3 parts": {
        "config": PACKED | {"max_length": 512, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 3}
    },
    "packs of 512, 3 in one": {"config": PACKED | {"max_length": 512, "per_device_train_batch_size": 3}},
    "packs of 1024": {"config": PACKED | {"max_length": 1024, "per_device_train_batch_size": 1}},
    "data loaded by a worker": {"config": {"dataloader_num_workers": 1}},
}


# What runs in the contestants' processes


def ours(rows, method, validation=None, learning_rate=None):
    """One epoch of `finetune` on `rows`, timed."""
    with timed(validation) as clock:
        result = finetune.finetune(
            None, rows, method, batch_size=BATCH, accumulate=PARTS, rank=RANK, alpha=ALPHA, learning_rate=learning_rate
        )
    return clock.report(result.tokens, result.losses)


def trl(rows, source, changes, validation=None, learning_rate=None):
    """One epoch of TRL's trainer on `rows`, timed. source: the model's folder or Hub id. changes: see `CHANGES`."""
    from datasets import Dataset
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, PrinterCallback
    from trl import SFTConfig, SFTTrainer

    course.quiet()
    options = {"bf16": has_bf16()} | changes.get("config", {})
    options |= {"learning_rate": learning_rate} if learning_rate else {}
    # The base model is stored in bf16, and TRL would train it so, a hundred times slower, where there is no bf16.
    loading = ({} if has_bf16() else {"dtype": "float32"}) | changes.get("model", {})
    lora = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules="all-linear", task_type="CAUSAL_LM")
    model = source
    if changes.get("pure"):
        model = AutoModelForCausalLM.from_pretrained(source, **changes["model"]).to(course.device())
        model, lora = get_peft_model(model, lora, autocast_adapter_dtype=False), None
    with tempfile.TemporaryDirectory() as folder, timed(validation) as clock:
        # Beyond TRL's defaults: one epoch, and neither files nor lines on the way.
        arguments = SFTConfig(
            output_dir=folder, num_train_epochs=1, save_strategy="no", report_to="none", disable_tqdm=True,
            use_cpu=course.device() == "cpu", model_init_kwargs=None if lora is None else loading,
            **options,
        )  # fmt: skip
        trainer = SFTTrainer(model=model, args=arguments, train_dataset=Dataset.from_list(rows), peft_config=lora)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return clock.report(sum(map(len, trainer.train_dataset["input_ids"])), losses)


@contextlib.contextmanager
def timed(validation=None):
    """A clock that every trainer of this process gets meanwhile: the same for ours and for TRL's.

    validation: rows whose loss is taken now and then, while the clock stands still.
    """
    import torch
    from transformers import TrainerCallback, trainer

    class Clock(TrainerCallback):
        def __init__(self):
            self.seconds, self.last, self.curve = 0.0, None, []

        def on_step_begin(self, args, state, control, model=None, **_):
            if self.last is None:
                self.look(model)
                self.last = now(torch)

        def on_step_end(self, args, state, control, model=None, **_):
            self.seconds += now(torch) - self.last
            if state.global_step % max(1, state.max_steps // LOOKS) == 0 or state.global_step == state.max_steps:
                self.look(model)
            self.last = now(torch)

        def look(self, model):
            if validation:
                self.curve.append((self.seconds, validation_loss(model, validation)))

        def report(self, tokens, losses):
            return {
                "tokens": tokens, "seconds": self.seconds, "tokens_per_second": tokens / self.seconds,
                "losses": losses, "curve": self.curve, "peak_gb": course.peak_gb(), "threads": torch.get_num_threads(),
            }  # fmt: skip

    clock = Clock()
    trainer.DEFAULT_CALLBACKS.append(clock)
    try:
        yield clock
    finally:
        trainer.DEFAULT_CALLBACKS.remove(clock)


def now(torch):
    """Seconds, after all work that a GPU was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def validation_loss(model, rows):
    """Nats per answer token of tokenised `rows`, one at a time, so that nothing is padded."""
    import torch

    training, total, count = model.training, 0.0, 0
    model.eval()
    with torch.no_grad(), course.autocast():
        for ids, labels in rows:
            logits = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False).logits[0, :-1]
            labels = torch.tensor(labels[1:], device=model.device)
            total += torch.nn.functional.cross_entropy(logits.float(), labels, reduction="sum").item()
            count += int((labels != -100).sum())
    model.train(training)
    return total / count


def product_rates(seconds=0.4):
    """TFLOP/s of plain matrix products in the computing dtype, {shape: rate}: the model's own shapes and a square."""
    import torch

    from helpers.memory.shape import Shape

    device, dtype = course.device(), course.dtype()
    tokens, square = (1280, 2048) if device == "cpu" else (8192, 8192)
    shapes = {(tokens, *each) for each in Shape.of(models.load_config()).linears} | {(square,) * 3}
    found = {}
    for m, k, n in sorted(shapes):
        left = torch.randn(m, k, device=device, dtype=dtype)
        right = torch.randn(n, k, device=device, dtype=dtype).T  # as a linear layer keeps its weights
        out = torch.empty(m, n, device=device, dtype=dtype)
        torch.mm(left, right, out=out)
        rounds, started = 0, now(torch)
        while now(torch) - started < seconds:
            for _ in range(4):
                torch.mm(left, right, out=out)
            rounds += 4
        found[f"{m} x {k} x {n}"] = rounds * 2 * m * k * n / (now(torch) - started) / 1e12
    return found


def prepared():
    """Import what takes seconds, before any round. Data workers start as they do in a program of one's own."""
    import trl.trainer.sft_trainer  # noqa: F401

    multiprocessing.set_start_method(None, force=True)  # else they start anew, and import it all again


# What runs in the process that was started


class Stage:
    """The contestants' processes: `call(name, function, ...)` runs it in the process of that name and waits."""

    def __init__(self, together=False):
        self.together, self.pools = together, {}

    def call(self, name, function, *arguments):
        # LoRA and full share a process: it keeps its memory, and two of them would leave too little for the rivals.
        name = "all" if self.together else name.partition("_")[0] if name.startswith("ours") else name
        if name not in self.pools:
            context = multiprocessing.get_context("spawn")
            self.pools[name] = ProcessPoolExecutor(1, mp_context=context)
            self.pools[name].submit(prepared).result()
        try:
            return self.pools[name].submit(function, *arguments).result()
        except BrokenProcessPool:  # killed, most likely for its memory
            self.dismiss(name)
            raise

    def dismiss(self, name):
        if pool := self.pools.pop(name, None):
            pool.shutdown()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.pools):
            self.dismiss(name)


def merged(changes, more):
    """`changes` with those of `more` on top."""
    both = {key: {**changes.get(key, {}), **more.get(key, {})} for key in ("model", "config")}
    return both | {"pure": changes.get("pure", False) or more.get("pure", False)}


def best_settings(stage, rows, source):
    """(name, changes, trials): TRL's fastest settings on `rows`, found by one change after another."""
    stage.call("trials", trl, rows[:BATCH], source, {})  # the first step of a process sets things up
    best, names, speed, trials = {}, [], 0.0, []
    changes = {name: change for name, change in CHANGES.items() if has_bf16() or "bf16" not in name}
    for name, change in [("defaults", {}), *changes.items(), *changes.items()]:
        if name in names:
            continue
        tried = merged(best, change)
        label = " + ".join([*names, name])
        try:
            found = stage.call("trials", trl, rows, source, tried)["tokens_per_second"]
        except BrokenProcessPool:
            found, trouble = 0.0, "its process died"
        except Exception as error:  # whatever TRL says of settings that do not go together here
            found, trouble = 0.0, f"{type(error).__name__}: {error}".splitlines()[0][:200]
        else:
            trouble = None
        trials.append({"settings": label, "tokens_per_second": found, "trouble": trouble})
        print(f"  trial  {found:7.0f} tokens/s  {label}{f'  ({trouble})' if trouble else ''}", flush=True)
        if found > speed:
            best, speed = tried, found
            names = [*names, name] if change else []
    stage.dismiss("trials")
    return " + ".join(names) or "defaults", best, trials


def race(stage, contestants, rounds):
    """({name: a report for each round}, rates between rounds). They take turns, and another begins each time."""
    reports, rates = {name: [] for name in contestants}, [stage.call("products", product_rates)]
    names = list(contestants)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            reports[name].append(stage.call(name, *contestants[name]))
            found = reports[name][-1]
            print(f"  round {number + 1}  {found['tokens_per_second']:7.0f} tokens/s  {name}", flush=True)
        rates.append(stage.call("products", product_rates))
        print(f"  round {number + 1}  {max(rates[-1].values()):7.3f} TFLOP/s in plain products", flush=True)
    return reports, rates


def to_loss(stage, rows, held_out, source, best):
    """Seconds to the validation loss that the slowest reaches at its end, and the curves; one learning rate for all."""
    rate = finetune.LEARNING_RATES["lora"]
    runs = {
        "ours_lora": (ours, rows, "lora", held_out, rate),
        "trl_defaults": (trl, rows, source, {}, held_out, rate),
        "trl_best": (trl, rows, source, best, held_out, rate),
    }
    curves = {name: stage.call(name, *run)["curve"] for name, run in runs.items()}
    target = max(curve[-1][1] for curve in curves.values())
    seconds = {name: reached(curve, target) for name, curve in curves.items()}
    for name, found in seconds.items():
        print(f"  {found:7.1f} s to a validation loss of {target:.3f}  {name}", flush=True)
    return {"learning_rate": rate, "rows": len(rows), "loss": target, "seconds": seconds, "curves": curves}


def reached(curve, target):
    """Seconds at which a curve of (seconds, loss) first meets `target`, on straight lines between its points."""
    before = curve[0]
    for after in curve:
        if after[1] <= target:
            share = 1.0 if after[1] == before[1] else (before[1] - target) / (before[1] - after[1])
            return before[0] + share * (after[0] - before[0])
        before = after
    raise ValueError(f"no point of the curve is at {target} or below")


def summary(reports, rates, tokenised):
    """The medians over rounds, by name: speeds, ratios, the rate of plain products, and each one's share of it."""
    lengths = [len(ids) for ids, _ in tokenised]
    answers = [sum(label != -100 for label in labels) for _, labels in tokenised]
    rate = statistics.median(max(found.values()) for found in rates)
    values = {"product_tflops": rate}
    for name, rounds in reports.items():
        speed = statistics.median(report["tokens_per_second"] for report in rounds)
        method = "full" if name == "ours_full" else "lora"
        needed = sum(flops.training(models.load_config(), lengths, answers, method, RANK).values()) / sum(lengths)
        values |= {
            f"{name}_tokens_per_second": speed,
            f"{name}_share": speed * needed / 1e12 / rate,
        }
        if name.startswith("trl"):
            ratios = [
                ours["tokens_per_second"] / theirs["tokens_per_second"]
                for ours, theirs in zip(reports["ours_lora"], rounds, strict=True)
            ]
            values[f"times_{name}"] = values["ours_lora_tokens_per_second"] / speed
            values[f"times_{name}_range"] = [min(ratios), max(ratios)]
    return values


def has_bf16():
    """Whether products in bf16 are fast here. Elsewhere they can be a hundred times slower than those in fp32."""
    return course.settings()["dtype"].value == "bfloat16"


def tokenised(rows):
    """(ids, labels) of each row, as `finetune` makes them."""
    made = finetune.rows.dataset(rows, models.load_tokenizer(), 1024)
    return list(zip(made["input_ids"], made["labels"], strict=True))


def processor():
    """The device's name, as the system tells it."""
    if course.device() != "cpu":
        return course.settings()["device"].reason
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@contextlib.contextmanager
def tiny_model():
    """Make COURSE_MODEL a random Llama with two thin layers and a small vocabulary, in a folder of its own."""
    from transformers import LlamaConfig, LlamaForCausalLM

    texts = [row["code"] for row in documenting.functions("train", 40)]
    tokenizer = models.load_tokenizer().train_new_from_iterator(texts, 800)
    with tempfile.TemporaryDirectory() as folder:
        shape = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4)
        config = LlamaConfig(vocab_size=len(tokenizer), tie_word_embeddings=True, **shape)
        LlamaForCausalLM(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        os.environ["COURSE_MODEL"] = folder
        try:
            yield
        finally:
            del os.environ["COURSE_MODEL"]


def parsed(words):
    parser = argparse.ArgumentParser(prog="training_speed", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=24, help="rows of a round (24)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (5)")
    parser.add_argument("--trial-rows", type=int, default=16, help="rows of a trial of TRL's settings (16)")
    parser.add_argument("--to-loss", type=int, metavar="ROWS", nargs="?", const=128, help="time to a loss, too (128)")
    parser.add_argument("--smoke", action="store_true", help="a tiny model and few rows, in one process")
    parser.add_argument("--output", type=Path, help="the file to write")
    options = parser.parse_args(words)
    if options.smoke:
        options.rows = options.trial_rows = options.to_loss = 8
        options.rounds = 1
    name = f"training-speed-{course.device()}{'-smoke' if options.smoke else ''}.json"
    options.output = options.output or (course.RUNS if options.smoke else course.ROOT / "data" / "results") / name
    return options


def measured(options):
    """Run it all and return what is written."""
    started, source = time.monotonic(), course.model()
    if source == course.BASE_MODEL:
        source = str(models.prepare())
    functions = documenting.functions("train", max(options.rows, options.trial_rows, options.to_loss or 0))
    rows = documenting.training_rows(functions)
    with Stage(together=options.smoke) as stage:
        print("TRL's best settings:", flush=True)
        best_name, best, trials = best_settings(stage, rows[: options.trial_rows], source)
        contestants = {
            "ours_lora": (ours, rows[: options.rows], "lora"),
            "ours_full": (ours, rows[: options.rows], "full"),
            "trl_defaults": (trl, rows[: options.rows], source, {}),
            "trl_best": (trl, rows[: options.rows], source, best),
        }
        for name, (function, _, *rest) in contestants.items():
            stage.call(name, function, rows[:BATCH], *rest)  # the first step of a process sets things up
        print(f"The race, TRL's best being: {best_name}", flush=True)
        reports, rates = race(stage, contestants, options.rounds)
        values, loss = summary(reports, rates, tokenised(rows[: options.rows])), None
        if options.to_loss:
            held_out = tokenised(documenting.training_rows(documenting.functions("validation", options.to_loss // 4)))
            loss = to_loss(stage, rows[: options.to_loss], held_out, source, best)
    return {
        "benchmark": "training-speed",
        "device": course.device(),
        "processor": processor(),
        "cores": course.cores(),
        "minutes": round((time.monotonic() - started) / 60, 2),
        "values": values,
        "settings": {
            "dtype": course.settings()["dtype"].value, "model": Path(course.model()).name, "rows": options.rows,
            "rounds": options.rounds, "batch_size": BATCH, "rank": RANK, "seed": course.seed(),
            "threads": os.environ["OMP_NUM_THREADS"],
        },  # fmt: skip
        "trl_best": {"name": best_name, "changes": best, "trials": trials},
        "formula": flops.FORMULA,
        "rounds": {name: [without(report, "curve") for report in found] for name, found in reports.items()},
        "products": rates,
        "to_loss": loss,
        "versions": course.versions(),
        "command": " ".join(["python -m tests.benchmarks.training_speed", *sys.argv[1:]]),
        "ran_at_commit": course.commit(),
    }  # fmt: skip


def without(report, key):
    return {name: value for name, value in report.items() if name != key}


def main(words):
    options = parsed(words)
    os.environ.setdefault("OMP_NUM_THREADS", str(course.cores()))  # the same for everybody, ours included
    course.quiet()
    with tiny_model() if options.smoke else contextlib.nullcontext():
        found = measured(options)
    write_json(options.output, found)
    for name, value in found["values"].items():
        print(f"{name:32} {value if isinstance(value, list) else round(value, 3)}")
    print(f"{found['minutes']} minutes; written to {options.output.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
