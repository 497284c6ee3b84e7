"""Settings of every test: no hub, small budget, quiet libraries; and no figure that a test before left open."""

import os
import sys

import pytest

os.environ.update(HF_HUB_OFFLINE="1", COURSE_BUDGET="smoke", TOKENIZERS_PARALLELISM="false")


@pytest.fixture(autouse=True)
def figures_closed():
    """Closes what a test has drawn, so that the next one finds only its own figures."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
