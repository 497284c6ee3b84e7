"""Numbers that stand for a person, an account or a machine: cards, bank accounts, social security, addresses of hosts.

Most have check digits or reserved ranges, and the others must stand behind a word that says what they are, because code
is full of numbers. Cards: ISO/IEC 7812 (Luhn). IBAN: ISO 13616 (remainder 1 modulo 97). IP addresses: those that the
module ipaddress calls global, plus the blocks kept for documentation (RFC 5737, RFC 3849), which stand for real ones.
"""

import ipaddress
import re

_CARD = re.compile(r"(?<![\w.+-])(?:[2-6]\d{3}(?:[ -]\d{4}){3}|3[47]\d\d[ -]\d{6}[ -]\d{5}|[3-6]\d{12,18})(?![\w]|"
                   r"[.-]\d)")
_CARD_WORDS = re.compile(r"card|visa|master|amex|credit|\bcc\b|\bpan\b|payment|pay", re.IGNORECASE)
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[0689]|3[47]|35|6011|64|65|62|50|6[37]")
_SSN = re.compile(r"(?<![\w.+-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w]|[.-]\d)")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IPV4 = re.compile(r"(?<![\w.-])(?<![=~><v] )(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_HOST = re.compile(
    r"\bip|host|addr|server|inet|client|peer|remote|visitor|from|login|logged|ping|ssh|http|dns|bind", re.IGNORECASE
)
_IPV6 = re.compile(r"(?<![\w:.])[23][0-9a-f]{3}:(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{0,4}(?![\w:]|\.\d)", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![\w:-])|"
                  r"(?<![\w:-])(?:[0-9a-f]{2}-){5}[0-9a-f]{2}(?![\w:-])", re.IGNORECASE)
_DOCUMENTATION = [
    ipaddress.ip_network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]

_GAP = r"(?:[\s\"':=#.,-]|\b(?:is|no|nr|num|number|id|of|the|was|on)\b){1,6}[\"'(]?"
_DATE = (
    r"(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}|(?:\d\d?(?:st|nd|rd|th)? )?(?:Jan|Feb|Mar|Apr|May|Jun|"
    r"Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? (?:\d\d?,? )?\d{4}|(?:datetime\.)?date(?:time)?\(\d{4}, ?\d\d?, ?\d\d?\))"
)
# Kind; literals, of which one must be in the lower-case text; pattern. Group `it` is what is found.
_PATTERNS = [
    ("birth date", "birth|born|dob|d.o.b|geb",
     r"(?i:(?:birth[_ -]?(?:date|day)|date[_ -]of[_ -]birth|\bborn|\bdob|d\.o\.b\.?|\bgeb(?:oren|urtsdatum)?))\w*"
     rf"{_GAP}(?P<it>{_DATE})"),
    ("passport", "passport|pasaporte|reisepass",
     rf"(?i:passport|pasaporte|reisepass)\w*{_GAP}(?P<it>(?=(?:[A-Z]*\d){{4}})[A-Z0-9]{{6,9}})\b"),
    ("identity number", "licen|national|nino|tax|aadhaar|nhs|patient|identity|insurance|steuer|dni|medic|pan|ssn|"
     "social|personnummer|routing|sort|account|member|employee|student|customer",
     r"(?i:driv\w*[_ '’]*s?[_ ]?licen[cs]e|national[_ ](?:id\w*|insurance)|\bnino\b|tax(?:payer)?[_ ]?(?:id\w*|"
     r"number)|aadhaar|\bnhs|patient[_ ]?(?:id|number)|identity[_ ]?(?:card|number)|insurance[_ ]?(?:no|number|id)|"
     r"steuer\w*|\bdni\b|medicare|medical[_ ]record|\bpan[_ ](?:card|number)|\bssn|social[_ ]security|personnummer|"
     r"routing|sort[_ ]?code|(?:bank|account)[_ ]?(?:no|number|account)|(?:member|employee|student|customer)[_ ]?"
     rf"(?:id|no|number))\w*{_GAP}"
     r"(?P<it>(?=[A-Z\d -]*\d{2}[ -]?\d{2})[A-Z\d](?:[ -]?[A-Z\d]){5,17})(?![\w.])"),
    ("identity number", "", r"\b(?P<it>[A-Z]{2} \d\d \d\d \d\d [A-D])\b"),  # national insurance, Britain
    ("coordinates", "lat|lon|gps|coord|geo|location|home",
     r"(?i:\blat\w*|\bgps\w*|\bgeo\w*|coord\w*|location|\bhome\b)[^\n\d]{0,20}?"
     r"(?P<it>-?\d{1,2}\.\d{4,}[^\n\d-]{1,22}-?\d{1,3}\.\d{4,})(?!\d|, ?[\d-])"),
    ("coordinates", "°",
     r"(?P<it>\d{1,2}°\s?\d{1,2}['′]\s?[\d.]{1,7}[\"″]\s?[NS],?\s+"
     r"\d{1,3}°\s?\d{1,2}['′]\s?[\d.]{1,7}[\"″]\s?[EW])"),
]  # fmt: skip
NAMED = [(kind, literals.split("|"), re.compile(pattern)) for kind, literals, pattern in _PATTERNS]


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 * (number > 9) for number in doubled) % 10 == 0


def iban_is_valid(iban: str) -> bool:
    """Whether the check digits of an IBAN without blanks are right (ISO 13616-1: remainder 1 modulo 97)."""
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def numbers_of_people(text: str, lowered: str) -> list[tuple[str, int, int]]:
    """(kind, start, end) of the numbers in `text`; `lowered` is text.lower()."""
    spans = []
    for kind, literals, pattern in NAMED:
        if any(literal in lowered for literal in literals):
            spans += [(kind, *match.span("it")) for match in pattern.finditer(text)]
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        plain = len(digits) == len(match[0])  # a bare number of the right kind may be any number: it needs a word
        if _ISSUER.match(digits) and luhn(digits) and not (plain and not _is_card(match, text)):
            spans.append(("credit card", *match.span()))
    spans += [("social security number", *match.span()) for match in _SSN.finditer(text)]
    for match in _IBAN.finditer(text):
        iban = match[0].replace(" ", "")
        if 15 <= len(iban) <= 34 and (iban_is_valid(iban) or "iban" in _before(text, match.start()).lower()):
            spans.append(("IBAN", *match.span()))
    for pattern in (_IPV4, _IPV6) if "." in text or ":" in text else ():
        spans += [("IP address", *match.span()) for match in pattern.finditer(text) if _is_address(match, text)]
    for match in _MAC.finditer(text):
        if len(set(match[0].lower())) > 2:
            spans.append(("MAC address", *match.span()))
    return spans


def _is_card(match: re.Match, text: str) -> bool:
    """Whether quotes around a bare number, or a word before it, make it a card's."""
    quoted = text[match.start() - 1 : match.start()] in ("'", '"') and text[match.end() : match.end() + 1] in ("'", '"')
    return quoted or bool(_CARD_WORDS.search(_before(text, match.start())))


def _before(text: str, at: int) -> str:
    """What stands before a place on its line, at most 60 characters."""
    return text[max(text.rfind("\n", 0, at) + 1, at - 60) : at]


def _is_address(match: re.Match, text: str) -> bool:
    """A public or documentation address, and no version number, dotted section or object identifier."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return False
    if any(address in block for block in _DOCUMENTATION if block.version == address.version):
        return True
    before = _before(text, match.start())
    named = bool(_HOST.search(before))
    if not address.is_global or address.is_multicast:
        of_somebody = re.search(r"(?:client|user|remote|visitor|login|logged)\w*\W", before)
        return address.is_private and not (address.is_loopback or address.is_unspecified) and bool(of_somebody)
    if address.version == 6:
        return True
    small = max(int(octet) for octet in match[0].split(".")) < 30
    return named or not small and not re.search(r"version|release|==|[><~]=|section|\boid\b", before, re.IGNORECASE)
