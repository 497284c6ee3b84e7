"""The checks of lesson 10."""

import ast
import json

from helpers.checks.framework import check, require

TEST = "def test_add():\n    assert add(1, 2) == 3\n"
MORE = "def test_add_zero():\n    assert add(0, 0) == 0\n"


@check("write `code_of`: the Python code in a model's answer, without fences, chatter and a half last line.")
def code_of(answer):
    def asked(text, wanted, mistake):
        got = answer(text)
        require(isinstance(got, str), f"return a text. Yours gives a {type(got).__name__}.")
        require(_same(got, wanted), f"{mistake} For the answer {text!r} yours gives {got!r}.")

    block = f"Sure! Here is a test:\n\n```python\n{TEST}```\n\nIt checks one sum."
    got = answer(block)
    require(isinstance(got, str), f"return a text. Yours gives a {type(got).__name__}.")
    require("```" not in got, "a fence is left in the code. What stands between the fences is the code.")
    require(not got.lstrip().startswith("python"), "the word behind the fence names the language; it is no code.")
    require("Sure" not in got and "It checks" not in got, "chatter is left in front of the code or behind it.")
    require("\n    assert" in got, "the lines of a test must keep their indentation: strip nothing off each line.")
    asked(block, TEST, "one block with text around it: the code is what stands in the block.")
    asked(TEST, TEST, "an answer without any fence is code as it stands.")
    asked(f"```\n{TEST}```", TEST, "a fence need not name a language.")
    asked(f"```py\n{TEST}```", TEST, "a fence may say `py` instead of `python`.")
    two = f"First:\n```python\n{TEST}```\nand also:\n```python\n{MORE}```\n"
    got = answer(two)
    require("and also" not in got, "with two blocks, the text between them is chatter, too: match as little as can be.")
    asked(two, TEST + MORE, "an answer may hold several blocks: join them all, in order.")
    asked(f"```python\n{TEST}", TEST, "where a model ran out of tokens, the closing fence is missing.")
    half = TEST + "    assert add(2, "
    asked(f"```python\n{half}", TEST, "a half last line goes: drop lines from the end until the rest parses.")
    asked(half, TEST, "a half last line goes from an answer without fences, too.")
    asked("I cannot write that test, sorry.", "", "where nothing parses, the answer is '', the empty text.")
    asked("", "", "an empty answer gives an empty text.")


def _same(got, wanted):
    try:
        return ast.dump(ast.parse(got)) == ast.dump(ast.parse(wanted))
    except SyntaxError:
        return False


AGES = "def ticket(age, day):\n    if age < 6 or age >= 65:\n        return 0\n    return 8 if day <= 5 else 10\n"
TEXTS = "def order(a, b):\n    # a < b\n    return 'a < b' if a == b else 0 < a <= b\n"


@check("write `boundary_mutants`: the program texts in which one comparison has moved its border by one.")
def boundary_mutants(answer):
    got = answer(AGES)
    require(isinstance(got, list | tuple), f"return a list of program texts. Yours gives a {type(got).__name__}.")
    require(all(isinstance(one, str) for one in got), "a mutant is a program text: `ast.unparse(tree)` writes one.")
    require(_parse(got), "one of your mutants does not parse.")
    shown = {ast.dump(ast.parse(one)) for one in got}
    require(ast.dump(ast.parse(AGES)) not in shown, "the function itself is among your mutants: nothing changed in it.")
    every = ast.dump(ast.parse(AGES.replace("< 6", "<= 6").replace(">= 65", "> 65").replace("<= 5 ", "< 5 ")))
    require(every not in shown, "one mutant has all borders moved at once. Each mutant has one small bug.")
    negated = ast.dump(ast.parse(AGES.replace("< 6", ">= 6")))
    require(negated not in shown, "< became >=: that is the contrary. The border moves where < becomes <=.")
    turned = ast.dump(ast.parse(AGES.replace("< 6", "> 6")))
    require(turned not in shown, "< became >: that is the other way round. The border moves where < becomes <=.")
    places = [("< 6", "<= 6"), (">= 65", "> 65"), ("<= 5 ", "< 5 ")]
    right = {ast.dump(ast.parse(AGES.replace(*place))) for place in places}
    twice = any(one not in right and one != every for one in shown) and len(shown) > 1
    require(not twice, "a second mutant still holds the bug of the first. Put the operator back, or parse anew.")
    require(
        right <= shown, f"{AGES!r} has three borders: < 6, >= 65 and <= 5. Yours moves {len(right & shown)} of them."
    )
    require(len(got) == 3, f"each border gives one mutant. Yours gives {len(got)} for three borders.")
    got = answer(TEXTS)
    require(_parse(got), "one of your mutants does not parse.")
    shown = {ast.dump(ast.parse(one)) for one in got}
    inside = ast.dump(ast.parse(TEXTS.replace("'a < b'", "'a <= b'")))
    require(inside not in shown, "the text 'a < b' is no comparison. Change the syntax tree, not the letters.")
    chain = {ast.dump(ast.parse(TEXTS.replace("0 < a <= b", one))) for one in ("0 <= a <= b", "0 < a < b")}
    require(chain <= shown, "0 < a <= b holds two comparisons: `node.ops` is a list, and each of them is a border.")
    require(shown == chain, "== has no border to move: leave all but <, <=, > and >= alone.")
    require(list(answer("def f(x):\n    return x + 1\n")) == [], "a function without a border has no such mutant: [].")


def _parse(texts):
    try:
        for one in texts:
            ast.parse(one)
    except SyntaxError:
        return False
    return True


def _line(*turns, **more):
    return json.dumps({"messages": [{"role": role, "content": content} for role, content in turns]} | more)


ASK, SAY = ("user", "Test add."), ("assistant", "assert add(1, 2) == 3")
LINES = [
    (_line(ASK, SAY), True, "a request and an answer are all that is needed"),
    (_line(("system", "Be short."), ASK, SAY), True, "a system message may come first"),
    (_line(ASK, SAY, ("user", "Another."), ("assistant", "assert True")), True, "a chat may have several turns"),
    ("{'messages': []}", False, "quotes in JSON are double: `json.loads` raises, and you catch ValueError"),
    (_line(ASK), False, "the last message must be the assistant's: there is nothing to learn without an answer"),
    (_line(SAY, ASK), False, "the user's message comes first"),
    (_line(ASK, ("assistant", "  \n")), False, "an answer of blanks teaches silence: strip it, and see what is left"),
    (_line(("user", ""), SAY), False, "an empty request is no request"),
    (_line(ASK, ("user", "Well?"), SAY), False, "user and assistant take turns"),
    (_line(ASK, SAY, ("system", "Late."), ("assistant", "x")), False, "a system message may only come first"),
    (_line(ASK, ("bot", "assert True")), False, "there is no role `bot`"),
    (json.dumps({"messages": []}), False, "a chat without messages"),
    (json.dumps({"prompt": "Test add.", "completion": "x"}), False, "the key is `messages`"),
    (_line(ASK, SAY).replace("content", "text"), False, "the key of a message's text is `content`"),
    (json.dumps(["messages"]), False, "a line is an object, {...}, and a list is none"),
    (_line(("system", "Be short.")), False, "a system message alone is no chat"),
    ("", False, "an empty line between others"),
    (_line(ASK, SAY, note="kept"), True, "other keys do no harm"),
]  # fmt: skip


@check("write `bad_lines`: the numbers of the lines of a chat JSONL text that no service would take.")
def bad_lines(answer):
    for line, good, why in LINES:
        text = f"{_line(ASK, SAY)}\n{line}\n{_line(ASK, SAY)}\n"
        try:
            got = answer(text)
        except Exception as error:
            require(False, f"your code raises {type(error).__name__} on the line {line!r}: {why}.")
        require(isinstance(got, list | tuple), f"return a list of line numbers. Yours gives {got!r}.")
        require(list(got) != [1] or good, "lines are counted from 1: the second of three is 2.")
        if good:
            require(list(got) == [], f"the line {line!r} is fine: {why}. Yours finds {got!r}.")
        else:
            require(list(got) == [2], f"the second line, {line!r}, is bad: {why}. Yours finds {got!r}.")
    bad = "not JSON"
    got = answer(f"{bad}\n{_line(ASK, SAY)}\n{bad}\n")
    require(list(got) == [1, 3], f"lines 1 and 3 are bad, and all are reported, in order. Yours finds {got!r}.")
    require(list(answer("")) == [], "an empty text has no lines, so no bad ones: return [].")
