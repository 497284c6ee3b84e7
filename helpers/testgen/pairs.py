"""Verified pairs of function and test: what is left of candidates after cleaning, execution, mutants and repeats.

A candidate is a text that a teacher (a model, an endpoint, the program) wrote for a row of the corpus. Whoever wrote
it, it goes through the same stages, and `funnel` counts what each stage takes away.
"""

import ast
import hashlib
import json
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from helpers import metrics, sandbox
from helpers.files import write_json, write_text
from helpers.metrics import Outcome
from helpers.testgen import arguments, assertions, easy, program
from helpers.testgen.asking import conversation, fenced
from helpers.testgen.cleaning import clean

REPEATS = 10  # runs of each test, to find the flaky
STAGES = ("written", "a test", "runs", "holds", "is not flaky", "kills a mutant", "is new")
_STOPS = {  # where a test of this outcome stops
    Outcome.DOES_NOT_PARSE: "a test", Outcome.NOT_A_TEST: "a test", Outcome.DOES_NOT_RUN: "runs",
    Outcome.TIMES_OUT: "runs", Outcome.MEDDLES: "runs", Outcome.FAILS: "holds", Outcome.FLAKY: "is not flaky",
    Outcome.KILLS_NOTHING: "kills a mutant",
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A test text that `teacher` (its name) wrote for `row`, a dict with function, module and name; see `of_corpus`."""

    row: dict
    test: str
    teacher: str


def of_corpus(rows):
    """Rows of the corpus's table 'functions' in the form of this package: function (shown), module (executed), name."""
    kept = ("id", "package", "version", "licence", "split", "name", "module")
    return [{name: row[name] for name in kept} | {"function": row["code"]} for row in rows]


def from_answers(rows, answers, teacher):
    """Candidates from what a model answered: for each row a text or a list of texts."""
    several = [[answer] if isinstance(answer, str) else answer for answer in answers]
    return [
        Candidate(row, clean(answer, row["name"]), teacher)
        for row, texts in zip(rows, several, strict=True)
        for answer in texts
    ]


def from_program(rows, each=3, most=1, label="Writing tests by program"):
    """Candidates by the program: for each row at most `each` tests of at most `most` assertions, all with other calls.

    The easy ones (see `easy`): what a reader can follow, and a small model can learn. One assertion a test, because
    one false assertion costs a model the whole test (`tests/benchmarks/writer_rows.py` compares).
    """

    arguments.draw_all()

    def work(row):
        left = list(program.write(row["module"], row["name"], count=24, scored=False).observed)
        found = []
        while len(found) < each and (some := easy.easiest(left, most)):
            found.append(Candidate(row, assertions.test_text(row["name"], some), "program"))
            left = [one for one in left if one not in some]
        return found

    return [one for some in sandbox.in_parallel(work, rows, label=label) for one in some]


def verified(candidates, label="Running the tests"):
    """(pairs, funnel): the candidates that are tests worth learning from, and how many each stage let through.

    A pair is the candidate's row with test, teacher, style, killed and mutants (numbers). A stage that a candidate
    fails at is counted with its reason: {"kept": {stage: count}, "lost": {stage: {why: count}}}.
    """
    scores = metrics.score_tests(
        [one.row["module"] for one in candidates], [one.test for one in candidates],
        names=[one.row["name"] for one in candidates], repeats=REPEATS, label=label,
    )  # fmt: skip
    kept, lost = Counter(dict.fromkeys(STAGES, 0)), {}
    pairs, known = [], set()
    for one, score in zip(candidates, scores, strict=True):
        stop = _STOPS.get(score.outcome)
        same = (one.row["module"], normal(one.test)) if stop is None else None
        if same in known:
            stop = "is new"
        passed = STAGES if stop is None else STAGES[: STAGES.index(stop)]
        kept.update(passed)
        if stop is not None:
            why = "a repeat" if stop == "is new" else score.why.partition(";")[0].partition(" (")[0]
            lost.setdefault(stop, Counter())[why] += 1
            continue
        known.add(same)
        numbers = {"killed": score.mutants_killed, "mutants": score.mutants}
        pairs.append(one.row | {"test": one.test, "teacher": one.teacher, "style": style(one.test)} | numbers)
    return pairs, {"kept": dict(kept), "lost": {stage: dict(why) for stage, why in lost.items()}}


def normal(test):
    """A test's text without what does not matter: layout, comments, quotes, and the names of test functions."""
    tree = ast.parse(test)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            node.name = "test"
    return ast.unparse(tree)


def style(test):
    """What a test is like, in one word: "raises", "parametrize", "approx" or "plain"."""
    for word in ("raises", "parametrize", "approx"):
        if f"pytest.{word}" in test or f"mark.{word}" in test:
            return word
    return "plain"


def upsampled(pairs, style, share, seed=0):
    """`pairs` with rows of one style repeated until they are about `share` (0 to 1) of all; shuffled with `seed`."""
    chosen = [pair for pair in pairs if pair["style"] == style]
    others = len(pairs) - len(chosen)
    wanted = round(share * others / (1 - share))
    rng = random.Random(seed)
    more = [rng.choice(chosen) for _ in range(wanted - len(chosen))] if chosen else []
    rows = [*pairs, *more]
    rng.shuffle(rows)
    return rows


# --- Chat JSONL -------------------------------------------------------------------------------------------------------


def messages(pair):
    """The chat of one pair: the request, and the test in a code block."""
    return [*conversation(pair["function"]), {"role": "assistant", "content": fenced(pair["test"])}]


def to_jsonl(pairs):
    """The pairs as chat JSONL, the shape that OpenAI's and most other fine-tuning services take: a text."""
    lines = [json.dumps({"messages": messages(pair)}, ensure_ascii=False) for pair in pairs]
    return "".join(line + "\n" for line in lines)


def problems_of_jsonl(text):
    """What is wrong with chat JSONL, as a list of (line number, problem); empty if nothing is.

    Each line is an object with "messages": a system message first, if there is one; then user and assistant in turns,
    the assistant last; each with a text that is not empty. Two equal lines are a problem, too.
    """
    found, known = [], {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            if number <= text.count("\n"):
                found.append((number, "the line is empty"))
            continue
        if line in known:
            found.append((number, f"it repeats line {known[line]}"))
        known.setdefault(line, number)
        try:
            row = json.loads(line)
        except ValueError as error:
            found.append((number, f"it is no JSON: {error}"))
            continue
        found += [(number, problem) for problem in _problems_of_row(row)]
    return found


def _problems_of_row(row):
    if not isinstance(row, dict) or not isinstance(row.get("messages"), list) or not row["messages"]:
        yield 'it is no object with a list of "messages"'
        return
    for message in row["messages"]:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            yield "a message has no text as its content"
            return
        if not message["content"].strip():
            yield f"a message of the {message.get('role')} is empty"
    roles = [message.get("role") for message in row["messages"]]
    turns = roles[1:] if roles[0] == "system" else roles
    if not turns or turns != ["user", "assistant"] * (len(turns) // 2):
        yield f"its roles are {', '.join(map(str, roles))}: user and assistant must take turns, the assistant last"


# --- The course's own set ---------------------------------------------------------------------------------------------


def training(count=None):
    """(pairs, funnel) by the program, for `count` functions of the training packages, in a fixed order; None for all.

    The funnel is that of `verified`, with `asked` and `answered` (how many functions were to get a test, and how many
    did) and `seconds` besides. Made once and kept: minutes for all, and the same every time.
    """
    return from_split("train", count)


def from_split(split, count=None):
    """The same for another split of the corpus."""
    from helpers import corpus, kept

    names = corpus.names_by_budget()

    def make(folder):
        rows = of_corpus(corpus.load("functions", split, names))
        random.Random(0).shuffle(rows)
        started = time.perf_counter()
        candidates = from_program(rows[:count])
        pairs, funnel = verified(candidates)
        funnel |= {"asked": len(rows[:count]), "answered": len({one.row["id"] for one in candidates})}
        funnel["seconds"] = time.perf_counter() - started
        lines = [json.dumps(pair, ensure_ascii=False) for pair in pairs]
        write_text(folder / "pairs.jsonl", "".join(line + "\n" for line in lines))
        write_json(folder / "funnel.json", funnel)

    about = [corpus.cache.folder(names).name, split, count, _code()]
    folder = kept.folder(f"pairs-{split}", about, make, seeded=False)
    with open(folder / "pairs.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file], json.loads((folder / "funnel.json").read_text(encoding="utf-8"))


def _code():
    """A digest of the code that decides what is written: another code makes other pairs."""
    digest = hashlib.sha256()
    for name in (
        "arguments",
        "assertions",
        "easy",
        "kinds",
        "literals",
        "observe",
        "observer",
        "pairs",
        "program",
        "proposals",
        "watching",
    ):
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]
