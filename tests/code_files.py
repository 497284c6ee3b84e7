"""Small projects that tests write to disk."""

import textwrap


def written(folder, files):
    """Write {path: indented text} below `folder`, and return the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder
