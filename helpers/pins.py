"""The pins of requirements.txt, and which of them are met: a look at folder names, so it takes milliseconds.

Standard library only.
"""

import re
import sys
from pathlib import Path


def _normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _applies(marker):
    """Whether a marker such as `sys_platform != "win32"` holds here. These two forms are all that the pins need."""
    name, compare, value = re.fullmatch(r'\s*(sys_platform|python_version) (==|!=|<) "([^"]+)"\s*', marker).groups()
    if name == "python_version":
        return compare == "<" and sys.version_info[:2] < tuple(map(int, value.split(".")))
    return (sys.platform == value) == (compare == "==")


def pins(requirements):
    """Name → version of every line of a requirements file that applies to this Python and system."""
    found = {}
    for line in Path(requirements).read_text(encoding="utf-8").splitlines():
        requirement, _, marker = line.partition("#")[0].partition(";")
        if requirement.strip() and (not marker or _applies(marker)):
            name, _, version = requirement.strip().partition("==")
            found[_normal(name)] = version
    return found


def installed(folders):
    """Name → version of what installers finished putting into `folders`. The first folder that has a name counts."""
    found = {}
    for folder in reversed([Path(folder) for folder in folders]):
        for info in folder.glob("*.dist-info"):
            # pip writes INSTALLER after every file of the package: without it, the package is half there.
            if (info / "INSTALLER").exists():
                name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
                found[_normal(name)] = version
        # What a pip before 23.1 leaves of a package that comes as source alone; it writes that list last.
        for listing in folder.glob("*.egg-info/installed-files.txt"):
            if whole := re.fullmatch(r"(.+?)-([^-]+)-py[\d.]+\.egg-info", listing.parent.name):
                found[_normal(whole[1])] = whole[2]
    return found


def unmet(requirements, folders):
    """The pins that the packages in `folders` do not meet. A build tag such as +cpu does not count."""
    there = installed(folders)
    return [name for name, version in pins(requirements).items() if there.get(name, "").partition("+")[0] != version]
