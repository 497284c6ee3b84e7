"""What the tool does with code as people write it: classes, enumerations, aliases, decorators, helpers that raise."""

import ast
import subprocess
import sys

import pytest
from code_files import written

from helpers.testgen import breaks, findings, hints, observe, proposals, targets, tool

SHAPES = """
    from dataclasses import dataclass, field
    from enum import Enum
    from typing import NamedTuple, NewType, TypedDict, TypeVar

    from .kinds import Pair, TooBig


    class Color(Enum):
        RED = 1
        BLUE = 2


    class URL(NamedTuple):
        host: str


    class Point(NamedTuple):
        x: int
        y: int


    @dataclass(frozen=True)
    class Item:
        name: str
        price: int
        tags: list[str] = field(default_factory=list)


    class Money:
        def __init__(self, amount: int, currency: str = "EUR"):
            self.amount, self.currency = amount, currency


    class Version:
        def __init__(self, major: int):
            self.major = major

        def __repr__(self):
            return f"<version {self.major}>"


    class Row(TypedDict):
        id: int
        name: str


    UserId = NewType("UserId", int)
    T = TypeVar("T", int, str)


    def _check(number):
        if number > 100:
            raise TooBig(number)


    def warm(color: Color) -> bool:
        return color is Color.RED


    def host_of(url: URL) -> str:
        return url.host.lower()


    def other(color: Color) -> Color:
        return Color.BLUE if color is Color.RED else Color.RED


    def shifted(point: Point, by: int) -> Point:
        return Point(point.x + by, point.y - by)


    def raised(item: Item, by: int) -> Item:
        return Item(item.name.upper(), item.price + by)


    def cents(money: Money) -> int:
        return money.amount * 100


    def next_version(number: int) -> Version:
        return Version(number + 1)


    def label(row: Row) -> str:
        return f"{row['id']}: {row['name']}"


    def of_user(user: UserId) -> str:
        _check(user)
        return f"u{user:04d}"


    def difference(pair: Pair) -> int:
        return pair[0] - pair[1]


    def twice(x: T) -> T:
        return x + x


    def total(items: list[Item]) -> int:
        return sum(item.price for item in items)
    """
KINDS = """
    from typing import Tuple, Union

    Whole = int
    Pair = Union[Tuple[Whole, Whole], "Pairs"]


    class Pairs:
        pass


    class TooBig(ValueError):
        pass
    """
FUNCTIONS = "warm host_of other shifted raised cents next_version label of_user difference twice total".split()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(what the tool said, the text of its file, the finished pytest run) for a package of small classes."""
    folder = written(
        tmp_path_factory.mktemp("objects"),
        {"shapes/__init__.py": "", "shapes/shapes.py": SHAPES, "shapes/kinds.py": KINDS},
    )
    out = folder / "made"
    code = tool.main(str(folder / "shapes" / "shapes.py"), out)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return code, (out / "test_generated_shapes_shapes.py").read_text(), ran


def test_every_function_gets_a_test_that_passes(made):
    code, text, ran = made
    assert code == 0
    assert [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)] == [
        f"test_{name}" for name in FUNCTIONS
    ]
    assert ran.returncode == 0 and f"{len(FUNCTIONS)} passed" in ran.stdout, ran.stdout


@pytest.mark.parametrize(
    "line",
    [
        "assert warm(Color.RED) is True",
        "assert other(Color.RED) == Color.BLUE",
        "== Item(name=",
        "assert repr(next_version(",
        "cents(Money(amount=",
        "label({",
        "with pytest.raises(TooBig):\n        of_user(",
    ],
)
def test_it_says_what_a_person_would_say(made, line):
    assert line in made[1]


def test_it_imports_the_classes_that_it_uses(made):
    (names,) = [node for node in ast.parse(made[1]).body if isinstance(node, ast.ImportFrom) and node.level == 0]
    imported = {alias.name for alias in names.names}
    assert names.module == "shapes.shapes" and {"Color", "Item", "Money", "Point", "TooBig"} <= imported
    assert "Version" not in imported and "Row" not in imported  # nothing that it does not need


# --- What classes are made of -----------------------------------------------------------------------------------------


def literals(text, name="C"):
    tree = ast.parse(text)
    found = hints.aliases_of(tree, targets.Path("module.py"), targets.Path("."))
    return ast.unparse(found[name]) if name in found else None


@pytest.mark.parametrize(
    "text",
    [
        "class C:\n    def __init__(self, *args): pass",
        "class C:\n    def __init__(self, x): pass",  # nothing says what x is
        "class C:\n    def __init__(self, x: Unknown): pass",
        "class C(Base):\n    def __init__(self, x: int): pass",
        "class C(Protocol):\n    x: int",
        "class _C:\n    def __init__(self, x: int): pass",
        "class C: pass",
        "class C(Enum): pass",
        "C = 3",
        "C = f(3)",
    ],
)
def test_no_values_of_what_nobody_can_make(text):
    assert literals(text) is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("class C(Enum):\n    A = 1\n    B = 2\n    _c = 3", "Literal[C.A, C.B]"),
        ("class C(str, Enum):\n    A = 'a'", "Literal[C.A]"),
        ("C = Union[int, str]", "Union[int, str]"),
        ("C: TypeAlias = 'list[int]'", None),
        ("C = NewType('C', int)", "int"),
        ("C = TypeVar('C', bound=str)", "str"),
        ("C = TypeVar('C', int, str)", "int | str"),
        ("C = TypeVar('C')", None),
    ],
)
def test_what_names_stand_for(text, whole):
    assert literals(text) == whole


def test_values_have_the_types_of_their_fields():
    fields = ["a: int", "b: ClassVar[int]", "c: str = field(init=False)", "d: str = ''"]
    text = literals("@dataclass\nclass C:\n" + "".join(f"    {one}\n" for one in fields))
    values = ast.parse(text, mode="eval").body.slice
    calls = values.elts if isinstance(values, ast.Tuple) else [values]
    assert all({one.arg for one in call.keywords} in ({"a"}, {"a", "d"}) for call in calls)
    for call in calls:
        for one in call.keywords:
            assert type(ast.literal_eval(one.value)) is {"a": int, "d": str}[one.arg]


def test_hints_in_literals_stay_as_they_are():
    function = ast.parse("def f(x: Literal['C'], y: 'C'): pass").body[0]
    plain = hints.resolved(function, {"C": ast.Name("int")})
    assert ast.unparse(plain.args) == "x: Literal['C'], y: int"
    assert ast.unparse(function.args) == "x: Literal['C'], y: 'C'"


def test_an_alias_of_itself_comes_to_an_end():
    function = ast.parse("def f(x: C): pass").body[0]
    found = hints.resolved(function, {"C": ast.parse("list[C]", mode="eval").body})
    assert ast.unparse(found.args).startswith("x: list[list[")


# --- Exceptions, the environment, addresses ---------------------------------------------------------------------------


def seen(source, call, thorough=True):
    (one,) = observe.observe(source, call.partition("(")[0], [call], thorough=thorough)
    return one.form, one.text


HELPER = """
import json

def _need(x):
    if x < 0:
        raise ValueError(x)

def f(x):
    _need(x)
    return x

def g(x):
    return int(x)

def h(x):
    return json.loads(x)

def i(x):
    assert x
    return x
"""


def test_an_exception_counts_that_a_helper_raises():
    source = HELPER.replace("def f(x):", "def f(x):\n    pass\n", 1)
    assert seen(source, "f(-1)") == ("raises", "ValueError")
    # It is not raised by the text of the function that is cut out: there only an explicit `raise` tells.
    imported = "def f(x):\n    return __import__('fractions').Fraction(x)\n"
    assert seen(imported, "f('a')")[0] == "no"


@pytest.mark.parametrize("call", ["g('a')", "h('{')", "i(0)"])
def test_an_exception_does_not_count_that_nobody_raised_on_purpose(call):
    source = HELPER.replace("raise ValueError(x)", "return")
    form, text = seen(source, call)
    assert form == "no" and "not do on purpose" in text


ASKS = """
import os

def f(x):
    return x if os.environ.get({name!r}) is None else -x
"""


@pytest.mark.parametrize(
    ("name", "thorough", "form"), [("SHOP_DEBUG", True, "=="), ("SHOP_DEBUG", False, "no"), ("HOME", True, "no"),
                                   ("LC_ALL", True, "no"), ("PATH", True, "no")],
)  # fmt: skip
def test_a_variable_that_nobody_sets_may_be_asked_for(name, thorough, form):
    assert seen(ASKS.format(name=name), "f(2)", thorough)[0] == form


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return object()",
        "def f(x):\n    return lambda: x",
        "def f(x):\n    return [f]",
        "def f(x):\n    return int",
        "class A:\n    def __repr__(self): return 'two\\nlines'\ndef f(x):\n    return A()",
        "class A:\n    def __repr__(self): return 'a' * 200\ndef f(x):\n    return A()",
        "import random\nclass A:\n    def __repr__(self): return str(random.random())\ndef f(x):\n    return A()",
        "class A:\n    def __repr__(self): return str({'a', 'b', 'c', 'd', 'e'})\ndef f(x):\n    return A()",
        "class A:\n    def __repr__(self): return 3\ndef f(x):\n    return A()",
        "class A:\n    def __repr__(self): raise ValueError\ndef f(x):\n    return A()",
    ],
)
def test_an_object_without_a_text_of_its_own_is_not_held_on_to(text):
    assert seen(text, "f(1)")[0] == "no"


@pytest.mark.parametrize(
    ("result", "wanted"),
    [
        ("Named(1, 'a')", ("==", "(1, 'a')")),
        ("Level.HIGH", ("==", "2")),
        ("Tagged('a')", ("==", "'a'")),
        ("Odd('a')", ("repr", '"\'a\'"')),
        ("[Version(1)]", ("repr", "'[<1>]'")),
    ],
)
def test_results_of_classes(result, wanted):
    source = f"""
from enum import IntEnum
from typing import NamedTuple
class Named(NamedTuple):
    a: int
    b: str
class Level(IntEnum):
    HIGH = 2
class Tagged(str): pass
class Odd(str):
    def __eq__(self, other): return False
    __hash__ = str.__hash__
class Version:
    def __init__(self, n): self.n = n
    def __repr__(self): return f'<{{self.n}}>'
def f(x):
    return {result}
"""
    assert seen(source, "f(1)") == wanted
    assert seen(source, "f(1)", thorough=False)[0] == "no"  # pairs to train on stay as they were


@pytest.mark.parametrize("text", ["Evil(__import__('os'))", "os.system('x')", "Evil().run()", "Evil[0]", "lambda: 0"])
def test_no_code_passes_for_an_object(text):
    assert not observe.is_value(text, True)
    assert observe.is_value("Item(name='a', tags=[1])", True) and not observe.is_value("Item(name='a')")


# --- Decorators, documented calls, modules that are something else ----------------------------------------------------


def test_bugs_of_decorators_are_not_counted():
    source = "@since(version='3.0')\ndef f(x):\n    return g(x)\n"
    texts = breaks.mutants(source, "f")
    assert [text for text in texts if "return None" in text] and all("since(version='3.0')" in text for text in texts)


def test_what_a_function_inside_returns_is_not_its_result():
    source = "def f(x):\n    def g(y):\n        return y + 1\n    return g(x)\n"
    nothing = [text for text in breaks.mutants(source, "f") if "return None" in text]
    assert len(nothing) == 1 and "return y + 1" in nothing[0]


def test_documented_calls_may_name_the_module():
    text = "Compare.\n\n>>> shop.compare('1.0', '2.0')\n-1\n>>> a.b.compare('3', '4')\n"
    assert proposals.mentioned(text, "compare", True) == ["compare('1.0', '2.0')", "compare('3', '4')"]
    assert proposals.mentioned(text, "compare") == []


def test_a_module_that_puts_another_object_in_its_place(tmp_path):
    """As packages do that warn of old names: the names of the module are not in the object that an import gives."""
    folder = written(tmp_path, {"odd/__init__.py": """
        import sys
        import types

        FACTOR = 3


        class Proxy(types.ModuleType):
            def __init__(self, module):
                self.__dict__["real"] = module
                super().__init__(module.__name__)

            def __getattr__(self, name):
                return getattr(self.__dict__["real"], name)


        def times(n: int) -> int:
            return _of(n) + len(Proxy.__name__)


        def _of(n):
            return n * FACTOR


        sys.modules[__name__] = Proxy(sys.modules[__name__])
        """})  # fmt: skip
    (target,), _ = targets.functions(targets.locate(str(folder / "odd")), ())
    assert "importlib" in target.text  # it needs its module
    assert tool.main(str(folder / "odd"), tmp_path / "made") == 0
    assert "assert times(" in (tmp_path / "made" / "test_generated_odd.py").read_text()


def test_an_example_that_needs_a_package_that_is_not_there_is_not_checked(tmp_path):
    folder = written(tmp_path, {"optional.py": '''
        def f(x: int) -> int:
            """Add one.

            >>> f(10)
            11
            """
            if x == 10:
                import a_package_that_is_not_there
            return x + 1


        def g(x: int) -> int:
            """Add two.

            >>> g(MISSING)
            Traceback (most recent call last):
            ValueError: no
            """
            return x + 2
        '''})  # fmt: skip
    docs = {name: ast.get_docstring(proposals.function_of((folder / "optional.py").read_text(), name)) for name in "fg"}
    assert findings.wrong_examples(docs, module="optional", readable=(str(folder),)) == ({}, 2)


def test_documented_calls_may_go_over_several_lines():
    doc = "Do.\n\n    >>> value = f([\n    ...     1,\n    ...     2,\n    ... ])\n    "
    source = f'def f(x):\n    """{doc}"""\n    return x\n'
    assert proposals.proposals(source, "f", 4, thorough=True)[0] == "f([1, 2])"


def test_half_of_the_calls_leave_out_what_they_can():
    source = "def f(x: int, a: int = 1, b: int = 2, c: int = 3):\n    return x\n"
    counts = {}
    for thorough in (False, True):
        calls = proposals.proposals(source, "f", 60, thorough=thorough)
        counts[thorough] = [len(ast.parse(call, mode="eval").body.args) for call in calls]
    assert {1, 2, 3, 4} == set(counts[True])
    assert counts[True].count(1) / len(counts[True]) > counts[False].count(1) / len(counts[False])


@pytest.mark.parametrize(
    ("source", "some"),
    [
        ("def f(text: str): pass", True), ("def f(text: str, strict: bool = True): pass", True),
        ("def f(a: str, b: str): pass", False), ("def f(n: int): pass", False), ("def f(): pass", False),
    ],
)  # fmt: skip
def test_functions_of_one_text_are_given_formats(source, some):
    calls = proposals.formatted(source, "f")
    assert bool(calls) is some and len(set(calls)) == len(calls)
    assert all(isinstance(ast.literal_eval(call[2:-1]), str) for call in calls)
