"""A progress bar that reads well in a terminal and in a notebook, and leaves nothing behind in a saved notebook.

tqdm draws on stderr, and its notebook form needs widget state; a saved lesson may hold neither. So in a
notebook this updates one small HTML bar in place; in a terminal it is tqdm.
"""

import html
import sys
import time


def in_notebook():
    """Whether this runs in a Jupyter kernel."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


class Bar:
    """A progress bar over `total` steps: `advance(n)` moves it, `note` is shown behind it. Use it in a `with`."""

    def __init__(self, total, label):
        self.total, self.label, self.done, self.note = total, label, 0, ""
        self.started, self.drawn = time.monotonic(), 0.0
        self.handle = self.tqdm = None
        if in_notebook():
            from IPython.display import display

            self.handle = display(self, display_id=True)
        elif sys.stderr.isatty():
            from tqdm import tqdm

            self.tqdm = tqdm(total=total, desc=label, leave=False)

    def advance(self, count=1, note=None):
        self.done += count
        self.note = self.note if note is None else note
        if self.tqdm:
            self.tqdm.set_postfix_str(self.note, refresh=not count)  # a new note alone is shown at once
            self.tqdm.update(count)
        elif self.handle and time.monotonic() - self.drawn > 0.2:
            self.drawn = time.monotonic()
            self.handle.update(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.tqdm:
            self.tqdm.close()
        elif self.handle:
            self.handle.update(self)

    def __repr__(self):
        seconds = time.monotonic() - self.started
        return f"{self.label}: {self.done} of {self.total} in {seconds:.0f} s" + (f", {self.note}" if self.note else "")

    def _repr_html_(self):
        text = html.escape(repr(self))
        return f'<progress value="{self.done}" max="{self.total}" style="width:16em"></progress> {text}'


def progress(items, label, total=None):
    """Iterate over `items` with a bar. `total` is needed where `items` has no length."""
    with Bar(len(items) if total is None else total, label) as bar:
        for item in items:
            yield item
            bar.advance()
