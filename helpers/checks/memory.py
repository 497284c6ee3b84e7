"""The checks of lesson 04."""

import math
from numbers import Real

from helpers.checks.framework import check, require, require_close

GIB = 2**30 / 1e9  # GB


def _name_mistake(got, mistakes, asked):
    """Raise Wrong with the sentence of `mistakes` (sentence → wrong number) whose number is `got`."""
    for mistake, mistaken in mistakes.items():
        if isinstance(got, Real) and math.isclose(got, mistaken, rel_tol=1e-6):
            require(False, f"{asked} you return {float(got):.6g}: {mistake}")


@check("write `training_gb`: the GB of weights, gradients and Adam's averages.")
def training_gb(answer):
    frozen, trainable, width = 3e9, 1e9, 2
    asked = f"for training_gb({frozen:.0e}, {trainable:.0e}, {width})"
    got = answer(frozen, trainable, width)
    weights = (frozen + trainable) * width / 1e9
    right = weights + trainable * (width + 8) / 1e9
    mistakes = {
        "that is in bytes. Divide by 1e9 for GB.": right * 1e9,
        "that is in GiB. A GB is 1e9 bytes; dividing by 2**30 gives GiB.": right / GIB,
        "the gradients are missing: one number for each trainable parameter.": weights + trainable * 8 / 1e9,
        "the optimizer is missing: Adam keeps two numbers for each trainable parameter.": weights
        + trainable * width / 1e9,
        "those are the weights alone. Trainable parameters need gradients and Adam's averages too.": weights,
        "Adam keeps two averages for each trainable parameter, in fp32: 8 bytes, whatever the weights have.": weights
        + trainable * 3 * width / 1e9,
        "frozen parameters need no gradients and no averages, only their weights.": right + frozen * (width + 8) / 1e9,
        "the frozen parameters are missing: their weights must be in memory too.": right - frozen * width / 1e9,
        "a gradient is as wide as a weight: `width` bytes.": weights + trainable * (4 + 8) / 1e9,
    }
    _name_mistake(got, mistakes, asked)
    require_close(got, right, asked + ":")
    require_close(answer(0, 7e9, 4), 112.0, "in training_gb(0, 7e9, 4) every parameter is trained, and all is fp32.")
    part = answer(0, 0.25e9, 1)
    require(part != 2, "training_gb(0, 0.25e9, 1) is 2.5 GB. Use /, not //, which drops what is behind the point.")
    require_close(part, 2.5, "in training_gb(0, 0.25e9, 1) each parameter takes 1 + 1 + 8 bytes.")
    require_close(answer(8e9, 0, 2), 16.0, "in training_gb(8e9, 0, 2) nothing is trained, so only weights are needed.")


@check("write `largest_batch`: how many sequences fit on a GPU at once.")
def largest_batch(answer):
    gpu, fixed, each = 24, 10.5, 0.75
    asked = f"for largest_batch({gpu}, {fixed}, {each})"
    got = answer(gpu, fixed, each)
    fits = (gpu * GIB - fixed) / each
    mistakes = {
        "half a sequence cannot be trained on. Round down.": fits,
        "that rounds up, and the last sequence runs out of memory. Round down.": math.ceil(fits),
        "that takes the GPU's size for GB. Its makers count in GiB, 2**30 bytes: 24 GiB are 25.8 GB.": (gpu - fixed)
        // each,
        "that converts GiB to GB the wrong way: a GiB is the larger one.": (gpu / GIB - fixed) // each,
        "that forgets what does not depend on the batch, `fixed_gb`.": gpu * GIB // each,
        "`fixed_gb` is needed once, not for each sequence. Subtract it from the GPU's memory first.": gpu
        * GIB
        // (fixed + each),
    }
    _name_mistake(got, mistakes, asked)
    require_close(got, fits // 1, asked + ":")
    nearly = answer(16, 10.0, 1.5)
    require(nearly != 5, "largest_batch(16, 10.0, 1.5) is 4, not 5: 4.8 sequences fit, and you rounded to the nearest.")
    require_close(nearly, 4, "in largest_batch(16, 10.0, 1.5) there is room for 4.8 sequences, so for 4 whole ones.")
    none = answer(16, 20.0, 0.5)
    require_close(none, 0, "in largest_batch(16, 20.0, 0.5) the fixed part alone does not fit, so the answer is 0.")
    require_close(answer(80, 17.0, 2.0), 34, "in largest_batch(80, 17.0, 2.0):")


@check("write `zero2_gb`: the GB that ZeRO-2 needs on each GPU.")
def zero2_gb(answer):
    parameters, count = 3e9, 4
    asked = f"for zero2_gb({parameters:.0e}, {count})"
    got = answer(parameters, count)
    billions = parameters / 1e9
    right = billions * (2 + (2 + 12) / count)
    mistakes = {
        "that is in bytes. Divide by 1e9 for GB.": right * 1e9,
        "that is in GiB. Divide by 1e9 for GB.": right / GIB,
        "that is the sum over all GPUs. What does one of them need?": right * count,
        "that is what each GPU needs without ZeRO: nothing is divided.": billions * 16,
        "that divides the weights too, which is ZeRO-3. In ZeRO-2 every GPU has them all.": billions * 16 / count,
        "that divides only the optimizer, which is ZeRO-1. ZeRO-2 divides the gradients too.": billions
        * (4 + 12 / count),
        "that divides the gradients and not the optimizer. ZeRO-2 divides both.": billions * (2 + 2 / count + 12),
        "the optimizer has 12 bytes: two averages and the fp32 master weights, 4 each.": billions * (2 + 10 / count),
        "those are the weights alone.": billions * 2,
        "the weights are missing: every GPU has all of them.": billions * 14 / count,
        "the gradients are in 16 bits here: 2 bytes each.": billions * (2 + 16 / count),
    }
    _name_mistake(got, mistakes, asked)
    require_close(got, right, asked + ":")
    require_close(answer(7.5e9, 64), 16.640625, "7.5 billion parameters on 64 GPUs is the example of the ZeRO paper.")
    require_close(answer(1e9, 1), 16.0, "on one GPU there is nobody to share with, so all 16 bytes stay.")
