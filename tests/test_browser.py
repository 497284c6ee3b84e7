"""The course as a learner meets it: `lab`'s own server in a real browser. Needs Chromium and Playwright; see
requirements-browser.txt. The pictures that it takes go to runs/browser/; README.md shows one of them.

It works on a copy of the project, so that nobody's `learn/` is touched.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import nbformat
import pytest

from helpers import course

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "runs" / "browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
FLAGS = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
).split()
PLANTED = ROOT / "tests" / "exercises" / "00-held-share" / "all_or_nothing.py"
MINUTE = 60_000  # Playwright counts in milliseconds
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
CELLS = f"{PANEL} .jp-CodeCell"


@pytest.fixture(scope="module")
def playwright():
    reason = "Playwright is not installed: pip install -r tests/requirements-browser.txt"
    api = pytest.importorskip("playwright.sync_api", reason=reason)
    with api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright):
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found and not Path(playwright.chromium.executable_path).exists():
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)} is on the PATH (Debian: apt install chromium)")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    launched = playwright.chromium.launch(executable_path=found, args=FLAGS + as_root)
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """(the address that `lab` prints, the copy of the project that it serves); the server ends with the tests."""
    home, copy = tmp_path_factory.mktemp("jupyter"), tmp_path_factory.mktemp("space") / "course"
    for name in ("helpers", "data", "notebooks"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR", "LAB_SETTINGS_DIR", "LAB_WORKSPACES_DIR")
    variables = os.environ | {f"JUPYTER{'' if 'LAB' in name else '_'}{name}": str(home) for name in folders}
    variables |= {"COURSE_HOME": str(course.home()), "COURSE_BUDGET": "smoke", "PYTHONUNBUFFERED": "1"}
    log = home / "log"
    with _kept_link(), open(log, "wb") as out:
        command = [sys.executable, "-m", "helpers", "lab", "--no-browser", "--port", str(port)]
        server = subprocess.Popen(command, cwd=copy, env=variables, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            yield _address(server, log), copy
        finally:
            server.terminate()
            server.wait(timeout=60)


class _kept_link:
    """`lab` leads this Python to the project it serves. Afterwards, lead it where it was led before."""

    def __init__(self):
        self.file = Path(sysconfig.get_path("purelib")) / "tune_a_coding_assistant.pth"

    def __enter__(self):
        self.before = self.file.read_bytes() if self.file.exists() else None

    def __exit__(self, *_):
        if self.before is None:
            self.file.unlink(missing_ok=True)
        else:
            self.file.write_bytes(self.before)


def _address(server, log):
    """What `lab` tells its user to open. Fails where the server ends, or says nothing for ten minutes."""
    for _ in range(1200):
        said = log.read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*token=\w+", said):
            return found[0]
        assert server.poll() is None, said
        time.sleep(0.5)
    pytest.fail(f"no address after ten minutes:\n{said}")


@pytest.fixture
def page(browser):
    """A new window. What the code of its page raises fails the test."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    raised = []
    opened.on("pageerror", lambda error: raised.append(error))
    opened.set_default_timeout(MINUTE)
    yield opened
    opened.context.close()
    assert raised == []


def run_all(page, notebook, minutes=30):
    """Run > Run All Cells; returns once every cell has its number, and fails on the first error shown.

    notebook: the file that is open. JupyterLab draws its cells one by one, so they are counted first.
    """
    cells = sum(cell.cell_type == "code" for cell in nbformat.read(notebook, as_version=4).cells)
    prompts = page.locator(f"{CELLS} .jp-InputPrompt")
    prompts.nth(cells - 1).wait_for(state="attached")
    idle = page.locator(f"{PANEL} .jp-Notebook-ExecutionIndicator[data-status=idle]")
    idle.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    started = time.monotonic()
    while time.monotonic() - started < minutes * 60:
        shown = prompts.all_text_contents()
        assert errors(page) == []
        if len(shown) == cells and all(re.fullmatch(r"\[\d+\]:", prompt) for prompt in shown):
            idle.wait_for()
            return
        page.wait_for_timeout(500)
    pytest.fail(f"after {minutes} minutes the cells' numbers are {shown}")


def errors(page):
    return page.locator(f'{PANEL} [data-mime-type="application/vnd.jupyter.error"]').all_text_contents()


def shown(page, text):
    """The first cell with `text` in it, scrolled to: JupyterLab draws only what is on the screen."""
    cell = page.locator(CELLS).filter(has_text=text).first
    cell.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    return cell


def answer(page, source):
    """Write `source` into the exercise's cell as a learner would, run it and its check; return what the check says."""
    cell, check = shown(page, "def held_share("), shown(page, "checks.held_share(held_share)")
    number = check.locator(".jp-InputPrompt").text_content()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    for _ in range(240):
        now = check.locator(".jp-InputPrompt").text_content()
        if now != number and re.fullmatch(r"\[\d+\]:", now):
            return check.locator(".jp-OutputArea").inner_text()
        page.wait_for_timeout(250)
    pytest.fail(f"the check did not run within a minute: {now}")


def picture(page, name, around):
    PICTURES.mkdir(parents=True, exist_ok=True)
    around.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # for the scrolling, and what fades in
    page.screenshot(path=PICTURES / f"{name}.png")


def solution():
    """The lesson's own answer, from notebooks/."""
    lesson = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    cells = (c for c in lesson.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "00-held-share")
    return "\n".join(line for line in next(cells).source.splitlines() if "SOLUTION" not in line)


def test_the_first_lesson_runs_and_its_exercise_says_what_is_wrong_and_what_is_right(page, lab):
    page.goto(lab[0])
    page.locator(f"{PANEL} h1").filter(has_text="00 · Start here").wait_for()
    saved = lab[1] / "learn" / "00_start_here.ipynb"
    run_all(page, saved)
    check = shown(page, "checks.held_share(held_share)")
    assert "Still to do" in check.locator(".jp-OutputArea").inner_text()

    planted = PLANTED.read_text(encoding="utf-8")
    expected = re.match(r"# expect: (.+)", planted)[1]
    said = answer(page, planted.partition("\n")[2])
    assert said.startswith("Not yet") and expected in said
    picture(page, "exercise", check)

    assert answer(page, solution()).startswith("Well done")
    assert errors(page) == []
    page.keyboard.press("Control+S")
    for _ in range(120):
        if "Well done" in saved.read_text(encoding="utf-8"):
            break
        page.wait_for_timeout(250)
    assert "Well done" in saved.read_text(encoding="utf-8")


def test_a_slider_in_lesson_04_redraws(page, lab):
    page.goto(lab[0].replace("00_start_here", "04_memory_math"))
    page.locator(f"{PANEL} h1").filter(has_text="04 · Memory math").wait_for()
    run_all(page, lab[1] / "learn" / "04_memory_math.ipynb")
    cell = shown(page, "widgets.explore(figures.gpus")
    drawing = cell.locator(".widget-html-content")
    sliders = cell.locator(".widget-slider")
    sliders.nth(2).wait_for()
    before = drawing.inner_html()
    sliders.first.locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    for _ in range(120):
        if drawing.inner_html() != before:
            break
        page.wait_for_timeout(250)
    after = drawing.inner_html()
    assert after != before and "Error" not in after
    picture(page, "slider", cell)
