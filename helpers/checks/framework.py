"""The exercises' checks. Each calls the learner's function, compares, and says what is right, wrong or still to do.

In a notebook a check prints, so that Run All works on an untouched copy. Where COURSE_GRADING=1 it raises instead.
"""

import functools
import math
import os

from helpers.errors import CourseError


class CheckFailed(CourseError):
    """An exercise that is unfinished or wrong, where COURSE_GRADING=1."""


class Wrong(Exception):
    """What `require` raises: the message names the mistake."""


class Todo(Exception):
    """The answer is still the stub."""


def require(right, mistake):
    """Raise Wrong with the sentence `mistake` unless `right` is true."""
    if not right:
        raise Wrong(mistake)


def require_close(got, wanted, mistake, tolerance=1e-6):
    """Raise Wrong unless the number `got` equals `wanted` within `tolerance`; both are shown behind `mistake`."""
    try:
        right = math.isclose(got, wanted, rel_tol=tolerance, abs_tol=tolerance)
    except TypeError:
        right = False
    require(right, f"{mistake} Yours gives {got!r}; it should give {wanted!r}.")


def check(task):
    """Make a check of a function that calls its one argument, the learner's work, and uses `require` on the result.

    task: one sentence, shown while the answer is still the stub: what to write.
    """

    def decorate(function):
        @functools.wraps(function)
        def checked(answer):
            try:
                function(_asked(answer))
            except (Todo, NotImplementedError):
                verdict = f"Still to do: {task} So far there is no answer: a function needs a `return`."
            except Wrong as mistake:
                verdict = f"Not yet: {mistake}"
            except Exception as error:  # the learner's code may raise anything
                verdict = f"Not yet: your code raised {type(error).__name__}: {error}"
            else:
                print("Well done: the check passes.")
                return
            if os.environ.get("COURSE_GRADING") == "1":
                raise CheckFailed(verdict)
            print(verdict)

        return checked

    return decorate


def _asked(answer):
    """`answer`, if it is more than a stub; a function is wrapped, because a stub shows only when it returns nothing."""
    if answer is None or answer is ...:
        raise Todo
    if not callable(answer):
        return answer

    @functools.wraps(answer)
    def asked(*args, **kwargs):
        got = answer(*args, **kwargs)
        if got is None:
            raise Todo
        return got

    return asked
