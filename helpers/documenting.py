"""The course's first job: a function in, one sentence of docstring out. Rows, request, answers, scores, baselines."""

import random
from collections import Counter

from helpers import chat, corpus, course, metrics, models
from helpers.prompting import clean
from helpers.testgen import fenced

REQUEST = "Write a docstring for the function above: one short sentence that says what it does."
ROUGE = ("rouge1", "rouge2", "rougeL")
SHORT = 300  # characters of code: half of the functions have no more, and the cost of a row grows with its length
LONGEST = 48  # tokens of an answer; 998 in 1,000 human sentences have fewer


def functions(split, count=None, seed=0, longest=None):
    """`count` functions with their docstrings, of one split of the corpus, shuffled with `seed`; all where it is None.

    longest: leave out those whose code has more characters.

    Large packages are drawn from no more often than need be: of each, at most so many that `count` rows come together.
    Rows of one author resemble each other, so a test on many packages says more than a test on one large one. The same
    call gives the same rows on every machine. In the smoke budget they come from few packages.
    """
    rows = corpus.load("docstrings", split, corpus.names_by_budget())
    rows = [row for row in rows if longest is None or len(row["code"]) <= longest]
    random.Random(seed).shuffle(rows)
    if count is None or count >= len(rows):
        return rows
    nth = Counter()  # how many rows of the same package come before
    order = []
    for row in rows:
        order.append((nth[row["package"]], len(order)))
        nth[row["package"]] += 1
    chosen = sorted(place for _, place in sorted(order)[:count])
    return [rows[place] for place in chosen]


def conversation(function, shots=()):
    """The chat that asks for the docstring of `function` (source text), after worked examples (rows of `functions`)."""
    messages = []
    for shot in shots:
        messages += [_request(shot["code"]), {"role": "assistant", "content": shot["docstring"]}]
    return [*messages, _request(function)]


def _request(code):
    return {"role": "user", "content": f"{fenced(code)}\n\n{REQUEST}"}


def training_rows(rows):
    """What `finetune` takes: {"prompt": messages, "completion": messages} for each row of `functions`."""
    return [chat.training_row(conversation(row["code"]), row["docstring"]) for row in rows]


def write(model, tokenizer, rows, shots=(), label="Writing docstrings", batch_size=32):
    """The model's sentence for each row of `functions`, cleaned: the same cleaning for every system."""
    requests = [conversation(row["code"], shots) for row in rows]
    longest = course.by_budget(smoke=16, lesson=LONGEST, full=LONGEST)
    answers = models.generate(model, tokenizer, requests, max_new_tokens=longest, batch_size=batch_size, label=label)
    return [clean(answer) for answer in answers]


def scores(sentences, rows):
    """One dict a row: rouge1, rouge2, rougeL in points, and the number of words."""
    return metrics.rouge(sentences, [row["docstring"] for row in rows], kinds=ROUGE)


def baselines(rows, seed=0):
    """Answers without a model, name → sentences for `rows`: one sentence for all, and the function's name as words."""
    known = [row["docstring"] for row in functions("train")]
    same = metrics.constant(known, seed=seed)
    return {
        "one sentence for all": [same] * len(rows),
        "the name as words": [metrics.name_as_words(row["code"]) for row in rows],
    }


def shots(count, seed=0):
    """`count` worked examples from the training rows: short functions, which leave room for the one to document."""
    return functions("train", seed=seed, longest=SHORT)[:count]
