"""What people use today for the same question, so that `predict` can be compared with it on the same runs.

Both were made for training all weights. For adapters each is given what it lacks, in its own terms: the frozen
weights at their size in memory, and its rule for training applied to the adapters alone.
"""

from helpers.memory.predict import BYTES
from helpers.memory.shape import Shape


def accelerate_estimate(model, config, method="full", dtype="bfloat16", rank=16):
    """Bytes by accelerate's `estimate-memory` for training with Adam: weights, gradients and optimizer, no activations.

    model: a model on the meta device (`shapes.skeleton`), whose size accelerate itself adds up.
    """
    from accelerate.commands.estimate import estimate_training_usage
    from accelerate.utils import calculate_maximum_sizes

    total, _ = calculate_maximum_sizes(model)
    in_fp32 = total * 4 // next(model.parameters()).element_size()
    if method == "full":
        return max(estimate_training_usage(in_fp32, dtype).values())
    weights = in_fp32 / 8 if method == "qlora" else in_fp32 * BYTES[dtype] / 4  # its 'int4' row divides by 8
    return weights + max(estimate_training_usage(4 * Shape.of(config).adapters(rank), dtype).values())


def transformer_math(config, method="full", batch=8, sequence=256, *, dtype="bfloat16", checkpointing=False, rank=16):
    """Bytes by the formulas of EleutherAI's "Transformer Math 101" (2023), the source of most calculators.

    Mixed precision: 2 bytes a weight, 4 a gradient, 12 for AdamW with fp32 weights; in fp32 4, 4 and 8. Activations as
    in Korthikanti et al. (2022), table 2: s b h L (34 + 5 a s / h), for 16 bits, and 2 s b h L with full recomputation.
    """
    shape = Shape.of(config)
    mixed = BYTES[dtype] < 4
    training = (2 + 4 + 12) if mixed else (4 + 4 + 8)
    width = 1 if mixed else 2  # its activations are counted for 16-bit numbers
    stream = sequence * batch * shape.hidden * shape.layers
    per_value = 2 if checkpointing else 34 + 5 * shape.heads * sequence / shape.hidden
    activations = width * stream * per_value
    if method == "full":
        return training * shape.parameters + activations
    weights = shape.parameters * (0.5 if method == "qlora" else BYTES[dtype])
    return weights + training * shape.adapters(rank) + activations
