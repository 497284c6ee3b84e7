"""Training runs that several lessons look at: made once, kept under COURSE_HOME by a hash of all that made them.

Lesson 07 makes the fully tuned documenter, 08 the one with adapters, 09 the one on 4-bit weights. Each reads the
others' or, where they are missing, makes them (see `kept`).
"""

import contextlib
import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from helpers import corpus, course, documenting, finetune, forgetting, kept, models
from helpers.errors import CourseError
from helpers.files import need_space, size_of, write_json
from helpers.finetune import checkpoints, methods
from helpers.memory.shape import shape_of

# Part of what names a run: raise it when a change of code changes what is trained, asked or measured.
RECIPE = 1
# Of the sweep of lessons 08 and 09, QLoRA's best, and a little below LoRA's (3e-3): these are short trainings.
RATES = {"lora": 2e-3, "qlora": 2e-3}


def sizes():
    """How many rows to train on, alone and with a second job mixed in, to watch, and to test on in this budget."""
    return course.by_budget(
        smoke={"train": 8, "mixed": 4, "validation": 2, "test": 4},
        lesson={"train": 160, "mixed": 64, "validation": 24, "test": 51},
        full={"train": 640, "mixed": 160, "validation": 48, "test": 510},
    )


@dataclass
class Tuned:
    """A tuned documenter and what was measured on it.

    sentences and scores: one for each test row, in order (see `documenting`). forgetting: see `forgetting.probe`.
    minutes: of training, evaluation during training and checkpoints. folder: where its weights are. Where a run was
    stopped and went on, speed and memory are those of the steps after the stop; the minutes are scaled up from these.
    """

    method: str
    result: finetune.Result
    sentences: list
    scores: list
    forgetting: dict
    minutes: float
    folder: Path = field(default=None, repr=False)

    def mean(self, score="rouge1"):
        """The mean of a score over the test rows."""
        return statistics.mean(row[score] for row in self.scores)

    def model(self):
        """The tuned model, loaded, in evaluation mode: adapters on their base, or all weights."""
        return _load(self.folder, self.method)


@dataclass
class Base:
    """What needs no tuning: answers (name → (sentences, scores), one of each a test row), examples (their number in the
    prompt → mean ROUGE-1 on the validation rows), and forgetting (as of `Tuned`, to compare with).
    """

    answers: dict
    examples: dict
    forgetting: dict


def test_rows():
    """The rows that every system of these lessons is tested on."""
    return documenting.functions("test", sizes()["test"])


def training_functions(count=None):
    """`count` functions to train on (the budget's if None), drawn with the course's seed: short ones, which cost less.

    What is watched and tested on is of any length.
    """
    return documenting.functions("train", count or sizes()["train"], course.seed(), longest=documenting.SHORT)


def train(method, name=None, count=None, extra=(), keep=True, **changes):
    """Tune the base model to document functions, by `method`, and measure it; or read what an earlier run kept.

    name: of the run, where it is not the method's standard one. count: of the functions to train on, the budget's if
    None. extra: rows to mix in, in the form of `finetune`. keep: whether to keep the weights, too. changes: arguments
    of `finetune` other than the course's. Training rows are drawn with the course's seed; the rows to watch and to test
    on are always the same. In the full budget, a run that was stopped goes on from its last checkpoint.
    """
    rows = documenting.training_rows(training_functions(count))
    arguments = {
        "epochs": 1,
        "batch_size": course.by_budget(smoke=4, lesson=8, full=8),
        # In parts of two rows, to save memory where it is shared.
        "accumulate": course.by_budget(smoke=2, lesson=4, full=4) if course.device() == "cpu" else 1,
        "evaluations": course.by_budget(smoke=1, lesson=2, full=2),
        "learning_rate": RATES.get(method),
        "measure_memory": True,
    } | changes
    rows += extra
    about = [method, keep, arguments, rows, *_held_out()]
    place = kept.unfinished(name or method, about)

    def make(folder):
        _make(folder, method, rows, arguments, keep, name or method, place)

    folder = kept.folder(name or method, about, make)
    _drop(place)
    return _read(folder)


def train_mixed():
    """Full fine-tuning with rows of a second job mixed in, one to four of the first (see `forgetting`).

    A smaller training than `train("full")`: what is forgotten is forgotten long before its end.
    """
    count = sizes()["mixed"]
    rows = forgetting.training_rows(count // 4)
    return train("full", "full-mixed", count, rows, keep=False, measure_memory=False)


def train_control():
    """What `train_mixed` is held against: as many rows, all of them docstrings."""
    count = sizes()["mixed"]
    return train("full", "full-control", count + count // 4, keep=False, measure_memory=False)


def base():
    """What needs no tuning, measured on the test rows, as a `Base`; kept like a tuned model.

    'zero-shot' and 'best prompt' are the base model's answers; the best prompt is the number of worked examples, none
    included, that scores highest on the validation rows. The others are `documenting.baselines`.
    """
    counts = course.by_budget(smoke=(0, 1), lesson=(0, 3), full=(0, 1, 3, 5, 8))

    def make(folder):
        write_json(folder / "base.json", _ask_base(counts))

    folder = kept.folder("base", [documenting.REQUEST, counts, *_held_out()], make, seeded=False)
    found = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    answers = {name: (texts, documenting.scores(texts, test_rows())) for name, texts in found["sentences"].items()}
    examples = {int(count): score for count, score in found["examples"].items()}
    return Base(answers, examples, found["forgetting"])


def _ask_base(counts):
    """{"sentences": name → sentences for the test rows, "examples": {count: validation score}, "forgetting"}."""
    model, tokenizer = models.load_model(), models.load_tokenizer()
    watched = documenting.functions("validation", sizes()["validation"])

    def mean_score(count):
        label = f"Trying a prompt with {count} examples"
        found = documenting.write(model, tokenizer, watched, documenting.shots(count), label)
        return statistics.mean(row["rouge1"] for row in documenting.scores(found, watched))

    tried = {count: mean_score(count) for count in counts}
    best = max(tried, key=tried.get)
    asked = {
        count: documenting.write(model, tokenizer, test_rows(), documenting.shots(count), "Asking the base model")
        for count in {0, best}
    }
    return {
        "sentences": {"zero-shot": asked[0], "best prompt": asked[best]} | documenting.baselines(test_rows()),
        "examples": tried,
        "forgetting": forgetting.probe(model, tokenizer),
    }


def _pays(place, method):
    """Whether to keep checkpoints: in the full budget, where a training takes half an hour, and the disk has room."""
    try:
        # Two checkpoints, of weights and Adam's averages in fp32. Those that are there will make room for the next.
        more = 24 * _numbers(method) - (size_of(place) if place.is_dir() else 0)
        need_space(place, _kept_bytes(method) + max(0, more), "Checkpoints")
    except CourseError:
        return False
    return course.budget() == "full"


def _kept_bytes(method):
    """What is kept of a run: adapters in fp32, or all weights in the type that they are used in."""
    return _numbers(method) * (course.dtype().itemsize if method == "full" else 4)


def _numbers(method):
    """How many numbers are trained, roughly: adapters of rank 16 on all linear layers have a 20th, or fewer."""
    try:
        parameters = shape_of(models.load_config()).parameters
    except CourseError:  # an architecture that the planner does not know
        parameters = 1_000_000_000
    return parameters if method == "full" else parameters // 20


def _drop(place):
    """Delete what the run left in `place`."""
    if place.is_dir():
        checkpoints.drop(place)
        with contextlib.suppress(OSError):
            place.rmdir()


def _trained(place, method, rows, arguments, tokenizer, label):
    """(the `finetune.Result`, minutes) of a training that keeps its checkpoints in `place` (None: nowhere)."""
    watched = documenting.training_rows(documenting.functions("validation", sizes()["validation"]))
    result = finetune.finetune(
        None, rows, method, tokenizer=tokenizer, validation=watched, label=f"Training ({label})", folder=place,
        keep_checkpoints=True, **arguments,
    )  # fmt: skip
    done = place and place / checkpoints.DONE  # by the call that took the last steps, which this one need not be
    took = finetune.Result.load(done) if done and done.exists() else result
    return result, took.seconds / 60 * took.steps / max(1, took.steps - took.resumed_from)


def _make(folder, method, rows, arguments, keep, label, place):
    need_space(folder, _kept_bytes(method), "A tuned model")
    tokenizer = models.load_tokenizer()
    result, minutes = _trained(place if _pays(place, method) else None, method, rows, arguments, tokenizer, label)
    model = finetune.for_inference(result.model)
    sentences = documenting.write(model, tokenizer, test_rows())
    probe = forgetting.probe(model, tokenizer)
    if keep:
        (model if method == "full" else result.model).save_pretrained(folder / "weights")
    result.save(folder / "result.json")
    about = {"method": method, "sentences": sentences, "forgetting": probe, "minutes": minutes}
    write_json(folder / "tuned.json", about)


def _read(folder):
    try:
        found = json.loads((folder / "tuned.json").read_text(encoding="utf-8"))
        scores = documenting.scores(found["sentences"], test_rows())
        return Tuned(result=finetune.Result.load(folder / "result.json"), scores=scores, folder=folder, **found)
    except (ValueError, KeyError, TypeError, CourseError) as error:
        raise CourseError(f"{folder} is damaged. Delete it, and run this again to train anew. ({error})") from None


def _load(folder, method):
    weights = folder / "weights"
    if not weights.is_dir():
        raise CourseError(f"The weights of this run were not kept in {folder}. Train with keep=True.")
    if method == "full":
        return models.load_model(weights)
    from peft import PeftModel

    base = methods.load_4bit() if method == "qlora" else models.load_model()
    return PeftModel.from_pretrained(base, weights).eval()


def _held_out():
    """What else decides a run: the corpus, how many rows are watched and tested on, and the recipe."""
    counts = {name: sizes()[name] for name in ("validation", "test")}
    return corpus.cache.folder(corpus.names_by_budget()).name, counts, RECIPE
