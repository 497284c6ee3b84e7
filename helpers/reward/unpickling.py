"""Reads the judges' pickles without running what is in them: each name that a file asks for must be on its list.

A pickle is a program. `find_class` is where it gets hold of what it calls, so that is the door to guard (Python's
documentation of `pickle`, "Restricting Globals").
"""

import pickle
from collections import OrderedDict, defaultdict

from helpers.errors import CourseError


class Stub:
    """Stands for a class of a library that the course does not use: it keeps its state, and can do nothing."""


TOKENIZER = {
    "keras.src.legacy.preprocessing.text.Tokenizer": Stub,
    "collections.OrderedDict": OrderedDict,
    "collections.defaultdict": defaultdict,
    "builtins.int": int,
}
SCIKIT = (
    "sklearn.calibration.CalibratedClassifierCV",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.feature_extraction.text.TfidfTransformer",
    "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.svm._classes.LinearSVC",
)


def load_pickle(path):
    """What the Keras tokenizer's pickle holds, as a `Stub`. Raises CourseError where it asks for more than it needs."""

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            return _allowed(TOKENIZER, path, module, name)

    with open(path, "rb") as file:
        return _load(Unpickler(file), path)


def load_joblib(path):
    """What a joblib file of the linear judge holds: `Stub`s and NumPy arrays. scikit-learn need not be there.

    Raises CourseError where it asks for more than it needs.
    """
    import numpy
    from joblib.numpy_pickle import NumpyArrayWrapper, NumpyUnpickler

    known = dict.fromkeys(SCIKIT, Stub) | {
        "joblib.numpy_pickle.NumpyArrayWrapper": NumpyArrayWrapper,
        "numpy.ndarray": numpy.ndarray,
        "numpy.dtype": numpy.dtype,
        "numpy.float64": numpy.float64,
        "numpy._core.multiarray.scalar": numpy._core.multiarray.scalar,
    }

    class Unpickler(NumpyUnpickler):  # an array of objects is a pickle inside: joblib sends its names here as well
        def find_class(self, module, name):
            return _allowed(known, path, module, name)

    with open(path, "rb") as file:
        return _load(Unpickler(str(path), file, ensure_native_byte_order=False), path)


def _allowed(known, path, module, name):
    if f"{module}.{name}" not in known:
        raise CourseError(
            f"{path} asks for {module}.{name}, which this kind of file has no use for. It may be harmful: delete it, "
            "and run this again to fetch the course's own."
        )
    return known[f"{module}.{name}"]


def _load(unpickler, path):
    try:
        return unpickler.load()
    except CourseError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise CourseError(f"{path} is damaged. Delete it, and run this again to fetch it. ({error})") from error
