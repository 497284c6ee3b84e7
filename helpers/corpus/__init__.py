"""Real Python code to learn from: the functions, docstrings and tests of packages that the course pins."""

from helpers.corpus.sources import SourceFile, Sources, python_files

__all__ = ["SourceFile", "Sources", "python_files"]
