"""Training runs that several lessons look at: made once, kept under COURSE_HOME by a hash of all that made them.

Lesson 07 makes the fully tuned documenter, 08 the one with adapters, 09 the one on 4-bit weights. Each reads the
others' or, where they are missing, makes them.
"""

import hashlib
import json
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from helpers import corpus, course, documenting, finetune, forgetting, models
from helpers.errors import CourseError
from helpers.files import locked, need_space, new_folder, write_json

WEIGHTS_BYTES = 280_000_000  # of the base model in bf16: what keeping a fully tuned one takes


def sizes():
    """How many rows to train on, to watch, and to test on in this run's budget."""
    return course.by_budget(
        smoke={"train": 16, "validation": 8, "test": 8},
        lesson={"train": 256, "validation": 32, "test": 51},
        full={"train": 640, "validation": 100, "test": 600},
    )


@dataclass
class Tuned:
    """A tuned documenter and what was measured on it.

    sentences and scores: one for each test row, in order (see `documenting`). forgetting: see `forgetting.probe`.
    minutes: of training, evaluation during training and checkpoints. folder: where its weights are.
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
        """The tuned model, loaded, in evaluation mode: adapters on their base, or all weights in bf16."""
        return _load(self.folder, self.method)


def test_rows():
    """The rows that every system of these lessons is tested on."""
    return documenting.functions("test", sizes()["test"])


def train(method, name=None, extra=(), keep=True, **changes):
    """Tune the base model to document functions, by `method`, and measure it; or read what an earlier run kept.

    name: of the run, where it is not the method's standard one. extra: rows to mix in, in the form of `finetune`.
    keep: whether to keep the weights, too. changes: arguments of `finetune` other than the course's. Training rows are
    drawn with the course's seed; the rows to watch and to test on are always the same.
    """
    rows = documenting.training_rows(documenting.functions("train", sizes()["train"], course.seed()))
    arguments = {"epochs": 1, "batch_size": 8, "accumulate": 2, "evaluations": 4} | changes
    digest = _digest([method, keep, arguments, rows, list(extra)], TRAINED)
    folder = course.home() / "tuned" / f"{name or method}-{course.budget()}-seed{course.seed()}-{digest}"
    with locked(folder.with_suffix(".lock"), "Another program makes this model; waiting for it."):
        if not (folder / "tuned.json").exists():
            _make(folder, method, rows + list(extra), arguments, keep, name or method)
    return _read(folder)


def base():
    """What needs no tuning, measured on the test rows: name → (sentences, scores), each a list with one item a row.

    'zero-shot' and 'best prompt' are the base model's; the best prompt is the number of worked examples, none included,
    that scores highest on the validation rows. The others are `documenting.baselines`. Kept like a tuned model.
    """
    counts = course.by_budget(smoke=(0, 1), lesson=(0, 3), full=(0, 1, 3, 5))
    folder = course.home() / "tuned" / f"base-{course.budget()}-{_digest([counts], ASKED)}"
    with locked(folder.with_suffix(".lock"), "Another program asks the base model; waiting for it."):
        if not (folder / "base.json").exists():
            with new_folder(folder) as temporary:
                write_json(temporary / "base.json", _ask_base(counts))
    sentences = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    return {name: (texts, documenting.scores(texts, test_rows())) for name, texts in sentences.items()}


def _ask_base(counts):
    """name → sentences for the test rows."""
    model, tokenizer = models.load_model(), models.load_tokenizer()
    watched = documenting.functions("validation", sizes()["validation"])

    def mean_score(count):
        label = f"Trying a prompt with {count} examples"
        found = documenting.write(model, tokenizer, watched, documenting.shots(count), label)
        return statistics.mean(row["rouge1"] for row in documenting.scores(found, watched))

    best = max(counts, key=mean_score)
    asked = {
        count: documenting.write(model, tokenizer, test_rows(), documenting.shots(count), "Asking the base model")
        for count in {0, best}
    }
    return {"zero-shot": asked[0], "best prompt": asked[best]} | documenting.baselines(test_rows())


def _make(folder, method, rows, arguments, keep, label):
    need_space(folder, WEIGHTS_BYTES, "A tuned model")
    tokenizer = models.load_tokenizer()
    watched = documenting.training_rows(documenting.functions("validation", sizes()["validation"]))
    started = time.monotonic()
    result = finetune.finetune(
        None, rows, method, tokenizer=tokenizer, validation=watched, label=f"Training ({label})", measure_memory=True,
        **arguments,
    )  # fmt: skip
    minutes = (time.monotonic() - started) / 60
    model = finetune.for_inference(result.model)
    sentences = documenting.write(model, tokenizer, test_rows())
    probe = forgetting.probe(model, tokenizer)
    with new_folder(folder) as temporary:
        if keep:
            (model if method == "full" else result.model).save_pretrained(temporary / "weights")
        result.save(temporary / "result.json")
        write_json(
            temporary / "tuned.json",
            {"method": method, "sentences": sentences, "forgetting": probe, "minutes": minutes},
        )


def _read(folder):
    try:
        kept = json.loads((folder / "tuned.json").read_text(encoding="utf-8"))
        scores = documenting.scores(kept["sentences"], test_rows())
        return Tuned(result=finetune.Result.load(folder / "result.json"), scores=scores, folder=folder, **kept)
    except (ValueError, KeyError, TypeError, CourseError) as error:
        raise CourseError(f"{folder} is damaged. Delete it, and run this again to train anew. ({error})") from None


def _load(folder, method):
    weights = folder / "weights"
    if not weights.is_dir():
        raise CourseError(f"The weights of this run were not kept in {folder}. Train with keep=True.")
    if method == "full":
        return models.load_model(weights)
    from peft import PeftModel

    base = models.load_4bit_model() if method == "qlora" else models.load_model()
    return PeftModel.from_pretrained(base, weights).eval()


ASKED = ("documenting.py", "models.py", "prompting.py")  # the code behind an answer
TRAINED = (
    "chat.py", "forgetting.py", "finetune/inference.py", "finetune/methods.py", "finetune/rows.py", "finetune/run.py",
    "finetune/trainer.py", "tuned.py", *ASKED,
)  # fmt: skip


def _digest(about, code):
    """A hash of what a run is made from: the request, the settings, the code, the corpus."""
    place = [corpus.folder(corpus.names_by_budget()).name, course.model(), course.device(), str(course.dtype())]
    text = json.dumps([about, sizes(), place, course.versions()], default=str, sort_keys=True)
    files = [(course.ROOT / "helpers" / name).read_bytes() for name in code]
    return hashlib.sha256(b"\0".join([*files, text.encode()])).hexdigest()[:12]
