"""Source files of installed packages: in a fixed order, unimported, and with clear answers where there are none."""

import sys
from importlib import metadata

import pytest

from helpers import corpus
from helpers.errors import CourseError


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Makes a package as pip would install it, into a folder that Python looks in."""

    def make(name, files):
        names = []
        for path, data in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(data)
            names.append(path)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (info / "RECORD").write_text("".join(f"{n},,\n" for n in [*names, "../../bin/run.py"]), encoding="utf-8")

    monkeypatch.syspath_prepend(str(tmp_path))
    return make


FILES = {
    "shelf/b.py": b"b = 1\n",
    "shelf/a.py": "größe = 1\n".encode(),
    "shelf/sub/c.py": b"raise RuntimeError('imported')\n",
    "shelf/broken.py": b"x = '\xff\xfe'\n",
    "shelf/data.txt": b"no Python",
}


def test_files_come_sorted_and_are_not_imported(installed):
    installed("shelf", FILES)
    found = corpus.python_files(["shelf"])
    assert [file.path for file in found.files] == ["shelf/a.py", "shelf/b.py", "shelf/sub/c.py"]
    assert found.texts[0] == "größe = 1\n" and found.files[0].size == 12
    assert "shelf" not in sys.modules


def test_what_is_no_utf8_is_left_out_and_named(installed):
    installed("shelf", FILES)
    assert corpus.python_files(["shelf"]).unreadable == ["shelf/broken.py"]


def test_a_file_that_is_listed_and_gone_is_named(installed, tmp_path):
    installed("shelf", FILES)
    (tmp_path / "shelf" / "b.py").unlink()
    assert corpus.python_files(["shelf"]).unreadable == ["shelf/b.py", "shelf/broken.py"]


def test_it_stops_after_the_file_that_is_enough(installed):
    installed("shelf", FILES)
    found = corpus.python_files(["shelf"], at_least_bytes=13)
    assert [file.path for file in found.files] == ["shelf/a.py", "shelf/b.py"]
    assert found.size == 18 and found.by_package() == {"shelf": (2, 18)}
    with pytest.raises(CourseError, match="hold 0.0 MB of Python, and 5.0 MB are asked for"):
        corpus.python_files(["shelf"], at_least_bytes=5e6)


def test_a_package_without_source_or_not_installed_is_told(installed):
    installed("music", {"music/notes.txt": b"la"})
    with pytest.raises(CourseError, match="'music' brings no Python source"):
        corpus.python_files(["music"])
    for name in ("no-such-package-here", ""):
        with pytest.raises(CourseError, match="There is no package"):
            corpus.python_files([name])


def test_the_packages_of_lesson_01_are_enough():
    found = corpus.python_files(["tornado", "networkx", "sqlalchemy"], at_least_bytes=12e6)
    assert 12e6 <= found.size < 12.5e6 and not found.unreadable
    assert list(found.by_package()) == ["tornado", "networkx", "sqlalchemy"]
    assert {file.package for file in corpus.python_files(["click"]).files} == {"click"}
    assert found.files[0].size == (metadata.distribution("tornado").locate_file(found.files[0].path)).stat().st_size
