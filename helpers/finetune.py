"""Fine-tuning on conversations: a thin layer on TRL's `SFTTrainer` and PEFT.

What makes it faster than the defaults on a CPU (tests/benchmarks/training_speed.py tells how much): the output layer
and the loss run on answer positions only, nothing is recomputed to save memory, batches hold rows of similar length,
products run in bf16 where the hardware has it, and the number of threads follows the machine.
"""

import tempfile
import time
from dataclasses import dataclass, field

from helpers import course
from helpers.progress import Bar
from helpers.threads import Threads


@dataclass
class Trained:
    """A training run: loss per step (nats per answer token), seconds, tokens per second, settings."""

    losses: list = field(default_factory=list)
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    settings: dict = field(default_factory=dict)


def add_lora(model, rank=16, alpha=32):
    """Freeze `model` and put trainable low-rank adapters (LoRA, Hu et al. 2021) on its linear layers.

    All of them but the output layer.

    Returns a PEFT model; `model` itself is changed in place. Lesson 08 builds such a layer by hand.
    """
    import warnings

    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(model, config)


def finetune(model, tokenizer, rows, *, epochs=2, learning_rate=1e-3, batch_size=4, max_length=512, label="Training"):
    """Train `model`'s trainable weights on `rows` and return a `Trained`.

    rows: dicts {"prompt": messages, "completion": messages}; the loss is on the completion's tokens only, in nats.
    The learning rate falls linearly to 0 after a warm-up over the first 5 % of steps. Changes `model` in place.
    """
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback, TrainerCallback
    from trl import SFTConfig

    class Report(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" in logs:
                trained.losses.append(logs["loss"])
                bar.advance(note=f"loss {logs['loss']:.2f}")

    steps = -(-len(rows) // batch_size) * epochs
    trained = Trained(settings=dict(epochs=epochs, learning_rate=learning_rate, batch_size=batch_size, rows=len(rows)))
    with tempfile.TemporaryDirectory() as folder, Bar(steps, label) as bar:
        settings = SFTConfig(
            output_dir=folder,
            num_train_epochs=epochs,
            learning_rate=learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=0.05,
            per_device_train_batch_size=batch_size,
            max_length=max_length,
            # Each new length makes oneDNN build and keep kernels: without this, memory grew by 20 MB a step.
            pad_to_multiple_of=16,
            train_sampling_strategy="group_by_length",
            activation_checkpointing=False,  # it saves memory that a model this small does not need
            use_cpu=course.device() == "cpu",
            bf16=course.dtype() is torch.bfloat16,
            fp16=course.dtype() is torch.float16,
            dataloader_pin_memory=False,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            seed=course.seed(),
        )
        # One process, one GPU: Trainer would split batches over several (DataParallel). `device` sets the count first.
        _ = settings.device
        settings._n_gpu = min(settings.n_gpu, 1)
        trainer = _trainer_class()(
            model=model,
            args=settings,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            callbacks=[Report()],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.threads = Threads()
        started = time.perf_counter()
        trainer.train()
        trained.seconds = time.perf_counter() - started
        lengths = [len(ids) for ids in trainer.train_dataset["input_ids"]]
    trained.tokens_per_second = sum(lengths) * epochs / trained.seconds
    model.eval()
    return trained


def _trainer_class():
    """The trainer, defined late because importing TRL takes seconds."""
    import torch
    from trl import SFTTrainer

    class AnswerOnlyTrainer(SFTTrainer):
        """`SFTTrainer` that leaves masked positions out before the output layer, instead of after it.

        With a vocabulary of 49,152 the logits of a prompt's positions are most of the memory traffic of a step, and
        the loss ignores every one of them. The loss is the same to rounding (tests/test_finetune.py).
        """

        def training_step(self, model, inputs, *rest):
            tokens = inputs["input_ids"].numel()
            loss = super().training_step(model, inputs, *rest)
            self.threads.tick(tokens)
            return loss

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            labels = inputs.pop("labels")[:, 1:]
            answer = labels != -100

            def keep_answers(module, args):
                # (batch, length, hidden) → (1, answer tokens, hidden)
                return (args[0][:, :-1][answer].unsqueeze(0),)

            hook = self.model.get_output_embeddings().register_forward_pre_hook(keep_answers)
            try:
                outputs = model(**inputs, use_cache=False)
            finally:
                hook.remove()
            total = torch.nn.functional.cross_entropy(outputs.logits[0].float(), labels[answer], reduction="sum")
            loss = total / (answer.sum() if num_items_in_batch is None else num_items_in_batch)
            return (loss, outputs) if return_outputs else loss

    return AnswerOnlyTrainer
