"""What can go wrong in the middle of a training, as errors that say what to do."""

import contextlib
import math
import re
import traceback

from helpers import course
from helpers.errors import CourseError
from helpers.files import DISK_FULL, SAYS_DISK_FULL
from helpers.finetune import checkpoints

# What PyTorch says on Linux, on Windows, and for GPUs; and what it, and libraries written in Rust, say of a full disk.
NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "STATUS_ALLOC_FAILED")
NO_DISK = rf"{SAYS_DISK_FULL}|PytorchStreamWriter|os error 112\b"
NAMES = {"loss": "the loss", "eval_loss": "the validation loss", "grad_norm": "the gradient's length"}


def quiet(trainer):
    """Take the callback out that prints a dict at every step, and leave out a remark on the disk's clock."""
    import logging

    from transformers import PrinterCallback

    logging.getLogger("transformers.trainer_utils").setLevel(logging.ERROR)
    trainer.remove_callback(PrinterCallback)


def stops_on_nan(settings, folder):
    """The callback that ends a training whose loss is no number any more, before that is saved.

    Raises CourseError, in every process alike.
    """
    from transformers import TrainerCallback

    # In fp16 a gradient may overflow: the trainer leaves that step out, and scales the loss down.
    watched = ("loss", "eval_loss") if settings["dtype"] == "float16" else ("loss", "eval_loss", "grad_norm")
    kept = f" Checkpoints stay in {folder}, so choose another folder for another rate." if folder else ""

    class StopsOnNan(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kwargs):
            for name in watched:
                if not math.isfinite(logs.get(name, 0.0)):
                    raise CourseError(
                        f"The training diverged: {NAMES[name]} was {logs[name]} after step {state.global_step}. Lower "
                        f"learning_rate, for instance to a tenth of {settings['learning_rate']:g}.{kept}"
                    )

    return StopsOnNan()


@contextlib.contextmanager
def explained(model, settings, longest, folder, advice=None):
    """Turn an exhausted memory or disk into a CourseError with advice; say what an interrupted run keeps.

    model: called for the model as far as it has come, or None. longest: tokens of the longest row, validation rows
    included. advice: what to change first, instead of what the planner says.
    """
    try:
        yield
    except CourseError:
        raise
    except Exception as error:
        text = str(error)
        if is_out_of_memory(error):
            traceback.clear_frames(error.__traceback__)  # they hold the tensors of the step that did not fit
            raise _out_of_memory(model(), settings, longest, folder, advice) from error
        if getattr(error, "errno", None) in DISK_FULL or re.search(NO_DISK, text):
            raise CourseError(f"The disk is full, or a checkpoint cannot be written. {_kept(folder)}") from error
        raise
    except KeyboardInterrupt:
        print(f"Stopped. {_kept(folder)}")
        raise


def is_out_of_memory(error):
    """Whether an exception says that memory ran out, on the GPU or in the computer."""
    import torch

    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(words in str(error) for words in NO_MEMORY)


def _kept(folder):
    if folder and checkpoints.last_of(folder):
        return "Checkpoints are kept: the same call goes on from the last one."
    return "No checkpoint was written: load the model again to start anew."


def _out_of_memory(model, settings, longest, folder, advice):
    """A CourseError with `advice`, or the planner's for this model, method and sequence length."""
    import psutil
    import torch

    if course.device() == "cuda":
        has = torch.cuda.get_device_properties(0).total_memory / 1e9
    else:
        has = psutil.virtual_memory().total / 1e9
    advice = advice or _planned(model, settings, longest, has)
    rows = at_once = settings["batch_size"]
    at_once = settings.get("rows_at_once", at_once)
    some = f"{rows} rows" if at_once == rows else f"{at_once} rows at once, {rows} a step,"
    return CourseError(
        f"Memory ran out: {some} of up to {longest} tokens, method {settings['method']!r}, "
        f"{has:.0f} GB. What to change first: {advice}. {_kept(folder)}"
    )


def _planned(model, settings, longest, has):
    """What the planner would change first in a training for which `has` GB are too few."""
    from helpers import memory

    try:
        how = {"dtype": settings["dtype"], "checkpointing": settings["checkpointing"]}
        how["attention"] = "eager" if settings["plain_attention"] else "fused"
        at_once = settings["rows_at_once"]
        fit = memory.plan(model.config, settings["method"], longest, [has], at_once, **how)[0]
        if 0 < fit.largest_batch < at_once:
            parts = next(n for n in range(2, at_once + 1) if at_once % n == 0 and at_once // n <= fit.largest_batch)
            some = "1 row" if at_once == parts else f"{at_once // parts} rows"
            return f"accumulate={settings['accumulate'] * parts}, which is {some} at once"
        return fit.advice or "close other programs, or use a larger accumulate: fewer rows at once"
    except (CourseError, AttributeError):  # no model yet, or an architecture that the planner does not know
        return "use smaller batches (batch_size, accumulate), shorter rows, or method='lora' or 'qlora'"
