"""How many floating-point operations the matrix products of a training step need: useful ones, counted by hand.

A product of an (m, k) and a (k, n) matrix is 2·m·k·n operations: a multiplication and an addition each. Counted is what
the mathematics asks for, not what a program does: no padding, nothing computed again to save memory, nothing
element by element. So a share of the hardware's rate computed from it errs on the low side (Chowdhery et al. 2022,
"PaLM", appendix B, model FLOPs utilisation).
"""

from helpers.errors import CourseError
from helpers.finetune.methods import METHODS
from helpers.memory.shape import Shape, need

FORMULA = (
    "Operations of matrix products, 2 for each multiply-add; real tokens only, no padding, no recomputation. "
    "A linear layer, for each weight and token: 2 forward, 2 for the gradient of its inputs, 2 for the gradient of "
    "its weights where they are trained; LoRA's A and B are such layers. Below the first layer LoRA trains nothing, so "
    "there queries, keys and values need no gradient of their inputs. Attention: 2 products forward and 4 backward "
    "over pairs of a token and those up to it (the causal half). Output layer: answer tokens only, 2 forward, 2 for "
    "the gradient of its inputs, 2 where it is trained."
)


def training(config, lengths, answers, method="lora", rank=16, causal=True):
    """Operations of one forward and backward pass over some rows, as {part: number}; `FORMULA` says what counts.

    config: of a decoder built like Llama. lengths, answers: how many tokens each row has, and how many of them are
    answer, which the loss is on. rank: of adapters on all linear layers but the output layer ('lora', 'qlora').
    causal: count the pairs of tokens that attend, T·(T+1)/2 in a row of T, rather than all T² that a plain product
    computes. Raises CourseError on another architecture or method, or lists of different lengths.
    """
    need(method, METHODS, "method")
    shape = Shape.of(config)
    if len(lengths) != len(answers):
        raise CourseError(f"There are {len(lengths)} lengths and {len(answers)} answers. Give one of each a row.")
    tokens, full = sum(lengths), method == "full"
    weights = shape.layers * shape.linear
    linear, adapters = 6 * weights, 0
    if not full:
        lowest = shape.linears[:3]  # the first layer's queries, keys and values: their inputs need no gradient
        linear = 4 * weights - 2 * sum(inputs * outputs for inputs, outputs in lowest)
        adapters = 6 * shape.adapters(rank)
        adapters -= 2 * rank * sum(inputs for inputs, _ in lowest)
    pairs = sum(length * (length + 1) // 2 if causal else length**2 for length in lengths)
    return {
        "linear layers": linear * tokens,
        "adapters": adapters * tokens,
        "attention": (2 + 4) * 2 * shape.query * shape.layers * pairs,
        "output layer": (6 if full else 4) * shape.vocabulary * shape.hidden * sum(answers),
    }
