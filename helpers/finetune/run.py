"""One function that fine-tunes: settings with good defaults, checkpoints, resuming, errors that say what to do."""

import contextlib
import dataclasses
import math
import tempfile
import time
from numbers import Real
from pathlib import Path

from helpers import course, heap, models
from helpers.errors import CourseError
from helpers.finetune import checkpoints, methods, rows, troubles
from helpers.finetune.callbacks import shown, stopping
from helpers.finetune.result import Result
from helpers.finetune.trainer import trainer_class, unpatched
from helpers.memory.shape import need, need_positive
from helpers.threads import Threads

# Above this many tokens a row, attention keeps too much as a plain matrix product; then the fused kernel is used.
PLAIN_ATTENTION = 1024
SCHEDULES = ("linear", "cosine", "constant", "constant_with_warmup")


def finetune(
    model,
    data,
    method="lora",
    *,
    tokenizer=None,
    validation=None,
    epochs=1,
    batch_size=8,
    accumulate=1,
    learning_rate=None,
    schedule="linear",
    warmup=0.05,
    weight_decay=0.0,
    rank=None,
    alpha=None,
    adapter=None,
    max_length=1024,
    max_steps=None,
    evaluations=4,
    patience=None,
    checkpointing=False,
    folder=None,
    keep_checkpoints=False,
    measure_memory=False,
    label="Training",
    curves=True,
):
    """Train `model` on `data` by `method` and return a `Result`, whose `model` is the trained one.

    model: as `models.load_model` gives it ('full', 'lora') or `load_4bit_model` ('qlora'), or None to load it here;
    it is changed in place. A model that has adapters trains those. data: dicts {"prompt": messages, "completion":
    messages}, or both texts; the loss is on the completion alone, in nats per token. validation: rows of the same form,
    whose loss is taken `evaluations` times on the way, and before the first step. tokenizer: the model's own (None:
    that of the chosen model, COURSE_MODEL).

    batch_size: rows of a step over all processes; accumulate: a step's rows are taken in so many parts, and validation
    rows as few at once, which saves memory. learning_rate: None for the method's own (LEARNING_RATES). warmup: share of
    the steps over which it rises; then `schedule` ('linear', 'cosine', 'constant_with_warmup') takes over ('constant'
    has no warm-up). rank, alpha: of the adapters, on all linear layers (None: 16 and 32; 'full' has none); adapter: a
    PEFT configuration instead of these. max_length: the longest row allowed, in tokens. max_steps: instead of epochs.
    checkpointing: calculate each layer again in the backward pass instead of keeping what is in it: less memory, more
    time. patience: stop after so many evaluations without a lower validation loss, and keep the best weights.

    folder: where checkpoints go, one after each evaluation (or quarter of the steps). A run that was stopped goes on
    from the last one when the same call is made again (`accumulate` may differ), and ends with the same weights.
    Without it, nothing is kept. keep_checkpoints: leave the last one there when the run is done.
    curves: whether a notebook shows the losses as they come in; `label` is what the progress bar says.
    measure_memory: hold the memory of one more forward and backward pass against the prediction, in `Result.memory`.

    Run it by `torchrun` to use several processes: each takes its share of every batch; where the last batch of an
    epoch is not full, some rows come a second time, to give every process as many.

    Raises CourseError on rows, settings and models that cannot be trained, where memory or the disk is too small, and
    where `folder` holds a run of other settings.
    """
    need(method, methods.METHODS, "method")
    sizes = dict(epochs=epochs, batch_size=batch_size, accumulate=accumulate, evaluations=evaluations)
    optional = dict(rank=rank, max_steps=max_steps, patience=patience)
    sizes |= {"max_length": max_length} | {name: value for name, value in optional.items() if value is not None}
    for name, value in sizes.items():
        need_positive(name, value)
    methods.need_model(model, rank, alpha, adapter)
    rank, alpha = (methods.RANK if rank is None else rank), (methods.ALPHA if alpha is None else alpha)
    rate = methods.LEARNING_RATES[method] if learning_rate is None else learning_rate
    for name, value in dict(learning_rate=rate, warmup=warmup, alpha=alpha, weight_decay=weight_decay).items():
        if not isinstance(value, Real):
            raise CourseError(f"{name} is {value!r}. Give a number.")
    if patience is not None and not validation:
        raise CourseError("Early stopping watches the validation loss. Give validation rows, or leave patience out.")
    if schedule not in SCHEDULES or not 0 <= warmup < 1 or not 0 < rate < math.inf:
        raise CourseError(
            f"learning_rate is {rate}, warmup {warmup} and schedule {schedule!r}. The rate must be above 0, "
            f"warmup a share of the steps below 1, and schedule one of {', '.join(SCHEDULES)}."
        )
    if not (alpha > 0 and weight_decay >= 0):
        raise CourseError(f"alpha is {alpha}, weight_decay {weight_decay}. Alpha must be above 0, the decay 0 or more.")
    heap.release()  # what an earlier training left
    from transformers import set_seed

    if tokenizer is None:
        tokenizer = models.load_tokenizer()
        rows.need_same_vocabulary(model, tokenizer)
    train = rows.dataset(data, tokenizer, max_length)
    held_out = rows.dataset(validation, tokenizer, max_length, "validation") if validation is not None else None
    longest = rows.longest_of([train, held_out])
    steps = max_steps or math.ceil(len(train) / batch_size) * epochs
    settings = {
        "method": method, "rows": len(train), "epochs": epochs, "steps": steps, "batch_size": batch_size,
        "learning_rate": rate, "schedule": schedule, "warmup": warmup, "weight_decay": weight_decay,
        "seed": course.seed(), "model": methods.name_of(model), "device": course.device(),
        "dtype": str(course.dtype()).removeprefix("torch."),
        "adapter": methods.described(model, method, rank, alpha, adapter), "checkpointing": bool(checkpointing),
    }  # fmt: skip
    interval = math.ceil(steps / evaluations)
    with contextlib.ExitStack() as stack:
        place = Path(folder) if folder else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        arguments = _arguments(place, settings, accumulate, interval, held_out, patience, keep=bool(folder))
        set_seed(settings["seed"])  # adapters start at random
        given = model
        about = settings | {
            "accumulate": accumulate, "rows_at_once": arguments.per_device_train_batch_size,
            "plain_attention": _plain(longest),
        }  # fmt: skip
        stack.enter_context(troubles.explained(lambda: model, about, longest, place if folder else None))
        model = methods.ready(model, method, rank, alpha, adapter)
        stack.enter_context(methods.taken_off(model, given))
        rows.need_known(model, [train, held_out])
        identity = settings | {"evaluations": evaluations, "patience": patience}
        last = checkpoints.claim(place, identity, [train, held_out], model) if folder else None
        arguments.eval_on_start = bool(held_out) and not last
        if arguments.save_strategy != "no":
            checkpoints.need_disk(place, model, arguments)
        stack.enter_context(_plain_attention(model, longest))
        stack.enter_context(unpatched(model))
        result = Result(method, settings=settings, versions=course.versions())
        clock = shown(stack, steps, label, curves)
        # TRL turns a 4-bit model's adapters into bf16, which rounds them now, and would lose small updates later.
        exact = [(parameter, parameter.data) for parameter in model.parameters() if parameter.requires_grad]
        trainer = trainer_class()(
            model=model,
            args=arguments,
            train_dataset=train,
            eval_dataset=held_out,
            processing_class=tokenizer,
            callbacks=[clock, troubles.stops_on_nan(settings, folder), *([stopping(patience)] if patience else [])],
        )
        for parameter, values in exact:
            parameter.data = values.to(parameter.device).float()
        troubles.quiet(trainer)
        trainer.threads = Threads()
        started = time.perf_counter()
        trainer.train(resume_from_checkpoint=str(last) if last else None)
        _fill(result, trainer, last, time.perf_counter() - started, clock.seconds)
        if folder:
            result = _as_measured(result, place / checkpoints.DONE, trainer.is_world_process_zero())
        if measure_memory:
            from helpers.finetune import measuring

            result.memory = measuring.measured(trainer, settings, rank)
        trainer.accelerator.wait_for_everyone()  # before the first process deletes what the others still read
    result.model = model.eval()
    result.model.zero_grad(set_to_none=True)
    if folder and not keep_checkpoints and trainer.is_world_process_zero():
        checkpoints.drop(place)
    return result


def _arguments(place, settings, accumulate, interval, held_out, patience, keep):
    """The settings in the words of `SFTConfig`, for this process's share of every batch."""
    import torch
    from accelerate.utils import broadcast_object_list
    from trl import SFTConfig

    arguments = SFTConfig(
        output_dir=str(place),
        num_train_epochs=settings["epochs"],
        max_steps=settings["steps"],
        learning_rate=settings["learning_rate"],
        lr_scheduler_type=settings["schedule"],
        warmup_steps=float(settings["warmup"]),  # below 1 it is a share of the steps
        weight_decay=settings["weight_decay"],
        gradient_accumulation_steps=accumulate,
        max_length=None,
        # Each new length makes oneDNN build and keep kernels: without this, memory grew by 20 MB a step.
        pad_to_multiple_of=16,
        activation_checkpointing=settings["checkpointing"],
        use_cpu=course.device() == "cpu",
        bf16=course.dtype() is torch.bfloat16,
        fp16=course.dtype() is torch.float16,
        dataloader_pin_memory=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if held_out else "no",
        eval_steps=interval,
        save_strategy="steps" if keep or patience else "no",
        save_steps=interval,
        save_total_limit=1,
        save_only_model=not keep,
        load_best_model_at_end=bool(patience),
        metric_for_best_model="eval_loss" if patience else None,  # else the last weights are the ones to keep
        report_to="none",
        disable_tqdm=True,
        seed=settings["seed"],
    )
    # One process, one GPU: Trainer would split batches over several (DataParallel). `device` sets the count first.
    _ = arguments.device
    arguments._n_gpu = min(arguments.n_gpu, 1)
    share, rest = divmod(settings["batch_size"], arguments.world_size * accumulate)
    if rest or not share:
        raise CourseError(
            f"A step's {settings['batch_size']} rows cannot be shared by {arguments.world_size} processes in "
            f"{accumulate} parts each. Choose a batch_size that both divide."
        )
    # All processes read the checkpoints that the first one writes.
    arguments.output_dir = broadcast_object_list([arguments.output_dir])[0]
    arguments.per_device_train_batch_size = share
    arguments.per_device_eval_batch_size = share  # every process evaluates all rows, in batches as small as its own
    return arguments


def _plain(longest):
    return course.device() == "cpu" and longest <= PLAIN_ATTENTION


@contextlib.contextmanager
def _plain_attention(model, longest):
    """On a CPU, and for short rows, compute attention as plain matrix products: the fused kernel's backward is slow."""
    before = model.config._attn_implementation
    plain = before == "sdpa" and _plain(longest)
    if plain:
        model.set_attn_implementation("eager")
    try:
        yield
    finally:
        if plain:
            model.set_attn_implementation(before)


def _as_measured(result, path, writes):
    """`result`; or where an earlier call did all steps, what that one measured of them, and wrote to `path`."""
    if result.resumed_from == result.steps and path.exists():
        return dataclasses.replace(Result.load(path), resumed_from=result.steps)
    if writes:
        result.save(path)
    return result


def _fill(result, trainer, last, seconds, step_seconds):
    """Read the curves and counts of a finished run into `result`."""
    history, state = trainer.state.log_history, trainer.state
    result.losses = [entry["loss"] for entry in history if "loss" in entry]
    result.evaluations = [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry]
    result.steps = state.global_step
    result.best_step = state.best_global_step or state.global_step
    result.stopped_early = state.global_step < state.max_steps
    result.resumed_from = int(last.name.split("-")[1]) if last else 0
    result.seconds = seconds
    result.training_seconds, result.tokens = step_seconds, trainer.real_tokens
    result.tokens_per_second = trainer.real_tokens / max(step_seconds, 1e-9)
    result.trainable, result.parameters = methods.trainable(trainer.model)
    kept = (p for p in trainer.model.parameters() if p.requires_grad)
    result.checkpoint_mb = sum(p.numel() * p.element_size() for p in kept) / 1e6
    result.processes = trainer.args.world_size
