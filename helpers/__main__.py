"""`python3 -m helpers`: says which Python it needs, then hands over to `helpers.commands`.

Everything here parses on Python 3.6, so that an old Python gets a sentence and not a SyntaxError.
"""

import os
import sys

if __name__ == "__main__":
    # `-m` puts the current folder first: a user's own random.py would be imported in place of Python's, unsandboxed.
    if sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
        del sys.path[0]

import shutil
import subprocess

WANTED = ((3, 12), (3, 11), (3, 13))


def other_python():
    """The command of a suitable Python on this machine, or None. It is tried, because a name alone proves little."""
    for version in WANTED:
        dotted = "{}.{}".format(*version)
        for command in (["py", "-" + dotted], ["python" + dotted]) if os.name == "nt" else (["python" + dotted],):
            found = shutil.which(command[0])
            if not found:
                continue
            check = [found] + command[1:] + ["-c", "import sys; print('{}.{}'.format(*sys.version_info[:2]))"]
            try:
                said = subprocess.check_output(check, stderr=subprocess.DEVNULL, universal_newlines=True, timeout=20)
            except (OSError, subprocess.SubprocessError):
                continue
            if said.strip() == dotted:
                return " ".join(command)
    return None


def wrong_python():
    """What to say where this Python is too old or too new, or None where it is right."""
    if sys.version_info[:2] in WANTED:
        return None
    found = other_python()
    return "This course needs Python 3.11, 3.12 or 3.13; this is {}.{}.{} at {}. {}; run: {} -m helpers {}".format(
        sys.version_info[0],
        sys.version_info[1],
        sys.version_info[2],
        sys.executable,
        "{} is here too".format(found) if found else "Install Python 3.12 from python.org, conda or your system",
        found or "python3.12",
        " ".join(sys.argv[1:]) or "--help",
    )


if __name__ == "__main__":
    problem = wrong_python()
    if problem:
        sys.exit(problem)
    from helpers import commands

    sys.exit(commands.main())
