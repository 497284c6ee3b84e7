"""A short training that test_finetune_resume.py kills: python tests/resumable.py FOLDER RESULT ROWS

It says on stdout when each step begins. At the end it writes RESULT.json and, as RESULT.pt, the trained weights.
"""

import sys

import tiny_llama
import torch

from helpers import course, finetune, models
from helpers.finetune.trainer import trainer_class

EVALUATIONS = 12


def train(folder, rows):
    """Two epochs of LoRA with dropout, 4 rows a step: dropout makes every step depend on the random numbers so far."""
    from peft import LoraConfig

    tokenizer = models.load_tokenizer()
    return finetune.finetune(
        tiny_llama.model(tokenizer),
        tiny_llama.rows(rows),
        "lora",
        tokenizer=tokenizer,
        validation=tiny_llama.rows(4, start=500),
        adapter=LoraConfig(r=4, lora_dropout=0.1, target_modules=["q_proj", "v_proj", "o_proj"], task_type="CAUSAL_LM"),
        epochs=2,
        batch_size=4,
        evaluations=EVALUATIONS,
        folder=folder,
    )


def announced(step):
    def training_step(self, *inputs):
        print(f"step {self.state.global_step + 1}", flush=True)
        return step(self, *inputs)

    return training_step


if __name__ == "__main__":
    course.quiet()
    torch.set_num_threads(1)
    trainer_class().training_step = announced(trainer_class().training_step)
    result = train(sys.argv[1], int(sys.argv[3]))
    torch.save({name: each for name, each in result.model.named_parameters()}, f"{sys.argv[2]}.pt")
    result.save(f"{sys.argv[2]}.json")
