"""Telephone numbers in code: shape first, then the numbering plans that the library phonenumbers knows.

Code is full of numbers. A run of digits is a telephone number only if it is written like one: with a + and a country
that has such numbers; as Americans write theirs (555-867-5309, (555) 867-5309); with a leading 0 and in groups, valid
in Britain, Germany, France or India; or behind a word such as "phone" on the same line.
"""

import re

REGIONS = ("GB", "DE", "FR", "IN")  # whose national numbers are recognised without a +

_RUN = re.compile(r"(?<![\w.+-])(?:\+|\(\+?|(?=\d))\d[\d ()./\u00a0\u2011-]{4,22}\d(?![\w]|[.-]\d)")
_GATE = re.compile(r"\d[ ()./\u00a0\u2011-]{0,2}\d[\d ()./\u00a0\u2011-]{4}")
_CONTEXT = re.compile(
    r"(?:phone|\btel\b|\btel[.:]|\bmobil|\bcell\b|\bfax\b|\bcall\b|whatsapp|\bsms\b|hotline|handy|\bdial\b|telef|"
    r"\bmob\b)"
    r"[^\n]{0,30}$",
    re.IGNORECASE,
)
_AMERICAN = re.compile(r"555-01\d\d|(?:(?:00)?1[ .-])?(?:\(\d{3}\) ?|\d{3}-)\d{3}[-.]\d{4}|"
                       r"(?:1[ .-])?\d{3}\.\d{3}\.\d{4}|\(\d{3}\) \d{3} \d{4}")
_NATIONAL = {
    "GB": re.compile(r"\(?0\d{2,4}\)?[ -]\d{3,4}[ -]?\d{3,4}"),
    "DE": re.compile(r"\(?0[1-9]\d{1,3}\)?(?: |/| / |-)\d{3,8}(?:[ -]\d{1,5}){0,3}"),
    "FR": re.compile(r"0[1-9](?:[ .-]\d\d){4}"),
    "IN": re.compile(r"0?[6-9]\d{4}[ -]\d{5}|0\d{2,4}[ -]\d{6,8}"),
}
_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?(?:[ .-]\d+)*|\d\d?[-/.]\d\d?[-/.]\d{4}|(?:19|20)\d\d[-/](?:19|20)\d\d")


def phones(text: str) -> list[tuple[int, int]]:
    """(start, end) of every telephone number in `text`."""
    if not _GATE.search(text):
        return []
    spans = []
    for run in _RUN.finditer(text):
        start, number = run.start(), run[0]
        if number[0] == "(" and ")" not in number:  # a bracket around more than the number
            start, number = start + 1, number[1:]
        digits = sum(character.isdigit() for character in number)
        if 7 <= digits <= 15 and not _DATE.fullmatch(number) and _is_phone(number, digits, text, start):
            spans.append((start, run.end()))
    return spans


def _is_phone(number: str, digits: int, text: str, start: int) -> bool:
    import phonenumbers

    if _AMERICAN.fullmatch(number):
        return True
    separated = not number.strip("+").isdigit()
    abroad = re.sub(r"^\(?00(?=[1-9])", "+", number) if separated else number
    if abroad.startswith(("+", "(+")):
        try:
            parsed = phonenumbers.parse(abroad.lstrip("("), None)
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_valid_number(parsed) or (
            separated and number[0] != "0" and phonenumbers.is_possible_number(parsed)
        )
    if number.lstrip("(").startswith("0") and separated or _NATIONAL["IN"].fullmatch(number):
        for region in REGIONS:
            if _NATIONAL[region].fullmatch(number) and digits >= 9:
                if phonenumbers.is_valid_number(phonenumbers.parse(number, region)) and number[0] in "0(":
                    return True
    line = text[max(text.rfind("\n", 0, start) + 1, start - 60) : start]
    return bool(_CONTEXT.search(line)) and (digits >= 9 or separated) and "(" not in number.strip("(")[5:]
