"""The memory of a training step as the engine takes it, by part: measured, and predicted for the same shape."""

from helpers.errors import CourseError
from helpers.memory import Shape, error, measure, predict, standing

GB = 1e9


def measured(trainer, settings, rank):
    """What one more forward and backward pass on the run's largest batch takes, as a dict. Nothing is updated.

    "measured_gb", "predicted_gb": at the peak, in GB of 1e9 bytes; "measured", "predicted": the same by part.
    "error": how far the prediction is off, as a fraction of the measurement (signed). "state_gb": what is there at the
    end of the pass, measured: weights, quantisation constants, adapters, gradients and optimizer state. "shape": rows,
    tokens in each (padding included), and answer tokens in all rows together. Where a step is taken in parts
    (`accumulate`), two parts are run, so that gradients stand while the second one is.

    What cannot be known is missing, and "reason" says why: nothing is measured on a device that PyTorch does not trace,
    nothing predicted for models and adapters that `memory.predict` has no formulas for.
    """
    # In a run that was stopped behind its last step, this call took none.
    batch = trainer.largest or max(trainer.get_train_dataloader(), key=_tokens, default=None)
    if batch is None:
        return {"reason": "No step was taken, and no batch is there to measure with."}
    (rows, tokens), answers = batch["input_ids"].shape, int((batch["labels"][:, 1:] != -100).sum())
    found = {"shape": {"rows": rows, "tokens": tokens, "answers": answers}}
    model = trainer.accelerator.unwrap_model(trainer.model_wrapped).train()
    parts = min(trainer.args.gradient_accumulation_steps, 2)
    try:
        taken = measure(lambda: [_pass(trainer, batch, answers) for _ in range(parts)], model, trainer.optimizer)
        found |= {"measured_gb": taken.total / GB, "measured": _in_gb(taken), "state_gb": _state(trainer, model) / GB}
        expected = predict(
            model.config,
            settings["method"],
            rows,
            tokens,
            dtype=_dtype(model, settings),
            rank=_rank(model, settings["method"], rank),
            loss_tokens=answers,
            attention="eager" if model.config._attn_implementation == "eager" else "fused",
            padding=not batch["attention_mask"].all(),
            accumulate=parts,
            checkpointing=settings["checkpointing"],
        )
    except Exception as reason:  # whatever it is, the training is done, and must not be lost for it
        return found | {"reason": str(reason) or type(reason).__name__}
    finally:
        trainer.model_wrapped.zero_grad(set_to_none=True)
    off = error(expected.total, taken.total)
    return found | {"predicted_gb": expected.total / GB, "predicted": _in_gb(expected), "error": off}


def _tokens(batch):
    return batch["input_ids"].numel()


def _pass(trainer, batch, answers):
    """Forward and backward as in `Trainer.training_step`: its autocast and, for several processes, its averaging."""
    inputs = trainer._prepare_inputs(batch)
    with trainer.compute_loss_context_manager():
        loss = trainer.compute_loss(trainer.model_wrapped, inputs, num_items_in_batch=answers)
    trainer.accelerator.backward(loss)


def _state(trainer, model):
    """Bytes that a step leaves behind: what stays, and every gradient."""
    gradients = (parameter.grad for parameter in model.parameters() if parameter.grad is not None)
    return sum(standing(model, trainer.optimizer).values()) + sum(g.untyped_storage().nbytes() for g in gradients)


def _in_gb(footprint):
    return {part: size / GB for part, size in footprint.parts.items()}


def _dtype(model, settings):
    """What products run in, for `predict`: below adapters, bf16 over fp32 weights takes what fp16 does."""
    weights = model.get_input_embeddings().weight.dtype
    in_fp32 = settings["method"] != "full" and str(weights) == "torch.float32" and settings["dtype"] == "bfloat16"
    return "float16" if in_fp32 else settings["dtype"]


def _rank(model, method, rank):
    """The rank of the model's adapters. Raises CourseError where `predict` does not know the model, or their kind."""
    shape = Shape.of(model.config)
    if method == "full":
        return rank
    rank = getattr(next(iter(model.peft_config.values())), "r", rank)
    if sum(p.numel() for p in model.parameters() if p.requires_grad) != shape.adapters(rank):
        raise CourseError(
            "Memory is predicted for LoRA of one rank on all linear layers of the decoder. The adapters of this model "
            "are of another kind, or in other places."
        )
    return rank
