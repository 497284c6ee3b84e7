"""One place that chooses device, dtype, budget, model, seed and home, and says why.

Every choice can be made by an environment variable: COURSE_DEVICE, COURSE_BUDGET, COURSE_MODEL, COURSE_SEED and
COURSE_HOME. `setup()` opens every notebook; `record()` closes it.
"""

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import write_json

ROOT = Path(__file__).resolve().parents[1]
RUNS = ROOT / "runs"
BUDGETS = ("smoke", "lesson", "full")
BASE_MODEL = "SmolLM2-135M-Instruct"


@dataclass(frozen=True)
class Setting:
    """One choice, and the reason for it."""

    value: object
    reason: str

    def __str__(self):
        return f"{self.value} ({self.reason})"


def home():
    """The folder for assets, caches and adapters: COURSE_HOME, or the user's cache folder. Not made here."""
    return _home().value


def _home():
    if chosen := os.environ.get("COURSE_HOME"):
        return Setting(Path(chosen).expanduser().absolute(), "COURSE_HOME")
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Setting(Path(base) / "tune-a-coding-assistant", "this user's cache folder; COURSE_HOME moves it")


def budget():
    """'smoke', 'lesson' or 'full'."""
    return _budget().value


def _budget():
    chosen = os.environ.get("COURSE_BUDGET")
    if not chosen:
        return Setting("lesson", "the default")
    if chosen not in BUDGETS:
        raise CourseError(f"COURSE_BUDGET is {chosen!r}. Set it to one of {', '.join(BUDGETS)}, or unset it.")
    return Setting(chosen, "COURSE_BUDGET")


def python_path():
    """PYTHONPATH for other Pythons that are started: `helpers` comes from this project, wherever they run."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


def by_budget(smoke, lesson, full):
    """The one of three values that belongs to this run's budget."""
    return {"smoke": smoke, "lesson": lesson, "full": full}[budget()]


def model():
    """The base model's name, or the Hub id in COURSE_MODEL."""
    return _model().value


def _model():
    chosen = os.environ.get("COURSE_MODEL")
    if chosen and chosen != BASE_MODEL:
        return Setting(chosen, "COURSE_MODEL")
    return Setting(BASE_MODEL, "comes in a package, no account needed")


def seed():
    """The seed of every random choice in a lesson."""
    return _seed().value


def _seed():
    chosen = os.environ.get("COURSE_SEED", "").strip()
    if not chosen:
        return Setting(0, "the default")
    if not chosen.isdecimal():
        raise CourseError(f"COURSE_SEED is {chosen!r}. Set it to a whole number such as 0, or unset it.")
    return Setting(int(chosen), "COURSE_SEED")


def device():
    """'cuda', 'mps' or 'cpu'."""
    return _device().value


@cache
def _choose_device(chosen):
    import torch

    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if chosen == "auto":
        if has["cuda"]:
            return Setting("cuda", torch.cuda.get_device_name())
        return Setting("mps", "Apple GPU") if has["mps"] else Setting("cpu", "no GPU that PyTorch can use")
    if chosen not in has:
        raise CourseError(f"COURSE_DEVICE is {chosen!r}. Set it to auto, cuda, mps or cpu.")
    if not has[chosen]:
        raise CourseError(
            f"COURSE_DEVICE is {chosen}, but PyTorch {torch.__version__} finds no such device here. "
            "Unset COURSE_DEVICE to use what there is; `python3 -m helpers doctor` shows it."
        )
    return Setting(chosen, "COURSE_DEVICE")


def _device():
    return _choose_device(os.environ.get("COURSE_DEVICE") or "auto")


def dtype():
    """The torch dtype to compute in: bf16 where the hardware multiplies it, fp16 on older GPUs, else fp32."""
    import torch

    return getattr(torch, _dtype().value)


def _dtype():
    import torch

    if device() == "cuda":
        if torch.cuda.get_device_capability() >= (8, 0):
            return Setting("bfloat16", "this GPU multiplies bf16 in hardware")
        return Setting("float16", "this GPU has no bf16; weights stay fp32, and the loss is scaled")
    if device() == "mps":
        return Setting("float32", "the choice that trains reliably on Apple GPUs")
    features = torch.cpu.get_capabilities()
    found = [name for name in ("amx_bf16", "avx512_bf16", "bf16", "arm_bf16") if features.get(name)]
    if found and sys.platform != "darwin":
        return Setting("bfloat16", f"this CPU has {found[0]}")
    return Setting("float32", "this CPU has no bf16 instructions: expect about three times the minutes")


def autocast():
    """A context in which matrix products run in `dtype()` while weights keep their own precision."""
    import torch

    return torch.autocast(device(), dtype=dtype(), enabled=dtype() is not torch.float32)


def settings():
    """Every setting of this run by name, each a Setting. Raises CourseError on a value that cannot be."""
    return {
        "device": _device(),
        "dtype": _dtype(),
        "budget": _budget(),
        "model": _model(),
        "seed": _seed(),
        "home": _home(),
    }


def versions():
    """Versions of Python and of the libraries that results depend on."""
    found = {"python": platform.python_version()}
    for name in ("torch", "transformers", "peft", "trl", "bitsandbytes", "datasets"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


_started = time.monotonic()


def setup():
    """Quiet the libraries, seed the generators, print every setting with its reason. Opens each notebook."""
    global _started
    _started = time.monotonic()
    quiet()
    import torch
    from transformers import set_seed

    chosen = settings()
    if device() == "cpu":
        torch.set_num_threads(threads().value)
        chosen["threads"] = threads()
    set_seed(seed())
    for name, setting in chosen.items():
        # A home folder's name is private, and differs on every machine: saved notebooks do not show it.
        shown = Setting("a cache folder", setting.reason) if name == "home" else setting
        print(f"{name:8} {shown}")
    print("versions", *(f"{name} {number}" for name, number in versions().items()))


@cache
def threads():
    """How many threads to calculate with on the CPU, as a Setting: all cores, unless one thread is faster right now.

    Where other programs keep a core busy, threads wait for each other at every operation, and two can be three times
    slower than one. So both are timed, for about a second, on products of the base model's size.
    """
    import torch

    available = cores()
    if available == 1 or "OMP_NUM_THREADS" in os.environ:
        return Setting(torch.get_num_threads(), "OMP_NUM_THREADS" if available > 1 else "there is one core")
    weights = [torch.randn(576, 1536, dtype=dtype()), torch.randn(1536, 576, dtype=dtype())]
    rates = {}
    for count in (available, 1, available, 1):
        torch.set_num_threads(count)
        started, rounds, rows = time.perf_counter(), 0, torch.randn(640, 576, dtype=dtype())
        while time.perf_counter() - started < 0.25:
            for weight in weights:
                rows = torch.nn.functional.silu(rows @ weight)
            rounds += 1
        rates[count] = rates.get(count, 0) + rounds
    ratio = rates[available] / rates[1]
    if ratio > 1.1:
        return Setting(available, f"timed: {ratio:.1f} times as fast as one")
    return Setting(1, f"timed: {available} threads are {ratio:.1f} times as fast, so other programs are busy")


def cores():
    """How many CPU cores this process may use (a container often has fewer than the machine)."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(here, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no such file outside Linux; 'max' where there is no quota
        return here


def quiet():
    """Silence what libraries print on import and load, so that a lesson's cells show only the lesson."""
    import logging
    import warnings

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing.*", category=FutureWarning)
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()


def peak_gb():
    """This process's peak resident memory so far, in GB (1e9 bytes); None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return round(psutil.Process().memory_info().peak_wset / 1e9, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e9, 2)


def commit():
    """The short hash of the commit this runs at, with '+' if files differ from it; 'unknown' outside git."""
    try:
        name = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--exclude=*", "--dirty=+"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return name.stdout.strip() or "unknown"


def run_path(lesson, budget_name=None, seed_number=None):
    """Where `record` writes: runs/NN-<budget>-seed<seed>.json."""
    return RUNS / f"{lesson}-{budget_name or budget()}-seed{seed() if seed_number is None else seed_number}.json"


def record(lesson, values, items=None, cluster=None, seeded=True):
    """Write a closing table to `run_path(lesson)` and return what was written.

    values: name → number, of the whole run (minutes and peak_gb are added).
    items: one dict per held-out row, in a fixed order; `results` pools them over seeds.
    cluster: the key of `items` whose equal values belong together and are resampled together.
    seeded: whether another seed would give other values. Where not, `results` runs one, and keeps the items.
    """
    chosen = settings()
    minutes = round((time.monotonic() - _started) / 60, 2)
    written = {
        "lesson": lesson,
        "budget": budget(),
        "device": device(),
        "seed": seed(),
        "n": len(items) if items else None,
        "minutes": minutes,
        "values": {**values, "minutes": minutes, "peak_gb": peak_gb()},
        "settings": {name: str(chosen[name].value) for name in ("device", "dtype", "budget", "model", "seed")},
        "versions": versions(),
        "command": f"COURSE_BUDGET={budget()} COURSE_SEED={seed()} python3 -m helpers run {lesson}",
        "ran_at_commit": commit(),
        "seeded": seeded,
        "cluster": cluster,
        "items": items or [],
    }
    write_json(run_path(lesson), written)
    return written


def result(lesson, budget_name="full", device_name="cpu"):
    """A committed result of `results NN` as a dict, or None if there is none yet."""
    path = ROOT / "data" / "results" / f"{lesson}-{budget_name}-{device_name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
