"""Runs inside the sandbox, around an untrusted test: records each assertion, on the function and on its mutants.

`helpers.metrics.execution` sends this file's text there, after that of tracing.py, and a job as the program: a dict
whose `question` names one of `verdicts`, `mutants` and `values` below. Few modules are imported: every test pays for
them.
"""

import builtins
import json  # noqa: F401  submit() uses it: imported here, before a test can put a json.py of its own in the way
import os
import signal
import sys
import time
import types

__builtins__ = dict(vars(builtins))  # for the functions below: a test may put others in the place of the real ones

# Times are the process's own, so that a busy machine does not count.
ASSERTION = 1.0  # seconds
FIRST, ALL = 0.6, 0.8  # shares of the job's seconds: the first run, all runs
# A mutant is stopped by its steps (calls and rounds of loops), which are the same wherever and whenever it runs. Where
# it takes none, as in a sum of a very long range, time stops it.
STEPS, FACTOR = 10_000, 2  # an assertion gets so many, or so many times what the test needs on the function
MUTANT_ASSERTION, SLOW_FACTOR = 0.5, 5  # the same in seconds
RUN = 1.5  # times what an assertion gets: the whole test on a mutant
NO_LIMIT = float("inf")
CODES = {}  # text → compiled: the test is compiled once
# Windows has no such timers: there the wall clock ends the whole process, and the caller tries mutants one by one.
TIMERS = hasattr(signal, "setitimer")


class Slow(BaseException):
    """An assertion took too long. No Exception, which the code under test might catch."""


class Stop(BaseException):
    """A run took too long, or its mutant is killed."""


def _limit(which, seconds):
    """Raise Slow or Stop after `seconds`, and again and again in case it is caught; 0 for never."""
    if TIMERS:
        signal.setitimer(signal.ITIMER_VIRTUAL if which is Slow else signal.ITIMER_PROF, seconds, seconds and 0.1)


def _stop(number, frame):
    raise Slow if number == signal.SIGVTALRM else Stop


class Run:
    """One run of a test. seconds, limit: what an assertion may take, in time and in steps.

    verdicts: assertion → True, False, or None where something else was raised. trouble: the name of what was raised
    first, other than by a false assertion; Stop before all others. loaded: whether the test's module ran to its end.
    """

    def __init__(self, seconds, limit):
        self.seconds, self.limit, self.end, self.until, self.steps = seconds, limit, RUN * limit, RUN * limit, 0
        self.verdicts, self.trouble, self.loaded = {}, "", False

    def step(self):
        """What the caller has put into each loop and function."""
        self.steps += 1
        if self.steps > self.until:
            raise Stop if self.steps > self.end else Slow
        return True

    def broke(self, kind):
        if kind is Stop or not self.trouble:
            self.trouble = kind.__name__

    def report(self):
        return [sorted(map(list, self.verdicts.items())), self.trouble, self.loaded]


class Assertion:
    """The context `with RECORDER(number): assert ...`, which keeps the verdict and lets the test go on.

    raises: the assertion is one that expects an exception, such as `with pytest.raises(ValueError): ...`.
    """

    def __init__(self, run, number, raises=False):
        self.run, self.number, self.raises = run, number, raises

    def __enter__(self):
        _limit(Slow, self.run.seconds)
        self.run.until = min(self.run.steps + self.run.limit, self.run.end)

    def __exit__(self, kind, error, traceback):
        _limit(Slow, 0)
        self.run.until = self.run.end
        if kind is Stop:
            return False
        verdict = kind is None
        if kind is Slow or not (verdict or self.raises or issubclass(kind, AssertionError)):
            verdict = None
            self.run.broke(kind)
        # An assertion in a loop holds if it held every time; one that was never reached has no verdict.
        if self.run.verdicts.get(self.number, True) is True:
            self.run.verdicts[self.number] = verdict
        if verdict is False and self.run.limit < NO_LIMIT:
            raise Stop  # the mutant is killed
        return True


def run(job, function, seconds, assertion=ASSERTION, limit=NO_LIMIT, seed=0, trace=None):
    """Run the job's test against the text of a function, and return the Run.

    seed: for the module `random`, if someone uses it: another in each run, the same whenever the test is scored.
    """
    found = Run(assertion, limit)
    try:
        _limit(Stop, seconds)
        sys.settrace(trace)
        _seed(seed)
        target = _run_module("function", function, {job["counter"]: found.step})
        names = {name: value for name, value in target.items() if not name.startswith("__")}
        space = _run_module("test_module", job["test"], {**names, job["recorder"]: lambda *n: Assertion(found, *n)})
        found.loaded = True
        _seed(seed)
        for name, value in list(space.items()):
            if value is not names.get(name):
                _collect(found, name, value)
    except BaseException as error:
        found.broke(type(error))
    finally:
        sys.settrace(None)
        _limit(Stop, 0)
    return found


def _seed(number):
    if "random" in sys.modules:
        sys.modules["random"].seed(number)


def _run_module(name, text, names):
    """The names of a new module after its text ran: a real one, because dataclasses and pickle look their module up."""
    if text not in CODES:
        CODES[text] = compile(text, name + ".py", "exec", dont_inherit=True)
    sys.modules[name] = module = types.ModuleType(name)
    vars(module).update(names)
    exec(CODES[text], vars(module))
    return vars(module)


def _collect(found, name, value):
    """Run what pytest would: functions `test...`, methods of classes `Test...`, and unittest's cases."""
    if isinstance(value, types.FunctionType) and name.startswith("test"):
        _call(found, value, lambda: value)
    elif isinstance(value, type) and "unittest" in sys.modules and issubclass(value, sys.modules["unittest"].TestCase):
        unittest = sys.modules["unittest"]
        result = unittest.TestResult()
        result.addError = result.addFailure = lambda case, error: found.broke(error[0])
        result.addSubTest = lambda case, part, error: error and found.broke(error[0])
        unittest.defaultTestLoader.loadTestsFromTestCase(value).run(result)
    elif isinstance(value, type) and name.startswith("Test"):
        for method in [method for method in dir(value) if method.startswith("test")]:
            _call(found, getattr(value, method), lambda method=method: _method(value(), method))


def _method(case, name):
    before = getattr(case, "setup_method", None)
    if before:
        before(*[getattr(case, name)][: before.__code__.co_argcount - 1])  # it may ask for the method, as in pytest
    return getattr(case, name)


def _call(found, function, make):
    """Call a test once for each row of its `pytest.mark.parametrize`. make: gives it, new for each call."""
    try:
        cases = [{}]
        for mark in getattr(function, "pytestmark", []):
            if mark.name == "parametrize":
                names, rows = mark.args[:2]
                names = [n.strip() for n in names.split(",") if n.strip()] if isinstance(names, str) else list(names)
                one = len(names) == 1
                rows = [r.values if type(r).__name__ == "ParameterSet" else [r] if one else r for r in rows]
                cases = [{**case, **dict(zip(names, row))} for case in cases for row in rows]  # noqa: B905
        for case in cases:
            make()(**case)
    except Stop:
        raise
    except BaseException as error:
        found.broke(type(error))  # what it asserted before it broke stays recorded


def verdicts(job):
    """The test on the function, `repeats` times as far as time allows, and once more with a trace if asked for."""
    reports, coverage = [], Trace()  # noqa: F821  tracing.py, which is sent along
    for seed, trace in enumerate([None] * job["repeats"] + [coverage] * job["coverage"]):
        left = (ALL if reports else FIRST) * job["seconds"] - time.process_time()
        if reports and (left <= 0 or reports[0][1] == "Stop"):
            break
        report = run(job, job["function"], max(left, 0.01), seed=seed, trace=trace).report()
        if trace is None and (report[1] != "Stop" or not reports):
            reports.append(report)
    return {"reports": reports, "arcs": sorted(coverage.arcs)}


def mutants(job):
    """The test on the function, then on each mutant: "k" it is killed, "n" only noticed, "s" it survives."""
    seed, seconds = job["repeats"], FIRST * job["seconds"]
    for _ in range(2):  # the first run imports modules
        started = time.process_time()
        original = run(job, job["function"], seconds, seed=seed)
        spent = time.process_time() - started
        if SLOW_FACTOR * spent < MUTANT_ASSERTION:
            break
    limits, found = (max(MUTANT_ASSERTION, SLOW_FACTOR * spent), max(STEPS, FACTOR * original.steps)), ""
    for mutant in job["mutants"]:
        report = run(job, mutant, RUN * limits[0], *limits, seed).report()
        killed = any(verdict is False for _, verdict in report[0])
        found += "k" if killed else "s" if report == original.report() else "n"
    return {"reports": [original.report()], "mutants": found}


def values(job):
    """What each of the calls returns, as text; the name of what it raises instead."""
    space, found = _run_module("function", job["function"], {}), []
    for call in job["calls"]:
        try:
            _limit(Slow, ASSERTION)
            found.append(repr(eval(call, dict(space)))[:1000])
        except (Exception, Slow, SystemExit, KeyboardInterrupt, GeneratorExit) as error:
            found.append(type(error).__name__)
        finally:
            _limit(Slow, 0)
    return found


def check(program):
    """Answer the job's question: the sandbox calls this after the program, which only holds the job."""
    if TIMERS:
        signal.signal(signal.SIGVTALRM, _stop)
        signal.signal(signal.SIGPROF, _stop)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # a test that prints a lot breaks no limit
    answer = {"verdicts": verdicts, "mutants": mutants, "values": values}[program.job["question"]]
    submit(answer(program.job))  # noqa: F821  the sandbox defines it here, and nowhere else
