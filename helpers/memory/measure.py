"""Measured memory of a training step: a trace of what PyTorch allocates and frees, and what each part of it is.

Not the process's resident memory: that counts Python, the libraries and whatever the system has not taken back.
"""

import contextlib
from collections import Counter

from helpers.errors import CourseError
from helpers.memory.footprint import PARTS, Footprint

GRADIENT, LOGITS = "memory: gradient ", "memory: logits "


def measure(step, model, optimizer=None):
    """Run `step()` once and return its measured Footprint: bytes by part, when all allocations together peak.

    step: a function without arguments that trains `model` for one step (forward, backward, update). Run one before, so
    that the optimizer's state exists. For CPU, and for CUDA, where it has not been tried yet. What lies in memory
    already counts as weights, constants, adapters or optimizer state; what the step allocates is traced, and counts as
    what made it.

    Gradients that stand from before are dropped first, so that all of them are made, and seen, in this step. A part is
    told by what made it, or by its size: where batch × sequence equals the model's width, the embedding's gradient has
    the size of the logits, and counts as these.

    Raises CourseError on a device that PyTorch cannot trace, and if it recorded no allocation.
    """
    device = next(model.parameters()).device.type
    if device not in ("cpu", "cuda"):
        raise CourseError(f"PyTorch traces no memory on {device}. Set COURSE_DEVICE=cpu, and run the lesson again.")
    model.zero_grad(set_to_none=True)
    stays = standing(model, optimizer)
    with _marks(model), _profiler(device) as profiler:
        step()
    trace = _Trace(profiler, device, model)
    if not trace.events:
        raise CourseError("The profiler saw no allocation: does `step` train the model on this device?")
    parts, moment = trace.peak()
    return Footprint({part: int(stays.get(part, 0) + parts.get(part, 0)) for part in PARTS}, moment)


def standing(model, optimizer=None):
    """Bytes that stay from step to step, by part: weights, quantisation constants, adapters, optimizer state."""
    import torch

    adapters = [p for name, p in model.named_parameters() if "lora_" in name]
    own = {id(p) for p in adapters}
    states = [getattr(p, "quant_state", None) for p in model.parameters()]
    constants = [t for state in states if state is not None for t in _tensors_of(state)]
    state = [v for values in optimizer.state.values() for v in values.values()] if optimizer else []
    return {
        "weights": _bytes(p for p in model.parameters() if id(p) not in own),
        "adapters": _bytes(adapters),
        "quantisation constants": _bytes(constants),
        "optimizer": _bytes(v for v in state if isinstance(v, torch.Tensor)),
    }


def _tensors_of(state):
    """The tensors of a bitsandbytes QuantState, and of the one inside it where the constants are quantised too."""
    import torch

    found = [value for value in vars(state).values() if isinstance(value, torch.Tensor)]
    return found + (_tensors_of(state.state2) if getattr(state, "state2", None) is not None else [])


def _bytes(tensors):
    """Bytes of the tensors' storages, each counted once."""
    storages = (tensor.untyped_storage() for tensor in tensors)
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def _profiler(device):
    import os

    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # or it reports its start and stop on stderr
    from torch.profiler import ProfilerActivity, profile

    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device == "cuda" else [])
    return profile(activities=activities, profile_memory=True, record_shapes=True)


@contextlib.contextmanager
def _marks(model):
    """Write into the trace which memory is a gradient, and how many bytes the logits have."""
    from torch.profiler import record_function

    def mark(kind, tensor):
        with record_function(f"{kind}{tensor.untyped_storage().data_ptr()} {tensor.numel()}"):
            pass

    handles = [
        p.register_post_accumulate_grad_hook(lambda p: mark(GRADIENT, p.grad))
        for p in model.parameters()
        if p.requires_grad
    ]
    if output := _output_layer(model):
        handles.append(output.register_forward_hook(lambda module, inputs, logits: mark(LOGITS, logits)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _output_layer(model):
    return model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None


class _Trace:
    """The allocations of one profiled step, in order of time."""

    def __init__(self, profiler, device, model):
        self.device = device
        self.slack = 2**20 if device == "cuda" else 0  # CUDA's allocator rounds blocks up
        self.weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
        # A tied embedding's two gradients are one in the end; before that, one has no mark of its own.
        embedding = model.get_input_embeddings() if hasattr(model, "get_input_embeddings") else None
        trained = embedding is not None and embedding.weight.requires_grad
        self.embedding_gradient = embedding.weight.numel() * embedding.weight.element_size() if trained else None
        self.events = []  # (time, what, address, bytes): "made", "copy" (of a weight), "freed", "gradient"
        self.logits = set()  # numbers of elements
        self.backward_from = None
        for root in profiler.profiler.kineto_results.experimental_event_tree():
            self._read(root)
        self.events.sort(key=lambda event: event[0])

    def _read(self, root):
        from torch._C._profiler import _EventType

        pending = [(root, False)]
        while pending:
            event, copies = pending.pop()
            if event.tag == _EventType.Allocation:
                fields = event.extra_fields
                if _on(fields.device, self.device):
                    what = "freed" if fields.alloc_size < 0 else "copy" if copies else "made"
                    self.events.append((event.start_time_ns, what, fields.ptr, abs(fields.alloc_size)))
                continue
            name = event.name
            if name.startswith(GRADIENT):
                self.events.append((event.start_time_ns, "gradient", int(name.split()[2]), 0))
            elif name.startswith(LOGITS):
                self.logits.add(int(name.split()[3]))
            elif name == "aten::_to_copy":
                copies = copies or self._reads_weight(event)
            elif name.startswith("autograd::engine"):
                self.backward_from = min(self.backward_from or event.start_time_ns, event.start_time_ns)
            pending += [(child, copies) for child in event.children]

    def _reads_weight(self, event):
        """Whether the first input of an operation is stored where a weight is."""
        inputs = getattr(event.extra_fields, "inputs", None) or []
        return bool(inputs) and getattr(inputs[0], "storage_data_ptr", None) in self.weights

    def peak(self):
        """({part: bytes}, moment) when the bytes allocated since the step began are most."""
        total, most, at, live, then, gradients = 0, 0, 0, {}, [], set()
        for index, (time, what, address, size) in enumerate(self.events):
            if what == "gradient":
                gradients.add(live.get(address))  # whatever lies there now: an address is used again and again
            elif what == "freed":
                total -= size
                live.pop(address, None)
            else:
                total += size
                live[address] = index
            if total > most:
                most, at, then = total, time, list(live.values())
        parts = Counter()
        for index in then:
            parts[self._part(index, index in gradients, at)] += self.events[index][3]
        return parts, self._moment(at)

    def _part(self, index, gradient, at):
        _, what, _, size = self.events[index]
        in_backward = self.backward_from is not None and at >= self.backward_from
        if what == "copy":
            return "low-precision copies"
        if gradient:
            return "gradients"
        if any(self._is(size, width * numbers) for numbers in self.logits for width in (2, 4)):
            return "logits and loss"
        if in_backward and self.embedding_gradient and self._is(size, self.embedding_gradient):
            return "gradients"
        return "activations"

    def _is(self, size, wanted):
        return 0 <= size - wanted <= self.slack

    def _moment(self, at):
        if self.backward_from is None or at < self.backward_from:
            return "forward"
        done = sum(what == "gradient" and time <= at for time, what, _, _ in self.events)
        return f"backward, after {done} gradients" if done else "backward, before the first gradient"


def _on(device, wanted):
    """Whether an allocation's device is of the type `wanted`; PyTorch gives it as torch.device."""
    return getattr(device, "type", wanted) == wanted
