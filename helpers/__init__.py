"""The small package behind the notebooks. Importing it imports nothing heavy.

Modules depend downwards only; `errors` and `files` are at the bottom and need the standard library alone.
"""
