"""Every keyword that the course passes to a library exists in the installed version of that library.

Libraries rename arguments between releases, and what takes **kwargs may swallow the old name in silence. This reads the
code of helpers/ and notebooks/ and asks the installed signatures, so it runs nothing and needs no model.
"""

import ast
import importlib
import inspect
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = ("transformers", "peft", "trl", "datasets", "accelerate")
FILES = [*sorted((ROOT / "helpers").rglob("*.py")), *sorted((ROOT / "notebooks").glob("*.ipynb"))]


def source_of(path):
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(TransformerManager().transform_cell(c.source) for c in cells if c.cell_type == "code")


def imported(tree):
    """Local name → the library's dotted name, for every import in a file, at any depth."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in LIBRARIES:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in LIBRARIES:
                    first = alias.name.split(".")[0]
                    names |= {alias.asname: alias.name} if alias.asname else {first: first}
    return names


def dotted(node):
    """a.b.c as text; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (above := dotted(node.value)):
        return f"{above}.{node.attr}"
    return None


def made_by(tree, names):
    """Local name → class, where the name is an instance of a library's class, or a class that inherits its __init__."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if (made := full_name(node.value.func, names)) and inspect.isclass(lookup(made)):
                found |= {target.id: made for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ClassDef) and "__init__" not in [getattr(item, "name", None) for item in node.body]:
            for base in filter(None, (full_name(parent, names) for parent in node.bases)):
                found[node.name] = base
    return found


def full_name(node, names):
    """The library's dotted name that an expression stands for, or None."""
    text = dotted(node)
    first, _, rest = (text or "").partition(".")
    return f"{names[first]}.{rest}".rstrip(".") if first in names else None


def lookup(name):
    """The object with a dotted name, or None if the installed version has none."""
    first, *rest = name.split(".")
    found, path = importlib.import_module(first), first
    for part in rest:
        path += f".{part}"
        try:
            found = getattr(found, part)
        except AttributeError:
            try:
                found = importlib.import_module(path)
            except ImportError:
                return None
    return found


def drift(source):
    """What `source` asks of the libraries that they do not have; and how many calls were compared."""
    tree = ast.parse(source)
    names = imported(tree)
    problems = [f"{name} does not exist" for name in names.values() if lookup(name) is None]
    names |= made_by(tree, names)
    checked = 0
    for node in ast.walk(tree):
        name = full_name(node.func, names) if isinstance(node, ast.Call) else None
        if name is None:
            continue
        if (called := lookup(name)) is None:
            # What an instance gets in __init__ (trainer.model) cannot be seen on its class; a module tells all it has.
            if inspect.ismodule(lookup(name.rpartition(".")[0])):
                problems.append(f"line {node.lineno}: {name} does not exist")
            continue
        try:
            parameters = inspect.signature(called).parameters.values()
        except (TypeError, ValueError):
            continue  # written in C: it tells no signature
        checked += 1
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            continue
        known = {parameter.name for parameter in parameters}
        problems += [
            f"line {node.lineno}: {name} has no argument {keyword.arg}"
            for keyword in node.keywords
            if keyword.arg and keyword.arg not in known
        ]
    return problems, checked


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_keyword_exists(path):
    problems, _ = drift(source_of(path))
    assert problems == []


def test_calls_were_compared():
    assert sum(drift(source_of(path))[1] for path in FILES) > 0


@pytest.mark.parametrize(
    "source, problem",
    [
        ("from peft import LoraConfig\nLoraConfig(rank=3)", "line 2: peft.LoraConfig has no argument rank"),
        ("import peft\npeft.LoraConfig(rank=3)", "line 2: peft.LoraConfig has no argument rank"),
        ("import peft as p\ndef f():\n    p.LoraConfig(rank=3)", "line 3: peft.LoraConfig has no argument rank"),
        ("from trl import SFTConfig as C\nC(max_seq_length=9)", "line 2: trl.SFTConfig has no argument max_seq_length"),
        ("from transformers import set_seed\nset_seed(1, a=1)", "line 2: transformers.set_seed has no argument a"),
        ("from peft import LoraKonfig", "peft.LoraKonfig does not exist"),
        ("import datasets\ndatasets.load_nothing()", "line 2: datasets.load_nothing does not exist"),
        (
            "from datasets import Dataset\nDataset.from_list([], rows=1)",
            "line 2: datasets.Dataset.from_list has no argument rows",
        ),
        (
            "from datasets import Dataset\ndata = Dataset(None)\ndata.train_test_split(tset_size=1)",
            "line 3: datasets.Dataset.train_test_split has no argument tset_size",
        ),
        (
            "from transformers import TrainerState\nclass S(TrainerState): pass\nS(stepps=1)",
            "line 3: transformers.TrainerState has no argument stepps",
        ),
    ],
)
def test_planted_drift_is_noticed(source, problem):
    assert drift(source)[0] == [problem]


@pytest.mark.parametrize(
    "source",
    [
        "from peft import LoraConfig\nLoraConfig(r=3)",
        "from transformers import AutoTokenizer\nAutoTokenizer.from_pretrained('x', anything=1)",
        "from datasets.utils.logging import set_verbosity\nset_verbosity(verbosity=1)",
        "from datasets import Dataset\ndata = Dataset(None)\ndata.train_test_split(test_size=1)",
    ],
)
def test_what_exists_is_accepted_and_counted(source):
    problems, checked = drift(source)
    assert problems == [] and checked > 0


def test_other_libraries_are_left_alone():
    assert drift("import json\njson.dumps({}, rank=3)\nrank(depth=1)") == ([], 0)
