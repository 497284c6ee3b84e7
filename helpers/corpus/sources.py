"""The source files of packages: installed ones, and unpacked assets. Nothing is imported or run.

A package's own list of files says where they lie; a file that cannot be read as UTF-8 text is counted, not fatal.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import metadata

from helpers import assets, pins
from helpers.corpus.licences import licence_of
from helpers.course import ROOT
from helpers.errors import CourseError

TOML = ROOT / "data" / "corpus.toml"
SPLITS = ("train", "validation", "test")
LARGEST = 1_000_000  # bytes; larger files are tables written as code


@dataclass(frozen=True)
class SourceFile:
    """One file: the package it belongs to, its path inside the package, its text, and its size in bytes."""

    package: str
    path: str
    text: str
    size: int


@dataclass
class Sources:
    """Source files in a fixed order, and the paths of those that could not be read as UTF-8 text."""

    files: list = field(default_factory=list)
    unreadable: list = field(default_factory=list)

    @property
    def texts(self):
        """The text of every file, in order."""
        return [file.text for file in self.files]

    @property
    def size(self):
        """All files together, in bytes."""
        return sum(file.size for file in self.files)

    def by_package(self):
        """Package → (number of files, bytes), in order."""
        found = {}
        for file in self.files:
            count, size = found.get(file.package, (0, 0))
            found[file.package] = (count + 1, size + file.size)
        return found


def python_files(packages, at_least_bytes=None):
    """The .py files of installed `packages` as `Sources`: package by package as given, each sorted by path.

    packages: names as pip knows them. at_least_bytes: stop after the file that reaches this size; None reads them all.
    Raises CourseError where a package is not installed, brings no Python source, or all of them hold too little.
    """
    found = Sources()
    for name in packages:
        package = Package(name)
        for path, file in package.python_files():
            if at_least_bytes is not None and found.size >= at_least_bytes:
                return found
            text = read(file, largest=None)
            if isinstance(text, Unreadable):
                found.unreadable.append(path)
            else:
                found.files.append(SourceFile(name, path, text, file.stat().st_size))
    if at_least_bytes is not None and found.size < at_least_bytes:
        raise CourseError(
            f"{', '.join(packages)} hold {found.size / 1e6:.1f} MB of Python, and {at_least_bytes / 1e6:.1f} MB are "
            "asked for. Name more packages, or ask for less."
        )
    return found


@dataclass(frozen=True)
class Package:
    """A package to mine. name: as pip knows it, or 'asset:NAME' for one of `data/assets.toml`."""

    name: str
    family: str = ""
    split: str = ""

    @property
    def asset(self):
        """The name of its asset; None for an installed package."""
        return self.name.removeprefix("asset:") if self.name.startswith("asset:") else None

    @property
    def title(self):
        """The name by which people know it."""
        return assets.ASSETS[self.asset].package if self.asset else self.name

    @cached_property
    def _distribution(self):
        try:
            return metadata.distribution(self.name)
        except (metadata.PackageNotFoundError, ValueError) as error:
            raise CourseError(
                f"There is no package {self.name!r} in this environment. Check the name with `pip list`, or install "
                "the course's packages with `pip install -r requirements.txt`."
            ) from error

    @cached_property
    def version(self):
        return assets.ASSETS[self.asset].version if self.asset else self._distribution.version

    @cached_property
    def licence(self):
        """An SPDX expression; None where the metadata do not say it clearly."""
        return assets.ASSETS[self.asset].licence if self.asset else licence_of(self._distribution)

    @cached_property
    def is_pure(self):
        """Whether it is the same files on every system: an archive of sources, or a wheel without compiled parts."""
        return bool(self.asset) or "-none-any" in (self._distribution.read_text("WHEEL") or "")

    def files(self):
        """(path inside the package's installation, path on disk) of every file, sorted by the former."""
        if self.asset:
            folder = assets.path(self.asset)
            tests, source = assets.path(self.asset, "tests"), assets.path(self.asset, "source")
            places = [file for place in {source, tests} for file in place.rglob("*") if file.is_file()]
            return sorted({file.relative_to(folder).as_posix(): file for file in places}.items())
        files = [file for file in self._distribution.files or [] if ".." not in file.parts]
        return sorted((file.as_posix(), file.locate()) for file in files if file.suffix != ".pyc")

    def python_files(self):
        """`files` that end in .py. Raises CourseError where there are none."""
        found = [(path, file) for path, file in self.files() if path.endswith(".py")]
        if not found:
            raise CourseError(f"The package {self.name!r} brings no Python source. Name another one.")
        return found

    def check_version(self):
        """Raise CourseError where an installed package is not the version that requirements.txt pins."""
        pinned = _pins().get(self.name.replace("_", "-").lower())
        if not self.asset and pinned != self.version:
            raise CourseError(
                f"The corpus is mined from {self.name} {pinned}, and {self.version} is installed, so its rows would "
                "differ from everybody else's. Run `pip install -r requirements.txt`, or `python3 -m helpers doctor`."
            )


class Unreadable(str):
    """Why a file has no text: 'not there', 'too large' or 'not UTF-8'."""


def read(file, largest=LARGEST):
    """The text of a file, or an `Unreadable` that says why there is none. Line ends become newlines."""
    try:
        if largest is not None and file.stat().st_size > largest:
            return Unreadable("too large")
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError:
        return Unreadable("not there")
    except UnicodeDecodeError:
        return Unreadable("not UTF-8")


@cache
def _pins():
    return pins.pins(ROOT / "requirements.txt")


def packages(names=None):
    """The packages of `data/corpus.toml`, in its order. names: only these ("asset:" may be left off).

    Raises CourseError for a name that is not in the file.
    """
    table = tomllib.loads(TOML.read_text(encoding="utf-8"))
    known = [
        Package(name, family, split) for split in SPLITS for family, members in table[split].items() for name in members
    ]
    if names is None:
        return known
    chosen = [package for package in known if {package.name, package.asset, package.title} & set(names)]
    found = {word for package in chosen for word in (package.name, package.asset, package.title)}
    if missing := sorted(set(names) - found):
        raise CourseError(f"{TOML.name} names no package {missing[0]!r}. It names {', '.join(p.title for p in known)}.")
    return chosen
