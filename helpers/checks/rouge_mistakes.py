"""What wrong programs make of a longest common subsequence: what lesson 06's check of ROUGE-L names."""

import difflib
from collections import Counter


def common(first, second):
    """Length of the longest common subsequence of two lists of words."""
    row = [0] * (len(second) + 1)
    for word in first:
        new = [0]
        for place, other in enumerate(second):
            new.append(row[place] + 1 if word == other else max(row[place + 1], new[place]))
        row = new
    return row[-1]


def _common_run(first, second):
    """Length of the longest run of words that both lists have without a gap."""
    starts = [(i, j) for i in range(len(first)) for j in range(len(second))]
    return max(sum(1 for _ in _while_equal(first[i:], second[j:])) for i, j in starts)


def _while_equal(first, second):
    for one, other in zip(first, second, strict=False):
        if one != other:
            return
        yield one


def _greedy(first, second):
    """What one finds by taking each word of `first` as soon as it occurs in what is left of `second`."""
    found, left = 0, list(second)
    for word in first:
        if word in left:
            left = left[left.index(word) + 1 :]
            found += 1
    return found


def _filled(first, second, aliased=False):
    """The last entry of a table with a bug: all rows are one (`aliased`), or a match adds 1 to the larger neighbour."""
    row = [0] * (len(second) + 1)
    table = [row if aliased else list(row) for _ in range(len(first) + 1)]
    for i, word in enumerate(first, 1):
        for j, other in enumerate(second, 1):
            larger = max(table[i - 1][j], table[i][j - 1])
            equal = table[i - 1][j - 1] + 1 if aliased else larger + 1
            table[i][j] = equal if word == other else larger
    return table[-1][-1]


def rouge_l_mistakes(first, second):
    """Sentence that names a mistake → the number that it leads to, for two lists of words."""
    shared, both = common(first, second), len(first) + len(second)
    letters = " ".join(first), " ".join(second)

    def blocks(one, other):
        return difflib.SequenceMatcher(None, one, other).ratio()

    counts = {
        "that counts shared words in any order, which is ROUGE-1. Their order must be the same in both.": (
            Counter(first) & Counter(second)
        ).total(),
        "that counts different shared words, in any order.": len(set(first) & set(second)),
        "that is the longest run without a gap. A subsequence may leave words out.": _common_run(first, second),
        "taking each word at its first occurrence misses longer subsequences. Fill the table.": _greedy(first, second),
        "the same from the other side: taking each word at its first occurrence misses longer ones.": _greedy(
            second, first
        ),
        "the rows of your table are one list. Make each anew: [[0] * m for _ in range(n)].": _filled(
            first, second, aliased=True
        ),
        "equal words add 1 to a neighbour's entry. Add it to table[i - 1][j - 1], or a word counts twice.": _filled(
            first, second
        ),
        "the first words are never compared. Row i of the table is for answer[i - 1].": common(first[1:], second[1:]),
        "the last words are never compared. The table has one row and column more than there are words.": common(
            first[:-1], second[:-1]
        ),
    }
    return {
        "that is in points. Return a share, from 0 to 1.": 200 * shared / both,
        "that is the length of the common subsequence. Make precision, recall and F of it.": shared,
        "that is recall alone: the harmonic mean of precision and recall is asked for.": shared / len(second),
        "that is precision alone: the harmonic mean of precision and recall is asked for.": shared / len(first),
        "that is the arithmetic mean of precision and recall. F is the harmonic mean.": shared
        * (1 / len(first) + 1 / len(second))
        / 2,
        **{sentence: 2 * count / both for sentence, count in counts.items()},
        "difflib takes the longest run first, and misses longer subsequences. Fill the table.": blocks(first, second),
        "difflib takes the longest run first, whichever list comes first. Fill the table.": blocks(second, first),
        "those are letters: the inputs are lists of words. Do not join them.": 2
        * common(*letters)
        / sum(map(len, letters)),
    }
