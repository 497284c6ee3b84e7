"""Personal data in a text: what tells who somebody is, or how to reach them.

Found: e-mail addresses (every one, `git@github.com` and made-up ones included, also `name [at] host [dot] org` and
`name at host dot org`), names of authors, customers and the like where a word says so, user names in TODO(jdoe), in
home folders and in addresses of profiles, telephone numbers (`phones`), street addresses, and the cards, accounts,
identity numbers, IP and MAC addresses, birth dates and places of `numbers_of_people`.

Not found, on purpose: names in running text and in citations (whoever publishes wants to be named), first names alone,
copyright of companies and teams, private and loopback addresses, version numbers, links to repositories, folders of
nobody in particular (/home/user), and anything that only a person would recognise.

Made-up data (user@example.com, 555-0100, 192.0.2.1) count: a rule that must tell them apart is one more that can fail.
"""

import re
from collections.abc import Iterable

from helpers.corpus.found import Found, located, merged, must_be_text
from helpers.corpus.numbers_of_people import numbers_of_people
from helpers.corpus.personal_kinds import NAMED, NO_PERSON, SPELLED
from helpers.corpus.phones import phones
from helpers.errors import CourseError

PLACEHOLDERS = {
    "e-mail": "<EMAIL>", "name": "<NAME>", "user name": "<USER>", "profile": "<PROFILE>", "phone": "<PHONE>",
    "street address": "<ADDRESS>", "credit card": "<CARD>", "IBAN": "<IBAN>", "social security number": "<SSN>",
    "identity number": "<ID>", "passport": "<PASSPORT>", "birth date": "<BIRTH_DATE>", "coordinates": "<PLACE>",
    "IP address": "<IP>", "MAC address": "<MAC>",
}  # fmt: skip
SECRET = "<SECRET>"

_LOCAL = re.compile(r"[\w.+%'-]*[\w.+%-]\Z")
_DOMAIN = re.compile(r"[\w-]+\.[\w.-]*[\w.]")
_MAYBE_SPELLED = re.compile(r"\bdot\b| @ |%40|@ ?[\])}>]|[\[({<] ?at\b|\bat (?:\w*mail|yahoo|outlook|gmx|icloud)\b")
_NOBODY = set(
    "user username you me name your yourname your_name youruser someone somebody nobody root runner ubuntu jovyan "
    "vagrant travis "
    "circleci public default shared all foo bar baz example test tmp user1 usr app appuser admin someuser python "
    "conda docker ec2-user "
    "git www linuxbrew airflow homebrew".split()
)
_GPL = ("51 Franklin Street", "51 Franklin St", "59 Temple Place", "675 Mass Ave")  # the licences' own address


def personal_data(text: str) -> list[Found]:
    """The personal data in `text` (code or prose), in order, without overlaps.

    Raises CourseError if `text` is no string.
    """
    must_be_text(text)
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow in lower case
        lowered = text
    spans = [("e-mail", *span) for span in _emails(text, lowered)]
    for kind, literals, pattern in NAMED:
        if any(literal in lowered for literal in literals):
            spans += [(kind, *match.span("it")) for match in pattern.finditer(text) if _is_somebody(kind, match["it"])]
    if any(character.isdigit() for character in set(text)):
        spans += numbers_of_people(text, lowered)
        spans += [("phone", *span) for span in phones(text)]
    return located(text, spans)


def redact(text: str, found: Iterable[Found]) -> str:
    """`text` with a placeholder such as <EMAIL> or <SECRET> in the place of each finding.

    A placeholder outside a string or a comment is no Python any more: parse what this returns before it is used.
    Raises CourseError if a finding lies outside the text.
    """
    must_be_text(text)
    pieces, at = [], 0
    for each in merged(found):
        if not 0 <= each.start <= each.end <= len(text):
            raise CourseError(f"{each} does not lie in this text. Pass the findings that were made in it.")
        pieces += [text[at : each.start], PLACEHOLDERS.get(each.kind, SECRET)]
        at = each.end
    return "".join([*pieces, text[at:]])


def _emails(text: str, lowered: str) -> list[tuple[int, int]]:
    """Everything of the form local@host.top, found from its @ outwards, and addresses spelled out."""
    spans, at = [], text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = domain and _LOCAL.search(text[max(0, at - 128) : at])
        if local:
            spans.append((at - len(local[0].lstrip("'")), domain.end()))
        at = text.find("@", at + 1)
    if _MAYBE_SPELLED.search(lowered):
        spans += [match.span() for pattern in SPELLED for match in pattern.finditer(text)]
    return spans


def _is_somebody(kind: str, it: str) -> bool:
    """No company, no team, no account that everybody has."""
    if kind == "name":
        return not NO_PERSON.search(it) and not it.isdigit()
    if kind == "user name":
        return it.lower().strip("@") not in _NOBODY
    return not (kind == "street address" and it.startswith(_GPL))
