"""TRL's `SFTTrainer` with the loss on answer positions only, and what is shown, kept and stopped on the way.

What makes it faster than the defaults on a CPU (tests/benchmarks/training_speed.py tells how much): the output layer
and the loss run on answer positions only, nothing is recomputed to save memory, batches hold rows of similar length,
freed memory is kept, attention over short rows is a plain matrix product, products run in bf16 where the hardware has
it, and the number of threads follows the machine.
"""

import contextlib
from functools import cache


@contextlib.contextmanager
def unpatched(model):
    """Take off in the end, on errors too, what TRL and accelerate put on `model`: another `forward`, and a mark.

    A model that bears the mark is not prepared again: the next run would go without autocast, and several processes
    without sharing their gradients.
    """
    patched = {id(each): each for each in (model, getattr(model, "get_base_model", lambda: model)())}
    before = {key: each.__dict__.get("forward") for key, each in patched.items()}
    caches = getattr(model.config, "use_cache", None)
    try:
        yield
    finally:
        if caches is not None:
            model.config.use_cache = caches
        for key, each in patched.items():
            for name in ("forward", "_original_forward", "_is_accelerate_prepared"):
                each.__dict__.pop(name, None)
            if before[key]:
                each.forward = before[key]


@cache
def trainer_class():
    """The trainer, defined late because importing TRL takes seconds."""
    import torch
    from torch.utils.data import DataLoader
    from trl import SFTTrainer

    from helpers import course
    from helpers.finetune.rows import LengthGrouped

    class AnswerOnlyTrainer(SFTTrainer):
        """`SFTTrainer` that leaves masked positions out before the output layer, instead of after it.

        With a vocabulary of 49,152 the logits of a prompt's positions are most of the memory traffic of a step, and
        the loss ignores every one of them. The loss is the same to rounding (tests/test_finetune.py).
        """

        # The loss is a sum over all answer tokens of a step, divided once: nothing is left to scale.
        loss_is_scaled_for_ga = True

        def __init__(self, *args, **named):
            super().__init__(*args, **named)
            # Some models say that they cannot divide by all answer tokens of a step: here that is not up to them.
            self.model_accepts_loss_kwargs = True

        real_tokens, largest = 0, None  # padding left out; the batch with most numbers, for `measuring`

        def training_step(self, model, inputs, *rest):
            self.threads.tick(0)  # an evaluation or a checkpoint since the last part is no part's time
            padded = inputs["input_ids"].numel()
            self.real_tokens += int(inputs["attention_mask"].sum()) * self.accelerator.num_processes
            if self.largest is None or padded > self.largest["input_ids"].numel():
                self.largest = dict(inputs)
            loss = super().training_step(model, inputs, *rest)
            self.threads.tick(padded)
            return loss

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            total, answers = self.answer_loss(model, inputs)
            # `num_items_in_batch` counts the answer tokens of all processes, whose gradients are then averaged.
            shares = 1 if num_items_in_batch is None else self.accelerator.num_processes
            loss = total * shares / (answers if num_items_in_batch is None else num_items_in_batch)
            return (loss, None) if return_outputs else loss

        def answer_loss(self, model, inputs):
            """(summed loss in nats, number of answer tokens) of a batch."""
            inputs = dict(inputs)
            labels = inputs.pop("labels")[:, 1:]
            answer = labels != -100

            def keep_answers(module, args):
                # (batch, length, hidden) → (1, answer tokens, hidden). Soft prompts are positions in front of the rest.
                hidden = args[0][:, -labels.shape[1] - 1 : -1]
                return (hidden[answer].unsqueeze(0),)

            hook = self.model.get_output_embeddings().register_forward_pre_hook(keep_answers)
            try:
                logits = model(**inputs, use_cache=False).logits[0]
            finally:
                hook.remove()
            return torch.nn.functional.cross_entropy(logits.float(), labels[answer], reduction="sum"), answer.sum()

        def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix="eval"):
            """The mean loss over all answer tokens of the validation rows; every process computes all of it."""
            rows = sorted(self.eval_dataset, key=lambda row: len(row["input_ids"]))
            batches = DataLoader(rows, self.args.eval_batch_size, collate_fn=self.data_collator)
            training, total, answers = self.model.training, 0.0, 0
            self.model.eval()
            with torch.no_grad(), course.autocast():
                for batch in batches:
                    loss, count = self.answer_loss(self.model, self._prepare_inputs(batch))
                    total, answers = total + loss.item(), answers + count.item()
            self.model.train(training)
            metrics = {"eval_loss": total / answers}
            self.log(metrics)
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
            return metrics

        def create_model_card(self, *args, **kwargs):
            """None: TRL would write a README.md beside the checkpoints."""

        def _run_epoch(self, *, epoch, **rest):
            if self.control.should_training_stop:  # killed after the evaluation that ended the run
                return None
            # accelerate tells the sampler too, but does not find it where several processes resume an epoch.
            self.sampler.set_epoch(epoch)
            return super()._run_epoch(epoch=epoch, **rest)

        def _get_train_sampler(self, train_dataset=None):
            lengths = [len(ids) for ids in self.train_dataset["input_ids"]]
            rows_a_step = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
            self.sampler = LengthGrouped(lengths, rows_a_step, self.args.seed)
            return self.sampler

    return AnswerOnlyTrainer
