"""pip installs the pins into an environment: one line of progress, a log, and a failure told in two sentences.

pip runs with the user's own settings (index, find-links, proxy, certificates). Standard library only.
"""

import contextlib
import errno
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import DISK_FULL, SAYS_DISK_FULL, gigabytes, need_space, size_of

CPU_INDEX = "https://download.pytorch.org/whl/cpu"


@dataclass(frozen=True)
class Size:
    """Bytes that an installation downloads, and bytes that it then takes on disk."""

    download: int
    disk: int

    def __str__(self):
        return f"about {gigabytes(self.download)} to download, {gigabytes(self.disk)} on disk"


# Measured with these pins on Linux x86_64, Python 3.11: pip's own figures, and `du` afterwards.
CPU_SIZE = Size(420_000_000, 2_000_000_000)
# The same, with the sizes of PyTorch's CUDA 13 wheels and of what they unpack to in place of its CPU wheel.
CUDA_SIZE = Size(3_200_000_000, 6_900_000_000)


def has_nvidia():
    """Whether this machine shows an NVIDIA driver."""
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None


def expected_size(cpu):
    """What pip will fetch: PyTorch's ordinary Linux build brings CUDA, its others and its CPU build do not."""
    return CUDA_SIZE if sys.platform == "linux" and not cpu else CPU_SIZE


def announce(folder, aim, size, there):
    """Say what will be downloaded and taken on disk, and raise CourseError where the disk is too small.

    aim: what is made, for the sentence. there: bytes that an earlier, interrupted call has already installed.
    """
    start = f"Finishing ({gigabytes(there)} is there)" if there else "Making"
    _say(f"{start} the course's environment in {aim}, once: {size}.")
    if size == CUDA_SIZE and not has_nvidia():
        _say(
            "This machine shows no NVIDIA GPU, and most of that is for one. To do without it, press Ctrl+C and run\n"
            f"the same command with --cpu ({CPU_SIZE}), which takes PyTorch\n"
            "from its own index of CPU builds. Going on without --cpu."
        )
    remedy = "move this project to a larger disk"
    if size == CUDA_SIZE:
        remedy += f", or use --cpu if you have no NVIDIA GPU ({CPU_SIZE})"
    # pip holds all its downloads until the last package is in place.
    need_space(folder, max(0, size.download + size.disk - there), "The environment", remedy)


def install(python, folder, requirements, cpu, size):
    """Install `requirements` with the pip of `python`, the environment in `folder`. Raises CourseError.

    cpu: first take PyTorch alone from its index of CPU builds. Only that one package: what it needs comes from the
    user's own index, like everything else. size: bytes expected (`download`, `disk`), for the progress line.
    """
    log = folder / "install.log"
    log.unlink(missing_ok=True)
    started = time.monotonic()
    if cpu:
        pin = re.search(r"(?m)^torch==([^\s;#]+)", Path(requirements).read_text(encoding="utf-8"))[1]
        build = f"{pin}+cpu" if sys.platform == "linux" else pin
        _pip(python, folder, ["--no-deps", "--extra-index-url", CPU_INDEX, f"torch=={build}"], size, log)
    _pip(python, folder, ["-r", str(requirements)], size, log)
    _say(f"Installed in {time.monotonic() - started:.0f} seconds.")


def _pip(python, folder, arguments, size, log):
    """Run `pip install`. It ends when this process ends, so a kill leaves no pip writing unwatched."""
    scratch = folder / "downloads"  # on the disk that was checked; a system's own /tmp is often small
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    child_file = Path(__file__).with_name("pip_child.py")
    moved = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    environment = os.environ | moved | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    settings = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-user", "--use-pep517"]
    # -P: without it the modules beside the child's file would hide others of the same name.
    command = [str(python), "-P", str(child_file), "install", *settings, *arguments]
    with open(log, "ab") as out:
        before = out.tell()
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out, env=environment)
        try:
            _watch(child, lambda: log.read_bytes()[before:].decode("utf-8", "replace"), folder, scratch, size)
        finally:
            child.kill()
            child.wait()
            child.stdin.close()
            shutil.rmtree(scratch, ignore_errors=True)
    if child.returncode:
        raise failure(log.read_text(encoding="utf-8", errors="replace"), folder, log)


def _watch(child, read, folder, scratch, size):
    """Show how far pip is until it ends: one line that changes in a terminal, a line per stage elsewhere.

    read: gives what pip has printed so far.
    """
    in_terminal, stages, shown = sys.stderr.isatty(), set(), 0.0
    while child.poll() is None:
        time.sleep(0.1)
        if time.monotonic() - shown < 2:  # counting a folder of this size takes a good part of a second
            continue
        shown = time.monotonic()
        said = read()
        if "Installing collected packages" in said:
            stage, folder_counted, total = "Installing", folder, size.disk
        else:
            stage, folder_counted, total = "Downloading", scratch, size.download
        if in_terminal:
            with contextlib.suppress(OSError):  # pip moves its files while they are counted
                done = f"{gigabytes(size_of(folder_counted))} of about {gigabytes(total)}"
                packages = re.findall(r"(?m)^Collecting ([\w.-]+)", said)
                last = f", {packages[-1]}" if stage == "Downloading" and packages else ""
                print(f"\r\033[K  {stage}: {done}{last}", end="", file=sys.stderr, flush=True)
        elif stage not in stages:
            stages.add(stage)
            _say(f"{stage} packages ...")
    if in_terminal:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _say(sentence):
    print(sentence, file=sys.stderr, flush=True)


def failure(said, folder, log=None):
    """The CourseError for what pip, or venv, printed."""
    again = "and run the same command again: it goes on where it stopped."
    shown = f" The whole log is {log}." if log else ""
    if re.search(SAYS_DISK_FULL, said):
        return CourseError(
            f"The disk of {folder.parent} filled up, or your share of it, during the installation. "
            f"Free some space, {again}"
        )
    if "DO NOT MATCH THE HASHES" in said:
        return CourseError(f"What pip fetched is damaged: its hash differs. Run `pip cache purge` {again}{shown}")
    if re.search(r"Errno 13\b|Errno 30\b|WinError 5\b|Permission denied|Read-only file system", said):
        return CourseError(f"pip may not write where it must: {_errors(said)} Put that right, {again}{shown}")
    lost = re.findall(r"No matching distribution found for ([^\s(]+)", said)
    if re.search(r"Retrying \(|NewConnectionError|Could not fetch URL|timed out|ProxyError|SSLError|CERTIFICATE", said):
        what = "PyTorch's own index" if lost and "+cpu" in lost[0] else "its package index"
        return CourseError(
            f"pip could not reach {what}. Connect to the network (behind a proxy, set HTTPS_PROXY), {again}{shown}"
        )
    if lost:
        return CourseError(
            f"pip finds no {lost[0]} for this machine ({sys.platform}, Python {sys.version_info[0]}."
            f"{sys.version_info[1]}) where its settings make it look. If `pip config list` shows an index, it may not "
            f"have all packages; Macs with Intel processors and 32-bit systems have no builds of PyTorch.{shown}"
        )
    return CourseError(f"The installation failed: {_errors(said)} Put that right, {again}{shown}")


def explained(error, folder):
    """The CourseError for an OSError while the environment was made."""
    if error.errno in DISK_FULL:
        return CourseError(
            f"The disk of {folder.parent} filled up, or your share of it, while the environment was made. Free some "
            "space, or move this project to a larger disk, and run the same command again: it goes on where it stopped."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return CourseError(
            f"The environment belongs into {folder}, and {error.filename or 'that folder'} cannot be written "
            f"({error.strerror}). Copy this project to a folder of your own and run the command there; on Windows, "
            "first close the programs that use .venv."
        )
    return CourseError(f"The environment could not be made in {folder}: {error}. Remove that folder and try again.")


def _errors(said):
    """The last lines that say something."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error", line, re.IGNORECASE) and line != "ERROR: Exception:"]
    return " ".join((errors or lines or ["it printed nothing."])[-2:])
