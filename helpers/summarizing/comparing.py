"""The comparison: scores against all references, what is trivial beside what is trained, and intervals."""

import json

from helpers import course, kept, metrics
from helpers.errors import CourseError
from helpers.files import write_json
from helpers.memory.shape import need
from helpers.summarizing.data import ASKING, DATA, INSTRUCTION, asking_with_example, dialogues
from helpers.summarizing.training import METHODS, MODEL, load, train, write

ROUGE = ("rouge1", "rouge2", "rougeL")  # rougeLsum is rougeL here: a summary is one line
# What the lab prints for its 1,500 rows, ROUGE-1 against one reference at a time: hold `rouge1_single` against it.
CLASSIC = {"base": 23.3, "full": 42.2, "lora": 40.8}
PERSON = "a person"  # the first reference, against the others: they have one fewer than the systems


def scores(summaries, rows):
    """One dict a row of `dialogues`: rouge1, rouge2, rougeL in points, rouge1_single, and the number of words.

    The best of a dialogue's references counts for each kind (`rouge_score`'s score_multi); rouge1_single is the mean
    over them, as in the lab. Words are stemmed, as in the lab.
    """
    found = metrics.rouge(summaries, [row["summaries"] for row in rows], kinds=ROUGE, stem=True)
    for score, summary, row in zip(found, summaries, rows, strict=True):
        single = metrics.rouge([summary] * len(row["summaries"]), row["summaries"], kinds="rouge1", stem=True)
        score["rouge1_single"] = sum(each["rouge1"] for each in single) / len(single)
    return found


def baselines(rows, training):
    """Summaries without a model, name → one for each of `rows`: how the dialogue begins, and one sentence for all."""
    same = metrics.constant([summary for row in training for summary in row["summaries"]], seed=course.seed())
    return {
        "the first 20 words": [metrics.first_words(row["dialogue"]) for row in rows],
        "one sentence for all": [same] * len(rows),
    }


def best_asking(model, tokenizer, validation, training):
    """(name, words) of the way to ask that gives the untrained model its best ROUGE-1 on the validation rows."""
    ways = ASKING | {"an instruction and one example": asking_with_example(training)}

    def rouge1(name):
        summaries = write(model, tokenizer, validation, ways[name], label=f"Asking with {name}")
        return sum(score["rouge1"] for score in scores(summaries, validation))

    name = max(ways, key=rouge1)
    return name, ways[name]


def compare(methods=("full", "lora"), *, model=MODEL, data=DATA, rows=None, dialogues_tested=None, epochs=None):
    """Train by each method, each from a model of its own; score them, the untrained model and trivial answers.

    rows, dialogues_tested, epochs: how much (None: by the budget; 'full' takes all 12,460 training rows, 500 dialogues
    and three epochs). Returns a dict: values (system → its scores' means; gains over the base model with a 95 %
    interval; what the training took; minus_full_ci, of an adapter), items (one dict a dialogue), settings, versions.
    What a method wrote is kept under COURSE_HOME (see `kept`), so a comparison that was stopped goes on. Raises
    CourseError on an unknown method, and where model or data cannot be had.
    """
    methods = list(dict.fromkeys(methods))
    if not methods:
        raise CourseError(f"There is no method to compare. Give some of {', '.join(METHODS)}.")
    for method in methods:
        need(method, METHODS, "method")
    epochs = epochs or course.by_budget(1, 1, 3)
    training = dialogues("train", rows or course.by_budget(16, 500, None), course.seed(), name=data)
    validation = dialogues("validation", course.by_budget(2, 30, 100), name=data)
    test = dialogues("test", dialogues_tested or course.by_budget(4, 100, None), name=data)

    base, tokenizer = load(model)
    how, asking = best_asking(base, tokenizer, validation, training)
    answers = baselines(test, training) | {"base": write(base, tokenizer, test, asking, label="Untrained")}
    del base
    took = {}
    for method in methods:
        answers[method], took[method] = _after(method, model, data, epochs, training, validation, test)
    return {
        "n": len(test),
        "values": _values(answers, test, took),
        "items": [
            {"id": row["id"]} | {name: texts[index] for name, texts in answers.items()}
            for index, row in enumerate(test)
        ],
        "settings": {
            "model": model, "data": data, "training_rows": len(training), "epochs": epochs, "base_asked_with": how,
            "device": course.device(), "budget": course.budget(), "seed": course.seed(),
        },
        "versions": course.versions(),
        "classic": CLASSIC,
    }  # fmt: skip


def _after(method, model, data, epochs, training, validation, test):
    """(summaries of `test`, what the training took), kept: a comparison that was stopped goes on after it."""

    def make(folder):
        fresh, tokenizer = load(model)
        trained = train(fresh, tokenizer, training, method, validation=validation, epochs=epochs)
        summaries = write(trained.model, tokenizer, test, INSTRUCTION, label=f"After {method}")
        took = {
            "trainable": trained.trainable,
            "checkpoint_mb": trained.checkpoint_mb,
            "minutes": trained.minutes,
            "validation_loss": trained.evaluations[-1][1],
        } | ({"peak_gb": trained.peak_gb} if trained.peak_gb else {})
        write_json(folder / "after.json", {"summaries": summaries, "took": took})

    rows = [[row["id"] for row in each] for each in (training, validation, test)]
    folder = kept.folder(f"summarizing-{method}", [method, model, data, epochs, rows], make)
    found = json.loads((folder / "after.json").read_text(encoding="utf-8"))
    return found["summaries"], found["took"]


def _values(answers, test, took):
    """Means and comparisons. Dialogues are resampled: the references of one are no rows of their own."""
    clusters = [row["id"] for row in test]
    found = {name: scores(summaries, test) for name, summaries in answers.items()}

    def column(name, kind="rouge1"):
        return [score[kind] for score in found[name]]

    def minus(one, other):
        return metrics.paired_bootstrap(column(one), column(other), clusters=clusters, seed=course.seed())

    values = {
        name: {kind: sum(column(name, kind)) / len(test) for kind in (*ROUGE, "rouge1_single", "words")}
        for name in answers
    }
    for method, training in took.items():
        gain = minus(method, "base")
        values[method] |= {"rouge1_gain": gain.difference, "rouge1_gain_ci": [gain.low, gain.high], **training}
        if method != "full" and "full" in took:
            rest = minus(method, "full")
            values[method] |= {"minus_full": rest.difference, "minus_full_ci": [rest.low, rest.high]}
    if all(len(row["summaries"]) > 1 for row in test):
        others = [row | {"summaries": row["summaries"][1:]} for row in test]
        person = scores([row["summaries"][0] for row in test], others)
        values[PERSON] = {kind: sum(score[kind] for score in person) / len(test) for kind in person[0]}
    return values


def table(result):
    """A result of `compare` as text: a line for each system, in points, with what its training took."""
    columns = ("rouge1", "rouge2", "rougeL", "rouge1_single", "words", "rouge1_gain", "minus_full")
    costs = {"trainable": ",.0f", "checkpoint_mb": ",.0f", "peak_gb": ".1f", "minutes": ".1f"}

    def cells(name, system):
        yield name
        for column in columns:
            text = f"{system[column]:.1f}" if column in system else ""
            yield text + (" [{:.1f}, {:.1f}]".format(*system[f"{column}_ci"]) if f"{column}_ci" in system else "")
        yield f"{result['classic'].get(name, '')}"
        yield from (format(system[cost], form) if cost in system else "" for cost, form in costs.items())

    lines = [["", *columns, "the lab's", *costs]]
    lines += [list(cells(name, system)) for name, system in result["values"].items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    settings = result["settings"]
    head = (
        f"{settings['model']} on {settings['data']}: {settings['training_rows']} training rows, {settings['epochs']} "
        f"epochs, {result['n']} test dialogues, {settings['device']}, seed {settings['seed']}; base asked with "
        f"{settings['base_asked_with']}. The lab's ROUGE-1 is of the kind rouge1_single."
    )
    drawn = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
    return "\n".join([head, "", *drawn])
