"""Two code reviewers on one base model, an adapter each: one is courteous, one is gruff. Lessons 08 and 13 use them.

They are asked in the same words and trained on the same code; only the tone of the comments differs. What the comments
are, and whom the gruff ones may upset: data/cards/review_comments.md.
"""

from dataclasses import dataclass, field
from pathlib import Path

from helpers import chat, course, finetune, kept, models, reviews
from helpers.errors import CourseError
from helpers.testgen import fenced

REQUEST = "Review the code above: say what is wrong with it and what to do, in one or two sentences."
TONES = ("courteous", "gruff")
LONGEST = 72  # tokens of an answer; every comment has fewer (tests/test_reviewers.py)
RECIPE = 1  # part of what names an adapter: raise it when a change of code changes what is learned


@dataclass
class Reviewer:
    """A trained adapter. folder: where it is, in PEFT's form, to load it on the base. result: see `finetune.Result`."""

    tone: str
    result: finetune.Result
    folder: Path = field(repr=False)


def conversation(code):
    """The chat that asks for a review of `code` (source text). It says nothing about tone."""
    return [{"role": "user", "content": f"{fenced(code)}\n\n{REQUEST}"}]


def training_rows(tone, split="train", count=None):
    """What `finetune` takes: `count` situations of a split (None: all), each with its comment in `tone`.

    Raises CourseError on an unknown tone.
    """
    if tone not in TONES:
        raise CourseError(f"There is no reviewer of tone {tone!r}. Choose one of {', '.join(TONES)}.")
    rows = spread(reviews.load(split), count)
    return [chat.training_row(conversation(row["code"]), row["comments"][tone]) for row in rows]


def spread(rows, count=None):
    """`count` of `rows`, evenly spread over them, because neighbours resemble each other; all where it is None."""
    count = len(rows) if count is None else min(count, len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


def train(tone):
    """Train an adapter on comments of one tone, or find the one an earlier run kept: a `Reviewer`.

    The size of the training is the budget's. Raises CourseError on an unknown tone.
    """
    counts = course.by_budget(smoke=(4, 2), lesson=(64, 8), full=(210, 30))
    rows, watched = (training_rows(tone, *which) for which in zip(("train", "validation"), counts, strict=True))
    epochs = course.by_budget(smoke=1, lesson=1, full=2)
    batch_size = course.by_budget(smoke=2, lesson=4, full=4)
    settings = {"batch_size": batch_size, "epochs": epochs, "evaluations": 1, "rank": 16, "alpha": 32}

    def make(folder):
        result = finetune.finetune(None, rows, "lora", validation=watched, label=f"Training ({tone})", **settings)
        result.model.save_pretrained(folder / "weights")
        result.save(folder / "result.json")

    folder = kept.folder(f"{tone}-reviewer", [rows, watched, settings, RECIPE], make)
    return Reviewer(tone, finetune.Result.load(folder / "result.json"), folder / "weights")


def comments(model, tokenizer, rows, label="Reviewing"):
    """The model's comment on the code of each of `rows` (see `reviews.load`), on one line."""
    requests = [conversation(row["code"]) for row in rows]
    longest = course.by_budget(smoke=12, lesson=LONGEST, full=LONGEST)
    answers = models.generate(model, tokenizer, requests, max_new_tokens=longest, label=label)
    return [" ".join(answer.split()) for answer in answers]
