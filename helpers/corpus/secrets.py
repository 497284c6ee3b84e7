"""Secrets in a text: passwords, keys and tokens that give access to something.

Three searches, none of which runs or sends anything:

1. shapes: `secret_kinds.KINDS`, and the patterns of detect-secrets 1.5.0 (https://github.com/Yelp/detect-secrets) where
   it knows more kinds. Its plugins can ask the issuer whether a secret works; they are never told to.
2. names: a value given to something called password, api_key, token ... (by =, :, a keyword, a dictionary, an
   environment line), unless the value says that it is none (below).
3. chance: a quoted string of 32 to 120 base64 characters that mixes all its kinds of characters, as AWS secret keys do.

A second pass reads "ab" "cd", "ab" + "cd" and a line continued by a backslash as one string.

What is NOT a secret, by rule: a value without a digit or a mark ("changeme", "secret", "your-api-key": words
give no access), templates and look-ups (`<token>`, `${TOKEN}`, `{token}`, `%s`, `os.environ[...]`), fillers (xxxx,
****, 0000), paths, URLs without a login, sentences, special tokens of language models (`<s>`, `[PAD]`, `token_3`), and
strings under names that announce no access: checksums, commit hashes, uuids, model ids, pictures in base64.
"""

import re
from bisect import bisect_right
from functools import cache

from helpers.corpus.found import Found, located, must_be_text
from helpers.corpus.secret_kinds import GIVEN_AWAY, KINDS
from helpers.corpus.secret_values import FILLER, is_example, is_key, is_password, is_random, mixed, no_value

# Plugins of detect-secrets that KINDS sharpens (a whole private key instead of its first line; no `user:password@`),
# and one for public IP addresses, which belong to personal data.
REPLACED = {
    "AWSKeyDetector", "BasicAuthDetector", "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector",
    "IPPublicDetector", "JwtTokenDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector",
    "SendGridDetector", "SlackDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
}  # fmt: skip

_GATE = re.compile(r"pass|pw(?![a-ce-z])|secret|token|key|auth|cred|cookie|session|pepper|\bpin\b|salt", re.IGNORECASE)
_WORTH = re.compile(r"[0-9!@#$^&*+~?]|[a-z][A-Z]|[\"'][a-z ]{5,40}[\"']")  # a line that may hold a value
_PASSWORD = (
    r"passw(?:or)?d|passphrase|passcode|passwort|contrasena|mot_?de_?passe|pwd|pword|(?<![a-z])p(?:ass|w)(?![a-z])|"
    r"(?-i:(?<=[a-z])Pass(?![a-z]))"  # dbPass, not bypass
)
_KEY = (
    r"secret|credentials?|(?:api|access|auth|account|service|client|private|priv|signing|sign|encryption|encrypt|"
    r"master|shared|license|storage|app|application|admin|root|deploy|webhook|hmac|aes|fernet|crypto|cipher|jwt|"
    r"stripe|openai|aws|gcp|azure|db|database|consumer|subscription)[_ -]?(?:secret[_ -]?)?key|"
    r"(?:api|access|auth|authentication|authorization|bot|refresh|bearer|session|csrf|id|github|gitlab|slack|hf|hub|"
    r"huggingface|npm|pypi|private|personal|secret|deploy|security|app|oauth|oauth2|jwt|sas|user|admin|device|push|"
    r"login)[_ -]?token|auth(?![a-z])|apikey|authkey|session[_ -]?(?:id|key)|cookie|pepper"
)
_WEAK = r"tokens?|keys?|salt|pin"
# After the name: the rest of a longer name, the end of a dictionary key or of an annotation, and what gives the value.
_GIVEN = re.compile(
    rf"(?:(?P<password>{_PASSWORD})|(?P<key>{_KEY})|(?P<weak>{_WEAK}))(?P<rest>(?:[_-]?[a-z0-9]){{0,60}}+)"
    r"(?:\\?[\"'`])?\]?(?P<by>\s{0,8}(?::\s*(?:str|bytes|Optional\[str\]|str\s*\|\s*None|Final(?:\[str\])?)\s*=|=>|->|:=|"
    r"[=!]=|[=:,]|>|\sis\s|\((?=[bru]?[\"'])|\s)\s{0,20}[(\[]?\s{0,20}(?:[\w=, ]{0,40}default\s?=\s?|"
    r"[\w.]{1,30}(?:\((?=[bru]?[\"'])(?![^()\n]{0,80}\)\s?or)|\(\s?[\"']\w{1,60}[\"']\s?,|\([^()\n]{0,60}\)\s?or|"
    r"\[[\"']\w{1,60}[\"']\]\s?or|\sor)\s?)?)"
    r"(?:(?P<prefix>[bBrRfFuU]{0,2})(?P<quote>\"\"\"|'''|\\?\"|\\?'|`)(?P<value>[^\n]{0,400}?)(?P=quote)"
    r"|(?P<bare>[^\s\"'`<>{}\[\](),;]{6,200})(?P<after>.?))",
    re.IGNORECASE,
)
# `password_file`, `token_type`: the value is about the secret, not the secret. `tokenizer` is another word altogether.
_ABOUT = re.compile(
    r"(?:^|[_-])(?:id|ids|name|names|url|uri|path|paths|file|filename|dir|field|type|types|prefix|suffix|regex|re|"
    r"pattern|label|help|desc|description|var|env|envvar|length|len|size|count|format|placeholder|prompt|text|class|"
    r"style|index|map|sha256|sha1|md5|hash|digest|fingerprint|checksum|algorithm|alg|algo|policy|scope|scopes|"
    r"template|error|message|msg|str|func|function|method|mode|schema|version)(?:[_-]|$)|izer|ize|ise|ation|board|word|"
    r"^s?(?:_|-)?(?:to|for|from|in|of)(?:_|-|$)|ident|ical",
    re.IGNORECASE,
)
_SEAM = re.compile(
    r"(?<!\\)[\"']\s*(?:\+\s*)?(?:\\\r?\n\s*)?(?:#[^\n]*\n\s*)?(?:\+\s*)?[bBrRfFuU]{0,2}[\"'](?=[\w+/=.-])|"
    r"\\\r?\n\s*"
)
_ALL_KINDS = re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)\S{8,}")
_LOGIN_WORDS = {
    "password", "passwd", "pass", "pwd", "pw", "secret", "tiger", "token", "auth", "key", "postgres", "guest",
}  # fmt: skip
_CHANCE = re.compile(r"(?<![\w/+=-])[bu]?[\"'](?P<secret>[A-Za-z0-9+/_-]{32,120}={0,2})[\"'](?!\s*[bu]?[\"'])")


@cache
def _borrowed() -> list[tuple[str, re.Pattern]]:
    """(kind, pattern) of the plugins of detect-secrets that this module uses."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector

    plugins = get_mapping_from_secret_type_to_class()
    return [
        (name, pattern)
        for name, plugin in sorted(plugins.items())
        if issubclass(plugin, RegexBasedDetector) and plugin.__name__ not in REPLACED
        for pattern in plugin.denylist
    ]


def _is_given(match: re.Match, text: str) -> bool:
    """Whether a name and its value, as _GIVEN found them, hold a secret."""
    value = match["value"] if match["quote"] else match["bare"]
    if "f" in (match["prefix"] or "").lower():
        value = re.sub(r"\{[^{}]*\}", "", value)
    if not value or no_value(value) or is_example(value) or _ABOUT.search(match["rest"]):
        return False
    by = match["by"].strip()
    before = text[max(0, match.start() - 1) : match.start()]
    if by.startswith(","):  # ("password", "..."), not a list of arguments or of names
        ends = not match["rest"][:1].isalnum() and before not in set("!@#$%^&*")  # the whole name is a name
        whole = before in ('"', "'", "-") if match["weak"] else ends
        if not (whole and text[match.start("by") - 1] in "\"'" and (match["quote"] or "default" in by)):
            return False
    if by.startswith(">") and match["after"] != "<" or by in ("", "(") and (match["rest"] or not match["password"]):
        return False  # an element of XML has an end; only `password "..."` and `set_password("...")` need no sign
    if not by and (match["password"].lower() == "pass" or not match["quote"] and not _ALL_KINDS.match(value)):
        return False
    if not match["quote"]:
        return _is_bare(match, value, text)
    if match["password"]:
        return is_password(value)
    if match["key"]:
        return is_key(value, 8) or "\\x" in value and len(value) >= 8
    return is_random(value)


def _is_bare(match: re.Match, value: str, text: str) -> bool:
    """A value without quotes. In code that is an expression; in a string or a comment it is a word."""
    value = value.rstrip(".:")
    if match["after"] in ("(", "[") or re.fullmatch(r"[-+\d.eE_]+|0x[0-9a-fA-F_]*", value):
        return False
    if match["by"] != ">" and not _is_prose(text, match.start(), match.start("bare")):
        if match["password"] and match["by"].strip() == ":":  # no annotation looks like that
            return is_password(value) and bool(re.fullmatch(r"[a-z]+\d+|(?=.*[#!$%&*?]).*[A-Za-z].*", value))
        return is_random(value) and (not value.isidentifier() or match["by"].strip() == ":" and mixed(value))
    if match["password"]:
        return bool(is_password(value) and re.search(r"\d|[!@#$%^&*?]", value) and re.search("[A-Za-z]", value))
    wordy = re.fullmatch(r"[\w.]*[a-z]{5}\w*", value)
    return is_random(value) or bool(match["key"]) and is_key(value, 12) and not wordy


def _is_prose(text: str, start: int, value: int) -> bool:
    """Whether a place lies in a comment, a string or a line NAME=value, guessed from what stands before it."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if "#" in line or re.search(r"[?&][\w-]*$|://\S*$", line) or re.match(r"\s*(?:export|set|ENV|ARG)\s", line):
        return True
    if re.fullmatch(r"[A-Z_]*", line) and text[value - 1] == "=":
        return True
    quotes = line.count('"') % 2 or line.count("'") % 2
    return bool(quotes or text.count('"""', 0, start) % 2 or text.count("'''", 0, start) % 2)


def _by_shape(text: str) -> list[tuple[str, int, int]]:
    """Secrets with a shape of their own."""
    found = []
    for kind in KINDS:
        if not any(literal in text for literal in kind.literals):
            continue
        for match in kind.pattern.finditer(text):
            group = "secret" if "secret" in kind.pattern.groupindex else 0
            secret = match[group]
            if group and (no_value(secret) or "{" in secret or secret.lower() in _LOGIN_WORDS):
                continue
            if kind.name == "login in a URL" and not _is_login(secret):
                continue
            if kind.name.startswith(GIVEN_AWAY) and not is_password(secret):
                continue
            if kind.name == "login in a header" and not re.search(r"[A-Z](?=.*[0-9=])|[0-9](?=.*[A-Z])", secret):
                continue
            if not FILLER.fullmatch(secret[-8:]):
                found.append((kind.name, match.start(group), match.end(group)))
    for name, pattern in _borrowed():
        for match in pattern.finditer(text):
            if re.search(r"\d", match[0]) and not FILLER.fullmatch(match[0][4:]):
                found.append((name, match.start(), match.end()))
    return found


def _is_login(secret: str) -> bool:
    """A password in a URL: not one letter, not the word `password`, no port (`http://[::1]:80/@`)."""
    return len(secret) >= 6 and not secret.startswith(("pass", "PASS", "Pass", "pwd", "secret", "your", "my")) or bool(
        len(secret) >= 6 and re.search(r"\d", secret) and re.search("[A-Za-z]", secret)
    )


def _by_name(text: str) -> list[tuple[str, int, int]]:
    """Values given to a suspicious name. A name's line is searched, and the next where the line goes on there."""
    found, at = [], 0
    gate = _GATE.search(text)
    while gate:
        at = max(at, text.rfind("\n", 0, gate.start()) + 1)
        end = text.find("\n", gate.end())
        if end > 0 and text[max(0, end - 40) : end].rstrip()[-1:] in set("=([,:\\"):
            end = text.find("\n", end + 1)
        end = len(text) if end < 0 else end
        if _WORTH.search(text, gate.end(), end):
            match = _GIVEN.search(text, at, end)
            while match:
                at = match.end("rest")  # what follows a name that was given no secret may hold the next name
                if _is_given(match, text):
                    group = "value" if match["quote"] else "bare"
                    kind = "password" if match["password"] else "key or token"
                    found.append((kind, match.start(group), match.end(group)))
                    at = match.end()
                match = _GIVEN.search(text, at, end)
        at = max(at, text.rfind("\n", 0, end) + 1, gate.end())
        gate = _GATE.search(text, at if at > gate.end() else end)
    return found


def _by_chance(text: str) -> list[tuple[str, int, int]]:
    """Quoted strings that look drawn at random, whatever their name; a line of many such strings is data."""
    return [
        ("random string", match.start("secret"), match.end("secret"))
        for match in _CHANCE.finditer(text)
        if mixed(match["secret"]) and text[max(0, match.start() - 200) : match.start()].rstrip()[-1:] not in ("'", '"')
    ]


def _joined(text: str) -> tuple[str, list[int], list[int]]:
    """The text without the seams inside split strings, and where its pieces start there and in `text`."""
    pieces, new, old, at, length = [], [0], [0], 0, 0
    for seam in _SEAM.finditer(text):
        pieces.append(text[at : seam.start()])
        length += seam.start() - at
        at = seam.end()
        new.append(length)
        old.append(at)
    return "".join([*pieces, text[at:]]), new, old


def secrets(text: str) -> list[Found]:
    """The secrets in `text` (code or prose), in order, without overlaps.

    Raises CourseError if `text` is no string.
    """
    must_be_text(text)
    spans = _by_shape(text) + _by_name(text) + _by_chance(text)
    whole, new, old = _joined(text)
    if len(new) > 1:
        for kind, start, end in _by_shape(whole) + _by_name(whole) + _by_chance(whole):
            first, last = bisect_right(new, start) - 1, bisect_right(new, end - 1) - 1
            if first != last:  # it crosses a seam; all others were seen above
                spans.append((kind, old[first] + start - new[first], old[last] + end - new[last]))
    return located(text, spans)
