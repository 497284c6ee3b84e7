"""Real Python code to learn from: the source files of packages that the course itself installs.

Nothing is imported or run: a package's own list of files says where they lie.
"""

from dataclasses import dataclass, field
from importlib import metadata

from helpers.errors import CourseError


@dataclass(frozen=True)
class SourceFile:
    """One file: the package it belongs to, its path inside the installation, its text, and its size in bytes."""

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
    for package in packages:
        for path, file in _listed(package):
            if at_least_bytes is not None and found.size >= at_least_bytes:
                return found
            try:
                data = file.read_bytes()
                found.files.append(SourceFile(package, path, data.decode("utf-8"), len(data)))
            except (OSError, UnicodeDecodeError):
                found.unreadable.append(path)
    if at_least_bytes is not None and found.size < at_least_bytes:
        raise CourseError(
            f"{', '.join(packages)} hold {found.size / 1e6:.1f} MB of Python, and {at_least_bytes / 1e6:.1f} MB are "
            "asked for. Name more packages, or ask for less."
        )
    return found


def _listed(package):
    """(path inside the installation, path on disk) of each .py file, sorted by the former."""
    try:
        distribution = metadata.distribution(package)
    except (metadata.PackageNotFoundError, ValueError) as error:
        raise CourseError(
            f"There is no package {package!r} in this environment. Check the name with `pip list`, or install the "
            "course's packages with `pip install -r requirements.txt`."
        ) from error
    files = [file for file in distribution.files or [] if file.suffix == ".py" and ".." not in file.parts]
    if not files:
        raise CourseError(f"The package {package!r} brings no Python source. Name another one.")
    return sorted((file.as_posix(), file.locate()) for file in files)
