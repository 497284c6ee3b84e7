"""How long mining takes, how much memory, and whether its cost grows linearly with files.

python tests/benchmarks/mining.py          the whole corpus, from nothing: seconds, peak memory, rows
python tests/benchmarks/mining.py growth   seconds for 1/8, 1/4, 1/2 and all packages of one list, and a linear fit
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from helpers import corpus, course  # noqa: E402
from helpers.corpus import sources  # noqa: E402


def whole():
    started = time.monotonic()
    tables, _ = corpus.mine(label=None)
    minutes = (time.monotonic() - started) / 60
    running = [row for row in tables["functions"] if row["runs"]]
    print(f"{minutes:.1f} minutes, peak {course.peak_gb():.2f} GB on {course.cores()} cores")
    print(f"{len(tables['docstrings']):,} docstrings, {len(running):,} functions that run alone, ", end="")
    print(f"{sum(len(row['tests']) for row in running):,} verified tests")


def growth():
    import numpy as np

    files = [(package, path, file) for package in sources.packages() for path, file in package.python_files()]
    points = []
    for share in (8, 4, 2, 1):
        started, chosen = time.process_time(), files[::share]
        for _, _, file in chosen:
            text = sources.read(file)
            tree = None if isinstance(text, sources.Unreadable) else corpus.parse(text)
            if tree is not None:
                for function in corpus.functions(tree, text):
                    if function.docstring and not corpus.problem_of_code(function):
                        corpus.find_secrets(function.source)
                        corpus.find_personal_data(function.source)
        points.append((len(chosen), time.process_time() - started))
        print(f"{points[-1][0]:6,} files {points[-1][1]:7.1f} s of processor time")
    counts, seconds = np.array(points).T
    slope, start = np.polyfit(counts, seconds, 1)
    fit = 1 - ((seconds - start - slope * counts) ** 2).sum() / ((seconds - seconds.mean()) ** 2).sum()
    print(f"linear fit: {1000 * slope:.1f} ms a file, R squared {fit:.4f}")


if __name__ == "__main__":
    growth() if sys.argv[1:] == ["growth"] else whole()
