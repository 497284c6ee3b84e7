"""`python -m tests.benchmarks.testgen_packages`: the test writer on packages that the course knows nothing of.

Fetches pinned packages of plain Python from the index into a temporary folder, and runs `helpers testgen` on each:
how many public functions that look pure get tests that pass under pytest, seconds for each function, and whether a
second run changes anything. Names of packages take those alone. With --model, the model proposes calls as well. With
--save, the table goes to data/results/testgen-packages.json, or testgen-packages-model.json.
"""

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from helpers import course
from helpers.files import write_json
from helpers.testgen import targets, tool

PACKAGES = {
    "inflection": "inflection==0.5.1", "humanize": "humanize==4.17.0", "slugify": "python-slugify==9.2.0",
    "webcolors": "webcolors==25.10.0", "validators": "validators==0.36.0", "natsort": "natsort==8.4.0",
    "isodate": "isodate==0.7.2",
}  # fmt: skip

COMMAND = "python -m tests.benchmarks.testgen_packages --save"


def pure(found, others):
    """How many public functions look pure: all but those that say that they depend on more than their arguments."""
    outside = ("depends on more", "it prints", "global variable", "async", "is a test", "decorated")
    return len(found) + sum(bool(one.name) and not any(word in one.why for word in outside) for one in others)


def measure(name, folder, propose):
    """One row of the table, as a dict."""
    place = Path(folder) / name if (Path(folder) / name).is_dir() else Path(folder) / f"{name}.py"
    found, others = targets.functions(targets.locate(str(place)), ())
    out = Path(folder) / f"tests_of_{name}"
    said = io.StringIO()
    started = time.perf_counter()
    with contextlib.redirect_stdout(said):
        code = tool.main(str(place), out, propose, 8)
    seconds = time.perf_counter() - started
    before = {path: path.read_bytes() for path in out.rglob("*.py")}
    with contextlib.redirect_stdout(io.StringIO()):
        tool.main(str(place), out, propose, 8)
    unchanged = before == {path: path.read_bytes() for path in out.rglob("*.py")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    tested = sum(path.read_text(encoding="utf-8").count("\ndef test_") for path in out.glob("test_*.py"))
    return {
        "package": name, "functions": pure(found, others), "with_tests": tested, "all_pass": ran.returncode == 0,
        "seconds_per_function": round(seconds / max(len(found), 1), 2), "second_run_changes": not unchanged,
        "exit_code": code,
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packages", nargs="*", help=f"{', '.join(PACKAGES)}; all by default")
    parser.add_argument("--model", action="store_true", help="the model proposes calls, too")
    parser.add_argument("--save", action="store_true", help="write the table to data/results/")
    options = parser.parse_args()
    if unknown := set(options.packages) - set(PACKAGES):
        parser.error(f"no such package here: {', '.join(sorted(unknown))}")
    pins = {name: PACKAGES[name] for name in options.packages or PACKAGES}
    propose = tool.model_calls() if options.model else None
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, *pins.values()]
        subprocess.run(command, check=True)
        for name in pins:
            rows.append(measure(name, folder, propose))
            print(rows[-1], flush=True)
    share = sum(row["with_tests"] for row in rows) / sum(row["functions"] for row in rows)
    print(f"{share:.0%} of the public functions that look pure got a test that passes")
    if options.save:
        command = " ".join([COMMAND, *["--model"] * options.model, *options.packages])
        about = {"command": command, "with_model": options.model, "share": share, "packages": list(pins.values())}
        about |= {"device": course.device(), "cores": course.cores(), "versions": course.versions()}
        name = f"testgen-packages{'-model' * options.model}.json"
        write_json(course.ROOT / "data" / "results" / name, about | {"ran_at_commit": course.commit(), "rows": rows})


if __name__ == "__main__":
    main()
