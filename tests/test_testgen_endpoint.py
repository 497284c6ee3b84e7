"""The teacher behind an endpoint: no answer is lost, none is paid twice, the key stays secret, limits hold."""

import _thread
import contextlib
import email.utils
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import SimpleNamespace

import pytest

from helpers import course
from helpers.errors import CourseError
from helpers.testgen import endpoint as module
from helpers.testgen.endpoint import Endpoint

KEY = "sk-Secret.0123456789"
MODEL = "teacher-1"


class Server:
    """An OpenAI-compatible endpoint, in threads, while a `with` lasts.

    script: question → what happens at each attempt, in order; then, and without a script, it is "ok". An entry is a
    name below, a status such as 500, a (status, headers) pair, or a function that is called first and returns one.
    paid: question → answers sent whole. seen: (question, Authorization) per request, in order.
    """

    def __init__(self):
        self.script, self.paid, self.seen, self.bodies = {}, Counter(), [], []
        self.inside = self.most_inside = 0
        self.lock, self.closing, self.gone = threading.Lock(), threading.Event(), threading.Event()
        self.meanwhile = lambda: None  # called during each request
        self.http = Listener(("127.0.0.1", 0), type("Bound", (Handler,), {"owner": self}))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.die()

    def die(self):
        """From now on, nobody listens."""
        if not self.closing.is_set():
            self.closing.set()
            self.http.shutdown()
            self.http.server_close()
            self.gone.set()

    def questions(self):
        return [question for question, _ in self.seen]


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    server_bind = TCPServer.server_bind  # HTTPServer's asks for the name of this machine, which can take seconds


class Handler(BaseHTTPRequestHandler):
    owner = None

    def log_message(self, *_):
        pass

    def do_POST(self):
        owner = self.owner
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = body["messages"][-1]["content"]
        with owner.lock:
            owner.seen.append((question, self.headers["Authorization"]))
            owner.bodies.append((self.path, body))
            owner.inside += 1
            owner.most_inside = max(owner.most_inside, owner.inside)
            left = owner.script.get(question, [])
            action = left.pop(0) if left else "ok"
        try:
            owner.meanwhile()
            action = action() if callable(action) else action
        finally:
            with owner.lock:
                owner.inside -= 1
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.answer(action, question)

    def answer(self, action, question):
        owner = self.owner
        with owner.lock:
            serial = owner.paid[question]
        choice = {"message": {"role": "assistant", "content": f"{question} → {serial}"}, "finish_reason": "stop"}
        value = {"choices": [choice], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}
        if isinstance(action, int | tuple):
            status, headers = action if isinstance(action, tuple) else (action, {})
            words = f"no, {self.headers['Authorization']}\x1b[31m\n" + "x" * 1000
            return self.send(status, json.dumps({"error": {"message": words}}).encode(), headers)
        if action == "close":
            return self.connection.shutdown(socket.SHUT_RDWR)
        if action == "silence":
            return owner.closing.wait(2)
        if action == "malformed":
            return self.send(200, b'{"choices": [')
        if action == "page":
            return self.send(200, b"<html>Sign in</html>")
        if action == "deep":
            return self.send(200, b"[" * 100_000)
        if action == "empty":
            return self.send(200, json.dumps(value | {"choices": []}).encode())
        if action == "huge":
            return self.send(200, b" " * 4_000_001)
        if action == "bare":
            return self.send(200, json.dumps({"choices": [choice]}).encode())
        if action == "billed error":
            return self.send(500, json.dumps({"error": "overloaded", "usage": value["usage"]}).encode())
        if action == "long":
            choice["finish_reason"] = "length"
        if action == "thought":
            choice |= {"finish_reason": "length", "message": {"role": "assistant", "content": None}}
        if action == "half a character":
            choice["message"]["content"] = "ends in \ud83d"
        content = json.dumps(value).encode()
        if action == "cut":
            return self.send(200, content[:-20], {"Content-Length": str(len(content))})
        if action == "cut chunks":
            chunk = b"%x\r\n%s\r\n" % (len(content), content)  # the last should be followed by an empty one
            return self.send(200, chunk, {"Transfer-Encoding": "chunked"})
        if action == "cut but JSON":
            return self.send(200, content, {"Content-Length": str(len(content) + 5)})
        # Counted before it is sent, because a client that has it all may look at the count at once.
        with owner.lock:
            owner.paid[question] += 1
        self.send(200, content)

    def send(self, status, content, headers=()):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


class Clock:
    """A clock that stands still but for its own `sleep`, and remembers how long each sleep was."""

    def __init__(self):
        self.now, self.slept, self.lock = 0.0, [], threading.Lock()

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        with self.lock:
            self.slept.append(seconds)
            self.now += seconds


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv(module.KEY, raising=False)


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def teacher(server, clock, tmp_path):
    """Makes an endpoint of the server; `clock` is its time."""

    def make(**settings):
        default = {"url": server.url, "model": MODEL, "key": KEY, "folder": tmp_path / "teacher", "timeout": 5.0}
        return Endpoint(**default | {"clock": clock, "sleep": clock.sleep} | settings)

    return make


def asks(*questions):
    return [[{"role": "system", "content": "Be brief."}, {"role": "user", "content": q}] for q in questions]


def names(count):
    return [f"q{number}" for number in range(count)]


def first(question):
    """What the server answers to a question that was not paid before."""
    return [f"{question} → 0"]


def test_answers_come_in_the_order_of_the_conversations_and_from_disk_the_second_time(server, teacher):
    # The first is the slowest: an order of arrival would show.
    server.script = {"q0": [lambda: time.sleep(0.1) or "ok"]}
    expected = [first(question) for question in names(12)]
    endpoint = teacher()
    assert endpoint.answers(asks(*names(12))) == expected
    assert endpoint.answers(asks(*names(12))) == expected and teacher().answers(asks(*names(12))) == expected
    assert server.paid == dict.fromkeys(names(12), 1) and len(server.seen) == 12
    assert (endpoint.usage.requests, endpoint.usage.cached, endpoint.usage.retries) == (12, 12, 0)


def test_a_request_is_what_the_protocol_wants(server, teacher):
    teacher(url=server.url + "/").answers(asks("q"), max_tokens=7, temperature=0)
    messages = asks("q")[0]
    expected = {"model": MODEL, "messages": messages, "max_tokens": 7, "temperature": 0, "stream": False}
    assert server.bodies == [("/v1/chat/completions", expected)] and server.seen == [("q", f"Bearer {KEY}")]


def test_models_that_reason_get_the_words_that_they_know(server, teacher):
    teacher(limit="max_completion_tokens").answers(asks("q"), max_tokens=7, temperature=None)
    expected = {"model": MODEL, "messages": asks("q")[0], "max_completion_tokens": 7, "stream": False}
    assert server.bodies == [("/v1/chat/completions", expected)]
    with pytest.raises(CourseError, match="limit='tokens' cannot be"):
        teacher(limit="tokens")


def test_each_sample_is_an_answer_of_its_own(server, teacher):
    one = teacher().answers(asks("a", "b"), n=1)
    more = teacher().answers(asks("a", "b"), n=3)
    assert [set(row) for row in more] == [{f"{q} → {serial}" for serial in range(3)} for q in "ab"]
    assert [row[:1] for row in more] == one  # the fewer samples are the first of the more
    assert server.paid == {"a": 3, "b": 3}
    assert teacher().answers(asks("b", "a"), n=3) == more[::-1] and len(server.seen) == 6


def test_equal_conversations_are_asked_once(server, teacher):
    endpoint = teacher()
    answers = endpoint.answers(asks("a", "b", "a", "a"))
    assert answers == [first("a"), first("b"), first("a"), first("a")] and server.paid == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    "other", [{"max_tokens": 401}, {"temperature": 0.8}, {"model": "teacher-2"}, {"url": "http://localhost:1/v1"}]
)
def test_another_request_is_asked_anew_but_another_url_is_not(server, teacher, other):
    teacher().answers(asks("a"))
    settings = {name: other[name] for name in other.keys() & {"model", "url"}}
    answers = teacher(**settings).answers(asks("a"), **{name: other[name] for name in other.keys() - settings.keys()})
    assert answers == ([first("a")] if "url" in other else [["a → 1"]])


def test_nothing_to_ask(server, teacher):
    assert teacher().answers([]) == [] and server.seen == []


BODIES = ["malformed", "page", "deep", "empty", "cut", "cut but JSON", "cut chunks"]


@pytest.mark.parametrize("trouble", [408, 409, 429, 500, 502, 503, 504, 529, "close", *BODIES])
def test_a_trouble_that_may_pass_is_asked_again(server, teacher, clock, trouble):
    server.script = {"a": [trouble, trouble]}
    endpoint = teacher()
    assert endpoint.answers(asks("a", "b")) == [first("a"), first("b")]
    assert server.paid == {"a": 1, "b": 1} and Counter(server.questions()) == {"a": 3, "b": 1}
    assert (endpoint.usage.requests, endpoint.usage.retries) == (4, 2)


def test_a_server_that_says_nothing_is_asked_again(server, teacher):
    server.script = {"a": ["silence"]}
    endpoint = teacher(timeout=0.1)
    assert endpoint.answers(asks("a")) == [first("a")] and endpoint.usage.retries == 1
    server.script = {"b": ["silence"] * 2}
    with pytest.raises(CourseError, match="sent 2 times; the last time: no answer within 0.1 s"):
        teacher(timeout=0.1, attempts=2).answers(asks("b"))


def test_waits_grow_and_are_not_all_alike(server, teacher, clock):
    server.script = {question: [500] * 5 for question in "ab"}
    teacher(concurrent=1).answers(asks("a", "b"))
    assert len(clock.slept) == 10
    for place, wait in enumerate(clock.slept):
        assert 0.75 <= wait / 2 ** (place % 5 + 1) <= 1.25
    assert clock.slept[:5] != clock.slept[5:]


def test_a_wait_has_an_end(server, teacher, clock):
    server.script = {"a": [500] * 9}
    teacher(attempts=10).answers(asks("a"))
    assert max(clock.slept) == module.LONGEST_WAIT


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_the_server_asks_for_is_kept(server, teacher, clock, status):
    in_a_minute = email.utils.formatdate(time.time() + 60, usegmt=True)
    values = ["33", in_a_minute, "86400", "Thu, 01 Jan 1970 00:00:00 GMT", "soon"]
    server.script = {"a": [(status, {"Retry-After": value}) for value in values]}
    teacher().answers(asks("a"))
    seconds, date, capped, past, nonsense = clock.slept
    assert seconds == 33 and 50 < date <= 60 and capped == module.LONGEST_WAIT
    assert 12 <= past <= 20 and 24 <= nonsense <= 40  # the course's own


def test_a_429_makes_every_thread_wait(server, teacher):
    both, asked, log = threading.Barrier(2), threading.Barrier(2), []
    clock, waiting = Clock(), threading.Event()

    def refuse():
        asked.wait(5)
        return 429, {"Retry-After": "50"}

    def answer_late():
        asked.wait(5)
        return waiting.wait(5) and "ok"

    def sleep(seconds):
        """The first thread to wait stays until the second waits too; where the second does not, the barrier breaks."""
        start = clock.now
        log.append((seconds, len(server.seen)))
        waiting.set()
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(2)
        clock.now = max(clock.now, start + seconds)

    # "b" is answered only when "a" has been told to wait. Whoever asked "b" then wants to ask "c".
    server.script = {"a": [refuse], "b": [answer_late]}
    teacher(concurrent=2, clock=clock, sleep=sleep).answers(asks("a", "b", "c"))
    assert log[:2] == [(50, 2), (50, 2)] and not both.broken
    assert sorted(server.questions()) == ["a", "a", "b", "c"]


def test_a_500_makes_only_its_own_thread_wait(server, teacher, clock):
    waiting, asked = threading.Event(), threading.Event()
    server.script = {"a": [500], "b": [lambda: waiting.wait(5) and "ok"], "c": [lambda: asked.set() or "ok"]}

    def sleep(_):
        waiting.set()
        assert asked.wait(5), "c waits for a"

    teacher(concurrent=2, sleep=sleep).answers(asks("a", "b", "c"))
    assert server.questions() in (["a", "b", "c", "a"], ["b", "a", "c", "a"])


def test_a_refusal_is_not_asked_again_and_says_what_to_do(server, teacher, tmp_path):
    endpoint = teacher(concurrent=1)
    remedies = {400: "max_tokens", 401: module.KEY, 403: "may use this model", 404: "/v1", 422: "name"}
    for status, remedy in remedies.items():
        server.script = {"b": [status]}
        before = len(server.seen)
        with pytest.raises(CourseError, match=rf"conversations\[1\]: status {status}, no, Bearer.*{remedy}") as error:
            endpoint.answers(asks(f"a{status}", "b", "c"))
        assert server.questions()[before:] == [f"a{status}", "b"]  # neither b again nor c
        assert f"1 of 3 answers are saved in {tmp_path / 'teacher'}; the same call goes on" in str(error.value)
        assert len(str(error.value)) < 700 and "\x1b" not in str(error.value) and "\n" not in str(error.value)
    assert endpoint.usage.retries == 0
    assert endpoint.answers(asks("a401", "b", "c")) == [first("a401"), first("b"), first("c")]
    assert set(server.paid.values()) == {1}


def test_a_refusal_waits_for_the_answers_on_their_way_and_saves_them(server, teacher):
    asked = threading.Barrier(2)

    def refuse():
        asked.wait(5)
        return 401

    def answer_late():
        asked.wait(5)
        time.sleep(0.3)
        return "ok"

    server.script = {"a": [refuse], "b": [answer_late]}
    with pytest.raises(CourseError, match="1 of 2 answers"):
        teacher(concurrent=2).answers(asks("a", "b"))
    assert teacher().answers(asks("a", "b")) == [first("a"), first("b")] and server.paid == {"a": 1, "b": 1}


def test_a_refusal_ends_the_waits_of_others(server, teacher):
    asked = threading.Barrier(2)

    def put_off():
        asked.wait(5)
        return 503, {"Retry-After": "100"}

    def refuse():
        asked.wait(5)
        time.sleep(0.3)
        return 401

    server.script = {"a": [put_off], "b": [refuse]}
    started = time.monotonic()
    with pytest.raises(CourseError, match="status 401"):
        teacher(concurrent=2, clock=time.monotonic, sleep=None).answers(asks("a", "b"))
    assert time.monotonic() - started < 5 and Counter(server.questions()) == {"a": 1, "b": 1}


def test_what_is_given_up_does_not_keep_others_from_their_answers(server, teacher):
    server.script = {"b": [500] * 2, "d": ["close"] * 2, "f": ["cut"] * 2}  # three, but not in a row
    with pytest.raises(CourseError, match=r"no answer to 3 of 7 requests, each sent 2 times; .* 4 of 7"):
        teacher(attempts=2, concurrent=1).answers(asks(*"abcdefg"))
    assert server.paid == {"a": 1, "c": 1, "e": 1, "g": 1}
    assert teacher().answers(asks(*"abcdefg")) == [first(question) for question in "abcdefg"]
    assert server.paid == dict.fromkeys("abcdefg", 1)


def test_a_server_that_dies_half_way_costs_nothing_twice(server, teacher, clock):
    def die():
        threading.Thread(target=server.die).start()
        server.gone.wait(5)
        return "close"

    server.script = {"q6": [die]}
    with pytest.raises(
        CourseError, match=r"6 of 50 answers are saved in .*; the same call goes on from there"
    ) as error:
        teacher(concurrent=1).answers(asks(*names(50)))
    assert "no answer to 3 of 50" in str(error.value)  # then it is taken as gone: the other 41 are not tried
    assert len(clock.slept) == 15 and server.paid == dict.fromkeys(names(6), 1)
    with Server() as reborn:  # with another port, and so another url
        assert teacher(url=reborn.url).answers(asks(*names(50))) == [first(question) for question in names(50)]
        assert reborn.paid == dict.fromkeys(names(50)[6:], 1)


def test_ctrl_c_saves_what_is_on_its_way_and_asks_no_more(server, teacher, capsys, tmp_path):
    def stop():
        _thread.interrupt_main()
        time.sleep(0.5)
        return "ok"

    server.script = {"q3": [stop]}
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        teacher(concurrent=1).answers(asks(*names(9)))
    assert time.monotonic() - started < 4
    assert f"4 of 9 answers are saved in {tmp_path / 'teacher'}; the same call goes" in capsys.readouterr().err
    assert server.questions() == names(4)
    assert teacher().answers(asks(*names(9))) == [first(question) for question in names(9)]
    assert server.paid == dict.fromkeys(names(9), 1) and len(server.seen) == 9


def test_ctrl_c_does_not_wait_for_a_slow_answer_and_still_keeps_it(server, teacher, capsys, monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.05)
    stopped = threading.Event()

    def stop():
        _thread.interrupt_main()
        stopped.wait(5)
        time.sleep(0.3)
        return "ok"

    server.script = {"q1": [stop]}
    with pytest.raises(KeyboardInterrupt):
        teacher(concurrent=1).answers(asks("q0", "q1", "q2"))
    assert server.paid == {"q0": 1}  # q1 is still on its way
    stopped.set()
    # The next call waits for it instead of paying for another.
    assert teacher().answers(asks("q0", "q1", "q2")) == [first("q0"), first("q1"), first("q2")]
    assert server.paid == {"q0": 1, "q1": 1, "q2": 1} and "Waiting until" in capsys.readouterr().err


def test_a_killed_program_goes_on_where_it_was(server, teacher, tmp_path):
    settings = {"url": server.url, "model": MODEL, "folder": str(tmp_path / "teacher"), "concurrent": 1}
    program = f"from helpers.testgen import endpoint\nendpoint.Endpoint(**{settings!r}).answers({asks(*names(8))!r})"
    started, running = threading.Event(), []

    def kill():
        started.wait(10)
        running[0].kill()
        running[0].wait()
        return "close"

    server.script = {"q5": [kill]}
    environment = os.environ | {"PYTHONPATH": course.python_path(), "COURSE_ENDPOINT_KEY": KEY}
    running.append(subprocess.Popen([sys.executable, "-c", program], env=environment))
    started.set()
    assert running[0].wait(30) == -getattr(signal, "SIGKILL", -1) and server.paid == dict.fromkeys(names(5), 1)
    assert teacher().answers(asks(*names(8))) == [first(question) for question in names(8)]
    assert server.paid == dict.fromkeys(names(8), 1)


def test_two_calls_at_once_do_not_pay_for_the_same_answer(server, teacher, capsys):
    server.meanwhile = lambda: time.sleep(0.02)
    results = []
    threads = [threading.Thread(target=lambda: results.append(teacher().answers(asks(*names(6))))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert results == [[first(question) for question in names(6)]] * 3
    assert server.paid == dict.fromkeys(names(6), 1)


def test_another_model_does_not_wait(server, teacher):
    both = threading.Barrier(2)
    server.meanwhile = lambda: both.wait(5)  # breaks unless the two requests are under way together
    other = threading.Thread(target=teacher(model="teacher-2").answers, args=(asks("a"),))
    other.start()
    teacher().answers(asks("b"))
    other.join(10)
    assert not both.broken and server.paid == {"a": 1, "b": 1}


def test_no_more_requests_at_a_time_than_allowed_and_no_fewer(server, teacher):
    three = threading.Barrier(3)

    def together():
        three.wait(5)
        time.sleep(0.05)

    server.meanwhile = together
    teacher(concurrent=3).answers(asks(*names(9)))
    assert server.most_inside == 3 and not three.broken and sum(server.paid.values()) == 9


def test_no_more_requests_a_minute_than_allowed(server, teacher, clock):
    times = []
    server.meanwhile = lambda: times.append(clock.now)
    server.script = {"q1": [500]}  # a repeated request is one too
    endpoint = teacher(per_minute=20, concurrent=1)
    endpoint.answers(asks(*names(3)))
    endpoint.answers(asks("later"))
    assert times == pytest.approx([0, 3, 6, 9, 12])


def test_threads_share_the_limit_per_minute(server, teacher, clock):
    teacher(per_minute=60, concurrent=4).answers(asks(*names(12)))
    assert clock.now >= 11  # four threads with a limit each would sleep 8 s, all together


def test_usage_and_cost(server, teacher):
    endpoint = teacher(price_in=2.0, price_out=30.0, concurrent=1)
    # Billed: "a" twice (a failed one with a count), "b" twice, "c" once; a cut body and a plain 500 are not.
    server.script = {"a": ["empty"], "b": ["billed error", "cut"], "c": [500, "long"], "d": ["bare"]}
    endpoint.answers(asks("a", "b", "c", "d"))
    usage = endpoint.usage
    assert (usage.tokens_in, usage.tokens_out) == (500, 50)
    assert usage.cost == pytest.approx((500 * 2 + 50 * 30) / 1e6)
    assert (usage.requests, usage.retries, usage.cached, usage.cut) == (8, 4, 0, 1)
    again = teacher(price_in=2.0)
    again.answers(asks("a", "b", "c", "e"))
    assert (again.usage.requests, again.usage.cached, again.usage.cut) == (1, 3, 1)
    assert again.usage.cost == pytest.approx(100 * 2 / 1e6)


def test_the_estimate_is_an_upper_one(server, teacher):
    endpoint = teacher(price_in=3.0, price_out=10.0)
    conversations = [[{"role": "user", "content": "x" * 300}], [{"role": "user", "content": "y" * 600}]]
    assert endpoint.estimate(conversations, n=2, max_tokens=50) == pytest.approx(2 * (300 * 3 + 100 * 10) / 1e6)
    assert endpoint.estimate([]) == 0 and server.seen == []


def test_what_is_kept_of_an_answer(server, teacher, tmp_path):
    server.script = {"a": ["long"], "b": ["thought"], "c": ["half a character"]}
    assert teacher().answers(asks("a", "b", "c")) == [first("a"), [""], ["ends in ?"]]
    assert teacher().answers(asks("a", "b", "c")) == [first("a"), [""], ["ends in ?"]] and len(server.seen) == 3
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "teacher").glob("*.json")]
    assert len(entries) == 3
    assert {"text": "a → 0", "finish_reason": "length", "tokens_in": 100, "tokens_out": 10} in entries


def test_a_damaged_file_is_asked_for_again(server, teacher, tmp_path):
    teacher().answers(asks("a", "b"))
    for path, damage in zip(
        (tmp_path / "teacher").glob("*.json"), ('{"text": "a', '{"text": 1, "finish_reason": null}'), strict=True
    ):
        path.write_text(damage, encoding="utf-8")
    assert teacher().answers(asks("a", "b")) == [["a → 1"], ["b → 1"]]


def test_the_key_is_nowhere_but_in_requests(server, teacher, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv(module.KEY, f" {KEY}\n")
    endpoint = teacher(key=None, attempts=2)
    said = [repr(endpoint)]
    for action in (401, 400, 500):  # the server's words repeat the key
        server.script = {"b": [action] * 2}
        with pytest.raises(CourseError, match=r"Bearer \*\*\*") as error:
            endpoint.answers(asks("a", "b"))
        said.append(str(error.value))
    assert {authorization for _, authorization in server.seen} == {f"Bearer {KEY}"}
    output = capsys.readouterr()
    kept = [path.read_bytes().decode() + path.name for path in (tmp_path / "teacher").iterdir()]
    assert len(kept) == 2 and "a → 0" in "".join(kept)  # an answer and the lock
    assert "Secret" not in "".join([*said, *kept, output.out, output.err])


def test_the_key_can_be_none(server, teacher, monkeypatch):
    monkeypatch.setenv(module.KEY, KEY)
    teacher(key="").answers(asks("a"))
    assert server.seen == [("a", None)]


def test_a_redirect_is_not_followed(server, teacher):
    with Server() as other:
        for status in (301, 302, 303, 307, 308):
            server.script = {"a": [(status, {"Location": other.url + "/chat/completions"})]}
            with pytest.raises(CourseError, match=f"status {status}.*Check the url"):
                teacher().answers(asks("a"))
        assert other.seen == [] and len(server.seen) == 5


def test_a_proxy_is_not_asked_for_this_machine(server, teacher, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert teacher(attempts=1).answers(asks("a")) == [first("a")]


def test_a_body_without_end_is_refused(server, teacher):
    server.script = {"a": ["huge"]}
    with pytest.raises(CourseError, match="more than 4 MB"):
        teacher().answers(asks("a"))
    assert len(server.seen) == 1


def test_a_disk_that_cannot_hold_the_answers_is_told_before_anything_is_paid(server, teacher, monkeypatch, tmp_path):
    with monkeypatch.context() as patch, pytest.raises(CourseError, match="Saving the answers needs 7 kB"):
        patch.setattr("helpers.files.shutil.disk_usage", lambda _: SimpleNamespace(free=7000))
        teacher().answers(asks("a"))
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="cannot be saved in"):
        teacher(folder=tmp_path / "file" / "teacher").answers(asks("a"))
    assert server.seen == []

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_json", full)
    with pytest.raises(CourseError, match="No space left on device.*0 of 9 answers"):
        teacher(concurrent=1).answers(asks(*names(9)))
    assert len(server.seen) == 1  # no more is paid for than was on its way


def test_the_default_folder_is_in_the_courses_home(server, teacher, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    teacher(folder=None).answers(asks("a"))
    assert len(list((tmp_path / "home" / "teacher").glob("*.json"))) == 1


def test_a_bar_counts_the_requests(server, teacher, monkeypatch):
    bars = []

    class Bar(module.Bar):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            bars.append(self)

    monkeypatch.setattr(module, "Bar", Bar)
    teacher().answers(asks("a"))
    server.script = {"b": [500]}
    teacher(price_out=1e5).answers(asks("a", "b"), n=2, label="Writing tests")
    assert [(bar.label, bar.total, bar.done) for bar in bars] == [("Asking the teacher", 1, 1), ("Writing tests", 4, 4)]
    assert bars[1].note.startswith("cost 3.00, retries 1")


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "127.0.0.1:8000/v1"},
        {"url": "ftp://127.0.0.1/v1"},
        {"url": "file:///etc/passwd"},
        {"url": "http:///v1"},
        {"url": "https://host:port/v1"},
        {"url": "https://host/v1?key=Secret"},
        {"url": "https://me:Secret@host/v1"},
        {"url": "https://host/v1\r\nX: Secret"},
        {"url": None},
        {"model": ""},
        {"model": None},
        {"key": "Secret\nX-Other: 1"},
        {"key": "Secret\u00e9"},
        {"key": b"Secret"},
        {"concurrent": 0},
        {"concurrent": 1.5},
        {"per_minute": 0},
        {"attempts": 0},
        {"attempts": True},
        {"timeout": 0},
        {"timeout": None},
        {"price_in": -1.0},
        {"price_out": float("nan")},
    ],
    ids=str,
)
def test_an_endpoint_that_cannot_be(teacher, settings):
    with pytest.raises(CourseError) as error:
        teacher(**settings)
    assert ". " in str(error.value) and "Secret" not in str(error.value)  # what is wrong, and what to do


@pytest.mark.parametrize("host", ["10.0.0.1", "example.com", "localhost.example.com", "127.0.0.1.example.com"])
def test_a_key_does_not_travel_in_the_clear(teacher, host):
    with pytest.raises(CourseError, match="could read your key. Use https"):
        teacher(url=f"http://{host}/v1")
    assert teacher(url=f"https://{host}/v1") and teacher(url=f"http://{host}/v1", key="")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "LOCALHOST:8000"])
def test_this_machine_may_have_the_key(teacher, host):
    assert teacher(url=f"http://{host}/v1").url == f"http://{host}/v1"


@pytest.mark.parametrize(
    ("conversations", "settings"),
    [
        (asks("a"), {"n": 0}),
        (asks("a"), {"n": 1.0}),
        (asks("a"), {"max_tokens": 0}),
        (asks("a"), {"temperature": -0.1}),
        (asks("a"), {"temperature": "warm"}),
        ("a", {}),
        (asks("a")[0], {}),
        ([[]], {}),
        ([["a"]], {}),
        ([[{"role": "robot", "content": "a"}]], {}),
        ([[{"role": ["user"], "content": "a"}]], {}),
        ([[{"role": "user", "content": None}]], {}),
        ([[{"role": "user"}]], {}),
        ([[{"role": "user", "content": "a", "name": "me"}]], {}),
        ([[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]], {}),
    ],
    ids=str,
)
def test_a_request_that_cannot_be(server, teacher, conversations, settings):
    with pytest.raises(CourseError, match=r"\. "):
        teacher().answers(conversations, **settings)
    assert server.seen == []
