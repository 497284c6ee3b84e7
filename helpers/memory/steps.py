"""Training steps to measure: the course's model, ready to train by each method, and one step on random tokens.

`python -m helpers.memory.steps '{"method": "lora", "batch": 4, "sequence": 256}'` measures one and prints it as JSON.
"""

import json
import sys

from helpers import course
from helpers.memory.measure import measure


def build(method, checkpointing=False, rank=16):
    """The course's model, ready to train by `method`, and its optimizer (fused AdamW, as Trainer's default).

    'full' trains fp32 weights under autocast; 'lora' and 'qlora' train fp32 adapters on frozen weights.
    """
    import torch

    from helpers import finetune, models

    if method == "qlora":
        model = models.load_4bit_model()
    else:
        model = models.load_model()
    model = model.float() if method == "full" else finetune.add_lora(model, rank)
    model.train()
    if checkpointing:
        if method != "full":
            model.enable_input_require_grads()  # or the first layer, with nothing to train before it, gets no gradient
        model.activation_checkpointing_enable()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return model, torch.optim.AdamW(trained, lr=1e-4, fused=course.device() != "mps")


def training_step(model, optimizer, batch, sequence):
    """A function that trains `model` for one step on random tokens: forward under autocast, backward, update."""
    import torch

    generator = torch.Generator().manual_seed(course.seed())
    tokens = torch.randint(0, model.config.vocab_size, (batch, sequence), generator=generator).to(model.device)

    def step():
        with course.autocast():
            loss = model(input_ids=tokens, labels=tokens, use_cache=False).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def measured(method, batch, sequence, checkpointing=False, rank=16):
    """The Footprint of one training step, measured in this process."""
    model, optimizer = build(method, checkpointing, rank)
    training_step(model, optimizer, 1, 8)()  # a small step first: it makes the optimizer's state
    return measure(training_step(model, optimizer, batch, sequence), model, optimizer)


if __name__ == "__main__":
    course.quiet()
    found = measured(**json.loads(sys.argv[1]))
    print(json.dumps({"measured": found.parts, "measured_at": found.moment}))
