"""Files that survive a kill: locks that die with their process, folders that appear whole or not at all.

Standard library only, because the command line needs it before the course's environment exists.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from helpers.errors import CourseError

# What the system says of a full disk, and of a user whose share of it is used up: as numbers, and in pip's words.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
SAYS_DISK_FULL = rf"Errno ({errno.ENOSPC}|{errno.EDQUOT})\b|WinError 112\b|No space left|Dis[ck] quota exceeded"
# What a lock says while somebody else holds it. Any other error means that it can never be had.
HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@contextlib.contextmanager
def locked(path, waiting=None):
    """Hold an exclusive lock on the file `path` (made if missing); the system releases it even after a kill.

    `waiting`: a sentence printed once if another process holds the lock. Blocks until the lock is free.
    Raises CourseError where the file system has no locks.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as handle:
        said = False
        while not _try_lock(handle):
            if waiting and not said:
                print(waiting, file=sys.stderr, flush=True)
                said = True
            time.sleep(0.2)
        try:
            yield
        finally:
            _unlock(handle)


def _try_lock(handle):
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD:
            return False
        raise CourseError(
            f"The file system of {Path(handle.name).parent} cannot lock files ({error.strerror}), so two programs "
            "could spoil each other's work there. Use a local disk, and run the same command again: COURSE_HOME "
            "chooses the folder for models and data, and this project can be copied to another folder."
        ) from error
    return True


def _unlock(handle):
    if os.name == "nt":
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)
    # elsewhere closing the file releases the lock


def remove(path):
    """Remove a folder with all that is in it, a file, or a link: what a link leads to stays."""
    path = Path(path)
    if path.is_symlink() or not path.is_dir():
        path.unlink()
    else:
        shutil.rmtree(path)


@contextlib.contextmanager
def new_folder(path):
    """Yield an empty temporary folder beside `path`; when the block ends well it takes the place of `path`.

    A kill or an error leaves `path` as it was. What a kill left behind goes at the next call: call this under a lock.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_over in path.parent.glob(f".{path.name}.new-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.new-", dir=path.parent))
    os.chmod(temporary, 0o755)  # mkdtemp's 0700 would shut a class out of a shared COURSE_HOME
    try:
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path, text):
    """Write `text` (UTF-8) to `path` so that a reader, or a kill, sees the old content or the new, never half."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path, content):
    """Write `content` to `path` as `write_text` does."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def write_json(path, value):
    """Write `value` to `path` as indented JSON, as `write_text` does."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def sha256(path):
    """The SHA-256 of a file, as 64 hex digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def size_of(path):
    """Bytes of all files in the folder `path` (0 if it is missing); links are not followed."""
    return sum(os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(path) for name in names)


def gigabytes(count):
    """`count` bytes as a learner reads them: '2.1 GB', '93 MB', '52 kB' (1 GB is 1e9 bytes)."""
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def need_space(path, count, what, remedy="set COURSE_HOME to a folder on a larger disk"):
    """Raise CourseError unless the disk that holds `path` (or its nearest existing parent) has `count` bytes free."""
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < count:
        raise CourseError(
            f"{what} needs {gigabytes(count)} of disk, and {place} has {gigabytes(free)} free. "
            f"Free some space, or {remedy}, and run the same command again."
        )
