"""The classic lab, done properly: FLAN-T5 learns to summarise the dialogues of DialogSum, in full and with LoRA.

`python3 -m helpers.summarizing` runs the comparison. Model and data come from the Hugging Face Hub, and the whole of it
wants a GPU. What the lab gets wrong, and this does not: it takes one step and downloads the rest; it trains on padding;
its bf16 weights round its updates away; its models share weights, and dropout is on while they write; long dialogues
lose the words "Summary:"; ten rows are four dialogues; nothing trivial is compared; nobody asks how long answers are.
"""

from helpers.summarizing.comparing import CLASSIC, baselines, best_asking, compare, scores, table
from helpers.summarizing.data import (
    ASKING,
    DATA,
    INSTRUCTION,
    asking_with_example,
    collator,
    dialogues,
    encoded,
    prompt,
)
from helpers.summarizing.training import METHODS, MODEL, Trained, adapted, load, train, write

__all__ = [
    "ASKING",
    "CLASSIC",
    "DATA",
    "INSTRUCTION",
    "METHODS",
    "MODEL",
    "Trained",
    "adapted",
    "asking_with_example",
    "baselines",
    "best_asking",
    "collator",
    "compare",
    "dialogues",
    "encoded",
    "load",
    "prompt",
    "scores",
    "table",
    "train",
    "write",
]
