"""Real Python code to learn from: the functions, docstrings and tests of packages that the course pins."""

from helpers.corpus.alone import Module, NotAlone
from helpers.corpus.cache import fingerprint, funnel, load, mine, names_by_budget, stream
from helpers.corpus.clean import cleaned, leaks
from helpers.corpus.code import functions, parse, tokens, without_comments
from helpers.corpus.contamination import human_eval, in_human_eval
from helpers.corpus.duplicates import jaccard, near_duplicates, shared
from helpers.corpus.extract import Funnel, of_package
from helpers.corpus.found import Found
from helpers.corpus.licences import ALLOWED, is_allowed
from helpers.corpus.mixing import mixture
from helpers.corpus.personal import personal_data as find_personal_data
from helpers.corpus.personal import redact
from helpers.corpus.quality import problem_of_code, problem_of_docstring, sentence_of
from helpers.corpus.secrets import secrets as find_secrets
from helpers.corpus.sources import Package, SourceFile, Sources, packages, python_files

__all__ = [
    "ALLOWED",
    "Found",
    "Funnel",
    "Module",
    "NotAlone",
    "Package",
    "SourceFile",
    "Sources",
    "cleaned",
    "find_personal_data",
    "find_secrets",
    "fingerprint",
    "functions",
    "funnel",
    "human_eval",
    "in_human_eval",
    "is_allowed",
    "jaccard",
    "leaks",
    "load",
    "mine",
    "mixture",
    "names_by_budget",
    "near_duplicates",
    "of_package",
    "packages",
    "parse",
    "problem_of_code",
    "problem_of_docstring",
    "python_files",
    "redact",
    "sentence_of",
    "shared",
    "stream",
    "tokens",
    "without_comments",
]
