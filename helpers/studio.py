"""`studio`: sets the course up in a JupyterLab space of Amazon SageMaker Studio, in what survives a stop: its home.

A space is an instance, an image, and one EBS volume of 5 GB by default, mounted at the home folder. A stop loses
everything else, so the environment, the models and the kernel all go under the home folder, and Studio's own
JupyterLab finds the kernel there. data/studio/README.md tells the whole way, with costs and instances.

Standard library only until `finish`, which runs in the course's environment.
"""

import json
import math
import os
import shutil
import sys
import tempfile
from pathlib import Path

from helpers import course, environment, installing
from helpers.errors import CourseError
from helpers.files import gigabytes, size_of, write_json

KERNEL = "tune-a-coding-assistant"
METADATA = Path("/opt/ml/metadata/resource-metadata.json")  # Studio's own description of the running app
# Models, data and adapters of all lessons in the lesson budget, and the archives they come in; measured, rounded up.
LATER = 1_200_000_000


def in_studio():
    """Whether this runs in an app of SageMaker Studio."""
    return any(name.startswith("SAGEMAKER_APP_TYPE") for name in os.environ) or METADATA.exists()


def begin(cpu=False, anywhere=False):
    """What must hold before minutes are spent: a space, a project in its home, enough storage. Returns cpu, decided.

    cpu: PyTorch's CPU build, whatever the instance has; it is chosen by itself where there is no NVIDIA GPU. Where
    there is one now, and the environment was made without, it is removed here to be made again with CUDA.
    anywhere: do without a space, for another JupyterLab that somebody else runs. Raises CourseError with what to do.
    """
    if not in_studio() and not anywhere:
        raise CourseError(
            "This is not a space of SageMaker Studio. On your own machine, use `lab`. To add the course's kernel to "
            "another JupyterLab that is running already, give --anywhere."
        )
    home = Path.home().resolve()
    for what, place in {"this project": course.ROOT, "COURSE_HOME": course.home()}.items():
        if in_studio() and home not in place.resolve().parents:
            raise CourseError(
                f"{what[0].upper()}{what[1:]} is in {place}, and a stopped space keeps only {home}. "
                "Put it there, and run the same command again."
            )
    # pip keeps what it fetched for the next installation: not on the volume, where it would only take room.
    os.environ.setdefault("PIP_CACHE_DIR", str(Path(tempfile.gettempdir()) / "pip-cache"))
    cpu = cpu or not installing.has_nvidia()
    rebuild = not cpu and environment.made_for_cpu()
    _need_storage(home, needed(cpu, rebuild), cpu)
    if rebuild:
        print("This instance has a GPU, and the environment does not use it: making it again.", file=sys.stderr)
        environment.clear()
    return cpu


def needed(cpu, rebuild=False):
    """Bytes still to be stored: the environment, while it is made, then what the lessons fetch and make."""
    size = installing.expected_size(cpu)
    later = max(0, LATER - size_of(course.home()))
    if environment.existing() and not rebuild:
        return later
    # pip's downloads lie beside the environment until it is complete; the lessons' files come after that.
    return max(0, size.disk - size_of(environment.FOLDER)) + max(size.download, later)


def _need_storage(home, count, cpu):
    """Raise CourseError, with the size to set, unless the volume of `home` has `count` bytes free."""
    disk = shutil.disk_usage(home)
    if disk.free >= count:
        return
    wanted = volume_size(disk.total - disk.free + count)
    without = "" if cpu else f" Or give --cpu: {installing.CPU_SIZE}, and lessons run on the CPU."
    raise CourseError(
        f"The storage of this space has {gigabytes(disk.total)}, of which {gigabytes(disk.free)} are free, and the "
        f"course still needs {gigabytes(count)}. Set it to {wanted} GB: in Studio, stop the space, change Storage (GB) "
        f"on its page, run the space, and give the same command again. It can be raised, not lowered.{without}"
    )


def volume_size(count):
    """The volume to ask for, in GB, for `count` bytes: a tenth more for the file system, in steps of 5."""
    return 5 * max(1, math.ceil(1.1 * count / 1e9 / 5))


def kernel_folder():
    """Where the kernel's description is: in the user's own Jupyter folder, which is on the volume."""
    data = os.environ.get("JUPYTER_DATA_DIR") or Path.home() / ".local" / "share" / "jupyter"
    return Path(data) / "kernels" / KERNEL


def kernel_written():
    """The folder that `write_kernel` wrote, if it is there and leads to this project, else None."""
    try:
        kernel = json.loads((kernel_folder() / "kernel.json").read_text(encoding="utf-8"))
        return kernel_folder() if kernel["env"]["PYTHONPATH"] == str(course.ROOT) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def finish():
    """Fetch the model, make the learner's copies and the kernel, and say what is where. Returns 0. Safe to repeat."""
    from helpers import learn, models

    models.prepare()
    for sentence in learn.update():
        print(sentence)
    write_kernel()
    point_copies()
    disk = shutil.disk_usage(Path.home())
    print(f"{gigabytes(size_of(environment.FOLDER)):>8}  {environment.FOLDER} (the environment)")
    print(f"{gigabytes(size_of(course.home())):>8}  {course.home()} (models and data)")
    print(f"{gigabytes(disk.free):>8}  free of {gigabytes(disk.total)}")
    print("Next: open learn/00_start_here.ipynb. Its kernel is Tune a Coding Assistant (the name at the top right).")
    if in_studio():
        print("A running space costs money, used or not: stop it when you are done. data/studio/README.md says how.")
    return 0


def write_kernel():
    """Describe the course's kernel to any JupyterLab of this user: this Python, and COURSE_HOME."""
    from ipykernel.kernelspec import write_kernel_spec

    variables = {"COURSE_HOME": str(course.home()), "PYTHONPATH": str(course.ROOT)}
    variables["PIP_CACHE_DIR"] = os.environ.get("PIP_CACHE_DIR", "")
    about = {"display_name": "Tune a Coding Assistant", "env": {name: v for name, v in variables.items() if v}}
    folder = kernel_folder()
    if folder.exists():
        shutil.rmtree(folder)  # the library copies into an empty place only
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_kernel_spec(folder, overrides=about)
    return folder


def point_copies():
    """Let each copy in learn/ that still names Jupyter's own python3 open with the course's kernel instead."""
    for path in sorted((course.ROOT / "learn").glob("*.ipynb")):
        try:
            notebook = json.loads(path.read_text(encoding="utf-8"))
            named = notebook["metadata"]["kernelspec"]["name"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not a notebook any more; it is the learner's
        if named == "python3":
            notebook["metadata"]["kernelspec"] |= {"name": KERNEL, "display_name": "Tune a Coding Assistant"}
            write_json(path, notebook)
