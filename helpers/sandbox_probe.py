"""Finds out what the sandbox enforces on this system, by trying to break out of it. Used by `sandbox.protections`."""

import os
import socket
from functools import cache
from pathlib import Path

from helpers import sandbox
from helpers.errors import CourseError

# Each attempt is harmless where it succeeds. It counts as prevented only if the system refuses it.
_PROBE = """
import os, socket, subprocess, sys

outside = told["outside"]

def done(*attempts):
    succeeded = 0
    for attempt in attempts:
        try:
            attempt()
            succeeded += 1
        except (OSError, MemoryError):
            pass
    return succeeded > 0

def path(name):
    return os.path.join(outside, name)

def parents_environment():
    if sys.platform == "linux":
        open(f"/proc/{os.getppid()}/environ", "rb").read()
    else:
        raise OSError

def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", told["port"]))

def write_much():
    with open("large", "wb") as handle:
        for _ in range(17):
            handle.write(bytes(1_000_000))

def change():
    os.chmod(path("changed"), 0)
    os.utime(path("changed"), (1, 1))

done(change)  # may pretend to succeed; the parent looks
tried = {
    "memory": done(lambda: bytearray(told["memory_mb"] * 1_000_000)),
    "file size": done(write_much),
    "reading": done(lambda: open(path("secret")).read(), lambda: os.listdir(outside)),
    "writing": done(
        lambda: open(path("overwritten"), "w"),
        lambda: os.truncate(path("emptied"), 0),
        lambda: os.close(os.open(path("emptied"), os.O_RDONLY | os.O_TRUNC)),
        lambda: os.remove(path("removed")),
        lambda: open(path("new"), "w"),
        lambda: os.mkdir(path("folder")),
    ),
    "environment": done(parents_environment),
    "network": done(
        lambda: socket.create_connection(("127.0.0.1", told["port"]), 1),
        lambda: socket.create_server(("127.0.0.1", 0)),
        send,
    ),
    "processes": done(lambda: subprocess.run([sys.executable, "-S", "-c", ""])),
    # 0 asks only whether a signal could be sent; on Windows it would be Ctrl-C.
    "signals": done(lambda: os.name == "nt" or os.kill(os.getppid(), 0)),
}
if hasattr(os, "fork"):
    def fork():
        if os.fork() == 0:
            os._exit(0)
        os.wait()
    tried["processes"] = tried["processes"] or done(fork)
submit({"done": tried, "environment": sorted(os.environ), "layers": layers})
"""


@cache
def found(*_settings):
    """Name → Protection. `_settings`: the module's, so that a change of them is probed anew."""
    with sandbox._new_folder() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        for name in ("overwritten", "emptied", "removed", "secret", "changed"):
            Path(folder, name).write_text("a file outside the sandbox", encoding="utf-8")
        before = os.stat(Path(folder, "changed"))
        told = {"outside": folder, "port": server.getsockname()[1], "memory_mb": sandbox.Limits().memory_mb}
        tried = sandbox.run("", harness=f"told = {told!r}\n{_PROBE}", limits=sandbox.Limits(seconds=30))
        after = os.stat(Path(folder, "changed"))
    if tried.status != "ok":
        raise CourseError(
            f"The sandbox cannot run Python here: {tried.status}, {tried.stderr.strip()[-300:]!r}. "
            "If the Python installation is in an unusual place, make a new .venv with another Python."
        )
    names, layers = tried.result["environment"], tried.result["layers"]
    leaked = (set(names) & set(os.environ)) - set(sandbox._environment("")) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
    held = {name: not done for name, done in tried.result["done"].items()}
    held["writing"] &= (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
    held["environment"] &= not leaked
    short, small = sandbox.Limits(seconds=0.3), sandbox.Limits(output_bytes=1000)
    held["time"] = sandbox.run("while True: pass", limits=short).status == "timeout"
    held["output"] = sandbox.run("while True: print('x' * 1000)", limits=small).status == "output"
    landlock = f"Landlock (ABI {layers['landlock']})" if layers["landlock"] else None
    seccomp = "seccomp" if layers["seccomp"] else None
    limit = {name: f"RLIMIT_{name}" for name in layers["limits"]}
    by = {
        "time": ["the parent kills the process group"],
        "output": ["the parent reads no more, and kills the process group"],
        "memory": [limit.get("AS")],
        "file size": [limit.get("FSIZE")],
        "processes": [seccomp, limit.get("NPROC")],
        "reading": [landlock],
        "writing": [landlock, seccomp],
        "environment": ["an environment of its own", landlock],
        "network": [seccomp, landlock],
        "signals": [seccomp, landlock if layers["landlock"] >= 6 else None],
    }
    by = {name: " and ".join(filter(None, means)) for name, means in by.items()}
    lacking = {name: f"not on this system{means and f', despite {means}'}" for name, means in by.items()}
    return {name: sandbox.Protection(held[name], (by if held[name] else lacking)[name]) for name in by}
