"""What the tool gives to functions: values that keep to the hints, and a reason where there are none."""

import ast
import datetime
from decimal import Decimal

import pytest

from helpers import metrics
from helpers.testgen import breaks, kinds, proposals, targets, tool


def arguments_of(hint, body="return x", count=60):
    """The values that the tool would give to a parameter with this hint."""
    source = f"def f(x: {hint}):\n    {body}\n"
    calls = proposals.proposals(source, "f", count, thorough=True)
    assert calls
    space = {"f": lambda x: x, "datetime": datetime, "Decimal": Decimal}
    return [eval(call, space) for call in calls]


def is_dict_of(key, value):
    return lambda x: type(x) is dict and all(type(k) is key and value(v) for k, v in x.items())


def is_list_of(inner):
    return lambda x: type(x) is list and all(map(inner, x))


def a(*types):
    return lambda x: type(x) in types


@pytest.mark.parametrize(
    ("hint", "holds"),
    [
        ("datetime", a(datetime.datetime)),
        ("datetime.datetime", a(datetime.datetime)),
        ("datetime.date", a(datetime.date)),
        ("time", a(datetime.time)),
        ("dt.timedelta", a(datetime.timedelta)),
        ("Decimal", a(Decimal)),
        ("'Decimal | None'", a(Decimal, type(None))),
        ("dict", a(dict)),
        ("dict[str, str]", is_dict_of(str, a(str))),
        ("Mapping[str, list[int]]", is_dict_of(str, is_list_of(a(int)))),
        ("dict[int, Decimal]", is_dict_of(int, a(Decimal))),
        ("dict[str, Any]", is_dict_of(str, a(int, str, type(None)))),
        ("list[dict]", is_list_of(a(dict))),
        ("list[dict[str, int]]", is_list_of(is_dict_of(str, a(int)))),
        ("list[Decimal]", is_list_of(a(Decimal))),
        ("list[list[int]]", is_list_of(is_list_of(a(int)))),
        ("list[tuple[str, int]]", is_list_of(lambda x: list(map(type, x)) == [str, int])),
        ("tuple[str, float]", lambda x: type(x[0]) is str and type(x[1]) in (int, float) and len(x) == 2),
        ("tuple[int, ...]", lambda x: type(x) is tuple and all(map(a(int), x))),
        ("set[date]", lambda x: type(x) is set and all(map(a(datetime.date), x))),
        ("list[Literal['a', 'b']]", is_list_of(lambda x: x in ("a", "b"))),
        ("Annotated[str, 'a name']", a(str)),
        ("list[T]", lambda x: type(x) is list and len(set(map(type, x))) < 2),
    ],
)
def test_a_hint_is_kept_to(hint, holds):
    found = arguments_of(hint)
    assert [value for value in found if not holds(value)] == []
    assert len(found) > 2 and any(found)


def test_dicts_have_the_keys_that_the_function_looks_up_and_keys_of_mixed_case():
    rows = arguments_of("list[dict]", "return sum(row['price'] * row['qty'] for row in x)")
    assert any(row.keys() == {"price", "qty"} for some in rows for row in some)
    assert any(key != key.lower() for x in arguments_of("dict") for key in x if isinstance(key, str))


@pytest.mark.parametrize("hint", ["datetime", "Decimal", "dict[str, str]", "list[dict]", "Path", "dict"])
def test_training_pairs_are_made_as_they_were(hint):
    before = {"datetime": ["date"], "Decimal": ["int"], "list[dict]": ["list int", "list text"], "Path": ["text"]}
    assert kinds.hinted(ast.parse(hint, mode="eval").body) == before.get(hint, ["dict"])
    assert proposals.call_in("f(Decimal('1'))", "f") is None
    source = "def f(obj):\n    return {key.lower(): value for key, value in obj.items()}\n"
    assert kinds.kinds_of(ast.arg("obj"), ast.parse(source).body[0]) == ["dict"]
    dicts = [ast.literal_eval(call[2:-1]) for call in proposals.proposals(source, "f", 60)]
    assert not any(key != str(key).lower() for one in dicts for key in one if isinstance(key, str))


@pytest.mark.parametrize(
    ("hint", "why"),
    [
        ("Path", "is a Path: files are outside of the sandbox"),
        ("'pathlib.Path'", "is a pathlib.Path: files are outside of the sandbox"),
        ("list[Path]", "is a list[Path]: files are outside of the sandbox"),
        ("TextIO", "is a TextIO: files are outside of the sandbox"),
        ("Point", "is a Point, which the tool cannot make"),
        ("list[Point]", "is a list[Point], and the tool cannot make a Point"),
        ("dict[str, Point]", "is a dict[str, Point], and the tool cannot make a Point"),
        ("Point | Path", "is a Point | Path, and the tool cannot make a Point"),
        ("Point | None", ""),
        ("str | Path", ""),
        ("Optional[Point]", ""),
        ("Callable[[Point], int]", ""),
        ("Sequence[T]", ""),
        ("list[dict[str, Decimal]]", ""),
        ("datetime", ""),
    ],
)
def test_what_no_call_can_be_given_says_so(hint, why, tmp_path):
    (tmp_path / "m.py").write_text(
        "import pathlib\nfrom collections.abc import Callable, Sequence\nfrom datetime import datetime\n"
        "from decimal import Decimal\nfrom pathlib import Path\nfrom typing import Optional, TextIO, TypeVar\n\n"
        f"T = TypeVar('T')\n\n\nclass Point:\n    pass\n\n\ndef f(x: {hint}):\n    return x\n"
    )
    ((one,), _) = targets.functions(targets.locate(str(tmp_path / "m.py")), ())
    assert one.why == (f"its parameter x {why}" if why else "")


def test_a_function_that_prints_says_so(tmp_path):
    (tmp_path / "m.py").write_text("def f(x):\n    print(x)\n\n\ndef g(x, print):\n    return print(x)\n")
    found, others = targets.functions(targets.locate(str(tmp_path / "m.py")), ())
    assert [one.why for one in others if one.name] == ["it prints"] and [one.name for one in found] == ["g"]


# --- What tests are held against --------------------------------------------------------------------------------------


def test_a_call_without_arguments_can_be_dropped():
    source = "def f(x):\n    x = x.strip().lower()\n    x.sort()\n    return ({**x.copy(), **x.items()}, x.a(1))"
    more = [one for one in breaks.mutants(source, "f") if one not in metrics.mutants(source, "f")]
    assert more == [
        source.replace(".strip()", ""), source.replace(".lower()", ""), source.replace(".sort()", ""),
        source.partition("return")[0] + "return None",
    ]  # fmt: skip


@pytest.mark.parametrize("hint", [": dict[str, int]", ": dict", ""])
def test_a_change_of_keys_that_nobody_makes_is_noticed(hint):
    source = f"def lowered(mapping{hint}):\n    return {{key.lower(): value for key, value in mapping.items()}}\n"
    report = tool.report_of(targets.Target("m", "lowered", source, source, None))
    (score,) = metrics.score_tests(
        [source], [report.test], [[source.replace("key.lower()", "key")]], names=["lowered"], workers=1
    )
    assert score.noticed == (True,), report.test
