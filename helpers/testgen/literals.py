"""Runs inside the sandbox, in front of observer.py: values as source text, and what assertions about them need."""

import collections
import datetime
import re
import sys
import types

LONGEST = 160  # characters of a value
MADE = re.compile(r"\[?[A-Z]\w*[.(]")  # how an expression begins that makes an object
SHOWN = 90  # the same of what stands for an object
FEW, MANY = 6, 40  # what is read of an iterator that does not end, and how far one is followed
LONG = "its value is too long to read"
UNSTABLE = re.compile(r" at 0x[0-9A-Fa-f]{6,}|OrderedDict\(")  # another address each time; another form since 3.12
NAME_OF = type.__dict__["__name__"].__get__  # a metaclass may lie about it
DICTS = (dict, collections.OrderedDict, collections.Counter, collections.defaultdict)
SIZED = (str, bytes, bytearray, set, frozenset, list, tuple, collections.deque, *DICTS)
DATES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta)


THOROUGH = []  # holds something where tests are kept: then more is written down


class Unwritable(Exception):
    """A value that no short expression stands for. Its text says why."""


class Foreign(Unwritable):
    """The same for an object of a class that is not known here."""


def written(value, depth=0, exact=False):
    """An expression that equals `value`. Only known types, exactly: a subclass may do anything.

    Floats become pytest.approx(...), so that other machines agree. exact: the value is a key or in a set, where an
    approximate number cannot be.
    """
    kind = type(value)
    if THOROUGH and kind not in SIZED:
        value, kind = plain(value, kind)
    if (kind in SIZED and len(value) > LONGEST) or (kind is int and value.bit_length() > 4 * LONGEST):
        raise Unwritable(LONG)
    if depth > 6:
        raise Unwritable("it returns something deeply nested")
    text = _text(value, kind, depth + 1, exact)
    if len(text) > LONGEST:
        raise Unwritable(LONG)
    return text


def _text(value, kind, depth, exact):
    if kind is float or kind is complex:
        return _number(value, kind, exact)
    if kind is str and UNSTABLE.search(value):
        raise Unwritable("it returns a text that is another one elsewhere")
    if kind in (int, bool, types.NoneType, str, bytes, range, bytearray):
        return repr(value)
    if kind in DATES and type(getattr(value, "tzinfo", None)) in (types.NoneType, datetime.timezone):
        return repr(value)
    if kind is set or kind is frozenset:
        inside = "{" + ", ".join(sorted(written(one, depth, True) for one in value)) + "}" if value else ""
        return (inside or "set()") if kind is set else f"frozenset({inside})"
    if kind in (list, tuple, collections.deque):
        inside = ", ".join(written(one, depth, exact) for one in value)
        if kind is tuple:
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        return f"[{inside}]" if kind is list else f"deque([{inside}])"
    if kind in DICTS:
        pairs = [f"{written(key, depth, True)}: {written(one, depth, exact)}" for key, one in value.items()]
        return "{" + ", ".join(pairs) + "}"
    for module, name in (("fractions", "Fraction"), ("decimal", "Decimal")):
        if kind is getattr(sys.modules.get(module), name, None) and not (name == "Decimal" and value.is_nan()):
            return repr(value)
    raise Foreign(f"it returns a {NAME_OF(kind)}, which has no short text")


def plain(value, kind):
    """(a value of one of Python's own classes that equals it, that class), such as the tuple of a named tuple; as they
    are where there is none.
    """
    for own in (str, int, float, bytes, tuple, list, dict):
        if kind is not own and kind is not bool and issubclass(kind, own):
            return (own(value), own) if kind.__eq__ is own.__eq__ else (value, kind)
    return value, kind


def of_object(value, names):
    """What an assertion can say of an object, as [form, text]; None for nothing. names: those of the module.

    An expression that makes one which is equal: a member of an enumeration, and what `repr` gives of a dataclass. Else
    what `repr` gives, if the class has one of its own, that tells no address and fits a line.
    """
    kind = type(value)
    if kind.__repr__ is object.__repr__ or isinstance(value, type | types.ModuleType):
        return None
    space = {name: one for name, one in names.items() if isinstance(one, type)} | {"__builtins__": {}}
    text = repr(value)
    for made in (f"{NAME_OF(kind)}.{getattr(value, '_name_', '')}", text):
        try:
            if len(made) <= SHOWN and MADE.match(made) and (eval(made, space) == value) is True:
                return ["==", made]
        except Exception:
            continue
    if not isinstance(text, str) or not text or len(text) > SHOWN or not text.isprintable() or UNSTABLE.search(text):
        return None
    return ["repr", repr(text)]


def _number(value, kind, exact):
    if exact:
        raise Unwritable("it returns a set or a dict of floats")
    if value != value:
        raise Unwritable("it returns nan, which equals nothing")
    if abs(value) == float("inf"):
        if kind is complex:
            raise Unwritable("it returns an infinite complex number")
        return f"float('{value}')"
    return f"pytest.approx({value!r})"


def changeable(value):
    """The text of an argument that a function can change; None for others."""
    try:
        return written(value) if type(value) in (list, dict, set) else None
    except Unwritable:
        return None


def first_of(iterator):
    """(its first values, whether these are all)."""
    found = []
    for value in iterator:
        found.append(value)
        if len(found) > MANY:
            return found[:FEW], False
    return found, True


class pytest:
    """Stands in for the real one, whose import takes longer than all the rest. Finished tests are scored with that."""

    class approx:
        def __init__(self, number):
            self.number = number

        def __eq__(self, other):
            if not isinstance(other, int | float | complex):
                return NotImplemented
            return abs(other - self.number) <= max(1e-6 * abs(self.number), 1e-12)

    class raises:
        def __init__(self, expected):
            self.expected = expected

        def __enter__(self):
            return self

        def __exit__(self, kind, error, traceback):
            if kind is None:
                raise AssertionError
            return issubclass(kind, self.expected)
