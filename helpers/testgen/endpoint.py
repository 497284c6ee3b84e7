"""A teacher for synthetic data: any chat endpoint that speaks OpenAI's protocol. No answer is lost or paid twice.

Each answer is one request and one small file, written the moment it arrives. A call that fails or is stopped goes on
from there when it is made again. Standard library only.
"""

import contextlib
import hashlib
import json
import os
import queue
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import locked, need_space, write_json
from helpers.progress import Bar
from helpers.testgen.wire import LONGEST_WAIT, Server, Trouble

KEY = "COURSE_ENDPOINT_KEY"
RETRIED = (408, 409, 429, 500, 502, 503, 504, 529)
REMEDIES = {
    401: f"Set {KEY} to a key of this endpoint.",
    403: f"Check that the key in {KEY} may use this model.",
    404: "Check the url, which mostly ends in /v1, and the model's name.",
}
OTHER_REMEDY = (
    "Check the model's name, max_tokens, and whether the conversation is longer than the model allows. Models that "
    'reason may want Endpoint(limit="max_completion_tokens") and temperature=None.'
)
GRACE = 5.0  # seconds that a stopped call waits for the answers that are on their way
GONE = 3  # so many requests given up, and no answer between them, mean that the server is gone

_jitter = random.Random()  # of its own, so that a learner's seed gives the same numbers with and without a teacher


@dataclass
class Usage:
    """What one Endpoint has done since it was made."""

    requests: int = 0  # sent, the repeated ones included
    retries: int = 0  # how many of them were repeats
    cached: int = 0  # answers found on disk, not asked for
    cut: int = 0  # answers, new or from disk, that max_tokens ended
    tokens_in: int = 0  # as the server reports them, for a failed request too; 0 where it does not
    tokens_out: int = 0
    cost: float = 0.0  # in the currency of the prices


@dataclass
class Endpoint:
    """A chat model behind an OpenAI-compatible address. Raises CourseError for what cannot be.

    url: the base, such as "http://127.0.0.1:8000/v1". model: its name there. key: None reads COURSE_ENDPOINT_KEY, ""
    is none; it goes into requests and nowhere else. folder: where answers are kept (default: "teacher" in the course's
    home). concurrent: requests at a time. per_minute: requests sent per minute, retries included; None for no limit.
    attempts: per request. timeout: seconds without a byte from the server. price_in, price_out: per million tokens.
    limit: what the server calls the most tokens of an answer; some models know only "max_completion_tokens".
    sleep (seconds) and clock are for tests.
    """

    url: str
    model: str
    key: InitVar[str | None] = None
    folder: Path | str | None = None
    concurrent: int = 4
    per_minute: float | None = None
    attempts: int = 6
    timeout: float = 60.0
    price_in: float = 0.0
    price_out: float = 0.0
    limit: str = "max_tokens"
    sleep: Callable | None = field(default=None, repr=False)
    clock: Callable = field(default=time.monotonic, repr=False)
    usage: Usage = field(default_factory=Usage, init=False)

    def __post_init__(self, key):
        from helpers import course

        _check_numbers(1, int, concurrent=self.concurrent, attempts=self.attempts)
        _check_numbers(1e-3, timeout=self.timeout, per_minute=1 if self.per_minute is None else self.per_minute)
        _check_numbers(0, price_in=self.price_in, price_out=self.price_out)
        if not isinstance(self.model, str) or not self.model:
            raise CourseError(f"model={self.model!r} cannot be. Give the name that the endpoint has for its model.")
        if self.limit not in ("max_tokens", "max_completion_tokens"):
            raise CourseError(f"limit={self.limit!r} cannot be. Give 'max_tokens' or 'max_completion_tokens'.")
        self._server = Server(self.url, os.environ.get(KEY) if key is None else key, self.timeout)
        self.folder = Path(self.folder or course.home() / "teacher").expanduser().absolute()
        self._lock = threading.Lock()  # over `usage` and the line below, which all threads share
        self._next_turn, self._paused_until, self._given_up = float("-inf"), float("-inf"), 0  # the times: on `clock`

    def answers(self, conversations, n=1, max_tokens=400, temperature=0.7, label="Asking the teacher"):
        """For each conversation (a list of messages, see `helpers.chat`) a list of `n` texts, in the same order.

        max_tokens: of one answer. temperature: None for the server's own. label: what the progress bar says. Identical
        requests are asked once; answers that an earlier call got come from disk. Raises CourseError if some are
        missing in the end: the others are saved, and the same call goes on from there. So does a call that was
        interrupted.
        """
        _check_request(conversations, n, max_tokens, temperature)
        rows = [
            [self._job(place, messages, sample, max_tokens, temperature) for sample in range(n)]
            for place, messages in enumerate(conversations)
        ]
        wanted = {job.path: job for row in rows for job in row}
        entries = self._from_disk(wanted)
        if len(entries) < len(wanted):
            self._ask_missing(wanted, entries, max_tokens, label)
        return [[entries[job.path]["text"] for job in row] for row in rows]

    def estimate(self, conversations, n=1, max_tokens=400):
        """What `answers` may cost at most, before it is called. Rough: 3 characters are taken as a token.

        It takes every answer as new and as long as max_tokens allows; repeated attempts and chat markup are left out.
        """
        _check_request(conversations, n, max_tokens, 0)
        tokens_in = sum(len(message["content"]) for messages in conversations for message in messages) / 3
        return n * (tokens_in * self.price_in + len(conversations) * max_tokens * self.price_out) / 1e6

    def _job(self, place, messages, sample, max_tokens, temperature):
        fields = {"model": self.model, "messages": messages, self.limit: max_tokens}
        fields |= {} if temperature is None else {"temperature": float(temperature)}
        return _Job(place, self.folder / f"{_digest(fields | {'sample': sample})}.json", fields | {"stream": False})

    def _from_disk(self, paths):
        """path → entry, for those of `paths` that are there."""
        entries = {path: entry for path in paths if (entry := _read_entry(path))}
        with self._lock:
            self.usage.cached += len(entries)
            self.usage.cut += sum(entry["finish_reason"] == "length" for entry in entries.values())
        return entries

    def _ask_missing(self, wanted, entries, max_tokens, label):
        """Ask for what is missing among `entries`. One call at a time per model and folder, in whatever program."""
        done, stop = queue.Queue(), threading.Event()
        with contextlib.ExitStack() as held, _saving_in(self.folder):
            lock = self.folder / f"{_digest(self.model)[:16]}.lock"
            held.enter_context(locked(lock, "Another call asks this model. Waiting until it has its answers."))
            entries |= self._from_disk(wanted.keys() - entries.keys())  # what that call got
            todo = deque(job for job in wanted.values() if job.path not in entries)
            need_space(self.folder, len(todo) * (8 * max_tokens + 4096), "Saving the answers")
            # The lock goes to the threads: after Ctrl-C it is held until the last of them has saved its answer.
            keeper = threading.Thread(target=self._run_threads, args=(todo, done, stop, held.pop_all()), daemon=True)
        try:
            keeper.start()
            failures = self._collect(len(wanted), entries, done, label)
        except BaseException:  # Ctrl-C above all
            stop.set()
            keeper.join(GRACE)
            print(self._saved(wanted), file=sys.stderr, flush=True)
            raise
        for failure in failures:
            if not isinstance(failure, Trouble):
                raise CourseError(f"{failure} {self._saved(wanted)}") if isinstance(failure, CourseError) else failure
        if failures:
            raise CourseError(
                f"{self.url} gave no answer to {len(failures)} of {len(wanted)} requests, each sent {self.attempts} "
                f"times; the last time: {failures[-1]}. {self._saved(wanted)}"
            )

    def _saved(self, wanted):
        count = sum(path.is_file() for path in wanted)
        return f"{count} of {len(wanted)} answers are saved in {self.folder}; the same call goes on from there."

    def _collect(self, total, entries, done, label):
        """Put answers into `entries` until all threads have ended, and return the exceptions of the other requests."""
        failures = []
        with Bar(total, label) as bar:
            bar.advance(len(entries))
            while True:
                try:
                    item = done.get(timeout=0.2)  # on Windows, Ctrl-C does not end a wait without a timeout
                except queue.Empty:
                    bar.advance(0, self._note())
                    continue
                if item is None:
                    return failures
                path, result = item
                if isinstance(result, dict):
                    entries[path] = result
                    bar.advance(1, self._note())
                else:
                    failures.append(result)

    def _note(self):
        """What the bar says: the cost so far, and what makes it slow."""
        with self._lock:
            wait, usage = self._paused_until - self.clock(), self.usage
            parts = [f"cost {usage.cost:.2f}"] if self.price_in or self.price_out else []
            parts += [f"retries {usage.retries}"] if usage.retries else []
            return ", ".join(parts + ([f"the server asks to wait {wait:.0f} s"] if wait >= 1 else []))

    def _run_threads(self, todo, done, stop, lock):
        self._given_up = 0
        with lock:
            count = min(self.concurrent, len(todo))
            threads = [threading.Thread(target=self._work, args=(todo, done, stop), daemon=True) for _ in range(count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        done.put(None)

    def _work(self, todo, done, stop):
        """One thread: take jobs until none is left or the call is stopped; put (path, entry or exception) in `done`."""
        while not stop.is_set():
            try:
                job = todo.popleft()
            except IndexError:
                return
            try:
                result = self._answer(job, stop)
            except _Stopped:
                return
            except Exception as error:
                result = error
            with self._lock:
                self._given_up = 0 if isinstance(result, dict) else self._given_up + 1
                if self._given_up == GONE or not isinstance(result, dict | Trouble):
                    stop.set()
            done.put((job.path, result))

    def _answer(self, job, stop):
        """Ask until there is an answer, save it, and return its entry. Raises Trouble after the last attempt."""
        for attempt in range(1, self.attempts + 1):
            self._wait_for_turn(stop)
            with self._lock:
                self.usage.requests += 1
                self.usage.retries += attempt > 1
            try:
                entry = self._post(job)
                break
            except Trouble as trouble:
                if attempt == self.attempts:
                    raise
                # 2, 4, 8, 16, 32 s: six attempts take more than the minute after which a limit per minute is over.
                wait = min(2.0 ** min(attempt, 9) * _jitter.uniform(0.75, 1.25), LONGEST_WAIT)
                with self._lock:
                    if trouble.for_all:
                        self._paused_until = max(self._paused_until, self.clock() + (trouble.after or wait))
                self._pause(max(wait, trouble.after), stop)
        with _saving_in(self.folder):
            write_json(job.path, entry)
        with self._lock:
            self.usage.cut += entry["finish_reason"] == "length"
        return entry

    def _wait_for_turn(self, stop):
        """Wait until a request may be sent: no pause holds, and the last one was sent long enough ago."""
        while True:
            with self._lock:
                now = self.clock()
                wait = max(self._next_turn, self._paused_until) - now
                if wait <= 0:
                    self._next_turn = now + (60 / self.per_minute if self.per_minute else 0)
                    return
            self._pause(wait, stop)

    def _pause(self, seconds, stop):
        (self.sleep or stop.wait)(seconds)
        if stop.is_set():
            raise _Stopped

    def _post(self, job):
        """Send one request and return the entry of its answer. Raises Trouble (try again) or CourseError (do not)."""
        status, after, said, words = self._server.post(job.fields)
        well = 200 <= status < 300
        entry = _entry(said) if well else None
        used = _used(said)
        with self._lock:
            self.usage.tokens_in += used["tokens_in"]
            self.usage.tokens_out += used["tokens_out"]
            self.usage.cost += (used["tokens_in"] * self.price_in + used["tokens_out"] * self.price_out) / 1e6
        if entry:
            return entry | used
        message = f"status {status}, {words or 'no words'}"
        if well or status in RETRIED:
            raise Trouble(message, after, for_all=status == 429 or after > 0)
        remedy = "Check the url." if status < 400 else REMEDIES.get(status, OTHER_REMEDY)
        raise CourseError(f"{self.url} refused the request for conversations[{job.place}]: {message}. {remedy}")


@dataclass(frozen=True)
class _Job:
    place: int  # of its conversation
    path: Path  # of its entry
    fields: dict  # of its request


class _Stopped(Exception):
    """The call ends, so this request is not sent again."""


@contextlib.contextmanager
def _saving_in(folder):
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"Answers cannot be saved in {folder} ({error.strerror}). Free some space, or choose another folder."
        ) from error


def _entry(said):
    """What is kept of a response besides its tokens: text and finish_reason. None if it holds no answer."""
    try:
        choice = said["choices"][0]
        # No text at all comes from a model that spent its tokens on thinking. A new attempt would cost as much again.
        text = choice["message"]["content"] or ""
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair could not be saved
    except (AttributeError, IndexError, KeyError, TypeError):
        return None
    return {"text": text, "finish_reason": choice.get("finish_reason")}


def _used(said):
    """tokens_in and tokens_out as a response reports them."""
    usage = said.get("usage") if isinstance(said, dict) else None
    names = {"tokens_in": "prompt_tokens", "tokens_out": "completion_tokens"}
    counts = {own: usage.get(name) if isinstance(usage, dict) else 0 for own, name in names.items()}
    return {own: count if isinstance(count, int) else 0 for own, count in counts.items()}


def _read_entry(path):
    """The entry in the file `path`, or None if there is none that can be used."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        return entry if isinstance(entry["text"], str) and "finish_reason" in entry else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _check_request(conversations, n, max_tokens, temperature):
    _check_numbers(1, int, n=n, max_tokens=max_tokens)
    _check_numbers(0, temperature=0 if temperature is None else temperature)
    if not isinstance(conversations, list | tuple):
        raise CourseError(f"{type(conversations).__name__} is no list of conversations. Give a list of chats.")
    for place, messages in enumerate(conversations):
        if not isinstance(messages, list | tuple) or not all(map(_is_message, messages)) or not messages:
            raise CourseError(
                f"conversations[{place}] is no list of messages. Give dicts with a role (system, user or assistant) "
                "and a content (text), and nothing else."
            )
        if messages[-1]["role"] != "user":
            raise CourseError(f"conversations[{place}] asks nothing. Let its last message be the user's.")


def _is_message(value):
    well = isinstance(value, dict) and value.keys() == {"role", "content"} and isinstance(value["content"], str)
    return well and value["role"] in ("system", "user", "assistant")


def _check_numbers(least, kind=(int, float), **values):
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, kind) or not least <= value < 1e9:
            what = "whole number" if kind is int else "number"
            raise CourseError(f"{name}={value!r} cannot be. Give a {what} from {least} up.")
