"""Runs inside the sandbox, with harness.py: notes which lines of the function run one after the other."""


class Trace:
    """A trace function for `sys.settrace`. arcs: pairs of lines of the function that ran one after the other.

    Line 0 is the start of a call, or an exception; -1 is a return. Comprehensions are calls in some versions of
    Python: of them, and of lambdas, only the lines are kept.
    """

    def __init__(self):
        self.arcs, self.last = set(), {}

    def __call__(self, frame, event, argument):
        name, last = frame.f_code.co_name, self.last.pop(frame, 0)
        if frame.f_code.co_filename != "function.py" or name == "<module>":
            return None
        if event == "line":
            self.arcs.add((last, frame.f_lineno))
            last = 0 if name[0] == "<" else frame.f_lineno
        elif event == "exception" and argument[0] is not StopIteration:
            last = 0
        if event != "return":
            self.last[frame] = last
        elif last:
            self.arcs.add((last, -1))
        return self
