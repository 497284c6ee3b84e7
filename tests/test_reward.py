"""Rankings, the reward model and what is found out about it, on a tiny encoder; bad input gets a sentence."""

import math

import numpy as np
import pytest
import torch

from helpers import course, reviews, reward
from helpers.errors import CourseError
from helpers.reward import inspecting
from helpers.reward import model as encoders

ROWS = reviews.load("train")


# Pairs


def test_a_ranking_of_three_gives_three_pairs_better_one_first():
    assert reward.ranking_pairs(["b", "a", "c"], known="abc") == [("b", "a"), ("b", "c"), ("a", "c")]
    assert reward.ranking_pairs(["courteous"]) == [] == reward.ranking_pairs([])


@pytest.mark.parametrize(
    ("ranking", "words"),
    [
        (["courteous", "kind"], "holds 'kind', which nobody ranked. Known are courteous, gruff, vague"),
        (["gruff", "vague", "gruff"], "a name twice"),
        ("courteous", "Give a list"),
        (None, "Give a list"),
        ([["courteous"]], "nobody ranked"),
    ],
)
def test_a_ranking_that_cannot_be_is_said(ranking, words):
    with pytest.raises(CourseError, match=words):
        reward.ranking_pairs(ranking)


def test_preferences_follow_the_ranking():
    pairs = reward.preferences(ROWS)
    assert len(pairs) == 3 * len(ROWS)
    rows = {row["id"]: row for row in ROWS}
    for pair in pairs:
        row = rows[pair["id"]]
        assert row["ranking"].index(pair["better"]) < row["ranking"].index(pair["worse"])
        assert pair["chosen"] == row["comments"][pair["better"]] and pair["code"] == row["code"]
        assert pair["rejected"] == row["comments"][pair["worse"]]


def test_a_row_with_an_unknown_name_in_its_ranking_is_said():
    with pytest.raises(CourseError, match="'rude', which nobody ranked"):
        reward.preferences([ROWS[0] | {"ranking": ["courteous", "rude", "vague"]}])


def test_strays_are_about_other_code_and_lose():
    pairs = [pair for pair in reward.preferences(ROWS, strays=2) if pair["worse"] == "stray"]
    assert len(pairs) == 2 * len(ROWS)
    rows, kind_of = {row["id"]: row for row in ROWS}, {row["comments"]["courteous"]: row["kind"] for row in ROWS}
    for pair in pairs:
        row = rows[pair["id"]]
        assert kind_of[pair["rejected"]] != row["kind"] and not reviews.mentions(pair["rejected"], row["keywords"])
        # Rule 1 of the rubric: nothing that attacks the person is better than anything.
        assert pair["better"] == "courteous" or row["ranking"][-1] != "gruff"
    assert {pair["better"] for pair in pairs} == {"courteous", "gruff"}
    assert len({pair["rejected"] for pair in pairs}) > len(ROWS) / 2  # from all over


# The model


@pytest.fixture
def tiny(monkeypatch):
    """The smoke budget, and an encoder of two thin layers in the place of MiniLM."""
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = encoders.load_tokenizer()
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}

    def load(folder=None):
        if folder:
            return BertForSequenceClassification.from_pretrained(folder).eval()
        return BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer), num_labels=1, **sizes)).eval()

    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    monkeypatch.setattr(encoders, "load_encoder", load)
    return encoders.RewardModel(load(), tokenizer, [], 0, 0.0)


def ones(model, value):
    """`model` made to give `value` to everything."""
    model.classifier.weight.data.zero_()
    model.classifier.bias.data.fill_(value)


def test_training_learns_and_repeats(tiny):
    pairs = [pair for pair in reward.preferences(ROWS[:8]) if pair["worse"] == "vague"]
    settings = {"epochs": 12, "batch_size": 4, "learning_rate": 3e-3}
    model, losses, minutes = encoders.fit(pairs, **settings)
    assert losses[0] == pytest.approx(math.log(2), abs=0.1) and np.mean(losses[-4:]) < 0.2 and minutes > 0
    learned = encoders.RewardModel(model, tiny.tokenizer, losses, len(pairs), minutes)
    assert (reward.differences(learned, pairs) > 0).all()
    assert encoders.fit(pairs, **settings)[1] == pytest.approx(losses, rel=1e-3)  # threads add in any order


def test_the_loss_is_bradley_and_terrys(tiny):
    from transformers import set_seed

    pairs = reward.preferences(ROWS[:2])
    _, losses, _ = encoders.fit(pairs, epochs=1, batch_size=len(pairs), learning_rate=1e-9)
    set_seed(course.seed())  # the output starts at random
    fresh = encoders.RewardModel(encoders.load_encoder(), tiny.tokenizer, [], 0, 0.0)
    d = torch.tensor(reward.differences(fresh, pairs))
    assert losses == [pytest.approx(-torch.nn.functional.logsigmoid(d).mean().item(), abs=1e-4)]


def test_a_model_is_trained_once_and_kept(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr(course, "home", lambda: tmp_path)
    first = reward.train()
    monkeypatch.setattr(encoders, "fit", lambda *_, **__: pytest.fail("trained a second time"))
    again = reward.train()
    codes, comments = [row["code"] for row in ROWS[:5]], [row["comments"]["gruff"] for row in ROWS[:5]]
    assert (reward.scores(first, codes, comments) == reward.scores(again, codes, comments)).all()
    assert (again.pairs, again.losses) == (first.pairs, first.losses)
    assert first.pairs == encoders.sizes()["rows"] * (3 + encoders.sizes()["strays"])
    with pytest.raises(pytest.fail.Exception, match="second time"):
        reward.train(strays=False)  # another model
    (folder,) = [path for path in (tmp_path / "tuned").iterdir() if path.is_dir()]
    (folder / "reward.json").write_text("{", encoding="utf-8")
    with pytest.raises(CourseError, match="is damaged. Delete it"):
        reward.train()


@pytest.mark.usefixtures("fp32")
def test_scores_do_not_depend_on_the_company(tiny):
    codes, comments = [row["code"] for row in ROWS[:9]], [row["comments"]["vague"] for row in ROWS[:9]]
    together = reward.scores(tiny, codes, comments, batch_size=4)
    alone = [reward.scores(tiny, [code], [comment])[0] for code, comment in zip(codes, comments, strict=True)]
    assert together == pytest.approx(alone, abs=1e-5) and np.ptp(together) > 0
    assert reward.scores(tiny, [], []).shape == (0,)


@pytest.mark.usefixtures("fp32")
def test_the_code_counts(tiny):
    comment = ROWS[0]["comments"]["courteous"]
    assert np.ptp(reward.scores(tiny, [ROWS[0]["code"], ROWS[50]["code"]], [comment, comment])) > 0


def test_a_long_code_is_cut_and_its_comment_is_not(tiny):
    (ids,) = encoders.encode(tiny.tokenizer, ["x = 1\n" * 500], ["this leaks the file"])
    assert len(ids) == encoders.LONGEST and tiny.tokenizer.decode(ids).endswith("[SEP] this leaks the file [SEP]")
    (ids,) = encoders.encode(tiny.tokenizer, ["x = 1"], ["leak " * 500])
    assert len(ids) <= encoders.LONGEST and tiny.tokenizer.decode(ids).startswith("[CLS] x = 1 [SEP] leak")


def test_every_comment_of_the_data_fits_with_its_code():
    tokenizer = encoders.load_tokenizer()
    pairs = [(row["code"], text) for row in reviews.load() for text in row["comments"].values()]
    cut = [ids for ids in encoders.encode(tokenizer, *zip(*pairs, strict=True)) if len(ids) == encoders.LONGEST]
    assert len(cut) < 0.02 * len(pairs)


@pytest.mark.parametrize("comment", ["", " \n", None, 3])
def test_an_empty_comment_is_said(tiny, comment):
    with pytest.raises(CourseError, match="Comment 1 is .*nothing to reward"):
        reward.scores(tiny, ["x", "y"], ["fine", comment])


def test_lists_of_different_lengths_are_said(tiny):
    with pytest.raises(CourseError, match="1 codes and 2 comments"):
        reward.scores(tiny, ["x"], ["one", "two"])


def test_a_model_that_gives_no_number_is_said(tiny):
    ones(tiny.model, float("nan"))
    with pytest.raises(CourseError, match="The reward of comment 0 is nan. It must be finite"):
        reward.scores(tiny, ["x"], ["y"])


def test_a_training_that_diverges_is_said(tiny, monkeypatch):
    load = encoders.load_encoder

    def broken():
        model = load()
        ones(model, float("nan"))
        return model

    monkeypatch.setattr(encoders, "load_encoder", broken)
    with pytest.raises(CourseError, match="The loss is nan. Train again with a lower learning_rate"):
        encoders.fit(reward.preferences(ROWS[:2]), epochs=1, batch_size=2, learning_rate=1e-3)


def test_pairs_that_teach_nothing_are_said(tiny):
    settings = {"epochs": 1, "batch_size": 2, "learning_rate": 1e-3}
    with pytest.raises(CourseError, match="no pairs"):
        encoders.fit([], **settings)
    (pair, *_) = reward.preferences(ROWS[:1])
    with pytest.raises(CourseError, match="the same comment twice"):
        encoders.fit([pair | {"rejected": pair["chosen"]}], **settings)


@pytest.mark.parametrize(
    ("values", "count", "words"),
    [
        ([0.5, float("nan")], 2, "comment 1 is nan"),
        ([float("inf"), 0.5], 2, "comment 0 is inf"),
        ([0.5, 0.1, 0.2], 2, r"3 numbers of shape \(3,\) for 2 comments"),
        ([[0.5], [0.1]], 2, "for 2 comments"),
        (0.5, 1, "for 1 comments"),
        ([0.7, 0.7, 0.7], 3, "gives 0.7 to each of 3 comments"),
        (["a", "b"], 2, "It should give a number for each"),
        (None, 2, "for 2 comments"),
    ],
)
def test_rewards_that_cannot_be_are_said(values, count, words):
    with pytest.raises(CourseError, match=words):
        reward.check(values, count)


def test_good_rewards_pass():
    assert reward.check(torch.tensor([0.5, -0.5]), 2).tolist() == [0.5, -0.5]
    assert reward.check([0.7], 1).tolist() == [0.7]
    assert reward.check([0.7, 0.7], 2, varied=False).tolist() == [0.7, 0.7]


# What it learned


def test_a_rule_of_one_feature_is_scored_with_ties_as_halves():
    pairs = [{"chosen": "a b", "rejected": "a"}, {"chosen": "a", "rejected": "a b"}, {"chosen": "a!", "rejected": "a"}]
    assert inspecting.one_feature(pairs, inspecting.FEATURES["words"]) == 0.5
    assert inspecting.one_feature(pairs, inspecting.FEATURES["!"]) == pytest.approx(2 / 3)
    with pytest.raises(CourseError, match="no pairs"):
        inspecting.one_feature([], len)


def test_features_count_what_they_say():
    text = "Thanks! Would you `close` it, please? Pleased to help. Thank you!"
    found = {name: feature(text) for name, feature in inspecting.FEATURES.items()}
    assert found == {"words": 11, "`code`": 1, "please": 1, "thanks": 2, "?": 1, "!": 2}


def test_effects_are_paired_and_leave_out_what_does_not_change():
    codes = ["def f():\n    pass", "class G:\n    pass"]
    comments = ["Close `f`.", "It leaks."]
    found = inspecting.effects(lambda c, t: [len(text) for text in t], codes, comments)
    assert found["no backticks"] == [-2.0]  # the second comment has none
    assert found["please at the end"] == [8.0, 8.0]
    assert found["a name in backticks"] == [5.0, 5.0]
    assert set(found) == set(inspecting.EDITS)


def test_every_edit_leaves_a_comment_and_works_on_all_of_the_data():
    for row in reviews.load():
        for comment in row["comments"].values():
            assert all(edit(comment, row["code"]).strip() for edit in inspecting.EDITS.values())


def test_calibration_of_a_model_that_keeps_its_word():
    rng = np.random.default_rng(0)
    size = rng.uniform(0.1, 3, 20_000)
    d = np.where(rng.random(20_000) < 1 / (1 + np.exp(-size)), size, -size)
    rows, error = inspecting.calibration(d)
    assert error < 0.02 and sum(row["pairs"] for row in rows) == 20_000
    assert [row["confidence"] for row in rows] == sorted(row["confidence"] for row in rows)
    assert inspecting.calibration(5 * d)[1] > 0.1  # surer than it should be


def test_calibration_needs_numbers():
    for bad in ([], [0.5, float("nan")]):
        with pytest.raises(CourseError, match="finite difference"):
            inspecting.calibration(bad)
    assert inspecting.calibration([2.0, -1.0])[0][0]["right"] == 0.0
