"""Word vectors: GloVe's table of 50 numbers a word, nearest neighbours and analogies (Pennington et al. 2014).

The table comes in a package; see `data/cards/glove.md`. Its words stand in order of how frequent they are.
"""

import difflib

from helpers import assets
from helpers.errors import CourseError

# Pairs of one relation each, written down before any of them was tried. Each pair is asked for by the one before it.
RELATIONS = {
    "capital": "france paris, germany berlin, japan tokyo, italy rome, spain madrid, egypt cairo",
    "nationality": "france french, germany german, japan japanese, italy italian, spain spanish, egypt egyptian",
    "female": "man woman, king queen, son daughter, uncle aunt, actor actress, prince princess",
    "plural": "car cars, child children, mouse mice, city cities, dog dogs, woman women",
    "past": "walk walked, go went, see saw, write wrote, play played, take took",
    "comparative": "good better, bad worse, big bigger, small smaller, fast faster, strong stronger",
    "opposite": "hot cold, big small, rich poor, young old, open closed, early late",
    "maker": "painter painting, poet poem, baker bread, author book, composer symphony, sculptor sculpture",
}


class WordVectors:
    """Words and their vectors.

    words: list of N words, frequent ones first. table: float32 array (N, numbers a word); `unit` is the same with every
    vector scaled to length 1, so that a dot product of two rows is their cosine similarity.
    """

    def __init__(self, words, table):
        import numpy as np

        self.words = list(words)
        self.table = np.asarray(table, dtype=np.float32)
        if len(self.words) != len(self.table):
            raise ValueError(f"{len(self.words)} words but {len(self.table)} vectors: give one vector per word.")
        self.unit = self.table / np.linalg.norm(self.table, axis=1, keepdims=True)
        self._row = {word: row for row, word in enumerate(self.words)}

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return word in self._row

    def __getitem__(self, word):
        """The vector of a word, of length 1. Raises CourseError for a word that is not in the table."""
        return self.unit[self.row(word)]

    def row(self, word):
        """The word's row in the table. Raises CourseError, with words that look alike, if it has none."""
        if word in self._row:
            return self._row[word]
        text = str(word)
        if text.lower() in self._row:
            raise CourseError(f"The table has no word {text!r}. Its words are in lower case: try {text.lower()!r}.")
        alike = difflib.get_close_matches(text, self.words, n=3)
        advice = f"Try {' or '.join(map(repr, alike))}." if alike else "Try a more common word."
        raise CourseError(f"{text!r} is not among the {len(self):,} words of the table. {advice}")

    def nearest(self, vector, count=5, leave_out=()):
        """The `count` words most like `vector`, as (word, cosine similarity), best first; none of `leave_out`."""
        import numpy as np

        length = np.linalg.norm(vector)
        if not length:
            raise CourseError("A vector of zeros points nowhere, so nothing is near it. Give another one.")
        similarity = self.unit @ (np.asarray(vector) / length)
        for word in leave_out:
            similarity[self.row(word)] = -np.inf
        best = np.argsort(-similarity, kind="stable")[:count]
        return [(self.words[row], float(similarity[row])) for row in best if similarity[row] > -np.inf]

    def analogy(self, a, b, c, count=5, leave_out_inputs=True):
        """What is to `c` as `b` is to `a`: the words nearest to b − a + c, as (word, cosine similarity), best first.

        Vectors have length 1 before they are added (Mikolov et al. 2013, "Linguistic regularities", section 3).
        leave_out_inputs: as is usual, a, b and c themselves cannot be the answer.
        """
        return self.nearest(self[b] - self[a] + self[c], count, (a, b, c) if leave_out_inputs else ())


def load(count=30_000):
    """The `count` most frequent words with their vectors, as WordVectors. Fetches the package if it is missing."""
    import numpy as np
    import pyarrow.parquet as parquet

    table = np.load(assets.path("glove", "vectors"), mmap_mode="r")  # reads the rows below, not the whole file
    if not 1 <= count <= len(table):
        raise CourseError(f"load({count}) asks for {count} words. Ask for between 1 and {len(table):,}.")
    words = parquet.read_table(assets.path("glove", "words"), columns=["index"])["index"][:count].to_pylist()
    return WordVectors(words, table[:count])


def analogies(relations=None):
    """Questions (relation, a, b, c, wanted): as b is to a, so is `wanted` to c. Each pair is asked for once."""
    questions = []
    for relation, text in (RELATIONS if relations is None else relations).items():
        pairs = [pair.split() for pair in text.split(",")]
        questions += [(relation, *pairs[index - 1], *pair) for index, pair in enumerate(pairs)]
    return questions
