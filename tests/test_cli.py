"""The command line: bad input ends in one clear message before anything is installed, and nothing else is touched."""

import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from helpers import __main__ as start
from helpers import cleaning, commands, doctor, environment, testing
from helpers.errors import CourseError

ROOT = Path(__file__).resolve().parents[1]
LESSON = {
    "cells": [
        {"cell_type": "code", "execution_count": None, "id": "one", "metadata": {}, "outputs": [], "source": "1 + 1"},
        {"cell_type": "code", "execution_count": None, "id": "two", "metadata": {}, "outputs": [], "source": "SECOND"},
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def project(tmp_path):
    """A copy of the project's code without an environment, in a folder with spaces and letters beyond ASCII."""
    root = tmp_path / "mein Kurs ü"
    for name in ("helpers", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    (root / "requirements.txt").write_text("nowhere-to-be-found==1.0\n")
    (root / "notebooks").mkdir()
    (root / "notebooks" / "00_start_here.ipynb").write_text(json.dumps(LESSON).replace("SECOND", "2 + 2"))
    return root


def helpers(root, *arguments, python=sys.executable, **variables):
    environment = os.environ | {"COURSE_HOME": str(root / "home"), "PIP_NO_INDEX": "1", "PYTHONIOENCODING": "utf-8"}
    environment.pop("PYTHONPATH", None)
    command = [python, "-m", "helpers", *arguments]
    pipes = {"capture_output": True, "text": True, "encoding": "utf-8", "stdin": subprocess.DEVNULL}
    return subprocess.run(command, cwd=root, env=environment | variables, timeout=120, **pipes)


def test_help_fits_one_screen():
    done = helpers(ROOT, "--help", COLUMNS="80")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    for name in ("lab", "run", "results", "test", "release", "grade", "slides", "doctor", "clean"):
        assert re.search(rf"(?m)^ +{name} ", done.stdout)


def test_no_command_shows_the_help():
    assert helpers(ROOT).stdout == helpers(ROOT, "--help").stdout


def test_every_command_has_help():
    for name in ("lab", "run", "results", "test", "release", "grade", "slides", "doctor", "clean"):
        done = helpers(ROOT, name, "--help")
        assert done.returncode == 0 and f"python3 -m helpers {name}" in done.stdout


def old_pythons():
    found = [Path(path) for path in Path.home().glob(".pyenv/versions/3.[6-9].*/bin/python")]
    named = [shutil.which(f"python3.{minor}") for minor in (6, 7, 8, 9, 10)]
    for python in [*found, *filter(None, named)]:
        if subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            yield str(python)


def test_an_old_python_gets_a_sentence():
    old = next(old_pythons(), None)
    if old is None:
        pytest.skip("no Python 3.6 to 3.10 here")
    done = helpers(ROOT, "lab", "--cpu", python=old)
    assert done.returncode == 1
    assert "This course needs Python 3.11, 3.12 or 3.13; this is 3." in done.stderr and old in done.stderr
    assert re.search(r"run: \S.* -m helpers lab --cpu\n$", done.stderr)
    assert len(done.stderr.splitlines()) == 1


def test_a_new_python_gets_a_sentence_too(monkeypatch):
    monkeypatch.setattr(start, "other_python", lambda: None)
    assert start.wrong_python() is None
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert "this is 3.14.0" in start.wrong_python() and "python3.12 -m helpers" in start.wrong_python()


def test_only_a_python_that_starts_is_recommended(monkeypatch, tmp_path):
    broken = tmp_path / "python3.12"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    good = tmp_path / "python3.11"
    good.write_text("#!/bin/sh\necho 3.11\n")
    good.chmod(0o755)
    if os.name == "nt":
        pytest.skip("shell scripts stand in for Pythons")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert start.other_python() == "python3.11"


@pytest.mark.parametrize("arguments", [["run", "99"], ["results", "99"], ["test", "99"], ["run", "00", "x"]])
def test_an_unknown_lesson_is_told_with_those_there_are_before_anything_is_made(project, arguments):
    done = helpers(project, *arguments)
    assert done.returncode == 1
    assert "no lesson" in done.stderr and "00" in done.stderr and "Traceback" not in done.stderr
    assert not (project / ".venv").exists()


def test_run_needs_lessons_or_all(project):
    for arguments in ([], ["00", "--all"]):
        done = helpers(project, "run", *arguments)
        assert done.returncode == 1 and "--all" in done.stderr


def test_a_port_in_use_is_told_before_anything_is_made(project):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = helpers(project, "lab", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr and "Traceback" not in done.stderr
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("port", ["0", "70000", "-1", "http"])
def test_a_port_that_is_none(project, port):
    done = helpers(project, "lab", "--port", port)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_what_pip_cannot_find_ends_in_one_message(project):
    done = helpers(project, "run", "00")
    assert done.returncode == 1
    assert "pip finds no nowhere-to-be-found==1.0" in done.stderr and "Traceback" not in done.stderr


def test_doctor_works_before_there_is_an_environment(project):
    done = helpers(project, "doctor")
    assert "not made yet" in done.stdout and "python3 -m helpers lab" in done.stdout
    assert "smollm2" in done.stdout and "COURSE_HOME" in done.stdout
    assert "Traceback" not in done.stderr and not (project / ".venv").exists()


def test_doctor_names_a_wrong_setting(project):
    done = helpers(project, "doctor", COURSE_BUDGET="huge")
    assert done.returncode == 1
    assert "COURSE_BUDGET is 'huge'" in done.stdout and "Traceback" not in done.stderr


def test_doctor_says_what_would_not_fit(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "memory", lambda: 2_000_000_000)
    problems = []
    doctor._machine(problems)
    doctor._need(problems, ROOT / "not" / "there", 10**18, "the environment")
    assert "2.0 GB of memory" in problems[0] and "too little for the environment" in problems[1]
    assert "cores" in capsys.readouterr().out


def test_clean_removes_only_what_the_course_made(project):
    home = project / "home"
    for folder in (home / "models", home / "assets", home / "precious", project / "runs", project / "learn"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("x" * 1000)
    (project / ".venv").mkdir()
    (project / ".venv" / "somebody").write_text("not the course's")

    refused = helpers(project, "clean")
    assert refused.returncode == 1 and "--yes" in refused.stdout and (home / "models").exists()

    done = helpers(project, "clean", "--yes")
    assert done.returncode == 0 and str(home / "models") in done.stdout and "kB" in done.stdout
    assert sorted(path.name for path in home.iterdir()) == ["precious"]
    assert (project / "learn" / "file").exists() and not (project / "runs").exists()
    assert (project / ".venv" / "somebody").exists()

    (project / ".venv" / "course.json").write_text('{"path": "x"}')
    shutil.rmtree(home / "precious")
    assert helpers(project, "clean", "--yes", "--learn").returncode == 0
    assert not any((project / name).exists() for name in (".venv", "learn", "home"))
    assert "nothing to remove" in helpers(project, "clean").stdout


def test_a_killed_clean_leaves_nothing_that_counts_as_somebody_elses(project):
    (project / ".venv" / "lib").mkdir(parents=True)
    (project / ".venv" / "course.json").write_text('{"path": "x"}')
    killed = """
import os, pathlib, shutil
def kill(path, *_, **__):
    (pathlib.Path(path) / "course.json").unlink()
    os._exit(9)
shutil.rmtree = kill
from helpers import cleaning
cleaning.clean(sure=True)
"""
    variables = os.environ | {"COURSE_HOME": str(project / "home")}
    done = subprocess.run([sys.executable, "-c", killed], cwd=project, env=variables, capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    assert not (project / ".venv").exists()  # so that the next `lab` makes a new one

    (project / ".venv").mkdir()
    (project / ".venv" / "course.json").write_text('{"path": "x"}')
    (project / ".venv.old-mine").mkdir()  # where a user moved an environment of his own
    done = helpers(project, "clean", "--yes")
    assert done.returncode == 0 and "interrupted" in done.stdout and "hf cache" in done.stdout
    assert [path.name for path in project.glob(".venv*")] == [".venv.old-mine"]


def test_clean_takes_its_line_out_of_a_users_own_environment(tmp_path, monkeypatch, capsys):
    line = tmp_path / "tune_a_coding_assistant.pth"
    line.write_text("")
    monkeypatch.setattr(environment, "FOLDER", tmp_path / ".venv")
    monkeypatch.setattr(environment, "beside", lambda: ())
    monkeypatch.setattr(environment, "is_ours", lambda: False)
    monkeypatch.setattr(environment, "made_importable", lambda: line)
    monkeypatch.setattr(cleaning.course, "ROOT", tmp_path)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    assert cleaning.clean(sure=True) == 0
    assert str(line) in capsys.readouterr().out and not line.exists()


def test_clean_does_not_follow_a_link(project, tmp_path):
    if os.name == "nt":
        pytest.skip("links need a privilege on Windows")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("mine")
    (tmp_path / "elsewhere" / "course.json").write_text('{"path": "x"}')
    for name in ("runs", ".venv"):
        (project / name).symlink_to(tmp_path / "elsewhere")
    assert helpers(project, "clean", "--yes").returncode == 0
    assert (tmp_path / "elsewhere" / "file").exists()
    assert not any((project / name).is_symlink() for name in ("runs", ".venv", ".venv.old-away"))


def test_expected_problems_end_without_a_traceback(monkeypatch, capsys):
    def raises(error):
        def command(*_, **__):
            raise error

        monkeypatch.setattr(cleaning, "clean", command)
        return commands.main(["clean"]), capsys.readouterr().err

    assert raises(CourseError("What. Do this.")) == (1, "What. Do this.\n")
    code, said = raises(OSError(errno.ENOSPC, "No space left on device", "/somewhere"))
    assert code == 1 and "/somewhere could not be written: No space left" in said
    code, said = raises(KeyboardInterrupt())
    assert code == 130 and "Run the same command again to go on." in said
    with pytest.raises(OSError, match="unknown"):
        raises(OSError(errno.EIO, "unknown"))


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_in_one_sentence(project):
    hold = "import sys; from helpers.files import locked\nwith locked(sys.argv[1]): print(flush=True); input()"
    lock = [sys.executable, "-c", hold, str(project / ".venv.lock")]
    with subprocess.Popen(lock, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        command = [sys.executable, "-m", "helpers", "run", "00"]
        # A shell starts background jobs with SIGINT ignored, and that is inherited: a terminal does not.
        heard = None if os.name == "nt" else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        waiting = subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
        said = waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        _, rest = waiting.communicate(timeout=30)
        other.kill()
    assert "Another program is making the environment" in said
    assert waiting.returncode == 130 and "Stopped. Run the same command again" in rest and "Traceback" not in rest


def test_a_command_never_starts_itself_for_ever(monkeypatch):
    monkeypatch.setenv(environment.ENTERED, "1")
    with pytest.raises(CourseError, match="Remove the folder"):
        environment.enter("/another/python", ["lab"])
    assert environment.ENTERED not in os.environ
    environment.enter(sys.executable, ["lab"])  # returns, because it is this one


def test_jupyter_is_started_for_this_computer_only():
    options = commands._parser().parse_args(["lab", "--no-browser", "--port", "9999"])
    command = commands._jupyter(options)
    assert "--ServerApp.ip=127.0.0.1" in command and "--no-browser" in command
    assert "--ServerApp.port=9999" in command and "--ServerApp.port_retries=0" in command
    assert "--IdentityProvider.need_token=True" in command
    assert not any("token=" in part.replace("need_token=", "") or "password" in part for part in command)
    assert not any("port" in part for part in commands._jupyter(commands._parser().parse_args(["lab"])))


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab started as `lab` starts it, for a user without settings. Its token is 'known'."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = commands._parser().parse_args(["lab", "--no-browser", "--port", str(port)])
    names = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    variables = commands._jupyter_variables() | dict.fromkeys(names, str(tmp_path)) | {"JUPYTER_TOKEN": "known"}
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(commands._jupyter(options), env=variables, stdout=log, stderr=log)
    try:
        for _ in range(300):
            if b"is running at" in (tmp_path / "log").read_bytes():
                break
            assert server.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def status(address):
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_jupyterlab_asks_for_its_token_and_shows_neither_nbgrader_nor_news(lab):
    assert status(f"{lab}/api/contents")[0] == 403
    assert status(f"{lab}/api/contents/README.md?token=wrong")[0] == 403
    code, page = status(f"{lab}/?token=known")  # leads to the first lesson
    assert code == 200 and "learn/00_start_here.ipynb" in page
    config = json.loads(re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    disabled = config["disabledExtensions"]
    assert "@jupyter/nbgrader" in disabled and "@jupyterlab/apputils-extension:announcements" in disabled
    assert config["news"] == {"disabled": True}
    assert status(f"{lab}/formgrader?token=known")[0] == 404
    code, answer = status(f"{lab}/api/contents?token=known")
    assert "helpers" in [entry["name"] for entry in json.loads(answer)["content"]]


# `test`


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A project with one lesson and a test file, for `testing.run` to run."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    tests = "import pytest\n\n\ndef test_one():\n    assert True\n"
    tests += "\n\n@pytest.mark.gpu\ndef test_two():\n    assert 1 == 2\n"
    (tmp_path / "tests" / "test_notebook_form.py").write_text(tests)
    monkeypatch.setattr(testing.course, "ROOT", tmp_path)
    monkeypatch.setattr("helpers.models.prepare", lambda: None)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))

    def lesson(second):
        text = json.dumps(LESSON).replace("SECOND", second)
        (tmp_path / "notebooks" / "00_start_here.ipynb").write_text(text)
        return tmp_path

    return lesson


def test_test_counts_both_stages_and_names_what_is_not_run(small, capfd):
    small(r"import os\n\nassert os.environ['COURSE_BUDGET'] + os.environ['HF_HUB_OFFLINE'] == 'smoke1'")
    assert testing.run() == 0
    said = capfd.readouterr().out
    assert said.splitlines()[-1] == "3 passed, 0 failed"
    assert "test_notebook_form.py::test_two (gpu: needs an NVIDIA GPU; run with: " in said
    assert re.search(r"(?m)^ +\d+\.\d minutes  00_start_here$", said)


def test_test_fails_when_a_cell_fails(small, capfd):
    small("raise ValueError('broken')")
    assert testing.run("00") == 1
    assert capfd.readouterr().out.splitlines()[-1] == "2 passed, 1 failed"


def test_test_fails_when_no_test_ran_or_ruff_objects(small, capfd):
    root = small("2 + 2")
    (root / "tests" / "test_notebook_form.py").write_text("import os\n")
    assert testing.run() == 1
    said = capfd.readouterr().out
    assert "F401" in said and "exit code 5" in said
    assert said.splitlines()[-1] == "2 passed, 2 failed"


def test_one_lesson_brings_the_tests_of_the_helpers_it_uses(tmp_path, monkeypatch):
    for name in ("helpers", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "helpers" / "models.py").write_text("def f():\n    from helpers import assets\n")
    (tmp_path / "helpers" / "assets.py").write_text("import helpers.fetch\n")
    (tmp_path / "helpers" / "fetch.py").write_text("")
    for name in ("models", "assets", "fetch", "ppo", "exercises"):
        (tmp_path / "tests" / f"test_{name}.py").write_text("")
    notebook = tmp_path / "00_x.ipynb"
    cell = {"cell_type": "code", "source": ["%matplotlib inline\n", "from helpers.models import load_model\n"]}
    notebook.write_text(json.dumps({"cells": [cell]}))
    monkeypatch.setattr(testing.course, "ROOT", tmp_path)
    names = ("exercises", "assets", "fetch", "models")
    assert testing.tests_of(notebook) == [str(Path("tests") / f"test_{name}.py") for name in names]


def test_every_mark_says_why_and_how():
    import tomllib

    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    reasons = dict(mark.split(": ", 1) for mark in options["markers"])
    assert set(reasons) == set(testing.ELSEWHERE)
    assert all("run with: python -m pytest" in reason for reason in reasons.values())


def test_starting_is_quick():
    started = time.monotonic()
    assert helpers(ROOT, "--help").returncode == 0
    assert time.monotonic() - started < 3


# A user's own folder


@pytest.mark.parametrize(("name", "options"), [("random.py", []), ("random.py", ["-P"]), ("helpers.py", ["-P"])])
def test_a_users_own_modules_are_not_run_in_place_of_pythons_or_the_courses(tmp_path, name, options):
    (tmp_path / name).write_text("raise SystemExit('user code ran')")
    command = [sys.executable, *options, "-m", "helpers", "testgen", "no-such-file.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert "user code ran" not in done.stdout + done.stderr and "no-such-file.py" in done.stderr
