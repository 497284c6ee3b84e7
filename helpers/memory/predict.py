"""Predicted memory of a training step, from a model's shape alone: no weights are loaded, nothing is run.

It follows one step of a Llama-like decoder in transformers, with the standard loss and fused AdamW, and adds up what
is alive at the few moments where the peak can be. Each term (`step`) names what keeps it alive. Lesson 04 derives the
terms; `measure` holds them against the allocator (tests/test_memory.py, `results 04`).

Not counted: what a GPU's driver and libraries take for themselves (`plan` reserves room for it); gaps between the
allocator's blocks; the working space of optimizers that are not fused; windows of attention shorter than the sequence.
"""

from helpers.errors import CourseError
from helpers.memory.footprint import peak
from helpers.memory.shape import need, need_positive, shape_of
from helpers.memory.step import Step

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
METHODS = ("full", "lora", "qlora")
ATTENTION = ("fused", "eager")
# Bytes of optimizer state per trained parameter, which all trainings here keep in fp32 (AdamW: two moments).
OPTIMIZERS = {"adamw": 8, "sgd": 0, "sgd_momentum": 4}


def predict(
    config,
    method="full",
    batch=8,
    sequence=256,
    *,
    dtype="bfloat16",
    optimizer="adamw",
    checkpointing=False,
    rank=16,
    loss_tokens=None,
    attention="fused",
    padding=False,
    accumulate=1,
):
    """The Footprint of one training step at its peak: bytes by part.

    config: a transformers config of a Llama-like decoder, or a name from `shapes.names()`.
    method: 'full' trains fp32 weights under autocast; 'lora' trains fp32 adapters of `rank` beside all linear layers,
    on weights in `dtype`; 'qlora' the same on NF4 weights with double quantisation. Where dtype is 'float16', what is
    not quantised is fp32 (as `models.load_model` has it, because training in pure fp16 overflows).
    batch: sequences; sequence: tokens in each. dtype: what matrix products run in. optimizer: one of OPTIMIZERS.
    checkpointing: keep each layer's input only, and compute the layer again in the backward pass.
    loss_tokens: positions that get logits; all by default, fewer where the loss is on answers only.
    attention: 'fused' is PyTorch's kernel, which keeps no scores; 'eager' is plain matrix products, which keep them all
    (transformers' `attn_implementation`; `helpers.finetune` takes it on CPUs, where it is faster for short rows).
    padding: whether rows have several lengths. The fused kernel then needs a mask, and keys and values repeated.
    accumulate: a step's sequences are taken in so many parts, of `batch` each; gradients stand from the first part on.
    Raises CourseError on a value that cannot be.
    """
    shape = shape_of(config)
    need(method, METHODS, "method")
    need(dtype, BYTES, "dtype")
    need(optimizer, OPTIMIZERS, "optimizer")
    need(attention, ATTENTION, "attention")
    for name, value in {"batch": batch, "sequence": sequence, "rank": rank, "accumulate": accumulate}.items():
        need_positive(name, value)
    if loss_tokens is not None:
        need_positive("loss_tokens", loss_tokens)
    tokens = batch * sequence
    logits = tokens if loss_tokens is None else loss_tokens
    if logits > tokens:
        raise CourseError(f"loss_tokens is {logits!r}. Give a number from 1 to batch x sequence = {tokens}.")
    stream = 4 if method == "full" or dtype == "float16" else BYTES[dtype]
    step = Step(
        shape=shape,
        method=method,
        tokens=tokens,
        sequence=sequence,
        logit_rows=logits,
        compute=BYTES[dtype],
        stream=stream,
        state=OPTIMIZERS[optimizer],
        checkpointing=checkpointing,
        rank=rank,
        eager=attention == "eager",
        padded=padding,
        accumulates=accumulate > 1,
    )
    return peak(step.moments())


def kv_cache(config, tokens, batch=1, dtype="bfloat16"):
    """Bytes of the keys and values that generation keeps of `batch` sequences of `tokens` tokens: two a layer."""
    shape = shape_of(config)
    need(dtype, BYTES, "dtype")
    need_positive("tokens", tokens)
    need_positive("batch", batch)
    return 2 * shape.layers * shape.key * tokens * batch * BYTES[dtype]
