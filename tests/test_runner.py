"""Running lessons: closing tables, errors, saved outputs, results over seeds; on small notebooks, without a model."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from helpers import course, runner, saving, tables
from helpers.errors import CourseError

HERE = Path(__file__).resolve().parents[1]
# All that helpers.course asks of PyTorch: importing the real one takes seconds in every kernel.
TORCH = """
class cuda:
    is_available = staticmethod(lambda: False)
class cpu:
    get_capabilities = staticmethod(dict)
class backends:
    mps = cuda
"""
RECORD = """from helpers import course
seed = course.seed()
rows = [{"kind": "a", "valid": 1, "note": "x"}, {"kind": "a", "valid": seed % 2}, {"kind": "b", "valid": None}]
course.record("00", {"valid": 0.5, "valid_ci": [0.25, 0.75], "inner": {"gain": seed}, "steps": 7}, rows, "kind")"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own, with a space and a letter beyond ASCII in its path."""
    root = tmp_path / "mein Kurs ü"
    (root / "notebooks").mkdir(parents=True)
    shutil.copytree(HERE / "helpers", root / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "torch.py").write_text(TORCH, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("torch", root / "torch.py")
    fake = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fake)
    monkeypatch.setitem(sys.modules, "torch", fake)
    monkeypatch.setattr(course, "ROOT", root)
    monkeypatch.setattr(course, "RUNS", root / "runs")
    course._choose_device.cache_clear()
    for name in [name for name in os.environ if name.startswith("COURSE_")]:
        monkeypatch.delenv(name)
    yield root
    course._choose_device.cache_clear()


def write(project, *sources, name="00_start_here.ipynb"):
    cells = [new_markdown_cell("# 00 Start here", id="title")]
    cells += [new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    path = project / "notebooks" / name
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_lessons_are_found_by_number(project):
    for name in ("10_late.ipynb", "00_start_here.ipynb", "draft.ipynb"):
        write(project, "1", name=name)
    assert runner.lessons() == ["00", "10"]
    assert runner.notebook("0").name == runner.notebook("00").name == "00_start_here.ipynb"
    for unknown in ("99", "draft", "[0]"):
        with pytest.raises(CourseError, match=f"no lesson {re.escape(unknown)}. The lessons are 00, 10"):
            runner.notebook(unknown)


def test_asking_for_the_lessons_imports_nothing_heavy():
    code = "import sys; from helpers import runner; runner.lessons(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True)
    assert not {"nbclient", "nbformat", "torch", "numpy", "tqdm"} & set(loaded.stdout.split())


def test_a_run_shows_its_table_and_leaves_the_lesson_alone(project, capfd):
    path = write(project, "import os; print(os.listdir())", RECORD)
    before = path.read_bytes()
    assert runner.run(["00"]) == 0
    said, noise = capfd.readouterr()
    assert noise == "Running lesson 00, lesson budget, seed 0: 3 cells.\n"
    assert path.read_bytes() == before
    lines = [line.split() for line in said.splitlines()]
    assert ["valid", "0.500", "[0.250,", "0.750]"] in lines
    assert ["inner.gain", "0"] in lines and ["steps", "7"] in lines
    assert str(project / "runs" / "00_start_here.ipynb") in said and "minutes" in said
    executed = nbformat.read(project / "runs" / "00_start_here.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].text == "[]\n"  # the kernel starts in an empty folder
    assert "00 Start here" in (project / "runs" / "00_start_here.html").read_text(encoding="utf-8")


def test_the_table_is_this_runs_own(project, capsys):
    write(project, "1 + 1")
    stale = project / "runs" / "00-lesson-seed0.json"
    stale.parent.mkdir()
    stale.write_text('{"values": {"valid": 0.99}}', encoding="utf-8")
    assert runner.run(["00"]) == 0
    said = capsys.readouterr().out
    assert "recorded no table" in said and "0.99" not in said


def test_an_error_shows_the_cell_and_the_error_alone(project, capsys):
    write(project, "x = 1", "y = 2\nraise ValueError('the pan is hot')", "print('later')")
    assert runner.run(["00"]) == 1
    said = capsys.readouterr()
    assert "cell 3 of 4 (00 Start here)" in said.err
    assert "    raise ValueError('the pan is hot')" in said.err
    assert "ValueError: the pan is hot (line 2 of the cell)" in said.err
    assert "Traceback" not in said.err and "nbclient" not in said.err
    kept = project / "runs" / "00_start_here.ipynb"
    assert str(kept) in said.err
    assert nbformat.read(kept, as_version=4).cells[2].outputs[0].ename == "ValueError"


def test_a_later_lesson_is_not_run_after_an_error(project, capsys):
    write(project, "raise ValueError('the pan is hot')")
    write(project, "1", name="01_next.ipynb")
    assert runner.run(["00", "01"]) == 1
    assert not (project / "runs" / "01_next.ipynb").exists()
    assert "the pan is hot" in capsys.readouterr().err


def test_the_minutes_of_all_lessons_are_told_and_saved(project, capsys):
    write(project, RECORD)
    write(project, "1", name="01_next.ipynb")
    kept = project / "data" / "results" / "lesson-minutes-cpu.json"
    assert runner.run(["00", "01"]) == 0
    assert re.search(r"minutes: 00 0\.\d, 01 0\.\d, in all 0\.\d\n", capsys.readouterr().out)
    assert runner.run(["01"], save=True) == 0  # one lesson is not the series
    assert not kept.exists() and "in all 0." not in capsys.readouterr().out
    assert runner.run(["00", "01"], save=True) == 0
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert list(found["lessons"]) == ["00", "01"] and found["cores"] == course.cores()
    assert found["command"] == "python3 -m helpers run --all --save"
    assert found["lessons"]["00"]["minutes"] < 1 and found["lessons"]["01"]["peak_gb"] is None
    assert f"minutes saved: {kept}" in capsys.readouterr().out


def test_an_unknown_lesson_stops_before_anything_runs(project):
    write(project, "1")
    with pytest.raises(CourseError, match="no lesson 99"):
        runner.run(["00", "99"])
    assert not (project / "runs").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kernel_that_the_system_ends_gets_advice(project, capsys):
    write(project, "x = 1", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert runner.run(["00"]) == 1
    said = capsys.readouterr().err
    assert "cell 3" in said and "memory" in said and "COURSE_BUDGET=smoke" in said and "Traceback" not in said
    assert (project / "runs" / "00_start_here.ipynb").exists()


def test_a_cell_that_never_ends_is_stopped(project, capsys, monkeypatch):
    monkeypatch.setitem(runner.CELL_HOURS, "lesson", 1 / 3600)
    write(project, "import time; time.sleep(60)")
    assert runner.run(["00"]) == 1
    assert "hours" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
def test_ctrl_c_stops_a_run_and_its_kernel(project):
    started = project / "started"
    write(project, f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    process = subprocess.Popen(
        [sys.executable, "-c", "from helpers import runner; runner.run(['00'])"],
        cwd=project, env={**os.environ, "PYTHONPATH": str(project)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not (started.exists() and started.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert said.rstrip().endswith("KeyboardInterrupt") and "memory" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
    assert (project / "runs" / "00_start_here.ipynb").exists()


def test_save_writes_a_normal_form(project):
    path = write(
        project,
        "print('a')\nprint('b')",
        "from IPython.display import display\n"
        "view = 'application/vnd.jupyter.widget-view+json'\n"
        "display({view: {'model_id': '1'}, 'text/plain': 'Slider'}, raw=True)\n"
        "display({view: {'model_id': '1'}, 'text/html': '<p>Slider</p>'}, raw=True)",
        "1 + 1",
    )
    assert runner.run(["00"], save=True) == 0
    saved = nbformat.read(path, as_version=4)
    nbformat.validate(saved)
    printed, shown, value = saved.cells[1:]
    assert [cell.execution_count for cell in saved.cells[1:]] == [1, 2, 3]
    assert [output.text for output in printed.outputs] == ["a\nb\n"]
    assert [output.data for output in shown.outputs] == [{"text/html": "<p>Slider</p>"}]
    assert value.outputs[0].execution_count == 3
    assert saved.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "course": {"code_sha256": saving.code_hash(saved), "budget": "lesson", "device": "cpu"},
    }
    again = path.read_bytes()
    assert runner.run(["00"], save=True) == 0
    assert path.read_bytes() == again


@pytest.mark.parametrize(
    "source, message",
    [
        ("import sys; print('careful', file=sys.stderr)", "stderr.*careful"),
        ("from pathlib import Path; print(Path.home() / 'x.txt')", "a path of this machine"),
        ("from helpers import course; course.ROOT", "a path of this machine"),
        ("import warnings; warnings.warn('old')", "stderr"),
    ],
)
def test_save_refuses_what_only_fits_this_machine(project, capsys, source, message):
    path = write(project, "1", source)
    before = path.read_bytes()
    assert runner.run(["00"], save=True) == 1
    said = capsys.readouterr().err
    assert "Cell 3" in said
    assert re.search(message, said)
    assert path.read_bytes() == before


def test_pictures_are_not_searched_for_paths():
    home = Path.home().as_posix()
    picture = {"output_type": "display_data", "data": {"image/png": home, "text/plain": "a figure"}}
    inline = {"data": {"text/html": f"<img src='data:image/png;base64,AAA{home}/AAA='>"}}
    assert saving.private_paths("\n".join([*saving.texts(picture), *saving.texts(inline)])) == []
    assert home in saving.private_paths(f"in {home}/x")  # beside its parent, where that is the temporary folder
    assert home in saving.private_paths("\n".join(saving.texts({"data": {"text/html": f"<p>{home}/x</p>"}})))


@pytest.mark.parametrize(
    "name, value", [("COURSE_BUDGET", "smoke"), ("COURSE_SEED", "1"), ("COURSE_MODEL", "someone/large")]
)
def test_only_a_default_run_is_saved(project, monkeypatch, name, value):
    write(project, "1")
    monkeypatch.setenv(name, value)
    with pytest.raises(CourseError, match="default run"):
        runner.run(["00"], save=True)
    assert not (project / "runs").exists()


def test_the_code_hash_sees_code_alone(project):
    path = write(project, "a = 1", "b = 2")
    text = json.loads(path.read_text(encoding="utf-8"))
    node = nbformat.read(path, as_version=4)
    assert saving.code_hash(text) == saving.code_hash(node)
    node.cells[0].source = "# Another title"
    node.cells[1].execution_count = 5
    assert saving.code_hash(text) == saving.code_hash(node)
    node.cells[1].source = "a = 2"
    assert saving.code_hash(text) != saving.code_hash(node)


def interval(values, clusters=None, seed=0):
    assert clusters is None or len(clusters) == len(values)
    return min(values), max(values)


def test_results_run_every_seed_once_and_pool_them(project, capsys, monkeypatch):
    import helpers.metrics

    monkeypatch.setattr(helpers.metrics, "bootstrap_interval", interval)
    log = project / "log"
    count = f"import os; open({str(log)!r}, 'a').write(os.environ['COURSE_BUDGET'] + os.environ['COURSE_SEED'] + ' ')"
    stop = "import os\nif os.environ['COURSE_SEED'] == '2' and not os.path.exists({!r}): raise OSError('power cut')"
    ready = project / "ready"
    path = write(project, count, RECORD, stop.format(str(ready)))
    assert runner.results("00") == 1  # the third seed breaks off, after its record was written
    assert "power cut" in capsys.readouterr().err
    assert log.read_text() == "full0 full1 full2 "
    target = project / "data" / "results" / "00-full-cpu.json"
    assert not target.exists()

    ready.touch()
    assert runner.results("0") == 0
    assert log.read_text() == "full0 full1 full2 full2 "
    pooled = json.loads(target.read_text(encoding="utf-8"))
    assert pooled["values"]["valid"] == pytest.approx((1 + 1 / 3) / 2)
    assert pooled["values"]["valid_ci"] == pytest.approx([1 / 3, 1])
    assert pooled["values"]["inner"] == {"gain": 1}
    assert pooled["per_seed"]["inner.gain"] == [0, 1, 2] and pooled["per_seed"]["valid"] == [0.5, 1, 0.5]
    assert (pooled["seeds"], pooled["n"], pooled["command"]) == ([0, 1, 2], 3, "python3 -m helpers results 00")
    assert {"lesson", "budget", "device", "minutes", "settings", "versions", "ran_at_commit"} <= set(pooled)
    assert "items" not in pooled and "seed" not in pooled["settings"]

    # Prose may change; code may not.
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "# 00 Begin here"
    nbformat.write(notebook, path)
    assert runner.results("00") == 0
    assert log.read_text() == "full0 full1 full2 full2 "
    notebook.cells[1].source += "\nx = 1"
    nbformat.write(notebook, path)
    assert runner.results("00") == 0
    assert log.read_text() == "full0 full1 full2 full2 full0 full1 full2 "


def test_results_of_fewer_seeds_say_so(project):
    write(project, RECORD)
    assert runner.results("00", seeds=1) == 0
    pooled = json.loads((project / "data" / "results" / "00-full-cpu.json").read_text(encoding="utf-8"))
    assert pooled["seeds"] == [0] and pooled["command"] == "python3 -m helpers results 00 --seeds 1"


def test_results_that_no_seed_changes_run_once_and_keep_their_rows(project):
    values, items = {"error": 0.25, "steps": 3, "ci": [0, 1]}, [{"id": "a", "parts": {"x": 1}}]
    write(project, f"from helpers import course; course.record('00', {values}, {items}, seeded=False)")
    assert runner.results("00") == 0
    pooled = json.loads((project / "data" / "results" / "00-full-cpu.json").read_text(encoding="utf-8"))
    assert pooled["seeds"] == [0] and pooled["values"]["error"] == 0.25 and "per_seed" not in pooled
    assert pooled["values"]["steps"] == 3 and pooled["values"]["ci"] == [0, 1]  # kept as they are
    assert pooled["items"] == [{"id": "a", "parts": {"x": 1}}]


def seed_run(seed, items, **values):
    return {
        "lesson": "00", "budget": "full", "device": "cpu", "seed": seed, "n": len(items), "minutes": 2.5,
        "values": {"minutes": 2.5, "peak_gb": 1.0 + seed, **values}, "settings": {"device": "cpu", "seed": str(seed)},
        "versions": {}, "ran_at_commit": "abc", "cluster": "kind", "items": items,
    }  # fmt: skip


def test_pooling_averages_seeds_within_rows_and_draws_clusters():
    runs = [
        seed_run(seed, [{"kind": row // 5, "valid": (row // 5 + seed) % 2} for row in range(20)]) for seed in (0, 1)
    ]
    pooled = tables.pool(runs)
    assert pooled["values"]["valid"] == 0.5
    assert pooled["values"]["valid_ci"] == [0.5, 0.5]  # each row's mean over the two seeds is one half
    assert pooled["minutes"] == 5.0 and pooled["values"]["peak_gb"] == 2.0
    assert "minutes" not in pooled["values"]
    alone = tables.pool(runs[:1])["values"]["valid_ci"]
    assert alone[0] == 0 and alone[1] == 1  # four clusters of five equal rows: wide


def test_seeds_that_held_out_different_rows_are_not_pooled():
    one, other = [{"kind": "a", "valid": 1}], [{"kind": "b", "valid": 1}]
    with pytest.raises(CourseError, match="different rows"):
        tables.pool([seed_run(0, one), seed_run(1, other)])
    with pytest.raises(CourseError, match="different numbers"):
        tables.pool([seed_run(0, one), seed_run(1, one * 2)])


def test_a_table_puts_intervals_behind_values_and_minutes_last():
    record = seed_run(0, [], valid=0.5, valid_ci=[0.25, 0.75], gain_ci=[-1.0, 12.5], tiny=1.4e-6)
    lines = tables.table(record).splitlines()
    assert lines[0] == "Lesson 00, full budget, cpu, seed 0"
    assert [line.split(maxsplit=1) for line in lines[2:]] == [
        ["peak_gb", "1.000"], ["valid", "0.500  [0.250, 0.750]"], ["gain_ci", "[-1.000, 12.5]"], ["tiny", "1.4e-06"],
        ["minutes", "2.500"],
    ]  # fmt: skip


@pytest.mark.parametrize("call", [lambda: runner.run(["00"]), lambda: runner.results("00")])
def test_a_folder_that_cannot_be_written_is_noticed_before_anything_runs(project, monkeypatch, call):
    write(project, "open('ran', 'w')")
    (project / "runs").write_text("a file in the place of the folder", encoding="utf-8")
    monkeypatch.setattr(runner, "_execute", lambda *args, **settings: pytest.fail("it ran"))
    with pytest.raises(CourseError, match="cannot be written"):
        call()
