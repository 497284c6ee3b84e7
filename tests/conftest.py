"""Settings of every test: no hub, small budget, quiet libraries; and no figure that a test before left open."""

import gc
import os
import signal
import sys

import pytest

os.environ.update(HF_HUB_OFFLINE="1", COURSE_BUDGET="smoke", TOKENIZERS_PARALLELISM="false")


@pytest.fixture(autouse=True)
def figures_closed():
    """Closes what a test has drawn, so that the next one finds only its own figures."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(autouse=True, scope="module")
def little_to_collect():
    """Keeps what is there before a file's tests out of garbage collections: a training has two, and tiny ones are
    mostly that.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="session")
def ctrl_c():
    """Ctrl-C is heard: a shell starts background jobs with SIGINT ignored, and tests inherit that."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def fp32(monkeypatch):
    """Calculate in fp32 on a machine with bf16, too: for tests that compare to more digits than bf16 has."""
    from helpers import course

    monkeypatch.setattr(course, "_dtype", lambda: course.Setting("float32", "a test wants all digits"))
