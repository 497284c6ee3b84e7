"""Trainings of test_finetune_distributed.py, in one process or several: python tests/distributed_runs.py OUT HOW

HOW: 'all' (every training below, under torchrun), 'count' (one step, however it was started), or 'debug_launcher'
(accelerate starts two processes that count). Each process writes what it found to OUT-RANK.pt.
"""

import os
import sys

import tiny_llama
import torch

from helpers import course, finetune, models
from helpers.errors import CourseError
from helpers.finetune.trainer import trainer_class


def in_fp32():
    """bf16 rounds a batch that is shared differently from a whole one."""
    course._dtype = lambda: course.Setting("float32", "a test")
    torch.set_num_threads(1)


def train(tokenizer, **changes):
    settings = (
        dict(tokenizer=tokenizer, validation=tiny_llama.rows(5, start=100), batch_size=8, evaluations=3) | changes
    )
    model = tiny_llama.model(tokenizer)
    return finetune.finetune(model, tiny_llama.rows(24), settings.pop("method", "lora"), **settings)


def found(result):
    weights = torch.cat([each.detach().flatten() for each in result.model.parameters() if each.requires_grad])
    kept = ("losses", "evaluations", "steps", "best_step", "stopped_early", "resumed_from", "processes", "tokens")
    return {name: getattr(result, name) for name in kept} | {"weights": weights}


def stopped(folder, tokenizer):
    """A run that stops at its fifth step, in the second epoch, and is started again."""
    step = trainer_class().training_step

    def interrupted(trainer, *inputs):
        if trainer.state.global_step == 5:
            raise ValueError("stopped")
        return step(trainer, *inputs)

    trainer_class().training_step = interrupted
    try:
        train(tokenizer, epochs=2, evaluations=6, folder=folder)
    except ValueError:
        pass
    finally:
        trainer_class().training_step = step
    return train(tokenizer, epochs=2, evaluations=6, folder=folder)


def all_runs(folder):
    """name → what each training gave."""
    in_fp32()
    tokenizer = models.load_tokenizer()
    no = [row | {"completion": [{"role": "assistant", "content": "no no no"}]} for row in tiny_llama.rows(8)]
    runs = {
        "lora": found(train(tokenizer, epochs=2)),
        "full, in parts": found(train(tokenizer, epochs=2, method="full", accumulate=2)),
        "early stopping": found(
            train(tokenizer, epochs=6, validation=no, learning_rate=1e-1, evaluations=18, patience=2)
        ),
        "stopped": found(stopped(folder, tokenizer)),
    }
    try:
        train(tokenizer, batch_size=3)
        runs["error"] = ""
    except CourseError as error:
        runs["error"] = str(error)
    return runs


def one_run(out):
    """Write what the first of the trainings gave."""
    in_fp32()
    result = train(models.load_tokenizer(), epochs=2)
    rank = torch.distributed.get_rank() if torch.distributed.is_initialized() else 0
    torch.save(found(result), f"{out}-{rank}.pt")


if __name__ == "__main__":
    course.quiet()
    if sys.argv[2] == "debug_launcher":
        from accelerate import debug_launcher

        debug_launcher(one_run, (sys.argv[1],), num_processes=2)
    elif sys.argv[2] == "one run":
        one_run(sys.argv[1])
    else:
        torch.save(all_runs(f"{sys.argv[1]}-run"), f"{sys.argv[1]}-{os.environ['RANK']}.pt")
