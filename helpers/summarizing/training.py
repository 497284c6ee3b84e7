"""FLAN-T5 loaded, trained in full or with adapters, and writing summaries."""

import contextlib
import tempfile
import time
from dataclasses import dataclass, field

from helpers import course, finetune, hub
from helpers.memory.shape import need, need_positive
from helpers.progress import Bar
from helpers.summarizing.data import INSTRUCTION, LONGEST, collator, encoded, prompt

MODEL = "google/flan-t5-base"
METHODS = ("full", "lora", "lora-all")  # LoRA on queries and values as in the lab, or on all linear layers
LEARNING_RATES = {"full": 1e-4, "lora": 1e-3, "lora-all": 1e-3}


def load(name=MODEL):
    """(model, tokenizer) of an encoder-decoder on the Hub: fp32 weights, on the course's device, in evaluation mode.

    Each call gives a new model, which shares nothing with the last. Raises CourseError where it cannot be had.
    """
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    with hub.explained(name):
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model = AutoModelForSeq2SeqLM.from_pretrained(name, dtype=torch.float32, trust_remote_code=False)
    return model.to(course.device()).eval(), tokenizer


def adapted(model, method):
    """`model` ready for `method`: as it is ('full'), or with adapters of rank 32 on frozen weights."""
    from peft import LoraConfig

    need(method, METHODS, "method")
    if method == "full":
        return model.requires_grad_(True)
    layers = ["q", "v"] if method == "lora" else "all-linear"
    config = LoraConfig(r=32, lora_alpha=32, lora_dropout=0.05, target_modules=layers, task_type="SEQ_2_SEQ_LM")
    return finetune.add_lora(model, config=config)


@dataclass
class Trained:
    """A trained model, in evaluation mode, and its training. Losses in nats a token; evaluations: (step, loss)."""

    method: str
    losses: list
    evaluations: list
    minutes: float
    trainable: int
    parameters: int
    checkpoint_mb: float
    peak_gb: float | None
    model: object = field(repr=False)


def train(model, tokenizer, rows, method="full", *, validation=None, epochs=3, batch_size=8, learning_rate=None):
    """Train `model`, in place, on rows of `dialogues` by `method`; returns a `Trained`.

    Weights are fp32, and products run in bf16 where the hardware has it, else in fp32: T5's numbers outgrow fp16.
    validation: rows whose loss is taken after each epoch. learning_rate: None for the method's own (LEARNING_RATES).
    Raises CourseError on settings that cannot be, and where memory runs out.
    """
    import torch
    from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments, set_seed

    from helpers.finetune import troubles
    from helpers.finetune.callbacks import shown
    from helpers.finetune.methods import trainable
    from helpers.finetune.rows import longest_of

    need_positive("epochs", epochs)
    need_positive("batch_size", batch_size)
    set_seed(course.seed())
    model, cuda = adapted(model, method), course.device() == "cuda"
    data = encoded(tokenizer, rows)
    held_out = encoded(tokenizer, validation) if validation else None
    with contextlib.ExitStack() as stack:
        arguments = Seq2SeqTrainingArguments(
            output_dir=stack.enter_context(tempfile.TemporaryDirectory()),
            num_train_epochs=epochs,
            per_device_train_batch_size=batch_size,
            per_device_eval_batch_size=batch_size,
            learning_rate=learning_rate or LEARNING_RATES[method],
            warmup_steps=0.05,  # below 1 it is a share of the steps
            train_sampling_strategy="group_by_length",
            use_cpu=course.device() == "cpu",
            bf16=course.dtype() is torch.bfloat16,
            eval_strategy="epoch" if validation else "no",
            save_strategy="no",
            logging_steps=1,
            dataloader_pin_memory=False,
            report_to="none",
            disable_tqdm=True,
            seed=course.seed(),
        )
        _ = arguments.device  # sets the number of GPUs, of which one is enough
        arguments._n_gpu = min(arguments.n_gpu, 1)
        trainer = Seq2SeqTrainer(
            model,
            arguments,
            data_collator=collator(tokenizer, model),
            train_dataset=data,
            eval_dataset=held_out,
            processing_class=tokenizer,
            callbacks=[shown(stack, -(-len(data) // batch_size) * epochs, f"Training ({method})", curves=True)],
        )
        troubles.quiet(trainer)
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        started = time.perf_counter()
        about, advice = {"method": method, "batch_size": batch_size}, "use a smaller batch_size, or method='lora'"
        with troubles.explained(lambda: model, about, longest_of([data, held_out]), None, advice):
            trainer.train()
        minutes = (time.perf_counter() - started) / 60
    history = trainer.state.log_history
    kept = sum(each.numel() * each.element_size() for each in model.parameters() if each.requires_grad)
    return Trained(
        method,
        [entry["loss"] for entry in history if "loss" in entry],
        [(entry["step"], entry["eval_loss"]) for entry in history if "eval_loss" in entry],
        minutes,
        *trainable(model),
        checkpoint_mb=kept / 1e6,
        peak_gb=torch.cuda.max_memory_allocated() / 1e9 if cuda else None,
        model=model.eval(),
    )


def write(model, tokenizer, rows, asking=INSTRUCTION, batch_size=16, label="Summarising"):
    """The model's summary of each row of `dialogues`: the likeliest token each time, dropout off."""
    import torch

    model.eval()
    prompts = [prompt(tokenizer, row["dialogue"], asking) for row in rows]
    order = sorted(range(len(rows)), key=lambda index: len(prompts[index]))  # less padding
    summaries = [""] * len(rows)
    autocast = torch.autocast(course.device(), torch.bfloat16, enabled=course.dtype() is torch.bfloat16)
    with Bar(len(rows), label) as bar, torch.inference_mode(), autocast:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            inputs = tokenizer([prompts[index] for index in batch], return_tensors="pt", padding=True).to(model.device)
            output = model.generate(**inputs, max_new_tokens=LONGEST, do_sample=False)
            for index, text in zip(batch, tokenizer.batch_decode(output, skip_special_tokens=True), strict=True):
                summaries[index] = text.strip()
            bar.advance(len(batch))
    return summaries
