"""Scores equal those of the standard packages, intervals hold the truth as often as they say, mutants are bugs."""

import ast
import itertools
import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy import stats
from transformers import LlamaConfig, LlamaForCausalLM

from helpers import metrics, models, prompting
from helpers.course import ROOT
from helpers.errors import CourseError
from helpers.metrics import bootstrap_interval, hub, mutants, paired_bootstrap, pass_at_k, rows_needed, summarise
from tests.benchmarks import bootstrap_coverage as coverages

WORDS = (
    "the a test tests testing tested function functions returns Return value, values. it's x==y `code` 3.14 don't "
    "naïve größte тест проверка 测试 函数 テスト 🙂 e\u0301 _private CamelCase running relational\n \n\n \t  ... ' \" "
).split(" ")


def some_text(rng):
    """A text that is sometimes empty, and often has words of other scripts and several lines."""
    return rng.choice([" ", " ", "\n"]).join(rng.choices(WORDS, k=rng.choice([0, 1, 2, 5, 10, 25])))


def some_pairs(count=600, seed=0):
    """Predictions and references: half of the predictions are their reference with words left out or moved."""
    rng = random.Random(seed)
    references = ["", "", "测试", *(some_text(rng) for _ in range(count - 3))]
    predictions = ["", "a test", "测试"]
    for reference in references[3:]:
        words = [word for word in reference.split(" ") if rng.random() < 0.8]
        if rng.random() < 0.3:
            rng.shuffle(words)
        predictions.append(" ".join(words) if rng.random() < 0.6 else some_text(rng))
    return predictions, references


# ROUGE, BLEU and chrF, through `evaluate`


@pytest.mark.parametrize("stem", [False, True])
def test_rouge_equals_the_package(stem):
    from rouge_score.rouge_scorer import RougeScorer

    predictions, references = some_pairs()
    kinds = ("rouge1", "rouge2", "rougeL", "rougeLsum")
    theirs = [RougeScorer(kinds, use_stemmer=stem).score(*pair) for pair in zip(references, predictions, strict=True)]
    metric = metrics.load("rouge")
    ours = metric.compute(
        predictions=predictions, references=references, use_stemmer=stem, rouge_types=kinds, use_aggregator=False
    )
    points = metrics.rouge(predictions, references, kinds, stem, details=True)
    for kind in kinds:
        assert ours[kind] == pytest.approx([score[kind].fmeasure for score in theirs], abs=1e-6)
        assert [row[kind] for row in points] == pytest.approx([100 * score[kind].fmeasure for score in theirs])
        assert [row[f"{kind}_recall"] for row in points] == pytest.approx([100 * s[kind].recall for s in theirs])
        assert [row[f"{kind}_precision"] for row in points] == pytest.approx([100 * s[kind].precision for s in theirs])
    assert len(set(ours["rougeL"])) > 50  # the texts are no trivial ones
    mean = metric.compute(predictions=predictions, references=references, use_stemmer=stem)
    assert mean == pytest.approx({kind: np.mean(ours[kind]) for kind in kinds}, abs=1e-9)


@pytest.mark.parametrize(
    "settings",
    [{}, {"tokenize": "none"}, {"lowercase": True, "tokenize": "intl"}, {"smooth": "floor"}, {"tokenize": "zh"}],
)
def test_bleu_equals_the_package(settings):
    import sacrebleu

    theirs = {("smooth_method" if name == "smooth" else name): value for name, value in settings.items()}
    predictions, references = some_pairs()
    expected = sacrebleu.corpus_bleu(predictions, [references], **theirs)
    metric = metrics.load("bleu")
    found = metric.compute(predictions=predictions, references=references, **theirs)
    assert found["score"] == pytest.approx(expected.score, abs=1e-6) and 5 < expected.score < 95
    assert found["precisions"] == pytest.approx(expected.precisions) and found["bp"] == pytest.approx(expected.bp)
    ours = metrics.bleu(predictions, references, **settings)
    assert ours["bleu"] == pytest.approx(expected.score, abs=1e-6)
    assert ours["signature"] == found["signature"]
    assert f"tok:{settings.get('tokenize', '13a')}" in found["signature"]
    singles = [metrics.sentence_bleu(*pair, **settings) for pair in zip(predictions, references, strict=True)]
    expected = [
        sacrebleu.sentence_bleu(prediction, [reference], **theirs).score
        for prediction, reference in zip(predictions, references, strict=True)
    ]
    assert singles == pytest.approx(expected, abs=1e-6)


def test_bleu_of_one_pair_at_a_time_equals_the_package():
    import sacrebleu

    metric = metrics.load("bleu")
    for prediction, reference in zip(*some_pairs(100, seed=1), strict=True):
        score = metric.compute(predictions=[prediction], references=[reference])["score"]
        assert score == pytest.approx(sacrebleu.corpus_bleu([prediction], [[reference]]).score, abs=1e-6)


def test_chrf_equals_the_package():
    import sacrebleu

    predictions, references = some_pairs()
    for word_order in (0, 2):
        expected = sacrebleu.corpus_chrf(predictions, [references], word_order=word_order).score
        found = metrics.load("chrf").compute(predictions=predictions, references=references, word_order=word_order)
        ours = metrics.chrf(predictions, references, word_order)
        assert found["score"] == ours["chrf"] == pytest.approx(expected, abs=1e-6)
        assert f"nw:{word_order}" in ours["signature"] and ours["signature"] == found["signature"]


def test_known_values():
    predictions = ["the cat sat on the mat", "a unit test checks one thing"]
    references = ["the cat is on the mat", "a unit test should check one thing"]
    assert metrics.bleu(predictions, references)["bleu"] == pytest.approx(29.39, abs=0.005)
    assert metrics.bleu(predictions, references)["brevity_penalty"] == pytest.approx(np.exp(1 - 13 / 12))
    assert metrics.chrf(predictions, references)["chrf"] == pytest.approx(60.76, abs=0.005)
    assert metrics.rouge(predictions[:1], references[:1], "rouge1")[0]["rouge1"] == pytest.approx(100 * 5 / 6)


@pytest.mark.parametrize("name", ["rouge", "bleu", "chrf"])
def test_adding_one_by_one_and_in_batches_is_the_same(name):
    metric = metrics.load(name)
    predictions, references = some_pairs(30)
    whole = metric.compute(predictions=predictions, references=references)
    for prediction, reference in zip(predictions[:10], references[:10], strict=True):
        metric.add(prediction=prediction, reference=reference)
    metric.add_batch(predictions=np.array(predictions[10:20], dtype=object), references=tuple(references[10:20]))
    metric.add_batch(predictions=predictions[20:], references=[[reference] for reference in references[20:]])
    assert metric.compute() == whole
    assert metric.compute(predictions=predictions, references=references) == whole  # what was added is gone


@pytest.mark.parametrize("name", ["rouge", "bleu", "chrf"])
def test_more_references_than_one_and_not_the_same_number_each(name):
    metric = metrics.load(name)
    predictions = ["a small unit test", "it returns the sum"]
    both = [["nothing alike", "a small unit test"], "it returns the sum"]
    found = metric.compute(predictions=predictions, references=both)
    assert found.get("score", 100 * found.get("rouge1", 0)) == pytest.approx(100)
    second = metric.compute(predictions=predictions, references=[["nothing alike"], ["it returns the sum"]])
    assert second.get("score", 100 * second.get("rouge1", 0)) < 65


def test_several_references_count_as_in_sacrebleu():
    import sacrebleu

    predictions, first = some_pairs(50)
    second = some_pairs(50, seed=3)[1]
    theirs = sacrebleu.corpus_bleu(predictions, [first, second]).score
    pairs = list(zip(first, second, strict=True))
    assert metrics.bleu(predictions, pairs)["bleu"] == pytest.approx(theirs)
    assert metrics.load("bleu").compute(predictions=predictions, references=pairs)["score"] == pytest.approx(theirs)


BAD = [
    ([], [], "predictions: the list is empty"),
    (["a"], ["a", "b"], "1 predictions but 2 references"),
    (["a", None], ["a", "b"], r"Prediction 1 is None \(NoneType\)"),
    (["a", 3], ["a", "b"], r"Prediction 1 is 3 \(int\)"),
    (["a", "b"], ["a", None], "Reference 1 is None"),
    (["a", "b"], ["a", ["b", 2]], "Reference 1 is"),
    (["a"], [[]], "Reference 0 is an empty list"),
    ("a", ["a"], r"The predictions are one text\. Put it into a list"),
    (["a"], None, "There are no references"),
]


@pytest.mark.parametrize(("predictions", "references", "message"), BAD)
def test_bad_texts_are_refused_everywhere_and_forgotten(predictions, references, message):
    for score in (metrics.rouge, metrics.bleu, metrics.chrf):
        with pytest.raises(CourseError, match=message):
            score(predictions, references)
    metric = metrics.load("rouge")
    with pytest.raises(CourseError, match=message):
        metric.compute(predictions=predictions, references=references)
    with pytest.raises(CourseError, match=message):
        metric.add_batch(predictions=predictions, references=references)
    with pytest.raises(CourseError, match="no predictions"):
        metric.compute()
    assert metric.compute(predictions=["a"], references=["a"])["rouge1"] == 1


def test_half_a_character_is_refused_and_forgotten():
    metric = metrics.load("rouge")
    with pytest.raises(CourseError, match="half a character"):
        metric.compute(predictions=["b", "a\ud800"], references=["a", "a"])
    assert metric.compute(predictions=["a"], references=["a"])["rouge1"] == 1


def test_unknown_names_and_settings_are_refused():
    texts = {"predictions": ["a"], "references": ["a"]}
    with pytest.raises(CourseError, match="no metric 'accuracy' in the course. Use one of bleu, chrf, rouge"):
        metrics.load("accuracy")
    with pytest.raises(CourseError, match="no ROUGE called 'rougeX'"):
        metrics.rouge(["a"], ["a"], kinds=["rougeX"])
    with pytest.raises(CourseError, match="no ROUGE called ''"):
        metrics.load("rouge").compute(**texts, rouge_types=[])
    with pytest.raises(CourseError, match="no tokenize='moses'"):
        metrics.load("bleu").compute(**texts, tokenize="moses")
    with pytest.raises(CourseError, match="no smooth='some'"):
        metrics.sentence_bleu("a", "a", smooth="some")


def test_a_changed_module_is_picked_up(tmp_path, monkeypatch):
    shutil.copytree(hub.MODULES / "rouge", tmp_path / "rouge")
    monkeypatch.setattr(hub, "MODULES", tmp_path)
    texts = {"predictions": ["a"], "references": ["a"]}
    assert metrics.load("rouge").compute(**texts)["rouge1"] == 1
    file = tmp_path / "rouge" / "rouge.py"
    source = file.read_text(encoding="utf-8")
    file.write_text(source.replace("float(score[kind].fmeasure)", "float(score[kind].fmeasure+7)"), encoding="utf-8")
    assert metrics.load("rouge").compute(**texts)["rouge1"] == 8


def test_metrics_combine_and_load_by_their_path_too(tmp_path, monkeypatch):
    import evaluate

    texts = {"predictions": ["a b c d e"], "references": ["a b c d f"]}
    both = evaluate.combine([metrics.load("rouge"), metrics.load("bleu")]).compute(**texts)
    assert both["rouge1"] == pytest.approx(0.8) and both["score"] == pytest.approx(66.874, abs=0.001)
    monkeypatch.setattr(evaluate.config, "HF_MODULES_CACHE", tmp_path)
    by_path = evaluate.load(str(hub.MODULES / "bleu"), cache_dir=str(tmp_path), keep_in_memory=True)
    assert by_path.compute(**texts)["score"] == both["score"]


SOMEWHERE = """
from helpers import metrics
texts = {"predictions": ["a b c d", "é"], "references": ["a b c d", "é"]}
print(*(round(metrics.load(name).compute(**texts)[key], 3) for name, key in [("rouge", "rouge1"), ("bleu", "score")]))
"""


def test_load_needs_no_hub_no_home_and_no_place(tmp_path):
    nowhere = tmp_path / "a_file"
    nowhere.write_text("no folder can be made in here", encoding="utf-8")
    homes = dict.fromkeys(["HOME", "USERPROFILE", "XDG_CACHE_HOME", "HF_HOME", "COURSE_HOME"], str(nowhere / "home"))
    environment = os.environ | homes | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    place = tmp_path / "place"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", SOMEWHERE],
        cwd=place, env=environment, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0 and done.stdout == "0.5 100.0\n", done.stdout + done.stderr
    assert "evaluate" not in done.stderr
    assert list(place.iterdir()) == []


# pass@k


@pytest.mark.parametrize(("n", "c", "k"), [(5, 2, 1), (5, 2, 3), (10, 0, 4), (10, 10, 4), (10, 9, 2), (7, 1, 7)])
def test_pass_at_k_is_the_share_of_all_choices_that_hold_a_pass(n, c, k):
    answers = [True] * c + [False] * (n - c)
    choices = list(itertools.combinations(answers, k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, choices)) / len(choices))


def test_pass_at_k_is_without_bias_where_the_obvious_estimate_is_not():
    rng = np.random.default_rng(0)
    rate, n, k = 0.2, 10, 4
    passed = rng.binomial(n, rate, size=20_000)
    truth = 1 - (1 - rate) ** k  # k fresh answers
    assert pass_at_k(n, passed, k) == pytest.approx(truth, abs=0.005)
    assert np.mean(1 - (1 - passed / n) ** k) < truth - 0.03


def test_pass_at_k_averages_over_problems_with_answers_of_their_own():
    assert pass_at_k([5, 10], [2, 0], 3) == pytest.approx(pass_at_k(5, 2, 3) / 2)
    assert pass_at_k(200, [1, 199], 1) == pytest.approx(0.5)
    assert 0 < pass_at_k(100_000, 3, 100) < 1  # the factorials of the formula would overflow
    assert pass_at_k(100_000, 99_999, 100) == 1


@pytest.mark.parametrize(
    ("n", "c", "k", "message"),
    [
        (5, 2, 6, "Choose 1 <= k <= n"),
        ([5, 3], [1, 1], 4, "has 3 answers"),
        (5, 2, 0, "Choose 1 <= k"),
        (5, 6, 1, "between 0 and n"),
        (5, -1, 1, "between 0 and n"),
        (5, 0.4, 1, "c must be whole numbers"),
        (5, float("nan"), 1, "c must be whole numbers"),
        (5, [], 1, "no problems"),
        ([5, 5], [1, 2, 3], 1, "one count of each per problem"),
        (5, "2", 1, "c must be whole numbers"),
    ],
)
def test_pass_at_k_refuses_what_cannot_be(n, c, k, message):
    with pytest.raises(CourseError, match=message):
        pass_at_k(n, c, k)


# Perplexity


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


@pytest.fixture(scope="module")
def tiny(tokenizer):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        attention_dropout=0.5,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model


TEXTS = ["def add(a, b):\n    return a + b", "", "one", "A longer text about nothing. " * 8, "тест 测试", "a b"]


def one_at_a_time(model, tokenizer, text):
    """The plain way: one text, no padding, the model's own logits. (Summed nats, tokens.)"""
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        surprise = -torch.log_softmax(model(input_ids=ids).logits[0].double(), dim=-1)
    return sum(surprise[i, ids[0, i + 1]].item() for i in range(ids.shape[1] - 1)), ids.shape[1] - 1


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("batch_tokens", [1, 60, 2048])
def test_perplexity_equals_a_plain_loop(tiny, tokenizer, monkeypatch, side, batch_tokens):
    monkeypatch.setattr(tokenizer, "padding_side", side)
    tiny.eval()
    found = metrics.perplexity(tiny, tokenizer, TEXTS, batch_tokens=batch_tokens)
    long_enough = [index for index, text in enumerate(TEXTS) if len(tokenizer(text)["input_ids"]) > 1]
    expected = {index: one_at_a_time(tiny, tokenizer, TEXTS[index]) for index in long_enough}
    assert found.skipped == len(TEXTS) - len(long_enough) == 2 and found.truncated == 0
    for index, row in enumerate(found.rows):
        if index in expected:
            nats, tokens = expected[index]
            assert row == {"nll": pytest.approx(nats / tokens, abs=1e-4), "tokens": tokens, "truncated": False}
        else:
            assert row is None
    nats, tokens = map(sum, zip(*expected.values(), strict=True))
    assert found.tokens == tokens and found.perplexity == pytest.approx(np.exp(nats / tokens), rel=1e-4)


def test_perplexity_switches_dropout_off_and_leaves_the_model_as_it_was(tiny, tokenizer):
    tiny.train()
    first, second = (metrics.perplexity(tiny, tokenizer, TEXTS) for _ in range(2))
    assert first == second and tiny.training
    assert "rows" not in repr(first)  # thousands of them
    tiny.eval()
    metrics.perplexity(tiny, tokenizer, TEXTS)
    assert not tiny.training


def test_perplexity_of_a_model_that_knows_nothing_is_the_size_of_its_vocabulary(tokenizer):
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **sizes))
    torch.nn.init.zeros_(model.lm_head.weight)
    assert metrics.perplexity(model, tokenizer, TEXTS).perplexity == pytest.approx(len(tokenizer), rel=1e-4)


def test_perplexity_counts_what_it_cuts(tiny, tokenizer):
    found = metrics.perplexity(tiny, tokenizer, TEXTS, max_length=10)
    assert found.truncated == sum(row["truncated"] for row in found.rows if row) > 0
    assert max(row["tokens"] for row in found.rows if row) == 9


def test_perplexity_refuses_what_has_no_answer(tiny, tokenizer):
    for texts in ([], [""], ["", ""]):
        with pytest.raises(CourseError, match="No text has two tokens"):
            metrics.perplexity(tiny, tokenizer, texts)
    with pytest.raises(CourseError, match="Text 1 is None"):
        metrics.perplexity(tiny, tokenizer, ["a b", None])
    with pytest.raises(CourseError, match="max_length is 1"):
        metrics.perplexity(tiny, tokenizer, TEXTS, max_length=1)
    broken = LlamaForCausalLM(tiny.config)
    torch.nn.init.constant_(broken.lm_head.weight, float("nan"))
    with pytest.raises(CourseError, match="likelihoods are NaN"):
        metrics.perplexity(broken, tokenizer, TEXTS)


# Trivial baselines


def test_baselines():
    assert metrics.name_as_words("def getEncoding(x): ...") == "Get encoding."
    assert metrics.first_words("a b c d", 2) == "a b"
    assert metrics.lead("It starts. It\nends!  Or not?", 2) == "It starts. It ends!"
    assert prompting.first_words is metrics.first_words and prompting.name_as_words is metrics.name_as_words
    with pytest.raises(CourseError, match="no `def`"):
        metrics.name_as_words("class A: pass")


def test_the_constant_is_the_text_most_like_the_others():
    texts = ["Return the sum.", "Return the mean.", "Return the largest value.", "Open a door.", "Walk."]
    best = metrics.constant(texts)

    def mean_rouge(text):
        others = [other for other in texts if other != text]
        return np.mean([row["rouge1"] for row in metrics.rouge([text] * len(others), others)])

    assert best == max(texts, key=mean_rouge)
    assert metrics.constant(texts[::-1]) == best
    assert metrics.constant(texts * 100, sample=3, seed=1) == metrics.constant(texts * 100, sample=3, seed=1)
    with pytest.raises(CourseError, match="at least two that differ"):
        metrics.constant(["same", "same"])
    with pytest.raises(CourseError, match="list is empty"):
        metrics.constant([])


# Intervals


@pytest.mark.parametrize("clusters", [None, ["a", "a", "b", "c", "c", "c", "d", "e", "e"]])
def test_bootstrap_equals_all_possible_resamples(clusters):
    """Five rows, or clusters, can be drawn in 5 ** 5 ways: the interval is made of percentiles of all their means."""
    values = np.array([0.1, 0.9, 0.35, 0.6, 0.2] if clusters is None else [1, 0, 1, 0, 0, 1, 1, 0.5, 0.25])
    keys = np.array(clusters or list("abcde"))
    groups = [values[keys == key] for key in "abcde"]
    sizes = np.array([len(group) for group in groups])
    means = [np.concatenate(drawn).mean() for drawn in itertools.product(groups, repeat=5)]
    effective = sizes.sum() ** 2 / (sizes**2).sum()
    for level in (0.5, 0.8, 0.95):
        out = stats.t.ppf((1 - level) / 2, effective - 1) * np.sqrt(effective / (effective - 1))
        expected = np.quantile(means, [stats.norm.cdf(out), stats.norm.cdf(-out)])
        found = bootstrap_interval(values, clusters, level=level, resamples=100_000)
        assert found == pytest.approx(expected, abs=0.012)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """700 experiments each leave 1.6 points of chance; tests/benchmarks/bootstrap_coverage.py prints the full table."""
    shapes = {
        "differences": (coverages.paired, 40),
        "scores": (coverages.rouge_like, 60),
        "passes": (coverages.passes, 100),
        "clusters": (coverages.clustered(1.2, 0.3, "passes"), 20),
    }
    held = {
        name: coverages.coverage(bootstrap_interval, draw, n, 700, resamples=500)[0]
        for name, (draw, n) in shapes.items()
    }
    assert all(0.93 <= share <= 0.97 for share in held.values()), held


def test_interval_widens_for_few_rows_only():
    rng = np.random.default_rng(0)
    for n, wider in ((30, 1.062), (500, 1.003)):
        values = rng.normal(size=n)
        low, high = bootstrap_interval(values)
        plain = coverages.plain_percentiles(values, None, 0, 10_000)
        assert (high - low) / (plain[1] - plain[0]) == pytest.approx(wider, abs=0.01)


def test_interval_is_the_same_however_many_numbers_are_held_at_once(monkeypatch):
    values = np.random.default_rng(0).normal(size=300)
    whole = bootstrap_interval(values)
    monkeypatch.setattr("helpers.metrics.intervals._AT_ONCE", 1)
    assert bootstrap_interval(values) == whole


def test_interval_of_equal_values_is_that_value():
    assert bootstrap_interval([0.25] * 10) == (0.25, 0.25)
    assert bootstrap_interval([0.5]) == (0.5, 0.5)


def test_interval_stays_within_the_values():
    assert bootstrap_interval([0, 1], clusters=["a", "b"]) == (0, 1)
    values, clusters = [0.0] * 1000 + [1.0], ["large"] * 1000 + ["small"]
    low, high = bootstrap_interval(values, clusters)
    assert 0 <= low <= high <= 1


def test_clusters_that_repeat_a_value_widen_the_interval():
    values = [value for value in (0, 1, 0, 1, 1, 0, 1, 0, 0, 1) for _ in range(10)]
    clusters = [index // 10 for index in range(100)]
    plain, clustered = bootstrap_interval(values), bootstrap_interval(values, clusters)
    assert clustered[1] - clustered[0] > 2 * (plain[1] - plain[0])


def test_clusters_of_one_are_no_clusters():
    values = list(np.random.default_rng(1).normal(size=40))
    assert bootstrap_interval(values) == bootstrap_interval(values, clusters=range(40))


BAD_VALUES = [
    ([], "at least one row"),
    ([1.0, float("nan")], "Row 1 of the values is nan. Leave such rows out"),
    ([float("inf"), 1], "Row 0 of the values is inf"),
    ([1, None], "Row 1 of the values is None"),
    (["0.5", "1"], "no list of numbers"),
    ([[1, 2], [3, 4]], r"shape \(2, 2\)"),
    (7, "no list of numbers"),
]


@pytest.mark.parametrize(("values", "message"), BAD_VALUES)
def test_interval_refuses_what_has_no_answer(values, message):
    with pytest.raises(CourseError, match=message):
        bootstrap_interval(values)
    with pytest.raises(CourseError, match=message.replace("values", "a")):
        paired_bootstrap(values, values)


def test_interval_refuses_keys_and_settings_that_cannot_be():
    with pytest.raises(CourseError, match="2 values but 1 clusters: give one key per row"):
        bootstrap_interval([1, 2], clusters=["a"])
    with pytest.raises(CourseError, match="level is 95"):
        bootstrap_interval([1, 2], level=95)
    with pytest.raises(CourseError, match="resamples is 0"):
        bootstrap_interval([1, 2], resamples=0)


def test_paired_bootstrap_is_the_interval_of_the_differences():
    rng = np.random.default_rng(2)
    ease = rng.random(80)
    a, b, clusters = ease + 0.1 + rng.normal(0, 0.1, 80), ease, list(range(20)) * 4
    found = paired_bootstrap(a, list(b), clusters)
    assert (found.mean_a, found.mean_b, found.n) == (pytest.approx(a.mean()), pytest.approx(b.mean()), 80)
    assert found.difference == pytest.approx(found.mean_a - found.mean_b)
    assert (found.low, found.high) == bootstrap_interval(a - b, clusters)
    assert 0 < found.low < found.difference < found.high
    low, high = bootstrap_interval(a)
    assert found.high - found.low < 0.5 * (high - low)  # what pairing is for
    assert str(paired_bootstrap([1, 3], [0, 0], level=0.5)).startswith("+2 (+1 to +3), n = 2")
    with pytest.raises(CourseError, match="a has 2 scores, b has 3"):
        paired_bootstrap([1, 2], [1, 2, 3])


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_so_many_rows_show_the_effect_in_that_share_of_experiments(power):
    rng = np.random.default_rng(1)
    pilot, _, truth = coverages.paired(rng, 100_000)
    rows = rows_needed(pilot, truth, power=power)
    assert 20 < rows < 400
    samples = [coverages.paired(rng, rows)[0] for _ in range(1500)]
    shown = [bootstrap_interval(sample, seed=i, resamples=400)[0] > 0 for i, sample in enumerate(samples)]
    assert np.mean(shown) == pytest.approx(power, abs=0.03)


def test_rows_that_resemble_each_other_are_worth_less():
    rng = np.random.default_rng(5)
    draw = coverages.clustered(0.6, 0.3, "scores")
    values, clusters, truth = draw(rng, 20_000)
    alone, together = rows_needed(values, 0.05), rows_needed(values, 0.05, clusters=clusters)
    assert together > 2 * alone
    count = round(together / (len(values) / 20_000))  # clusters that hold so many rows
    shown = []
    for experiment in range(1000):
        values, clusters, _ = draw(rng, count)
        low, _ = bootstrap_interval(values - truth + 0.05, clusters, seed=experiment, resamples=400)
        shown.append(low > 0)
    assert np.mean(shown) == pytest.approx(0.8, abs=0.05)


def test_rows_needed_grow_with_the_square():
    pilot = [1, -1] * 50
    assert rows_needed(pilot, 0.01) == pytest.approx(100 * rows_needed(pilot, 0.1), rel=0.01)
    assert rows_needed(pilot, -0.1) == rows_needed(pilot, 0.1)
    assert rows_needed(pilot, 0.1) == pytest.approx((1.96 + 0.8416) ** 2 * 100 / 0.99 + 2, abs=1)
    assert rows_needed(pilot, 1000) == 2


@pytest.mark.parametrize(
    ("differences", "effect", "message"),
    [
        ([0.1], 0.1, "One row, or one cluster, shows no spread"),
        ([0.1] * 9, 0.1, "all equal"),
        ([0.1, 0.3], 0, "The effect is 0"),
        ([0.1, 0.3], float("nan"), "The effect is nan"),
        ([], 0.1, "at least one row"),
        ([0.1, float("nan")], 0.1, "Row 1 of the differences is nan"),
    ],
)
def test_rows_needed_refuses_what_has_no_answer(differences, effect, message):
    with pytest.raises(CourseError, match=message):
        rows_needed(differences, effect)


def test_summary_holds_means_and_intervals_of_numbers_only():
    summary = summarise([{"kind": "a", "valid": 1}, {"kind": "b", "valid": 0}], cluster="kind")
    assert summary["valid"] == 0.5
    assert summary["valid_ci"] == [0.0, 1.0]
    assert set(summary) == {"valid", "valid_ci"}
    with pytest.raises(CourseError, match="no items"):
        summarise([])


def test_importing_metrics_imports_nothing_heavy():
    code = "import sys; import helpers.metrics; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    heavy = {"torch", "transformers", "evaluate", "datasets", "numpy", "scipy", "sacrebleu", "rouge_score", "nltk"}
    assert not heavy & set(ast.literal_eval(loaded.stdout))


# Mutants


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b):\n    return a + b", "return a - b"),
        ("def f(a):\n    return a < 3", "return a >= 3"),
        ("def f(a):\n    return a < 3", "return a < 4"),
        ("def f(a, b):\n    return a and b", "return a or b"),
        ("def f(a):\n    if not a:\n        return 1\n    return 2", "if a:"),
        ("def f(a):\n    return True", "return False"),
        ("def f(a):\n    a += 2\n    return a", "a -= 2"),
        ("def f(a):\n    return a[::-1]", "return a[::-2]"),
        ("def f(a):\n    if a:\n        return 1\n    return 2", "if not a:"),
        ("def f(a):\n    return 'yes'", "return 'yesx'"),
        ("def f(a, b):\n    return a + [b]", "return a"),
        ("def f(a):\n    return max(a)", "return min(a)"),
        ("def f(a):\n    return a.upper()", "return a.lower()"),
        ("def f(a):\n    return list(a)", "return None"),
    ],
)
def test_mutants_break_what_the_table_says(source, expected):
    assert any(expected in mutant for mutant in mutants(source))


def test_mutants_parse_differ_from_the_function_and_from_each_other():
    source = "def f(n):\n    if n <= 1:\n        return 1\n    return n * f(n - 1)\n"
    found = mutants(source)
    assert len(found) == len(set(found)) >= 4
    assert ast.unparse(ast.parse(source)) not in found
    assert all(ast.parse(mutant) for mutant in found)


def test_only_a_function_that_offers_nothing_else_returns_none():
    assert not any("None" in mutant for mutant in mutants("def f(a):\n    return a + 1"))


def test_a_format_is_left_alone():
    assert all(":02d}" in mutant for mutant in mutants("def f(a):\n    return f'{a + 1:02d}'"))


def test_a_docstring_is_left_alone():
    assert all("Add one." in mutant for mutant in mutants('def f(a):\n    """Add one."""\n    return a + 1'))


def test_a_function_with_nothing_to_return_has_no_return_mutant():
    assert mutants("def f(items):\n    items.clear()\n    return None\n") == []
