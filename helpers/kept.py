"""Keeps under COURSE_HOME what takes minutes to make, in folders named by a hash of all that made it."""

import hashlib
import json

from helpers import course
from helpers.files import locked, new_folder


def folder(name, about, make, seeded=True):
    """The folder that `make(folder)` filled, in this call or an earlier one with the same arguments and settings.

    about: all that decides what is made, in a form that JSON can hold; model, device, dtype, budget, seed and the
    versions of the libraries count anyway. seeded: whether another seed makes another one. A folder is there whole or
    not at all: after an error or a kill, the next call makes it anew. Two programs that ask for the same one at once
    make it once.
    """
    seed = f"-seed{course.seed()}" if seeded else ""
    path = course.home() / "tuned" / f"{name}-{course.budget()}{seed}-{_digest(about)}"
    with locked(path.with_suffix(".lock"), "Another program makes this model; waiting for it."):
        if not path.is_dir():
            with new_folder(path) as temporary:
                make(temporary)
    return path


def unfinished(name, about):
    """Where `make` may leave checkpoints of a seeded run: not in its folder, which is gone after an error or a kill."""
    return course.home() / "tuned" / f"{name}-checkpoint-{_digest([about, course.budget(), course.seed()])}"


def _digest(about):
    place = [course.model(), course.device(), str(course.dtype()), course.versions()]
    return hashlib.sha256(json.dumps([about, place], default=str, sort_keys=True).encode()).hexdigest()[:12]
