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
            except Todo:
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


# --- Lesson 00 --------------------------------------------------------------------------------------------------------


@check("write `held_share`: the mean, over all answers, of the share of each one's assertions that hold.")
def held_share(answer):
    answers = [(True, 1, 2), (True, 4, 4), (False, 0, 3), (True, 1, 4)]
    shares = [1 / 2, 4 / 4, 0, 1 / 4]
    got = answer(list(answers))
    mistakes = {
        (1 + 4 + 1) / (2 + 4 + 4): "that divides all held assertions by those of the valid answers. Take each answer's "
        "own share first, then the mean, so that a long answer counts no more than a short one.",
        (1 + 4 + 1)
        / (2 + 4 + 3 + 4): "that divides all held assertions by all assertions. Take each answer's own share "
        "first, then the mean, so that a long answer counts no more than a short one.",
        sum(shares)
        / 3: "that leaves out the answer that is not valid. It counts as 0: divide by the number of all answers.",
        sum(shares): "that is the sum of the shares. Divide it by the number of answers.",
        100 * sum(shares) / 4: "that is in per cent. Return a number between 0 and 1.",
        1 / 4: "that is the share of answers whose assertions all hold. Count those in the others too.",
    }
    for mistaken, mistake in mistakes.items():
        same = isinstance(got, int | float) and math.isclose(got, mistaken, rel_tol=1e-6)
        require(not same, f"for {answers} you return {got:.4g}: {mistake}")
    require_close(got, sum(shares) / 4, f"for {answers} the shares are {shares}, and their mean is wanted.")
    silent = [(False, 0, 0), (True, 3, 3)]
    require_close(answer(list(silent)), 0.5, f"in {silent} the first answer has no assertion: its share is 0.")
    broken = [(False, 2, 2), (True, 1, 1)]
    require_close(
        answer(list(broken)), 0.5, f"in {broken} the first answer is not valid: it counts as 0, whatever it held."
    )
