"""Whether a value gives access to something, as far as its characters tell."""

import math
import re

FILLER = re.compile(r"[x*.#_\-\s0?]*", re.IGNORECASE)
_NO_VALUE = re.compile(
    r"[<{\[(]|%[(s]|%\w+%|\$[A-Z_]+$|.*(?:\$\{|\{\{|%\(|\}\}|</|\.\.\.|\w\(|::|://)|(?:~|\.{0,2})/\w|[A-Za-z]:\\|"
    r"--?[a-z]|&|\\[wdsbS(\[]|"
    r"(?:utf|latin|iso|cp|ascii)[-_]?\d[-\d]*$|\w+(?:\.\w+)*\[|.*\.(?:py|json|ya?ml|txt|pem|key|crt|cfg|ini|toml|md|html?|com|org|net|io|bin|pt)$",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"your|my[_-]?(?:api|secret|token|pass|key)|placeholder|redacted|insert|replace|change[_-]?me|"
                      r"todo|dummy|fake|sample|\bexample\b|<.*>", re.IGNORECASE)
_COMMON = {
    "letmein", "qwerty", "qwertyuiop", "iloveyou", "swordfish", "opensesame", "trustno1", "hunter", "dragon", "monkey",
    "sunshine", "princess", "football", "baseball", "superman", "batman", "welcome", "whatever", "shadow",
    "correcthorsebatterystaple",
}  # fmt: skip


def entropy(text: str) -> float:
    """Shannon's entropy of the characters, in bits a character (Shannon 1948, section 6); 0 for an empty text."""
    shares = [text.count(character) / len(text) for character in sorted(set(text))]
    return -sum(share * math.log2(share) for share in shares)


def mixed(value: str) -> bool:
    """Looks drawn at random: lower case, upper case and digits take turns."""
    body = value.rstrip("=")
    turns = len(re.findall(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])", body))  # 0.56 of a random string
    kinds = [re.search(kind, body) for kind in ("[a-z]", "[A-Z]", "[0-9]")]
    words = sum(len(word) for word in re.findall("[A-Z][a-z]{3,}", body))  # CamelCase
    if not all(kinds) or words >= len(body) / 2 or turns < 0.36 * len(body) or not re.fullmatch(r"[\w+/-]+", body):
        return False
    return entropy(body) >= min(4, 0.8 * math.log2(len(body)))


def is_key(value: str, shortest: int) -> bool:
    """A key or token: no words, at least `shortest` characters, letters and digits."""
    if len(value) < shortest or not re.fullmatch(r"[\w+/=.~:!@#$%^&*|-]+", value) or not re.search("[A-Za-z]", value):
        return False
    if not re.search("[0-9]", value):  # without a digit only letters drawn at random
        return len(value) >= 16 and len(re.findall("[a-z](?=[A-Z])", value)) >= len(value) / 5 and "_" not in value
    return not re.fullmatch(r"[A-Za-z]+(?:[_./-][A-Za-z]+)*[_./-]?\d{1,2}", value)  # `model_v2`, `sha256`


def is_random(value: str) -> bool:
    """A key or token that could be nothing else, whatever its name: what a weak name like `token` needs."""
    if len(value) < 16 or not re.fullmatch(r"[A-Za-z0-9+/=._~-]+", value):
        return False
    if re.fullmatch(r"[0-9a-f]{32,128}|[0-9A-F]{32,128}", value):
        return entropy(value) >= 3
    return mixed(value) or bool(
        re.fullmatch(r"[a-z0-9]{20,}", value) and len(re.findall(r"[a-z](?=\d)|\d(?=[a-z])", value)) >= len(value) / 5
    )


def is_password(value: str) -> bool:
    """A password: 5 characters and more without a blank, letters with a digit or a mark, or one that everybody uses."""
    if re.fullmatch(r"[a-z]+(?: [a-z]+){3,7}", value):  # a pass phrase; sentences have small words in them
        return not re.search(r"\b(?:a|an|the|to|for|of|is|are|your|this|in|with|must|be|or|not|and|user)\b", value)
    if not 5 <= len(value) <= 200 or re.search(r"\s", value) or not re.search("[^\\W_]", value):
        return False
    if value.lower() in _COMMON or re.search(r"[^\W\d_]", value) and re.search(r"\d", value):
        return not re.fullmatch(r"(?:pass(?:word)?|param|arg|field|key|secret|token)_?[0-9]", value, re.IGNORECASE)
    if value.isdigit():
        return len(value) >= 6
    if value.isalpha() and len(re.findall("[a-z](?=[A-Z])|[A-Z](?=[a-z])", value)) >= len(value) / 3:
        return not re.search("user|pass|pwd|name|key|auth|login|conf|field|http|new|old", value, re.IGNORECASE)
    return bool(re.search(r"\w[!@#$%^&*+~?=]|[!@#^*+~][A-Za-z]", value)) and bool(re.search("[A-Za-z]{2}", value))


def no_value(value: str) -> bool:
    """A template, a filler, a look-up, a path or an address: nothing that gives access."""
    return bool(FILLER.fullmatch(value) or _NO_VALUE.match(value) and not mixed(value)) or len(set(value)) < 3


def is_example(value: str) -> bool:
    """A value that says of itself that it is none: "your-token", "change_me", "redacted"."""
    return bool(_EXAMPLE.search(value)) and not mixed(value)
