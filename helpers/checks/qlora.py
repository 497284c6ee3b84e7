"""The checks of lesson 09."""

import math
from numbers import Real

from helpers.checks.framework import check, require, require_close

LEVELS = (-1.0, -0.6, -0.2, 0.0, 0.3, 0.7, 1.0)  # no format's: an answer with NF4 written into it is found out


@check("write `through_levels`: quantise weights to the levels given, block by block, and restore them.")
def through_levels(answer):
    import torch

    levels = torch.tensor(LEVELS)
    generator = torch.Generator().manual_seed(9)
    weights = torch.randn(3, 40, generator=generator)
    got = _restored(answer, weights, levels, 4)
    right = _through(weights, levels, 4)
    size = weights.reshape(-1, 4).abs().amax(1, keepdim=True)
    share = weights.reshape(-1, 4) / size
    below = (torch.searchsorted(levels, share.contiguous(), right=True) - 1).clamp(0)
    signed = weights.reshape(-1, 4).amax(1, keepdim=True)
    mistakes = {
        "you return the number of each level. Look the level up, `levels[number]`, and multiply it by the block's "
        "scale.": _nearest(share, levels).float(),
        "you return levels, between -1 and 1. Multiply each by the scale of its block.": levels[
            _nearest(share, levels)
        ],
        "those are the weights as they were. Each must become a level times its block's scale.": weights,
        "one scale for all weights is used. Each block of `block` weights has its own.": _through(weights, levels, 120),
        "each row is taken for a block. A block is `block` weights in a row, whatever the shape.": _through(
            weights, levels, 40
        ),
        "you round down to the level below. Take the nearest one.": levels[below] * size,
        "the scale is the largest weight. It has to be the largest absolute value: a block may have its largest "
        "number below 0.": levels[_nearest(weights.reshape(-1, 4) / signed, levels)] * signed,
        "the block size is fixed. Use the argument `block`, which is 4 here.": _through(weights, levels, 64),
    }
    for mistake, wrong in mistakes.items():
        require(not _same(got, wrong.reshape(3, 40)), mistake)
    require(_same(got, right), f"For blocks of 4 of {_shown(weights)} yours gives {_shown(got)}, not {_shown(right)}.")
    # No weight here lies on a border between levels: from there, either level is right.
    short = torch.tensor([1.0, 0.55, -0.3, 0.2, 0.04, 0.01])
    got = _restored(answer, short, levels, 4)
    wrong = short.new_tensor([*_through(short[:4], levels, 4), 0, 0])
    require(not _same(got, wrong), "the last block has 2 weights, fewer than `block`, and is lost. It has a scale too.")
    require(
        _same(got, _through(short, levels, 4)),
        f"The last block may be short: 6 weights, blocks of 4. Yours gives {_shown(got)}, not "
        f"{_shown(_through(short, levels, 4))}.",
    )
    rows = weights[:, :6].contiguous()  # blocks of 4 do not fit into rows of 6
    got = _restored(answer, rows, levels, 4)
    by_row = torch.stack([_through(row, levels, 4) for row in rows])
    require(not _same(got, by_row), "your blocks end with each row. A block goes on in the next row: flatten first.")
    require(_same(got, _through(rows, levels, 4)), "rows of 6 weights in blocks of 4 come out wrong.")
    empty = torch.cat([torch.zeros(4), torch.tensor([0.12, -0.2, 0.12, 0.05])])
    got = _restored(answer, empty, levels, 4)
    require(not got.isnan().any(), "a block of zeros gives NaN: 0 divided by 0. Its weights must stay 0.")
    require(_same(got, _through(empty, levels, 4)), f"A block of zeros must stay zeros. Yours gives {_shown(got)}.")
    half = torch.tensor([[0.5, -1.5], [2.0, 0.25]], dtype=torch.bfloat16)
    got = _restored(answer, half, levels, 2)
    require(got.dtype == half.dtype, f"bf16 weights went in, {got.dtype} came out. Give them back in their dtype.")
    require(_same(got, _through(half.float(), levels, 2).to(half.dtype)), "bf16 weights come out wrong.")
    got = _restored(answer, weights, levels)
    require(_same(got, _through(weights, levels, 64)), "without `block`, blocks of 64 must be used.")


def _restored(answer, weights, levels, *block):
    """The learner's result, which must be a new tensor of the same shape."""
    import torch

    before = weights.clone(), levels.clone()
    got = answer(weights, levels, *block)
    require(isinstance(got, torch.Tensor), f"return a tensor, not {type(got).__name__}.")
    shapes = f"{tuple(weights.shape)} went in, {tuple(got.shape)} came out"
    require(got.shape == weights.shape, f"the shape must stay: {shapes}.")
    same = torch.equal(weights, before[0]) and torch.equal(levels, before[1])
    require(same, "your function changes the tensors that it is given. Work on a copy.")
    return got


def _nearest(share, levels):
    return (share[..., None] - levels).abs().argmin(-1)


def _through(weights, levels, block):
    """What is right: fp32, any shape."""
    flat = weights.flatten()
    found = []
    for start in range(0, len(flat), block):
        part = flat[start : start + block]
        size = part.abs().max()
        found.append(levels[_nearest(part / size, levels)] * size if size else part)
    import torch

    return torch.cat(found).reshape(weights.shape)


def _same(got, wanted):
    import torch

    return got.shape == wanted.shape and torch.allclose(got.float(), wanted.float(), rtol=1e-3, atol=1e-5)


def _shown(tensor):
    return [round(float(number), 3) for number in tensor.flatten()[:8]]


@check("write `qlora_bytes`: what a QLoRA run keeps from step to step.")
def qlora_bytes(answer):
    linear, other, adapters = 6_400_000, 1_000_000, 50_000
    asked = f"for qlora_bytes({linear:,}, {other:,}, {adapters:,})"
    constants = linear / 64 + 4 * linear / (64 * 256)
    parts = {"weights": linear / 2, "constants": constants, "other": 2 * other, "adapters": 16 * adapters}
    right = sum(parts.values())
    got = answer(linear, other, adapters)
    mistakes = {
        "that is in GB. Return bytes.": right / 1e9,
        "that is in MB. Return bytes.": right / 1e6,
        "that is in bits. A byte has 8.": 8 * right,
        "the constants are missing: each block of 64 has a scale.": right - constants,
        "the scales are counted in fp32. Double quantisation stores each in one byte, and an fp32 number for 256 of "
        "them.": right - constants + 4 * linear / 64,
        "a scale takes one byte, not four: it is stored in 8 bits.": right + 3 * linear / 64,
        "the second level is missing: 256 scales share an fp32 number.": right - 4 * linear / (64 * 256),
        "the constants are counted in bits: 8 for each 64 weights and 32 for each 64 · 256.": right
        - constants
        + 8 * constants,
        "a weight in 4 bits is half a byte; you count a whole one.": right + linear / 2,
        "4 bits are half a byte, not 4 bytes.": right - linear / 2 + 4 * linear,
        "the linear layers' weights are missing.": right - linear / 2,
        "what is not quantised is missing: embeddings and norms, 2 bytes each.": right - 2 * other,
        "what is not quantised stays in 16 bits: 2 bytes each, not 4.": right + 2 * other,
        "embeddings and norms are not quantised: 2 bytes each.": right - 1.5 * other,
        "the adapters are missing.": right - 16 * adapters,
        "an adapter's number has a weight, a gradient and Adam's two averages; you count the weight alone.": right
        - 12 * adapters,
        "one of an adapter's four fp32 numbers is missing: weight, gradient, and Adam's two averages.": right
        - 4 * adapters,
        "an adapter's number takes 16 bytes: weight, gradient and two averages, 4 each. You count 8.": right
        - 8 * adapters,
        "only the adapters are trained. The frozen weights have no gradients and no averages.": right
        + 12 * (linear + other),
    }
    for mistake, wrong in mistakes.items():
        if isinstance(got, Real) and math.isclose(got, wrong, rel_tol=1e-9):
            require(False, f"{asked} you return {float(got):,.0f}: {mistake}")
    require_close(got, right, asked + ":", tolerance=1e-9)
    require_close(answer(0, 0, 1000), 16_000, "in qlora_bytes(0, 0, 1000) there is nothing but adapters.")
    require_close(answer(64 * 256, 0, 0), 8192 + 256 + 4, "in qlora_bytes(64 * 256, 0, 0): 256 blocks.", 1e-9)
    require_close(answer(0, 7, 0), 14, "in qlora_bytes(0, 7, 0) seven numbers are in 16 bits.")


SITUATIONS = {
    "A": {"model": "llama-3.2-1b", "gb": 24, "tasks": 40, "tokens": 2e6},
    "B": {"model": "llama-3.1-8b", "gb": 16, "tasks": 1, "tokens": 1e6},
    "C": {"model": "qwen2.5-coder-1.5b", "gb": 80, "tasks": 1, "tokens": 5e8},
    "C with a smaller GPU": {"model": "qwen2.5-coder-1.5b", "gb": 24, "tasks": 1, "tokens": 5e8},
    "C with little data": {"model": "qwen2.5-coder-1.5b", "gb": 80, "tasks": 1, "tokens": 1e6},
    "C for three tasks": {"model": "qwen2.5-coder-1.5b", "gb": 80, "tasks": 3, "tokens": 5e8},
    "C with a very small GPU": {"model": "qwen2.5-coder-1.5b", "gb": 5, "tasks": 1, "tokens": 5e8},
    "with exactly 100 million tokens": {"model": "llama-3.2-1b", "gb": 80, "tasks": 1, "tokens": 1e8},
    "with a model of 70 billion": {"model": "llama-3.1-70b", "gb": 24, "tasks": 1, "tokens": 1e6},
}
MUCH = 100e6  # tokens


@check("write `choose`: the method for a situation, and the GB that it needs.")
def choose(answer):
    for name, situation in SITUATIONS.items():
        right, needed = _choice(**situation)
        got = answer(**situation)
        told = f"Situation {name} ({', '.join(f'{key}={value!r}' for key, value in situation.items())})"
        require(
            isinstance(got, tuple | list) and len(got) == 2,
            "return two things: the method, and the GB that it needs: `return method, gb`.",
        )
        method, gb = got
        require(
            method in ("full", "lora", "qlora", "none"),
            f"the method is 'full', 'lora', 'qlora' or 'none'; for {told} you return {method!r}.",
        )
        if method != right:
            require(False, f"{told}: you choose {method!r}. {_why_not(method, right, needed, situation)}")
        if right == "none":
            require_close(gb, needed["qlora"], f"{told}: where nothing fits, return the GB that 'qlora' would need.")
            continue
        bytes_given = isinstance(gb, Real) and math.isclose(gb, 1e9 * needed[right], rel_tol=1e-6)
        require(not bytes_given, f"{told}: that is in bytes. Divide by 1e9 for GB.")
        require_close(gb, needed[right], f"{told}: {right!r} is right, but not the GB that it needs.")


def _choice(model, gb, tasks, tokens):
    """(the method, {method: GB})."""
    from helpers import memory

    needed = {
        method: memory.predict(model, method, batch=1, sequence=1024, checkpointing=True).total / 1e9
        for method in memory.METHODS
    }
    order = ("full", "lora", "qlora") if tasks == 1 and tokens >= MUCH else ("lora", "qlora")
    return next((method for method in order if needed[method] <= gb), "none"), needed


def _why_not(method, right, needed, situation):
    """What speaks against `method` where `right` is right, with numbers."""
    gb, tasks, tokens = situation["gb"], situation["tasks"], situation["tokens"]
    if method != "none" and needed[method] > gb:
        return f"It needs {needed[method]:.1f} GB, and there are {gb}."
    if method == "none":
        return f"{right!r} needs {needed[right]:.1f} GB, so it fits into {gb}."
    if method == "full":
        many = (
            f"{tasks} tasks would be {tasks} whole models" if tasks > 1 else f"{tokens / 1e6:g} million tokens are few"
        )
        return f"It would fit, but {many}: adapters do as well there, and each is a small file."
    if right == "full":
        return (
            f"With one task and {tokens / 1e6:g} million tokens, adapters may be too small to hold what is learned, "
            f"and 'full' fits: it needs {needed['full']:.1f} GB of {gb}."
        )
    return f"4 bits cost time and some accuracy, and 'lora' fits without: it needs {needed['lora']:.1f} GB of {gb}."
