"""How many planted secrets and personal data are found, and what clean code gets:

    python -m tests.benchmarks.planted_faults

Every value is put together here, at run time, so that no scanner of repositories takes one for real. Each is planted
in real functions in several ways. The second part scans whole files and 2,000 functions of installed packages, and
prints what was found there, to be judged by eye. "alone" is detect-secrets as it comes, for comparison.
"""

import ast
import base64
import json
import random
import string
import time
from collections import Counter

from helpers.corpus.personal import personal_data
from helpers.corpus.secrets import secrets
from helpers.corpus.sources import python_files

PACKAGES = ("networkx", "rich", "datasets", "huggingface-hub", "trl", "peft", "sqlalchemy", "tornado", "sympy")
FUNCTIONS = 2_000
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
BASE64 = LETTERS + "+/"


def _jwt(draw):
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": draw(10), "iat": 1_600_000_000})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + (
        "." + draw(43)
    )


def _private_key(draw, kind):
    return "\n".join([f"-----BEGIN {kind}-----", *(draw(64, BASE64) for _ in range(3)), f"-----END {kind}-----"])


# Kind → how to make one. `draw(n, alphabet)` draws n characters.
TOKENS = {
    "AWS access key": lambda draw: "AK" + "IA" + draw(16, UPPER),
    "GitHub token": lambda draw: "gh" + "p_" + draw(36),
    "GitHub fine-grained": lambda draw: "github" + "_pat_" + draw(22) + "_" + draw(59),
    "GitLab token": lambda draw: "gl" + "pat-" + draw(20),
    "Slack token": lambda draw: "xo" + "xb-" + draw(12, string.digits) + "-" + draw(24),
    "Slack webhook": lambda draw: "https://hooks." + "slack.com/services/T" + draw(8, UPPER) + "/B1/" + draw(24),
    "Stripe key": lambda draw: "sk" + "_live_" + draw(24),
    "Google API key": lambda draw: "AI" + "za" + draw(35),
    "OpenAI key": lambda draw: "sk" + "-proj-" + draw(48),
    "Anthropic key": lambda draw: "sk" + "-ant-api03-" + draw(93),
    "Hugging Face token": lambda draw: "hf" + "_" + draw(34),
    "npm token": lambda draw: "np" + "m_" + draw(36),
    "PyPI token": lambda draw: "py" + "pi-AgEIcHlwaS5vcmc" + draw(80),
    "SendGrid key": lambda draw: "SG" + "." + draw(22) + "." + draw(43),
    "Twilio key": lambda draw: "S" + "K" + draw(32, HEX),
    "Telegram token": lambda draw: draw(9, "123456789") + ":AA" + draw(33),
    "Azure key": lambda draw: "Name=x;Account" + "Key=" + draw(86, BASE64) + "==;Suffix=y",
    "login in a URL": lambda draw: "postgres" + "://admin" + ":" + draw(10) + "@db.internal:5432/prod",
    "JWT": _jwt,
    "RSA private key": lambda draw: _private_key(draw, "RSA PRIV" + "ATE KEY"),
    "OpenSSH private key": lambda draw: _private_key(draw, "OPENSSH PRIV" + "ATE KEY"),
}
WORDS = ["S3cr3t!pass", "hunter2", "Tr0ub4dor&3", "P@ssw0rd123", "xK9#mQ2$vL", "Winter2023!", "zaq12wsx"]
VALUES = {  # names, and how to make a value for them
    "password": ("password DB_PASSWORD passwd smtp_pass user_pwd passphrase".split(), None),
    "hex key": ("api_key secret_key auth_token JWT_SECRET".split(), lambda draw: draw(40, HEX)),
    "base64 key": ("aws_secret_access_key client_secret encryption_key".split(), lambda draw: draw(40, BASE64)),
}
PLAIN = [
    'value = "{v}"', "client = Client('{v}')", "# old: {v}", 'headers = {"Authorization": "Bearer {v}"}',
    '"""\n    TOKEN={v}\n    """', 'options = {"k": "{v}", "b": 1}', 'url = f"https://x.io/{path}?t={v}"',
    'v = b"{v}"',
    'environment["X"] = "{v}"', "text = 'line\\n{v}\\nline'", 'run("tool --t={v}")',
]  # fmt: skip
NAMED = [
    '{n} = "{v}"', "self.{n} = '{v}'", 'connect(host="x", {n}="{v}")', 'c = {"{n}": "{v}", "u": 1}', '{n}: str = "{v}"',
    "c['{n}'] = '{v}'", "# {n} = {v}", '"""\n    {n}: {v}\n    """', '"""\n    export {n}={v}\n    """',
    '{n} = b"{v}"',
    'get("{n}", "{v}")', 'getenv("{n}", default="{v}")', 'if {n} == "{v}":\n        pass',
    '{n} = (\n        "{v}"\n    )',
    "text = '{\"{n}\": \"{v}\"}'", 'x = "Server=db;Uid=sa;{n}={v};"', '{n} = get("X") or "{v}"',
]  # fmt: skip
PEOPLE = {
    "e-mail": ["jane.doe@" + "corp.io", "git@" + "github.com", "user@" + "example.com", "jürgen@" + "müller.de",
               "jane [at] corp [dot] org", "jane at corp dot org"],
    "phone": ["+1 415 555 2671", "(415) 555-2671", "415-555-2671", "+44 20 7946 0958", "020 7946 0958",
              "+49 30 901820", "01 42 68 53 00", "+91 98765 43210", "098765 43210", "+14155552671", "07911 123456"],
    "IP address": ["84.23.11.9", "203.0.113.42", "172.217.16.142", "2001:db8::ff00:42:8329"],
    "MAC address": ["3c:22:fb:9a:01:7e", "00-1A-2B-3C-4D-5E"],
    "credit card": ["4111 1111 " + "1111 1111", "5500-0000-" + "0000-0004", "3782 822463 " + "10005"],
    "social security number": ["123-45-" + "6789", "536-90-" + "4399"],
    "IBAN": ["DE89 3704 0044 " + "0532 0130 00", "GB29NWBK" + "60161331926819"],
    "street address": ["221B Baker Street", "1600 Pennsylvania Ave", "12 rue de la Paix", "Hauptstraße 12",
                       "P.O. Box 1234"],
    "user name": ["/home/jdoe/data.csv", "C:\\\\Users\\\\jdoe\\\\x", "TODO(jdoe)"],
    "profile": ["https://linkedin.com/in/jane-doe", "github.com/janedoe", "https://twitter.com/janedoe"],
    "name": ["Author: Jane Doe", "Copyright (c) 2014 Jane Doe", ":author: Jane Doe", "Written by Ludwig van Beethoven",
             "customer_name='John Smith'", "Patient: John Smith", "first_name='Alice'"],
    "birth date": ["DOB: 1985-03-14", "born on March 14, 1985", "date_of_birth: 14/03/1985"],
    "passport": ["passport no. X1234567"],
    "identity number": ["driver's licence D1234567", "QQ 12 34 56 C"],
    "coordinates": ["lat, lon = 51.50722, -0.12750"],
}  # fmt: skip
AROUND = ['value = "{v}"', "# {v}", '"""See {v} for more."""', 'd = {"v": "{v}"}', "    # (ask {v})", 'f(a, "{v}", 3)']


def planted_secrets(count, seed=0):
    """`count` times (kind, how it is planted, line of code, the secret in it)."""
    rng = random.Random(seed)

    def draw(n, alphabet=LETTERS):
        return "".join(rng.choice(alphabet) for _ in range(n))

    kinds = [*TOKENS, *VALUES]
    for place in range(count):
        kind = kinds[place % len(kinds)]
        if kind in TOKENS:
            value, form, name = TOKENS[kind](draw), rng.choice(PLAIN), ""
        else:
            names, make = VALUES[kind]
            value, form, name = make(draw) if make else rng.choice(WORDS), rng.choice(NAMED), rng.choice(names)
        yield kind, form, form.replace("{n}", name).replace("{v}", value), value


def planted_people():
    """Every personal datum in every surrounding: (kind, how, line of code, the datum in it)."""
    for kind, values in PEOPLE.items():
        for value in values:
            for form in AROUND:
                yield kind, form, form.replace("{v}", value), value


def is_found(search, line, value):
    """Whether `search` finds the planted value, in a function of its own."""
    text = f"def work(path, a, n):\n    {line}\n    return a + n\n"
    start = text.index(value)
    return any(found.start < start + len(value) and start < found.end for found in search(text))


def alone(text):
    """What detect-secrets finds by itself, with its default plugins and filters and without asking anybody."""
    from detect_secrets.core.scan import _process_line_based_plugins
    from detect_secrets.settings import default_settings

    with default_settings():
        return list(_process_line_based_plugins(list(enumerate(text.splitlines(), 1)), "a.py"))


def recall(search, planted):
    """Prints how many were found, by kind, and what was missed."""
    total, hits, missed = Counter(), Counter(), {}
    for kind, form, line, value in planted:
        total[kind] += 1
        hits[kind] += is_found(search, line, value)
        if is_found(search, line, value) is False:
            missed.setdefault((kind, form), None)
    for kind, count in total.items():
        print(f"  {kind:24}{hits[kind]:5} of {count}")
    print(f"  {'all':24}{hits.total():5} of {total.total()}: {hits.total() / total.total():.1%}")
    for kind, form in missed:
        print(f"  missed: {kind}, as {form!r}")


def clean_code():
    """Files of installed packages that hold 100 to 1,000 lines, and 2,000 of their functions, drawn evenly."""
    files = [file for file in python_files(PACKAGES).files if 100 <= file.text.count("\n") <= 1_000]
    random.Random(0).shuffle(files)
    files, functions = files[:1_000], []
    for file in files:
        lines = file.text.split("\n")
        for node in ast.walk(ast.parse(file.text)):
            if isinstance(node, ast.FunctionDef):
                functions.append((file.path, "\n".join(lines[node.lineno - 1 : node.end_lineno])))
    random.Random(0).shuffle(functions)
    return [(file.path, file.text) for file in files], functions[:FUNCTIONS]


def false_alarms(search, texts, show):
    """Prints in how many texts something is found, how long that took, and the first `show` findings."""
    started, kinds, hit, shown = time.process_time(), Counter(), 0, []
    for path, text in texts:
        found = search(text)
        hit += bool(found)
        kinds.update(getattr(each, "kind", getattr(each, "type", "")) for each in found)
        shown += [f"{path}:{each.line} {each.kind}: {text[each.start:each.end][:60]!r}" for each in found[:1] if show]
    size = sum(len(text) for _, text in texts) / 1e6
    print(f"    {hit} of {len(texts)} ({hit / len(texts):.2%}); {size:.1f} MB in {time.process_time() - started:.1f} s")
    print("   ", ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()) or "nothing")
    for line in shown[:show]:
        print("      ", line)


def main():
    planted = list(planted_secrets(2_400))
    print("secrets"), recall(secrets, planted)
    found = sum(bool(alone(line)) for _, _, line, _ in planted[:480])
    print(f"  detect-secrets alone: {found / 480:.1%} of the first 480")
    print("personal data"), recall(personal_data, planted_people())
    files, functions = clean_code()
    print(f"clean code: {', '.join(PACKAGES)} (tests of the packages are among it)")
    for name, search, show in (("secrets", secrets, 12), ("personal data", personal_data, 12)):
        print(f"  {name} in files"), false_alarms(search, files, show)
        print(f"  {name} in functions"), false_alarms(search, functions, 0)
    print("  detect-secrets alone, in functions"), false_alarms(alone, functions[:500], 0)


if __name__ == "__main__":
    main()
