"""The two judges equal the packages they come from, and their pickles are opened without running anything in them."""

import builtins
import pickle
from collections import OrderedDict, defaultdict

import joblib
import numpy as np
import pytest

from helpers import course, reviews, reward
from helpers.errors import CourseError
from helpers.reward import unpickling

# What scikit-learn 1.9.1 gives with the package's own code: model.predict_proba(vectorizer.transform(texts))[:, 1].
PROFANE = {
    "You are so dumb and stupid!": 0.999995,
    "Thanks, this looks good. Could you rename `x`?": 0.008106,
    "": 0.036376,
    "go to hell, you moron": 0.999961,
    "I'll fix it; what a pathetic mess.": 0.860886,
    "naïve café 12 a b": 0.015628,
}


def test_the_bilstm_repeats_its_packages_example():
    found = dict(zip(reward.LABELS, reward.toxic_labels(["You are so dumb and stupid!"])[0], strict=True))
    example = {"toxic": 0.989, "severe_toxic": 0.073, "obscene": 0.62, "threat": 0.019, "insult": 0.866}
    assert found == pytest.approx(example | {"identity_hate": 0.041}, abs=6e-4)


def test_the_linear_judge_gives_what_scikit_learn_gives():
    assert reward.profanity(list(PROFANE)) == pytest.approx(list(PROFANE.values()), abs=1e-6)


def test_toxicity_is_the_column_named_toxic():
    texts = ["You are so dumb and stupid!", "Thanks, this looks good."]
    assert (reward.toxicity(texts) == reward.toxic_labels(texts)[:, reward.LABELS.index("toxic")]).all()
    assert reward.toxicity(texts)[0] > 0.9 > 0.1 > reward.toxicity(texts)[1]


@pytest.mark.parametrize("judge", [reward.toxicity, reward.profanity])
def test_a_judge_tells_gruff_from_courteous(judge):
    rows = reviews.load("validation")
    gruff, courteous = (judge([row["comments"][tone] for row in rows]) for tone in ("gruff", "courteous"))
    assert gruff.shape == (len(rows),) and gruff.mean() > 0.3 > 0.1 > courteous.mean()


def test_a_text_is_judged_alike_in_any_batch():
    texts = [row["comments"]["gruff"] for row in reviews.load("validation")[:7]]
    alone = [reward.toxicity([text])[0] for text in texts]
    assert reward.toxic_labels(texts, batch_size=3)[:, 0] == pytest.approx(alone, abs=1e-6)


def test_only_the_last_hundred_words_count():
    long = "stupid idiot " + "good " * 100
    assert reward.toxicity([long])[0] == pytest.approx(reward.toxicity(["good " * 100])[0], abs=1e-6)


@pytest.mark.parametrize("judge", [reward.toxicity, reward.profanity])
@pytest.mark.parametrize("bad", ["one text", [], ["good", None], [3]])
def test_what_is_no_list_of_texts_is_said(judge, bad):
    with pytest.raises(CourseError, match="Give it a list of texts"):
        judge(bad)


# Pickles


class Planted:
    """A pickle of this calls `print` when it is opened."""

    def __reduce__(self):
        return builtins.print, ("it ran",)


def pickled(path, what):
    path.write_bytes(pickle.dumps(what))
    return path


def dumped(path, what):
    joblib.dump(what, path)
    return path


@pytest.mark.parametrize(
    ("load", "save"), [(unpickling.load_pickle, pickled), (unpickling.load_joblib, dumped)], ids=["pickle", "joblib"]
)
@pytest.mark.parametrize("what", [Planted(), [Planted()], {"a": (1, Planted())}], ids=["bare", "list", "dict"])
def test_planted_code_does_not_run(load, save, what, tmp_path, capsys):
    path = save(tmp_path / "planted", what)
    with pytest.raises(CourseError, match="asks for builtins.print.*delete it"):
        load(path)
    assert "it ran" not in capsys.readouterr().out
    pickle.loads(pickle.dumps(Planted()))  # it would have run
    assert "it ran" in capsys.readouterr().out


def test_planted_code_in_an_array_of_objects_does_not_run(tmp_path, capsys):
    path = dumped(tmp_path / "planted", np.array([Planted(), 1], dtype=object))
    with pytest.raises(CourseError, match="which this kind of file has no use for"):
        unpickling.load_joblib(path)
    assert "it ran" not in capsys.readouterr().out


def test_what_is_needed_opens(tmp_path):
    wanted = [OrderedDict(a=1), defaultdict(int, b=2)]
    assert unpickling.load_pickle(pickled(tmp_path / "plain", wanted)) == wanted
    array = np.arange(12.0).reshape(3, 4)
    found = unpickling.load_joblib(dumped(tmp_path / "array", {"x": array, "y": np.float64(0.5)}))
    assert (found["x"] == array).all() and found["y"] == 0.5


@pytest.mark.parametrize("load", [unpickling.load_pickle, unpickling.load_joblib])
def test_a_damaged_file_is_said(load, tmp_path):
    for number, content in enumerate((b"", b"no pickle", pickle.dumps({"a": 1})[:-3])):
        path = tmp_path / str(number)
        path.write_bytes(content)
        with pytest.raises(CourseError, match="is damaged. Delete it"):
            load(path)


@pytest.mark.parametrize("name", ["model.py", "pairs.py"])
def test_the_reward_model_knows_no_judge(name):
    source = (course.ROOT / "helpers" / "reward" / name).read_text(encoding="utf-8")
    assert not any(word in source for word in ("judge", "toxic", "profan"))
