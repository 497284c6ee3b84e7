"""Predicted memory of using a model: weights, the KV cache, and the working space of one layer."""

from helpers.memory.footprint import Footprint
from helpers.memory.predict import BYTES, kv_cache
from helpers.memory.shape import need, need_positive, shape_of
from helpers.memory.step import weight_bytes


def predict_generation(config, batch=1, prompt=512, new_tokens=128, *, dtype="bfloat16", four_bit=False):
    """The Footprint of generating `new_tokens` tokens after `batch` prompts of `prompt` tokens, all weights in `dtype`.

    four_bit: linear layers in NF4 with double quantisation. The peak is either at the end of reading the prompts, when
    the last layer works on all their tokens at once, or at the end of writing, when the KV cache is fullest. The cache
    grows by a copy: for one layer at a time, the old and the new one are there together.
    Raises CourseError on a value that cannot be.
    """
    shape = shape_of(config)
    need(dtype, BYTES, "dtype")
    for name, value in {"batch": batch, "prompt": prompt, "new_tokens": new_tokens}.items():
        need_positive(name, value)
    width, tokens = BYTES[dtype], batch * prompt
    weights, constants = weight_bytes(shape, width, four_bit)
    # The MLP is the widest place: three rows of inner activations, beside four of the stream's width.
    reading = tokens * (3 * shape.mlp + 4 * shape.hidden) * width
    full = kv_cache(shape, prompt + new_tokens, batch, dtype)
    moments = {
        "reading, in the last layer": {"KV cache": kv_cache(shape, prompt, batch, dtype), "activations": reading},
        "writing the last token": {
            "KV cache": full * (1 + 1 / shape.layers),
            "logits and loss": batch * shape.vocabulary * (width + 4),
        },
    }
    moment = max(moments, key=lambda name: sum(moments[name].values()))
    parts = {"weights": weights, "quantisation constants": constants} | moments[moment]
    return Footprint({part: int(size) for part, size in parts.items()}, moment, moments)
