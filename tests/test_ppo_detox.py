"""Lesson 13's job on a tiny model: what starts, what is measured, that a run is made once, and its figures."""

import matplotlib.pyplot as plt
import pytest
import tiny_llama
import torch

from helpers import course, models, ppo, reviewers, reviews
from helpers.plots import ppo_detox as figures
from helpers.ppo import detox


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
    wanted = {"toxicity": 0.3, "profanity": 0.2, "useful": 0.5, "words": words}
    assert detox.watch(rows, texts) == pytest.approx(wanted)


def test_held_out_situations_are_those_of_the_test_split(small, monkeypatch):
    assert {row["id"] for row in detox.tested()} <= {row["id"] for row in reviews.load("test")}
    asked = {row["id"] for row in detox.situations("train")}
    assert len(asked) == 210 and not asked & {row["id"] for row in reviews.load("test")}
    monkeypatch.setenv("COURSE_BUDGET", "full")
    assert len(detox.tested()) == 120


def test_a_run_is_made_once_and_loads_again(small, monkeypatch, tmp_path):
    first = detox.train()
    assert len(first.result.history) == 2 and len(first.comments) == len(detox.before()) == 3
    assert {"reward", "kl", "toxicity", "useful"} < set(first.result.history[0])
    assert {"id", "text", "toxicity", "profanity", "useful", "rouge1", "words", "kl"} == set(first.comments[0])
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
    assert {one["text"] for one in detox.best_of(2)} == {""}


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


# Figures


def history(steps, slope):
    same = {"useful": 0.2, "length": 30.0, "distinct": 1.0}
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
