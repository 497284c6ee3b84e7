"""Personal data is found in code, comments and strings; numbers that only look like it are not."""

import random
import re
import time

import pytest

from helpers.corpus.found import Found, merged
from helpers.corpus.numbers_of_people import iban_is_valid, luhn
from helpers.corpus.personal import personal_data, redact
from helpers.errors import CourseError
from tests.benchmarks import planted_faults

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")  # the plain rule that no e-mail address may escape


def kinds(text):
    return [found.kind for found in personal_data(text)]


@pytest.mark.parametrize("kind", planted_faults.PEOPLE)
def test_planted_data_is_found(kind):
    planted = [(line, value) for each, _, line, value in planted_faults.planted_people() if each == kind]
    missed = [line for line, value in planted if not planted_faults.is_found(personal_data, line, value)]
    assert planted and not missed


@pytest.mark.parametrize(
    "line",
    [
        'version = "1.2.3.4"',
        'requires = "numpy>=1.26.4.0"',
        'date = "2021-03-14"',
        'date = "14/03/2021 12:30:45"',
        "x = 3.14159265358979",
        "x = [0.5, 1.25, 100, 2000, 30000]",
        "x = 4155552671",
        "x = 0xDEADBEEF12345678",
        "x = 1234567890123456",
        "seed = 20210314123456",
        "# pages 123-456, 2004",
        "# ISBN 978-3-16-148410-0",
        "doi = '10.1103/PhysRevE.70.066111'",
        "# arXiv:2106.09685",
        'host = "127.0.0.1"',
        'host = "0.0.0.0"',
        'host = "192.168.0.1"',
        "part = a[1::2]",
        "time = '12:30:45'",
        "@app.route",
        "@pytest.mark.slow\n    @nx._dispatchable",
        "# Copyright 2020 The HuggingFace Team. All rights reserved.",
        "# Copyright (c) Microsoft Corporation",
        "path = '/home/user/data'",
        "url = 'https://github.com/psf/requests'",
        "# TODO(#123): later",
        "# TODO: ask somebody",
        "author = find_author(row)",
        "name = 'Random Forest'",
        "# 51 Franklin Street, Fifth Floor, Boston",
        "# 3 Ways to do this",
        "# see Theorem 12.3.4.5 in the book",
        "lat = 51.0",
        "first_name: str",
        "c = product(a @ b, 2)",
    ],
)
def test_ordinary_code_holds_nobody(line):
    assert kinds(f"def work():\n    {line}\n") == []


def test_no_address_escapes_the_plain_rule():
    rng = random.Random(0)
    pieces = ["@", ".", "a", "Zé9", "-", "+", "_", "'", " ", "\n", "%", "<", "("]
    for _ in range(2_000):
        text = "".join(rng.choice(pieces) for _ in range(30))
        assert not ADDRESS.search(redact(text, personal_data(text))), text


def test_addresses_keep_their_surroundings():
    address = "jane@" + "doe.org"
    text = f"# Author: Jane Doe <{address}>\nmail = '{address}'\n"
    assert redact(text, personal_data(text)) == "# Author: <NAME> <<EMAIL>>\nmail = '<EMAIL>'\n"


def test_a_finding_says_what_and_where():
    text = "x = 1\n# born on 1985-03-14\n"
    assert personal_data(text) == [Found("birth date", 2, 16, 26)]


def test_findings_that_overlap_become_one():
    found = [Found("b", 1, 3, 9), Found("a", 1, 0, 5), Found("c", 1, 9, 11), Found("d", 1, 4, 5)]
    assert merged(found) == [Found("a", 1, 0, 9), Found("c", 1, 9, 11)]
    assert redact("0123456789abc", found) == "<SECRET><SECRET>bc"


def test_redacting_in_another_text_is_refused():
    with pytest.raises(CourseError, match="does not lie in this text"):
        redact("short", [Found("name", 1, 2, 50)])


def test_redacting_nothing_changes_nothing():
    assert redact("x = 1\n", []) == "x = 1\n" and redact("", personal_data("")) == ""


def test_check_digits():
    assert luhn("4111" + "1111" * 3) and not luhn("4111" + "1111" * 2 + "1112")
    assert iban_is_valid("DE8937040044" + "0532013000") and not iban_is_valid("DE8837040044" + "0532013000")


def test_every_kind_has_its_placeholder():
    from helpers.corpus.personal import PLACEHOLDERS

    found = {kind for _, _, line, _ in planted_faults.planted_people() for kind in kinds(line)}
    assert found == set(PLACEHOLDERS)


@pytest.mark.parametrize("text", [None, b"bytes", 3])
def test_only_text_is_searched(text):
    with pytest.raises(CourseError, match="not str"):
        personal_data(text)


@pytest.mark.parametrize("piece", ["a", "@", "a@", "1 ", "0", "lat 1.2222 ", "by Ab ", "-Ł", "a at b dot ", "12 Main "])
def test_time_grows_with_the_text_alone(piece):
    def seconds(size):
        """The best of three: a busy machine can only add to it."""
        text, found = piece * (size // len(piece)), []
        for _ in range(3):
            started = time.process_time()
            personal_data(text)
            found.append(time.process_time() - started)
        return min(found)

    # Four times the text: a linear search takes 4 times as long, a quadratic one 16 times.
    assert seconds(400_000) < 10 * max(seconds(100_000), 0.02)
