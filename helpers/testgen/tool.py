"""`python3 -m helpers testgen PATH`: verified tests for a file, a folder or an installed module.

Calls are proposed by a program and by a model; the values come from executing the functions, in the sandbox; what is
written was executed once more as a whole and catches mutants. It pins what the code does today. What looks wrong, such
as a documented example that does not hold, is reported.
"""

import ast
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from helpers import metrics, sandbox
from helpers.errors import CourseError
from helpers.files import write_text
from helpers.testgen import arguments, findings, program, proposals, targets
from helpers.testgen.observe import MOST
from helpers.testgen.shipping import ADAPTER, CONFIG

NOTHING_WRITTEN, LOOKS_WRONG = 1, 3  # exit codes, beside 0
PER_TEST = 8  # assertions at most
LONGEST = 6000  # characters of a function that a model is asked about: a longer one takes gigabytes of memory to read


@dataclass(frozen=True)
class Report:
    """What came of one function. test: its text, '' if there is none, and then why says so. score: a
    `metrics.TestScore` of it, or None. suspicious: what looks wrong, phrases for people.
    """

    target: targets.Target
    test: str = ""
    why: str = ""
    score: object = None
    suspicious: tuple = ()


def main(path, out="generated_tests", propose=None, n=8):
    """Write tests for what is at `path` into the folder `out`; prints a report, and returns the exit code.

    propose: a function (targets, n) → for each a list of calls from a model; None for the program's calls alone.
    0: all is well; 1: no test could be written; 3: tests were written, and something looks wrong.
    """
    place, out = targets.locate(path), Path(out)
    with tempfile.TemporaryDirectory(prefix="testgen-") as folder:
        found, others = targets.functions(place, targets.staged(place, folder))
        there = {one.module for one in found if file_of(out, one.module).exists()}
        todo = [one for one in found if one.module not in there]
        proposed = propose(todo, n) if propose and todo else [None] * len(todo)
        work = list(zip(todo, proposed, strict=True))
        arguments.draw_all()
        reports = sandbox.in_parallel(lambda pair: report_of(*pair), work, label="Writing tests")
    written = save(out, place, reports)
    show(reports, others, sorted(there), written, out)
    if any(report.suspicious for report in reports):
        return LOOKS_WRONG
    return 0 if written or there else NOTHING_WRITTEN


def report_of(target, proposed=None):
    """The `Report` of one function. proposed: calls from a model, beside the program's own."""
    mutants = _sample(metrics.mutants(target.text, target.name), MOST)
    written = program.write(
        target.text,
        target.name,
        also=proposed or (),
        most=PER_TEST,
        least=3,
        mutants=mutants,
        readable=target.readable,
        scored=False,
    )
    suspicious = tuple(findings.suspicious(target.text, target.name, written.observed))
    if not written.test:
        return Report(target, why=written.why, suspicious=suspicious)
    (score,) = metrics.score_tests(
        [target.text], [written.test], mutants=[mutants], names=[target.name], coverage=True, workers=1,
        readable=target.readable,
    )  # fmt: skip
    if score.outcome not in (metrics.Outcome.PASSES, metrics.Outcome.KILLS_NOTHING):
        return Report(target, why=f"its test does not hold by itself: {score.why}", suspicious=suspicious)
    if score.mutants and not score.mutants_noticed:
        return Report(target, why="no call was found that notices a bug", suspicious=suspicious)
    return Report(target, written.test, score=score, suspicious=suspicious)


def _sample(some, most):
    """At most `most` of a list, spread over it evenly."""
    step = max(1, len(some) / most)
    return [some[int(place * step)] for place in range(min(most, len(some)))]


# --- Files ------------------------------------------------------------------------------------------------------------


def file_of(out, module):
    """Where the tests of a module go."""
    return Path(out) / f"test_{module.replace('.', '_')}.py"


def save(out, place, reports):
    """Write one file for each module that has tests, and what makes its modules importable; the paths, in order.

    A file that is there is never written over.
    """
    by_module = defaultdict(list)
    for report in reports:
        if report.test:
            by_module[report.target.module].append(report)
    paths = []
    for module, some in sorted(by_module.items()):
        path = file_of(out, module)
        if not path.exists():
            write_text(_made(path), file_text(module, some))
            paths.append(path)
    conftest = Path(out) / "conftest.py"
    if paths and not place.installed and not conftest.exists():
        write_text(conftest, _conftest(os.path.relpath(place.root, out)))
    return paths


def _made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _conftest(relative):
    return (
        '"""Lets the tests import the code that they test."""\n\n'
        "import sys\nfrom pathlib import Path\n\n"
        f"sys.path.insert(0, str((Path(__file__).parent / {relative.replace(os.sep, '/')!r}).resolve()))\n"
    )


def file_text(module, reports):
    """The text of a test file, formatted."""
    imports, bodies = set(), []
    for report in reports:
        tree = ast.parse(report.test)
        imports |= {ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
        bodies += [ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = ", ".join(sorted(report.target.name for report in reports))
    head = (
        f'"""What {module} does today, pinned. Written by: python3 -m helpers testgen. Not proof that it is right."""'
    )
    standard = sorted(one for one in imports if "pytest" not in one)
    others = sorted(imports - set(standard))
    blocks = [head, "\n".join(standard), "\n".join(others), f"from {module} import {names}", "\n\n\n".join(bodies)]
    return formatted("\n\n".join(block for block in blocks if block) + "\n")


def formatted(text):
    """`text` as ruff formats it; as it is where ruff is missing or refuses."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "-"]
    try:
        ended = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return text
    return ended.stdout.decode() if ended.returncode == 0 and ended.stdout else text


# --- The report -------------------------------------------------------------------------------------------------------


def show(reports, others, there, written, out):
    """Print what was written, what looks wrong, and what got no test."""
    good = [report for report in reports if report.test]
    if good:
        width = max(len(f"{one.target.module}.{one.target.name}") for one in good)
        print(f"{'function':{width}}  assertions  coverage  mutants caught")
        for one in good:
            score, name = one.score, f"{one.target.module}.{one.target.name}"
            covered = "" if score.coverage is None else f"{score.coverage:.0%}"
            caught = f"{score.mutants_killed} of {score.mutants}"
            print(f"{name:{width}}  {score.assertions:10}  {covered:>8}  {caught:>14}")
    suspicious = [(one.target, what) for one in reports for what in one.suspicious]
    if suspicious:
        print("\nLooks wrong (the tests pin what the code does, right or not):")
        for target, what in suspicious:
            print(f"  {target.module}.{target.name}: {what}")
    none = [(one.target.module, one.target.name, one.why) for one in reports if not one.test]
    none += [(one.module, one.name, one.why) for one in others]
    if none:
        print("\nNo test:")
        for module, name, why in none:
            print(f"  {module}{'.' * bool(name)}{name}: {why}")
    for module in there:
        print(f"\n{file_of(out, module)} is there already: left as it is.")
    if written:
        print(f"\n{len(good)} functions of {len(good) + len(none)} got a test. Run them: python3 -m pytest {out}")
    elif not there:
        print("\nNo function got a test.")


def calls_of_model(model, tokenizer, found, n=8, seed=0):
    """Calls for each target, out of `n` tests that a model writes for it: sampled, and only their calls are kept.

    A model is not asked about a function of more than LONGEST characters: it finds no calls for it.
    """
    from helpers import models
    from helpers.testgen.asking import conversation

    asked = [target for target in found if len(target.source) <= LONGEST]
    groups = models.generate(
        model,
        tokenizer,
        [conversation(target.source) for target in asked],
        max_new_tokens=160,
        do_sample=True,
        temperature=0.8,
        seed=seed,
        samples=n,
        label="Asking the model",
    )
    answers = {id(target): some for target, some in zip(asked, groups, strict=True)}
    return [
        list(dict.fromkeys(call for text in answers.get(id(one), ()) for call in proposals.mentioned(text, one.name)))
        for one in found
    ]


def model_calls(folder=None):
    """A function for `main` that asks a model for calls.

    folder: of an adapter or of a whole model; None for the course's test writer if it is there, else the base model.
    """
    if folder is not None and not any((Path(folder) / name).is_file() for name in (CONFIG, "config.json")):
        raise CourseError(
            f"In {folder} is neither an adapter nor a model. Give the folder that save_pretrained filled."
        )

    def propose(found, n):
        from helpers import course, models

        course.quiet()
        writer = folder or (ADAPTER if ADAPTER.is_dir() else None)
        if writer and (Path(writer) / CONFIG).is_file():
            from helpers.testgen.writer import loaded

            model = loaded(writer)
        else:
            model = models.load_model(writer)
        return calls_of_model(model, models.load_tokenizer(), found, n)

    return propose


def check(path, out):
    """Raise CourseError where there is nothing to test at `path` or nothing can be written to `out`."""
    targets.locate(path)
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out} is a file. Give a folder as --out.")
    near = next(place for place in [out, *out.absolute().parents] if place.exists())
    if not os.access(near, os.W_OK):
        raise CourseError(f"{near} cannot be written to. Give another folder as --out.")
