"""The figure of lesson 10, and the server that plays a large model: they show and say what they should."""

import json
import urllib.error
import urllib.request

import matplotlib.pyplot as plt
import pytest

from helpers.plots import synthetic_tests
from helpers.testgen.observe import Observed

SEEN = [Observed("f(1)", "==", "2", frozenset({0, 2})), Observed("f(0)", "==", "0", frozenset({1}))]


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_kills_are_drawn_where_they_are():
    axes = synthetic_tests.kills(SEEN, 4).axes[0]
    points = {tuple(map(int, point)) for part in axes.collections for point in part.get_offsets()}
    assert points == {(0, 0), (2, 0), (1, 1)}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["f(1)", "f(0)"]
    words = synthetic_tests.kills_in_words(SEEN, 4)
    assert "4 mutants" in words and "f(1) 2, f(0) 1" in words


def ask(url):
    body = json.dumps({"model": "m", "messages": []}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/chat/completions", body), timeout=10) as response:
        return json.loads(response.read())


def test_the_server_answers_and_refuses_every_third_request():
    with synthetic_tests.pretended_server("hello", refuses=3) as url:
        assert url.startswith("http://127.0.0.1:")
        answers = [ask(url), ask(url)]
        with pytest.raises(urllib.error.HTTPError, match="429"):
            ask(url)
        answers.append(ask(url))
    assert {answer["choices"][0]["message"]["content"] for answer in answers} == {"hello"}
    with pytest.raises(OSError):
        ask(url)
