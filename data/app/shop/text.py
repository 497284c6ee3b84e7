"""Words and lines of the shop: addresses of pages, lines of a letter, settings."""

import re
import unicodedata


def slug_for_title(title: str, max_length: int = 40) -> str:
    """Return a title as the last part of an address: lowercase ASCII words, joined by hyphens.

    What is longer than max_length is cut after a whole word, or inside the first if it is too long itself.
    Raises ValueError where nothing of the title is left.

    >>> slug_for_title("  Crème brûlée, 2nd edition! ")
    'creme-brulee-2nd-edition'
    >>> slug_for_title("Tea and coffee for everyone", max_length=12)
    'tea-and'
    """
    if max_length < 1:
        raise ValueError("max_length must be at least 1")
    letters = unicodedata.normalize("NFKD", title.casefold())
    plain = "".join(letter for letter in letters if letter not in "'’" and not unicodedata.combining(letter))
    slug = "-".join(re.findall("[a-z0-9]+", plain))
    if not slug:
        raise ValueError(f"no letter or digit in {title!r}")
    if len(slug) <= max_length:
        return slug
    whole_words = slug[: max_length + 1].rpartition("-")[0]
    return whole_words or slug[:max_length]


def wrap_words(text: str, width: int = 40) -> list[str]:
    """Break a text into lines of at most width characters. A word longer than a line is cut.

    >>> wrap_words("the quick brown fox", 9)
    ['the quick', 'brown fox']
    >>> wrap_words("incomprehensible words", 8)
    ['incompre', 'hensible', 'words']
    """
    if width < 1:
        raise ValueError("width must be at least 1")
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) <= width:
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        while len(word) > width:
            lines.append(word[:width])
            word = word[width:]
        line = word
    return [*lines, line] if line else lines


def edit_distance(first: str, second: str) -> int:
    """Return how many letters to insert, delete or replace to turn one word into the other."""
    if not first or not second:
        return len(first) + len(second)
    above = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        current = [row]
        for column, other in enumerate(second, start=1):
            replaced = above[column - 1] + (letter != other)
            current.append(min(replaced, above[column] + 1, current[-1] + 1))
        above = current
    return above[-1]


def closest_name(name: str, known: list[str], at_most: int = 2) -> str | None:
    """Return the known name that was probably meant, upper or lower case alike; None if none is near.

    at_most: how many letters may be wrong. Of names that are equally near, the first is taken.

    >>> closest_name("Kofee", ["cocoa", "coffee", "tea"])
    'coffee'
    >>> closest_name("water", ["cocoa", "coffee", "tea"])
    """
    best, fewest = None, at_most + 1
    for candidate in known:
        wrong = edit_distance(name.lower(), candidate.lower())
        if wrong < fewest:
            best, fewest = candidate, wrong
    return best


def parse_key_values(text: str, separator: str = "=") -> dict[str, str]:
    """Read settings, one "key = value" a line. Empty lines and lines that start with # are passed over.

    Double quotes around a value are taken off. Raises ValueError on any other line, and where a key comes twice.

    >>> parse_key_values('# shop\\ncolour = blue\\nname = "Tea & Co"')
    {'colour': 'blue', 'name': 'Tea & Co'}
    >>> parse_key_values("open: 9:30", separator=":")
    {'open': '9:30'}
    """
    settings: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, found, value = (part.strip() for part in line.partition(separator))
        if not key or not found:
            raise ValueError(f"line {number} is not 'key {separator} value'")
        if key in settings:
            raise ValueError(f"{key!r} comes twice")
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]
        settings[key] = value
    return settings


def humanize_bytes(count, digits=1):
    """Write a number of bytes for people, in units of 1000.

    >>> humanize_bytes(999)
    '999 B'
    >>> humanize_bytes(1500)
    '1.5 kB'
    >>> humanize_bytes(999_990)
    '1.0 MB'
    """
    if count < 0:
        raise ValueError("a number of bytes cannot be negative")
    size, unit = count, "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if round(size, digits) < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size} B" if unit == "B" else f"{size:.{digits}f} {unit}"
