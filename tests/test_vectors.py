"""Word vectors: neighbours and analogies, on a table small enough to see through."""

import numpy as np
import pytest

from helpers import vectors
from helpers.errors import CourseError

# Two directions: royal or not, female or not; and one word that is near nothing.
TABLE = {"man": (0, 0, 1), "woman": (0, 1, 1), "king": (1, 0, 1), "queen": (1, 1, 1), "stone": (-1, -1, -1)}


@pytest.fixture
def words():
    return vectors.WordVectors(TABLE, np.array(list(TABLE.values())) * 3)


def test_a_vector_has_length_one_and_the_table_keeps_its_own(words):
    assert np.linalg.norm(words["queen"]) == pytest.approx(1)
    assert np.linalg.norm(words.table[words.row("queen")]) == pytest.approx(3 * 3**0.5)
    assert len(words) == 5 and "king" in words and "prince" not in words


def test_nearest_are_by_cosine_best_first(words):
    found = words.nearest(words["queen"], count=5)
    assert [word for word, _ in found] == ["queen", "woman", "king", "man", "stone"]
    assert found[0][1] == pytest.approx(1) and found[-1][1] == pytest.approx(-1)
    assert words.nearest(words["queen"], 1, leave_out=("queen",))[0][0] == "woman"


def test_the_length_of_what_is_looked_for_does_not_matter(words):
    short, long = words.nearest(words["king"], 5), words.nearest(100 * words["king"], 5)
    assert [word for word, _ in short] == [word for word, _ in long]
    assert [number for _, number in short] == pytest.approx([number for _, number in long], abs=1e-6)


def test_an_analogy_leaves_its_inputs_out_unless_asked(words):
    assert words.analogy("man", "king", "woman")[0][0] == "queen"
    left = {word for word, _ in words.analogy("man", "king", "woman", count=2)}
    assert left == {"queen", "stone"}
    every = {word for word, _ in words.analogy("man", "king", "woman", count=5, leave_out_inputs=False)}
    assert every == set(TABLE)


def test_an_unknown_word_is_named_with_a_way_out(words):
    with pytest.raises(CourseError, match="'qeen' is not among the 5 words of the table. Try 'queen'"):
        words["qeen"]
    with pytest.raises(CourseError, match="in lower case: try 'king'"):
        words["King"]
    with pytest.raises(CourseError, match="Try a more common word"):
        words.analogy("man", "king", "zzzzzz")


def test_words_and_vectors_must_match():
    with pytest.raises(ValueError, match="one vector per word"):
        vectors.WordVectors(["a", "b"], np.ones((3, 2)))


def test_each_pair_of_a_relation_is_asked_for_once():
    questions = vectors.analogies({"female": "man woman, king queen, son daughter"})
    assert questions[1] == ("female", "man", "woman", "king", "queen")
    assert sorted(wanted for *_, wanted in questions) == ["daughter", "queen", "woman"]
    assert len(vectors.analogies()) == 48


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A table of five words in place of the package."""
    import pyarrow
    import pyarrow.parquet

    np.save(tmp_path / "vectors.npy", np.array(list(TABLE.values()), dtype=np.float32))
    pyarrow.parquet.write_table(pyarrow.table({"index": list(TABLE)}), tmp_path / "words.parquet")
    files = {"vectors": tmp_path / "vectors.npy", "words": tmp_path / "words.parquet"}
    monkeypatch.setattr(vectors.assets, "path", lambda name, file: files[file] if name == "glove" else None)


def test_load_takes_the_most_frequent_words(package):
    assert vectors.load(3).words == ["man", "woman", "king"]
    assert vectors.load(5)["king"] == pytest.approx([0.5**0.5, 0, 0.5**0.5])


@pytest.mark.parametrize("count", [0, -1, 6])
def test_load_says_how_many_there_are(package, count):
    with pytest.raises(CourseError, match="Ask for between 1 and 5"):
        vectors.load(count)
