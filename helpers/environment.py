"""The course's environment: which Python runs a command, and how `.venv` is made, repaired and upgraded.

A Python that already has every pinned version is used as it is (conda, SageMaker, an active environment). Otherwise
`.venv` in the project is. `.venv/course.json`, written in steps, says how far it got, so a kill at any moment is
repaired by the next call. Standard library only.
"""

import contextlib
import errno
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from helpers import installing
from helpers.errors import CourseError
from helpers.files import gigabytes, locked, remove, size_of, write_json, write_text
from helpers.pins import installed, pins, unmet

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS, FOLDER = ROOT / "requirements.txt", ROOT / ".venv"
ENTERED = "COURSE_ENTERED_ENVIRONMENT"  # set for the command that `enter` starts, so that it never starts another


def path_in(folder, kind):
    """The 'python' or the 'site-packages' of the environment in `folder`."""
    bases = {"base": str(folder), "platbase": str(folder)}
    if kind == "site-packages":
        return Path(sysconfig.get_path("purelib", "venv", vars=bases))
    return Path(sysconfig.get_path("scripts", "venv", vars=bases)) / ("python.exe" if os.name == "nt" else "python")


def _stamp(folder):
    """What `course.json` says, or an empty dict."""
    try:
        return json.loads((folder / "course.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _version():
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _usable(folder):
    """Whether `folder` holds an environment made here, for this Python, whose base Python is still there."""
    stamp = _stamp(folder)
    try:
        home = re.search(r"(?m)^home *= *(.+?) *$", (folder / "pyvenv.cfg").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    same = stamp.get("path") == str(folder) and stamp.get("python") == _version() and stamp.get("made")
    return bool(same and home and Path(home[1]).is_dir() and path_in(folder, "python").exists())


def _hash(requirements):
    return hashlib.sha256(Path(requirements).read_bytes()).hexdigest()


def _needs_cpu_build(folder, cpu):
    if not cpu or _stamp(folder).get("cpu"):
        return False
    version = installed([path_in(folder, "site-packages")]).get("torch", "")
    return sys.platform == "linux" and version != "" and "+cpu" not in version


def complete(requirements=REQUIREMENTS, folder=FOLDER, cpu=False):
    """Whether `.venv` has everything, finished. Another's environment of that name will do if it meets the pins."""
    stamp, python = _stamp(folder), path_in(folder, "python")
    finished = not stamp or (_usable(folder) and stamp["requirements"] == _hash(requirements))
    met = python.exists() and not unmet(requirements, [path_in(folder, "site-packages")])
    return finished and met and not _needs_cpu_build(folder, cpu)


def is_ours(folder=FOLDER):
    """Whether the course made what is in `folder`."""
    return bool(_stamp(folder))


def made_for_cpu(folder=FOLDER):
    """Whether the environment in `folder` was made here with PyTorch's CPU build, by choice."""
    return bool(_stamp(folder).get("cpu"))


def existing():
    """The Python that commands would use now, or None if the environment is still to be made or repaired."""
    if not unmet(REQUIREMENTS, sys.path):
        return Path(sys.executable)
    return path_in(FOLDER, "python") if complete() else None


def ensure(cpu=False, requirements=REQUIREMENTS, folder=FOLDER, size=None):
    """Return the Python of a complete environment, which is made, repaired or upgraded first if need be.

    cpu: take PyTorch from its own CPU index. size: what to state and to check (default: of the course's pins).
    Raises CourseError with what to do: no network, no space, a folder that cannot be written or is somebody else's.
    """
    if not unmet(requirements, sys.path) and Path(sys.prefix) != folder:
        return Path(sys.executable)
    if complete(requirements, folder, cpu):
        return path_in(folder, "python")
    try:
        with locked(folder.with_name(folder.name + ".lock"), "Another program is making the environment; waiting."):
            if not complete(requirements, folder, cpu):
                cpu = cpu or _stamp(folder).get("cpu", False)  # chosen once, it holds for repairs and upgrades
                _make(cpu, requirements, folder, size or installing.expected_size(cpu))
    except OSError as error:
        raise installing.explained(error, folder) from error
    return path_in(folder, "python")


def _make(cpu, requirements, folder, size):
    if not _stamp(folder) and folder.exists() and any(folder.iterdir()):
        raise CourseError(
            f"The course did not make {folder}, so it changes nothing there, but not all it needs is in it. Move "
            "that folder away and run the same command again, or activate it and `pip install -r requirements.txt`."
        )
    usable = _usable(folder) and not _needs_cpu_build(folder, cpu)
    if usable and _stamp(folder)["requirements"]:
        print(f"Bringing {folder.name} up to date with {Path(requirements).name}.", file=sys.stderr, flush=True)
    else:
        other = _stamp(folder).get("python", _version()) != _version()
        aim = f"{folder.name} for Python {_version()}" if other else folder.name
        installing.announce(folder, aim, size, there=size_of(folder) if usable else 0)
    if not usable:
        _new(folder, cpu)
    stamp = _stamp(folder) | {"cpu": cpu, "requirements": None}
    write_json(folder / "course.json", stamp)
    packages = path_in(folder, "site-packages")
    _remove_halves(packages)
    python = path_in(folder, "python")
    installing.install(python, folder, requirements, cpu and "torch" in pins(requirements), size)
    if missing := unmet(requirements, [packages]):
        raise CourseError(
            f"pip ended well, but {', '.join(missing[:3])} is not in {folder}. Do settings of pip send packages "
            "elsewhere? `pip config list` shows them. Then run the same command again."
        )
    _point_kernel(folder, python)
    make_importable(packages)
    write_json(folder / "course.json", stamp | {"requirements": _hash(requirements)})
    print(f"The environment is ready: {gigabytes(size_of(folder))} in {folder}", file=sys.stderr, flush=True)


def _new(folder, cpu):
    """An empty environment. Its stamp comes first, so that whatever a kill leaves is known to be the course's own."""
    stamp = {"path": str(folder), "python": _version(), "cpu": cpu, "made": False, "requirements": None}
    for seconds in (1, 2, 4, 8, None):
        try:
            clear(folder)
            # The stamp and its folder appear at one moment.
            _, draft = beside(folder)
            write_json(draft / "course.json", stamp)
            os.rename(draft, folder)
            break
        except OSError as error:
            # What a killed call had started may still write for some seconds.
            if seconds is None or error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            time.sleep(seconds)
    # A running .venv cannot make itself anew; the Python it came from can.
    base = getattr(sys, "_base_executable", None) or sys.executable
    # In two steps, because venv by itself does not tell why installing pip failed.
    _do(folder, base, "-m", "venv", "--without-pip", str(folder))
    _do(folder, path_in(folder, "python"), "-Im", "ensurepip", "--default-pip")
    write_json(folder / "course.json", stamp | {"made": True})


def beside(folder=FOLDER):
    """Where an environment is moved to be removed, and where a new one's stamp is written. A kill may leave either."""
    return folder.with_name(folder.name + ".old-away"), folder.with_name(folder.name + ".old-draft")


def clear(folder=FOLDER):
    """Remove `folder`, which must be the course's own or empty, and what a kill left beside it.

    It is moved away first: half removed, without its stamp, it would count as somebody else's.
    """
    for left_over in filter(Path.exists, beside(folder)):
        remove(left_over)
    if folder.exists():
        away, _ = beside(folder)
        os.rename(folder, away)
        remove(away)


def _do(folder, *command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    said = f"{done.stdout}\n{done.stderr}"
    if done.returncode and ("No module named" in said or "not available" in said):
        raise CourseError(
            f"{command[0]} cannot make environments: its modules venv and ensurepip are not complete. On Debian and "
            f"Ubuntu, run `sudo apt install python{_version()}-venv`; then run the same command again."
        )
    if done.returncode:
        raise installing.failure(said, folder)


def _remove_halves(packages):
    """Remove what a killed pip leaves: packages without INSTALLER, and names starting with ~, which it moved aside."""
    for entry in packages.iterdir():
        half = entry.name.endswith(".dist-info") and not (entry / "INSTALLER").exists()
        if half or entry.name.startswith("~"):
            remove(entry)


def _point_kernel(folder, python):
    """Name the environment's Python in its kernel in full, because a Jupyter takes a bare `python` for its own.

    It matters only where the kernel is shown to another environment's Jupyter (by JUPYTER_PATH, say), which nothing
    here does: by itself, only this environment's own finds it.
    """
    spec = folder / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    if spec.exists():
        kernel = json.loads(spec.read_text(encoding="utf-8"))
        kernel["argv"][0] = str(python)
        write_json(spec, kernel)


def _importable(packages):
    """The file in site-packages that lets `helpers` be imported, and its one line: code with escapes, because how
    other lines of such a file are decoded depends on the Python and the system.
    """
    line = f"import sys; root = {ascii(str(ROOT))}; root in sys.path or sys.path.append(root)\n"
    return Path(packages or sysconfig.get_path("purelib")) / "tune_a_coding_assistant.pth", line


def made_importable(packages=None):
    """The file that `make_importable` wrote, if it is there and leads to this project, else None."""
    file, line = _importable(packages)
    try:
        return file if file.read_text(encoding="utf-8") == line else None
    except (OSError, ValueError):
        return None


def make_importable(packages=None):
    """Let `helpers` be imported wherever the environment's Python starts, by a line in its site-packages.

    Without `packages`: in the running environment, if it can be written. `lab` and `run` can do without, by PYTHONPATH.
    """
    if not made_importable(packages):
        with contextlib.suppress(OSError):  # a shared, read-only environment
            write_text(*_importable(packages))


def enter(python, arguments):
    """Run `python -m helpers` with `arguments` in place of this process. Returns only where `python` is this one."""
    entered = os.environ.pop(ENTERED, None)  # not for the programs that this one starts
    if Path(python) == Path(sys.executable):
        return
    if entered:
        raise CourseError(
            f"{sys.executable} was started as the course's Python, but {python} is. Remove the folder {FOLDER} and run "
            "the same command again."
        )
    safe = ["-P"] if sys.flags.safe_path else []
    become([str(python), *safe, "-m", "helpers", *arguments], os.environ | {ENTERED: "1"})


def become(command, environment):
    """Replace this process by `command`, so that signals and its exit code need no passing on. Does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execve(command[0], command, environment)
    import signal

    child = subprocess.Popen(command, env=environment)  # Windows' own exec would return to the prompt at once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the child too, and it is the child's to answer
    sys.exit(child.wait())


def describe():
    """One sentence about the environment, for `doctor`."""
    if python := existing():
        where = "this Python has every pinned version" if python == Path(sys.executable) else f"complete in {FOLDER}"
        return f"{where} ({platform.python_version()})"
    if not FOLDER.exists():
        return f"not made yet: {installing.expected_size(cpu=False)}"
    return f"{FOLDER} is not complete; the next `lab`, `run` or `test` goes on with it"
