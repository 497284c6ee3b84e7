"""The course's metrics behind the interface of the library `evaluate`, without the hub they usually come from."""

import sys
import tempfile
from functools import wraps
from pathlib import Path
from types import ModuleType

from helpers.errors import CourseError
from helpers.metrics.overlap import paired_texts

MODULES = Path(__file__).resolve().parent / "modules"


def names():
    """The names that `load` knows."""
    return sorted(path.name for path in MODULES.iterdir() if (path / f"{path.name}.py").is_file())


def load(name):
    """The metric `name` (bleu, chrf, rouge) as an `evaluate.Metric`: compute, add and add_batch.

    It comes from helpers/metrics/modules/NAME/NAME.py: the kind of file that `evaluate.load` fetches from the hub, and
    reads from a folder too. Here it is read afresh at each call, nothing is copied, downloaded, cached or locked, and
    what is added stays in memory. A prediction's reference is a text or a list of texts.
    Raises CourseError for an unknown name; the metric raises it on no predictions, on references of another length
    and on anything that is no text, and forgets that batch.
    """
    import evaluate

    if name not in names():
        raise CourseError(f"There is no metric {name!r} in the course. Use one of {', '.join(names())}.")
    path = MODULES / name / f"{name}.py"
    module = ModuleType(f"course_metric_{name}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # so that `inspect` and pickle find the class
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), vars(module))
    (kind,) = (
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, evaluate.Metric) and found.__module__ == module.__name__
    )
    with tempfile.TemporaryDirectory() as folder:  # it makes a folder at once, and never writes to it
        return _checked(kind(keep_in_memory=True, cache_dir=folder))


def _checked(metric):
    """`metric` with inputs checked before `evaluate` sees them: its own check looks at the first text alone."""
    add_batch, compute = metric.add_batch, metric.compute

    @wraps(add_batch)
    def checked_batch(*, predictions=None, references=None):
        predictions, references = paired_texts(predictions, references)
        try:
            add_batch(predictions=predictions, references=references)
        except UnicodeEncodeError:
            message = "A text holds half a character. Decode the bytes it came from with errors='replace'."
            raise CourseError(message) from None

    @wraps(metric.add)
    def checked_one(*, prediction=None, reference=None):
        checked_batch(predictions=[prediction], references=[reference])

    @wraps(compute)
    def checked_compute(*, predictions=None, references=None, **settings):
        if predictions is None and references is None and not len(metric):
            raise CourseError("There are no predictions. Give them to `compute`, or `add` some before it.")
        return compute(predictions=predictions, references=references, **settings)

    metric.add_batch, metric.add, metric.compute = checked_batch, checked_one, checked_compute
    return metric
