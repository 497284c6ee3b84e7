"""What fits where: a model, a method and a list of GPUs in; memory, headroom, largest batch and advice out."""

from dataclasses import dataclass
from numbers import Real

from helpers.errors import CourseError
from helpers.memory.predict import METHODS, predict
from helpers.memory.shape import need, need_positive, shape_of

# Memory in GB (1e9 bytes) by the name on the box.
GPUS = {"T4": 16, "RTX 4090": 24, "A10G": 24, "L4": 24, "A100 40 GB": 40, "L40S": 48, "A100 80 GB": 80, "H100": 80}
WITHOUT_BF16 = ("T4",)
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
    GPUs without bf16 are planned for in fp16, which needs more memory here (see `predict`).
    Raises CourseError on an unknown model, method or GPU, and on sizes that cannot be.
    """
    if "loss_tokens" in settings:
        raise CourseError("A plan tries other batches, so a fixed number of loss_tokens has no meaning. Use predict.")
    if not isinstance(reserve_gb, Real) or reserve_gb < 0:
        raise CourseError(f"reserve_gb is {reserve_gb!r}. Give GB, 0 or more.")
    shape = shape_of(model)
    predict(shape, method, batch, sequence, **settings)  # complains about the settings before any row is made
    return [_fit(shape, method, sequence, name, gb, batch, reserve_gb, settings) for name, gb in _sizes(gpus)]


def _sizes(gpus):
    for gpu in gpus if isinstance(gpus, list | tuple) else [gpus]:
        if isinstance(gpu, Real) and not isinstance(gpu, bool) and gpu > 0:
            yield f"{gpu:g} GB", float(gpu)
        elif isinstance(gpu, str) and gpu in GPUS:
            yield gpu, float(GPUS[gpu])
        else:
            raise CourseError(f"{gpu!r} is no GPU that is known here: {', '.join(GPUS)}. Or give its memory in GB.")


def _fit(shape, method, sequence, name, gb, batch, reserve_gb, settings):
    if name in WITHOUT_BF16:
        settings = {"dtype": "float16"} | settings
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

    if room <= 0:
        return 0
    low, high = 0, MOST + 1  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _advice(shape, method, sequence, room, batch, settings):
    """The first change, from the mildest to the hardest, after which it fits; each keeps the ones before it."""
    if most := largest_batch(shape, method, sequence, room, **settings):
        return f"batches of {most}, and gradient accumulation for the rest"
    if room <= 0:
        return "a larger GPU: what is kept in reserve is more than this one has"
    tried, said = settings | {"method": method, "sequence": sequence}, {}
    changes = [] if settings.get("checkpointing") else [("checkpointing", True, "checkpointing")]
    changes += [("method", name, name) for name in METHODS[METHODS.index(method) + 1 :]]
    changes += [("sequence", n, f"sequences of {n}") for n in (2048, 1024, 512, 256) if n < sequence]
    for setting, value, words in changes:
        tried[setting], said[setting] = value, words
        if most := min(batch, largest_batch(shape, room=room, **tried)):
            steps = [*([f"batches of {most}"] if most < batch else []), *said.values()]
            return f"{', '.join(steps)}: {predict(shape, batch=most, **tried).total / 1e9:.1f} GB"
    needed = predict(shape, batch=1, **tried)
    weights = needed.parts["weights"] + needed.parts["quantisation constants"]
    if weights > room:
        return f"a larger GPU, or several: its weights alone take {weights / 1e9:.1f} GB in 4 bits"
    steps = [*(["batches of 1"] if batch > 1 else []), *said.values()]
    return f"a larger GPU: {', '.join(steps) or 'as it is'}, it still takes {needed.total / 1e9:.1f} GB"


def zero(parameters, gpus, stage, weights=2, gradients=2, optimizer=12):
    """Bytes on each GPU for the model's state under ZeRO (Rajbhandari et al. 2020, figure 1). Activations come on top.

    stage 0 keeps everything on every GPU (DDP); 1 shares out the optimizer's state, 2 the gradients too, 3 the weights
    too (FSDP). weights, gradients, optimizer: bytes a parameter; the defaults are mixed precision with AdamW.
    """
    need(stage, (0, 1, 2, 3), "stage")
    need_positive("gpus", gpus)
    if not isinstance(parameters, Real) or parameters <= 0:
        raise CourseError(f"parameters is {parameters!r}. Give how many there are, such as 7.5e9.")
    shared = [optimizer, gradients, weights][:stage]
    return parameters * (weights + gradients + optimizer - sum(shared) + sum(shared) / gpus)
