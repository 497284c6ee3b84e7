"""`python -m helpers.corpus` prints what the corpus holds, and mines it first if need be."""

from collections import Counter

from helpers import corpus
from helpers.corpus.sources import SPLITS


def main():
    docstrings, functions = corpus.load("docstrings"), corpus.load("functions")
    print(f"{'':34}{'all':>8}" + "".join(f"{split:>12}" for split in SPLITS))
    tested = [function for function in functions if function["tests"]]
    tests = [test | {"split": row["split"]} for row in tested for test in row["tests"]]
    for what, rows in {
        "docstrings": docstrings,
        "functions that run alone": functions,
        "  of them with verified tests": tested,
        "verified human tests": tests,
        "  of them from test files": [test for test in tests if test["kind"] == "unit"],
        "  of them from docstrings": [test for test in tests if test["kind"] == "doctest"],
    }.items():
        by_split = Counter(row["split"] for row in rows)
        print(f"{what:34}{len(rows):8,}" + "".join(f"{by_split[split]:12,}" for split in SPLITS))
    for table, rows in {"docstrings": docstrings, "functions": functions}.items():
        print(f"\n{table}, by package:")
        for package, count in Counter(row["package"] for row in rows).most_common():
            print(f"  {package:20} {count:6,}")
    print(f"\ndocstrings by licence: {dict(Counter(row['licence'] for row in docstrings).most_common())}")
    print(f"leaks between splits: {len(corpus.leaks(docstrings)) + len(corpus.leaks(functions))}")
    print(f"fingerprint of the docstrings: {corpus.fingerprint(docstrings)}")


if __name__ == "__main__":
    main()
