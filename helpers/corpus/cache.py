"""The corpus: mined once from the packages of `data/corpus.toml`, then read from a cache under COURSE_HOME.

Two tables, each split by package family into train, validation and test:

- docstrings: functions and methods with the first sentence of their docstring;
- functions: functions that run alone, with the human tests that tell them from wrong ones.

Nothing depends on the system, the clock or chance, except `call`, `runs` and `tests` of the functions table: those come
from executing them, where a slow machine may time out.
"""

import hashlib
import json
import sys

from helpers import course
from helpers.corpus import sources
from helpers.corpus.clean import cleaned
from helpers.corpus.extract import Funnel, of_package
from helpers.corpus.verify import verify
from helpers.errors import CourseError
from helpers.files import locked, need_space, new_folder, write_json, write_text
from helpers.progress import progress

TABLES = ("docstrings", "functions")
SMOKE = ("evaluate", "asset:more_itertools", "click", "asset:toolz")  # one or two of each split, small


def mine(names=None, label="Mining"):
    """Mine packages: returns ({table: rows}, {table: Funnel as dict}).

    names: which packages of `data/corpus.toml`; None for all. label: what the progress bars say; None for no bars.
    """
    chosen = sources.packages(names)
    for package in chosen:
        package.check_version()
    shared_funnel, tables = Funnel(), {table: [] for table in TABLES}
    for package in progress(chosen, label) if label else chosen:
        for table, row in of_package(package, shared_funnel):
            tables[table].append(row)
    funnels = {table: Funnel() for table in TABLES}
    for table, funnel in funnels.items():
        tables[table] = cleaned(tables[table], funnel, label and f"{label} {table}")
    verify(tables["functions"], label and f"{label} functions: running them")
    funnel = funnels["functions"]
    ran = [row for row in tables["functions"] if row["runs"]]
    funnel.lose("runs alone", "no simple call returned", len(tables["functions"]) - len(ran))
    funnel.keep("runs alone", len(ran))
    tested = [row for row in ran if row["tests"]]
    funnel.lose("has a verified test", "no test", len(ran) - len(tested))
    funnel.keep("has a verified test", len(tested))
    return tables, {"files": shared_funnel.as_dict()} | {table: one.as_dict() for table, one in funnels.items()}


def folder(names=None):
    """Where the corpus of these packages is, or will be, cached: named by a hash of all that decides its rows."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    here = sources.ROOT / "helpers"
    makers = [*sorted((here / "corpus").glob("*.py")), here / "prompting.py", here / "metrics" / "mutation.py"]
    for file in [*makers, sources.TOML, sources.ROOT / "data" / "assets.toml", sources.ROOT / "requirements.txt"]:
        digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    for package in sources.packages(names):
        digest.update(f"{package.name} {package.version}\n".encode())
    return course.home() / "corpus" / digest.hexdigest()[:16]


def ready(names=None):
    """The folder with the tables, mined now if it is not there yet (some minutes, once). Raises CourseError."""
    place = folder(names)
    if (place / "funnel.json").exists():
        return place
    try:
        with locked(place.with_name(place.name + ".lock"), waiting="Another process is mining; waiting for it."):
            if (place / "funnel.json").exists():
                return place
            need_space(place, 50_000_000, "The corpus")
            print("Mining the corpus from the installed packages, once: a few minutes ...", flush=True)
            tables, funnels = mine(names)
            with new_folder(place) as new:
                for table, rows in tables.items():
                    lines = [json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows]
                    write_text(new / f"{table}.jsonl", "".join(line + "\n" for line in lines))
                write_json(new / "funnel.json", funnels)
    except OSError as error:
        raise CourseError(
            f"The corpus cannot be written to {place.parent}: {error}. Set COURSE_HOME to a folder that you may write "
            "to and that has 50 MB free. For a class, mine once before the folder becomes read-only."
        ) from error
    return place


def names_by_budget():
    """Which packages a run of this budget mines: a few in smoke, all of them otherwise."""
    return course.by_budget(smoke=SMOKE, lesson=None, full=None)


def load(table, split=None, names=None, running=True):
    """The rows of a table as a list of dicts, sorted by id. table: 'docstrings' or 'functions'. split: None for all.

    names: which packages, if not all. running: of the functions, only those that were seen to run. Mines the corpus
    first if need be. Raises CourseError for names that do not exist.
    """
    if table not in TABLES or split not in (None, *sources.SPLITS):
        raise CourseError(
            f"There is no table {table!r} with a split {split!r}. Tables: {', '.join(TABLES)}; splits: "
            f"{', '.join(sources.SPLITS)}, or None for all."
        )
    with open(ready(names) / f"{table}.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row for row in rows if split in (None, row["split"]) and not (running and row.get("runs") is False)]


def stream(table, split=None, names=None):
    """`load` as a `datasets.IterableDataset`: rows are read from disk as they are asked for, never all at once."""
    import datasets

    if table not in TABLES or split not in (None, *sources.SPLITS):
        load(table, split, names)  # which says what is wrong
    file = str(ready(names) / f"{table}.jsonl")
    rows = datasets.load_dataset("json", data_files=file, split="train", streaming=True)
    return rows.filter(lambda row: split in (None, row["split"]) and row.get("runs") is not False)


def funnel(names=None):
    """How many files and rows each stage let through: {'files' or a table: {'kept': {...}, 'lost': {...}}}."""
    return json.loads((ready(names) / "funnel.json").read_text(encoding="utf-8"))


def fingerprint(rows):
    """A SHA-256 of what is fixed in `rows`: id, split, code and docstring. The same on every system."""
    digest = hashlib.sha256()
    for row in sorted(rows, key=lambda row: row["id"]):
        digest.update(json.dumps([row["id"], row["split"], row["code"], row["docstring"]]).encode() + b"\n")
    return digest.hexdigest()
