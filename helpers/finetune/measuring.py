"""The memory of a training step as the engine takes it, by part: measured, and predicted for the same shape."""

from helpers.errors import CourseError
from helpers.memory import Shape, error, measure, predict, standing

GB = 1e9


def measured(trainer, settings, rank):
    """What one more forward and backward pass on the run's largest batch takes, as a dict; nothing is updated.

    "measured_gb", "predicted_gb": at the peak, in GB of 1e9 bytes; "measured", "predicted": the same by part.
    "error": how far the prediction is off, as a fraction of the measurement. "state_gb": measured bytes of weights,
    quantisation constants, adapters, gradients and optimizer state together. "shape": rows, tokens in each (padding
    included) and answer tokens in all. Under `accumulate`, two parts are run: gradients stand while the second one is.

    Where something cannot be known, its entry is missing and "reason" says why: a device that PyTorch does not trace, a
    model or an adapter that `memory.predict` has no formulas for.
    """
    if trainer.largest is None:
        return {"reason": "No step was run, so there is no batch to measure."}
    batch = trainer.largest
    answers = int((batch["labels"][:, 1:] != -100).sum())
    rows, tokens = batch["input_ids"].shape
    found = {"shape": {"rows": rows, "tokens": tokens, "answers": answers}}
    model = trainer.accelerator.unwrap_model(trainer.model_wrapped).train()
    parts = min(trainer.args.gradient_accumulation_steps, 2)
    try:
        taken = measure(lambda: [_pass(trainer, batch, answers) for _ in range(parts)], model, trainer.optimizer)
    except CourseError as reason:
        return found | {"reason": str(reason)}
    state = sum(standing(model, trainer.optimizer).values()) + _gradients(model)
    trainer.model_wrapped.zero_grad(set_to_none=True)
    found |= {"measured_gb": taken.total / GB, "state_gb": state / GB, "measured": _in_gb(taken)}
    try:
        expected = predict(
            model.config,
            settings["method"],
            rows,
            tokens,
            dtype=settings["dtype"],
            rank=_rank(model, settings["method"], rank),
            loss_tokens=answers,
            attention="eager" if model.config._attn_implementation == "eager" else "fused",
            accumulate=parts,
        )
    except CourseError as reason:
        return found | {"reason": str(reason)}
    return found | {
        "predicted_gb": expected.total / GB,
        "predicted": _in_gb(expected),
        "error": error(expected.total, taken.total),
    }


def _pass(trainer, batch, answers):
    """Forward and backward as in `Trainer.training_step`, with its autocast and, for several processes, its averaging."""
    inputs = trainer._prepare_inputs(batch)
    with trainer.compute_loss_context_manager():
        loss = trainer.compute_loss(trainer.model_wrapped, inputs, num_items_in_batch=answers)
    trainer.accelerator.backward(loss)


def _gradients(model):
    gradients = (p.grad for p in model.parameters() if p.grad is not None)
    return sum(gradient.untyped_storage().nbytes() for gradient in gradients)


def _in_gb(footprint):
    return {part: size / GB for part, size in footprint.parts.items()}


def _rank(model, method, rank):
    """The rank of the LoRA that the model has, if it is what `predict` predicts; CourseError where it is not."""
    shape = Shape.of(model.config)
    if method == "full":
        return rank
    config = next(iter(getattr(model, "peft_config", {}).values()), None)
    rank = getattr(config, "r", rank)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if trained != shape.adapters(rank):
        raise CourseError(
            "Memory is predicted for LoRA of one rank on all linear layers of the decoder; this model has other adapters."
        )
    return rank
