"""Hostile programs, really run. Each is stopped, or `protections()` says that this system does not stop it."""

import os
import re
import secrets
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from helpers import sandbox, sandbox_child
from helpers.errors import CourseError
from helpers.sandbox import Limits, run, run_many

LINUX = sys.platform == "linux"
SECRET = secrets.token_hex(16)
SHORT = Limits(seconds=1.0)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The sandbox's temporary folders go here, and must be gone after every test; so must every process."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = children(os.getpid())
    yield folder
    assert list(folder.iterdir()) == []
    assert children(os.getpid()) <= before


def children(parent):
    """The ids of a process's children, zombies too; Linux only."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat") if LINUX else ():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.add(int(stat.parent.name))
    return found


def need(name):
    """Go on only where protection `name` is enforced: elsewhere a hostile program would do its harm."""
    protection = sandbox.protections()[name]
    if not protection.enforced:
        assert protection.how.startswith("not on this system")
        pytest.skip(f"{name}: {protection.how}; the sandbox says so")


class World:
    """What a program must not touch: files here and in the home, a listening socket, secrets in all of them."""

    def __init__(self, folder, server):
        self.outside, self.server = folder, server
        self.home = Path.home() / f".sandbox-test-{secrets.token_hex(8)}"
        for path in (folder / "file", self.home):
            path.write_text(SECRET)
        (folder / "folder").mkdir()
        self.before = self.state()

    def state(self):
        paths = [self.outside, self.home, *sorted(self.outside.rglob("*"))]
        return [(p, p.stat().st_mode, p.stat().st_mtime, p.is_file() and p.read_text()) for p in paths]

    def names(self):
        told = {"outside": str(self.outside), "home": str(self.home), "address": self.server.getsockname()}
        return "".join(f"{name} = {value!r}\n" for name, value in told.items())

    def check(self, outcome):
        assert self.state() == self.before
        assert SECRET not in outcome.stdout + outcome.stderr + repr(outcome.result)
        with pytest.raises(BlockingIOError):
            self.server.accept()


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_TEST_SECRET", SECRET)
    (tmp_path / "outside").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        made = World(tmp_path / "outside", server)
        try:
            yield made
        finally:
            made.home.unlink(missing_ok=True)


# (name, protection that stops it, statuses that it may end with, program)
HOSTILE = [
    ("loop", "time", "timeout", "while True: pass"),
    ("sleep", "time", "timeout", "import time; time.sleep(1000)"),
    ("sleep silently", "time", "timeout", "import os, time; os.closerange(0, 100); time.sleep(1000)"),
    ("stop", "time", "timeout", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
    ("waiting thread", "time", "timeout", "import threading; threading.Thread(target=threading.Event().wait).start()"),
    (
        "deaf to signals",
        "time",
        "timeout",
        """
        import signal
        for number in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGALRM", signal.SIGINT)):
            signal.signal(number, signal.SIG_IGN)
        while True: pass
        """,
    ),
    ("input", "time", "error", "input()"),
    ("allocation", "memory", "memory", "x = bytearray(8 << 30)"),
    ("growth", "memory", "memory error killed", "x = []\nwhile True: x.append(bytearray(10_000_000))"),
    ("growth in threads", "memory", "memory error killed timeout", """
        import threading
        def grow():
            x = []
            while True: x.append(bytearray(10_000_000))
        for _ in range(1000): threading.Thread(target=grow).start()
    """),
    ("fork bomb", "processes", "error", "import os\nwhile True: os.fork()"),
    ("stubborn fork bomb", "processes", "timeout", """
        import os
        while True:
            try: os.fork()
            except OSError: pass
    """),
    ("shell", "processes", "error", "import os; assert os.system(f'touch {outside}/new') == 0"),
    ("subprocess", "processes", "error", "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])"),
    ("spawn", "processes", "error", "import os, sys; os.posix_spawn(sys.executable, ['python'], {})"),
    ("exec", "processes", "error", "import os, sys; os.execv(sys.executable, [sys.executable, '-c', ''])"),
    ("multiprocessing", "processes", "error", "import multiprocessing as m; m.Process(target=print).start()"),
    ("write", "writing", "error", "open(outside + '/new', 'w').write('x')"),
    ("overwrite", "writing", "error", "open(outside + '/file', 'r+').write('x')"),
    ("append at home", "writing", "error", "open(home, 'a').write('x')"),
    ("overwrite at home", "writing", "error", "open(home, 'w').write('x')"),
    ("relative", "writing", "error", "import os; os.chdir(outside); open('new', 'w').write('x')"),
    ("through a link", "writing", "error", "import os; os.symlink(outside, 'x'); open('x/new', 'w').write('x')"),
    ("delete", "writing", "error", "import os; os.remove(outside + '/file')"),
    ("delete at home", "writing", "error", "import os; os.remove(home)"),
    ("delete a folder", "writing", "error", "import os; os.rmdir(outside + '/folder')"),
    ("delete a tree", "writing", "error", "import shutil; shutil.rmtree(outside)"),
    ("rename", "writing", "error", "import os; os.rename(outside + '/file', outside + '/other')"),
    ("take", "writing", "error", "import os; os.rename(outside + '/file', 'mine')"),
    ("put", "writing", "error", "import os; os.rename('program.py', outside + '/new')"),
    ("empty", "writing", "error", "import os; os.truncate(outside + '/file', 0)"),
    ("empty by opening", "writing", "error", "import os; os.open(outside + '/file', os.O_TRUNC)"),
    ("empty, mode 3", "writing", "error", "import os; os.open(outside + '/file', os.O_TRUNC | 3)"),
    ("make a folder", "writing", "error", "import os; os.mkdir(outside + '/new')"),
    ("make a pipe", "writing", "error", "import os; os.mkfifo(outside + '/new')"),
    ("shared memory", "writing", "error", """
        from multiprocessing.shared_memory import SharedMemory
        SharedMemory(create=True, size=9)
    """),
    ("modes", "writing", "ok error", "import os; os.chmod(outside + '/file', 0); os.chmod(outside, 0)"),
    ("owner", "writing", "ok error", "import os; os.chown(outside + '/file', 1, 1)"),
    ("times", "writing", "ok error", "import os; os.utime(outside + '/file', (1, 1))"),
    ("times, now", "writing", "error", "import os; os.utime(outside + '/file')"),
    ("attributes", "writing", "error", "import os; os.setxattr(outside + '/file', 'user.x', b'x')"),
    ("read", "reading", "error", "print(open(outside + '/file').read())"),
    ("read at home", "reading", "error", "print(open(home).read())"),
    ("read a list", "reading", "error", "import os; print(os.listdir(outside))"),
    ("read through a link", "reading", "error", "import os; os.symlink(outside, 'x'); print(open('x/file').read())"),
    ("read a hard link", "reading", "error", "import os; os.link(outside + '/file', 'x'); print(open('x').read())"),
    ("read a process", "reading", "error", "import os; print(open(f'/proc/{os.getppid()}/environ').read())"),
    ("read the system's users", "reading", "error", "print(open('/etc/passwd').read())"),
    ("environment", "environment", "ok", "import os; print(dict(os.environ))"),
    ("connect", "network", "error", "import socket; socket.create_connection(address)"),
    ("bind", "network", "error", "import socket; socket.create_server(('127.0.0.1', 0))"),
    ("datagram", "network", "error", """
        import socket
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', address)
    """),
    ("datagram to a local socket", "network", "error", """
        import socket
        socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', outside + '/socket')
    """),
    ("local socket", "network", "error", "import socket; socket.socket(socket.AF_UNIX).bind('x')"),
    ("kill the parent", "signals", "error", "import os; os.kill(os.getppid(), 9)"),
    ("kill its group", "signals", "error", "import os; os.killpg(os.getpgid(os.getppid()), 9)"),
    ("kill everyone", "signals", "error", "import os; os.kill(-1, 9)"),
    ("kill by a pipe", "signals", "error", """
        import fcntl, os
        r, w = os.pipe()
        fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())
    """),
    ("limit the parent", "signals", "error", """
        import os, resource
        resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))
    """),
    ("debug the parent", "signals", "error", """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.ptrace(16, os.getppid(), None, None) == 0, os.strerror(ctypes.get_errno())
    """),
    ("100 MB of output", "output", "output", "print('x' * 100_000_000)"),
    ("100 MB of errors", "output", "output", "import sys; print('x' * 100_000_000, file=sys.stderr)"),
    ("endless output", "output", "output", "while True: print('x' * 80)"),
    ("a large file", "file size", "error", "open('x', 'wb').write(bytes(100_000_000))"),
    ("large files", "output", "output", """
        while True:
            for i in range(100): open(str(i), 'wb').write(bytes(1_000_000))
    """),
    ("many files", "output", "output", "import itertools\nfor i in itertools.count(): open(str(i), 'w').close()"),
    ("deep folders", "output", "output", "import os\nwhile True: os.mkdir('x'); os.chdir('x')"),
]  # fmt: skip


@pytest.mark.parametrize("name, protection, statuses, program", HOSTILE, ids=[row[0] for row in HOSTILE])
def test_hostile_program_is_stopped(world, name, protection, statuses, program):
    need(protection)
    limits = SHORT if "timeout" in statuses else Limits(seconds=20)
    outcome = run(world.names() + textwrap.dedent(program), limits=limits)
    assert outcome.status in statuses.split(), outcome
    if outcome.status == "error" and LINUX:  # for the right reason
        reasons = "ermitted|ermission|EOFError|cross-device|too large|AssertionError|MemoryError|thread"
        assert re.search(reasons, outcome.stderr), outcome
    assert outcome.seconds < 15
    assert len(outcome.stdout) <= limits.output_bytes and len(outcome.stderr) <= limits.output_bytes
    world.check(outcome)


def test_everything_is_enforced_on_linux_with_landlock_and_seccomp():
    layers = run("", harness="submit(layers)").result
    if not (LINUX and layers["landlock"] and layers["seccomp"]):
        pytest.skip(f"this system has not both: {layers}")
    assert {name: p.how for name, p in sandbox.protections().items() if not p.enforced} == {}


LAYERS = {"limits": {"memory", "file size"}, "landlock": {"reading", "writing"}, "seccomp": {"processes", "writing"}}


@pytest.mark.skipif(not LINUX, reason="the layers are Linux's")
@pytest.mark.parametrize("missing", LAYERS)
def test_a_missing_layer_is_reported_and_programs_run_all_the_same(monkeypatch, missing):
    before = {name for name, p in sandbox.protections().items() if p.enforced}
    monkeypatch.setattr(sandbox, "_LAYERS", tuple(layer for layer in sandbox._LAYERS if layer != missing))
    after = {name for name, p in sandbox.protections().items() if p.enforced}
    assert not LAYERS[missing] & after
    assert after <= before
    assert {"time", "output"} <= after
    assert run("submit(1)").result == 1


@pytest.mark.skipif(not LINUX, reason="Landlock is Linux's")
@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5, 6])
def test_older_landlock_still_holds_with_seccomp(monkeypatch, abi):
    need("writing")
    need("processes")
    monkeypatch.setattr(sandbox, "_LANDLOCK_ABI", abi)
    assert run("", harness="submit(layers)").result["landlock"] <= abi
    assert all(protection.enforced for protection in sandbox.protections().values())


def test_a_program_runs_and_its_result_comes_back():
    outcome = run("import sys\nprint('out')\nprint('err', file=sys.stderr)\nsubmit({'a': [1, 2.5, None, 'ü']})")
    assert (outcome.status, outcome.returncode) == ("ok", 0)
    assert (outcome.stdout.strip(), outcome.stderr.strip()) == ("out", "err")
    assert outcome.result == {"a": [1, 2.5, None, "ü"]}
    assert 0 < outcome.seconds < 5


def test_a_harness_checks_the_program_that_sees_neither_submit_nor_main():
    harness = "def check(program): submit([program.name, program.double(21), program.seen])"
    program = "name = __name__\ndef double(x): return 2 * x\nseen = 'submit' in globals()"
    assert run(program, harness=harness).result == ["program", 42, False]


def test_pytest_runs_in_the_sandbox():
    harness = """
import os
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
import pytest
def check(program):
    with open("test_it.py", "w") as handle:
        handle.write("import program\\ndef test(tmp_path): assert program.double(1) == 2\\ndef test_no(): assert 0")
    submit(int(pytest.main(["-q", "-p", "no:cacheprovider", "test_it.py"])))
"""
    outcome = run("def double(x): return 2 * x", harness=harness, limits=Limits(seconds=60))
    assert outcome.result == 1, outcome
    assert "1 failed, 1 passed" in outcome.stdout


@pytest.mark.parametrize(
    "program",
    [
        "import threading\nt = [threading.Thread(target=print) for _ in range(8)]\n[x.start() for x in t]; t[0].join()",
        "from concurrent.futures import ThreadPoolExecutor as P\nassert list(P(4).map(abs, [-1, -2])) == [1, 2]",
        "import asyncio\nasyncio.run(asyncio.sleep(0))",
        "import tempfile\nwith tempfile.TemporaryDirectory() as f: open(f + '/x', 'w').close()",
        "import shutil\nshutil.copy('program.py', 'copy.py')\nshutil.copy2('program.py', 'copy2.py')\nimport copy2",
        "from pathlib import Path\nPath('new').touch()\nassert Path('new').exists()",
        "import os\nos.makedirs('a/b')\nopen('a/b/x', 'w').close()\nos.rename('a/b/x', 'y')\nos.truncate('y', 3)",
        "import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\nsignal.raise_signal(signal.SIGTERM)",
        "import platform, uuid, sqlite3, ssl, zoneinfo\nplatform.platform(), uuid.uuid4()",
        "assert __name__ == '__main__'\nimport __main__\nassert __main__.submit is submit",
        "import sys\nassert 'helpers' not in sys.modules and sys.stdin.read() == ''",
    ],
)
def test_ordinary_programs_work(program):
    outcome = run(program, limits=Limits(seconds=30))
    assert outcome.status == "ok", outcome


@pytest.mark.parametrize(
    "program",
    [
        "import os; os._exit(0)",
        "raise SystemExit",
        "raise SystemExit(0)",
        "import sys; sys.exit()",
        "quit()",
        "raise KeyboardInterrupt",
        "print('ok'); 1 / 0",
        "def f(:",
        "x = '\0'",
        "x = '\udc80'",
        "raise BaseExceptionGroup('x', [ValueError()])",
        "import unittest; unittest.main()",
        "import os\nfor i in (3, 4, 5):\n  try: os.write(i, b'\\nok\\n0 ok 1\\n')\n  except OSError: pass\nos._exit(0)",
        "import os; os.closerange(0, 200)",
        "import os; os.closerange(3, 200); submit(1)",
        "submit(1); submit(1)",
        "submit(object())",
        "submit('x' * 100_000)",
        "submit(1); raise ValueError",
        "submit(1); import os; os._exit(0)",
        "import sys; sys.excepthook = None; 1 / 0",
        "import atexit, os; atexit.register(os._exit, 3)",
    ],
)
def test_what_does_not_run_to_its_end_is_no_success(program):
    outcome = run(program)
    assert outcome.status == "error", outcome
    assert outcome.result is None


@pytest.mark.parametrize("program", ["import os; os._exit(0)", "raise SystemExit", "def check(p): pass\n1 / 0"])
def test_a_program_cannot_skip_its_harness(program):
    outcome = run(program, harness="def check(program): submit('passed')")
    assert (outcome.status, outcome.result) == ("error", None)


def test_junk_on_every_descriptor_does_not_spoil_a_result():
    junk = "import os\nfor i in range(3, 64):\n  try: os.write(i, b'\\xff\\0 no end')\n  except OSError: pass\n"
    outcome = run(junk + "submit(1)")
    assert (outcome.status, outcome.result) == ("ok", 1)


def test_a_traceback_shows_the_program_alone():
    outcome = run("def f():\n    return 1 / 0\nf()")
    assert outcome.status == "error" and outcome.returncode == 1
    assert "ZeroDivisionError" in outcome.stderr and "return 1 / 0" in outcome.stderr
    assert "sandbox_child" not in outcome.stderr and str(sandbox._ROOT) not in outcome.stderr


def test_any_bytes_may_be_written():
    outcome = run("import sys; sys.stdout.buffer.write(b'a\\xff\\xfe\\0b'); sys.stdout.write('\\udc80')")
    assert outcome.status == "ok"
    assert outcome.stdout == "a\ufffd\ufffd\0b\ufffd"


@pytest.mark.parametrize("limit", ["", "import sys; sys.setrecursionlimit(10**9)\n"])
@pytest.mark.parametrize(
    "program", ["def f(n): return f(n + 1) + 1\nf(0)", "class A:\n  def __repr__(self): return repr(self)\nrepr(A())"]
)
def test_deep_recursion_is_survived(program, limit):
    outcome = run(limit + program, limits=Limits(seconds=10, memory_mb=128))
    assert outcome.status in ("error", "memory", "killed", "timeout")


def test_a_crash_is_killed():
    outcome = run("import ctypes; ctypes.string_at(0)")
    assert outcome.status == "killed" if os.name != "nt" else "error"


def test_sets_have_the_same_order_in_every_run():
    program = "print({str(i) for i in range(50)})"
    assert run(program).stdout == run(program).stdout


def test_whatever_a_program_leaves_behind_is_removed():
    program = """
    import os
    for name in ("file", "pipe", "closed"):
        os.mkdir(name) if name == "closed" else open(name, "w").close()
    os.mkdir("closed/locked", 0)
    os.symlink("/", "link")
    os.chmod("closed", 0)
    for _ in range(3000): os.mkdir("deep"); os.chdir("deep")
    """
    assert run(textwrap.dedent(program)).status in ("ok", "output", "error")  # the fixture looks for remains


def test_run_many_keeps_order_and_mixes_nothing():
    programs = [f"import time; time.sleep({(19 - i) / 100}); print('{i}' * 1000); submit({i})" for i in range(20)]
    programs[7] = "while True: print('x' * 1000)"
    programs[11] = "import time; time.sleep(1000)"
    outcomes = run_many(programs, limits=Limits(seconds=3), workers=4)
    assert [o.result for o in outcomes] == [None if i in (7, 11) else i for i in range(20)]
    assert [o.stdout.strip() for i, o in enumerate(outcomes) if i not in (7, 11)] == [
        str(i) * 1000 for i in range(20) if i not in (7, 11)
    ]
    assert (outcomes[7].status, outcomes[11].status) == ("output", "timeout")


def test_run_many_takes_nothing_a_label_and_a_harness(capsys):
    assert run_many([]) == []
    outcomes = run_many(["x = 1", "x = 2"], label="programs", harness="def check(program): submit(program.x)")
    assert [outcome.result for outcome in outcomes] == [1, 2]
    assert capsys.readouterr().out == ""


def test_large_output_does_not_fill_the_parents_memory():
    tracemalloc.start()
    try:
        assert run("while True: print('x' * 1_000_000)").status == "output"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not LINUX, reason="only Linux tells a process that its parent died")
def test_a_program_dies_with_its_parent(tmp_path):
    program = "from helpers.sandbox import run; run('while True: pass')"
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=sandbox._ROOT, env={"TMPDIR": str(tmp_path)})
    try:
        started = wait_for(lambda: children(parent.pid))
    finally:
        parent.kill()
        parent.wait()
    assert started
    assert wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in started))


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return value


def test_an_interrupt_leaves_nothing_behind(monkeypatch):
    """Ctrl-C in the caller: the program is killed, its folder removed (the fixture looks)."""
    if threading.current_thread() is not threading.main_thread() or os.name == "nt":
        pytest.skip("a signal cannot be sent to this thread here")
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run("while True: pass", limits=Limits(seconds=20))


@pytest.mark.parametrize(
    "call",
    [
        lambda: Limits(seconds=0),
        lambda: Limits(seconds=float("nan")),
        lambda: Limits(memory_mb=1),
        lambda: Limits(open_files=2.5),
        lambda: Limits(output_bytes=True),
        lambda: run(None),
        lambda: run(b"pass"),
        lambda: run("pass", harness=1),
        lambda: run_many("pass"),
        lambda: run_many(["pass"], workers=0),
    ],
)
def test_bad_input_is_one_clear_error(call):
    with pytest.raises(CourseError, match=r"needs|cannot be"):
        call()


def test_no_temporary_folder_is_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(CourseError, match="temporary folder"):
        run("pass")


def filtered(code, architecture, number, *arguments):
    """What a seccomp filter answers: a small interpreter of the BPF that the filter uses."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(arguments + (0,) * 6)[:6])
    code = [struct.unpack_from("=HBBI", code, i) for i in range(0, len(code), 8)]
    at = value = 0
    while True:
        operation, if_true, if_false, operand = code[at]
        at += 1
        if operation == 0x06:
            return operand
        if operation == 0x20:
            value = struct.unpack_from("=I", data, operand)[0]
        elif operation == 0x54:
            value &= operand
        else:
            test = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[operation]
            at += if_true if test else if_false


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the filter is Linux's")
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_on_both_architectures(machine):
    allow, kill, refuse, pretend, missing = 0x7FFF0000, 0x80000000, 0x50001, 0x50000, 0x50026
    architecture = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    read, write, fork, execute, send, clone, stop, mode, opens, times, cut, pair = {
        "x86_64": (0, 1, 57, 59, 41, 56, 62, 90, 257, 280, 76, 53),
        "aarch64": (63, 64, 220, 221, 198, 220, 129, 52, 56, 88, 45, 199),
    }[machine]
    new, old = (sandbox_child._seccomp(machine, abi) for abi in (7, 2))
    for code in (new, old):
        assert filtered(code, architecture ^ 1, read) == kill
        assert filtered(code, 0x40000003, 11) == kill  # 32-bit execve
        assert {filtered(code, architecture, call) for call in (read, write)} == {allow}
        assert {filtered(code, architecture, call) for call in (fork, execute, send, clone)} == {refuse}
        assert filtered(code, architecture, clone, 0x10F00) == allow
        assert filtered(code, architecture, pair, 1, 0x80801) == allow
        assert {filtered(code, architecture, pair, *kind) for kind in ((1, 2), (1, 0x80805), (30, 1))} == {refuse}
        assert filtered(code, architecture, 435) == filtered(code, architecture, 463) == missing
        assert filtered(code, architecture, read | 0x40000000) == missing  # the x32 interface
        assert filtered(code, architecture, stop, os.getpid(), 9) == allow
        assert filtered(code, architecture, stop, os.getppid(), 9) == refuse
        assert filtered(code, architecture, stop, 2**64 - 1, 9) == refuse
        assert filtered(code, architecture, mode) == pretend
        assert filtered(code, architecture, times, 0, 0, 1) == pretend
        assert filtered(code, architecture, times) == refuse
        assert filtered(code, architecture, opens, 0, 0, os.O_WRONLY | os.O_TRUNC) == allow
    assert filtered(new, architecture, cut) == filtered(new, architecture, opens, 0, 0, 0o1000) == allow
    assert filtered(old, architecture, cut) == refuse
    assert {filtered(old, architecture, opens, 0, 0, flags) for flags in (0o1000, 0o1003)} == {refuse}


def test_a_parser_that_trips_over_another_thread_is_asked_again():
    left = {1: 2, 2: 0}

    def work(item):
        if left[item]:
            left[item] -= 1
            raise SystemError("AST constructor recursion depth mismatch (before=39, after=34)")
        return 10 * item

    assert sandbox.in_parallel(work, [1, 2]) == [10, 20]

    def broken(item):
        raise SystemError("another one")

    with pytest.raises(SystemError, match="another one"):
        sandbox.in_parallel(broken, [1])
