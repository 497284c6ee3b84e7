"""SageMaker Studio: the command in a simulated space, the script for its start, and the AWS commands that are told."""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections import namedtuple
from pathlib import Path

import nbformat
import pytest
import yaml
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import start_new_kernel

from helpers import cleaning, commands, course, environment, installing, instances, learn, models, studio
from helpers.errors import CourseError

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "data" / "studio" / "README.md").read_text(encoding="utf-8")
SCRIPT = ROOT / "data" / "studio" / "on-start.sh"
Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def space(tmp_path, monkeypatch):
    """A home folder of a space with the project in it, without an environment; 5 GB, an instance without a GPU."""
    home, project = tmp_path / "home", tmp_path / "home" / "course"
    (project / "learn").mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith(("SAGEMAKER", "JUPYTER"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAGEMAKER_APP_TYPE_LOWERCASE", "jupyterlab")
    monkeypatch.setenv("PIP_CACHE_DIR", "before")  # so that what `begin` sets is undone after the test
    monkeypatch.delenv("PIP_CACHE_DIR")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / "jupyter"))
    monkeypatch.setenv("COURSE_HOME", str(home / "cache"))
    monkeypatch.setattr(studio.Path, "home", lambda: home)
    monkeypatch.setattr(course, "ROOT", project)
    monkeypatch.setattr(environment, "FOLDER", project / ".venv")
    monkeypatch.setattr(environment, "existing", lambda: None)
    monkeypatch.setattr(installing, "has_nvidia", lambda: False)
    volume(monkeypatch, 5.2e9, 4.9e9)
    return project


def volume(monkeypatch, total, free):
    monkeypatch.setattr(studio.shutil, "disk_usage", lambda path: Disk(int(total), int(total - free), int(free)))


def test_elsewhere_it_says_what_to_use(space, monkeypatch):
    monkeypatch.delenv("SAGEMAKER_APP_TYPE_LOWERCASE")
    monkeypatch.setattr(studio, "METADATA", space / "missing.json")
    with pytest.raises(CourseError, match="use `lab`.*--anywhere"):
        studio.begin()
    assert studio.begin(anywhere=True) is True


def test_what_a_stop_would_lose_is_refused(space, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(CourseError, match="COURSE_HOME is in .*elsewhere, and a stopped space keeps only"):
        studio.begin()
    monkeypatch.setenv("COURSE_HOME", str(space / "cache"))
    monkeypatch.setattr(course, "ROOT", tmp_path)
    with pytest.raises(CourseError, match="This project is in"):
        studio.begin()


def test_the_default_volume_is_enough_for_the_cpu_build(space):
    assert studio.begin() is True
    assert studio.needed(cpu=True) <= 4.5e9
    assert not os.environ["PIP_CACHE_DIR"].startswith(str(studio.Path.home()))


def test_a_volume_that_is_too_small_is_told_with_the_size_to_set(space, monkeypatch):
    volume(monkeypatch, 5.2e9, 2.0e9)
    with pytest.raises(CourseError, match="Set it to 10 GB.*can be raised, not lowered.$"):
        studio.begin()
    monkeypatch.setattr(installing, "has_nvidia", lambda: True)
    volume(monkeypatch, 5.2e9, 4.9e9)
    with pytest.raises(CourseError, match="Set it to 15 GB.*Or give --cpu"):
        studio.begin()
    assert studio.begin(cpu=True) is True  # on an instance with a GPU, and without it
    assert not (space / ".venv").exists()


@pytest.mark.parametrize(("gigabytes", "volume"), [(0.1, 5), (4.5, 5), (4.6, 10), (9, 10), (10.1, 15), (30, 35)])
def test_the_size_to_set_leaves_a_tenth(gigabytes, volume):
    assert studio.volume_size(gigabytes * 1e9) == volume


def test_a_gpu_that_came_later_gets_its_own_build_if_the_volume_has_room(space, monkeypatch):
    cleared = []
    monkeypatch.setattr(installing, "has_nvidia", lambda: True)
    monkeypatch.setattr(environment, "made_for_cpu", lambda: True)
    monkeypatch.setattr(environment, "existing", lambda: Path("python"))
    monkeypatch.setattr(environment, "clear", lambda: cleared.append(True))
    with pytest.raises(CourseError, match="Set it to 15 GB"):
        studio.begin()
    assert cleared == []
    volume(monkeypatch, 21e9, 18e9)
    assert studio.begin() is False and cleared == [True]
    assert studio.begin(cpu=True) is True and cleared == [True]


def test_an_environment_that_is_there_needs_no_room_for_another(space, monkeypatch):
    monkeypatch.setattr(environment, "existing", lambda: Path("python"))
    (space.parent / "cache").mkdir()
    (space.parent / "cache" / "model").write_bytes(b"x" * 1000)
    assert studio.needed(cpu=True) == studio.LATER - 1000


def test_the_kernel_is_found_and_has_the_course(space):
    studio.write_kernel()
    studio.write_kernel()  # a second call replaces it
    found = KernelSpecManager(kernel_dirs=[str(studio.kernel_folder().parent)])
    spec = found.get_kernel_spec(studio.KERNEL)
    assert spec.display_name == "Tune a Coding Assistant" and spec.env["COURSE_HOME"] == str(course.home())
    manager, client = start_new_kernel(kernel_name=studio.KERNEL, startup_timeout=120)
    try:
        said = []
        code = "import os, sys; print(sys.executable, os.environ['COURSE_HOME'], os.environ['PYTHONPATH'])"
        client.execute_interactive(code, output_hook=said.append, timeout=120)
        text = "".join(message["content"].get("text", "") for message in said)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert text.split() == [spec.argv[0], str(course.home()), str(course.ROOT)]


def test_clean_takes_this_projects_kernel_and_no_other(space, monkeypatch, tmp_path):
    studio.write_kernel()
    assert (studio.kernel_folder(), "the course's kernel, for another JupyterLab") in cleaning.found()
    monkeypatch.setattr(course, "ROOT", tmp_path)
    assert studio.kernel_written() is None and studio.kernel_folder() not in [path for path, _ in cleaning.found()]


def test_copies_open_with_the_kernel_and_keep_the_learners_work(space):
    (space / "notebooks").mkdir()
    for lesson in ("00_start_here", "04_memory_math", "10_synthetic_unit_tests"):
        shutil.copy(ROOT / "notebooks" / f"{lesson}.ipynb", space / "notebooks")
    learn.update()
    copies = space / "learn"
    worked = nbformat.read(copies / "04_memory_math.ipynb", as_version=4)
    worked.cells[1].source += "\n# mine"
    nbformat.write(worked, copies / "04_memory_math.ipynb")
    other = nbformat.read(copies / "10_synthetic_unit_tests.ipynb", as_version=4)
    other.metadata.kernelspec.name = "my-own"
    nbformat.write(other, copies / "10_synthetic_unit_tests.ipynb")
    (copies / "notes.ipynb").write_text("not a notebook")
    before = nbformat.read(copies / "00_start_here.ipynb", as_version=4)

    studio.point_copies()
    after = nbformat.read(copies / "00_start_here.ipynb", as_version=4)
    nbformat.validate(after)
    assert after.metadata.kernelspec.name == studio.KERNEL and after.cells == before.cells
    assert "# mine" in nbformat.read(copies / "04_memory_math.ipynb", as_version=4).cells[1].source
    assert "my-own" in (copies / "10_synthetic_unit_tests.ipynb").read_text(encoding="utf-8")
    assert (copies / "notes.ipynb").read_text() == "not a notebook"

    times = {path: path.stat().st_mtime_ns for path in copies.glob("*.ipynb")}
    studio.point_copies()
    assert times == {path: path.stat().st_mtime_ns for path in copies.glob("*.ipynb")}
    assert learn.update() == []  # a kernel is not the learner's work


def test_finish_makes_all_and_can_be_repeated(space, monkeypatch, capsys):
    prepared = []
    monkeypatch.setattr(models, "prepare", lambda: prepared.append(True))
    (space / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "00_start_here.ipynb", space / "notebooks")
    assert studio.finish() == 0
    first = capsys.readouterr().out
    assert "New: learn/00_start_here.ipynb" in first and "free of 5.2 GB" in first
    assert "Next: open learn/00_start_here.ipynb" in first and "stop it when you are done" in first
    copy = (space / "learn" / "00_start_here.ipynb").read_bytes()
    assert studio.finish() == 0 and len(prepared) == 2
    assert "New" not in capsys.readouterr().out
    assert (space / "learn" / "00_start_here.ipynb").read_bytes() == copy


def test_the_command_looks_first_and_finishes_in_the_environment(monkeypatch, capsys):
    done = []
    monkeypatch.setattr(studio, "begin", lambda cpu, anywhere: done.append(("begin", cpu, anywhere)) or True)
    monkeypatch.setattr(studio, "finish", lambda: done.append("finish") or 0)
    monkeypatch.setattr(environment, "ensure", lambda cpu: done.append(("ensure", cpu)) or "python")
    monkeypatch.setattr(environment, "enter", lambda python, arguments: done.append(("enter", arguments)))
    monkeypatch.setattr(environment, "make_importable", lambda: done.append("importable"))
    assert commands.main(["studio"]) == 0
    assert done == [("begin", False, False), ("ensure", True), ("enter", ["studio"]), "importable", "finish"]
    monkeypatch.setattr(instances, "tables", lambda: "| the tables |")
    assert commands.main(["studio", "--instances"]) == 0 and capsys.readouterr().out == "| the tables |\n"
    assert done[-2:] == [("ensure", False), ("enter", ["studio", "--instances"])]


# The script for a space's start


@pytest.fixture
def started(tmp_path):
    """Runs a copy of on-start.sh in a home folder; returns the seconds it took. The course there is a stand-in."""
    if os.name == "nt":
        pytest.skip("the script is for a space, which runs Linux")
    stand_in = tmp_path / "repository"
    (stand_in / "helpers").mkdir(parents=True)
    program = "import sys, time\ntime.sleep(3)\nprint('called with', sys.argv[1:], flush=True)\n"
    (stand_in / "helpers" / "__main__.py").write_text(program)
    (stand_in / "helpers" / "__init__.py").touch()  # without it, a course on PYTHONPATH comes before this folder
    git = ["git", "-C", str(stand_in), "-c", "user.name=n", "-c", "user.email=e"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    home = tmp_path / "home"
    home.mkdir()

    def start(repository=""):
        text = SCRIPT.read_text(encoding="utf-8")
        assert 'REPOSITORY=""' in text
        script = tmp_path / "on-start.sh"
        script.write_text(text.replace('REPOSITORY=""', f'REPOSITORY="{repository}"'))
        began = time.monotonic()
        subprocess.run(["bash", str(script)], env=os.environ | {"HOME": str(home)}, check=True, timeout=60)
        return time.monotonic() - began

    return start, home, stand_in


def wait_for(log, words, times=1):
    for _ in range(600):
        said = log.read_text(encoding="utf-8") if log.exists() else ""
        if said.count(words) >= times:
            return said
        time.sleep(0.1)
    pytest.fail(f"{words!r} does not come {times} times in:\n{said}")


def test_the_start_script_ends_at_once_and_the_work_goes_on(started):
    start, home, stand_in = started
    log = home / "tune-a-coding-assistant.log"
    seconds = start(f"file://{stand_in}")
    assert seconds < 60
    assert not log.exists() or "called with" not in log.read_text(encoding="utf-8")
    wait_for(log, "called with ['studio']")
    start()  # the next start finds the folder, and clones nothing
    said = wait_for(log, "called with ['studio']", times=2)
    assert said.count("Cloning") == 1


def test_without_a_course_the_log_says_so(started):
    start, home, _ = started
    start()
    assert "tune-a-coding-assistant" in wait_for(home / "tune-a-coding-assistant.log", "No such file or directory")


# What the guide tells


def aws_commands():
    """(service, operation, option → text) of each command in the guide; what a shell would run is put in."""
    script = base64.b64encode(SCRIPT.read_bytes()).decode()
    blocks = "\n".join(re.findall(r"(?ms)^ *```\n(.*?)^ *```$", GUIDE))
    text = blocks.replace("\\\n", " ").replace('"$(openssl base64 -A -in data/studio/on-start.sh)"', script)
    for line in text.splitlines():
        if line.strip().startswith("aws "):
            _, service, operation, *rest = shlex.split(line)
            assert all(name.startswith("--") for name in rest[::2]), line
            yield service, operation, dict(zip(rest[::2], rest[1::2], strict=True))


def value(text):
    if text.startswith(("{", "[")):
        return json.loads(text)
    return int(text) if text.isdecimal() else text


def problems(shape, given, where=""):
    """What botocore does not check by itself: values outside an enumeration, and texts that do not fit a pattern."""
    if shape.type_name == "structure":
        for name, inner in given.items():
            yield from problems(shape.members[name], inner, f"{where}.{name}")
    elif shape.type_name == "list":
        for inner in given:
            yield from problems(shape.member, inner, f"{where}[]")
    elif shape.type_name == "string":
        if getattr(shape, "enum", None) and given not in shape.enum:
            yield f"{where}: {given!r} is none of {shape.enum}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, given):
            yield f"{where}: {given!r} does not fit {pattern}"


@pytest.fixture(scope="module")
def described():
    """A function: what is wrong with a command, by Amazon's own description of its interface, which botocore has."""
    reason = "botocore is not installed: pip install --no-deps -r tests/requirements-aws.txt"
    pytest.importorskip("botocore", reason=reason)
    import botocore.session
    from botocore import xform_name
    from botocore.validate import ParamValidator

    session = botocore.session.get_session()

    def wrong(service, operation, options):
        model = session.get_service_model(service)
        names = {xform_name(name).replace("_", "-"): name for name in model.operation_names}
        if operation not in names:
            return [f"{service} has no {operation}"]
        shape = model.operation_model(names[operation]).input_shape
        members = {"--" + xform_name(name).replace("_", "-"): name for name in shape.members}
        options = {name: text for name, text in options.items() if name != "--query"}  # the client's own
        if unknown := set(options) - set(members):
            return [f"{operation} has no {unknown}"]
        given = {members[name]: value(text) for name, text in options.items()}
        if "DesiredValue" in given:
            given["DesiredValue"] = float(given["DesiredValue"])
        report = ParamValidator().validate(given, shape)
        return [report.generate_report()] if report.has_errors() else list(problems(shape, given, operation))

    return wrong


def test_the_guides_aws_commands_are_what_amazons_interface_takes(described):
    for command in aws_commands():
        assert described(*command) == []
    seen = {operation for _, operation, _ in aws_commands()}
    assert {"update-space", "create-app", "create-studio-lifecycle-config", "update-domain"} <= seen


@pytest.mark.parametrize(
    ("operation", "options", "words"),
    [
        ("raise-space", {}, "has no raise-space"),
        ("update-space", {"--space": "s"}, "has no"),
        ("update-space", {"--domain-id": "d-xxxxxxxxxxxx"}, "SpaceName"),
        ("delete-app", {"--domain-id": "d-1x", "--app-type": "Jupyterlab", "--app-name": "a"}, "is none of"),
        ("delete-app", {"--domain-id": "my domain", "--app-type": "JupyterLab", "--app-name": "a"}, "does not fit"),
        (
            "update-space",
            {
                "--domain-id": "d-xxxxxxxxxxxx",
                "--space-name": "s",
                "--space-settings": '{"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 4}}}',
            },
            "min value: 5",
        ),
    ],
)
def test_a_wrong_command_is_noticed(described, operation, options, words):
    assert words in "".join(described("sagemaker", operation, options))


@pytest.mark.usefixtures("described")
def test_an_instance_of_the_table_can_run_a_space():
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker")
    known = set(model.shape_for("AppInstanceType").enum)
    assert {one.name for one in instances.INSTANCES} <= known


def test_the_guides_commands_can_be_read():
    commands = list(aws_commands())
    assert len(commands) >= 8
    for _, _, options in commands:
        for text in options.values():
            value(text)
    assert len(base64.b64encode(SCRIPT.read_bytes())) <= 16384  # Amazon's limit


def test_the_guides_tables_are_what_the_command_prints():
    assert instances.tables() in GUIDE


def test_the_smallest_instance_leaves_room():
    assert instances.smallest(2.0) == "`ml.t3.medium`" and instances.smallest(2.5) == "`ml.t3.large`"
    assert instances.smallest(None) == "" and instances.smallest(1000) == ""


def test_the_conda_environment_has_the_same_pins():
    described = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, installs = described["dependencies"]
    assert re.fullmatch(r"python=3\.1[123]", python) and pip == "pip"
    assert installs == {"pip": ["-r requirements.txt"]}
