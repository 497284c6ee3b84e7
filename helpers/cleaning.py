"""`clean`: removes what the course put on this machine, and nothing else. Standard library only."""

import shutil
import sys

from helpers import course, environment
from helpers.files import gigabytes, size_of

# What the course makes under COURSE_HOME. That folder may be anybody's, so everything else in it stays.
IN_HOME = ("assets", "models", "cache")


def found(learn=False):
    """Each thing to remove that is there, as (path, what it is)."""
    root, home = course.ROOT, course.home()
    things = [(root / ".venv", "the environment")] if environment.is_ours() else []
    things += [(path, "what a killed installation left") for path in root.glob(".venv.old-*")]
    things += [(root / "runs", "executed lessons and their tables")]
    things += [(home / name, "models and data, fetched or made once") for name in IN_HOME]
    things += [(root / "learn", "YOUR WORK in the lessons")] if learn else []
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
        if path.is_symlink():
            path.unlink()  # the link is the course's; what it leads to may not be
        else:
            shutil.rmtree(path)
    (course.ROOT / ".venv.lock").unlink(missing_ok=True)
    home = course.home()
    if home.is_dir() and not any(home.iterdir()):
        home.rmdir()
    print(f"Removed: {gigabytes(sum(sizes))}.")
    return 0


def _agreed():
    if not sys.stdin or not sys.stdin.isatty():
        print("To remove all this without a question, give --yes.")
        return False
    return input("Remove all this? [y/N] ").strip().lower() in ("y", "yes")
