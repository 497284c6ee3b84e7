"""A pytest plugin of `test`: names each test that was not selected, with the reason its mark has in pyproject.toml.

Use it as `pytest -p helpers.unselected`. Under pytest-xdist each worker selects, and tells the process that reports.
"""

import pytest

_lines = {}  # each once, in order: a line → None


def pytest_deselected(items):
    for item in items:
        known = dict(line.split(": ", 1) for line in item.config.getini("markers") if ": " in line)
        marks = [mark.name for mark in item.iter_markers() if mark.name in known]
        why = "; ".join(f"{mark}: {known[mark]}" for mark in dict.fromkeys(marks))
        _lines[f"{item.nodeid} ({why})"] = None


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # a worker
        session.config.workeroutput["unselected"] = list(_lines)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    _lines.update(dict.fromkeys(getattr(node, "workeroutput", {}).get("unselected", ())))


def pytest_terminal_summary(terminalreporter):
    if _lines:
        terminalreporter.section("not run here")
    for line in _lines:
        terminalreporter.line(line)
