"""From a clone to the first tuned result in a space of SageMaker Studio, and back after a stop. A folder plays it.

python -m tests.benchmarks.studio_space    a home of its own, an empty cache, the plain Python of this machine

The home is all that a stop leaves. The commands are those of data/studio/README.md. It takes about ten minutes, and
writes data/results/studio-space-cpu.json.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from helpers import course, studio
from helpers.files import size_of, write_json

# What a learner waits for after a stop: the kernel that the space finds in its home, with the model in it.
WORK = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name={kernel!r})
reply = client.execute_interactive("from helpers import models; models.load_model()", timeout=300)
client.stop_channels()
manager.shutdown_kernel(now=True)
assert reply["content"]["status"] == "ok", reply["content"]
"""


def main():
    base = Path(tempfile.mkdtemp(prefix="space-"))
    home = base / "home"
    project = home / "tune-a-coding-assistant"
    home.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "LANG") or name.startswith("PIP_") or name.lower().endswith("_proxy")
    }
    for place in (".config/pip/pip.conf", ".pip/pip.conf"):  # this user's mirror, if there is one
        if (Path.home() / place).exists():
            kept.setdefault("PIP_CONFIG_FILE", str(Path.home() / place))
    variables = kept | {"HOME": str(home), "SAGEMAKER_APP_TYPE_LOWERCASE": "jupyterlab"}
    python, minutes = getattr(sys, "_base_executable", sys.executable), {}

    def do(step, *command, folder=project):
        temporary = base / "tmp"  # a stop loses it
        temporary.mkdir(exist_ok=True)
        started = time.monotonic()
        subprocess.run(command, cwd=folder, env=variables | {"TMPDIR": str(temporary)}, check=True)
        minutes[step] = round((time.monotonic() - started) / 60, 2)
        print(f"{minutes[step]:6.2f} minutes  {step}", flush=True)

    try:
        do("clone", "git", "clone", "--quiet", str(course.ROOT), str(project), folder=home)
        do("studio", python, "-m", "helpers", "studio")
        do("lesson 00", python, "-m", "helpers", "run", "00")
        stored = size_of(home)
        shutil.rmtree(base / "tmp")
        inside = project / ".venv" / "bin" / "python"
        do("the kernel after a stop", inside, "-c", WORK.format(kernel=studio.KERNEL))
        do("studio after a stop", python, "-m", "helpers", "studio")
    finally:
        shutil.rmtree(base, ignore_errors=True)
    total = sum(minutes[step] for step in ("clone", "studio", "lesson 00"))
    values = {"minutes_to_first_result": round(total, 2), "stored_gb": stored / 1e9, "steps": minutes}
    about = {"device": course.device(), "cores": course.cores(), "dtype": course.settings()["dtype"].value}
    about |= {"versions": course.versions(), "ran_at_commit": course.commit()}
    target = course.ROOT / "data" / "results" / f"studio-space-{course.device()}.json"
    write_json(target, {"command": "python -m tests.benchmarks.studio_space", "values": values} | about)
    print(json.dumps(values, indent=1))


if __name__ == "__main__":
    main()
