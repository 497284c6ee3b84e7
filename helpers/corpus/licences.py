"""Which licence a package is under, as an SPDX name, and which of them the corpus takes."""

import ast
import re

# Permissive: they let anyone use, change and pass on the code, and ask for little more than the notice.
ALLOWED = ("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "PSF-2.0", "Unlicense")

# How packages that do not write SPDX say it, in their metadata.
_WORDINGS = {
    r"apache": "Apache-2.0",
    r"mozilla|\bmpl\b": "MPL-2.0",
    r"\blgpl|lesser general": "LGPL",
    r"\bgpl|general public": "GPL",
    r"\bbsd|\bnew bsd|\bsimplified bsd": "BSD",
    r"\bmit\b": "MIT",
    r"\bisc\b": "ISC",
    r"python software foundation|\bpsf": "PSF-2.0",
}


def licence_of(distribution):
    """The SPDX name (or expression) of an installed `importlib.metadata` distribution's licence; None if it is unclear.

    Where the metadata say only "BSD", the licence's own text tells the two usual forms apart: one clause forbids the
    use of the author's name.
    """
    about = distribution.metadata
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    lines = [said for said in [about.get("License") or "", *classifiers] if len(said) < 100]
    if expressions := [said for said in lines if re.search(r"\b(AND|OR|WITH)\b", said)]:
        return expressions[0]  # in the place where a name used to stand
    names = {
        name for said in lines for wording, name in _WORDINGS.items() if re.search(wording, said, flags=re.IGNORECASE)
    }
    if len(names) != 1:
        return None  # nothing, or several that contradict each other
    return _which_bsd(distribution) if names == {"BSD"} else names.pop()


def is_allowed(licence):
    """Whether `licence`, an SPDX expression, lets the corpus use the code: every part of an AND, one of an OR.

    What is no expression is refused, exceptions (WITH) too.
    """
    words = re.findall(r"[()]|[^\s()]+", licence or "")
    signs = {"AND": "and", "OR": "or", "(": "(", ")": ")"}
    try:
        # Names become True or False, and Python's own grammar knows the brackets.
        tree = ast.parse(" ".join(signs.get(word, str(word in ALLOWED)) for word in words), mode="eval").body
    except SyntaxError:
        return False
    return _truth(tree)


def _truth(node):
    """The value of a tree of True, False, and, or; False for anything else."""
    if isinstance(node, ast.BoolOp):
        found = [_truth(one) for one in node.values]
        return all(found) if isinstance(node.op, ast.And) else any(found)
    return isinstance(node, ast.Constant) and node.value is True


def _which_bsd(distribution):
    for file in distribution.files or []:
        if file.parts[0].endswith(".dist-info") and re.search(r"(?i)licen[cs]e|copying", file.name):
            try:
                text = file.locate().read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            return "BSD-3-Clause" if re.search(r"neither\s+the\s+name", text, flags=re.IGNORECASE) else "BSD-2-Clause"
    return "BSD-3-Clause"  # the usual one
