"""PPO on tiny random models, causal and encoder–decoder: what a policy is, that it learns, goes on, and complains."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import resumable_ppo
import tiny_llama
import tiny_policies
import torch
from safetensors.torch import load_file

from helpers import course, finetune, models, ppo
from helpers.errors import CourseError
from helpers.ppo import checkpoints, guards, objective, rollout, run

PROMPTS = [row["prompt"] for row in tiny_policies.ROWS]
SMALL = dict(steps=3, prompts=2, samples=4, longest=6, learning_rate=1e-2)
both = pytest.mark.parametrize("make", tiny_policies.BOTH.values(), ids=tiny_policies.BOTH)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Sums do not depend on how work is shared between threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def moved(policy, size=0.3):
    """`policy` with an adapter that does something, and a value head that expects something."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, each in policy.parameters().items():
            if "lora_B" in name or "value_head" in name:
                each.copy_(size * torch.randn_like(each))
    return policy


# The policy, its reference and its replies


@both
def test_the_kl_starts_at_0_and_the_first_ratio_is_1(make):
    policy = make()
    found = ppo.collect(policy, PROMPTS, samples=3, longest=6)
    for estimator in ("k1", "k3"):
        assert found.kl(estimator).abs().max() <= 1e-4
    some = found.part([3, 1])  # the first minibatch: other prompts beside it, other padding
    logits, _ = policy.evaluate(some.ids, some.mask, some.replies, some.samples)
    ratio = (objective.log_probs(logits, some.replies) - some.log_probs)[some.real == 1].exp()
    assert (ratio - 1).abs().max() <= 1e-4
    assert (found.values == 0).all()


@both
def test_the_reference_is_the_model_before_training(make):
    policy = moved(make())
    found = ppo.collect(policy, PROMPTS, samples=2, longest=6)
    assert found.kl("k3").mean() > 0.1
    untouched = make()
    logits, _ = untouched.evaluate(found.ids, found.mask, found.replies, 2)
    real = found.real == 1
    assert torch.allclose(objective.log_probs(logits, found.replies)[real], found.reference[real], atol=1e-5)


@both
@pytest.mark.usefixtures("fp32")
def test_what_is_said_of_a_reply_depends_on_neither_padding_nor_neighbours(make):
    """A plain pass over prompt and reply alone, without cache or padding, is the slow reference."""
    policy = moved(make())
    found = ppo.collect(policy, PROMPTS, samples=2, longest=6)
    for row in range(len(found.texts)):
        prompt = found.ids[row // 2][found.mask[row // 2] == 1].unsqueeze(0)
        length = int(found.real[row].sum())
        reply = found.replies[row : row + 1, :length]
        with torch.no_grad():
            if policy.seq2seq:
                begin = torch.cat([torch.zeros(1, 1, dtype=torch.long), reply[:, :-1]], 1)
                output = policy.base(input_ids=prompt, decoder_input_ids=begin, output_hidden_states=True)
                logits, hidden = output.logits, output.decoder_hidden_states[-1]
            else:
                output = policy.base(torch.cat([prompt, reply], 1), output_hidden_states=True)
                logits = output.logits[:, prompt.shape[1] - 1 : -1]
                hidden = output.hidden_states[-1][:, prompt.shape[1] - 1 : -1]
            values = policy.value_head(hidden / hidden.norm(dim=-1, keepdim=True)).squeeze(-1)
        assert torch.allclose(objective.log_probs(logits, reply)[0], found.log_probs[row, :length], atol=1e-4)
        assert torch.allclose(objective.entropy(logits)[0], found.entropy[row, :length], atol=1e-4)
        assert torch.allclose(values[0], found.values[row, :length], atol=1e-4)


@both
def test_the_likeliest_replies_are_those_of_transformers(make):
    policy = moved(make())
    ids, mask = policy.encode(PROMPTS)
    replies, real = rollout.sample(policy, ids, mask, 1, 7, greedy=True)
    wanted = policy.base.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=7, do_sample=False, pad_token_id=0, eos_token_id=1
    )
    wanted = wanted[:, 1 if policy.seq2seq else ids.shape[1] :]
    assert (replies * real).tolist() == wanted.tolist()


@both
def test_replies_are_drawn_as_often_as_the_model_says(make):
    policy = moved(make(temperature=1.3))
    ids, mask = policy.encode(PROMPTS[:1])
    replies, real = rollout.sample(policy, ids, mask, 4000, 1, seed=3)
    with torch.no_grad():
        shares = policy.evaluate(ids, mask, replies[:1])[0][0, 0].softmax(-1)
    counts = torch.bincount(replies[:, 0], minlength=len(shares)) / 4000
    assert (counts - shares).abs().max() < 0.03 and (real == 1).all()


def test_the_temperature_is_part_of_the_policy():
    warm, plain = tiny_policies.causal(temperature=2.0), tiny_policies.causal()
    ids, mask = plain.encode(PROMPTS)
    replies, _ = rollout.sample(plain, ids, mask, 1, 5)
    with torch.no_grad():
        assert torch.allclose(
            2 * warm.evaluate(ids, mask, replies)[0], plain.evaluate(ids, mask, replies)[0], atol=1e-5
        )


def test_a_reply_ends_with_its_first_end_and_counts_it():
    policy = tiny_policies.causal()
    found = ppo.collect(policy, PROMPTS * 4, samples=2, longest=8)
    assert len(set(found.lengths().tolist())) > 2, "a test of lengths needs several"
    ended = found.ended(policy.ends).tolist()
    assert any(ended) and not all(ended)
    for reply, real, end in zip(found.replies.tolist(), found.real.tolist(), ended, strict=True):
        length = sum(real)
        assert real == [1] * length + [0] * (8 - length) and set(reply[length:]) <= {0}
        assert not set(policy.ends) & set(reply[: length - 1])
        assert end == (reply[length - 1] in policy.ends) and (end or length == 8)


def test_the_same_seed_draws_the_same_and_leaves_other_chance_alone():
    policy = tiny_policies.causal()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (ppo.collect(policy, PROMPTS, 2, 6, seed=seed).texts for seed in (1, 1, 2))
    assert first == again != other and torch.equal(torch.get_rng_state(), before)


def test_values_send_no_gradient_into_the_policy():
    policy = moved(tiny_policies.causal())
    ids, mask = policy.encode(PROMPTS)
    replies, _ = rollout.sample(policy, ids, mask, 1, 5)
    policy.evaluate(ids, mask, replies)[1].sum().backward()
    reached = {name for name, each in policy.parameters().items() if each.grad is not None and each.grad.any()}
    assert reached == {"value_head.weight", "value_head.bias"}


@pytest.mark.usefixtures("fp32")
def test_the_prompts_gradient_is_that_of_a_plain_pass():
    """Prompts are read once for all their replies; what that changes for the weights must not be lost."""
    policy = moved(tiny_policies.causal())
    ids, mask = policy.encode([PROMPTS[2]])
    replies, real = rollout.sample(policy, ids, mask, 3, 5, seed=1)
    objective.masked_mean(objective.log_probs(policy.evaluate(ids, mask, replies, 3)[0], replies), real).backward()
    got = {name: each.grad.clone() for name, each in policy.parameters().items() if each.grad is not None}
    policy.model.zero_grad()
    whole = torch.cat([ids.repeat(3, 1), replies], 1)
    plain = policy.base(whole).logits[:, ids.shape[1] - 1 : -1]
    objective.masked_mean(objective.log_probs(plain, replies), real).backward()
    assert len(got) > 20
    for name, each in policy.parameters().items():
        if name in got:
            assert torch.allclose(got[name], each.grad, atol=1e-5), name


def test_a_saved_policy_says_the_same(tmp_path):
    policy = moved(tiny_policies.causal())
    policy.save(tmp_path)
    again = tiny_policies.causal().load(tmp_path)
    first, other = (ppo.collect(each, PROMPTS, 1, 6) for each in (policy, again))
    assert first.texts == other.texts and torch.equal(first.values, other.values)


# Training


@both
def test_the_best_answer_of_a_toy_task_is_found(make):
    """The share of a's: at first one word in sixteen. It has to take less than 30 seconds."""
    started = time.process_time()
    policy = make()
    result = ppo.train(
        policy, tiny_policies.ROWS, tiny_policies.share_of_a, steps=20, prompts=6, samples=8, longest=8, epochs=4,
        learning_rate=2e-2, beta=0.0, max_kl=None, min_entropy=None,
    )  # fmt: skip
    rewards = result.column("reward")
    assert rewards[0] < 0.2 and sum(rewards[-3:]) / 3 > 0.8, rewards
    assert result.column("kl")[0] == pytest.approx(0, abs=1e-4) and result.column("kl")[-1] > 1
    assert time.process_time() - started < 30


def test_a_price_on_the_kl_holds_the_policy_near_its_reference():
    runs = {
        beta: ppo.train(
            tiny_policies.encoder_decoder(), tiny_policies.ROWS, tiny_policies.share_of_a, steps=10, prompts=6,
            samples=8, longest=8, epochs=4, learning_rate=2e-2, beta=beta, max_kl=None, min_entropy=None,
        )
        for beta in (0.0, 1.0)
    }  # fmt: skip
    free, held = (run.history[-1] for run in runs.values())
    assert free["reward"] > held["reward"] > runs[1.0].history[0]["reward"]
    assert held["kl"] < 0.5 * free["kl"] and held["entropy"] > free["entropy"]


@both
def test_only_adapter_and_value_head_change(make):
    policy = make()
    before = {name: each.detach().clone() for name, each in policy.model.named_parameters()}
    ppo.train(policy, tiny_policies.ROWS, tiny_policies.share_of_a, **SMALL)
    changed = {name for name, each in policy.model.named_parameters() if not torch.equal(each, before[name])}
    assert changed and all("lora_" in name for name in changed)
    assert policy.value_head.weight.any()


def test_a_step_says_what_happened():
    seen = []

    def watch(rows, texts):
        seen.append((rows, texts))
        return {"words": sum(len(text.split()) for text in texts) / len(texts)}

    result = ppo.train(tiny_policies.causal(), tiny_policies.ROWS, tiny_policies.share_of_a, watch=watch, **SMALL)
    assert [entry["step"] for entry in result.history] == [1, 2, 3]
    assert len(seen) == 3 and all(len(rows) == len(texts) == 8 for rows, texts in seen)
    assert all(rows[0] is rows[3] and rows[0] is not rows[4] for rows, _ in seen)
    wanted = {"reward", "kl", "kl_k1", "entropy", "length", "ended", "distinct", "clipped", "value_error", "beta"}
    assert wanted | {"seconds", "rollout_seconds", "words"} < set(result.history[0])
    assert result.seconds_per_step() > 0 and result.trainable == sum(
        each.numel() for each in tiny_policies.causal().parameters().values()
    )


def test_every_row_is_asked_before_any_comes_again():
    places = [place for step in range(6) for place in run._places(6, step, 4)]
    assert [sorted(places[at : at + 6]) for at in range(0, 24, 6)] == [list(range(6))] * 4
    assert places[:6] != places[6:12]


def test_minibatches_take_every_prompt_once():
    parts = run._parts(5, 2, seed=1)
    assert sorted(sum(parts, [])) == [0, 1, 2, 3, 4] and [len(part) for part in parts] == [3, 2]


def test_a_reply_without_an_end_loses_what_it_should(monkeypatch):
    given = []
    monkeypatch.setattr(
        objective, "token_rewards", lambda scores, *rest: given.append(scores) or torch.zeros_like(rest[0])
    )
    ppo.train(tiny_policies.causal(), tiny_policies.ROWS, lambda rows, texts: range(len(texts)), **SMALL | {"steps": 1})
    ppo.train(
        tiny_policies.causal(),
        tiny_policies.ROWS,
        lambda rows, texts: range(len(texts)),
        end_penalty=5.0,
        **SMALL | {"steps": 1},
    )
    once, five = given
    assert {round(each, 4) for each in (once - five).tolist()} == {0.0, 4.0}


def test_centered_scores_are_those_less_their_prompts_mean(monkeypatch):
    given, real = [], objective.token_rewards
    monkeypatch.setattr(objective, "token_rewards", lambda scores, *rest: given.append(scores) or real(scores, *rest))
    for center in (False, True):
        settings = SMALL | {"steps": 1, "center": center}
        ppo.train(tiny_policies.causal(), tiny_policies.ROWS, tiny_policies.share_of_a, **settings)
    plain, centered = given
    assert torch.allclose(centered, objective.centered(plain, SMALL["samples"])) and not torch.allclose(plain, centered)


@pytest.mark.usefixtures("fp32")
def test_the_first_steps_rewards_set_the_scale():
    """Ten times the reward, and a hundred more, is the same task."""
    runs = [
        ppo.train(
            tiny_policies.causal(), tiny_policies.ROWS,
            lambda rows, texts, k=k: [k * each + 100 * (k - 1) for each in tiny_policies.share_of_a(rows, texts)],
            **SMALL,
        )
        for k in (1, 10)
    ]  # fmt: skip
    for one, ten in zip(*(each.history for each in runs), strict=True):
        assert ten["reward"] == pytest.approx(10 * one["reward"] + 900, rel=1e-4)
        assert ten["kl"] == pytest.approx(one["kl"], abs=1e-4)


# Interrupted runs


def interrupted(monkeypatch, folder, at):
    """Train in `folder`, and stop it when step number `at` (from 1) draws."""
    steps, collect = [], run.collect

    def stopping(*args):
        steps.append(args)
        if len(steps) == at:
            raise KeyboardInterrupt
        return collect(*args)

    with monkeypatch.context() as patch:
        patch.setattr(run, "collect", stopping)
        with pytest.raises(KeyboardInterrupt):
            resumable_ppo.train(folder)


@pytest.mark.parametrize(("decay", "shares"), [(False, [1, 1, 1, 1]), (True, [1, 0.75, 0.5, 0.25])])
def test_rates_stay_or_fall_in_a_straight_line(monkeypatch, decay, shares):
    rates, update = [], run._update

    def watched(policy, optimizer, *rest):
        rates.append([group["lr"] for group in optimizer.param_groups])
        return update(policy, optimizer, *rest)

    monkeypatch.setattr(run, "_update", watched)
    settings = dict(prompts=2, samples=2, longest=4, epochs=1, minibatches=1, learning_rate=1e-3, value_rate=1e-2)
    ppo.train(tiny_policies.causal(), tiny_policies.ROWS, tiny_policies.share_of_a, steps=4, decay=decay, **settings)
    assert rates == [pytest.approx([1e-3 * share, 1e-2 * share]) for share in shares]


def same(result, trained, whole, weights):
    timing = ("seconds", "rollout_seconds")
    for one, other in zip(result.history, whole.history, strict=True):
        assert {k: v for k, v in one.items() if k not in timing} == pytest.approx(
            {k: v for k, v in other.items() if k not in timing}, rel=1e-4, abs=1e-5
        )
    for name, value in weights.items():
        assert torch.allclose(trained[name], value, atol=1e-6), name


@pytest.fixture(scope="module")
def whole():
    """The run that nobody stopped."""
    return resumable_ppo.train(None)


def test_a_stopped_run_goes_on_as_if_nothing_was(monkeypatch, tmp_path, whole):
    interrupted(monkeypatch, tmp_path, at=9)
    torch.rand(7)  # what was drawn before must not matter
    result, trained = resumable_ppo.train(tmp_path)
    assert result.resumed_from == 6
    same(result, trained, *whole)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_run_repeats_at_most_one_interval(tmp_path, whole):
    command = [sys.executable, resumable_ppo.__file__, str(tmp_path / "run"), str(tmp_path / "result")]
    path = os.pathsep.join([str(Path(__file__).parent), course.python_path()])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}

    def started():
        return subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", env=environment)

    process, begun = started(), 0
    for line in process.stdout:
        begun += line.startswith("step")
        if begun == 8:
            process.kill()  # SIGKILL, in the middle of the eighth step
            break
    begun += sum(line.startswith("step") for line in process.stdout)
    process.wait()
    last = started()
    repeated = sum(line.startswith("step") for line in last.stdout)
    assert last.wait() == 0
    assert resumable_ppo.STEPS <= begun + repeated <= resumable_ppo.STEPS + resumable_ppo.INTERVAL
    result = ppo.Result.load(tmp_path / "result.json")
    assert result.resumed_from == resumable_ppo.STEPS - repeated >= 6
    same(result, load_file(tmp_path / "result.safetensors"), *whole)


def test_a_folder_with_another_run_is_refused_and_a_damaged_one_named(monkeypatch, tmp_path):
    interrupted(monkeypatch, tmp_path, at=5)
    with pytest.raises(CourseError, match=r"other settings \(.*beta.*\)\. Choose another folder"):
        ppo.train(tiny_policies.causal(), tiny_policies.ROWS, tiny_policies.share_of_a, folder=tmp_path, beta=0.7)
    assert (tmp_path / checkpoints.NAME).exists()
    causal = tiny_policies.causal
    for options in ({"seed": 1}, {"rank": 8}):  # another start, and an adapter of another shape
        with monkeypatch.context() as patch:
            patch.setattr(tiny_policies, "causal", lambda options=options: causal(**options))
            with pytest.raises(CourseError, match=r"other settings \(reference\)\. Choose another folder"):
                resumable_ppo.train(tmp_path)
    (tmp_path / checkpoints.NAME).write_bytes(b"half of it")
    with pytest.raises(CourseError, match="is damaged. Delete it"):
        resumable_ppo.train(tmp_path)


def test_a_result_is_saved_and_found_again(tmp_path):
    result = ppo.train(tiny_policies.causal(), tiny_policies.ROWS, tiny_policies.share_of_a, **SMALL)
    result.save(tmp_path / "result.json")
    assert ppo.Result.load(tmp_path / "result.json") == result
    (tmp_path / "result.json").write_text("{}x")
    with pytest.raises(CourseError, match="no result of a PPO run"):
        ppo.Result.load(tmp_path / "result.json")


# What cannot be


@pytest.mark.parametrize(
    ("reward", "words"),
    [
        (lambda rows, texts: [float("nan")] * len(texts), "is nan. It must be a finite number"),
        (lambda rows, texts: [0.1] * (len(texts) - 1) + [float("inf")], "is inf. It must be a finite number"),
        (lambda rows, texts: [0.5] * len(texts), "From equal rewards nothing can be learned"),
        (lambda rows, texts: [0.1, 0.2], "gave 2 numbers for"),
        (lambda rows, texts: 0.3, "It should give one number for each reply"),
        (lambda rows, texts: ["good"] * len(texts), "It should give one number for each reply"),
    ],
)
def test_a_reward_that_cannot_be_is_named(reward, words):
    with pytest.raises(CourseError, match=words):
        ppo.train(tiny_policies.causal(), tiny_policies.ROWS, reward, **SMALL)


def test_an_empty_reply_gets_the_least_and_only_empty_ones_are_an_error():
    shown = []

    def reward(rows, texts):
        shown.extend(texts)
        return [3.0, 1.0, 2.0]

    assert guards.rewards(reward, "abcd", ["x", "", "y", "z"], first=True) == [3.0, 1.0, 1.0, 2.0]
    assert shown == ["x", "y", "z"]
    with pytest.raises(CourseError, match="All replies of a step are empty"):
        guards.rewards(reward, "ab", ["", ""], first=True)
    with pytest.raises(CourseError, match="each of the 1 first replies that say something; the other 2 are empty"):
        guards.rewards(lambda *_: [1.0], "abc", ["", "x", ""], first=True)
    assert guards.rewards(lambda *_: [1.0, 1.0], "ab", ["x", "y"], first=False) == [1.0, 1.0]  # later it may be solved


def test_a_prompt_longer_than_the_window_is_named():
    model = tiny_llama.model(tiny_policies.tokenizer(), max_position_embeddings=12)
    policy = ppo.Policy(model, tiny_policies.tokenizer())
    with pytest.raises(CourseError, match="Prompt 2 has 5 tokens, and with a reply of up to 8 .* window of 12"):
        ppo.train(policy, tiny_policies.ROWS, tiny_policies.share_of_a, **SMALL | {"longest": 8})
    with pytest.raises(CourseError, match="Prompt 1 has fewer than two tokens"):
        policy.encode(["a b", "a"])


def test_a_decoders_window_is_its_own():
    policy = tiny_policies.encoder_decoder()
    policy.base.config.max_position_embeddings = 6
    ids, _ = policy.encode(["a b a b"], room=8)
    assert 4 <= ids.shape[1] <= 6
    with pytest.raises(CourseError, match="window of 6"):
        policy.encode(["a b a b a b a"])


def test_models_and_tokenizers_that_do_not_fit_are_named():
    import copy

    tokenizer = copy.deepcopy(tiny_policies.tokenizer())
    tokenizer.pad_token = None
    with pytest.raises(CourseError, match="no padding token.*tokenizer.pad_token ="):
        ppo.Policy(tiny_llama.model(tiny_policies.tokenizer()), tokenizer)
    adapted = finetune.add_lora(tiny_llama.model(tiny_policies.tokenizer()))
    with pytest.raises(CourseError, match="has adapters. Merge them first"):
        ppo.Policy(adapted, tiny_policies.tokenizer())
    with pytest.raises(CourseError, match="temperature is 0"):
        tiny_policies.causal(temperature=0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": 0}, "Rates must be above 0"),
        ({"beta": -1}, "beta 0 or more"),
        ({"target_kl": 0}, "nats a reply, above 0"),
        ({"clip": 1.5}, "clip between 0 and 1"),
        ({"gamma": 0}, "Choose gamma above 0"),
        ({"minibatches": 3}, "a prompt for each minibatch"),
        ({"prompts": 1, "samples": 1, "minibatches": 1}, "two replies to compare"),
        ({"center": True, "samples": 1}, "Draw 2 or more"),
        ({"steps": 0}, "steps"),
    ],
)
def test_settings_that_cannot_be_are_named(settings, words):
    with pytest.raises(CourseError, match=words):
        ppo.train(tiny_policies.causal(), tiny_policies.ROWS, tiny_policies.share_of_a, **SMALL | settings)


def test_rows_without_a_prompt_are_named():
    for rows in ([], [{"text": "a"}], ["a b"]):
        with pytest.raises(CourseError, match="needs rows to ask about"):
            ppo.train(tiny_policies.causal(), rows, tiny_policies.share_of_a, **SMALL)


def test_a_run_that_diverges_says_so():
    policy = tiny_policies.causal()
    with pytest.raises(CourseError, match="lower learning_rate"):
        ppo.train(policy, tiny_policies.ROWS, tiny_policies.share_of_a, **SMALL | {"learning_rate": 1e30, "steps": 9},
                  max_kl=None, min_entropy=None)  # fmt: skip
    with pytest.raises(CourseError, match="the loss is nan"):
        guards.finite(torch.tensor(float("nan")))


def test_a_policy_that_collapses_is_stopped():
    with pytest.raises(CourseError, match=r"nats from its reference, more than max_kl = 0.5.*Raise beta"):
        ppo.train(
            tiny_policies.encoder_decoder(), tiny_policies.ROWS, tiny_policies.share_of_a, steps=20, prompts=6,
            samples=8, longest=8, epochs=4, learning_rate=2e-2, beta=0.0, max_kl=0.5,
        )  # fmt: skip
    with pytest.raises(CourseError, match="always says the same"):
        guards.collapsed({"step": 3, "kl": 1.0, "entropy": 0.001}, 50, 0.01)
    guards.collapsed({"step": 3, "kl": 100.0, "entropy": 0.0}, None, None)


def test_an_exhausted_memory_says_what_to_lower(monkeypatch):
    def full(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(run, "_update", full)
    with pytest.raises(CourseError, match="Memory ran out.*raise minibatches"):
        ppo.train(tiny_policies.causal(), tiny_policies.ROWS, tiny_policies.share_of_a, **SMALL)


def test_the_courses_model_and_chats_work_too():
    """The real tokenizer, whose padding is its end, and messages as prompts."""
    tokenizer = models.load_tokenizer()
    policy = ppo.Policy(tiny_llama.model(tokenizer), tokenizer, rank=2)
    rows = [{"prompt": row["prompt"]} for row in tiny_llama.rows(4)]
    result = ppo.train(policy, rows, lambda rows, texts: [len(text) for text in texts], **SMALL)
    assert len(result.history) == 3 and result.history[0]["kl"] <= 1e-4
