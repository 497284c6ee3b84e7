"""Personal data in a text: what tells who somebody is, or how to reach them.

Found: e-mail addresses (every one, `git@github.com` and made-up ones included, also `name [at] host [dot] org` and
`name at host dot org`), names of authors, customers and the like where a word says so, user names in TODO(jdoe), in home
folders and in addresses of profiles, telephone numbers (`phones`), cards, bank accounts, identity numbers, IP and MAC
addresses, birth dates and places (`numbers_of_people`), street addresses.

Not found, on purpose: names in running text and in citations (whoever publishes wants to be named), first names alone,
copyright of companies and teams, private and loopback addresses, version numbers, links to repositories, folders of
nobody in particular (/home/user), and anything that only a person would recognise.

Made-up data (user@example.com, 555-0100, 192.0.2.1) count: a rule that must tell them apart is one more that can fail.
"""

import re
from collections.abc import Iterable

from helpers.corpus.found import Found, found_at, merged, must_be_text
from helpers.corpus.numbers_of_people import numbers_of_people
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
_TOP = r"(?:com|org|net|edu|gov|io|de|fr|uk|in|ch|at|nl|it|es|eu|us|ca|au|jp|cn|ru|pl|br|se|no|info|dev|ai|me|ac)"
_SPELLED = [
    re.compile(r"[\w.+-]+\s?[\[({<]\s?(?:at|AT|@)\s?[\])}>]\s?[\w-]+(?:\s?(?:\.|[\[({<]\s?(?:dot|DOT|\.)\s?[\])}>]|\s(?:dot|DOT)\s)\s?[\w-]+)+"),
    re.compile(rf"\b[\w.+-]+ (?:at|AT) [\w-]+(?: (?:dot|DOT) [\w-]+)* (?:dot|DOT) {_TOP}\b"),
    re.compile(r"\b[\w.+-]+ (?:at|AT) (?:gmail|hotmail|yahoo|outlook|protonmail|gmx|icloud)\.\w+\b"),
    re.compile(r"\b[\w.+-]+%40[\w-]+\.\w[\w.]*"),
    re.compile(rf"(?<![\w.])[\w+-]+(?:\.[\w+-]+)* @ [\w-]+\.{_TOP}\b(?!\()"),
]

_UP, _LOW = r"[^\W\d_a-zß-öø-ÿ]", r"[^\W\d_A-Z]"
_PARTICLE = r"(?:(?:van|von|der|den|de|da|del|della|di|dos|la|le|ten|ter|bin|ibn|al|el|zu|y) )"
_WORD = rf"{_UP}(?:\.|(?:{_LOW}|['’-]{_UP}?)+(?:{_UP}{_LOW}+)?)"
NAME = rf"{_UP}(?:\.|{_LOW}+(?:-{_UP}{_LOW}+)?)(?: {_PARTICLE}{{0,2}}{_WORD}){{1,3}}"
NAMES = rf"(?:{NAME}(?:(?:, | and | & |, and ){NAME})*|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{{2,8}})"
# Common first names, for places where two words with capitals could be anything.
_FIRST = "|".join(
    "Adam Ahmed Alan Alex Alexander Alice Amanda Amy Ana Andrea Andrew Angela Anna Anne Anthony Antonio Arthur Barbara Ben Benjamin "
    "Bob Brian Carlos Carol Catherine Charles Charlotte Chen Chris Christian Christine Christopher Claire Daniel David Deborah "
    "Diana Donald Edward Elena Elizabeth Emily Emma Eric Erik Eva Fatima Felix Fiona Francesco Frank Gabriel George Giulia "
    "Hannah Hans Harry Helen Henry Ian Isabella Ivan Jack Jacob James Jan Jane Janet Jason Javier Jean Jennifer Jessica Jim Joan "
    "Joe Johanna John Jonathan Jose José Joseph Juan Julia Julie Karen Kate Katherine Kevin Kim Klaus Laura Lars Li Linda Lisa "
    "Lucas Lucy Luis Maria María Marie Mario Mark Martin Mary Matthew Max Mei Michael Michelle Mike Mohammed Muhammad Nancy "
    "Natalia Nicolas Nicole Nina Olga Oliver Olivia Patricia Patrick Paul Pedro Peter Philip Pierre Priya Rachel Raj Ravi Rebecca "
    "Richard Robert Roger Ryan Samantha Samuel Sandra Sara Sarah Scott Simon Sofia Sophie Stefan Stephen Steve Steven Susan Thomas "
    "Tim Tom Victoria Wei William Yuki".split()
)
KNOWN = rf"(?:{_FIRST}) (?:{_UP}\. )?{_PARTICLE}{{0,2}}{_UP}(?:{_LOW}|['’-]{_UP}?){{1,20}}"
_NO_PERSON = re.compile(
    r"\b(?:Inc|Corp|Corporation|Ltd|LLC|GmbH|AG|Teams?|Foundation|Project|Authors?|Contributors?|Developers?|Group|University|"
    r"Institute|Labs?|Software|AI|Google|Facebook|Meta|Microsoft|NVIDIA|Nvidia|Hugging|Face|OpenAI|Community|Company|Apache|"
    r"Technologies|Research|Consortium|Computing|Council|All|The|This|Rights|License|Python|Systems|Networks?|Limited|"
    r"Organization|Society|Center|Centre|National|Laboratory|Alibaba|Amazon|Intel|IBM|Mistral|Qwen|Studio|Studios|"
    r"Apple|Baidu|Tencent|Salesforce|Allen|Stanford|Berkeley|Agent|Model|Data|Server|Service|Machine|Learning|Jupyter|Free|"
    r"Open|Source|Model|Models|Trust|Bank|Solutions|Media|Press|Department|Office|Partners|Holdings|Default|User|Name)\b"
)
# kind, literals of which one must be in the lower-case text, and the pattern; group `it` is what is found.
_NAMED = [
    ("name", ("author", "maintainer", "credits"),
     r"__(?:author|maintainer|credits)s?__\s*(?::\s*\w+\s*)?=\s*[\[(]?\s*[\"'](?P<it>[^\"'\n<@]{3,80}?)\s*[\"'<(]"),
    ("name", ("author", "maintainer", "contributor", "owner", "contact", "credits", "assign", "reviewer"),
     r"(?i:(?<![a-z])(?:authors?|author_name|maintainers?|contributors?|(?:code|module|section)author|owners?|contact|credits|"
     rf"assignee|assigned to|reviewers?|original author))\b[\"'_]{{0,3}}\s*(?:::|:|=)\s*[\[(]?[\"'*_]{{0,2}}(?P<it>{NAMES})"),
    ("name", ("@author",), rf"@author:?\s+(?P<it>{NAMES}|[a-z][\w.-]{{2,30}})"),
    ("name", ("author:", "authors:"),
     rf"(?i:\bauthors?):[ \t]*(?:#[ \t]*)?\n\s*[#*-]*\s*(?P<it>{NAMES})"),
    ("name", (" by", "-by", "thanks", "credit", "courtesy"),
     r"(?i:\b(?:written|created|contributed|reported|implemented|developed|coded|maintained|reviewed|fixed|added|modified|adapted|"
     r"originally|signed[- ]off|co-authored|requested|approved|submitted|tested|translated|donated|ported|authored|designed|"
     rf"provided|prepared|signed)[ -](?:code )?by:?|\bthanks to|\bcredits? (?:to|goes to)|\bcourtesy of|\bpatch (?:by|from))\s+(?P<it>{NAMES})"),
    ("name", ("copyright", "(c)", "©"),
     rf"(?:(?i:copyright|\(c\))|©)(?:[ \t]*(?:(?i:\(c\))|©|&copy;))?[ \t]*(?:(?i:by )|(?:\d{{4}}(?:[ ,–-]+(?:\d{{4}}|present))*,?[ \t]*(?:by |- )?)|(?<=[CcT©] )|(?<=[Tt] \([Cc]\) )|(?={NAMES},? \d{{4}}))"
     rf"(?P<it>{NAMES})"),
    ("name", ("name",),
     r"(?i:\b(?:full|real|customer|patient|employee|contact|user|client|member|student|owner|cardholder|card_holder|recipient|sender|"
     rf"spouse|maiden|account_?holder|person|applicant|tenant)[_ ]?name)[\"']?\]?\s*(?:[:=]|is)\s*[bu]?[\"']?(?P<it>{NAME})"),
    ("name", ("name", "surname"),
     rf"(?i:\b(?:first|last|given|family|middle|sur|maiden)_?-? ?name)[\"']?\]?\s*[:=]\s*[\"'](?P<it>{_UP}{_LOW}+(?:[ -]{_UP}{_LOW}+)?)[\"']"),
    ("name", ("patient", "customer", "employee", "client", "applicant", "dear", "cardholder", "recipient", "attn", "witness"),
     rf"(?i:\b(?:patient|customer|employee|client|applicant|cardholder|recipient|attn|witness|dear))[\"']?\]?\s*(?:[:=,]\s*)?[\"']?(?P<it>{NAME})"),
    ("name", ("name", "contact", "ask", "call", "person", "by", "interview", "e-mail", "email", "user", "manager", "boss"),
     rf"(?i:\b(?:name|contact(?:ed)?|ask(?:ed)?|call(?:ed)?|person|by|interview(?:ed)?|e-?mail(?:ed)?|user|manager|boss))\b[\"']?\]?\s*[:=]?\s*[\"']?(?P<it>{KNOWN})"),
    ("name", ("#",), rf"^\s*#[ \t*-]*(?P<it>{KNOWN})(?=,| \(| <|\s*$| - )"),
    ("name", ("author",), r"^\s*#\s*@?[Aa]uthors?\s*:\s*(?P<it>[a-z][\w.-]{2,30})\s*$"),
    ("name", ("mr", "ms.", "herr", "frau", "mme"), rf"\b(?:Mrs?\.?|Ms\.|Herrn?|Frau|Mme\.?) (?P<it>{_UP}{_LOW}{{2,}}(?: {_WORD})?)"),
    ("user name", ("todo(", "fixme(", "xxx(", "note(", "hack(", "bug("),
     r"\b(?i:todo|fixme|xxx|note|hack|bug)\((?P<it>@?(?!py\d|v\d|b/|issue|gh-|np\d)[a-zA-Z][\w.@-]{1,30}|" + NAME + r")\)"),
    ("user name", ("@",),
     r"(?i:\b(?:cc|ping|by|thanks(?: to)?|ask|credits?(?: to)?|assigned to|see|from|contact|reviewer|author|owner|maintainer):?) (?P<it>@[a-zA-Z][\w-]{1,38})\b(?![.(])"),
    ("user name", ("/home/", "/users/", "\\users\\", "documents and settings"),
     r"(?:(?<![\w.<>}])(?:/home|/Users)/|(?<=file://)/(?:home|Users)/|[A-Za-z]:[\\/]{1,4}(?:Users|Documents and Settings)[\\/]{1,4})(?P<it>[A-Za-z][\w.-]{1,31})"
     r"(?=[/\\\s\"'`,;:)\]]|$)"),
    ("profile", ("linkedin.", "twitter.", "x.com", "facebook.", "instagram.", "medium.", "keybase.", "t.me", "reddit.", "mastodon", "orcid",
                 "stackoverflow.", "scholar.google", "kaggle.", "tiktok.", "youtube.", "bsky.", "threads.", "snapchat.", "researchgate"),
     r"(?P<it>(?:https?://)?(?:[a-z]{1,3}\.)?(?:linkedin\.com/(?:in|pub)/[\w%-]+|(?<![\w.-])(?:www\.)?(?:twitter|x|facebook|instagram|threads|snapchat)\.(?:com|net)/"
     r"(?!intent|share|search|home|apps|hashtag|groups|docs|help|about|legal|sharer|plugins|dialog|p/|i/|add)@?[\w.]+\w|medium\.com/@[\w.-]+|keybase\.io/\w+|(?<![\w.-])t\.me/\w+|"
     r"reddit\.com/u(?:ser)?/[\w-]+|mastodon\.\w+/@\w+|orcid\.org/[\dX-]{19}|stackoverflow\.com/users/\d+(?:/[\w-]+)?|"
     r"scholar\.google\.\w+/citations\?[\w=&;]*user=[\w-]+|kaggle\.com/(?!c/|datasets|competitions|docs|models|code)[\w-]+(?![\w/-])|(?:tiktok|youtube)\.com/@[\w.]+|"
     r"bsky\.app/profile/[\w.-]+|researchgate\.net/profile/[\w-]+))"),
    ("profile", ("orcid",), r"(?i:orcid)\W{1,6}(?P<it>\d{4}-\d{4}-\d{4}-\d{3}[\dX])"),
    ("profile", ("github.com/", "gitlab.com/", "github.io"),
     r"(?P<it>(?:https?://)?(?<![\w.-])(?:www\.)?git(?:hub|lab)\.com/(?!features|about|orgs|topics|apps|settings|login|marketplace|security|advisories|blog|sponsors|"
     r"huggingface|python|pypa|numpy|scipy|pytorch|google|microsoft|facebook|pallets|jupyter|ipython|apache|psf|openai|nvidia)[\w-]+)/?(?![\w/.-]|\{)"),
    ("street address", ("st", "av", "road", "rd", "lane", "ln", "dr", "way", "pl", "sq", "terrace", "close", "crescent", "court", "gardens", "hwy", "highway", "ct"),
     r"(?<![\w.,=+*/-])(?P<it>\d{1,5}[A-Za-z]?(?:-\d{1,4})?,? (?:[NSEW]\.? |North |South |East |West )?(?:[A-Z][\w'’.-]+ ){0,3}(?:[A-Z][\w'’-]+|\d{1,3}(?:st|nd|rd|th)) "
     r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Close|Crescent|Gardens|Parkway|Pkwy|"
     r"Highway|Hwy|Loop|Hill|Row|Mews|Grove|Walk)\b(?!\w)(?:\.?,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?\w+)?)"),
    ("street address", ("rue ", "avenue ", "boulevard ", "place ", "chemin "),
     r"(?<![\w.])(?P<it>\d{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai) (?:de la |de l['’]|des |du |de |d['’])?[A-ZÀ-Þ][\w'’-]+)"),
    ("street address", ("str", "weg ", "platz ", "allee ", "gasse "),
     r"(?P<it>\b[A-ZÄÖÜ][a-zäöüß-]+(?:straße|strasse|str\.|weg|platz|allee|gasse) \d{1,4}[a-z]?)\b"),
    ("street address", (",",), r"(?<=, )(?P<it>[A-Z][a-z]+(?: [A-Z][a-z]+)?,? [A-Z]{2},? \d{5}(?:-\d{4})?)(?![\w.])"),
    ("street address", ("box",), r"\b(?P<it>(?:P\.? ?O\.? |Post Office )[Bb]ox \d{1,6})\b"),
]  # fmt: skip
_NAMED = [(kind, literals, re.compile(pattern, re.MULTILINE)) for kind, literals, pattern in _NAMED]
_NOBODY = set(
    "user username you me name your yourname your_name youruser someone somebody nobody root runner ubuntu jovyan vagrant travis "
    "circleci public default shared all foo bar baz example test tmp user1 usr app appuser admin someuser python conda docker ec2-user "
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
    for kind, literals, pattern in _NAMED:
        if any(literal in lowered for literal in literals):
            spans += [(kind, *match.span("it")) for match in pattern.finditer(text) if _is_somebody(kind, match["it"])]
    if any(character.isdigit() for character in set(text)):
        spans += numbers_of_people(text, lowered)
        spans += [("phone", *span) for span in phones(text)]
    return merged(found_at(text, *span) for span in spans)


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
        local = _LOCAL.search(text[max(0, at - 128) : at])
        domain = _DOMAIN.match(text, at + 1)
        if local and domain:
            spans.append((at - len(local[0].lstrip("'")), domain.end()))
        at = text.find("@", at + 1)
    if "at" in lowered and "dot" in lowered or " @ " in text or "%40" in text or "@]" in text or re.search(r"[\[({<] ?at\b| at \w+mail|\bat (?:yahoo|outlook|gmx|icloud)", lowered):
        spans += [match.span() for pattern in _SPELLED for match in pattern.finditer(text)]
    return spans


def _is_somebody(kind: str, it: str) -> bool:
    """No company, no team, no account that everybody has."""
    if kind == "name":
        return not _NO_PERSON.search(it) and not it.isdigit()
    if kind == "user name":
        return it.lower().strip("@") not in _NOBODY
    return not (kind == "street address" and it.startswith(_GPL))
