"""360 small pieces of code, each with three review comments, from `data/review_comments.jsonl`. Standard library only.

What they are and how far to trust them: `data/cards/review_comments.md`. Its table is what `python -m helpers.reviews`
prints.
"""

import re
from collections import Counter

from helpers.course import ROOT
from helpers.rows import load as load_rows

FILE = ROOT / "data" / "review_comments.jsonl"
SPLITS = {"train": 210, "validation": 30, "test": 120}  # split → how many rows it has
TONES = ("courteous", "gruff", "vague")
KINDS = tuple(
    "api_misuse bad_names bare_except dead_code duplicated_code encoding_or_locale hard_coded_setting "
    "integer_or_float_mistake late_binding_or_scope logging_and_messages memory_waste misleading_docstring "
    "missing_edge_case missing_test_or_weak_assert missing_validation modified_while_iterated mutable_default "
    "off_by_one quadratic_loop race_or_shared_state repeated_work resource_leak shadowed_name time_and_retry "
    "too_long_condition unchecked_input unescaped_query wrong_comparison wrong_data_structure "
    "wrong_operator_precedence wrong_return wrong_unit_or_constant".split()
)
# What the gruff comments are rude with; one that calls the reader names holds a word of PERSON_WORDS or says "you".
RUDE_WORDS = tuple(
    "awful brain-dead clueless crap damn dumb fool garbage hell idiot idiotic incompetent lazy moron moronic nonsense "
    "pathetic ridiculous rubbish silly sloppy stupid sucks terrible trash useless".split()
)
PERSON_WORDS = tuple(
    "amateur clown clueless cluck dimwit dolt fool goof hack hopeless idiot idiots ignorant incompetent moron muppet "
    "twit".split()
)
_TEXTS = {"id": str, "kind": str, "split": str, "code": str, "issue": str}
_FIELDS = {**_TEXTS, "keywords": list, "comments": dict, "ranking": list}


def load(split=None):
    """The situations in the order of their ids, as new dicts.

    split: "train" (210 rows), "validation" (30), "test" (120), or None for all 360.
    A dict has id, kind (one of KINDS), split, code, issue (one sentence), keywords (for `mentions`), comments (a text
    for each of courteous, gruff and vague) and ranking (the three names, best first).
    Raises CourseError for a split that does not exist and for a file that is missing or damaged.
    """
    return load_rows(FILE, SPLITS, _problem, split)


def mentions(comment, keywords):
    """Whether a comment names the problem: whether it holds at least one of the keywords.

    A keyword of letters, digits, underscores and spaces must stand as whole words: "race" is not in "trace". One with
    any other sign, such as "`max`" or "+ 1", may stand anywhere. Capitals do not matter.
    """
    text = comment.lower()
    return any(_holds(text, keyword.lower()) for keyword in keywords)


def _holds(text, keyword):
    if re.fullmatch(r"[\w ]+", keyword):
        return re.search(rf"(?<!\w){re.escape(keyword)}(?!\w)", text) is not None
    return keyword in text


def _problem(row):
    """What is wrong with a row, or None."""
    if not isinstance(row, dict) or list(row) != list(_FIELDS):
        return f"has other fields than {', '.join(_FIELDS)}"
    if not all(isinstance(row[name], kind) and row[name] for name, kind in _FIELDS.items()):
        return "has an empty or unusable field"
    texts = [row[name] for name in _TEXTS] + row["keywords"] + list(row["comments"].values())
    if not all(isinstance(text, str) and text.strip() for text in texts):
        return "lacks a text"
    if tuple(row["comments"]) != TONES or sorted(map(str, row["ranking"])) != list(TONES):
        return f"lacks one of {', '.join(TONES)}"
    return None if row["split"] in SPLITS and row["kind"] in KINDS else "has an unknown split or kind"


def table():
    """The counts, lengths, cues and words of the card, as lines of text."""
    rows = load()
    last = {name: sum(row["split"] == name and row["ranking"][-1] == "gruff" for row in rows) for name in SPLITS}
    lines = [f"{'split':12}{'rows':>6}{'kinds':>7}{'gruff aims at code':>20}{'at the person':>15}"]
    for name, size in SPLITS.items():
        kinds = len({row["kind"] for row in rows if row["split"] == name})
        lines.append(f"{name:12}{size:6}{kinds:7}{size - last[name]:20}{last[name]:15}")

    lines += ["", f"{'comments':40}{'courteous':>10}{'gruff':>8}{'vague':>8}"]

    def line(label, measure, form="8.1f"):
        found = [measure([(row, row["comments"][tone]) for row in rows]) for tone in TONES]
        lines.append(f"{label:40}  " + "".join(f"{value:{form}}" for value in found))

    def share(test):
        return lambda pairs: 100 * sum(bool(test(row, text)) for row, text in pairs) / len(pairs)

    def astray(pairs):  # the test rows' keywords against the test comments on every other kind of situation
        pairs = [pair for pair in pairs if pair[0]["split"] == "test"]
        far = [(one["keywords"], text) for one, _ in pairs for row, text in pairs if one["kind"] != row["kind"]]
        return 100 * sum(mentions(text, keywords) for keywords, text in far) / len(far)

    line("words, mean", lambda pairs: sum(len(text.split()) for _, text in pairs) / len(pairs))
    line("words, least", lambda pairs: min(len(text.split()) for _, text in pairs), "8d")
    line("words, most", lambda pairs: max(len(text.split()) for _, text in pairs), "8d")
    line("% that name the problem", share(lambda row, text: mentions(text, row["keywords"])))
    line("% that name another kind's problem", astray, "8.2f")
    line("% with `code` in backticks", share(lambda row, text: "`" in text))
    line('% with "please"', share(lambda row, text: mentions(text, ["please"])))
    line("% with thanks", share(lambda row, text: mentions(text, ["thank", "thanks"])))
    line("% with a question mark", share(lambda row, text: "?" in text))
    line("% with an exclamation mark", share(lambda row, text: "!" in text))
    line("% with a word of RUDE_WORDS", share(lambda row, text: mentions(text, RUDE_WORDS)))

    for label, person in (("the code", False), ("the person", True)):
        texts = [row["comments"]["gruff"] for row in rows if (row["ranking"][-1] == "gruff") == person]
        named, you = (sum(mentions(text, words) for text in texts) for words in (PERSON_WORDS, ("you", "your")))
        head = f"gruff, aims at {label}: {len(texts)}"
        lines += [""] * (not person) + [f"{head:33} with PERSON_WORDS {named:4}   with you, your {you:4}"]

    counts = Counter(word for row in rows for word in RUDE_WORDS if mentions(row["comments"]["gruff"], [word]))
    ranked = [f"{word} {count}" for word, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    lines += ["", "gruff comments that hold"]
    lines += ["  " + ", ".join(ranked[at : at + 9]) for at in range(0, len(ranked), 9)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
