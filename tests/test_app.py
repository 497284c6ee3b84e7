"""The small shop in data/app/shop/: its functions do what they say, but for the bugs that data/app/bugs.toml lists."""

import ast
import doctest
import importlib.util
import sys
import tomllib
from collections import Counter
from datetime import date, timedelta
from itertools import product

import pytest

from helpers import course
from helpers.corpus import alone

APP = course.ROOT / "data" / "app"
FILES = {path.relative_to(APP).as_posix(): path for path in sorted(APP.rglob("*.py"))}
BUGS = tomllib.loads((APP / "bugs.toml").read_text(encoding="utf-8"))["bug"]
BUGGY = {bug["function"] for bug in BUGS}
MODULES = {"re", "math", "datetime", "collections", "itertools", "string", "textwrap", "unicodedata"}
each_bug = pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug["function"])


def text_of(name):
    return FILES[name].read_text(encoding="utf-8")


def functions_of(name):
    return [node for node in ast.parse(text_of(name)).body if isinstance(node, ast.FunctionDef)]


FUNCTIONS = {node.name: name for name in FILES for node in functions_of(name)}


def loaded(name):
    """A fresh copy of a file as a module, so that nothing leaks from another test."""
    spec = importlib.util.spec_from_file_location("app_" + FILES[name].stem, FILES[name])
    module = importlib.util.module_from_spec(spec)
    exec(compile(text_of(name), name, "exec"), module.__dict__)  # as an import, but it writes no __pycache__
    return module


def function(name):
    return getattr(loaded(FUNCTIONS[name]), name)


def doctests_of(function, namespace):
    """(those that fail, all): the examples in a function's docstring."""
    runner = doctest.DocTestRunner(verbose=False)
    found = doctest.DocTestFinder(recurse=False).find(function, function.__name__, module=False, globs=namespace)
    results = [runner.run(one, out=lambda _: None) for one in found]
    return sum(one.failed for one in results), sum(one.attempted for one in results)


# The form


def test_no_two_functions_share_a_name():
    names = Counter(node.name for name in FILES for node in functions_of(name))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_function_is_one_that_the_test_writer_is_tuned_on():
    kinds = tomllib.loads((course.ROOT / "data" / "simple_functions.toml").read_text(encoding="utf-8"))
    seen = {name for kind in kinds["kind"] for name in [kind["name"], *kind.get("names", [])]}
    ours = {name for name, file in FUNCTIONS.items() if file.startswith("shop/")}
    assert seen and ours & seen == set()


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_and_needs_only_plain_modules(name):
    module, tree = loaded(name), ast.parse(text_of(name))
    assert all(callable(getattr(module, node.name)) for node in functions_of(name))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= MODULES
    assert not any(isinstance(node, ast.ClassDef) for node in tree.body)
    if name.startswith("shop/"):
        assert FILES[name].stem not in sys.stdlib_module_names


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_can_be_cut_out_alone(name, monkeypatch):
    monkeypatch.setattr(alone, "MODULES", alone.MODULES | {"datetime"})
    text = text_of(FUNCTIONS[name])
    namespace = {}
    exec(alone.Module(ast.parse(text), text).alone(name).module, namespace)
    module = loaded(FUNCTIONS[name])
    expected = doctests_of(getattr(module, name), vars(module))
    assert doctests_of(namespace[name], namespace) == expected


def test_most_functions_have_hints_and_examples_and_some_have_none():
    nodes = [node for name in FILES if name.startswith("shop/") for node in functions_of(name)]
    hinted = sum(node.returns is not None for node in nodes)
    with_examples = sum(">>>" in ast.get_docstring(node) for node in nodes)
    assert len(nodes) / 2 < hinted < len(nodes)
    assert len(nodes) / 2 < with_examples < len(nodes)


# The examples


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - BUGGY))
def test_the_examples_of_a_right_function_hold(name):
    module = loaded(FUNCTIONS[name])
    assert doctests_of(getattr(module, name), vars(module))[0] == 0


def test_there_are_bugs_of_every_sort():
    assert len(BUGS) == len(BUGGY) == 6
    shown = Counter(bug["shown_by"] for bug in BUGS)
    assert shown == {"doctest": 4, "nothing": 1, "second call": 1}


@each_bug
def test_a_bug_shows(bug):
    assert set(bug) == {"file", "function", "wrong", "shown_by", "call", "gives", "should_give"}
    assert FUNCTIONS[bug["function"]] == bug["file"] and bug["call"].startswith(bug["function"] + "(")
    gives, should_give = ast.literal_eval(bug["gives"]), ast.literal_eval(bug["should_give"])
    assert gives != should_give
    names = vars(loaded(bug["file"]))
    results = [repr(eval(bug["call"], names)) for _ in range(2)]
    first = should_give if bug["shown_by"] == "second call" else gives
    assert results == [repr(first), repr(gives)]


@each_bug
def test_the_examples_show_a_bug_or_not_as_it_says(bug):
    module = loaded(bug["file"])
    function = getattr(module, bug["function"])
    failed, tried = doctests_of(function, vars(module))
    # An example that holds, too: the function is not wrong everywhere.
    assert failed == (bug["shown_by"] == "doctest") and tried > failed
    if failed:
        assert f">>> {bug['call']}\n    {bug['should_give']}\n" in function.__doc__


# One change of the code for each bug: with it, the call gives what it should, and every example holds.
REPAIRS = {
    "add_tax": ("round(net_cents * percent / 100)", "(net_cents * percent + 50) // 100"),
    "bulk_price": ("quantity > least", "quantity >= least"),
    "business_days": ("day < end", "day <= end"),
    "merge_intervals": ("(merged[-1][0], end)", "(merged[-1][0], max(merged[-1][1], end))"),
    "format_cents": (
        'whole, rest = cents // 100, cents % 100\n    return f"',
        "whole, rest = divmod(abs(cents), 100)\n    return f\"{'-' * (cents < 0)}",
    ),
    "stock_levels": ("levels = opening", "levels = dict(opening)"),
}


@each_bug
def test_a_repaired_function_does_what_its_docstring_says(bug):
    text = text_of(bug["file"])
    old, new = REPAIRS[bug["function"]]
    assert text.count(old) == 1
    names = {}
    exec(text.replace(old, new), names)
    for _ in range(2):
        assert repr(eval(bug["call"], names)) == repr(ast.literal_eval(bug["should_give"]))
    assert doctests_of(names[bug["function"]], names)[0] == 0


@pytest.mark.parametrize("name", FILES)
def test_the_code_does_not_give_its_bugs_away(name):
    assert not any(word in text_of(name).lower() for word in ("bug", "fixme", "todo", "noqa"))


# The functions without a bug, against other ways to the same result


def test_wrapped_lines_hold_all_words_and_are_as_full_as_they_can_be():
    wrap_words = function("wrap_words")
    for lengths in product(range(1, 8), repeat=4):
        words = [letter * length for letter, length in zip("abcd", lengths, strict=True)]
        lines = wrap_words(" ".join(words), 7)
        assert " ".join(lines).split() == words
        assert all(len(line) <= 7 for line in lines)
        for line, following in zip(lines, lines[1:], strict=False):
            assert len(line) + 1 + len(following.split()[0]) > 7
    assert wrap_words("abcdefgh", 4) == ["abcd", "efgh"] and wrap_words(" ") == []


def test_slugs():
    slug_for_title = function("slug_for_title")
    assert slug_for_title("Don't—it’s a Straße") == "dont-its-a-strasse"
    assert slug_for_title("abc def", max_length=3) == slug_for_title("abc def", max_length=6) == "abc"
    assert slug_for_title("abcdef", max_length=4) == "abcd"
    with pytest.raises(ValueError):
        slug_for_title("?!")


def test_edit_distance_is_the_shortest_path():
    edit_distance = function("edit_distance")

    def slow(first, second):
        if not first or not second:
            return len(first or second)
        changed = slow(first[1:], second[1:]) + (first[0] != second[0])
        return min(changed, slow(first[1:], second) + 1, slow(first, second[1:]) + 1)

    words = ["".join(letters) for size in range(5) for letters in product("ab", repeat=size)]
    assert all(edit_distance(one, two) == slow(one, two) for one in words for two in words)


def test_the_closest_name_is_the_first_of_the_nearest():
    closest_name = function("closest_name")
    assert closest_name("cat", ["hat", "bat", "CATS"]) == "hat" and closest_name("cat", ["hat", "CAT"]) == "CAT"
    assert closest_name("cat", ["hat"], at_most=0) is closest_name("cat", []) is None


def test_settings():
    parse_key_values = function("parse_key_values")
    assert parse_key_values('a = b = c\n\nd="\ne=""\nf=') == {"a": "b = c", "d": '"', "e": "", "f": ""}
    for text in ("alone", "= value", "a=1\na=2"):
        with pytest.raises(ValueError):
            parse_key_values(text)


def test_sizes_near_a_thousand():
    humanize_bytes = function("humanize_bytes")
    sizes = {0: "0 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 10**12: "1.0 TB", 10**16: "10000.0 TB"}
    assert {size: humanize_bytes(size) for size in sizes} == sizes
    assert humanize_bytes(1_500_000, digits=0) == "2 MB"


def test_the_parts_of_a_bill_are_its_whole_and_at_most_a_cent_off():
    split_bill = function("split_bill")
    for total in (*range(-7, 12), 99_999):
        for weights in product(range(4), repeat=3):
            if any(weights):
                parts = split_bill(total, list(weights))
                assert sum(parts) == total
                for part, weight in zip(parts, weights, strict=True):
                    assert abs(part - total * weight / sum(weights)) < 1
    for weights in ([], [0, 0], [2, -1]):
        with pytest.raises(ValueError):
            split_bill(100, weights)


def test_durations():
    parse_duration = function("parse_duration")
    assert [parse_duration(text) for text in ("1D", "2h", "3 m", "4s", "0s")] == [86400, 7200, 180, 4, 0]
    for text in ("", "90", "30m1h", "1.5h", "-1h"):
        with pytest.raises(ValueError):
            parse_duration(text)


def test_months_later():
    add_months = function("add_months")
    assert [add_months("2024-01-31", months) for months in (1, 13, -2)] == ["2024-02-29", "2025-02-28", "2023-11-30"]
    assert add_months("9999-11-30", 1) == "9999-12-30"
    day = date(2023, 1, 1)
    while day.year < 2025:
        assert add_months(day.isoformat(), 0) == day.isoformat()
        assert add_months(day.isoformat(), 12)[5:] in (day.isoformat()[5:], "02-28")
        day += timedelta(days=1)


def test_orders_are_whole_lots_and_no_more():
    reorder_amounts = function("reorder_amounts")
    for stock, minimum, lot in product(range(6), range(9), range(1, 5)):
        amount = reorder_amounts({"mug": stock}, {"mug": minimum}, lot).get("mug", 0)
        assert amount % lot == 0 and stock + amount >= minimum
        assert amount == 0 or stock + amount - lot < minimum


def test_pages_are_the_list():
    page_of = function("page_of")
    for size, per_page in product(range(8), range(1, 5)):
        items = list(range(size))
        pages = page_of(items, per_page=per_page)["pages"]
        shown = [page_of(items, page, per_page)["items"] for page in range(1, pages + 1)]
        assert [item for page in shown for item in page] == items
        assert all(shown) or items == []
    assert page_of([1, 2, 3], -1, 2) == page_of([1, 2, 3], 1, 2)


def test_a_checksum_notices_a_wrong_digit():
    has_valid_checksum = function("has_valid_checksum")
    assert [last for last in range(10) if has_valid_checksum(f"7992739871{last}")] == [3]
    assert not any(map(has_valid_checksum, ("", "0", "79927398713a", "٧٩٩")))
    number = "79927398713"
    for place, digit in product(range(len(number)), "0123456789"):
        assert has_valid_checksum(number[:place] + digit + number[place + 1 :]) == (digit == number[place])


def test_telephone_numbers():
    normalize_phone = function("normalize_phone")
    texts = ("+49 (0)30 23125042", "+49(30)23125-042", "0049.30.23125042", "(0)30 23125042", "(030) 23125042")
    assert {normalize_phone(text) for text in texts} == {"+493023125042"}
    assert normalize_phone("020 7946 0018", country="44") == "+442079460018"
    for text in ("", "3023125042", "030", "030 CALLME", "+0 30 23125042"):
        with pytest.raises(ValueError):
            normalize_phone(text)


def test_every_roman_numeral_has_its_value():
    parse_roman = function("parse_roman")
    parts = [
        ["", *"M MM MMM".split()], ["", *"C CC CCC CD D DC DCC DCCC CM".split()],
        ["", *"X XX XXX XL L LX LXX LXXX XC".split()], ["", *"I II III IV V VI VII VIII IX".split()],
    ]  # fmt: skip
    numerals = ["".join(some) for some in product(*parts)][1:]
    assert [parse_roman(numeral) for numeral in numerals] == list(range(1, 4000))
    for text in ("", "IIII", "IC", "VX", "MMMM", "12"):
        with pytest.raises(ValueError):
            parse_roman(text)


def test_free_slots_are_the_hours_that_nothing_takes():
    free_slots = function("free_slots")
    spans = [(start, end) for start in range(6) for end in range(start + 1, 7)]
    for first, second in product(spans, repeat=2):
        taken = {hour for span in (first, second) for hour in range(*span)}
        slots = free_slots([first, second], opens=1, closes=5)
        assert [hour for slot in slots for hour in range(*slot)] == [hour for hour in range(1, 5) if hour not in taken]
        assert free_slots([second, first], 1, 5, at_least=2) == [slot for slot in slots if slot[1] - slot[0] >= 2]


def test_moving_averages():
    moving_average = function("moving_average")
    assert moving_average([4, 2, 9], window=1) == [4, 2, 9] and moving_average([]) == []
    assert moving_average([1, 2, 4], window=9) == [1, 1.5, 2.33]
    with pytest.raises(ValueError):
        moving_average([1], window=0)
