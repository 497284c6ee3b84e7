"""Exact and near duplicates, and what one set of texts shares with another.

Two pieces of code are near duplicates where the sets of their tokens overlap by a Jaccard index of 0.8 or more: of the
words and signs in either, at least four in five are in both (Jaccard 1912; Broder 1997). Comparing all pairs costs
n(n-1)/2 comparisons; MinHash finds the few that are worth one (`datasketch`; Broder 1997; Leskovec, Rajaraman & Ullman,
Mining of Massive Datasets, chapter 3). Every pair that it proposes is then compared exactly.
"""

import re

from helpers.corpus.code import tokens

THRESHOLD = 0.8
# 25 bands of 5 rows: a pair with Jaccard 0.8 becomes a candidate with probability 1 - (1 - 0.8^5)^25 = 0.99995.
BANDS, ROWS = 25, 5


def jaccard(a, b):
    """The Jaccard index of two sets: shared over all. Two empty sets are equal: 1."""
    together = len(a | b)
    return len(a & b) / together if together else 1.0


def same_text(text):
    """`text` reduced to what decides whether it is an exact duplicate: blanks collapse."""
    return re.sub(r"\s+", " ", text).strip()


def same_sentence(sentence):
    """`sentence` reduced to its lower-case words."""
    return " ".join(re.findall(r"\w+", sentence.lower()))


def near_duplicates(texts, threshold=THRESHOLD, label=None):
    """The near duplicates among `texts`, as (index, index of an earlier text that is kept), in order.

    A text is dropped if it is a near duplicate of an earlier one that is kept, so the first of each group stays.
    label: what a progress bar says; None for no bar. Raises ValueError for a threshold that is not above 0.5 and at
    most 1: the bands are chosen for high ones.
    """
    import contextlib

    from datasketch import MinHash, MinHashLSH

    from helpers.progress import Bar

    if not 0.5 < threshold <= 1:
        raise ValueError(f"A threshold of {threshold} cannot be used. Choose one above 0.5 and at most 1.")
    sets = [set(tokens(text)) for text in texts]
    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    found = []
    with contextlib.nullcontext() if label is None else Bar(len(sets), label) as bar:
        hashes = MinHash.generator(([word.encode() for word in words] for words in sets), num_perm=BANDS * ROWS)
        for at, (words, minhash) in enumerate(zip(sets, hashes, strict=True)):
            # The lowest index, not the first that the table of hashes happens to give.
            twins = [other for other in sorted(index.query(minhash)) if jaccard(words, sets[other]) >= threshold]
            if twins:
                found.append((at, twins[0]))
            else:
                index.insert(at, minhash)
            if bar:
                bar.advance()
    return found


def shared(texts, others, threshold=THRESHOLD, shingles=None):
    """Which of `texts` have a near duplicate among `others`, exactly: a list of (index, index in others, Jaccard).

    One pair for each such text, the closest. All pairs are compared, by a product of sparse matrices, so nothing is
    left to chance. shingles: text → set of strings; the default is the set of tokens.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    if not texts or not others:
        return []
    cut = shingles or (lambda text: set(tokens(text)))
    rows, columns = [cut(text) for text in texts], [cut(text) for text in others]
    numbers = {}
    for words in rows + columns:
        for word in sorted(words):
            numbers.setdefault(word, len(numbers))

    def matrix(sets):
        ends = np.cumsum([0] + [len(words) for words in sets])
        places = np.fromiter((numbers[word] for words in sets for word in words), dtype=np.int64, count=ends[-1])
        return csr_matrix((np.ones(ends[-1], dtype=np.int32), places, ends), shape=(len(sets), len(numbers)))

    left, right = matrix(rows), matrix(columns).T.tocsr()
    sizes = np.array([len(words) for words in columns])
    found = []
    for start in range(0, len(rows), 500):  # a block at a time, so that memory stays small
        both = (left[start : start + 500] @ right).toarray()
        own = np.array([len(words) for words in rows[start : start + 500]])[:, None]
        index = both / np.maximum(own + sizes[None, :] - both, 1)
        closest = index.argmax(axis=1)
        for at, other in enumerate(closest):
            if index[at, other] >= threshold:
                found.append((start + at, int(other), float(index[at, other])))
    return found


def token_runs(length):
    """A `shingles` for `shared`: all runs of `length` tokens."""

    def cut(text):
        found = tokens(text)
        return {" ".join(found[at : at + length]) for at in range(max(1, len(found) - length + 1))}

    return cut


def character_runs(length):
    """A `shingles` for `shared`: all runs of `length` characters, blanks collapsed."""

    def cut(text):
        whole = same_text(text)
        return {whole[at : at + length] for at in range(max(1, len(whole) - length + 1))}

    return cut
