"""`python3 -m helpers testgen PATH`: verified tests for a file, a folder or an installed module.

Calls are proposed by a program and by a model; the values come from executing the functions, in the sandbox; what is
written was executed once more, as the file that it is, and catches mutants. It pins what the code does today. What
looks wrong, such as a documented example that does not hold, is reported.
"""

import ast
import json
import os
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from helpers import metrics, sandbox
from helpers.errors import CourseError
from helpers.testgen import arguments, breaks, definitions, findings, program, proposals, targets, testfile
from helpers.testgen.observe import DOWN, MOST, SLOW, UNWATCHED
from helpers.testgen.observe import _depends_on_sets as depends_on_sets
from helpers.testgen.shipping import ADAPTER, CONFIG

NOTHING_WRITTEN, LOOKS_WRONG = 1, 3  # exit codes, beside 0
FEW, PER_TEST = 4, 8  # assertions: there are at least so many, if there are so many results, and at most
SEEDS = (5, 6, 7, 8)  # `observe` has tried 0 to 4
NAMES_FOLDER = "its results name the folder that the code is in"
ELSEWHERE = "in another folder, on another day or in another start of Python"
# Characters of a function that a model is asked about. The course's writer has learned from functions of at most 900;
# reading a much longer one takes most of the time and memory.
LONGEST = 2000


@dataclass(frozen=True)
class Report:
    """What came of one function. test: its text, '' if there is none, and then why says so. score: a
    `metrics.TestScore` of it, or None. suspicious: what looks wrong, phrases for people. has_test: there was a test in
    the folder before, so none was made.
    """

    target: targets.Target
    test: str = ""
    why: str = ""
    score: object = None
    suspicious: tuple = ()
    has_test: bool = False


def main(path, out="generated_tests", propose=None, n=8):
    """Write tests for what is at `path` into the folder `out`; prints a report, and returns the exit code.

    propose: a function (targets, n) → for each a list of calls from a model; None for the program's calls alone.
    0: all is well; 1: no test could be written; 3: tests were written, and something looks wrong. The same each time:
    functions that a test file in `out` imports are looked at, too, and their tests are left as they are.
    """
    place, out = check(path, out), Path(out)
    known = testfile.covered(out)
    for sentence in protections():
        print(sentence, flush=True)
    with tempfile.TemporaryDirectory(prefix="testgen-") as folder, tempfile.TemporaryDirectory() as other:
        readable, elsewhere = targets.staged(place, folder), targets.staged(place, other)
        found, others = definitions.settled(*targets.functions(place, readable), readable)
        proposed = propose(found, n) if propose and found else [None] * len(found)
        work = list(zip(found, proposed, strict=True))
        arguments.draw_all()
        reports = sandbox.in_parallel(
            lambda pair: report_of(*pair, (pair[0].module, pair[0].name) in known), work, label="Writing tests"
        )
        by_module = defaultdict(list)
        for report in reports:
            by_module[report.target.module].append(report)
        label = "Running the files" if by_module else None
        seeds = SEEDS if any(map(_orders_sets, place.files)) else SEEDS[:1]
        done = sandbox.in_parallel(
            lambda some: of_module(some, readable, elsewhere, seeds), by_module.values(), label=label
        )
        reports, unchecked = [report for some, _ in done for report in some], sum(number for _, number in done)
        reports = beside_others(reports, readable)
    new, before = [one for one in reports if one.test], sum(one.has_test for one in reports)
    save(out, place, new)
    show(reports, others, unchecked)
    named = sum(bool(one.name) for one in others)
    if new:
        print(f"\n{len(new)} functions of {len(reports) + named} got a test. Run them: python3 -m pytest {out}")
        if advice := "" if place.installed else testfile.advice(out, place.roots):
            print(advice)
    if before:
        print(f"\n{before} functions have a test in {out} already, which is left as it is.")
    if not new and not before:
        print("\nNo function got a test.")
    if any(report.suspicious for report in reports):
        return LOOKS_WRONG
    return 0 if new or before else NOTHING_WRITTEN


def report_of(target, proposed=None, has_test=False):
    """The `Report` of one function. proposed: calls from a model, beside the program's own. has_test: only look for
    what is wrong, with the same calls.
    """
    if target.why:
        return Report(target, why=target.why, has_test=has_test)
    try:
        return _report_of(target, proposed, has_test)
    except RecursionError:
        return Report(target, why="it is nested too deeply", has_test=has_test)


def _report_of(target, proposed, has_test):
    mutants = _sample(breaks.mutants(target.text, target.name), MOST)
    calls = [*proposals.separated(target.text, target.name), *(proposed or ())]
    written = _written(target, mutants, calls)
    results = {one.text for one in written.observed if one.form in ("is", "==", "repr")}
    if len(results) < FEW and not all(one.text in (DOWN, SLOW, UNWATCHED) for one in written.observed):
        # It may want a format that nobody draws by chance.
        formats = proposals.formatted(target.text, target.name)
        written = _written(target, mutants, [*calls, *formats]) if formats else written
    suspicious = tuple(findings.of_calls(target.text, target.name, written.observed, target.readable))
    if has_test:
        return Report(target, suspicious=suspicious, has_test=True)
    if not written.test:
        return Report(target, why=written.why, suspicious=suspicious)
    # A mutant may do what its function does not, such as delete files. `observe` refuses that; here the sandbox must.
    safe = [] if sandbox.missing() else mutants
    (score,) = metrics.score_tests(
        [target.text], [written.test], mutants=[safe], names=[target.name], coverage=True, workers=1,
        readable=target.readable,
    )  # fmt: skip
    if score.outcome not in (metrics.Outcome.PASSES, metrics.Outcome.KILLS_NOTHING):
        return Report(target, why=f"its test does not hold by itself: {score.why}", suspicious=suspicious)
    if not score.mutants_noticed and _says_nothing(written.test):
        return Report(target, why="its results say nothing", suspicious=suspicious)
    if score.mutants and not score.mutants_noticed:
        return Report(target, why="no call was found that notices a bug", suspicious=suspicious)
    return Report(target, written.test, score=score, suspicious=suspicious)


def _written(target, mutants, also):
    return program.write(
        target.text,
        target.name,
        also=also,
        most=PER_TEST,
        least=FEW,
        mutants=mutants,
        readable=target.readable,
        scored=False,
        thorough=True,
    )


def _says_nothing(test):
    """Whether every assertion of a test is that something is None."""
    body = next(node for node in ast.parse(test).body if isinstance(node, ast.FunctionDef)).body
    return all(isinstance(one, ast.Assert) and ast.unparse(one).endswith(" is None") for one in body)


def of_module(reports, readable=(), elsewhere=None, seeds=SEEDS[:1]):
    """(the `Report`s of one module, how many documented examples were not checked): after its examples ran, and its
    tests in one file, on the module as a test imports it. A test that fails there is taken back; so is one that fails
    in another folder, on another day, or where sets have another order.

    elsewhere: as `readable`, another copy of the code. seeds: of Python's hashes, for those further runs.
    """
    module = reports[0].target.module
    docs = {one.target.name: one.target.doc for one in reports}
    wrong, unchecked = findings.wrong_examples(docs, module=module, readable=readable)
    tests = {one.target.name: one.test for one in reports if one.test}
    failed = {name: NAMES_FOLDER for name, text in tests.items() if any(one in text for one in _folders(readable))}
    failed |= testfile.failures(module, {name: text for name, text in tests.items() if name not in failed}, readable)
    for seed in seeds:
        left = {name: text for name, text in tests.items() if name not in failed}
        again = testfile.failures(module, left, readable if elsewhere is None else elsewhere, seed, elsewhen=True)
        failed |= {name: f"{ELSEWHERE}: {why}" for name, why in again.items()}
    found = []
    for one in reports:
        one = replace(one, suspicious=(*wrong.get(one.target.name, ()), *one.suspicious))
        if one.target.name in failed:
            one = replace(one, test="", score=None, why=failed[one.target.name])
        found.append(one)
    return found, unchecked


def _folders(readable):
    """Folders that a test for other machines cannot name: where the code was copied to, and this environment."""
    return [*map(str, readable), *([sys.prefix] if sys.prefix != sys.base_prefix else [])]


def _orders_sets(path):
    """Whether the code in a file uses sets or hashes, whose order is another one in each start of Python."""
    try:
        return depends_on_sets(ast.parse(path.read_bytes()))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def beside_others(reports, readable=()):
    """The `Report`s after the tests of all modules ran in one process, as pytest will run them: those that fail then
    are taken back.
    """
    by_module = defaultdict(dict)
    for one in reports:
        if one.test:
            by_module[one.target.module][one.target.name] = one.test
    failed = testfile.failures_together(by_module, readable) if by_module else {}
    return [
        replace(one, test="", score=None, why=why) if (why := failed.get((one.target.module, one.target.name))) else one
        for one in reports
    ]


def _sample(some, most):
    """At most `most` of a list, spread over it evenly."""
    step = max(1, len(some) / most)
    return [some[int(place * step)] for place in range(min(most, len(some)))]


def save(out, place, reports):
    """Write a file for each module with the tests of its reports, and what makes the modules importable."""
    by_module = defaultdict(dict)
    for report in reports:
        by_module[report.target.module][report.target.name] = report.test
    for module, tests in sorted(by_module.items()):
        testfile.save(out, module, tests)
    if by_module and not place.installed:
        testfile.save_conftest(out, place.roots)


# --- The report -------------------------------------------------------------------------------------------------------


def protections():
    """A sentence on what the sandbox does not enforce on this system, in a list; [] where it enforces all."""
    missing = sandbox.missing()
    if not missing:
        return []
    return [
        f"NOT ENFORCED on this system: {', '.join(missing)}. Your code is executed with many arguments: give only code "
        "that does no harm, or use Linux, a container or a virtual machine that holds nothing else."
    ]


def show(reports, others, unchecked):
    """Print what tests there are, what looks wrong, and what got no test."""
    good = [report for report in reports if report.test or report.has_test]
    if good:
        width = max(len(f"{one.target.module}.{one.target.name}") for one in good)
        print(f"{'function':{width}}  assertions  coverage  mutants noticed")
        for one in good:
            score, name = one.score, f"{one.target.module}.{one.target.name}"
            if one.has_test:
                print(f"{name:{width}}  has a test already")
                continue
            covered = "" if score.coverage is None else f"{score.coverage:.0%}"
            noticed = f"{score.mutants_noticed} of {score.mutants}" if score.mutants else "none tried"
            print(f"{name:{width}}  {score.assertions:10}  {covered:>8}  {noticed:>15}")
    suspicious = [(one.target, what) for one in reports for what in one.suspicious]
    if suspicious:
        print("\nLooks wrong (the tests pin what the code does, right or not):")
        for target, what in suspicious:
            print(f"  {target.module}.{target.name}: {what}")
    none = [(one.target.module, one.target.name, one.why) for one in reports if one not in good]
    none += [(one.module, one.name, one.why) for one in others]
    if none:
        print("\nNo test:")
        for module, name, why in none:
            print(f"  {module}{'.' * bool(name)}{name}: {why}")
    if unchecked:
        print(f"\nDocumented examples that take too long or need what is not there, not checked: {unchecked}")


def calls_of_model(model, tokenizer, found, n=8, seed=0):
    """Calls for each target, out of `n` tests that a model writes for it: sampled, and only their calls are kept.

    A model is not asked about a function of more than LONGEST characters.
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
        list(dict.fromkeys(
            call for text in answers.get(id(one), ()) for call in proposals.mentioned(text, one.name, thorough=True)
        ))
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
            return calls_of_model(_adapted(Path(writer)), models.load_tokenizer(), found, n)
        tokenizer = _tokenizer(writer) if writer else models.load_tokenizer()
        return calls_of_model(models.load_model(writer), tokenizer, found, n)

    return propose


def _adapted(folder):
    """The base model with the adapter in `folder`. Raises CourseError where it is one of another base model."""
    from helpers import course
    from helpers.testgen import writer

    try:
        return writer.loaded(folder)
    except (RuntimeError, ValueError) as error:  # how PEFT says that shapes or names of layers differ
        if isinstance(error, RuntimeError) and "size mismatch" not in str(error):
            raise
        base = json.loads((folder / CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path")
        raise CourseError(
            f"The adapter in {folder} does not fit {course.model()}: it was trained on {base}. Set COURSE_MODEL to "
            "that model or unset it, give an adapter of your model with --model, or try no model with --no-model."
        ) from error


def _tokenizer(folder):
    """The tokenizer of the model in `folder`, as `models.load_tokenizer` sets one up. Raises CourseError."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), padding_side="left")
    except (OSError, ValueError) as error:
        raise CourseError(f"In {folder} is no tokenizer. Save it there: tokenizer.save_pretrained(folder).") from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if not tokenizer.chat_template:
        raise CourseError(f"The model in {folder} has no chat template. Give a chat model, or a course's adapter.")
    return tokenizer


def check(path, out):
    """The `Place` of what is to be tested. Raises CourseError where there is nothing at `path`, where nothing can be
    written to `out`, and where that holds the tests of other code.
    """
    place, out = targets.locate(path), Path(out)
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out} is a file. Give a folder as --out.")
    near = next(folder for folder in [out, *out.absolute().parents] if folder.exists())
    if not os.access(near, os.W_OK):
        raise CourseError(f"{near} cannot be written to. Give another folder as --out.")
    if not place.installed:
        testfile.check_conftest(out, place.roots)
    return place
