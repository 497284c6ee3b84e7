"""What fits where: a model, a method and a list of GPUs in; memory, headroom, largest batch and advice out."""

from dataclasses import dataclass

from helpers.errors import CourseError
from helpers.memory.predict import METHODS, need, need_positive, predict, shape_of

# Memory in GB (1e9 bytes) by the name on the box.
GPUS = {"T4": 16, "RTX 4090": 24, "A10G": 24, "L4": 24, "A100 40 GB": 40, "L40S": 48, "A100 80 GB": 80, "H100": 80}
# For the driver's context, the libraries' own buffers and gaps between blocks: an assumption, not a measurement.
RESERVE_GB = 1.5
MOST = 4096  # the largest batch looked for


@dataclass(frozen=True)
class Fit:
    """One row of a plan. GB are 1e9 bytes; headroom is what stays free, negative where it does not fit."""

    gpu: str
    gb: float
    needed_gb: float
    headroom_gb: float
    fits: bool
    largest_batch: int
    advice: str


def plan(model, method="full", sequence=512, gpus=tuple(GPUS), batch=1, *, reserve_gb=RESERVE_GB, **settings):
    """One Fit for each GPU: does training fit, what stays free, and what to change first where it does not.

    model: a name from `shapes.names()`, or a config. gpus: names from GPUS, or numbers of GB. settings: as `predict`'s.
    Raises CourseError on an unknown model, method or GPU, and on sizes that cannot be.
    """
    need(method, METHODS, "method")
    need_positive("batch", batch)
    need_positive("sequence", sequence)
    shape = shape_of(model)
    predict(shape, method, batch, sequence, **settings)  # complains about the settings before any row is made
    return [_fit(shape, method, sequence, name, gb, batch, reserve_gb, settings) for name, gb in _sizes(gpus)]


def _sizes(gpus):
    for gpu in [gpus] if isinstance(gpus, str | int | float) else gpus:
        if isinstance(gpu, int | float) and not isinstance(gpu, bool) and gpu > 0:
            yield f"{gpu:g} GB", float(gpu)
        elif gpu in GPUS:
            yield gpu, float(GPUS[gpu])
        else:
            raise CourseError(f"{gpu!r} is no GPU that is known here: {', '.join(GPUS)}. Or give its memory in GB.")


def _fit(shape, method, sequence, name, gb, batch, reserve_gb, settings):
    room = (gb - reserve_gb) * 1e9
    needed = predict(shape, method, batch, sequence, **settings).total
    largest = largest_batch(shape, method, sequence, room, **settings)
    fits = needed <= room
    advice = "" if fits else _advice(shape, method, sequence, room, batch, settings)
    return Fit(name, gb, needed / 1e9, (room - needed) / 1e9, fits, largest, advice)


def largest_batch(model, method, sequence, room, **settings):
    """The most sequences whose training step fits in `room` bytes; 0 if not even one does, at most MOST."""
    shape = shape_of(model)

    def fits(batch):
        return predict(shape, method, batch, sequence, **settings).total <= room

    low, high = 0, MOST + 1  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _advice(shape, method, sequence, room, batch, settings):
    """The first change, from the mildest to the hardest, after which it fits; each keeps the ones before it."""
    tried = dict(settings)
    steps = []
    if batch > 1:
        most = largest_batch(shape, method, sequence, room, **tried)
        if most:
            return f"batches of {most}, and gradient accumulation for the rest"
        batch, steps = 1, ["batches of 1"]
    changes = [("checkpointing", {"checkpointing": True})] if not tried.get("checkpointing") else []
    changes += [(name, {"method": name}) for name in METHODS[METHODS.index(method) + 1 :]]
    shorter = [length for length in (2048, 1024, 512, 256) if length < sequence]
    changes += [(f"sequences of {length}", {"sequence": length}) for length in shorter]
    for words, change in changes:
        method, sequence = change.get("method", method), change.get("sequence", sequence)
        tried |= {key: value for key, value in change.items() if key == "checkpointing"}
        steps = [step for step in steps if not (step in METHODS and words in METHODS) and not
                 (step.startswith("sequences") and words.startswith("sequences"))] + [words]  # fmt: skip
        needed = predict(shape, method, batch, sequence, **tried)
        if needed.total <= room:
            return f"{', '.join(steps)}: {needed.total / 1e9:.1f} GB"
    stays = needed.parts["weights"] + needed.parts["quantisation constants"]
    if stays > room:
        return f"a larger GPU, or several: its weights alone take {stays / 1e9:.1f} GB in 4 bits"
    return f"a larger GPU: with {', '.join(steps)} it still takes {needed.total / 1e9:.1f} GB"


def zero(parameters, gpus, stage, weights=2, gradients=2, optimizer=12):
    """Bytes on each GPU for the model's state under ZeRO (Rajbhandari et al. 2020, figure 1). Activations come on top.

    stage 0 keeps everything on every GPU (DDP); 1 shares out the optimizer's state, 2 the gradients too, 3 the weights
    too (FSDP). weights, gradients, optimizer: bytes a parameter; the defaults are mixed precision with AdamW.
    """
    need(stage, (0, 1, 2, 3), "stage")
    need_positive("parameters", parameters)
    need_positive("gpus", gpus)
    shared = [optimizer, gradients, weights][:stage]
    return parameters * (weights + gradients + optimizer - sum(shared) + sum(shared) / gpus)
