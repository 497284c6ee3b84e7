"""What plain attention and keeping freed memory are worth in a LoRA step: python -m tests.benchmarks.step_speed

Each of the four ways runs in a process of its own, in turns, so that none profits from another's memory. Printed are
real tokens a second of 8 rows of 160 tokens, 30 of each in the answer: the best of the rounds.
"""

import subprocess
import sys
import time

WAYS = [(attention, keep) for attention in ("sdpa", "eager") for keep in ("hand back", "keep")]
ROUNDS = 3


def measured(attention, keep):
    """Tokens a second of the best of four steps, in this process."""
    import torch

    from helpers import course, finetune, heap, models
    from helpers.finetune.trainer import trainer_class

    course.quiet()
    if keep == "keep":
        heap.keep()
    model = finetune.add_lora(models.load_model()).train()
    model.set_attn_implementation(attention)
    trainer = object.__new__(trainer_class())
    trainer.model = model
    ids = torch.randint(0, 40_000, (8, 160), generator=torch.Generator().manual_seed(0))
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids.clone()}
    batch["labels"][:, :130] = -100
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, fused=True)
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        with course.autocast():
            total, answers = trainer.answer_loss(model, batch)
        (total / answers).backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - started)
    return ids.numel() / min(seconds[2:])


def main():
    found = {way: 0.0 for way in WAYS}
    for _ in range(ROUNDS):
        for way in WAYS:
            command = [sys.executable, "-m", __spec__.name, *way]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[way] = max(found[way], float(done.stdout.splitlines()[-1]))
    for (attention, keep), rate in found.items():
        ratio = rate / found[WAYS[0]]
        print(f"{attention:6} attention, freed memory: {keep:10} {rate:5.0f} tokens/s, {ratio:.2f} times the first")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(measured(*sys.argv[1:]))
    else:
        main()
