"""What a busy machine does to a training step: python -m tests.benchmarks.threads

Times steps of the base model with LoRA on all cores, on one thread, and with the number chosen as it goes
(helpers.threads), on a quiet machine and beside another program that keeps one core busy.
"""

import subprocess
import sys
import time

import torch

from helpers import course, finetune, models
from helpers.threads import Threads

STEPS = 12


def seconds_a_step(model, ids, count=None):
    chooser = Threads() if count is None else None
    if count:
        torch.set_num_threads(count)
    started = time.perf_counter()
    for _ in range(STEPS):
        with course.autocast():
            loss = model(input_ids=ids, labels=ids, logits_to_keep=0).loss
        loss.backward()
        model.zero_grad()
        if chooser:
            chooser.tick(1)
    return (time.perf_counter() - started) / STEPS


def main():
    course.setup()
    model = finetune.add_lora(models.load_model())
    ids = torch.randint(0, 40_000, (4, 150))
    seconds_a_step(model, ids, course.cores())  # the first steps set things up
    for machine in ("quiet", "busy"):
        other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if machine == "busy" else None
        course.threads.cache_clear()
        try:
            for name, count in (("all cores", course.cores()), ("one thread", 1), ("chosen as it goes", None)):
                print(f"{machine} machine, {name:18} {seconds_a_step(model, ids, count):6.2f} s a step", flush=True)
        finally:
            if other:
                other.kill()
                other.wait()


if __name__ == "__main__":
    main()
