"""What looks at all rows together: private things, duplicates, contamination, and leaks from one split to another."""

from helpers.corpus import duplicates
from helpers.corpus.contamination import in_human_eval
from helpers.corpus.personal import personal_data
from helpers.corpus.secrets import secrets
from helpers.progress import progress

# A held-out row is never the one that goes when two rows are alike.
_ORDER = {"test": 0, "validation": 1, "train": 2}


def cleaned(rows, funnel, label=None):
    """`rows` of one table without secrets, personal data, duplicates, contamination and leaks; sorted by id.

    Of two rows that are alike the held-out one stays. label: what the progress bars say; None for no bars.
    """
    rows = sorted(rows, key=lambda row: (_ORDER[row["split"]], row["id"]))
    kept = []
    bar = progress(rows, f"{label}: secrets, personal data") if label else rows
    for row in bar:
        if why := _private(row):
            funnel.lose("nothing private", why)
        else:
            kept.append(row)
    funnel.keep("nothing private", len(kept))
    kept = _without_exact_duplicates(kept, funnel)
    twins = dict(duplicates.near_duplicates([row["code"] for row in kept], label=label and f"{label}: near duplicates"))
    for at, other in twins.items():
        same = kept[at]["split"] == kept[other]["split"]
        funnel.lose("no near duplicates", "within a split" if same else "across splits")
    kept = [row for at, row in enumerate(kept) if at not in twins]
    funnel.keep("no near duplicates", len(kept))
    known = [row for row in kept if in_human_eval(row["name"], row["code"])]
    funnel.lose("not in HumanEval", "shares code or a name", len(known))
    taken = {row["id"] for row in known}
    kept = [row for row in kept if row["id"] not in taken]
    funnel.keep("not in HumanEval", len(kept))
    leaking = {row["id"] for row in leaks(kept)}
    funnel.lose("no leaks", "alike by another measure", len(leaking))
    kept = [row for row in kept if row["id"] not in leaking]
    funnel.keep("no leaks", len(kept))
    return sorted(kept, key=lambda row: row["id"])


def _private(row):
    """Why a row must not be passed on: 'a secret', 'personal data', or None."""
    text = "\n".join([row["code"], row.get("module", ""), row["docstring"] or "", *(_texts(row))])
    if secrets(text):
        return "a secret"
    return "personal data" if personal_data(text) else None


def _texts(row):
    return [test["source"] for test in row.get("tests", ())]


def _without_exact_duplicates(rows, funnel):
    kept, codes, sentences = [], set(), set()
    for row in rows:
        code = duplicates.same_text(row["code"])
        sentence = row["docstring"] and duplicates.same_sentence(row["docstring"])
        # In the functions table a sentence is an extra: there, only the code decides.
        if code in codes or (sentence in sentences and "module" not in row):
            funnel.lose("no exact duplicates", "same code" if code in codes else "same sentence")
            continue
        codes.add(code)
        sentences.add(sentence)
        kept.append(row)
    funnel.keep("no exact duplicates", len(kept))
    return kept


def leaks(rows):
    """The training and validation rows with a near duplicate in a held-out split, compared pair by pair, exactly.

    Near by any of four measures with a Jaccard index of 0.8: tokens of the code, tokens of code and docstring, runs of
    three tokens, runs of five characters. A validation row is compared with the test split, a training row with both.
    """
    measures = [
        (_code, None),
        (_code_and_docstring, None),
        (_code, duplicates.token_runs(3)),
        (_code, duplicates.character_runs(5)),
    ]
    found = {}
    for split, held_out in (("train", ("validation", "test")), ("validation", ("test",))):
        ours = [row for row in rows if row["split"] == split]
        others = [row for row in rows if row["split"] in held_out]
        for view, shingles in measures:
            pairs = duplicates.shared(list(map(view, ours)), list(map(view, others)), shingles=shingles)
            found |= {ours[at]["id"]: ours[at] for at, _, _ in pairs}
    return list(found.values())


def _code(row):
    return row["code"]


def _code_and_docstring(row):
    return f"{row['code']}\n{row['docstring'] or ''}"
