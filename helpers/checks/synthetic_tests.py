"""The checks of lesson 10. Each goes from easy to hard, so that what fails first names the mistake."""

import ast
import json
import sys
from collections.abc import Iterator

from helpers.checks.framework import Todo, check, require


def _ask(answer, text, why, first=False):
    """`answer(text)`. Where that raises, never ends or gives None (but in the `first` call), `why` comes first."""
    left, before = 1_000_000, sys.gettrace()

    def count(frame, event, arg):
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt  # as a reader would who waits too long; no `except Exception` catches it
        return count

    sys.settrace(count)
    try:
        return answer(text)
    except Todo:
        if first:
            raise
        what = "returns nothing"
    except KeyboardInterrupt:
        what = "never ends"
    except Exception as error:
        what = f"raises {type(error).__name__} ({error})"
    finally:
        sys.settrace(before)
    require(False, f"{why} yours {what}.")


def _tree(text):
    """The syntax tree of a program in words, to compare; None if `text` does not parse."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return None


# --- code_of ----------------------------------------------------------------------------------------------------------

TEST = "def test_add():\n    assert add(1, 2) == 3\n"
MORE = "def test_add_zero():\n    assert add(0, 0) == 0\n"
FLAT = 'total = add(1, 2)\nassert f"python {total}" == "python 3"\n'
RUNS = "def test_add(wanted=1 / 0):\n    assert add(0, 0) == wanted\n"
HALF = TEST + "    assert add(2, "
LANGUAGES = (
    "a block in another language is no code, and its closing fence opens no block: find all blocks, with the word at "
    "their fence, and then choose."
)
KEPT = "only the fence goes: no letters (`strip`), no other python (`replace`), and no line in front of a test."
TUPLES = "the simplest answer is one block. (`re.findall` gives tuples where a pattern has two groups.)"
ANSWERS = [
    (f"```python\n{RUNS}```", RUNS, "code is only parsed, never executed: `ast.parse` does that."),
    (f"```python\n{FLAT}```", FLAT, KEPT),
    (f"Sure! A test:\n\n```python\n{TEST}```\n\nIt adds.", TEST, "with text around it, the code is the block alone."),
    (f"```\n{TEST}```", TEST, "a fence need not name a language."),
    (f"```py\n{TEST}```", TEST, "a fence may say `py` instead of `python`."),
    (f"```python\n{TEST}```\nand:\n```python\n{MORE}```", TEST + MORE, "all that stands in several blocks is code."),
    (f"```python\n{TEST}", TEST, "where a model ran out of tokens, the closing fence is missing."),
    (f"```\n{TEST}```\nand:\n```\n{MORE}", TEST + MORE, "the last of several blocks may lack its closing fence, too."),
    (TEST, TEST, "an answer without any fence is code as it stands."),
    (f"```python\n{HALF}", TEST, "a half last line goes: catch the SyntaxError, and drop lines from the end."),
    (HALF, TEST, "a half last line goes from an answer without fences, too."),
    (f"{TEST}def test_b():\n    x = (", TEST, "two lines have to go: drop lines from the end until the rest parses."),
    ("import math\ndef test_pi(", "import math\n", "here the first line alone is left, and that is code, too."),
    ("I cannot write that test, sorry.", "", "where nothing parses, the answer is '', the empty text."),
    ("", "", "an empty answer gives an empty text."),
    (f"```bash\nls\n```\n```python\n{TEST}```", TEST, LANGUAGES),
    (f"```python\n{TEST}```\n```text\nadd = 3\n```\n```py\n{MORE}```", TEST + MORE, LANGUAGES),
    ("```json\n[1, 2]\n```", "", "where no block is Python, nothing is left, though the text may parse."),
]


@check("write `code_of`: the Python code in a model's answer, without fences, chatter and a half last line.")
def code_of(answer):
    _plain_block(answer)
    for text, wanted, mistake in ANSWERS:
        got = _ask(answer, text, f"{mistake} For the answer {text!r}")
        yours = f"For the answer {text!r} yours gives {got!r}."
        require(isinstance(got, str), f"return a text. {yours}")
        for one, which in ((TEST, "first"), (MORE, "last")) if text.count("```") == 4 and wanted == TEST + MORE else ():
            only = f"only the {which} of two blocks is left. Find all, each as short as can be (`.*?`), and join them."
            require(_tree(got) != _tree(one), f"{only} {yours}")
        require("```" not in got, f"{mistake} Match as little as can be: `.*?`, and not `.*`. {yours}")
        require(not got.rstrip().endswith("assert add"), f"drop whole lines from the end, not letters. {yours}")
        require(got == wanted or got.strip() or wanted, f"return '': {got!r} is not empty, an `if` takes it for code.")
        require(_tree(got) == _tree(wanted), f"{mistake} {yours}")


def _plain_block(answer):
    """The simplest answer: what goes wrong here is how a block is cut out, or what is parsed."""
    text, flat = f"```python\n{TEST}```", f"```python\n{FLAT}```"
    got = _ask(answer, text, f"{TUPLES} For {text!r}", first=True)
    require(isinstance(got, str), f"return a text. Yours gives a {type(got).__name__}.")
    yours = f"For {text!r} yours gives {got!r}."
    require("```" not in got, f"a fence is left. The code is what stands between the fences. {yours}")
    word = got.lstrip().startswith(("python\n", "thon\n"))
    require(not word, f"the word behind the fence names the language; it is no code. {yours}")
    if _tree(got) == _tree(TEST):
        return
    left = _tree(_ask(answer, flat, f"{TUPLES} For {flat!r}"))
    require(left != _tree(FLAT.split("\n")[0]), f"the last line goes, although all lines parse. {yours}")
    lost = "a test with an indented line gets lost: keep the indentation, and parse all lines together."
    require(left != _tree(FLAT), f"{lost} {yours}")
    nothing = "nothing is left. In a pattern, `.` matches no line break without re.DOTALL; and a fence never parses."
    require(False, f"{nothing} Print what you give to `ast.parse`. {yours}" if not got.strip() else f"{TUPLES} {yours}")


# --- boundary_mutants -------------------------------------------------------------------------------------------------

SIGNS = {"Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}
MOVED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
AGES = "def f(age, day):\n    if age < 6 or age >= 65:\n        return 0\n    return 8 if day <= 5 and age > 17 else 10"
TREE = "are no comparisons: change the syntax tree, not the letters."
SIZES = {  # how many borders each mutant of AGES has moved, sorted: what that shows
    (0, 0, 0, 0): "your mutants are all unchanged. Change node.ops[place], in the copy if you copy, and unparse then.",
    (0, 1, 2, 3): "each mutant lacks its own bug and holds those before it: if you copy the tree, change the copy.",
    (1, 2, 3, 4): "a mutant still holds the bug of the one before it. Put the operator back, or parse anew.",
    (4, 4, 4, 4): "your mutants are all equal: one tree, changed again and again. Write the text after each change.",
    (4,): "your one mutant moves all borders at once. Each mutant has one small bug.",
}
WHOLE = "a source may hold more than a function: each of its borders gives a mutant, and that is the whole program."
SOURCES = {
    "def f(a, b):\n    return 0 < a < b\n": "0 < a < b holds two comparisons, so `node.ops` holds two borders.",
    "def f(a, b):\n    return 1 if a == b else a < b\n": "== has no border: leave all but <, <=, > and >= alone.",
    "def f(a, b):\n    return (a < b) in [True]\n": "a comparison may hold another. (A visitor needs generic_visit.)",
    "def f(x):\n    return x + 1\n": "a function without a border has no such mutant: return [].",
    "def f(a) -> int:\n    # a < b\n    return 'a < b'\n": f"the signs in a text, in a comment and in -> {TREE}",
    "def f(a):\n    return a < 0 or (not a < 0)\n": "a < 0 stands there twice: change each node, not the letters.",
    "import math\n\n\ndef f(a):\n    return a < math.pi\n\n\ndef g(a):\n    return a > 2\n": WHOLE,
}


@check("write `boundary_mutants`: the program texts in which one comparison has moved its border by one.")
def boundary_mutants(answer):
    objects = f"only an ast.Compare has `ops`, a list of objects: ast.LtE(), not the class. For {AGES!r}"
    got = _ask(answer, AGES, objects, first=True)
    require(isinstance(got, list | tuple), f"return a list of program texts. Yours gives a {type(got).__name__}.")
    unparse = "a mutant is a program text: `ast.unparse(tree)` writes one."
    require(all(isinstance(one, str) for one in got), unparse)
    require(got, "yours finds no border. An operator is an object, and equals no class: ask isinstance(op, ast.Lt).")
    for one in got:
        require("def f" in one, f"{unparse} No part of the tree, and not what `ast.dump` shows, such as {one!r}.")
        require(_tree(one), f"a mutant does not parse. (If you replace letters: a `<=` holds a `<`.) It is {one!r}.")
        require(_moved(AGES, one) is not None, f"the operator changes, not a number or anything else. Not so {one!r}.")
    signs, moved = _signs(AGES)[1], [_moved(AGES, one) for one in got]
    for place, sign in [pair for places in moved for pair in places.items()]:
        old, right = signs[place], MOVED[signs[place]]
        require(sign == right, f"{old} became {sign}, its contrary or turned round. It should become {right}.")
    sizes = tuple(sorted(len(places) for places in moved))
    require(sizes not in SIZES, SIZES.get(sizes))
    require(all(sizes), "the function itself is among your mutants: nothing changed in it.")
    require(sizes[-1] == 1, f"one of your mutants moves {sizes[-1]} borders at once. Each has one small bug.")
    left = " and ".join(sign for place, sign in enumerate(signs) if not any(place in one for one in moved))
    require(not left, f"yours does not move {left} in {AGES!r}. (A `return` inside a loop ends it.)")
    require(len(got) == len(signs), f"each border gives one mutant. Yours gives {len(got)} for {len(signs)} borders.")
    for source, mistake in SOURCES.items():
        got, signs = _ask(answer, source, f"{mistake} For {source!r}"), _signs(source)[1]
        right = [{place: MOVED[sign]} for place, sign in enumerate(signs) if sign in MOVED]
        moved = [_moved(source, one) for one in got] if all(map(_tree, got)) else []
        same = len(got) == len(right) and all(one in moved for one in right)
        require(same, f"{mistake} For {source!r} yours gives {got!r}.")


def _moved(source, mutant):
    """{place: operator} where the comparisons of `mutant` differ from those of `source`; None if anything else does."""
    (rest, signs), (other, others) = _signs(source), _signs(mutant)
    return {place: sign for place, sign in enumerate(others) if sign != signs[place]} if rest == other else None


def _signs(text):
    """(the syntax tree of `text` without the operators of comparisons, these operators)"""
    tree, signs = ast.parse(text), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            signs += [SIGNS.get(type(op).__name__, type(op).__name__) for op in node.ops]
            node.ops = []
    return ast.dump(tree), signs


# --- bad_lines --------------------------------------------------------------------------------------------------------


def _line(*turns, **more):
    return json.dumps({"messages": [{"role": role, "content": content} for role, content in turns]} | more)


ASK, SAY, BE = ("user", "Test add."), ("assistant", "assert add(1, 2) == 3"), ("system", "Be short.")
GOOD = _line(ASK, SAY)
BAD = {
    "no JSON": "it is no JSON: `json.loads` raises a ValueError, and you catch it",
    GOOD.replace('"', "'"): "quotes in JSON are double",
    "": "an empty line between others is bad, too",
    '{"prompt": "Test add.", "completion": "x"}': "the key is `messages`",
    '["messages"]': "a line is an object, {...}, and a list is none",
    '{"messages": {"user": "Test add."}}': "`messages` is a list, and an object is none",
    '{"messages": ["Test add."]}': "a message is an object, {...}, and a text is none",
    '{"messages": []}': "a chat without messages is none",
    GOOD.replace("content", "text"): "the key of a message's text is `content`",
    _line(ASK, ("assistant", 5)): "`content` is a text, and a number is none",
    _line(ASK, ("assistant", "  \n")): "an answer of blanks teaches silence: strip it, and see what is left",
    _line(("user", ""), SAY): "an empty request is no request",
    _line(("system", " "), ASK, SAY): "a system message must not be blank, either",
    _line(ASK): "the last message must be the assistant's: there is nothing to learn without an answer",
    _line(ASK, SAY, ASK): "the assistant has the last word",
    _line(ASK, ASK, SAY, SAY): "user and assistant take turns",
    _line(SAY, ASK, SAY): "the user's message comes first",
    _line(ASK, BE, SAY): "a system message may come first, and only there",
    _line(BE): "a system message alone is no chat",
    _line(ASK, ("bot", "Hm."), ASK, SAY): "there is no role `bot`",
}
FINE = {
    _line(ASK, SAY, ASK, SAY): "a chat may have several turns",
    _line(ASK, SAY, note="kept"): "other keys do no harm",
    _line(BE, ASK, SAY): "a system message may come first",
}
CASES = [
    *((f"{GOOD}\n{line}\n{GOOD}\n", [2], f"line 2 of 3, {line!r}, is bad: {why}. Here") for line, why in BAD.items()),
    *((f"{GOOD}\n{line}\n{GOOD}\n", [], f"the line {line!r} is fine: {why}. Here") for line, why in FINE.items()),
    (f"bad\n{GOOD}\nbad\n", [1, 3], "lines 1 and 3 of 3 are bad. Here"),
    (f"{GOOD}\nbad", [2], "the last line of a text, too, may be bad, and need not end in a newline. Here"),
    (f"{GOOD}\n\n", [2], "an empty line is bad, at the end of the file, too: this text has two lines. Here"),
    ("", [], "an empty text has no lines, so no bad ones: return []. Here"),
]
SLIPS = {  # what is right, what is given: the mistake
    ("[2]", "[1]"): "lines are counted from 1: the second of three is 2, and yours says 1.",
    ("[2]", "[1, 3]"): "yours gives [1, 3], the numbers of the good lines. Return those of the bad ones.",
    ("[2]", "[1, 2, 3]"): "for yours even the good lines are bad. Does `except` hide a slip, such as json.load?",
    ("[2]", "[2, 4]"): "after the last newline no line begins: there are three, and yours counts four.",
    ("[1, 3]", "[1]"): "all bad lines are asked for, and yours stops at the first.",
    ("[1, 3]", "[1, 1]"): "`index` finds the first of equal lines: yours gives [1, 1] for 1 and 3. Use enumerate.",
    ("[1, 3]", "[1, 2]"): "lines 1 and 3 are bad, yours says 1 and 2: after a bad line, too, count on.",
}


@check("write `bad_lines`: the numbers of the lines of a chat JSONL text that no service would take.")
def bad_lines(answer):
    for text, wanted, mistake in CASES:
        got = _ask(answer, text, mistake, first=text == CASES[0][0])
        require(not isinstance(got, int), f"yours says how many are bad, {got!r}. Return a list of their numbers.")
        got = list(got) if isinstance(got, tuple | set | Iterator) else got  # these are as good as a list
        require(isinstance(got, list), f"return a list of line numbers. Yours gives {got!r}.")
        require(all(type(one) is int for one in got), f"return numbers of lines, not the lines. Yours gives {got!r}.")
        require(max(got, default=0) <= 4, "a loop over a text gives its letters. text.split('\\n') gives the lines.")
        slip = SLIPS.get((str(wanted), str(got)))
        require(not slip, slip)
        require(len(set(got)) == len(got), f"a bad line counts once, and one comes twice: {got!r}.")
        require(got == wanted, f"{mistake} yours gives {got!r}.")
