"""How much faster `finetune` is than TRL's trainer with its defaults: python -m tests.benchmarks.training_speed [rows]

Same model, same rows, same number of rows a step, LoRA of rank 16. They take turns in one run; the ratio is
of their best.
"""

import sys
import tempfile
import time

from helpers import course, finetune, models, testgen


def ours(model, tokenizer, rows):
    return finetune.finetune(model, tokenizer, rows, epochs=1, batch_size=8).seconds


def trl_defaults(model, tokenizer, rows):
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    with tempfile.TemporaryDirectory() as folder:
        settings = SFTConfig(
            output_dir=folder, num_train_epochs=1, report_to="none", disable_tqdm=True,
            use_cpu=course.device() == "cpu",
            save_strategy="no", dataloader_pin_memory=False, per_device_train_batch_size=8,
        )  # fmt: skip
        trainer = SFTTrainer(
            model=model, args=settings, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
        )
        started = time.perf_counter()
        trainer.train()
        return time.perf_counter() - started


def main(count):
    course.setup()
    tokenizer = models.load_tokenizer()
    rows = [
        {
            "prompt": testgen.conversation(row["function"]),
            "completion": [{"role": "assistant", "content": testgen.fenced(row["test"])}],
        }
        for row in testgen.examples("train", 2)[:count]
    ]
    seconds = {ours: [], trl_defaults: []}
    for _ in range(2):
        for system, found in seconds.items():
            found.append(system(finetune.add_lora(models.load_model()), tokenizer, rows))
            print(f"{system.__name__:13} {found[-1]:6.1f} s", flush=True)
    print(f"ours is {min(seconds[trl_defaults]) / min(seconds[ours]):.1f} times as fast")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 32)
