"""Which definition of a function a module really has, where its text holds several: below `if` and `try`.

Only an import can tell. It happens in the sandbox.
"""

from collections import defaultdict
from pathlib import Path

from helpers import sandbox
from helpers.testgen.targets import NotTestable

HARNESS = Path(__file__).with_name("importing.py").read_text(encoding="utf-8")
_LIMITS = sandbox.Limits(seconds=20.0)


def settled(found, others, readable=()):
    """(`found`, `others`), lists of `Target` and of `NotTestable`, without the definitions that their modules replaced.

    readable: folders to import from. Of a module that cannot be imported, the last definition stays.
    """
    in_doubt = defaultdict(list)
    for one in [*found, *others]:
        if one.line:
            in_doubt[one.module].append(one)
    out, missing = set(), []
    for module, several in in_doubt.items():
        names = list(dict.fromkeys(one.name for one in several))
        lines = _lines(module, names, readable)
        for name in names:
            mine = sorted((one for one in several if one.name == name), key=lambda one: one.line)
            kept = mine[-1:] if lines is None else [one for one in mine if one.line == lines.get(name)]
            out |= {(module, name, one.line) for one in mine if one not in kept}
            if not kept:
                why = f"its module has {'another' if name in lines else 'no'} {name} once it is imported"
                missing.append(NotTestable(module, name, mine[-1].path, why))

    def stay(some):
        return [one for one in some if (one.module, one.name, one.line) not in out]

    return stay(found), [*stay(others), *missing]


def _lines(module, names, readable):
    """{name: line where the function begins that the module has by it, 0 for something else}; None if none can tell."""
    job = {"module": module, "names": names, "readable": [str(folder) for folder in readable]}
    answer = sandbox.run(f"job = {job!r}\n", limits=_LIMITS, harness=HARNESS, readable=job["readable"]).result
    return answer if isinstance(answer, dict) else None
