"""Runs inside the sandbox, in front of observer.py: lets a call run for a limited time, and sees what it touches.

`observe` sends the text of both files there as one.
"""

import _thread
import builtins
import datetime
import os
import random
import signal
import sys
import threading
import time
import types

__builtins__ = dict(vars(builtins))  # for the functions below: the code under test may change the real ones

CALL, CLOCK = 0.1, 2.0  # seconds for one call: of the processor, and by the clock
HARD = 1.5  # seconds more, and a call that cannot be stopped ends the process
SLOW, TOUCHES, CHANCE = "it does not come back in time", "it touches the outside", "it depends on chance"
# Windows has no such timers: there the parent's clock ends the whole process, and the next one leaves that call out.
SIGNAL, TIMER = signal.signal, getattr(signal, "setitimer", None)
# Python reports most of what leaves it as events ...
TOUCHING = ("open", "os.", "socket.", "subprocess.", "shutil.", "glob.", "tempfile.", "sqlite3.", "ctypes.", "urllib.",
            "http.", "mmap.", "fcntl.", "pty.", "webbrowser.", "builtins.input",
            "builtins.breakpoint", "sys.setprofile", "sys.settrace")  # fmt: skip
# ... but not looking at files, the day, the environment. All other functions of `posix` ask the system something. And
# what `random` gives is the same only for those who seed it.
HARMLESS = {"fspath", "strerror", "_path_normpath", "_path_splitroot", "_path_splitroot_ex"}
TODAY, DATE, COMMON = {"now", "today", "utcnow"}, datetime.date, random._inst
LOOKUP = type(os.environ).__getitem__.__code__
SYSTEM = set("HOME USER LOGNAME USERNAME PATH SHELL LANG LANGUAGE TZ TERM COLUMNS LINES TMPDIR TEMP TMP PWD HOSTNAME "
             "DISPLAY EDITOR VISUAL PAGER CI NO_COLOR FORCE_COLOR VIRTUAL_ENV APPDATA COMSPEC OS".split())  # fmt: skip
SYSTEMS = ("LC_", "XDG_", "PYTHON", "PYTEST", "SSH_", "WINDIR", "SYSTEM", "PROGRAM", "USER")
ENVIRONMENT = {one.__code__ for one in vars(type(os.environ)).values() if type(one) is types.FunctionType}


class Slow(BaseException):
    """A call took too long. No Exception, which the code under test might catch."""


class Outside(BaseException):
    """A call was about to touch something outside of Python."""


class Watch:
    """why: a call's result counts for nothing, because it took too long or touched the outside; None if it counts.
    lenient: it may ask for a variable of the environment that nobody sets but its users, see `unset`.

    The code under test may catch what is raised here; `why` stays.
    """

    def __init__(self):
        self.on, self.why, self.fired, self.seeded, self.lenient = False, None, 0, False, False
        sys.addaudithook(self.audit)
        # No events in Python 3.11. A thread is refused at any time: it could keep the whole process from ending.
        time.sleep = lambda seconds: self.refuse() if self.on else None
        for name in ("start_new_thread", "start_new", "start_joinable_thread"):
            for module, known in ((_thread, name), (threading, f"_{name}")):
                if hasattr(module, known):
                    setattr(module, known, self.refuse)

    def audit(self, event, arguments):
        """Refuse what touches the outside."""
        if self.on and event.startswith(TOUCHING) and not importing(sys._getframe(1)):
            self.refuse()

    def refuse(self, *arguments, **named):
        self.why = self.why or TOUCHES
        raise Outside

    def profile(self, frame, event, called):
        """Note what is no event: see HARMLESS, TODAY and ENVIRONMENT."""
        outside = event == "call" and frame.f_code in ENVIRONMENT and not (self.lenient and unset(frame))
        if event == "c_call":
            module, name = getattr(called, "__module__", None), called.__name__
            owner = getattr(called, "__self__", None)
            outside = module in ("posix", "nt") and name not in HARMLESS or module == "time" and name.startswith("time")
            outside |= name in TODAY and isinstance(owner, type) and issubclass(owner, DATE)
            self.seeded |= name == "seed" and owner is COMMON
            if owner is COMMON and not self.seeded:
                self.why = self.why or CHANCE
        if outside and not importing(frame):
            self.why = self.why or TOUCHES

    def stop(self, number, frame):
        """Handle a timer. An import may go on for a while, because half a module would stay."""
        self.fired += 1
        if self.fired > HARD / 0.05:
            self.on = False
            os.kill(os.getpid(), signal.SIGKILL)  # what is raised here is caught again and again
        if not importing(frame):
            self.why = SLOW
            raise Slow


def unset(frame):
    """Whether a frame of `os.environ` looks up a variable that is not set, and that no system is known to set."""
    name = frame.f_locals.get("key")
    if frame.f_code is not LOOKUP or type(name) is not str or name in SYSTEM or name.startswith(SYSTEMS):
        return False
    return os.environ.encodekey(name) not in os.environ._data


WATCH = Watch()


def importing(frame):
    """Whether a frame is inside of an import, which may look at files."""
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib._bootstrap"):
        frame = frame.f_back
    return frame is not None


def watched(action, seconds=CALL, clock=CLOCK, on=True, profile=False):
    """What `action()` returns or raises, in a limited time; then `WATCH.why` says whether it counts.

    on: refuse what touches the outside. profile: note what else does, which takes several times as long.
    """
    WATCH.on, WATCH.why, WATCH.fired, WATCH.seeded = False, None, 0, False
    if TIMER:
        for which, number, handler, first, again in (
            (signal.ITIMER_VIRTUAL, signal.SIGVTALRM, WATCH.stop, seconds, 0.05),
            (signal.ITIMER_REAL, signal.SIGALRM, WATCH.stop, clock, 0.2),
            (signal.ITIMER_PROF, signal.SIGPROF, signal.SIG_DFL, seconds + HARD, 0),  # it ends the process
        ):
            SIGNAL(number, handler)
            TIMER(which, first, again)
    sys.setprofile(WATCH.profile if profile else None)
    WATCH.on = on
    try:
        return action()
    finally:
        try:
            _unwatch()
        finally:
            _unwatch()  # a timer may have fired during the first


def _unwatch():
    WATCH.on = False
    sys.setprofile(None)
    for which in (signal.ITIMER_VIRTUAL, signal.ITIMER_REAL, signal.ITIMER_PROF) if TIMER else ():
        TIMER(which, 0)
