"""The patterns of personal data that words announce: names, user names, profiles, streets, e-mail spelled out."""

import re

_TOP = r"(?:com|org|net|edu|gov|io|de|fr|uk|in|ch|at|nl|it|es|eu|us|ca|au|jp|cn|ru|pl|br|se|no|info|dev|ai|me|ac)"
SPELLED = [
    re.compile(
        r"(?<![\w.+-])[\w.+-]{1,64}\s?[\[({<]\s?(?:at|AT|@)\s?[\])}>]\s?[\w-]+"
        r"(?:\s?(?:\.|[\[({<]\s?(?:dot|DOT|\.)\s?[\])}>]|\s(?:dot|DOT)\s)\s?[\w-]+)+"
    ),
    re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}} (?:at|AT) [\w-]+(?: (?:dot|DOT) [\w-]+)* (?:dot|DOT) {_TOP}\b"),
    re.compile(r"(?<![\w.+-])[\w.+-]{1,64} (?:at|AT) (?:gmail|hotmail|yahoo|outlook|protonmail|gmx|icloud)\.\w+\b"),
    re.compile(r"(?<![\w.+-])[\w.+-]{1,64}%40[\w-]+\.\w[\w.]*"),
    re.compile(rf"(?<![\w.+-])[\w.+-]{{1,64}} @ [\w-]+\.{_TOP}\b(?!\()"),
]

_UP, _LOW = r"[^\W\d_a-zß-öø-ÿ]", r"[^\W\d_A-Z]"
_PARTICLE = r"(?:(?:van|von|der|den|de|da|del|della|di|dos|la|le|ten|ter|bin|ibn|al|el|zu|y) )"
_WORD = rf"{_UP}(?:\.|(?:{_LOW}|['’-]{_UP}?)++(?:{_UP}{_LOW}+)?)"
NAME = rf"{_UP}(?:\.|{_LOW}+(?:-{_UP}{_LOW}+)?)(?: {_PARTICLE}{{0,2}}{_WORD}){{1,3}}"
NAMES = rf"(?:{NAME}(?:(?:, | and | & |, and ){NAME})*|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{{2,8}})"
# Common first names, for places where two words with capitals could be anything.
_FIRST = "|".join(
    (
        "Adam Ahmed Alan Alex Alexander Alice Amanda Amy Ana Andrea Andrew Angela Anna Anne Anthony Antonio Arthur "
        "Barbara Ben Benjamin Bob Brian Carlos Carol Catherine Charles Charlotte Chen Chris Christian Christine "
        "Christopher Claire Daniel David Deborah Diana Donald Edward Elena Elizabeth Emily Emma Eric Erik Eva Fatima "
        "Felix Fiona Francesco Frank Gabriel George Giulia Hannah Hans Harry Helen Henry Ian Isabella Ivan Jack Jacob "
        "James Jan Jane Janet Jason Javier Jean Jennifer Jessica Jim Joan Joe Johanna John Jonathan Jose Joseph José "
        "Juan Julia Julie Karen Kate Katherine Kevin Kim Klaus Lars Laura Li Linda Lisa Lucas Lucy Luis Maria Marie "
        "Mario Mark Martin Mary María Matthew Max Mei Michael Michelle Mike Mohammed Muhammad Nancy Natalia Nicolas "
        "Nicole Nina Olga Oliver Olivia Patricia Patrick Paul Pedro Peter Philip Pierre Priya Rachel Raj Ravi Rebecca "
        "Richard Robert Roger Ryan Samantha Samuel Sandra Sara Sarah Scott Simon Sofia Sophie Stefan Stephen Steve "
        "Steven Susan Thomas Tim Tom Victoria Wei William Yuki"
    ).split()
)
KNOWN = rf"(?:{_FIRST}) (?:{_UP}\. )?{_PARTICLE}{{0,2}}{_UP}(?:{_LOW}|['’-]{_UP}?){{1,20}}+"
# A company, a team, a thing: two words with capitals that hold one of these name nobody.
NO_PERSON = re.compile(
    r"\b(?:Agent|AI|AG|Alibaba|All|Allen|Amazon|Apache|Apple|Authors?|Baidu|Bank|Berkeley|Cent(?:er|re)|Community|"
    r"Company|Computing|Consortium|Contributors?|Corp|Corporation|Council|Data|Default|Department|Developers?|Face|"
    r"Facebook|Foundation|Free|GmbH|Google|Group|Holdings|Hugging|IBM|Inc|Institute|Intel|Jupyter|Labs?|Laboratory|"
    r"Learning|License|Limited|LLC|Ltd|Machine|Media|Meta|Microsoft|Mistral|Models?|Name|National|Networks?|NVIDIA|"
    r"Nvidia|Office|Open|OpenAI|Organization|Partners|Press|Project|Python|Qwen|Research|Rights|Salesforce|Server|"
    r"Service|Society|Software|Solutions|Source|Stanford|Studios?|Systems|Teams?|Technologies|Tencent|The|This|Trust|"
    r"University|User|Algorithm|Distribution|Equation|Function|Lemma|Method|Number|Numbers|Speed|Test|Theorem)\b"
)
# What precedes a value: `name": "`, `name=`, `name is`.
_IS = r"[\"']?\]?\s*(?:[:=]|is)\s*[bu]?[\"']?"
# Kind; literals, of which one must be in the lower-case text; pattern. Group `it` is what is found.
_PATTERNS = [
    ("name", "author|maintainer|credits",
     r"__(?:author|maintainer|credits)s?__\s*(?::\s*\w+\s*)?=\s*[\[(]?\s*[\"'](?P<it>[^\"'\n<@]{3,80}?)\s*[\"'<(]"),
    ("name", "author|maintainer|contributor|owner|contact|credits|assign|reviewer",
     r"(?i:(?<![a-z])(?:authors?|author_name|maintainers?|contributors?|(?:code|module|section)author|owners?|contact|"
     r"credits|assignee|assigned to|reviewers?|original author))\b[\"'_]{0,3}\s*(?:::|:|=)\s*[\[(]?[\"'*_]{0,2}"
     rf"(?P<it>{NAMES})"),
    ("name", "@author", rf"@author:?\s+(?P<it>{NAMES}|[a-z][\w.-]{{2,30}})"),
    ("name", "author:|authors:", rf"(?i:\bauthors?):[ \t]*(?:#[ \t]*)?\n\s*[#*-]*\s*(?P<it>{NAMES})"),
    ("name", "author", r"^\s*#\s*@?[Aa]uthors?\s*:\s*(?P<it>[a-z][\w.-]{2,30})\s*$"),
    ("name", " by|-by|thanks|credit|courtesy|patch from",
     r"(?i:\b(?:adapted|added|approved|authored|co-authored|coded|contributed|created|designed|developed|donated|fixed|"
     r"implemented|maintained|modified|originally|ported|prepared|provided|reported|requested|reviewed|signed[- ]off|"
     r"signed|submitted|tested|translated|written)[ -](?:code )?by:?|\bthanks to|\bcredits? (?:to|goes to)|"
     rf"\bcourtesy of|\bpatch (?:by|from))\s+(?P<it>{NAMES})"),
    ("name", "copyright|(c)|©",
     r"(?:(?i:copyright|\(c\))|©)(?:[ \t]*(?:(?i:\(c\))|©|&copy;))?[ \t]*"
     r"(?:(?i:by )|(?:\d{4}(?:[ ,–-]+(?:\d{4}|present))*,?[ \t]*(?:by |- )?)|(?<=[CcT©] )|(?<=[Tt] \([Cc]\) )|"
     rf"(?={NAMES},? \d{{4}}))(?P<it>{NAMES})"),
    ("name", "name",
     r"(?i:\b(?:full|real|customer|patient|employee|contact|user|client|member|student|owner|card_?holder|recipient|"
     rf"sender|spouse|maiden|account_?holder|person|applicant|tenant)[_ ]?name){_IS}(?P<it>{NAME})"),
    ("name", "name",
     r"(?i:\b(?:first|last|given|family|middle|sur|maiden)_?-? ?name)[\"']?\]?\s*[:=]\s*[\"']"
     rf"(?P<it>{_UP}{_LOW}+(?:[ -]{_UP}{_LOW}+)?)[\"']"),
    ("name", "patient|customer|employee|client|applicant|dear|cardholder|recipient|attn|witness",
     r"(?i:\b(?:patient|customer|employee|client|applicant|cardholder|recipient|attn|witness|dear))[\"']?\]?\s*"
     rf"(?:[:=,]\s*)?[\"']?(?P<it>{NAME})"),
    ("name", "name|contact|ask|call|person|by|interview|mail|user|manager|boss",
     r"(?i:\b(?:name|contact(?:ed)?|ask(?:ed)?|call(?:ed)?|person|by|interview(?:ed)?|e-?mail(?:ed)?|user|manager|"
     rf"boss))\b[\"']?\]?\s*[:=]?\s*[\"']?(?P<it>{KNOWN})"),
    ("name", "#", rf"^\s*#[ \t*-]*(?P<it>{KNOWN})(?=,| \(| <|\s*$| - )"),
    ("name", "mr|ms.|herr|frau|mme",
     rf"\b(?:Mrs?\.?|Ms\.|Herrn?|Frau|Mme\.?) (?P<it>{_UP}{_LOW}{{2,}}(?: {_WORD})?)"),
    ("user name", "todo(|fixme(|xxx(|note(|hack(|bug(",
     r"\b(?i:todo|fixme|xxx|note|hack|bug)\((?P<it>@?(?!py\d|v\d|b/|issue|gh-|np\d|[A-Z]+\d)[a-zA-Z][\w.@-]{1,30}|"
     rf"{NAME})\)"),
    ("user name", "@",
     r"(?i:\b(?:cc|ping|by|thanks(?: to)?|ask|credits?(?: to)?|assigned to|see|from|contact|reviewer|author|owner|"
     r"maintainer):?) (?P<it>@[a-zA-Z][a-zA-Z\d-]{1,38})\b(?![.(_])"),
    ("user name", "/home/|/users/|\\users\\|documents and settings",
     r"(?:(?<![\w.<>}])(?:/home|/Users)/|(?<=file://)/(?:home|Users)/|"
     r"[A-Za-z]:[\\/]{1,4}(?:Users|Documents and Settings)[\\/]{1,4})(?P<it>[A-Za-z][\w.-]{1,31})"
     r"(?=[/\\\s\"'`,;:)\]]|$)"),
    ("profile", "linkedin.|twitter.|x.com|facebook.|instagram.|medium.|keybase.|t.me|reddit.|mastodon|orcid|"
     "stackoverflow.|scholar.google|kaggle.|tiktok.|youtube.|bsky.|threads.|snapchat.|researchgate",
     r"(?P<it>(?:https?://)?(?:[a-z]{1,3}\.)?(?:linkedin\.com/(?:in|pub)/[\w%-]+|"
     r"(?<![\w.-])(?:www\.)?(?:twitter|x|facebook|instagram|threads|snapchat)\.(?:com|net)/(?!intent|share|search|home|"
     r"apps|hashtag|groups|docs|help|about|legal|sharer|plugins|dialog|p/|i/|add)@?[\w.]+\w|"
     r"medium\.com/@[\w.-]+|keybase\.io/\w+|(?<![\w.-])t\.me/\w+|reddit\.com/u(?:ser)?/[\w-]+|mastodon\.\w+/@\w+|"
     r"orcid\.org/[\dX-]{19}|stackoverflow\.com/users/\d+(?:/[\w-]+)?|"
     r"scholar\.google\.\w+/citations\?[\w=&;]*user=[\w-]+|"
     r"kaggle\.com/(?!c/|datasets|competitions|docs|models|code)[\w-]+(?![\w/-])|(?:tiktok|youtube)\.com/@[\w.]+|"
     r"bsky\.app/profile/[\w.-]+|researchgate\.net/profile/[\w-]+))"),
    ("profile", "orcid", r"(?i:orcid)\W{1,6}(?P<it>\d{4}-\d{4}-\d{4}-\d{3}[\dX])"),
    ("profile", "github.com/|gitlab.com/",
     r"(?P<it>(?:https?://)?(?<![\w.-])(?:www\.)?git(?:hub|lab)\.com/(?!features|about|orgs|topics|apps|settings|login|"
     r"marketplace|security|advisories|blog|sponsors|huggingface|python|pypa|numpy|scipy|pytorch|google|microsoft|"
     r"facebook|pallets|jupyter|ipython|apache|psf|openai|nvidia)[\w-]+)/?(?![\w/.-]|\{)"),
    ("street address", "st|av|road|rd|lane|ln|dr|way|pl|sq|terrace|close|cres|court|ct|gard|hwy|hill|row|mews|grove|wa",
     r"(?<![\w.,=+*/-])(?P<it>\d{1,5}[A-Za-z]?(?:-\d{1,4})?,? (?:[NSEW]\.? |North |South |East |West )?"
     r"(?:[A-Z][\w'’.-]+ ){0,3}(?:[A-Z][\w'’-]+|\d{1,3}(?:st|nd|rd|th)) "
     r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Close|"
     r"Crescent|Gardens|Parkway|Pkwy|Highway|Hwy|Loop|Hill|Row|Mews|Grove|Walk)\b(?!\w)"
     r"(?:\.?,? (?:Apt|Apartment|Suite|Unit|Flat|#)\.? ?\w+)?)"),
    ("street address", "rue |avenue |boulevard |place |chemin |allée |impasse |quai ",
     r"(?<![\w.])(?P<it>\d{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai) "
     r"(?:de la |de l['’]|des |du |de |d['’])?[A-ZÀ-Þ][\w'’-]+)"),
    ("street address", "stra|str.|weg |platz |allee |gasse ",
     r"(?P<it>\b[A-ZÄÖÜ][a-zäöüß-]+(?:straße|strasse|str\.|weg|platz|allee|gasse) \d{1,4}[a-z]?)\b"),
    ("street address", ",", r"(?<=, )(?P<it>[A-Z][a-z]+(?: [A-Z][a-z]+)?,? [A-Z]{2},? \d{5}(?:-\d{4})?)(?![\w.])"),
    ("street address", "box", r"\b(?P<it>(?:P\.? ?O\.? |Post Office )[Bb]ox \d{1,6})\b"),
]  # fmt: skip
NAMED = [(kind, literals.split("|"), re.compile(pattern, re.MULTILINE)) for kind, literals, pattern in _PATTERNS]
