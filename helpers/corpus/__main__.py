"""`python -m helpers.corpus` prints what the corpus holds, and mines it first if need be."""

from collections import Counter

from helpers import corpus
from helpers.corpus.sources import SPLITS


def counts(docstrings, functions):
    """What the tables hold, as {what: {'all' or a split: rows}}."""
    tested = [row for row in functions if row["tests"]]
    tests = [test | {"split": row["split"]} for row in tested for test in row["tests"]]
    tables = {
        "docstrings": docstrings,
        "functions that run alone": functions,
        "of them with verified tests": tested,
        "verified human tests": tests,
        "of them from test files": [test for test in tests if test["kind"] == "unit"],
        "of them from docstrings": [test for test in tests if test["kind"] == "doctest"],
    }
    return {
        what: {"all": len(rows)} | {split: sum(row["split"] == split for row in rows) for split in SPLITS}
        for what, rows in tables.items()
    }


def main():
    docstrings, functions = corpus.load("docstrings"), corpus.load("functions")
    print("| | " + " | ".join(["all", *SPLITS]) + " |\n|---|---|---|---|---|")
    for what, by_split in counts(docstrings, functions).items():
        print(f"| {what} | " + " | ".join(f"{count:,}" for count in by_split.values()) + " |")
    for table, rows in {"docstrings": docstrings, "functions": functions}.items():
        by_package = Counter(row["package"] for row in rows).most_common()
        print(f"\n{table} by package: " + ", ".join(f"{package} {count:,}" for package, count in by_package))
    print(f"\ndocstrings by licence: {dict(Counter(row['licence'] for row in docstrings).most_common())}")
    print(f"leaks between splits: {len(corpus.leaks(docstrings)) + len(corpus.leaks(functions))}")
    for table in ("docstrings", "functions"):
        print(f"fingerprint of the {table}: {corpus.fingerprint(corpus.load(table, running=False))}")


if __name__ == "__main__":
    main()
