"""Checkpoints: found again after a kill, told from half-written ones, and never mixed with another run's."""

import hashlib
import json
import shutil
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import need_space, size_of, write_json
from helpers.fingerprint import fingerprint

SETTINGS = "run.json"
DONE = "done.json"  # what a run measured whose steps are all done, while it may still be measured or tested
COMPLETE = "trainer_state.json"  # the trainer writes it last: where it can be read, all the rest is there


def claim(folder, settings, datasets, model):
    """Make `folder` this run's, and return its last complete checkpoint, or None.

    model: as it is before the first step; checkpoints belong to the weights that are frozen in it. Raises CourseError
    where the folder holds another run's checkpoints, or cannot be written.
    """
    rows = hashlib.sha256(json.dumps([each.to_list() if each else [] for each in datasets]).encode()).hexdigest()[:16]
    about, before = settings | {"data": rows, "weights": fingerprint(model)}, _read(folder / SETTINGS)
    changed = sorted(name for name in about.keys() | before.keys() if about.get(name) != before.get(name))
    if changed and (last_of(folder) or (_all(folder) and not before)):
        raise CourseError(
            f"{folder} holds a training run with other settings ({', '.join(changed)}). Choose another folder, or "
            "delete this one to start anew."
        )
    try:
        write_json(folder / SETTINGS, about)
    except OSError as error:
        raise CourseError(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from None
    for path in _all(folder):
        if not _read(path / COMPLETE):  # the trainer might take it for its newest
            shutil.rmtree(path, ignore_errors=True)
    return last_of(folder)


def last_of(folder):
    """The last complete checkpoint in `folder`, or None."""
    complete = [path for path in _all(folder) if _read(path / COMPLETE)]
    return max(complete, key=lambda path: int(path.name.split("-")[1]), default=None)


def _all(folder):
    return [path for path in Path(folder).glob("checkpoint-*") if path.name.split("-", 1)[1].isdecimal()]


def _read(path):
    """The dict in a JSON file; empty where there is none, or half of one."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def need_disk(folder, model, arguments):
    """Raise CourseError, before the first step, where the disk is too small for the checkpoints.

    Those that are there already, of a run that goes on, will be deleted for newer ones.
    """
    weights = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    # AdamW keeps two numbers a weight; there are two checkpoints for a moment, and the best one is kept besides.
    one = weights * (1 if arguments.save_only_model else 3)
    count = one * (3 if arguments.load_best_model_at_end else 2)
    need_space(folder, max(0, count - size_of(folder)), "Checkpoints of this training", "choose another folder")


def drop(folder):
    """Delete the checkpoints of a finished run."""
    for path in _all(folder):
        (path / COMPLETE).unlink(missing_ok=True)  # first: a kill must not leave one that looks whole
        shutil.rmtree(path, ignore_errors=True)
    for name in (DONE, SETTINGS):
        (folder / name).unlink(missing_ok=True)
