"""Windows and macOS, as far as a machine without them can tell: what only Linux or only POSIX has is never used bare.

The scan knows names. What it cannot see (a path's separator, a file in use) it does not claim. A use is guarded where
something asked about the system before: an `if`, `and` or conditional expression with os.name, sys.platform, hasattr or
getattr in it; an `except` for what the lack of it raises; an earlier `if` of that kind that leaves the function. What
is neither is in LINUX_ONLY, with the reason why no learner elsewhere meets it.
"""

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[1]
MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
# Of `os`: what Python's documentation says is not available on Windows, or on Linux alone, and might be used here.
OS = {
    "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_PATH", "WEXITSTATUS", "WIFEXITED", "WIFSIGNALED",
    "WNOHANG", "chown", "chroot", "ctermid", "eventfd", "fchmod", "fchown", "fork", "forkpty",
    "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getpgrp", "getpriority",
    "getsid", "getuid", "initgroups", "killpg", "lchown", "lockf", "memfd_create", "mkfifo", "mknod", "nice", "openpty",
    "pathconf", "pidfd_open", "pipe2", "posix_fadvise", "posix_spawn", "pread", "prctl", "pwrite", "sched_getaffinity",
    "sched_setaffinity", "sendfile", "setegid", "seteuid", "setgid", "setgroups", "setns", "setpgid", "setpriority",
    "setresuid", "setsid", "setuid", "statvfs", "sync", "sysconf", "tcgetpgrp", "uname", "unshare", "wait", "wait3",
    "wait4", "waitid",
}  # fmt: skip
SIGNAL = {
    "ITIMER_PROF", "ITIMER_REAL", "ITIMER_VIRTUAL", "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE",
    "SIGPROF", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGXCPU", "alarm", "getitimer",
    "pause", "pthread_kill", "pthread_sigmask", "setitimer", "siginterrupt", "sigwait",
}  # fmt: skip
OTHER = {"socket": {"AF_UNIX"}, "select": {"poll", "epoll"}, "time": {"tzset", "pthread_getcpuclockid"}}
NAMES = {"os": OS, "signal": SIGNAL, **OTHER}
KEYWORDS = {"preexec_fn", "pass_fds", "process_group", "umask"}
PLACES = ("/proc", "/sys/", "/tmp", "/dev/", "/etc/", "/usr/", "/bin/", "/opt/")
ASKS = {"os.name", "sys.platform", "hasattr", "getattr", "platform.system"}
LACKS = {"ImportError", "ModuleNotFoundError", "AttributeError", "OSError", "FileNotFoundError", "Exception"}

# (file in helpers, what) → why no learner on another system meets it. "*" is everything in the file.
LINUX_ONLY = {
    ("doctor.py", "/sys/fs/cgroup/memory.max"): "a file that may be missing: opened under except OSError",
    ("doctor.py", "/sys/fs/cgroup/memory/memory.limit_in_bytes"): "a file that may be missing: as the one before",
    ("installing.py", "/proc/driver/nvidia"): "only asked for whether it exists; elsewhere it does not",
    ("metrics/harness.py", "signal.SIGVTALRM"): "in the handler of a timer that was set under TIMERS",
    ("sandbox_child.py", "*"): "a module-wide list of Linux paths, and what is called under sys.platform == 'linux'",
    ("studio.py", "/opt/ml/metadata/resource-metadata.json"): "only asked for whether it exists; a space runs Linux",
    ("testgen/arguments.py", "/usr/lib"): "a text to call functions with, not a place",
    ("testgen/watching.py", "signal.SIGKILL"): "in the handler of a timer that was set under TIMER",
}


def dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return node.id if isinstance(node, ast.Name) else ""


def asks(node, answers=frozenset()):
    """Whether an expression looks at what this system is or has, or at one of the names `answers` that hold it."""
    return any(dotted(part) in ASKS or dotted(part) in answers for part in ast.walk(node))


def answers_in(tree):
    """The names that a module gives to what it saw: TIMERS = hasattr(signal, "setitimer")."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and asks(node.value)]
    return {dotted(part) for node in assigned for target in node.targets for part in ast.walk(target)} - {""}


def leaves(statement, answers):
    """Whether an `if` asks about the system and its body ends the function, the loop or the program."""
    if not isinstance(statement, ast.If) or not asks(statement.test, answers):
        return False
    last = statement.body[-1]
    return isinstance(last, ast.Return | ast.Raise | ast.Continue) or "exit" in dotted(getattr(last, "value", None))


def guarded(path, answers):
    """Whether the last of the nodes on `path`, from the module down, is reached only where something asked before."""
    for above, node in zip(path, path[1:], strict=False):
        if isinstance(above, ast.If | ast.IfExp) and asks(above.test, answers) and node is not above.test:
            return True
        if isinstance(above, ast.BoolOp):
            before = above.values[: above.values.index(node)] if node in above.values else []
            if any(asks(one, answers) for one in before):
                return True
        if isinstance(above, ast.For) and node in above.body and asks(above.iter, answers):
            return True
        if isinstance(above, ast.Try) and node in above.body:
            caught = [handler.type for handler in above.handlers]
            if any(kind is None or {dotted(one) for one in ast.walk(kind)} & LACKS for kind in caught):
                return True
        if isinstance(above, ast.With) and any("suppress" in dotted(item.context_expr) for item in above.items):
            return True
        if isinstance(above, ast.FunctionDef) and node in above.body:
            if any(leaves(statement, answers) for statement in above.body[: above.body.index(node)]):
                return True
    return False


def documentation(tree):
    """The strings that only document: the first statement of modules, classes and functions."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, owners)]
    return {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}


def uses(tree):
    """(line, what, guarded) of each use of a name, an argument or a place that not every system has."""
    silent, answers = documentation(tree), answers_in(tree)

    def visit(node, path):
        path = [*path, node]
        found = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found = [module] if module.split(".")[0] in MODULES else []
            found += [f"{module}.{alias.name}" for alias in node.names if alias.name in NAMES.get(module, ())]
        elif isinstance(node, ast.Attribute):
            owner, _, name = dotted(node).rpartition(".")
            found = [f"{owner}.{name}"] if name in NAMES.get(owner, ()) else []
        elif isinstance(node, ast.keyword):
            found = [node.arg] if node.arg in KEYWORDS else []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            found = [node.value] if node.value.startswith(PLACES) else []
        yield from ((node.lineno if hasattr(node, "lineno") else 0, what, guarded(path, answers)) for what in found)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, path)

    return list(visit(tree, []))


def sources():
    """(name, tree) of every helper, and of the code of every lesson, as a learner runs it."""
    for path in sorted((ROOT / "helpers").rglob("*.py")):
        yield path.relative_to(ROOT / "helpers").as_posix(), ast.parse(path.read_text(encoding="utf-8"))
    plain = TransformerManager().transform_cell
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        yield path.name, ast.parse("\n".join(map(plain, cells)))


@pytest.mark.parametrize(("name", "tree"), [pytest.param(*source, id=source[0]) for source in sources()])
def test_what_not_every_system_has_is_asked_for_first(name, tree):
    bare = {what for _, what, is_guarded in uses(tree) if not is_guarded}
    allowed = {what for file, what in LINUX_ONLY if file == name}
    left = set() if "*" in allowed else bare - allowed
    lines = sorted(f"line {line}: {what}" for line, what, is_guarded in uses(tree) if what in left and not is_guarded)
    assert lines == [], f"{name} uses what Windows or macOS lacks, without a guard"
    assert allowed - {"*"} <= bare, f"{name} no longer uses {sorted(allowed - bare)}: take it out of LINUX_ONLY"


def test_every_exception_has_a_reason():
    there = {name for name, _ in sources()}
    for (file, _), reason in LINUX_ONLY.items():
        assert file in there and len(reason.split()) >= 4, file


def test_text_files_name_their_encoding():
    """Without one, Windows takes its own, and what was written elsewhere reads differently."""
    command = [sys.executable, "-m", "ruff", "check", "--preview", "--select", "PLW1514", "--no-cache", "helpers"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


# The scan, tried on planted code

BARE = (
    "import fcntl",
    "from resource import getrusage",
    "from os import fork",
    "import os\nos.fork()",
    "import signal\nsignal.alarm(3)",
    "import subprocess\nsubprocess.run(['x'], preexec_fn=print)",
    "open('/proc/meminfo')",
    "path = '/tmp/x'",
    "import os\nif os.name == 'nt':\n    pass\nos.setsid()",
    "import os\nif os.geteuid() == 0:\n    pass",
    "import os\nos.geteuid() == 0 and hasattr(os, 'geteuid')",
    "def f():\n    import os\n    if os.name == 'nt':\n        x = 1\n    os.fork()",
    "import os\ntry:\n    os.fork()\nexcept ValueError:\n    pass",
)
GUARDED = (
    "import os\nif os.name != 'nt':\n    import fcntl",
    "try:\n    import resource\nexcept ImportError:\n    pass",
    "import os\nhasattr(os, 'geteuid') and os.geteuid() == 0",
    "import signal\nx = getattr(signal, 'SIGKILL', None)",
    "import signal\nTIMERS = hasattr(signal, 'alarm')\nif TIMERS:\n    signal.alarm(3)",
    "import os\nn = os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else 1",
    "def f():\n    import signal\n    if not hasattr(signal, 'alarm'):\n        return\n    signal.alarm(3)",
    "try:\n    open('/proc/meminfo')\nexcept OSError:\n    pass",
    "def f():\n    '/proc is where it is read'",
)


@pytest.mark.parametrize("source", BARE)
def test_a_bare_use_is_noticed(source):
    assert [guard for _, _, guard in uses(ast.parse(source))].count(False) == 1


@pytest.mark.parametrize("source", GUARDED)
def test_a_guarded_use_is_accepted(source):
    assert all(guard for _, _, guard in uses(ast.parse(source)))
