"""The terms of `predict`: what each thing that a training step keeps alive takes, and at which moment it is there."""

from dataclasses import dataclass

from helpers.memory.shape import Shape


@dataclass
class Step:
    """The terms of `predict`, whose arguments it takes in the words of the formulas. Sizes are in bytes."""

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
    eager: bool = False  # attention as plain matrix products
    padded: bool = False  # rows of several lengths, and so a mask
    accumulates: bool = False  # gradients of an earlier part of the step stand

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
        stays, before = self.persistent(), self.gradients_before()
        found = {
            "the loss, forward": stays | _parts(before, copies, activations, loss_forward),
            "the loss, backward": stays | _parts(before, copies_in_backward, activations, loss_backward),
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
            if self.logit_rows < self.tokens:  # else the loss takes more, but for very few tokens
                found["the output layer, backward"] = stays | _parts(
                    self.gradients_at_start(),
                    copies - self.output_copy(),
                    activations + self.layer_input() + self.uncast_gradient(),
                    0,
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
        return self.attention() + self.mlp()

    def attention(self):
        """What is kept of a layer's attention and the norm before it."""
        s, n = self.shape, self.tokens
        # Queries, output, keys, values. Plain products, and the fused kernel with a mask, take keys and values repeated
        # for every query head.
        kept = n * (2 * s.query + 2 * (s.query if self.eager or self.padded else s.key)) * self.compute
        if self.eager:
            # The softmax's result is in fp32; what is multiplied with the values is a 16-bit copy, where products are.
            kept += self.scores() * (4 + (self.compute if self.compute < 4 else 0))
        else:
            kept += n * s.heads * 4  # the fused kernel's log-sum-exp: one number a head, not a row of scores
            kept += n * self.sequence * self.compute if self.padded else 0  # the mask, in the scores' precision
        casts = 3 if self.compute < 4 else 1  # of q, k, v: autocast copies the input for each of them
        kept += n * casts * s.hidden * self.compute
        if self.method != "full":
            if self.compute < 4 and not self.eager:  # a plain product does not need its own output
                kept += n * s.query * self.compute  # the adapter of o casts its input too
            kept += n * 4 * self.rank * self.compute  # between A and B of q, k, v, o
        return kept + self.norm()

    def mlp(self):
        """What is kept of a layer's MLP and the norm before it."""
        s, n = self.shape, self.tokens
        kept = n * 4 * s.mlp * self.compute  # gate before and after SiLU, up, and the input of down
        casts = 2 if self.compute < 4 else 1  # of gate, up
        kept += n * casts * s.hidden * self.compute
        if self.method != "full":
            kept += n * 3 * self.rank * self.compute  # between A and B of gate, up, down
        return kept + self.norm()

    def norm(self):
        """Kept of a norm, in fp32: its input; the normalised input too, where its own weight is trained."""
        return self.tokens * (self.shape.hidden * (8 if self.method == "full" else 4) + 4)

    def scores(self):
        """How many scores a layer's attention has: one for each head and each pair of tokens."""
        return self.tokens * self.sequence * self.shape.heads

    def layer_input(self):
        """A layer's input, which is all that is kept of a checkpointed one, or its gradient."""
        return self.tokens * self.shape.hidden * self.stream

    def layer_workspace(self):
        """What a layer holds for a moment, beyond what it kept, in its widest place.

        That is the MLP's inner activations and the stream's gradient; or, for long rows of plain attention, the scores,
        with the softmax's gradient before and after, when the MLP is done. Adapters make an fp32 copy of their input
        where products run in 16 bits, and QLoRA dequantises a weight matrix.
        """
        s = self.shape
        inner = self.compute if self.method == "full" or self.compute == 4 else 4 + 2 * self.compute
        work = self.tokens * (inner * s.mlp + self.stream * s.hidden)
        work += s.hidden * s.mlp * self.compute if self.method == "qlora" else 0
        if not self.eager:
            return work
        # Two gradients in fp32; the 16-bit copy of the scores is gone by then.
        gradients = self.scores() * (8 - (self.compute if self.compute < 4 else 0))
        return max(work, gradients + self.tokens * self.stream * s.hidden - self.mlp())

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

    def gradients_before(self):
        """Gradients that stand when the forward pass begins: none, or all, where a step is taken in parts."""
        return 4 * self.trained() if self.accumulates else 0

    def gradients_at_start(self):
        """The output layer's gradient, which is made before any other. Its 16-bit copy is gone by then."""
        return self.gradients_before() + (4 * self.shape.embedding if self.method == "full" else 0)

    def uncast_gradient(self):
        """The output layer's gradient in 16 bits, while it is cast to fp32."""
        return self.compute * self.shape.embedding if self.method == "full" and self.compute < 4 else 0

    def gradients_at_end(self):
        """All but the first layer's and the embedding's; of a tied embedding, the output layer's share."""
        s = self.shape
        if self.accumulates:  # each is added to the one that stands, and gone; the tied one waits for its other share
            return self.gradients_before() + (4 * s.embedding if self.method == "full" and s.tied else 0)
        if self.method != "full":
            return 4 * s.adapters(self.rank) * (s.layers - 1) / s.layers
        return 4 * (s.parameters - (0 if s.tied else s.embedding) - s.linear - s.biases - 2 * s.hidden)

    def all_gradients(self):
        """Every gradient, and of a tied embedding, which gets two, both before they are added.

        A 16-bit output layer's gradient was cast, so the sum takes its place; in fp32 the sum is a third. Where the
        gradients of an earlier part stand, the embedding's new one is there beside them.
        """
        s = self.shape
        if self.method != "full":
            return 4 * s.adapters(self.rank)
        more = (1 if self.compute < 4 else 2) * s.embedding if s.tied else 0
        return 4 * (s.parameters + more + (s.embedding if self.accumulates else 0))

    def trained(self):
        """How many parameters are trained."""
        return self.shape.parameters if self.method == "full" else self.shape.adapters(self.rank)


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
