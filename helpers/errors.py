"""One exception for everything a learner can put right: it says what happened and what to do, without a traceback."""


class CourseError(Exception):
    """A problem with a known remedy. The message is two sentences: what is wrong, and what to do about it.

    The command line prints the message alone and exits with 1 (`testgen` with 2); notebooks print it in place of a
    traceback.
    """

    def _render_traceback_(self):
        # IPython's documented hook: what it returns is shown in place of the traceback.
        return [f"{type(self).__name__}: {self}"]
