"""From the files of one package to rows: functions with their docstrings, and functions that run alone.

Each stage counts what it lets through and what it stops. One package's files are in memory at a time, as text.
"""

import re
from collections import Counter
from dataclasses import asdict
from pathlib import PurePosixPath

from helpers.corpus import quality, sources
from helpers.corpus.alone import Module, NotAlone
from helpers.corpus.code import functions as functions_of
from helpers.corpus.code import parse
from helpers.corpus.human_tests import doctests, unit_tests
from helpers.corpus.licences import is_allowed

ALONE = {"lines": (2, 40), "characters": 1800}  # what may run alone may be longer than what is to be described

_NOT_OURS = re.compile(r"(^|/)(_?vendor(ed)?|_vendored_packages|externals?|third_party|_distutils|typeshed)(/|$)")
_TESTS = re.compile(r"(^|/)(tests?|testing|conftest\.py)(/|$)|(^|/)test_[^/]*\.py$|_tests?\.py$")


class Funnel:
    """How many items each stage let through, and why it stopped the others."""

    def __init__(self):
        self.kept, self.lost = Counter(), {}

    def keep(self, stage, count=1):
        self.kept[stage] += count

    def lose(self, stage, why, count=1):
        self.lost.setdefault(stage, Counter())[why] += count

    def as_dict(self):
        return {
            "kept": dict(self.kept),
            "lost": {stage: dict(sorted(why.items())) for stage, why in self.lost.items()},
        }


def of_package(package, funnel=None):
    """Mine one package: yields ('docstrings' or 'functions', row), before duplicates and leaks are looked for.

    package: a `sources.Package`. funnel: a `Funnel` that counts along. Docstring rows come file by file; functions come
    last, because the tests of the whole package are looked through for them.
    """
    funnel = funnel or Funnel()
    if not is_allowed(package.licence):
        funnel.lose("packages", f"licence {package.licence or 'unclear'}")
        return
    funnel.keep("packages")
    base = {"package": package.title, "version": package.version, "licence": package.licence}
    base |= {"family": package.family, "split": package.split}
    test_files, found = [], {}
    for path, file in package.files():
        text = _text(path, file, funnel)
        if text is None:
            continue
        if _TESTS.search(path):
            test_files.append((path, text))
            funnel.lose("own code", "tests")
            continue
        if _NOT_OURS.search(path):
            funnel.lose("own code", "copied from elsewhere")
            continue
        funnel.keep("own code")
        tree = parse(text)
        if tree is None:
            funnel.lose("parsed", "not Python of this version")
            continue
        funnel.keep("parsed")
        module = Module(tree, text)
        for function in functions_of(tree, text):
            funnel.keep("functions")
            place = base | {"id": f"{package.title}/{path}:{function.name}:{function.line}"}
            place |= {"path": path, "line": function.line}
            if row := _docstring_row(function, funnel):
                yield "docstrings", place | row
            if row := _function_row(function, module, path, funnel):
                found.setdefault(function.name, []).append(place | row)
    # A name that two functions of a package have could mean either to a test.
    unique = {name: rows[0] for name, rows in found.items() if len(rows) == 1}
    funnel.keep("one of its name", len(unique))
    funnel.lose("one of its name", "another has it", sum(map(len, found.values())) - len(unique))
    _add_unit_tests(package, test_files, unique)
    yield from (("functions", row) for row in unique.values())


def _text(path, file, funnel):
    """The text of a Python file, or None for whatever else it is."""
    funnel.keep("files")
    if not path.endswith(".py"):
        return funnel.lose("Python", PurePosixPath(path).suffix or "no suffix")
    funnel.keep("Python")
    text = sources.read(file)
    if isinstance(text, sources.Unreadable):
        return funnel.lose("readable", str(text))
    funnel.keep("readable")
    return text


def _docstring_row(function, funnel):
    if problem := quality.problem_of_code(function):
        return funnel.lose("worth describing", problem)
    funnel.keep("worth describing")
    if function.docstring is None:
        return funnel.lose("documented", "no docstring")
    funnel.keep("documented")
    sentence = quality.sentence_of(function.docstring)
    if problem := quality.problem_of_docstring(sentence, function.name):
        return funnel.lose("well documented", problem)
    funnel.keep("well documented")
    return {"name": function.name, "code": function.code, "docstring": sentence}


def _function_row(function, module, path, funnel):
    if function.is_method or quality.problem_of_code(function, **ALONE):
        return None
    funnel.keep("worth testing")
    try:
        cut = module.alone(function.name)
    except (NotAlone, RecursionError) as why:
        return funnel.lose("self-contained", str(why) or "too deep")
    funnel.keep("self-contained")
    tests = [asdict(test) for test in [doctests(function, path)] if test]
    sentence = quality.sentence_of(function.docstring)
    good = sentence and not quality.problem_of_docstring(sentence, function.name)
    # Without the docstring: it may hold the answers, and it would hide that two functions are alike.
    module = cut.module.removesuffix(cut.source + "\n") + function.code + "\n"
    return {
        "name": function.name,
        "code": function.code,
        "module": module,
        "docstring": sentence if good else None,
        "tests": tests,
    }


def _add_unit_tests(package, test_files, rows):
    own = {package.title.replace("-", "_").lower(), *(row["path"].split("/")[0] for row in rows.values())}
    if package.asset:
        own |= {row["path"].removeprefix("src/").split("/")[-2] for row in rows.values() if "/" in row["path"]}

    def is_library(module):
        return module.split(".")[0] in own | {""}

    for path, text in test_files:
        mentioned = not rows.keys().isdisjoint(re.findall(r"\w+", text))
        tree = parse(text) if mentioned else None  # most test files of a large package are about something else
        for test in unit_tests(tree, text, path, rows, is_library) if tree else ():
            rows[test.target]["tests"].append(asdict(test))
