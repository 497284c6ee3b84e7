"""From what people say to what a model can learn from: rankings to pairs, better one first. Standard library only."""

from itertools import combinations

from helpers import reviews
from helpers.errors import CourseError


def ranking_pairs(ranking, known=reviews.TONES):
    """All pairs (better, worse) of a ranking, best first: three answers give three pairs, n give n (n - 1) / 2.

    Raises CourseError on a ranking that is no list, holds names other than `known`, or one of them twice.
    """
    if isinstance(ranking, str) or not isinstance(ranking, list | tuple):
        raise CourseError(f"A ranking is {ranking!r:.60}. Give a list of names, best first.")
    if unknown := [name for name in ranking if name not in known]:
        raise CourseError(f"A ranking holds {unknown[0]!r:.40}, which nobody ranked. Known are {', '.join(known)}.")
    if len(set(ranking)) < len(ranking):
        raise CourseError(f"A ranking holds a name twice: {', '.join(ranking)}. Each has one place.")
    return list(combinations(ranking, 2))


def preferences(rows, strays=0):
    """The pairs of `rows` (see `reviews.load`) as dicts: id, kind, code, chosen, rejected (texts), better, worse.

    strays: how many comments on other code each row's own comments are set against, the courteous ones of as many other
    rows. By the rubric's second rule a comment that names the problem beats one that does not, so the row's courteous
    comment is the better one, and its gruff one too unless it attacks the person. Their `worse` is "stray". They come
    from rows of other kinds, spread evenly, none of which holds a keyword of this row.
    """
    found = []
    for place, row in enumerate(rows):
        about = {"id": row["id"], "kind": row["kind"], "code": row["code"]}
        comments = row["comments"]
        for better, worse in ranking_pairs(row["ranking"], tuple(comments)):
            found.append(
                about | {"chosen": comments[better], "rejected": comments[worse], "better": better, "worse": worse}
            )
        named = [tone for tone in ("courteous", "gruff") if row["ranking"][-1] != tone]
        for number, stray in enumerate(_strays(rows, place, strays)):
            tone = named[number % len(named)]
            found.append(about | {"chosen": comments[tone], "rejected": stray, "better": tone, "worse": "stray"})
    return found


def _strays(rows, place, count):
    """Courteous comments on other code that do not fit row `place`: up to `count`, from all over the rows."""
    row, found = rows[place], []
    step = max(1, len(rows) // (count + 1))
    for turn in range(count):
        for shift in range(step):  # the first in this part of the rows that will do
            other = rows[(place + 1 + turn * step + shift) % len(rows)]
            text = other["comments"]["courteous"]
            if other["kind"] != row["kind"] and not reviews.mentions(text, row["keywords"]):
                found.append(text)
                break
    return found
