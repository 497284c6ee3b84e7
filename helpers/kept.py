"""Keeps under COURSE_HOME what takes minutes to make, in folders named by a hash of all that made it."""

import hashlib
import json

from helpers import course
from helpers.files import locked, new_folder


def digest(about, code):
    """Twelve hex digits for `about` (anything JSON can hold), the settings, the versions and the files `code`.

    code: paths below helpers/ of the modules whose behaviour decides what is made.
    """
    place = [course.model(), course.device(), str(course.dtype()), course.versions()]
    text = json.dumps([about, place], default=str, sort_keys=True)
    files = [(course.ROOT / "helpers" / name).read_bytes() for name in code]
    return hashlib.sha256(b"\0".join([*files, text.encode()])).hexdigest()[:12]


def folder(name, about, code, make):
    """The folder that `make(folder)` filled, in this call or an earlier one with the same arguments.

    A folder is there whole or not at all: after an error or a kill, the next call makes it anew. Two programs that ask
    for the same one at once make it once.
    """
    path = course.home() / "tuned" / f"{name}-{course.budget()}-seed{course.seed()}-{digest(about, code)}"
    with locked(path.with_suffix(".lock"), "Another program makes this model; waiting for it."):
        if not path.is_dir():
            with new_folder(path) as temporary:
                make(temporary)
    return path
