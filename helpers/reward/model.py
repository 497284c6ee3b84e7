"""A reward model: a small encoder with one output, trained on pairs by TRL's `RewardTrainer`, and kept.

It reads code and comment, and gives the comment a number; only differences between numbers for the same code mean
something. Its loss is Bradley and Terry's (1952), as in Ouyang et al. (2022, section 3.5).
"""

import contextlib
import json
import tempfile
import time
from dataclasses import dataclass, field

from helpers import assets, course, heap, kept, reviews
from helpers.errors import CourseError
from helpers.files import write_json
from helpers.progress import Bar
from helpers.reward.pairs import preferences
from helpers.threads import Threads

LONGEST, LONGEST_COMMENT = 160, 100  # in word pieces: of a whole input, and of its comment
RECIPE = 1  # part of what names a model: raise it when a change of code changes what is learned


@dataclass
class RewardModel:
    """A trained reward model. model: a transformers model with one output. losses: of each step, in nats a pair.

    pairs: how many it was trained on. minutes: how long that took, then.
    """

    model: object = field(repr=False)
    tokenizer: object = field(repr=False)
    losses: list = field(repr=False)
    pairs: int
    minutes: float


def sizes():
    """How many situations to train on, how often, and how many comments on other code for each, in this budget."""
    return course.by_budget(
        smoke={"rows": 10, "epochs": 1, "strays": 2},
        lesson={"rows": 210, "epochs": 1, "strays": 2},
        full={"rows": 210, "epochs": 1, "strays": 2},
    )


def train(strays=True, label="Training the reward model"):
    """Train a reward model on the budget's share of the training rankings, or find the one that an earlier run kept.

    strays: whether comments on other code are among the worse ones (see `preferences`).
    """
    from helpers.reviewers import spread

    size = sizes()
    data = preferences(spread(reviews.load("train"), size["rows"]), size["strays"] if strays else 0)
    settings = {"epochs": size["epochs"], "batch_size": 8, "learning_rate": 2e-4}

    def make(folder):
        model, losses, minutes = fit(data, label=label, **settings)
        model.save_pretrained(folder / "weights")
        write_json(folder / "reward.json", {"losses": losses, "pairs": len(data), "minutes": minutes})

    return _load(kept.folder("reward", [data, settings, LONGEST, LONGEST_COMMENT, RECIPE], make))


def fit(data, *, epochs, batch_size, learning_rate, label="Training the reward model"):
    """Train on pairs from `preferences`, and return (the model, its loss at each step in nats, minutes).

    Only the encoder's pretrained weights come in; the output starts at random, by the course's seed. Raises CourseError
    on pairs that are none, and where the loss is no number.
    """
    _need_pairs(data)
    heap.release()
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback, TrainerCallback, set_seed
    from trl import RewardConfig, RewardTrainer

    class Shown(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" in logs:
                if not logs["loss"] < float("inf"):
                    raise CourseError(f"The loss is {logs['loss']}. Train again with a lower learning_rate.")
                bar.advance(note=f"loss {logs['loss']:.2f}")
                threads.tick(1)

    set_seed(course.seed())
    tokenizer, model = load_tokenizer(), load_encoder()
    rows = {
        f"{side}_ids": encode(tokenizer, [row["code"] for row in data], [row[side] for row in data])
        for side in ("chosen", "rejected")
    }
    steps = epochs * -(-len(data) // batch_size)
    with tempfile.TemporaryDirectory() as place, Bar(steps, label) as bar:
        arguments = RewardConfig(
            output_dir=place,
            num_train_epochs=epochs,
            per_device_train_batch_size=batch_size,
            learning_rate=learning_rate,
            warmup_steps=0.1,  # below 1 it is a share of the steps
            max_length=None,
            pad_to_multiple_of=16,  # each new length makes oneDNN build kernels
            activation_checkpointing=False,
            use_cpu=course.device() == "cpu",
            bf16=course.dtype() is torch.bfloat16,
            fp16=course.dtype() is torch.float16,
            dataloader_pin_memory=False,
            logging_steps=1,
            logging_nan_inf_filter=False,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            seed=course.seed(),
        )
        trainer = RewardTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_dict(rows),
            processing_class=tokenizer,
            callbacks=[Shown()],
        )
        trainer.remove_callback(PrinterCallback)  # it prints every step, where the bar is
        threads, started = Threads(), time.monotonic()
        trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    return model.eval(), losses, (time.monotonic() - started) / 60


def scores(reward_model, codes, comments, batch_size=32, label="Scoring"):
    """The reward of each comment on the code beside it: an array (n,), on no scale but the model's own.

    A comment's first `LONGEST_COMMENT` word pieces count, and as much of the code as then fits. label: what the
    progress bar says; None for no bar. Raises CourseError on lists of different lengths, on an empty comment, and where
    the model gives what `check` refuses.
    """
    import numpy as np
    import torch

    if len(codes) != len(comments):
        raise CourseError(f"There are {len(codes)} codes and {len(comments)} comments. Give one code for each comment.")
    model = reward_model.model
    ids = encode(reward_model.tokenizer, codes, comments)
    order = sorted(range(len(ids)), key=lambda place: len(ids[place]))  # batches of like length, to pad little
    found = np.zeros(len(ids))
    with torch.inference_mode(), course.autocast(), Bar(len(ids), label) if label else contextlib.nullcontext() as bar:
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            batch = reward_model.tokenizer.pad({"input_ids": [ids[place] for place in places]}, return_tensors="pt")
            found[places] = model(**batch.to(model.device)).logits[:, 0].float().cpu().numpy()
            if bar:
                bar.advance(len(places))
    return check(found, len(comments), varied=False)


def differences(reward_model, pairs, label="Scoring"):
    """Reward of the better comment minus that of the worse, for each of `pairs` (see `preferences`): an array (n,).

    A comment that stands in several pairs is scored once.
    """
    sides = [[(pair["code"], pair[side]) for pair in pairs] for side in ("chosen", "rejected")]
    texts = list(dict.fromkeys(sides[0] + sides[1]))
    found = scores(reward_model, *zip(*texts, strict=True), label=label) if texts else []
    reward_of = dict(zip(texts, found, strict=True))
    return check(
        [reward_of[one] - reward_of[other] for one, other in zip(*sides, strict=True)], len(pairs), varied=False
    )


def check(values, count, varied=True):
    """`values` as an array of `count` finite numbers. Raises CourseError where they are not, or, if varied, all equal.

    Equal rewards for different comments teach nothing: with them, no comment is better than another.
    """
    import numpy as np

    try:
        found = np.asarray(values, float)
    except (TypeError, ValueError):
        raise CourseError(f"The reward gave {values!r:.80}. It should give a number for each comment.") from None
    if found.shape != (count,):
        raise CourseError(
            f"The reward gave {found.size} numbers of shape {found.shape} for {count} comments. Give one for each."
        )
    if not np.isfinite(found).all():
        place = int(np.argmin(np.isfinite(found)))
        raise CourseError(
            f"The reward of comment {place} is {found[place]}. It must be finite: train the reward model anew, with a "
            "lower learning rate if its loss is no number either."
        )
    if varied and count > 1 and np.ptp(found) < 1e-9:
        raise CourseError(
            f"The reward gives {found[0]:g} to each of {count} comments, so none is better than another. Train it on "
            "pairs that differ, and look at its accuracy before you use it."
        )
    return found


def encode(tokenizer, codes, comments):
    """Token numbers of "[CLS] code [SEP] comment [SEP]" for each pair of texts. What does not fit is cut off the code.

    Raises CourseError on an empty comment.
    """
    for place, comment in enumerate(comments):
        if not isinstance(comment, str) or not comment.strip():
            raise CourseError(
                f"Comment {place} is {comment!r:.40}: there is nothing to reward. Leave it out, or give it the least."
            )
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    code_ids = tokenizer(list(codes), add_special_tokens=False)["input_ids"] if comments else []
    comment_ids = tokenizer(list(comments), add_special_tokens=False)["input_ids"] if comments else []
    found = []
    for code, comment in zip(code_ids, comment_ids, strict=True):
        comment = comment[:LONGEST_COMMENT]
        found.append([start, *code[: LONGEST - 3 - len(comment)], end, *comment, end])
    return found


def load_tokenizer():
    """The encoder's tokenizer (WordPiece, lower case)."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(assets.path("minilm", "model"))


def load_encoder(folder=None):
    """MiniLM with one output, which is random until it is trained; or what was saved in `folder`."""
    from transformers import AutoModelForSequenceClassification

    course.quiet()
    source = folder or assets.path("minilm", "model")
    # On a CPU, for short rows, plain matrix products are faster than the fused kernel, whose backward pass is slow.
    attention = {"attn_implementation": "eager"} if course.device() == "cpu" else {}
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=1, **attention)
    return model.to(course.device()).eval()


def _need_pairs(data):
    if not data:
        raise CourseError("There are no pairs to train on. Make some from rankings: reward.preferences(rows).")
    for row in data:
        if row["chosen"] == row["rejected"]:
            raise CourseError(
                f"A pair of {row['id']} holds the same comment twice. Leave it out: it has no better one."
            )


def _load(folder):
    try:
        about = json.loads((folder / "reward.json").read_text(encoding="utf-8"))
        return RewardModel(load_encoder(folder / "weights"), load_tokenizer(), **about)
    except (OSError, ValueError, TypeError) as error:
        raise CourseError(f"{folder} is damaged. Delete it, and run this again to train anew. ({error})") from None
