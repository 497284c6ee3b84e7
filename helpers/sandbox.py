"""Runs untrusted Python, such as a model writes, in a process with limits. `protections()` says what holds here.

The threat is a program that is wrong, careless or hostile. It must not harm the learner's files, other processes or
the scorer; it must not read what is not its own, and must not send anything away. Each program runs in a process, a
folder and an environment of its own. It may read Python's installation and the system's libraries.

What is enforced, and by what:
- Everywhere, by the parent: the wall clock; a cap on output; the folder's size, looked at ten times a second; an
  environment without the caller's variables; at the end the process and its group are killed, the folder is removed.
- Linux, by the process itself before the program starts, for root as for anyone: rlimits (address space, CPU seconds,
  file size, open files, core dumps); Landlock (no reading outside, no writing or deleting but in the folder, no TCP);
  seccomp (no new processes, no sockets, no signals to others, no debugging, no change of modes, owners or times, no
  mounts, namespaces, io_uring, bpf, keys or shared memory); no capabilities; death with the parent. Threads work.
  seccomp needs x86_64 or aarch64; Landlock needs Linux 5.13, and 6.7 to refuse TCP without seccomp.
- macOS, by rlimits as far as the system honours them: no new processes (unless the user is root), size of a file.
  Not reading, writing, network, signals. A process that leaves its group survives.
- Windows: nothing beyond the parent's part.

Not enforced anywhere: CPU and disk use up to the limits; side channels such as timing; whether a path exists, its size
and its times; a bug in the kernel. Where Landlock is missing, a program reads and writes what the user may. A program
can forge its own result, because it shares a process with the harness that hands it back. That gains it a wrong score
and nothing else. By accident it cannot happen: only a line with a random number, in a file of its own, counts.
"""

import contextlib
import json
import marshal
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, fields
from pathlib import Path

from helpers import course
from helpers.errors import CourseError
from helpers.progress import Bar

_ROOT = str(Path(__file__).resolve().parents[1])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from helpers.sandbox_child import main; main()"
_LAYERS = ("limits", "landlock", "seccomp")  # tests take one away to see what is left
_LANDLOCK_ABI = 99  # the newest to use; tests lower it to see what an older kernel would do
NEEDED = ("time", "memory", "processes", "reading", "writing", "network", "signals")  # protections, against harm
_TICK = 0.1  # seconds between looks at the folder
_LEAST = {"seconds": 0.05, "memory_mb": 64, "output_bytes": 0, "file_mb": 1, "open_files": 16}


@dataclass(frozen=True)
class Limits:
    """What one program may use. Megabytes are 1e6 bytes."""

    seconds: float = 5.0  # wall clock, Python's start included
    memory_mb: int = 512  # address space, which is more than what is really used
    output_bytes: int = 64_000  # each: stdout, stderr, the result as JSON
    file_mb: int = 16  # one file; all files together may hold twice that
    open_files: int = 64

    def __post_init__(self):
        for field in fields(self):
            value, least = getattr(self, field.name), _LEAST[field.name]
            kinds = (int, float) if field.name == "seconds" else int
            if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value < 1e9:
                kind = "number" if field.name == "seconds" else "whole number"
                raise CourseError(f"Limits({field.name}={value!r}) cannot be. Give a {kind} from {least} up.")


@dataclass(frozen=True)
class Outcome:
    """How a program ended.

    status: "ok" (it ran to its end), "error" (an exception, or any exit of its own, with 0 too), "timeout", "memory"
    (an uncaught MemoryError), "output" (it wrote too much) or "killed" (by a signal, such as a segmentation fault).
    returncode: as in subprocess; stdout, stderr: what was kept; seconds: wall clock.
    result: the JSON value that was handed to `submit`, if the status is "ok"; else None.
    """

    status: str
    returncode: int
    stdout: str
    stderr: str
    seconds: float
    result: object = None


@dataclass(frozen=True)
class Protection:
    """Whether something is enforced on this system, and by what, or why not."""

    enforced: bool
    how: str


def run(source, *, limits=Limits(), harness=None, hash_seed=0, readable=()):
    """Run the program text `source`, and return its Outcome.

    Without a harness the program is a script: `__name__` is "__main__", and `submit(value)` hands one JSON value back.

    harness: a trusted program text that runs first in the same process. Only the harness sees `submit` then, and the
    program is a module named "program". If the harness defines `check(program)`, that runs after it, with the module.

    hash_seed: decides the order of sets of strings, which is the same in every run with the same seed.

    readable: folders that the program may read as well, and import from; it never writes there.
    """
    for name, text in (("source", source), ("harness", harness or "")):
        if not isinstance(text, str):
            raise CourseError(f"sandbox.run() needs a program text as {name}; it got {type(text).__name__}.")
    nonce = secrets.token_hex(16).encode()
    with _new_folder() as folder, tempfile.TemporaryFile() as channel:
        # Bytes as they are: a text that is no valid UTF-8 is the program's error, not ours.
        Path(folder, "program.py").write_bytes(source.encode("utf-8", "surrogatepass"))
        job = {field.name: getattr(limits, field.name) for field in fields(limits)}
        job |= {"nonce": nonce, "folder": folder, "parent": os.getpid()}
        job |= {"layers": _LAYERS, "landlock_abi": _LANDLOCK_ABI}
        job |= {"readable": [os.path.realpath(place) for place in readable]}
        job |= {"harness": None if harness is None else harness.encode("utf-8", "surrogatepass")}
        marshal.dump(job, channel)
        channel.seek(0)
        started = time.monotonic()
        process = _start(folder, channel, hash_seed)
        readers = []
        try:
            readers += [_Reader(stream, limits.output_bytes) for stream in (process.stdout, process.stderr)]
            verdict = _watch(process, readers, folder, limits, started + limits.seconds)
        finally:
            _kill(process)
            process.wait()
            for reader in readers:
                reader.end()
        seconds = time.monotonic() - started
        if any(reader.overflow for reader in readers):
            verdict = "output"
        reported, result = _report(channel, nonce, limits.output_bytes)
    return Outcome(
        status := verdict or _status(process.returncode, reported),
        process.returncode,
        *(reader.text() for reader in readers),
        seconds,
        result if status == "ok" else None,
    )


def run_many(sources, *, limits=Limits(), workers=None, label=None, harness=None):
    """Run each program text of `sources`, `workers` at a time (default: one per core); Outcomes in the same order.

    label: what the progress bar says; None for no bar.
    """
    if isinstance(sources, str):
        raise CourseError("sandbox.run_many() needs a list of program texts; it got one text.")
    return in_parallel(lambda source: run(source, limits=limits, harness=harness), sources, workers, label)


def in_parallel(work, items, workers=None, label=None):
    """`work(item)` for each item, `workers` at a time in threads (default: one per core); the results in order.

    Early versions of Python 3.11 and 3.12 may fail where two threads parse at once; then `work` is called again.
    """
    if workers is not None and workers < 1:
        raise CourseError(f"workers={workers!r} cannot be. Give a whole number from 1 up, or None for one per core.")
    items = list(items)
    results = [None] * len(items)
    bar = contextlib.nullcontext() if label is None else Bar(len(items), label)
    with ThreadPoolExecutor(workers or course.cores()) as pool, bar:
        places = {pool.submit(_again, work, item): i for i, item in enumerate(items)}
        try:
            for done in as_completed(places):
                results[places[done]] = done.result()
                if label is not None:
                    bar.advance()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def _again(work, item, tries=5):
    """`work(item)`, repeated where the parser of Python trips over another thread's (CPython issue 106905)."""
    for _ in range(tries):
        try:
            return work(item)
        except SystemError as error:
            if "AST constructor recursion depth mismatch" not in str(error):
                raise
    return work(item)


def protections():
    """What is enforced on this system, by name, each a Protection: found out by trying, once per process (1 s)."""
    from helpers import sandbox_probe  # which needs `run`

    return dict(sandbox_probe.found(_LAYERS, _LANDLOCK_ABI))


def missing():
    """The names of what keeps people's files safe and is not enforced on this system."""
    return [name for name, held in protections().items() if name in NEEDED and not held.enforced]


def _start(folder, channel, hash_seed):
    # As -I does, but with an environment of our own, which -I would ignore: a fixed hash seed makes sets repeatable.
    command = [sys.executable, "-s", "-P", "-B", "-X", "utf8", "-c", _START, _ROOT]
    group = {"start_new_session": True}
    if os.name == "nt":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    try:
        streams = {"stdin": channel, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, **streams, cwd=folder, env=_environment(folder, hash_seed), **group)
    except OSError as error:
        raise CourseError(
            f"The sandbox could not start a process: {error}. Close some programs, or use fewer workers, and try again."
        ) from error


def _environment(folder, hash_seed=0):
    """What Python needs, and no more. One thread per library call: each thread's stack counts as memory."""
    own = {"PYTHONHASHSEED": str(hash_seed), "OMP_NUM_THREADS": "1"}
    own |= dict.fromkeys(("USERPROFILE", "TEMP", "TMP") if os.name == "nt" else ("HOME", "TMPDIR"), folder)
    return own | {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}


class _Reader(threading.Thread):
    """Reads one stream of a process to its end, or until it is longer than `limit` bytes."""

    def __init__(self, stream, limit):
        super().__init__(daemon=True)
        self.stream, self.limit, self.kept, self.overflow = stream, limit, bytearray(), False
        self.start()

    def run(self):
        while block := os.read(self.stream.fileno(), 65536):
            self.kept += block
            if len(self.kept) > self.limit:
                self.overflow = True
                return

    def end(self):
        # A process that escaped the kill may hold the other end; then the thread and the pipe are left to it.
        self.join(1)
        if not self.is_alive():
            self.stream.close()

    def text(self):
        return self.kept[: self.limit].decode("utf-8", "replace")


def _watch(process, readers, folder, limits, deadline):
    """Wait until the process ends (None) or breaks a limit of the parent's ("timeout" or "output")."""
    while True:
        step = min(_TICK, deadline - time.monotonic())
        if step <= 0:
            return "timeout"
        # A stream's end wakes at once, where waiting for a process is polling.
        reading = [reader for reader in readers if reader.is_alive()]
        if reading:
            reading[0].join(step)
        else:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(step)
        if any(reader.overflow for reader in readers):
            return "output"
        if process.poll() is not None:
            return None
        if _too_large(folder, 2 * limits.file_mb * 1_000_000):
            return "output"


def _too_large(folder, limit):
    """Whether the files in `folder` hold more than `limit` bytes, or cannot be looked through: too many, too deep."""
    found, count, waiting = 0, 0, [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        found += entry.stat(follow_symlinks=False).st_size
                    if found > limit or count > 10_000 or len(entry.path) - len(folder) > 1000:
                        return True
        except FileNotFoundError:
            continue  # the program is still at work
        except OSError:
            return True  # hidden, or too deep
    return False


def _kill(process):
    """Kill the process and its whole group, unless it is gone."""
    with contextlib.suppress(OSError):
        if os.name == "nt":
            if process.poll() is None:
                command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
                subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
                process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _report(channel, nonce, limit):
    """(status, result) as the process reported them, or (None, None). The program may have written there too."""
    channel.seek(0)
    for line in channel.read(limit + 1000).split(b"\n"):
        if line.startswith(nonce + b" "):
            status, _, text = line[len(nonce) + 1 :].partition(b" ")
            try:
                return status.decode(), json.loads(text) if text else None
            except (ValueError, RecursionError):
                break
    return None, None


def _status(returncode, reported):
    if reported == "memory":
        return "memory"
    if reported == "ok" and returncode == 0:
        return "ok"
    if returncode < 0:
        return "timeout" if -returncode == getattr(signal, "SIGXCPU", None) else "killed"
    return "error"


@contextlib.contextmanager
def _new_folder():
    try:
        folder = os.path.realpath(tempfile.mkdtemp(prefix="sandbox-"))
    except OSError as error:
        raise CourseError(
            f"The sandbox could not make a temporary folder: {error}. "
            "Free some disk space, or set TMPDIR to a folder that has some, and try again."
        ) from error
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder):
    """Remove what a program left behind, whatever its modes and however deep: shutil.rmtree fails on either."""
    before = None
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
    while (folders := _clear(folder)) and folders != before:
        for place in folders:
            # Children move up before their parent goes, so that no path ever grows.
            for child in _clear(place):
                with contextlib.suppress(OSError):
                    os.rename(child, os.path.join(folder, secrets.token_hex(8)))
            with contextlib.suppress(OSError):
                os.rmdir(place)
        before = folders
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _clear(folder):
    """Remove the files in `folder`; return the paths of the folders in it."""
    folders = []
    with contextlib.suppress(OSError):
        with os.scandir(folder) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)  # moving a folder writes in it
                    folders.append(entry.path)
                else:
                    with contextlib.suppress(OSError):
                        os.unlink(entry.path)
    return folders
