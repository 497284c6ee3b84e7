"""Secrets are found in every form code gives them, and words, templates and checksums are left alone."""

import random
import time

import pytest

from helpers.corpus.found import Found
from helpers.corpus.personal import redact
from helpers.corpus.secrets import secrets
from helpers.course import ROOT
from helpers.errors import CourseError
from tests.benchmarks import planted_faults

TOKEN = "gh" + "p_" + "a1B2" * 9
PLANTED = list(planted_faults.planted_secrets(480, seed=1))


def kinds(text):
    return [found.kind for found in secrets(text)]


@pytest.mark.parametrize("kind", [*planted_faults.TOKENS, *planted_faults.VALUES])
def test_planted_secrets_are_found(kind):
    planted = [(line, value) for planted_kind, _, line, value in PLANTED if planted_kind == kind]
    missed = [line for line, value in planted if not planted_faults.is_found(secrets, line, value)]
    assert len(planted) == 20 and len(missed) <= 1, missed


@pytest.mark.parametrize(
    "line",
    [
        "user, PW = 'bob', 'VALUE'",
        "PW = input('? ') or 'VALUE'",
        "get(url, auth=('bob', 'VALUE'))",
        "smtp.login('bob', 'VALUE')",
        "db.connect('host', 'bob', 'VALUE')",
        "user.set_PW('VALUE')",
        "hmac.new(b'VALUE', message)",
        "jwt.encode(payload, 'VALUE', algorithm='HS256')",
        "PW = str.encode('VALUE')",
        "url = 'jdbc:mysql://h/db?user=a&PW=VALUE'",
        "url = 'ftp" + "://bob" + ":VALUE@host/x'",
        "connect('dbname=x user=y PW=VALUE host=h')",
        "# sshpass -p 'VALUE' ssh host",
        "# mysql -uroot -pVALUE db",
        "# log in as admin with PW VALUE",
        "# PW -> VALUE",
        "text = '<PW>VALUE</PW>'",
        "ADMIN_PW = 'VALUE'",
        "dbPa" + "ss = 'VALUE'",
    ],
)
def test_passwords_in_rarer_places(line):
    line = line.replace("PW", "pass" + "word").replace("VALUE", "S3cr3t" + "99")
    assert planted_faults.is_found(secrets, line, "S3cr3t" + "99")


def test_a_finding_says_what_and_where():
    text = f'first = 1\nsecond = "{TOKEN}"\n'
    start = text.index(TOKEN)
    assert secrets(text) == [Found("GitHub token", 2, start, start + len(TOKEN))]


@pytest.mark.parametrize(
    "split",
    ['"{}"\n    "{}"', '"{}" + "{}"', '"{}" \\\n    "{}"', "'{}'  # half\n    '{}'", '"{}\\\n{}"'],
    ids=["two strings", "plus", "backslash", "comment between", "inside a string"],
)
def test_a_secret_in_two_pieces_is_found_whole(split):
    text = "key = (\n    " + split.format(TOKEN[:15], TOKEN[15:]) + "\n)\n"
    (found,) = secrets(text)
    assert text[found.start :].startswith(TOKEN[:15]) and text[: found.end].endswith(TOKEN[15:])


def test_a_private_key_is_found_to_its_end():
    key = planted_faults._private_key(lambda n, alphabet: "ab+/" * (n // 4), "EC PRIV" + "ATE KEY")
    text = f'KEY = """\n{key}\n"""\n'
    assert redact(text, secrets(text)) == 'KEY = """\n<SECRET>\n"""\n'


@pytest.mark.parametrize(
    "line",
    [
        'PW = "changeme"',
        'PW="PW"',
        'PW = "your-PW"',
        'AK = "<your-api-key>"',
        'AK = "YOUR_API_KEY_123"',
        'token = "xxxxxxxxxxxxxxxxxxxx"',
        'PW = "********"',
        'PW = os.environ["DB_PASSWORD"]',
        'token = os.getenv("HF_TOKEN")',
        'PW = f"{prefix}{word}"',
        'PW = "${DB_PASSWORD}"',
        'PW = "%(PW)s"',
        "connect(PW=PW1, token=token2)",
        'SE_name = "prod-db-2"',
        'token_type = "Bearer2"',
        'eos_token = "<|endoftext|>"',
        'tokenizer = AutoTokenizer.from_pretrained("org/model-7b-v0.1")',
        'pad_token = "[PAD]"',
        'extra_token = "<extra_id_0>"',
        'sha256 = "' + "9f86d081" * 8 + '"',
        'commit = "' + "da39a3ee" * 5 + '"',
        'identifier = "123e4567-e89b-12d3-a456-426614174000"',
        'url = "postgres:' + '//user:PW@localhost/test"',
        'url = f"https://{user}:{PW}@host/"',
        'help = "The PW to use; at least 8 characters."',
        'raise ValueError("Cannot pass \'inline=False\' here")',
        '"""Basic implementations of 12 algorithms."""',
        '_modules = ["Qwen2_5OmniToken2WavModel", "Qwen2_5OmniToken2Wav' + 'BigVGANModel"]',
        "scikit-learn sk-learn-contrib-something",
        'name = "' + "hf" + '_hub_download_and_cache_the_file"',
    ],
)
def test_what_gives_no_access_is_no_secret(line):
    # Names in short form, so that scanners of repositories do not stumble over this file.
    for short, name in (("PW", "pass" + "word"), ("AK", "api" + "_key"), ("SE", "sec" + "ret")):
        line = line.replace(short, name)
    assert kinds(f"def work():\n    {line}\n") == []


def test_real_functions_are_clean():
    """The repository's own code names every kind of secret and holds none."""
    found = {
        file.name: [each.kind for each in secrets(file.read_text(encoding="utf-8"))]
        for folder in ("helpers", "helpers/corpus", "tests/benchmarks")
        for file in (ROOT / folder).glob("*.py")
    }
    assert {name: kinds for name, kinds in found.items() if kinds} == {}


def test_detect_secrets_adds_its_kinds_and_asks_nobody(monkeypatch):
    import requests

    monkeypatch.setattr(requests.Session, "request", lambda *args, **kwargs: pytest.fail("a request"))
    mailchimp = "0123456789abcdef" * 2 + "-us" + "12"
    assert kinds(f"x = call({mailchimp!r})") == ["Mailchimp Access Key"]
    assert kinds(f"x = {TOKEN!r}") == ["GitHub token"]


@pytest.mark.parametrize("text", [None, b"bytes", 3])
def test_only_text_is_searched(text):
    with pytest.raises(CourseError, match="not str"):
        secrets(text)


def test_empty_and_odd_texts():
    assert secrets("") == [] and secrets("\x00\ud800\n" * 3) == [] and secrets("password = ") == []


@pytest.mark.parametrize(
    "piece", ["a", "key ", "password=", "a://x:", '"token", ', "-----BEGIN PRIVATE" + " KEY-----\n", " "]
)
def test_time_grows_with_the_text_alone(piece):
    def seconds(size):
        """The best of three: a busy machine can only add to it."""
        text, found = piece * (size // len(piece)), []
        for _ in range(3):
            started = time.process_time()
            secrets(text)
            found.append(time.process_time() - started)
        return min(found)

    # Four times the text: a linear search takes 4 times as long, a quadratic one 16 times.
    assert seconds(400_000) < 10 * max(seconds(100_000), 0.02)


def test_random_text_does_not_crash_it():
    rng = random.Random(0)
    pieces = ["password", "=", '"', "'", "\n", "(", "a1B2", "\\", " ", "é", "@", ":"]
    for _ in range(300):
        text = "".join(rng.choice(pieces) for _ in range(40))
        for found in secrets(text):
            assert 0 <= found.start < found.end <= len(text)
            assert found.line == text[: found.start].count("\n") + 1
