"""How many assertions a test to learn from should have: python -m tests.benchmarks.writer_rows [--most N ...]

Trains lesson 11's test writer once for each N on tests of at most N assertions, the easiest test of each of R functions
of the training packages, and asks it about functions of the *validation* packages; beside it the adapter that the tool
comes with. Settings: COURSE_BUDGET (full) and COURSE_SEED. A training that was done is kept.
"""

import argparse
import random
import statistics

from helpers import corpus, course, metrics, models
from helpers.testgen import pairs, shipping, writer

SHORT = 700  # characters of a function to train on: longer ones take most of the time


def rows_of(most, count):
    """`count` rows to train on, of as many functions."""
    functions = pairs.of_corpus(corpus.load("functions", "train", corpus.names_by_budget()))
    random.Random(0).shuffle(functions)
    functions = [row for row in functions if len(row["function"]) <= SHORT][: 3 * count]
    found, _ = pairs.verified(pairs.from_program(functions, 1, most))
    rows = [writer.training_row(pair) for pair in found[:count]]
    random.Random(course.seed()).shuffle(rows)
    return rows


def shown(name, model, functions, answers):
    """Print what a model's answers are worth, with intervals."""
    asked = writer.ask(model, models.load_tokenizer(), functions, answers, label=name)
    judged = writer.judged(functions, asked)
    items = [
        {"package": row["package"], "is a test": one["is_test"], "hold": one["held"], "pass@1": one["passed"] / answers}
        for row, one in zip(functions, judged, strict=True)
    ]
    found = metrics.summarise(items, cluster="package")
    words = ", ".join(f"{what} {metrics.in_words(found, what)}" for what in ("is a test", "hold", "pass@1"))
    lengths = statistics.mean(len(answer) for some in asked for answer in some)
    print(f"{name}: {words}; {lengths:.0f} characters", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--most", type=int, nargs="+", default=[1, 2], help="assertions of a test")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--functions", type=int, default=60, help="validation functions to ask about")
    parser.add_argument("--answers", type=int, default=2, help="to each")
    options = parser.parse_args()
    course.quiet()
    functions = writer.held_out(options.functions, "validation")
    shown("the tool's adapter", writer.loaded(shipping.ADAPTER), functions, options.answers)
    for most in options.most:
        rows = rows_of(most, options.rows)
        shown(f"at most {most}, {len(rows)} rows", writer.train(rows=rows).model(), functions, options.answers)


if __name__ == "__main__":
    main()
