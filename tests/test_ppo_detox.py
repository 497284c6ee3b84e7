"""Lesson 13's job on a tiny model: what starts, what is measured, that a run is made once, and its figures."""

import matplotlib.pyplot as plt
import pytest
import tiny_llama
import torch

from helpers import course, models, ppo, reviewers, reviews
from helpers.plots import ppo_detox as figures
from helpers.ppo import checkpoints, comparing, detox


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A home of its own, the smoke budget, a tiny model instead of the course's, and a rule instead of the reward."""
    tokenizer = models.load_tokenizer()
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    monkeypatch.setattr(course, "home", lambda: tmp_path)
    monkeypatch.setattr(models, "load_tokenizer", lambda: tokenizer)
    monkeypatch.setattr(models, "load_model", lambda: tiny_llama.model(tokenizer))
    monkeypatch.setattr(detox.reward, "train", lambda: type("Reward", (), {"losses": [0.7, 0.3]}))
    monkeypatch.setattr(detox.reward, "scores", lambda model, codes, texts, **_: [len(set(text)) for text in texts])
    monkeypatch.setattr(detox.reward, "toxicity", lambda texts: [0.5 if "stupid" in text else 0.1 for text in texts])
    monkeypatch.setattr(detox.reward, "profanity", lambda texts: [0.2] * len(texts))


def test_the_gruff_adapter_is_part_of_the_reference(small):
    policy = detox.start()
    with torch.no_grad():
        ids, mask = policy.encode([reviewers.conversation("x = 1")])
        with policy.reference():
            reference = policy.evaluate(ids, mask, ids[:, :4])[0]
        untouched = models.load_model()
        plain = untouched(torch.cat([ids, ids[:, :3]], 1)).logits[:, -4:] / detox.TEMPERATURE
        policy_says = policy.evaluate(ids, mask, ids[:, :4])[0]
    assert torch.equal(reference, policy_says)
    assert not torch.allclose(reference, plain, atol=1e-6), "the gruff adapter was lost"


def test_comments_are_measured_by_what_they_say(small):
    rows = detox.situations("test", 2)
    texts = [rows[0]["comments"]["courteous"], "stupid"]
    good, bad = detox.measured(rows, texts)
    assert good["useful"] == 1 and bad["useful"] == 0
    assert good["rouge1"] == 100 and bad["words"] == 1
    assert (good["toxicity"], bad["toxicity"]) == (0.1, 0.5)
    (empty,) = detox.measured(rows[:1], [""])
    assert empty["toxicity"] == empty["profanity"] == empty["useful"] == 0
    words = (good["words"] + 1) / 2
    wanted = {"toxicity": 0.3, "profanity": 0.2, "useful": 0.5, "words": words, "variety": (good["variety"] + 1) / 2}
    assert detox.watch(rows, texts) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("text", "share"), [("", 1), ("order", 1), ("and order and Order", 2 / 3), ("no " * 40, 1 / 39), ("a b c a", 1)]
)
def test_variety_is_the_share_of_different_word_pairs(text, share):
    assert detox.variety(text) == pytest.approx(share)


def test_the_test_split_is_for_the_full_budget_and_nobody_trains_on_what_is_held_out(small, monkeypatch):
    splits = {name: {row["id"] for row in reviews.load(name)} for name in ("train", "validation", "test")}
    assert {row["id"] for row in detox.tested()} <= splits["validation"]
    monkeypatch.setenv("COURSE_BUDGET", "lesson")
    assert len(detox.tested()) == 24 and {row["id"] for row in detox.tested()} <= splits["validation"]
    monkeypatch.setenv("COURSE_BUDGET", "full")
    assert {row["id"] for row in detox.tested()} == splits["test"] and len(splits["test"]) == 120
    assert {row["id"] for row in detox.situations("train")} == splits["train"] and len(splits["train"]) == 210
    assert not splits["train"] & (splits["validation"] | splits["test"])


def test_an_empty_comment_gets_the_least(small):
    score = detox.scorer()
    rows = detox.situations("test", 3)
    assert score(rows, ["aab", "", "abc"]) == [2.0, 2.0, 3.0]
    assert score(rows, ["", "", ""]) == [0.0, 0.0, 0.0]


def test_the_comparisons_of_the_full_budget_are_made_once(monkeypatch):
    assert detox.compares()
    monkeypatch.setenv("COURSE_BUDGET", "full")
    monkeypatch.setenv("COURSE_SEED", "1")
    assert not detox.compares()
    monkeypatch.setenv("COURSE_SEED", "0")
    assert detox.compares()


def test_before_the_first_step_no_kl_has_to_be_worked_out(small):
    rows = detox.tested()
    known = detox.commented(detox.start(), rows, moved=False)
    assert known == detox.commented(detox.start(), rows)


def test_a_run_is_made_once_and_loads_again(small, monkeypatch, tmp_path):
    first = detox.train()
    assert len(first.result.history) == 2 and len(first.comments) == len(detox.before()) == 3
    assert {"reward", "kl", "toxicity", "useful"} < set(first.result.history[0])
    assert set(first.comments[0]) == {"id", "text", *comparing.AFTER}
    monkeypatch.setattr(detox.ppo, "train", lambda *_, **__: pytest.fail("trained a second time"))
    again = detox.train()
    assert again == first and again.policy().value_head.weight.any()
    with pytest.raises(pytest.fail.Exception, match="second time"):
        detox.train(beta=0.0)
    assert not list((tmp_path / "tuned").glob("*checkpoint*"))


def test_the_best_of_several_is_what_the_reward_likes_most(small, monkeypatch):
    drawn, draw = [], detox.ppo.draw

    def watched(*arguments):
        rollout = draw(*arguments)
        rollout.texts[1] = ""  # may come up: it is never shown to the reward, and never chosen
        drawn.extend(rollout.texts)
        return rollout

    monkeypatch.setattr(detox.ppo, "draw", watched)
    chosen = detox.best_of(4)
    assert [one["id"] for one in chosen] == [row["id"] for row in detox.tested()] and len(drawn) == 12
    for at, one in enumerate(chosen):
        texts = [" ".join(text.split()) for text in drawn[4 * at : 4 * at + 4]]
        assert len(set(one["text"])) == max(len(set(text)) for text in texts)
    monkeypatch.setattr(detox.ppo, "draw", lambda *_: pytest.fail("drawn a second time"))
    assert detox.best_of(4) == chosen
    with pytest.raises(pytest.fail.Exception, match="second time"):
        detox.best_of(3)


def test_nothing_but_empty_replies_is_a_choice_too(small, monkeypatch):
    draw = detox.ppo.draw

    def silent(*arguments):
        rollout = draw(*arguments)
        rollout.texts = [""] * len(rollout.texts)
        return rollout

    monkeypatch.setattr(detox.ppo, "draw", silent)
    monkeypatch.setattr(detox.reward, "scores", lambda *_, **__: pytest.fail("the reward was asked"))
    assert {(one["text"], one["reward"]) for one in detox.best_of(2)} == {("", 0.0)}


def test_the_distance_of_the_best_of_n_is_that_of_an_experiment():
    """Of n numbers drawn evenly from 0 to 1 the largest has the density n x^(n-1)."""
    assert detox.nats_of_best(1) == 0
    for n in (2, 8):
        places = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
        density = n * places ** (n - 1)
        assert detox.nats_of_best(n) == pytest.approx((density * density.log()).mean().item(), abs=1e-4)


def test_a_killed_run_goes_on(small, monkeypatch):
    """Its checkpoint is not in the folder that a kill leaves behind."""
    calls, watch = [], detox.watch

    def killed(rows, texts):
        calls.append(rows)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return watch(rows, texts)

    monkeypatch.setattr(detox, "watch", killed)
    with pytest.raises(KeyboardInterrupt):
        detox.train(save_every=1)
    run = detox.train(save_every=1)
    assert run.result.resumed_from == 1 and len(run.result.history) == 2


def test_a_run_killed_while_it_is_measured_is_not_trained_again(small, monkeypatch, tmp_path):
    commented = detox.commented

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(detox, "commented", killed)
    with pytest.raises(KeyboardInterrupt):
        detox.train()
    assert list((tmp_path / "tuned").glob(f"*checkpoint*/{checkpoints.NAME}"))
    monkeypatch.setattr(detox, "commented", commented)
    monkeypatch.setattr(ppo.run, "_update", lambda *_: pytest.fail("took a step again"))
    run = detox.train()
    assert run.result.resumed_from == len(run.result.history) == 2 and len(run.comments) == 3
    assert not list((tmp_path / "tuned").glob("*checkpoint*"))


def test_replies_of_another_length_are_measured_at_that_length(small, monkeypatch):
    asked, commented = [], detox.commented

    def watched(*arguments, **named):
        asked.append(named["longest"])
        return commented(*arguments, **named)

    monkeypatch.setattr(detox, "commented", watched)
    detox.train("longer", longest=12)
    assert asked == [12]


# What is recorded


def comment(place, **changes):
    numbers = {"toxicity": 0.5, "profanity": 0.4, "useful": 1, "rouge1": 20.0, "words": 10, "variety": 1.0}
    return {"id": f"r{place}", "text": "x"} | numbers | {"reward": -1.0, "kl": 0.0} | changes


def test_what_is_recorded_can_be_read_off_its_items():
    before = [comment(0), comment(1, toxicity=0.1), comment(2, useful=0)]
    after = [comment(0, toxicity=0.1, kl=4.0), comment(1, toxicity=0.0, kl=8.0, words=4), comment(2, reward=2.0)]
    free = [comment(place, variety=0.2, kl=50.0, useful=0) for place in range(3)]
    best = [comment(place, toxicity=0.2, reward=3.0) for place in range(3)]
    items = comparing.items(before, after, free, best)
    values = comparing.summary(items)
    assert values["reduction"] == pytest.approx((1.1 - 0.6) / 1.1)
    assert values["toxicity_before"] == pytest.approx(1.1 / 3)
    assert values["usefulness_kept"] == 1.5 and values["useful_before"] == pytest.approx(2 / 3)
    assert values["kl"] == 4.0 and values["length_ratio"] == pytest.approx(24 / 30)
    assert values["reward_before"] == -1.0 and values["reward_after"] == 0.0 and values["best_of_reward"] == 3.0
    assert values["free"]["variety"] == pytest.approx(0.2) and values["free"]["kl"] == 50.0
    assert values["best_of_reduction"] == pytest.approx((1.1 - 0.6) / 1.1)
    assert comparing.value(values, "free.kl") == 50.0 and comparing.value(values, "reward_after") == 0.0
    assert comparing.value({"kl": 1.0}, "free.kl") != comparing.value({"kl": 1.0}, "free.kl")  # NaN
    alone = comparing.summary(comparing.items(before, after))
    assert "free" not in alone and alone["reduction"] == values["reduction"]


GOOD = {
    "reduction": 0.7, "reduction_ci": [0.5, 0.8], "profanity_reduction": 0.65, "profanity_reduction_ci": [0.4, 0.8],
    "usefulness_kept": 1.0, "usefulness_kept_ci": [0.8, 1.3], "rouge_kept": 1.1, "length_ratio": 0.9, "kl": 6.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "place", "verdict"),
    [
        ({"reduction": 0.55}, 0, False),
        ({"reduction": None, "reduction_ci": None}, 0, None),
        ({"reduction_ci": [0.29, 0.8]}, 1, False),
        ({"reduction": None, "reduction_ci": None}, 1, None),
        ({"profanity_reduction": 0.5}, 2, False),
        ({"profanity_reduction_ci": [0.2, 0.8]}, 3, False),
        ({"profanity_reduction": None, "profanity_reduction_ci": None}, 3, None),
        ({"usefulness_kept": 0.85}, 4, False),
        ({"usefulness_kept_ci": None}, 4, None),
        ({"rouge_kept": 0.89}, 5, False),
        ({"length_ratio": 0.7}, 6, False),
        ({"length_ratio": 1.3}, 6, False),
        ({"length_ratio": None}, 6, None),
        ({"kl": 10.5}, 7, False),
    ],
)
def test_each_bar_is_held_against_its_value(changes, place, verdict):
    assert list(comparing.bars(GOOD).values()) == [True] * 8
    assert list(comparing.bars(GOOD | changes).values())[place] is verdict


# Figures


def history(steps, slope):
    same = {"useful": 0.2, "length": 30.0, "variety": 1.0}
    return [
        {"step": at + 1, "reward": slope * at, "kl": 0.5 * at, "toxicity": 0.4 - 0.1 * at} | same for at in range(steps)
    ]


def test_curves_have_a_panel_for_each_measure_and_a_line_for_each_run():
    runs = {"with KL": ppo.Result(history(4, 0.1)), "beta = 0": ppo.Result(history(3, 0.5))}
    figure = figures.curves(runs)
    assert len(figure.axes) == 6 and all(len(axes.lines) == 2 for axes in figure.axes)
    assert list(figure.axes[0].lines[1].get_ydata()) == [0.0, 0.5, 1.0]
    alt = figures.curves_alt(runs)
    assert "with KL, 4 steps: reward 0.00 to 0.30" in alt and "toxicity, by a judge 0.40 to 0.20" in alt
    plt.close("all")


def test_the_clipped_objective_is_flat_where_it_should_be():
    better, worse = figures.clipped(0.2).axes
    ratios, values = better.lines[1].get_data()
    assert max(values) == pytest.approx(1.2) and values[-1] == pytest.approx(1.2) and ratios[-1] == 2.0
    ratios, values = worse.lines[1].get_data()
    assert values[0] == pytest.approx(-0.8) and values[-1] == pytest.approx(-2.0)
    assert "up to 1.2" in figures.clipped_alt(0.2) and "below 0.8" in figures.clipped_alt(0.2)


def test_a_reply_is_drawn_token_by_token():
    figure = figures.reply(["You", " $x", "."], [0.5, -0.25, 0.0], [0.1, 2.0, -1.0])
    assert [len(axes.patches) for axes in figure.axes] == [3, 3]
    alt = figures.reply_alt(["You", " $x", "."], [0.5, -0.25, 0.0], [0.1, 2.0, -1.0])
    assert "add up to 0.25 nats" in alt and "2.00 at ' $x'" in alt and "-1.00 at '.'" in alt
