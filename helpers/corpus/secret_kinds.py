"""The secrets that can be told by their shape alone: tokens with a prefix of their own, private keys, logins in URLs.

Every kind has literal pieces, one of which must be in the text before its pattern is tried: looking for a literal is
much cheaper than looking for a pattern. Lengths are a little wider than the issuers' (tokens get cut when pasted).
The shapes are those that the issuers document and that scanners such as gitleaks and detect-secrets share.
"""

import re
from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of secret, the literals that announce it, and its pattern; group `secret`, where there is one, is it."""

    name: str
    literals: tuple[str, ...]
    pattern: re.Pattern


# A token stands alone: a longer word that holds one is something else (a picture in base64, an identifier).
# (A letter may come before it where that ends an escape: "\\nghp_...".)
ALONE = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrt]))"
END = r"(?![A-Za-z0-9])"
_KEY_BODY = r"(?:(?!-----)[\s\S]){0,16000}?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"


def _kind(name, literals, pattern, flags=0):
    return Kind(name, tuple(literals.split()), re.compile(pattern, flags))


def _token(name, literals, pattern):
    return _kind(name, literals, ALONE + pattern + END)


KINDS = [
    _token("AWS access key", "AKIA ASIA ABIA ACCA A3T", r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{14,20}"),
    _token("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9_]{20,255}"),
    _token("GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{20,255}"),
    _token("GitLab token", "gl", r"gl(?:pat|dt|ft|soat|rt|imt|ptt|agent|oas|cbt|ffct)-[\w-]{18,1024}"),
    _token("Slack token", "xox xapp-", r"(?:xox[abcdeoprs]|xapp)(?:[.-][\w-]+)?-[A-Za-z0-9-]{8,}"),
    _kind("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w+/-]{16,}"),
    _kind("Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{6,}/[\w-]{20,}"),
    _kind("Teams webhook", ".webhook.office.com", r"[\w.-]{1,60}\.webhook\.office\.com/webhookb2/[\w@/-]{30,}"),
    _token("Stripe key", "k_live_ k_test_ whsec_", r"(?:[srp]k_(?:live|test)_[A-Za-z0-9]{10,247}|whsec_[\w+/=]{16,})"),
    _token("Google API key", "AIza", r"AIza[\w-]{30,40}"),
    _token("Google OAuth", "GOCSPX-", r"GOCSPX-[\w-]{20,}"),
    _token("Google OAuth", "ya29.", r"ya29\.[\w.-]{20,}"),
    _kind("Google OAuth", ".apps.googleusercontent.com", r"\d{8,}-\w{16,}\.apps\.googleusercontent\.com"),
    _token("Anthropic key", "sk-ant-", r"sk-ant-[\w-]{16,}"),
    _token("OpenAI key", "sk-",
           r"(?<!-)sk-(?:proj-|svcacct-|admin-|None-|or-v1-)?(?=[\w-]*\d)(?=[\w-]*[a-zA-Z])[\w-]{20,}"),
    _token("Hugging Face token", "hf_ api_org_", r"(?:hf_|api_org_)(?=\w*[A-Z0-9])[A-Za-z0-9]{26,}"),
    _token("npm token", "npm_", r"npm_(?=\w*[A-Z0-9])[A-Za-z0-9]{30,}"),
    _kind("npm token", "_authToken", r"_authToken[\s=]+(?P<secret>[\w-]{20,})"),
    _token("PyPI token", "pypi-", r"pypi-(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{40,}"),
    _token("SendGrid key", "SG.", r"SG\.[\w-]{16,32}\.[\w-]{30,60}"),
    _token("Twilio key", "AC SK", r"(?:AC|SK)[a-f0-9]{32}"),
    _token("Mailgun key", "-", r"[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}"),
    _kind("Sentry DSN", "sentry", r"https://(?P<secret>[a-f0-9]{32})@[\w.-]{3,80}/\d"),
    _token("Mailgun key", "key- pubkey-", r"(?:pub)?key-[a-f0-9]{32}"),
    _token("Discord token", ".", r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}"),
    _token("Telegram token", ":", r"\d{8,10}:[A-Za-z][\w-]{33,35}"),
    _kind("Azure key", "AccountKey= SharedAccessKey=",
          r"(?:AccountKey|SharedAccessKey)=(?P<secret>[\w+/-]{30,}={0,2})"),
    _kind("Azure key", "sig=", r"[?&]sig=(?P<secret>[\w%+/-]{30,}={0,2})"),
    _token("DigitalOcean token", "do", r"do[opr]_v1_[a-f0-9]{40,64}"),
    _token("Shopify token", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _token("Square token", "sq0 EAAA", r"(?:sq0[a-z]{3}-[\w-]{22,43}|EAAA[\w-]{60})"),
    _token("Databricks token", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    _token("Docker token", "dckr_", r"dckr_[a-z]{3}_[\w-]{20,}"),
    _token("Postman key", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _token("New Relic key", "NRAK- NRAL", r"NRAK-[A-Z0-9]{27}"),
    _token("Grafana token", "glsa_ glc_", r"(?:glsa|glc)_[\w+/=]{32,}"),
    _token("Linear key", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    _token("Notion token", "ntn_ secret_", r"(?:ntn_|secret_)(?=\w*\d)(?=\w*[A-Z])[A-Za-z0-9]{40,}"),
    _token("Replicate token", "r8_", r"r8_[A-Za-z0-9]{37}"),
    _token("Groq key", "gsk_ xai- pplx-", r"(?:gsk_|xai-|pplx-)[A-Za-z0-9]{40,}"),
    _token("Vault token", "hvs. hvb.", r"hv[sb]\.[\w-]{24,}"),
    _token("Doppler token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.]{36,}"),
    _token("age key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    _token("Facebook token", "EAA", r"EAA[A-Za-z0-9]{90,}"),
    _token("JWT", "eyJ", r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{6,})?"),
    _kind("private key", "PRIVATE", rf"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:{_KEY_BODY}|[\w+/=\\\s]*)"),
    _kind("private key", "PuTTY-User-Key-File", r"PuTTY-User-Key-File-\d: [\s\S]{0,4000}?Private-MAC: \w+"),
    _token("password hash", "$",
           r"\$(?:2[abxy]\$\d\d\$[./\w]{53}|[156]\$[./\w=,]{1,40}\$[./\w]{22,86}|argon2\w*\$[$./\w=,+]{40,})"),
    _kind("bearer token", "earer",
          r"(?i:\bbearer\\?[\s:\"'=]+)(?P<secret>(?=[\w.~+/-]*[0-9])[\w.~+/-]{14,}=*)"),
    _kind("bearer token", "uthorization AUTHORIZATION",
          r"(?i:\bauthorization\W{1,8}f?[\"']?(?:token|apikey|key) +)(?P<secret>[\w.~+/-]{20,}=*)"),
    _kind("login in a header", "asic ",
          r"(?i:\bauthorization\W{1,8}basic|[\"']basic) +(?P<secret>[A-Za-z0-9+/]{8,}={0,2})"),
    _kind("login in a URL", "://",
          r"\b[a-z][a-z0-9+.-]{1,30}://[^\s:/?#@\"'<>(){}\[\]`]{0,80}:"
          r"(?P<secret>[^\s/@\"'<>`]{1,200}|[^\s@\"'<>`]{8,60})@(?=[\w\[{%$<])"),
    _kind("login on a command line", "mysql sshpass mongo docker",
          r"\b(?:mysql\w*|sshpass|mongo\w*|docker login)\b[^\n]{0,80}? (?:-p ?|--password[= ])[\"']?"
          r"(?P<secret>[^\s\"']{5,60})"),
    _kind("login on a command line", "curl wget http",
          r"\b(?:curl|wget|http)\b[^\n]{0,200}? (?:-u|--user|-a) ?[\"']?[\w.@-]+:(?P<secret>[^\s\"']{4,})"),
    _kind("login in a call", "asicAuth igestAuth login auth cred",
          r"(?:BasicAuth|DigestAuth|\blogin|\bauthenticate|\b(?:auth|creds?|credentials?) ?=) ?\(\s*"
          r"(?:\w+ ?= ?)?[bru]?[\"'][^\"'\n]{1,80}[\"'],\s*"
          r"(?:\w+ ?= ?)?[bru]?[\"'](?P<secret>[^\"'\n]{4,80})[\"']"),
    _kind("login in a call", ".connect(",
          r"\.connect\((?:\s*[bru]?[\"'][^\"'\n]{1,80}[\"'],){2}\s*[bru]?[\"'](?P<secret>[^\"'\n]{5,80})[\"']"),
    _kind("login in a call", "password passwd pwd pw secret token",
          r"\w, ?(?:\w{1,20}_)?(?:password|passwd|pwd|pw|secret|token) ?= ?[bru]?[\"'][^\"'\n]{1,80}[\"'], ?"
          r"[bru]?[\"'](?P<secret>[^\"'\n]{5,80})[\"']"),
    _kind("key in a call", "hmac jwt. AES Fernet",
          r"(?:\bhmac\.new\(|\bjwt\.(?:en|de)code\([^,\n]{1,60},|\bAES\.new\(|\bFernet\()\s*(?:key ?= ?)?[bru]?"
          r"[\"'](?P<secret>[^\"'\n]{8,120})[\"']"),
    _kind("login in SQL", "BY PASSWORD by password",
          r"(?i:\bidentified by(?: password)?|\bwith(?: encrypted)? password|\bset password)\s*=?\s*"
          r"\\?'(?P<secret>[^'\n]{4,80}?)\\?'"),
]  # fmt: skip
# Kinds whose shape says only where a password would stand: it must look like one.
GIVEN_AWAY = ("login on a command", "login in a call", "login in SQL", "key in a call")
