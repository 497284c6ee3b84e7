"""Locks: waited for while somebody else holds them, refused at once where the file system has none."""

import errno
import os

import pytest

from helpers import files
from helpers.errors import CourseError


@pytest.fixture
def system(monkeypatch):
    """Lets the system's lock call fail with each of these errors in turn, then succeed."""

    def fails_with(*numbers):
        left = list(numbers)

        def lock(*_):
            if left:
                number = left.pop(0)
                raise OSError(number, os.strerror(number))

        monkeypatch.setattr("msvcrt.locking" if os.name == "nt" else "fcntl.flock", lock)
        monkeypatch.setattr(files.time, "sleep", lambda _: None)
        return left

    return fails_with


def test_a_lock_that_another_program_holds_is_waited_for(system, tmp_path, capsys):
    left = system(errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
    with files.locked(tmp_path / "new" / ".lock", "Waiting."):
        assert left == []
    assert capsys.readouterr().err == "Waiting.\n"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_locks_is_told_at_once(system, tmp_path, capsys, number):
    system(number)
    with pytest.raises(CourseError, match="local disk.*COURSE_HOME") as error:
        with files.locked(tmp_path / ".lock", "Waiting."):
            raise AssertionError("worked without a lock")
    assert str(tmp_path) in str(error.value) and os.strerror(number) in str(error.value)
    assert capsys.readouterr().err == ""


def test_a_removed_link_leaves_what_it_led_to(tmp_path):
    if os.name == "nt":
        pytest.skip("links need a privilege on Windows")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    files.remove(tmp_path / "link")
    assert (tmp_path / "folder" / "file").exists() and not (tmp_path / "link").is_symlink()
    files.remove(tmp_path / "folder" / "file")
    files.remove(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []
