"""Values as JSON and back, so that a result can leave a process that is not trusted. Nothing here is a pickle.

Numbers, texts, lists, tuples, sets, dicts, NumPy arrays and PyTorch tensors come back equal. Anything else comes back
as an empty object whose type has the same name, which is all that a check says about it.
"""

import sys
from fractions import Fraction

MOST = 1_000_000  # numbers in an array, items that an iterator is asked for
_PLAIN = (type(None), bool, int, float, str)


def encode(value, whole=True):
    """`value` as something that `json.dumps` takes. whole: iterators are read to their end; False leaves them alone."""
    for kind in _PLAIN:
        if type(value) is kind:
            return value
    if encoded := _encode_numbers(value):
        return encoded
    for kind in (str, bool, int, float):  # a subclass counts as what it is
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, Fraction):
        return {"fraction": [value.numerator, value.denominator]}
    if isinstance(value, dict):
        return {"dict": [[encode(key, whole), encode(item, whole)] for key, item in value.items()]}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: [encode(item, whole) for item in value]}
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if whole and hasattr(value, "__next__"):
        items = []
        for item in value:
            items.append(encode(item))
            if len(items) > MOST:
                raise ValueError(f"your iterator gives more than {MOST:,} items")
        return {"iterator": items}
    return {"object": type(value).__name__}


def _encode_numbers(value):
    """An array, a NumPy number or a tensor as JSON; None for anything else, and for kinds that are no numbers."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if torch and isinstance(value, torch.Tensor):
        _need_few(value.numel())
        plain = value.detach().cpu()
        plain = plain.float() if plain.dtype in (torch.bfloat16, torch.float16) else plain
        if plain.is_complex() or plain.is_quantized or plain.is_sparse:
            return None
        dtype = str(value.dtype).removeprefix("torch.")
        return {"tensor": [dtype, list(value.shape), plain.flatten().tolist(), value.requires_grad]}
    if numpy and isinstance(value, numpy.ndarray | numpy.generic):
        _need_few(value.size)
        if value.dtype.kind not in "biufU":
            return None
        kind = "array" if isinstance(value, numpy.ndarray) else "number"
        return {kind: [value.dtype.str, list(value.shape), value.flatten().tolist()]}
    return None


def _need_few(count):
    if count > MOST:
        raise ValueError(f"your result has {count:,} numbers, which is more than any exercise asks for")


def decode(encoded):
    """The value that `encode` was given. Raises ValueError, TypeError or RuntimeError on anything it did not make."""
    if isinstance(encoded, _PLAIN):
        return encoded
    if not isinstance(encoded, dict) or len(encoded) != 1:
        raise ValueError("no encoded value")
    ((kind, content),) = encoded.items()
    if kind not in _DECODERS:
        raise ValueError(f"an unknown kind of value, {kind!r:.40}")
    return _DECODERS[kind](content)


def _items(content):
    return [decode(item) for item in content]


def _array(content):
    import numpy as np

    dtype, shape, flat = content
    if np.dtype(dtype).kind not in "biufU":
        raise ValueError("no array of numbers")
    return np.array(flat, dtype=dtype).reshape(shape)


def _tensor(content):
    import torch

    dtype, shape, flat, trained = content
    kind = getattr(torch, dtype)
    if not isinstance(kind, torch.dtype):
        raise ValueError("no tensor's dtype")
    return torch.tensor(flat, dtype=kind).reshape(shape).requires_grad_(bool(trained))


_DECODERS = {
    "bytes": bytes.fromhex,
    "fraction": lambda content: Fraction(*content),
    "dict": lambda content: {decode(key): decode(item) for key, item in content},
    "list": _items,
    "tuple": lambda content: tuple(_items(content)),
    "set": lambda content: set(_items(content)),
    "frozenset": lambda content: frozenset(_items(content)),
    "range": lambda content: range(*content),
    "iterator": lambda content: (item for item in _items(content)),
    "array": _array,
    "number": lambda content: _array(content)[()],
    "tensor": _tensor,
    "object": lambda name: type(str(name)[:80], (), {"__repr__": lambda self: f"<a {type(self).__name__}>"})(),
}
