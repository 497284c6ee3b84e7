"""Predicted memory of a training step, from a model's shape alone: no weights are loaded, nothing is run.

It follows one step of a Llama-like decoder in transformers, with PyTorch's fused attention, the standard loss and fused
AdamW, and adds up what is alive at the few moments where the peak can be. Each term names what keeps it alive. Lesson
04 derives the terms; `measure` holds them against the allocator (tests/test_memory.py, `results 04`).

Not counted: what a GPU's driver and libraries take for themselves (`plan` reserves room for it); gaps between the
allocator's blocks; what padding adds (the mask, and keys and values repeated for every query head: 3 % in one try);
the working space of optimizers that are not fused; windows of attention shorter than the sequence.
"""

from dataclasses import dataclass

from helpers.errors import CourseError
from helpers.memory.footprint import peak
from helpers.memory.shape import Shape, need, need_positive, shape_of

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
METHODS = ("full", "lora", "qlora")
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
):
    """The Footprint of one training step at its peak: bytes by part.

    config: a transformers config of a Llama-like decoder, or a name from `shapes.names()`.
    method: 'full' trains fp32 weights under autocast; 'lora' trains fp32 adapters of `rank` beside all linear layers,
    on weights in `dtype`; 'qlora' the same on NF4 weights with double quantisation. Where dtype is 'float16', what is
    not quantised is fp32 (as `models.load_model` has it, because training in pure fp16 overflows).
    batch: sequences; sequence: tokens in each. dtype: what matrix products run in. optimizer: one of OPTIMIZERS.
    checkpointing: keep each layer's input only, and compute the layer again in the backward pass.
    loss_tokens: positions that get logits; all by default, fewer where the loss is on answers only.
    Raises CourseError on a value that cannot be.
    """
    shape = shape_of(config)
    need(method, METHODS, "method")
    need(dtype, BYTES, "dtype")
    need(optimizer, OPTIMIZERS, "optimizer")
    for name, value in {"batch": batch, "sequence": sequence, "rank": rank}.items():
        need_positive(name, value)
    if loss_tokens is not None:
        need_positive("loss_tokens", loss_tokens)
    tokens = batch * sequence
    logits = tokens if loss_tokens is None else loss_tokens
    if logits > tokens:
        raise CourseError(f"loss_tokens is {logits!r}. Give a number from 1 to batch x sequence = {tokens}.")
    stream = 4 if method == "full" or dtype == "float16" else BYTES[dtype]
    state = OPTIMIZERS[optimizer]
    step = _Step(shape, method, tokens, sequence, logits, BYTES[dtype], stream, state, checkpointing, rank)
    return peak(step.moments())


@dataclass
class _Step:
    """The terms of `predict`. Sizes are in bytes."""

    shape: Shape
    method: str
    tokens: int
    sequence: int
    logit_rows: int
    compute: int  # bytes of a number in a matrix product
    stream: int  # of a weight that is not quantised, and so of a number between layers
    state: int  # of the optimizer, for each trained parameter
    checkpointing: bool
    rank: int

    def moments(self):
        """Name → bytes by part, at each moment where the peak can be."""
        s, layers = self.shape, self.shape.layers
        kept = self.layer_input() if self.checkpointing else self.layer()
        activations = layers * kept + self.ends()
        copies = self.copies()
        logits = self.logit_rows * s.vocabulary
        # The library's loss holds, in fp32, the logits, their log-softmax, and in the backward pass its gradient.
        # Where products run in 16 bits, the forward pass holds the 16-bit logits as well.
        loss_forward = logits * (4 + 4 + (self.compute if self.compute < 4 else 0))
        loss_backward = logits * (4 + 4 + 4)
        # Checkpointing drops a layer's copies after its forward pass, but autocast keeps each until the pass ends.
        copies_in_backward = self.output_copy() if self.checkpointing else copies
        stays = self.persistent()
        found = {
            "the loss, forward": stays | _parts(0, copies, activations, loss_forward),
            "the loss, backward": stays | _parts(0, copies_in_backward, activations, loss_backward),
        }
        if self.checkpointing:
            again = self.layer() + self.layer_workspace()
            found["the last layer again"] = stays | _parts(
                self.gradients_at_start(), self.layer_copies(), activations + again, 0
            )
            found["the first layer again"] = stays | _parts(
                self.gradients_at_end(), self.layer_copies(), kept + again, 0
            )
        else:
            found["the last layer, backward"] = stays | _parts(
                self.gradients_at_start(), copies - self.output_copy(), activations + self.layer_workspace(), 0
            )
            found["the first layer, backward"] = stays | _parts(
                self.gradients_at_end(), self.layer_copies(), kept + self.layer_workspace(), 0
            )
        found["the embedding, backward"] = stays | _parts(
            self.all_gradients(), 0, self.tokens * s.hidden * self.stream if self.method == "full" else 0, 0
        )
        return found

    def persistent(self):
        """Weights and optimizer state: there from the first step to the last."""
        s = self.shape
        if self.method == "full":
            return {"weights": 4 * s.parameters, "optimizer": self.state * s.parameters}
        adapters = s.adapters(self.rank)
        parts = {"adapters": 4 * adapters, "optimizer": self.state * adapters}
        weights, constants = weight_bytes(s, self.stream, self.method == "qlora")
        return parts | {"weights": weights, "quantisation constants": constants}

    def layer(self):
        """What autograd keeps of one decoder layer between its forward and its backward pass."""
        s, n = self.shape, self.tokens
        attention = n * (2 * s.query + 2 * s.key) * self.compute  # queries, keys, values, output
        attention += n * s.heads * 4  # the fused kernel's log-sum-exp: one number a head, not a row of scores
        gated = n * 3 * s.mlp * self.compute  # gate before and after SiLU, up
        # Two norms, in fp32: the input of each; the normalised input too, where the norm's own weight is trained.
        norms = 2 * n * (s.hidden * (8 if self.method == "full" else 4) + 4)
        casts = 5 if self.compute < 4 else 2  # of q, k, v, gate, up: autocast copies the input for each of them
        inputs = n * (casts * s.hidden + s.mlp) * self.compute  # of q, k, v, gate, up; of down
        if self.method != "full":
            if self.compute < 4:
                inputs += n * s.query * self.compute  # the adapter of o casts its input too
            inputs += n * len(s.linears) * self.rank * self.compute  # between A and B
        return norms + attention + gated + inputs

    def layer_input(self):
        """What is kept of a checkpointed layer: its input."""
        return self.tokens * self.shape.hidden * self.stream

    def layer_workspace(self):
        """What a layer holds for a moment, in its widest place: the MLP's inner activations and the stream's gradient.

        Adapters make an fp32 copy of their input where products run in 16 bits, and QLoRA dequantises a weight matrix.
        """
        s = self.shape
        inner = self.compute if self.method == "full" or self.compute == 4 else 4 + 2 * self.compute
        work = self.tokens * (inner * s.mlp + self.stream * s.hidden)
        return work + (s.hidden * s.mlp * self.compute if self.method == "qlora" else 0)

    def ends(self):
        """Kept outside the layers: the final norm, the output layer's input, the rotary angles."""
        s, n = self.shape, self.tokens
        angles = 2 * self.sequence * (s.query // s.heads) * self.stream
        if self.method == "full":
            return n * s.hidden * (8 + self.compute) + angles
        # Frozen weights keep less: of the norms, the first one's input needs no gradient, the final one's does.
        return (n * s.hidden * 4 if self.checkpointing else 0) + angles

    def copies(self):
        """Autocast's 16-bit copies of fp32 weights. It keeps those of trained weights until the forward pass ends.

        A frozen weight's copy is kept by the layer that used it, so checkpointing drops it.
        """
        if self.checkpointing and self.method != "full":
            return self.shape.layers * self.adapter_copies() + self.output_copy()
        return self.shape.layers * self.layer_copies() + self.output_copy()

    def layer_copies(self):
        copied = self.stream > self.compute and self.method != "qlora"
        return (self.compute * self.shape.linear if copied else 0) + self.adapter_copies()

    def adapter_copies(self):
        if self.method == "full" or self.compute == 4:
            return 0
        return self.compute * self.shape.adapters(self.rank) / self.shape.layers

    def output_copy(self):
        return self.compute * self.shape.embedding if self.stream > self.compute else 0

    def gradients_at_start(self):
        """The output layer's gradient, which is made before any other. Its 16-bit copy is gone by then."""
        return 4 * self.shape.embedding if self.method == "full" else 0

    def gradients_at_end(self):
        """All but the first layer's and the embedding's; of a tied embedding, the output layer's share."""
        s = self.shape
        if self.method != "full":
            return 4 * s.adapters(self.rank) * (s.layers - 1) / s.layers
        return 4 * (s.parameters - (0 if s.tied else s.embedding) - s.linear - s.biases - 2 * s.hidden)

    def all_gradients(self):
        """Every gradient, and of a tied embedding, which gets two, both before they are added.

        A 16-bit output layer's gradient was cast, so the sum takes its place; in fp32 the sum is a third.
        """
        s = self.shape
        if self.method != "full":
            return 4 * s.adapters(self.rank)
        more = (1 if self.compute < 4 else 2) * s.embedding if s.tied else 0
        return 4 * (s.parameters + more)


def _parts(gradients, copies, activations, logits):
    return {
        "gradients": gradients,
        "low-precision copies": copies,
        "activations": activations,
        "logits and loss": logits,
    }


def weight_bytes(shape, width, four_bit=False):
    """(bytes of the weights, bytes of the quantisation constants). width: bytes of a number that is not quantised.

    four_bit: linear layers in NF4, half a byte a weight. Constants (QLoRA, section 3): one byte for 64 weights, and
    four for 256 of those; beside them each linear layer carries its two code tables.
    """
    inside = shape.layers * shape.linear
    if not four_bit:
        return width * shape.parameters, 0
    constants = inside / 64 + 4 * inside / (64 * 256) + shape.layers * len(shape.linears) * 4 * (16 + 256 + 1)
    return inside / 2 + width * (shape.parameters - inside), constants


def kv_cache(config, tokens, batch=1, dtype="bfloat16"):
    """Bytes of the keys and values that generation keeps of `batch` sequences of `tokens` tokens: two a layer."""
    shape = shape_of(config)
    need(dtype, BYTES, "dtype")
    need_positive("tokens", tokens)
    need_positive("batch", batch)
    return 2 * shape.layers * shape.key * tokens * batch * BYTES[dtype]
