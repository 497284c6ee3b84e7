"""What a test writer should learn from, and how to ask it: python -m tests.benchmarks.writer_rows [--most N ...]

Trains lesson 11's test writer on tests of at most N assertions, the easiest test of each of R functions of the training
packages, in steps of 8 times A rows; for each N, R and A that is given. Asks it about functions of the *validation*
packages: for the likeliest answer, and for several at each temperature. Beside it the adapter that the tool comes with.
Settings: COURSE_BUDGET (full) and COURSE_SEED. A training that was done is kept.
"""

import argparse
import itertools
import random

from helpers import corpus, course, metrics, models
from helpers.testgen import pairs, shipping, writer


def rows_of(most, count):
    """`count` rows to train on, of as many functions."""
    functions = pairs.of_corpus(corpus.load("functions", "train", corpus.names_by_budget()))
    random.Random(0).shuffle(functions)
    functions = [row for row in functions if len(row["function"]) <= writer.sizes()["short"]][: 3 * count]
    found, _ = pairs.verified(pairs.from_program(functions, 1, most))
    rows = [writer.training_row(pair) for pair in found[:count]]
    random.Random(course.seed()).shuffle(rows)
    return rows


def shown(name, model, functions, options):
    """Print what a model's answers are worth, with intervals."""
    for temperature in (None, *options.temperatures):
        asked = {"label": name} if temperature is None else {"label": name, "temperature": temperature}
        samples = None if temperature is None else options.samples
        judged = writer.judged(
            functions, writer.ask(model, models.load_tokenizer(), functions, samples=samples, **asked)
        )
        items = [
            {"package": row["package"], "is a test": one["is_test"], "hold": one["held"]}
            | {f"pass@{k}": writer.pass_at([one], k)[0] for k in {1, one["answers"]}}
            for row, one in zip(functions, judged, strict=True)
        ]
        found = metrics.summarise(items, cluster="package")
        words = ", ".join(f"{what} {metrics.in_words(found, what)}" for what in items[0] if what != "package")
        print(f"{name}, {'greedy' if temperature is None else f'at {temperature}'}: {words}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--most", type=int, nargs="+", default=[1, 2], help="assertions of a test")
    parser.add_argument("--rows", type=int, nargs="+", default=[400], help="tests to train on")
    parser.add_argument("--accumulate", type=int, nargs="+", default=[4], help="batches of 8 rows to a step")
    parser.add_argument("--functions", type=int, default=60, help="validation functions to ask about")
    parser.add_argument("--samples", type=int, default=8, help="answers to each, where they are drawn")
    parser.add_argument("--temperatures", type=float, nargs="*", default=[writer.TEMPERATURE])
    options = parser.parse_args()
    course.quiet()
    functions = writer.held_out(options.functions, "validation")
    shown("the tool's adapter", writer.loaded(shipping.ADAPTER), functions, options)
    for most, count in itertools.product(options.most, options.rows):
        rows = rows_of(most, count)
        for accumulate in options.accumulate:
            name = f"at most {most}, {len(rows)} rows, {accumulate} batches a step"
            shown(name, writer.train(rows=rows, accumulate=accumulate).model(), functions, options)


if __name__ == "__main__":
    main()
