"""What a tuned model can no longer do: a second job, done before and after, and rows of it to mix into the training.

The second job is about the same functions, with another question: what is it called? The base model is mostly
right. A model that was tuned on one question only tends to answer that one, whatever it is asked.
"""

import re
import statistics

from helpers import chat, course, dialogues, documenting, metrics, models
from helpers.errors import CourseError
from helpers.testgen import fenced

QUESTION = "What is the name of this function?"
SUMMARIZE = "Summarize this conversation in one or two sentences."
OTHERS = 1  # a seed other than the course's: names are asked of other rows than those to document


def conversation(code):
    """The chat that asks for the name of the function in `code`."""
    return [{"role": "user", "content": f"{fenced(code)}\n\n{QUESTION}"}]


def is_right(answer, row):
    """Whether an answer says the function's name, letter for letter and as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(_short(row))}(?!\w)", answer) is not None


def _short(row):
    """A function's name without its class."""
    return row["name"].split(".")[-1]


def training_rows(count, seed=0):
    """`count` rows of the second job, in the form of `finetune`, to mix into the rows of the first."""
    rows = documenting.functions("train", seed=seed + OTHERS, longest=documenting.SHORT)[:count]
    if len(rows) < count:
        raise CourseError(f"There are {len(rows)} functions to ask names of. Ask for at most so many rows.")
    return [
        chat.training_row(conversation(row["code"]), f"The function is called `{_short(row)}`.") for row in rows
    ]


def probe(model, tokenizer):
    """How well `model` does what it was not tuned for, as a dict.

    score: per cent of held-out functions whose name it says when asked (right: 0 or 1 for each). answers: some of its
    texts. summaries: mean ROUGE-1 of its summaries of dialogues, a third job, of which no row is ever mixed in; missing
    in the lesson budget, where there is time for a few only, which would say nothing.
    """
    rows = documenting.functions("test", course.by_budget(smoke=3, lesson=34, full=102))
    asked = [conversation(row["code"]) for row in rows]
    longest = course.by_budget(smoke=12, lesson=20, full=20)
    answers = models.generate(model, tokenizer, asked, max_new_tokens=longest, batch_size=32, label="Asking for names")
    right = [int(is_right(answer, row)) for answer, row in zip(answers, rows, strict=True)]
    found = {
        "score": 100 * statistics.mean(right),
        "right": right,
        "answers": [answer.strip() for answer in answers[:5]],
    }
    talks = dialogues.load("test")[: course.by_budget(smoke=1, lesson=0, full=32)]
    if talks:
        asked = [[{"role": "user", "content": f"{row['dialogue']}\n\n{SUMMARIZE}"}] for row in talks]
        longest = course.by_budget(smoke=8, lesson=60, full=60)
        summaries = models.generate(model, tokenizer, asked, max_new_tokens=longest, label="Asking for summaries")
        scores = metrics.rouge(summaries, [row["summaries"] for row in talks], kinds=("rouge1",))
        found["summaries"] = statistics.mean(row["rouge1"] for row in scores)
    return found
