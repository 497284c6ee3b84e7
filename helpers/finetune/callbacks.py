"""What is shown while a model trains: a progress bar and, in a notebook, the curves as they grow."""

import time

from helpers.progress import Bar, in_notebook

REDRAW = 5  # seconds between two drawings of the curves


def shown(stack, steps, label, curves):
    """The trainer's callback that shows a bar and curves, entered into `stack`. Its `seconds` are the steps'."""
    import torch
    from transformers import TrainerCallback

    class Shown(TrainerCallback):
        def __init__(self):
            self.bar = self.curves = None
            self.seconds = self.began = 0.0

        def on_step_begin(self, args, state, control, **kwargs):
            self.began = time.perf_counter()

        def on_step_end(self, args, state, control, **kwargs):
            if args.device.type == "cuda":
                torch.cuda.synchronize()  # a GPU goes on by itself after a step was handed to it
            self.seconds += time.perf_counter() - self.began

        def on_train_begin(self, args, state, control, **kwargs):
            if not state.is_world_process_zero:
                return
            self.bar = stack.enter_context(Bar(steps, label))
            self.bar.advance(state.global_step)  # where an interrupted run goes on
            self.curves = stack.enter_context(Curves()) if curves else None

        def on_log(self, args, state, control, logs=None, **kwargs):
            if self.bar and "loss" in logs:
                self.bar.advance(note=f"loss {logs['loss']:.2f}")
            if self.curves:
                self.curves.update(state.log_history)

    return Shown()


def stopping(patience):
    """The callback that ends a training after `patience` evaluations without a new lowest validation loss.

    The one before the first step does not count. All it knows is in the log, so a resumed run stops where it would
    have stopped: transformers' own forgets how long it has waited.
    """
    from transformers import TrainerCallback

    class Stopping(TrainerCallback):
        def on_evaluate(self, args, state, control, **kwargs):
            losses = [entry["eval_loss"] for entry in state.log_history if "eval_loss" in entry and entry["step"]]
            if losses and len(losses) - 1 - losses.index(min(losses)) >= patience:
                control.should_training_stop = True

        on_train_begin = on_evaluate  # killed between the last checkpoint and the end

    return Stopping()


class Curves:
    """Losses of training and validation, drawn anew every few seconds in a notebook; nothing elsewhere."""

    def __init__(self):
        self.handle, self.drawn, self.history = None, 0.0, []
        if in_notebook():
            from IPython.display import display

            self.handle = display({"text/plain": ""}, raw=True, display_id=True)

    def update(self, history):
        self.history = history
        if self.handle and time.monotonic() - self.drawn > REDRAW:
            self.drawn = time.monotonic()
            self._draw()

    def _draw(self):
        from helpers.plots import tuning

        losses = [(entry["step"], entry["loss"]) for entry in self.history if "loss" in entry]
        evaluations = [(entry["step"], entry["eval_loss"]) for entry in self.history if "eval_loss" in entry]
        if losses:
            self.handle.update(tuning.live(losses, evaluations), raw=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.handle:
            self._draw()
