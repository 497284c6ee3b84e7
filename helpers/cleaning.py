"""`clean`: removes what the course put on this machine, and nothing else. Standard library only."""

import sys
from pathlib import Path

from helpers import course, environment, studio
from helpers.files import gigabytes, remove, size_of

# What the course makes under COURSE_HOME. That folder may be anybody's, so everything else in it stays.
IN_HOME = ("assets", "models")


def found(learn=False):
    """Each thing to remove that is there, as (path, what it is)."""
    root, home = course.ROOT, course.home()
    things = [(path, "what an interrupted command left") for path in environment.beside()]
    things += [(environment.FOLDER, "the environment")] if environment.is_ours() else []
    things += [(root / "runs", "executed lessons and their tables")]
    things += [(home / name, "models and data, fetched or made once") for name in IN_HOME]
    things += [(root / "learn", "YOUR WORK in the lessons")] if learn else []
    line = environment.made_importable()
    if line and Path(sys.prefix).resolve() != environment.FOLDER.resolve():
        things += [(line, "lets this Python find the course")]
    if kernel := studio.kernel_written():
        things += [(kernel, "the course's kernel, for another JupyterLab")]
    return [(path, what) for path, what in things if path.exists()]


def clean(sure=False, learn=False):
    """Say what is there and how large, ask unless `sure`, and remove it. Returns the exit code: 0 unless refused."""
    things = found(learn)
    if not things:
        print("There is nothing to remove.")
        return 0
    sizes = [size_of(path) for path, _ in things]
    for (path, what), size in zip(things, sizes, strict=True):
        print(f"{gigabytes(size):>8}  {path}  ({what})")
    print(f"{gigabytes(sum(sizes)):>8}  in all")
    if not learn and (course.ROOT / "learn").exists():
        print("learn/, your work, stays (--learn removes it too). So does pip's own cache (`pip cache purge`).")
    if not sure and not _agreed():
        print("Nothing was removed.")
        return 1
    for path, _ in things:
        environment.clear() if path == environment.FOLDER else remove(path)
    (course.ROOT / ".venv.lock").unlink(missing_ok=True)
    home = course.home()
    if home.is_dir() and not any(home.iterdir()):
        home.rmdir()
    print(
        f"Removed: {gigabytes(sum(sizes))}. Models that COURSE_MODEL fetched from the Hugging Face Hub stay in the "
        "Hub's own cache (`hf cache ls` shows them; by default in ~/.cache/huggingface)."
    )
    return 0


def _agreed():
    if not sys.stdin or not sys.stdin.isatty():
        print("To remove all this without a question, give --yes.")
        return False
    return input("Remove all this? [y/N] ").strip().lower() in ("y", "yes")
