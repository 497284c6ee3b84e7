"""The environment is made, repaired and upgraded by plain pip: here with tiny wheels from a local folder, offline."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from helpers import environment, installing, pins
from helpers.errors import CourseError
from helpers.installing import Size

ROOT = Path(__file__).resolve().parents[1]
NAMES = [f"tiny-{letter}" for letter in "abcdef"]
DRIVER = """
import sys
from pathlib import Path
from helpers import environment
from helpers.errors import CourseError
from helpers.installing import Size
try:
    print(environment.ensure(requirements=Path(sys.argv[1]), folder=Path(sys.argv[2]), size=Size(1000, 1000)))
except CourseError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def make_wheel(folder, name, version):
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        # Many files make an installation long enough to be killed in the middle.
        **{f"{module}/part{index}.py": f"number = {index}\n" for index in range(200)},
        f"{module}/__init__.py": f"version = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    for name in NAMES:
        make_wheel(folder, name, "1.0")
    make_wheel(folder, "tiny-a", "2.0")
    return folder


class Project:
    """A project folder with requirements, in which `ensure` runs as a command of its own."""

    def __init__(self, root, wheels, **versions):
        root.mkdir(parents=True, exist_ok=True)
        self.root, self.folder, self.requirements = root, root / ".venv", root / "requirements.txt"
        self.variables = os.environ | {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": wheels.as_uri(),  # pip splits the value at spaces
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        }
        self.require(**versions)

    def require(self, **versions):
        chosen = dict.fromkeys(NAMES, "1.0") | {name.replace("_", "-"): value for name, value in versions.items()}
        lines = [f"{name}=={version}" for name, version in chosen.items()]
        self.requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self):
        command = [sys.executable, "-c", DRIVER, str(self.requirements), str(self.folder)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"}
        return subprocess.Popen(command, cwd=self.root, env=self.variables, start_new_session=True, **pipes)

    def ensure(self):
        process = self.start()
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def version(self, name="tiny_a"):
        python = environment.path_in(self.folder, "python")
        command = [python, "-I", "-c", f"import {name}, {name}.part199; print({name}.version)"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    @property
    def packages(self):
        return environment.path_in(self.folder, "site-packages")


@pytest.fixture(scope="module")
def made(tmp_path_factory, wheels):
    """A complete environment, in a folder whose name has spaces and letters beyond ASCII."""
    project = Project(tmp_path_factory.mktemp("place") / "mein Kurs ü", wheels)
    code, out, err = project.ensure()
    assert code == 0, err
    assert "Making the course's environment" in err
    return project


# The pins


def test_requirements_pin_every_line_exactly_and_with_known_markers():
    found = pins.pins(ROOT / "requirements.txt")
    assert found["torch"] == "2.13.0"
    assert all(version and version[0].isdigit() for version in found.values())
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert not line or line.startswith("#") or "==" in line
        assert "+" not in line.partition("#")[0]


def test_markers(monkeypatch, tmp_path):
    file = tmp_path / "requirements.txt"
    windows, others = 'Some_Thing==1.0; sys_platform == "win32"', 'other.thing==2; sys_platform != "win32"'
    file.write_text(f'{windows}\n{others}\nold==3; python_version < "3.12"\n')
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "version_info", (3, 11, 2))
    assert pins.pins(file) == {"some-thing": "1.0", "old": "3"}
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "version_info", (3, 12, 0))
    assert pins.pins(file) == {"other-thing": "2"}


@pytest.mark.parametrize(("folder", "written_last"), [
    ("some_thing-1.0+cpu.dist-info", "INSTALLER"),
    ("some_thing-1.0-py3.11.egg-info", "installed-files.txt"),  # by a pip before 23.1, from its source
])  # fmt: skip
def test_a_package_counts_once_what_pip_writes_last_is_there_and_build_tags_do_not_matter(
    tmp_path, folder, written_last
):
    file = tmp_path / "requirements.txt"
    file.write_text("some-thing==1.0\n")
    info = tmp_path / folder
    info.mkdir()
    assert pins.unmet(file, [tmp_path]) == ["some-thing"]
    (info / written_last).write_text("pip\n")
    assert pins.unmet(file, [tmp_path]) == []


def test_the_running_python_is_used_if_it_has_every_pin(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("")
    assert environment.ensure(requirements=file, folder=tmp_path / ".venv") == Path(sys.executable)
    assert not (tmp_path / ".venv").exists()


# A complete environment


def test_a_second_call_is_quiet_and_quick(made):
    started = time.monotonic()
    code, out, err = made.ensure()
    assert (code, err) == (0, "")
    assert Path(out.strip()) == environment.path_in(made.folder, "python")
    assert time.monotonic() - started < 2


def test_a_half_installed_package_is_repaired(made):
    info = made.packages / "tiny_b-1.0.dist-info"
    (info / "INSTALLER").unlink()
    (made.packages / "tiny_b" / "part199.py").unlink()
    (made.packages / "~iny-c").mkdir()
    code, out, err = made.ensure()
    assert code == 0, err
    assert made.version("tiny_b") == "1.0"
    assert (info / "INSTALLER").exists()
    assert not list(made.packages.glob("~*"))


def test_changed_requirements_upgrade_in_place(made):
    marker = made.folder / "still-here"
    marker.write_text("")
    try:
        made.require(tiny_a="2.0")
        code, out, err = made.ensure()
        assert code == 0 and "up to date" in err
        assert made.version() == "2.0"
        assert marker.exists()
    finally:
        made.require()
        made.ensure()
    assert made.version() == "1.0"


def test_a_version_that_is_nowhere_is_told_and_the_log_kept(made):
    try:
        made.require(tiny_a="9.9")
        code, out, err = made.ensure()
        assert code == 1
        assert "pip finds no tiny-a==9.9" in err and "Traceback" not in err
        assert (made.folder / "install.log").exists()
    finally:
        made.require()
        made.ensure()


def test_helpers_can_be_imported_from_anywhere_even_under_an_odd_path_and_locale(made, tmp_path, monkeypatch):
    root = tmp_path / "mein Kurs ü 課"
    (root / "course_sample").mkdir(parents=True)
    (root / "course_sample" / "__init__.py").write_text("")
    monkeypatch.setattr(environment, "ROOT", root)
    environment.make_importable(made.packages)
    # Neither the folder it starts in nor PYTHONPATH helps.
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"LC_ALL": "C"}
    python = environment.path_in(made.folder, "python")
    command = [python, "-c", "import course_sample"]
    done = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_line_is_known_again_only_by_the_project_it_leads_to(tmp_path, monkeypatch):
    assert environment.made_importable(tmp_path) is None
    environment.make_importable(tmp_path)
    file = environment.made_importable(tmp_path)
    assert file.parent == tmp_path and str(ROOT) in file.read_text(encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path / "another")
    assert environment.made_importable(tmp_path) is None


def test_a_users_setting_of_pip_to_install_for_the_user_does_no_harm(made, monkeypatch):
    monkeypatch.setitem(made.variables, "PIP_USER", "1")
    try:
        made.require(tiny_a="2.0")
        code, out, err = made.ensure()
        assert code == 0, err
        assert made.version() == "2.0"
    finally:
        made.require()
        made.ensure()


def test_the_kernel_names_its_python_in_full(tmp_path):
    spec = tmp_path / "share" / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["python", "-m", "ipykernel_launcher"], "display_name": "Python 3"}))
    environment._point_kernel(tmp_path, tmp_path / "bin" / "python")
    assert json.loads(spec.read_text())["argv"] == [str(tmp_path / "bin" / "python"), "-m", "ipykernel_launcher"]


# Making and remaking


def test_two_calls_at_once_then_a_moved_project(tmp_path, wheels):
    project = Project(tmp_path / "first", wheels)
    first, second = project.start(), project.start()
    outputs = [first.communicate(timeout=120), second.communicate(timeout=120)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert sum("Making the course's environment" in err for _, err in outputs) == 1
    assert project.version() == "1.0"

    project.root.rename(tmp_path / "second")
    moved = Project(tmp_path / "second", wheels)
    code, out, err = moved.ensure()
    assert code == 0 and "Making the course's environment" in err
    assert moved.version() == "1.0"
    assert str(tmp_path / "second") in (moved.folder / "pyvenv.cfg").read_text() or sys.version_info < (3, 11)
    assert [path.name for path in moved.root.iterdir() if ".old" in path.name] == []


def test_a_removed_base_python_is_noticed(made):
    config = made.folder / "pyvenv.cfg"
    text = config.read_text(encoding="utf-8")
    assert environment.complete(made.requirements, made.folder)
    try:
        config.write_text("home = /nowhere/bin\n", encoding="utf-8")
        assert not environment.complete(made.requirements, made.folder)
    finally:
        config.write_text(text, encoding="utf-8")


def test_somebody_elses_environment_is_left_alone(tmp_path, wheels):
    project = Project(tmp_path / "project", wheels)
    (project.folder / "lib").mkdir(parents=True)
    (project.folder / "lib" / "precious").write_text("mine")
    code, out, err = project.ensure()
    assert code == 1
    assert "did not make" in err and "Traceback" not in err
    assert (project.folder / "lib" / "precious").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="kills a process group, which Windows does not have")
def test_ten_kills_leave_nothing_broken(tmp_path, wheels):
    project = Project(tmp_path / "project", wheels)
    dice = random.Random(0)
    for _ in range(10):
        process = project.start()
        try:
            process.communicate(timeout=dice.uniform(0.05, 5))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        if process.returncode == 0:  # it got to the end: have something to do again
            shutil.rmtree(project.packages / "tiny_f-1.0.dist-info")
    code, out, err = project.ensure()
    assert code == 0, err
    assert [project.version(name.replace("-", "_")) for name in NAMES] == ["1.0"] * len(NAMES)
    assert sorted(path.name for path in project.root.iterdir()) == [".venv", ".venv.lock", "requirements.txt"]
    assert not (project.folder / "downloads").exists() and not list(project.packages.glob("~*"))


# What can go wrong


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a file system in memory, of a few MB, and takes it away again."""
    mounted = []

    def mount(options):
        place = tmp_path / "disk"
        place.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small disk needs root on Linux")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_one_clear_message_and_space_lets_it_go_on(small_disk, wheels):
    place = small_disk("size=6m")
    project = Project(place / "project", wheels)
    code, out, err = project.ensure()
    assert code == 1
    assert "filled up" in err and "Traceback" not in err
    subprocess.run(["mount", "-o", "remount,size=200m", str(place)], check=True)
    code, out, err = project.ensure()
    assert code == 0, err


def test_a_read_only_project_is_one_clear_message(small_disk, wheels):
    place = small_disk("size=6m")
    project = Project(place / "project", wheels)
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
    code, out, err = project.ensure()
    assert code == 1
    assert "cannot be written" in err and "Traceback" not in err
    assert not project.folder.exists()


def test_too_little_space_is_said_before_anything_is_made(tmp_path, wheels):
    project = Project(tmp_path / "project", wheels)
    with pytest.raises(CourseError, match="larger disk"):
        environment.ensure(requirements=project.requirements, folder=project.folder, size=Size(10**15, 10**15))
    assert not project.folder.exists()


def test_without_nvidia_the_cpu_build_is_named_before_the_download(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(installing, "has_nvidia", lambda: False)
    monkeypatch.setattr(installing, "need_space", lambda *_: None)
    assert installing.expected_size(cpu=True) == installing.CPU_SIZE
    installing.announce(tmp_path / ".venv", ".venv", installing.expected_size(cpu=False), there=0)
    said = capsys.readouterr().err
    assert "3.2 GB to download, 6.9 GB on disk" in said
    assert "--cpu" in said and "420 MB to download" in said


def test_the_cpu_build_comes_alone_from_its_own_index(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(installing, "_pip", lambda python, folder, arguments, size, log: calls.append(arguments))
    monkeypatch.setattr(sys, "platform", "linux")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("torch==2.13.0\nnumpy==2.4.6\n")
    installing.install("python", tmp_path, requirements, cpu=True, size=Size(1, 1))
    assert calls == [
        ["--no-deps", "--extra-index-url", installing.CPU_INDEX, "torch==2.13.0+cpu"],
        ["-r", str(requirements)],
    ]


@pytest.mark.parametrize(
    "said, told",
    [
        ("WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution", "network"),
        ("OSError: [Errno 28] No space left on device", "filled up"),
        (f"OSError: [Errno {errno.EDQUOT}] Dépassement du quota", "filled up, or your share"),
        ("OSError: Disk quota exceeded", "filled up, or your share"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "cache purge"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no torch==2.13.0 for this machine"),
        ("PermissionError: [Errno 13] Permission denied: '/x'", "may not write"),
        ("error: something new\nmore", "something new"),
        ("", "printed nothing"),
    ],
)
def test_every_failure_of_pip_says_what_to_do(said, told, tmp_path):
    message = str(installing.failure(said, tmp_path / ".venv", tmp_path / "install.log"))
    assert told in message
    assert "run the same command again" in message or "no builds" in message


def test_errors_of_the_system_are_explained(tmp_path):
    for code in (errno.ENOSPC, errno.EDQUOT):
        assert "filled up" in str(installing.explained(OSError(code, "No space left"), tmp_path / ".venv"))
    closed = installing.explained(PermissionError(errno.EACCES, "Permission denied", "x"), tmp_path / ".venv")
    assert "cannot be written" in str(closed)
