"""`doctor`: what this machine has, what each setting resolves to and why, and what would not fit.

Without the course's environment it says what the standard library can tell, and which command makes the rest.
"""

import os
import platform
import shutil
import sys
from importlib.util import find_spec

from helpers import course, environment, installing
from helpers.errors import CourseError
from helpers.files import gigabytes

LESSON_MEMORY = 4_000_000_000  # the most that a lesson may take, in bytes
COMFORTABLE_MEMORY = 6_000_000_000  # with a browser and the system beside it


def report():
    """Print everything; return 0, or 1 if something would not fit or a setting is wrong."""
    problems = []
    _machine(problems)
    print("\nEnvironment")
    _row("packages", environment.describe())
    complete = environment.existing() is not None
    if not complete:
        size = installing.expected_size(cpu=False)
        _need(problems, environment.ROOT, size.download + size.disk, f"the environment ({size})")
        if size == installing.CUDA_SIZE and not installing.has_nvidia():
            _row("without NVIDIA", f"`python3 -m helpers lab --cpu` takes the CPU build: {installing.CPU_SIZE}")
    _settings(problems, complete and find_spec("torch") is not None)
    _assets(problems)
    if complete:
        _sandbox()
    print()
    if problems:
        print("What would not fit, or not work:")
        for problem in problems:
            print(f"- {problem}")
    else:
        print("Everything fits.")
    if not complete:
        print("Next: `python3 -m helpers lab` makes the environment. After that, `doctor` can say more.")
    return 1 if problems else 0


def _row(name, value):
    print(f"  {name:16} {value}")


def _need(problems, folder, count, what):
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < count:
        problems.append(f"{folder} has {gigabytes(free)} free: too little for {what}.")


def memory():
    """Bytes of memory that this process may use: the machine's, or its container's limit. None if not known."""
    limits = []
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(path, encoding="ascii") as file:
                limits.append(int(file.read()))
        except (OSError, ValueError):  # no such file, or "max"
            pass
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    elif os.name == "nt":
        limits.append(_windows_memory())
    return min(limits, default=None)


def _windows_memory():
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)]
        _fields_ += [(f"size{index}", ctypes.c_ulonglong) for index in range(7)]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status.size0


def _machine(problems):
    print("Machine")
    _row("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    _row("Python", f"{platform.python_version()} at {sys.executable}")
    _row("cores", course.cores())
    if total := memory():
        _row("memory", gigabytes(total))
        if total < COMFORTABLE_MEMORY:
            problems.append(
                f"{gigabytes(total)} of memory: a lesson takes up to {gigabytes(LESSON_MEMORY)}. Close other programs, "
                "or set COURSE_BUDGET=smoke."
            )
    place = environment.ROOT
    _row("disk", f"{gigabytes(shutil.disk_usage(place).free)} free in {place}")
    _row("NVIDIA driver", "found" if installing.has_nvidia() else "not found")
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        problems.append("This Mac has an Intel processor, and PyTorch no longer has builds for those.")


def _settings(problems, has_torch):
    print("\nSettings")
    known = {"budget": course._budget, "model": course._model, "seed": course._seed, "home": course._home}
    if has_torch:
        known = {"device": course._device, "dtype": course._dtype} | known
    else:
        _row("device, dtype", "known once the environment is there")
    chosen = {}
    for name, choose in known.items():
        try:
            chosen[name] = choose()
            _row(name, chosen[name])
        except CourseError as error:
            problems.append(str(error))
            _row(name, "wrong; see below")
    if "dtype" in chosen and chosen["device"].value == "cpu" and chosen["dtype"].value == "float32":
        problems.append("This CPU has no bf16 instructions: lessons take about three times the minutes they state.")


def _assets(problems):
    from helpers import assets, models

    print("\nModels and data")
    copy = models.state()
    shown = {"missing": "prepared when needed", "damaged": "damaged: made again at next use"}
    _row("base model", shown.get(copy, copy))
    missing = models.CACHE_BYTES if copy != "complete" else 0
    for name, asset in assets.ASSETS.items():
        state = assets.state(name, hashes=True)
        missing += (asset.download_bytes + asset.unpacked_bytes) if state != "complete" else 0
        fetched = f"fetched when needed, {gigabytes(asset.download_bytes)}"
        _row(name, {"complete": "complete, verified", "missing": fetched}.get(state, "damaged: repaired at next use"))
    _need(problems, course.home(), missing, f"all models and data ({gigabytes(missing)} more while fetching)")


def _sandbox():
    from helpers import sandbox

    print("\nSandbox for generated code")
    for name, protection in sandbox.protections().items():
        _row(name, f"{'enforced' if protection.enforced else 'NOT enforced'}: {protection.how}")
