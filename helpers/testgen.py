"""Unit tests from a model: the request, the cleaning of answers, and a score that comes from execution alone.

A test is scored by running it in the sandbox. Each `assert` is recorded by itself, so that one wrong guess does not
hide the right ones; a test that holds must also fail on a mutant, because a test that checks nothing holds too.
"""

import ast
import random
import re
import textwrap
import tomllib
from dataclasses import dataclass

from helpers import sandbox
from helpers.course import ROOT
from helpers.metrics import mutants

INSTRUCTION = "Write a pytest test for this Python function. Answer with one code block that holds only the test."


def conversation(function, shots=()):
    """The chat that asks for a test of `function` (source text), after worked examples `shots` (see `examples`)."""
    messages = []
    for shot in shots:
        messages += [_request(shot["function"]), {"role": "assistant", "content": fenced(shot["test"])}]
    return [*messages, _request(function)]


def _request(function):
    return {"role": "user", "content": f"{INSTRUCTION}\n\n{fenced(function)}"}


def fenced(code):
    """`code` in a Markdown code block, as chat models write it."""
    return f"```python\n{code.strip()}\n```"


# --- The functions and their tests ------------------------------------------------------------------------------------


def examples(split, per_kind, seed=0):
    """Function and test pairs from `data/simple_functions.toml`, as dicts: kind, name, function, test.

    split: 'train' or 'test'. per_kind: how many variants of each kind (other names and constants). The expected values
    come from executing the function: these are the course's own templates, so they run without a sandbox.
    """
    kinds = tomllib.loads((ROOT / "data" / "simple_functions.toml").read_text(encoding="utf-8"))["kind"]
    rows = []
    for kind in kinds:
        if kind["split"] == split:
            rng = random.Random(f"{seed} {kind['name']}")
            rows += [_example(kind, variant, rng) for variant in rng.sample(_variants(kind), per_kind)]
    random.Random(seed).shuffle(rows)
    return rows


def _variants(kind):
    """All (name, argument names, constant) that a kind allows."""
    return [
        (name, names, constant)
        for name in kind["names"]
        for names in kind["args"]
        for constant in kind.get("constants", [None])
    ]


def _example(kind, variant, rng):
    name, arguments, constant = variant
    words = {"NAME": name, "K": str(constant), **dict(zip("ABC", arguments, strict=False))}
    function = re.sub(r"\b(NAME|[ABCK])\b", lambda found: words[found[0]], kind["source"]).strip() + "\n"
    # The inputs of a kind begin with the simplest. A test does too, as a person's would, and adds two others.
    chosen = [0, *sorted(rng.sample(range(1, len(kind["inputs"])), k=2))]
    test = write_test(function, name, [kind["inputs"][index] for index in chosen])
    return {"kind": kind["name"], "name": name, "function": function, "test": test}


def write_test(function, name, inputs):
    """A pytest test of a *trusted* function: one assertion per input (argument lists as source). It is executed."""
    space = {}
    exec(function, space)
    lines = [f"def test_{name}():"]
    for arguments in inputs:
        value = eval(f"{name}({arguments})", dict(space))
        comparison = "is" if value is None or isinstance(value, bool) else "=="
        lines.append(f"    assert {name}({arguments}) {comparison} {value!r}")
    return "\n".join(lines) + "\n"


# --- Cleaning ---------------------------------------------------------------------------------------------------------


def clean(answer, name):
    """The code of a model's answer: fences and chatter off, a half last line off, the function itself and prints off.

    name: the function under test. A model often repeats it, sometimes wrongly; the test must meet the real one.
    Returns '' if nothing in the answer parses.
    """
    blocks = re.findall(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", answer, flags=re.DOTALL)
    tree = _parse("\n".join(blocks) if blocks else answer)
    if tree is None:
        return ""
    tree.body = [node for node in tree.body if _keep(node, name)]
    return ast.unparse(tree) + "\n" if tree.body else ""


def _parse(code):
    """The syntax tree of `code`, leaving lines off its end until it parses; None if no line is left."""
    lines = textwrap.dedent(code).splitlines()
    while lines:
        try:
            return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            lines.pop()
    return None


def _keep(node, name):
    if isinstance(node, ast.FunctionDef) and node.name == name:
        return False
    if isinstance(node, ast.ImportFrom):
        return not any(alias.name in (name, "*") for alias in node.names)
    if isinstance(node, ast.If):  # if __name__ == "__main__": ...
        return "__name__" not in ast.unparse(node.test)
    return not isinstance(node, ast.Expr)  # prints, and prose that happens to parse


# --- Scoring ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """What execution says about one test.

    valid: it is a test (pytest would collect it, an assertion of it calls the function) and it runs (at least one
    assertion came to a verdict). held, assertions: how many assertions are true, of how many. passes: all of them are,
    and one of them is false on a mutant of the function. why: one phrase for people.
    """

    valid: bool
    held: int
    assertions: int
    passes: bool
    why: str

    @property
    def held_fraction(self):
        """Held over written assertions; 0 for what is not a valid test, so that silence earns nothing."""
        return self.held / self.assertions if self.valid else 0.0


def score(rows, tests, label=None):
    """Score cleaned test texts against their functions (dicts with 'function' and 'name'), in the sandbox, in order."""
    plans = [_plan(row["name"], test) for row, test in zip(rows, tests, strict=True)]
    scores = [Score(False, 0, assertions, False, why) for _, assertions, why in plans]
    runnable = [index for index, plan in enumerate(plans) if plan[0]]
    programs = [_program("verdicts", [rows[index]["function"]], plans[index][0]) for index in runnable]
    for index, outcome in zip(runnable, sandbox.run_many(programs, harness=HARNESS, label=label), strict=True):
        scores[index] = _judge(plans[index][1], outcome)
    # Second round, only for tests that hold: is an assertion false on any mutant? A mutant that crashes or never ends
    # does not count: calling it is enough to notice, so `assert f(1) == f(1)` would.
    holding = [index for index, found in enumerate(scores) if found.valid and found.held == found.assertions]
    programs = [_program("killed", mutants(rows[index]["function"]), plans[index][0]) for index in holding]
    for index, outcome in zip(holding, sandbox.run_many(programs, harness=HARNESS), strict=True):
        killed = outcome.result is True
        held = scores[index].held
        why = (
            "useful: all assertions hold, and a mutant is caught"
            if killed
            else "all assertions hold, on every mutant too: checks nothing"
        )
        scores[index] = Score(True, held, held, killed, why)
    return scores


def outcomes(rows, systems):
    """One dict per row for `course.record`: kind, name, and each system's valid, assertions_hold and useful (0 to 1).

    systems: name → list of `Score`, one per row. A system is a way of getting a test.
    """
    return [
        {"kind": row["kind"], "name": row["name"]}
        | {f"valid_{system}": int(scores[at].valid) for system, scores in systems.items()}
        | {f"assertions_hold_{system}": scores[at].held_fraction for system, scores in systems.items()}
        | {f"useful_{system}": int(scores[at].passes) for system, scores in systems.items()}
        for at, row in enumerate(rows)
    ]


def actual_values(row, test):
    """For each `assert f(...) == ...` in a test: (the assertion, what the call really returns), as texts.

    The calls are the model's, so they run in the sandbox. Assertions of another form are left out.
    """
    found = [node.test for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Assert)]
    found = [condition for condition in found if isinstance(condition, ast.Compare)]
    calls = [ast.unparse(condition.left) for condition in found]
    outcome = sandbox.run(_program("values", [row["function"]], calls), harness=HARNESS)
    return list(zip([f"assert {ast.unparse(condition)}" for condition in found], outcome.result or [], strict=False))


def _plan(name, test):
    """(instrumented source or None if there is nothing to run, how many assertions, why) of a test text."""
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, 0, "does not parse"
    if not tree.body:
        return None, 0, "nothing is left after cleaning"
    recorder = _Recorder(name)
    tree = ast.fix_missing_locations(recorder.visit(tree))
    if not recorder.count:
        return None, 0, "has no test function with an assertion"
    if not recorder.calls:
        return None, recorder.count, "never calls the function"
    return ast.unparse(tree), recorder.count, ""


class _Recorder(ast.NodeTransformer):
    """Rewrites each assertion inside a test function into `_check(number, lambda: condition)`."""

    def __init__(self, name):
        self.name, self.count, self.calls, self.inside = name, 0, False, False

    def visit_FunctionDef(self, node):
        outer, self.inside = self.inside, self.inside or node.name.startswith("test")
        node = self.generic_visit(node)
        self.inside = outer
        return node

    def visit_Call(self, node):
        if self.inside and isinstance(node.func, ast.Name) and node.func.id == self.name:
            self.calls = True
        return self.generic_visit(node)

    def visit_Assert(self, node):
        return self._record(self.generic_visit(node), node.test) if self.inside else node

    def visit_Expr(self, node):
        node = self.generic_visit(node)
        call = node.value
        if self.inside and isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr.startswith("assert"):  # unittest style: an assertion that raises
                return self._record(node, ast.Compare(call, [ast.Is()], [ast.Constant(None)]))
        return node

    def visit_With(self, node):
        node = self.generic_visit(node)
        if self.inside and "raises" in ast.unparse(node.items[0].context_expr).lower():
            number, self.count = self.count, self.count + 1
            verdict = "try:\n    pass\nexcept BaseException:\n    _record({0}, False)\nelse:\n    _record({0}, True)"
            wrapped = ast.parse(verdict.format(number)).body[0]
            wrapped.body = [node]
            return wrapped
        return node

    def _record(self, statement, condition):
        number, self.count = self.count, self.count + 1
        call = ast.parse(f"_check({number}, lambda: None)").body[0]
        call.value.args[1].body = condition
        return ast.copy_location(call, statement)


def _program(question, functions, test):
    """What the harness is to do, as a program text: the function and the test travel as strings inside it."""
    return f"job = {(question, functions, test)!r}\n"


def _judge(assertions, outcome):
    if not isinstance(outcome.result, list):
        return Score(False, 0, assertions, False, f"does not run ({outcome.status})")
    # The test ran in the same process as the harness: believe nothing that the harness could not have said.
    numbers = [pair[0] for pair in outcome.result if pair in ([pair[0], True], [pair[0], False], [pair[0], None])]
    if len(numbers) != len(outcome.result) or not set(numbers) <= set(range(assertions)):
        return Score(False, 0, assertions, False, "meddles with its own score")
    verdicts = [verdict for _, verdict in outcome.result]
    if all(verdict is None for verdict in verdicts):
        return Score(False, 0, assertions, False, "does not run: no assertion comes to a verdict")
    held = sum(verdict is True for verdict in verdicts)
    return Score(True, held, assertions, False, f"{held} of {assertions} assertions hold")


# Runs inside the sandbox, before the untrusted code. A verdict is True, False, or None for an assertion that raised; an
# assertion in a loop holds if it held every time; one that was never reached has no verdict. An assertion that does not
# end within a second raises, where the system has timers, so that it does not take the others with it.
HARNESS = """
import inspect, signal, sys

seconds = 1.0

def _limited(condition):
    def stop(*_):
        raise TimeoutError
    if not hasattr(signal, "setitimer"):
        return condition()
    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)  # the process's own time: a busy machine does not count
    try:
        return condition()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

def _is_case(value):
    return "unittest" in sys.modules and issubclass(value, sys.modules["unittest"].TestCase)

def _verdicts(function, test):
    found = {}
    def _record(number, verdict):
        found[number] = verdict if number not in found or found[number] is True else found[number]
    def _check(number, condition):
        try:
            _record(number, bool(_limited(condition)))
        except AssertionError:
            _record(number, False)
        except Exception:
            _record(number, None)
    space = {"__name__": "test_module", "_check": _check, "_record": _record}
    exec(function, space)
    target = dict(space)
    exec(test, space)
    for name, value in list(space.items()):
        if name in target:
            continue
        if inspect.isfunction(value) and name.startswith("test"):
            _call(value)
        elif inspect.isclass(value) and (name.startswith("Test") or _is_case(value)):
            for method in [method for method in dir(value) if method.startswith("test")]:
                case = value(method) if _is_case(value) else value()
                for before in ("setUp", "setup_method"):
                    if hasattr(case, before):
                        getattr(case, before)()
                _call(getattr(case, method))
    return found

def _call(function):
    try:
        cases = [{}]
        for mark in getattr(function, "pytestmark", []):
            if mark.name == "parametrize":
                names = mark.args[0]
                names = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
                rows = [row.values if type(row).__name__ == "ParameterSet" else row if len(names) > 1 else [row]
                        for row in mark.args[1]]
                cases = [dict(case, **dict(zip(names, row))) for case in cases for row in rows]
        for case in cases:
            function(**case)
    except Exception:
        pass  # what it asserted before it broke stays recorded; what came after has no verdict

def values(functions, calls):
    space, found = {}, []
    exec(functions[0], space)
    for call in calls:
        try:
            found.append(repr(eval(call, dict(space))))
        except Exception as error:
            found.append(type(error).__name__)
    return found

def verdicts(functions, test):
    return sorted(_verdicts(functions[0], test).items())

def killed(functions, test):
    global seconds
    seconds = 0.1
    for function in functions:
        try:
            found = _verdicts(function, test)
        except BaseException:
            continue
        if any(verdict is False for verdict in found.values()):
            return True
    return False

def check(program):
    question, functions, test = program.job
    submit({"values": values, "verdicts": verdicts, "killed": killed}[question](functions, test))
"""
