"""The checks of lesson 08."""

from helpers.checks.framework import Todo, check, require


def _numbers(*shape, seed):
    import torch

    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _same(got, wanted, tolerance=1e-5):
    import torch

    return got.shape == wanted.shape and torch.allclose(got.float(), wanted.float(), rtol=tolerance, atol=tolerance)


def _tensor(got, shape, asked):
    """Raise Wrong unless `got` is a tensor of this shape."""
    import torch

    require(isinstance(got, torch.Tensor), f"{asked} should be a tensor. Yours is a {type(got).__name__}.")
    require(tuple(got.shape) == tuple(shape), f"{asked} should have the shape {tuple(shape)}, not {tuple(got.shape)}.")


# --- A LoRA layer -----------------------------------------------------------------------------------------------------


@check("write the class `LoraLinear`: a frozen layer, and a low-rank update beside it.")
def lora_linear(answer):
    import torch

    out, into, rank, alpha = 6, 5, 2, 8
    base, x = torch.nn.Linear(into, out), _numbers(2, 3, into, seed=3)
    plain, weight = base(x).detach(), base.weight.detach().clone()
    layer = answer(base, rank, alpha)
    asked = f"with in {into}, out {out}, rank {rank} and alpha {alpha}"
    _begins_right(layer, base, x, rank)
    if not torch.equal(layer(x), plain):
        require(_same(layer(x), plain), "a new layer changes the output. With B = 0 it must give what `base` gives.")
        require(False, "a new layer changes the output in the last digits. Add the update to base(x).")

    A, B = _numbers(rank, into, seed=1), _numbers(out, rank, seed=2)
    layer.A.data, layer.B.data = A.clone(), B.clone()
    got = layer(x)
    _tensor(got, (2, 3, out), f"{asked}, the output for x of shape (2, 3, {into})")
    thin, bias = x @ A.T @ B.T, base.bias.detach()
    right = plain + alpha / rank * thin
    mistakes = [
        (plain, "that is the frozen layer alone. Where is the update?"),
        (alpha / rank * thin, "that is the update alone. Add what the frozen layer gives."),
        (thin, "that is the update alone, and without its scale, alpha / r."),
        (plain + thin, "the update is not scaled. Multiply it by alpha / r."),
        (plain + alpha * thin, "the update is multiplied by alpha. The scale is alpha / r."),
        (plain + rank / alpha * thin, "the scale is upside down: it is alpha / r."),
        (plain + alpha / into * thin, "the scale is alpha / r. You divide by how many numbers come in."),
        (plain + alpha / out * thin, "the scale is alpha / r. You divide by how many numbers go out."),
        (plain + alpha / rank**0.5 * thin, "the scale is alpha / r. alpha / sqrt(r) is rsLoRA's."),
        (right - bias, "the bias is missing: call base(x), which has it."),
        (plain + alpha / rank * (thin + bias), "the bias is in the update too. It belongs to the frozen layer."),
        (alpha / rank * (plain + thin), "the scale belongs to the update alone."),
    ]
    for mistaken, mistake in mistakes:
        require(not _same(got.detach(), mistaken), mistake)
    require(_same(got.detach(), right), f"{asked}, the output is off by up to {(got - right).abs().max():.2g}. It "
            "should be base(x) + alpha / r · (x A.T) B.T.")  # fmt: skip
    require(torch.equal(base.weight, weight), "your layer changes the weights of `base`.")
    if got.requires_grad:
        got.sum().backward()
    reached = layer.A.grad is not None and layer.B.grad is not None
    require(reached, "no gradient reaches A and B, so they cannot be trained. Leave out .detach(), .data, no_grad().")
    _in_bf16(answer)


def _begins_right(layer, base, x, rank):
    """A and B before the first step, and what is trained."""
    import torch

    try:
        got = layer(x)
    except RuntimeError as error:
        require("shape" not in str(error) and "size" not in str(error), f"the shapes do not fit: {error}. x ends with "
                "`in` numbers, A is r × in, B is out × r: multiply x by A.T, and the result by B.T.")  # fmt: skip
        raise
    if got is None:
        raise Todo
    out, into = base.weight.shape
    for name, shape in {"A": (rank, into), "B": (out, rank)}.items():
        require(hasattr(layer, name), f"the layer has no `{name}`. Set self.{name} in __init__.")
        matrix = getattr(layer, name)
        require(isinstance(matrix, torch.nn.Parameter) and matrix.requires_grad, f"`{name}` is no trainable parameter. "
                f"Wrap it: self.{name} = torch.nn.Parameter(...).")  # fmt: skip
        _tensor(matrix, shape, f"`{name}`")
    require(bool((layer.B == 0).all()), "B is not 0 at first, so the new layer already changes the model. "
            "Use torch.zeros.")  # fmt: skip
    require(bool((layer.A != 0).any()), "A and B are both 0. Then both gradients are 0 too, and nothing is learned. "
            "A should be random.")  # fmt: skip
    different = int(torch.linalg.matrix_rank(layer.A.detach().float()))
    require(different == rank, "the rows of A are alike at first. Then they get the same gradients, stay alike, and "
            "the update has rank 1 for ever. Draw A at random.")  # fmt: skip
    require(not base.weight.requires_grad, "the weights of `base` would be trained too. Freeze them: "
            "base.requires_grad_(False).")  # fmt: skip
    require(not base.bias.requires_grad, "the bias of `base` would be trained too. Freeze all of the layer: "
            "base.requires_grad_(False).")  # fmt: skip
    others = [name for name, each in layer.named_parameters() if each.requires_grad and name not in ("A", "B")]
    require(not others, f"A and B alone should be trained. Yours would train {', '.join(others)} too.")


def _in_bf16(answer):
    """A frozen layer and inputs in bf16, adapters in fp32, as in training."""
    import torch

    base, x = torch.nn.Linear(4, 3, bias=False, dtype=torch.bfloat16), _numbers(7, 4, seed=6).bfloat16()
    layer = answer(base, 2, 4)
    narrow = [name for name in "AB" if getattr(layer, name).dtype != torch.float32]
    require(not narrow, f"`{' and '.join(narrow)}` should be fp32, whatever `base` has: what is trained needs digits.")
    layer.A.data, layer.B.data = _numbers(2, 4, seed=4), _numbers(3, 2, seed=5)
    try:
        got = layer(x)
    except RuntimeError as error:
        require("dtype" not in str(error), f"where `base` and x are bf16 and A, B fp32, it fails: {error}. Multiply "
                "x.to(self.A.dtype) by A.T.")  # fmt: skip
        raise
    require(got.dtype == torch.bfloat16, f"for x in bf16 the result is {str(got.dtype)[6:]}. Turn it into x's dtype.")
    exact = base(x).float() + 2 * (x.float() @ layer.A.T @ layer.B.T)
    require(_same(got.detach(), exact.detach(), 3e-2), "in bf16 the result is off by more than rounding.")


# --- Counting ---------------------------------------------------------------------------------------------------------

LAYERS = {
    "model.embed_tokens": (100, 12),
    "model.layers.0.self_attn.q_proj": (12, 12),
    "model.layers.0.self_attn.k_proj": (4, 12),
    "model.layers.0.self_attn.v_proj": (4, 12),
    "model.layers.0.mlp.down_proj": (12, 30),
    "model.layers.1.self_attn.q_proj": (12, 12),
    "model.layers.1.self_attn.k_proj": (4, 12),
    "model.layers.1.self_attn.v_proj": (4, 12),
    "model.layers.1.mlp.down_proj": (12, 30),
    "lm_head": (100, 12),
}


@check("write `lora_parameters`: how many parameters LoRA trains.")
def lora_parameters(answer):
    import numpy as np

    cases = [
        (3, ["q_proj", "v_proj"]),
        (2, ["q_proj", "k_proj", "v_proj", "down_proj"]),
        (5, ["down_proj"]),
    ]
    for rank, targets in cases:
        layers, wanted = dict(LAYERS), list(targets)
        got = answer(layers, rank, wanted)
        asked = f"lora_parameters(layers, {rank}, {targets})"
        require(layers == LAYERS and wanted == targets, "your function changes what it is given.")
        whole = isinstance(got, int | np.integer) and not isinstance(got, bool)
        require(whole, f"{asked} should be a whole number. Yours is {got!r:.60}.")
        shapes = [shape for name, shape in LAYERS.items() if name.split(".")[-1] in targets]
        once = {name.split(".")[-1]: shape for name, shape in LAYERS.items() if name.split(".")[-1] in targets}
        squares = [(max(shape), max(shape)) for shape in shapes]
        right = _count(shapes, rank)
        mistakes = {
            sum(out * into for out, into in shapes): "that is all of the matrices. LoRA trains two thin ones for each.",
            rank * sum(out * into for out, into in shapes): "a thin matrix has r × in or out × r numbers: add, do not "
            "multiply, in and out.",
            sum(rank * into for _, into in shapes): "that is A alone. B has out × r numbers.",
            sum(out * rank for out, _ in shapes): "that is B alone. A has r × in numbers.",
            _count(once.values(), rank): "that counts each target once. Every layer of the model has its own.",
            _count(LAYERS.values(), rank): "that counts all layers, also those that are no targets.",
            sum(rank * rank * (out + into) for out, into in shapes): "r counts once: r × (in + out).",
            _count(shapes, 2 * rank): "that is twice too many.",
            _count(shapes, 1): "the rank is missing: r × (in + out).",
            _count(squares, rank): "a matrix need not be square: k_proj gives fewer numbers than come in.",
            right + sum(out for out, _ in shapes): "LoRA adds no bias.",
            len(shapes) * rank: "that is the rank for each layer. How many numbers do its two matrices have?",
        }
        if got != right and got in mistakes:
            require(False, f"{asked} gives {got}: {mistakes[got]}")
        require(got == right, f"{asked} should be {right}. Yours gives {got}.")
    tricky = {"model.q_proj_norm": (9, 9), "model.q_proj": (2, 3), "q_proj.extra": (7, 7)}
    require(answer(tricky, 1, ["q_proj"]) == 5, "a layer is a target if the last part of its name is one: "
            "neither 'model.q_proj_norm' nor 'q_proj.extra' is a q_proj.")  # fmt: skip
    require(answer(dict(LAYERS), 4, []) == 0, "without targets nothing is trained: 0.")


def _count(shapes, rank):
    return sum(rank * (out + into) for out, into in shapes)


# --- Merging ----------------------------------------------------------------------------------------------------------


@check("write `merge`: the weights with their low-rank updates added, or taken out again.")
def merge(answer):
    import torch

    alpha = 6
    adapters = {
        "q_proj": (_numbers(2, 5, seed=1), _numbers(4, 2, seed=2)),  # A, B
        "down_proj": (_numbers(3, 7, seed=3), _numbers(5, 3, seed=4)),
    }
    weights = {"q_proj": _numbers(4, 5, seed=5), "down_proj": _numbers(5, 7, seed=6), "norm": _numbers(5, seed=7)}
    before = {name: weight.clone() for name, weight in weights.items()}
    kept = {name: (A.clone(), B.clone()) for name, (A, B) in adapters.items()}
    try:
        got = answer(weights, adapters, alpha)
    except RuntimeError as error:
        require("shape" not in str(error) and "size" not in str(error), f"the shapes do not fit: {error}. A weight "
                "is out × in, A is r × in, B is out × r: the update is B @ A.")  # fmt: skip
        raise
    require(all(torch.equal(weights[name], before[name]) for name in before),
            "your function changes the weights that it is given (does it use += ?). Make new tensors.")  # fmt: skip
    require(all(map(torch.equal, adapters[name], kept[name]) for name in kept), "your function changes the adapters.")
    require(isinstance(got, dict), f"return a dict, name → weight, not a {type(got).__name__}.")
    require(got is not weights, "return a new dict, not the one that you were given.")
    require("norm" in got, "weights without an adapter are missing. Keep them as they are.")
    require(set(got) == set(weights), f"the names should be {sorted(weights)}, not {sorted(got)}.")
    require(torch.equal(got["norm"], weights["norm"]), "a weight without an adapter should stay as it is.")

    def merged(scale, sign=1):
        return {name: before[name] + sign * scale(A, B) * (B @ A) for name, (A, B) in kept.items()}

    mistakes = [
        (merged(lambda A, B: 0), "nothing is added."),
        (merged(lambda A, B: 1), "the update is not scaled. Multiply B A by alpha / r."),
        (merged(lambda A, B: alpha), "the update is multiplied by alpha. The scale is alpha / r."),
        (merged(lambda A, B: A.shape[0] / alpha), "the scale is upside down: it is alpha / r."),
        (merged(lambda A, B: alpha / A.shape[1]), "r is A.shape[0]. A.shape[1] is how many numbers come in."),
        (merged(lambda A, B: alpha / B.shape[0]), "r is B.shape[1]. B.shape[0] is how many numbers go out."),
        (merged(lambda A, B: alpha / 2), "adapters may have different ranks: take r from each A."),
        (merged(lambda A, B: alpha / 3), "adapters may have different ranks: take r from each A."),
        (merged(lambda A, B: alpha / A.shape[0], -1), "that takes the update out. Merging adds it."),
    ]
    right = merged(lambda A, B: alpha / A.shape[0])
    for mistaken, mistake in mistakes:
        require(not all(_same(got[name], mistaken[name]) for name in mistaken), mistake)
    for name, wanted in right.items():
        _tensor(got[name], wanted.shape, f"the weight of {name}")
        require(_same(got[name], wanted), f"the weight of {name} is off by up to "
                f"{(got[name] - wanted).abs().max():.2g}. It should be W + alpha / r · B A.")  # fmt: skip
    back = answer(got, adapters, alpha, -1)
    require(not all(_same(back[name], got[name] + right[name] - before[name]) for name in right),
            "with sign -1 it adds the update a second time. Multiply the update by `sign`.")  # fmt: skip
    require(all(_same(back[name], before[name]) for name in right), "merge(merged, adapters, alpha, -1) should give "
            "the first weights back, to rounding.")  # fmt: skip
    half = answer({"q_proj": before["q_proj"].bfloat16()}, {"q_proj": kept["q_proj"]}, alpha)["q_proj"]
    require(half.dtype == torch.bfloat16, f"a bf16 weight became {str(half.dtype)[6:]}. Turn it into its old dtype.")
    exact = (before["q_proj"].bfloat16().float() + alpha / 2 * kept["q_proj"][1] @ kept["q_proj"][0]).bfloat16()
    require(torch.equal(half, exact), "for a bf16 weight, add in fp32, and round once at the end: "
            "(W.float() + update).to(W.dtype).")  # fmt: skip
