"""The filters that lesson 03 writes out equal transformers' processors, and `generate` samples as it says."""

import json

import pytest
import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from helpers import models
from helpers.course import ROOT
from helpers.plots import decoding, picture


@pytest.fixture(scope="module")
def lesson():
    """The functions as the lesson defines them, by name: they are read from its cells, not copied."""
    notebook = json.loads((ROOT / "notebooks" / "03_prompting_and_decoding.ipynb").read_text(encoding="utf-8"))
    scope = {"torch": torch}
    exec("import json, re", scope)
    names = ("apply_temperature", "keep_top_k", "keep_top_p", "parse_json", "result", "repeated")
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            for name in names:
                if f"def {name}(" in source:
                    start = source.index(f"def {name}(")
                    end = source.find("\n\n\n", start)
                    exec(source[start : end if end > 0 else None], scope)
    return {name: scope[name] for name in names}


def cases():
    """Logits of many shapes: flat, peaked, with ties, with -inf, of one token; in fp32 and bf16."""
    generator = torch.Generator().manual_seed(0)
    for number in range(60):
        size = [1, 2, 5, 50, 1000][number % 5]
        logits = torch.randn(size, generator=generator) * [0.1, 1, 4, 20][number % 4]
        if number % 3 == 0:
            logits = logits.round()  # ties
        if number % 7 == 0 and size > 2:
            logits[: size // 2] = -torch.inf
        yield logits.bfloat16() if number % 4 == 3 else logits


@pytest.mark.parametrize(
    ("name", "warper", "settings"),
    [
        ("apply_temperature", TemperatureLogitsWarper, [0.01, 0.5, 1.0, 3.0]),
        ("keep_top_k", TopKLogitsWarper, [1, 2, 10, 999, 10**6]),
        ("keep_top_p", TopPLogitsWarper, [0.0, 1e-6, 0.3, 0.5, 0.9, 0.999, 1.0]),
    ],
)
def test_a_filter_equals_the_librarys(lesson, name, warper, settings):
    for logits in cases():
        for setting in settings:
            ours, theirs = lesson[name](logits, setting), warper(setting)(None, logits[None])[0]
            assert torch.equal(ours, theirs), (setting, logits)
            assert torch.isfinite(ours).any(), "nothing is kept"


def test_ties_and_extremes(lesson):
    logits = torch.tensor([1.0, 3.0, 3.0, 0.0])
    assert lesson["keep_top_k"](logits, 1).isfinite().tolist() == [False, True, True, False]
    assert lesson["keep_top_p"](logits, 1.0).isfinite().all()
    assert lesson["keep_top_p"](logits, 1e-9).isfinite().sum() == 1


def test_json_is_parsed_defensively(lesson):
    wanted = {"a": int, "b": str}
    good = {"a": 1, "b": "x"}
    parse = lesson["parse_json"]
    chatty = 'Hi! ```json\n{"a": 1, "b": "x", "c": []}\n```'
    for answer in ('{"a": 1, "b": "x"}', chatty, '{oops} {"b": "x", "a": 1} {}'):
        assert parse(answer, wanted) == (good, None)
    for answer, why in [
        ("", "no JSON object"), ("[1, 2]", "no JSON object"), ('{"a": 1, "b": "x"', "broken"), ('{"a": 1}', "lacks b"),
        ('{"a": "1", "b": "x"}', "a should be int"), ('{"a": true, "b": "x"}', "bool"), ('{"a":' * 5000, "broken"),
        ('{"a": null, "b": "x"}', "NoneType"),
    ]:  # fmt: skip
        value, said = parse(answer, wanted)
        assert value is None and why in said, (answer[:40], said)


def test_the_last_number_counts(lesson):
    assert lesson["result"]("3 + 4 = 7. The answer is 7. Done in 2 steps.") == 7
    assert lesson["result"]("3 + 4 makes 7") == 7
    assert lesson["result"]("none") is None
    assert lesson["repeated"]("a b c d a b c d e f") > 0.1 and lesson["repeated"]("one two") == 0


@pytest.fixture(scope="module")
def loaded():
    return models.load_model(), models.load_tokenizer()


def test_sampling_follows_its_seed(loaded):
    chats = [[{"role": "user", "content": "Name an animal."}]] * 2

    def sampled(**settings):
        return models.generate(*loaded, chats, max_new_tokens=8, do_sample=True, **settings)

    first = sampled(seed=3)
    assert first == sampled(seed=3)
    assert first != sampled(seed=4)
    greedy = models.generate(*loaded, chats, max_new_tokens=8)
    assert sampled(seed=3, top_k=1) == greedy == sampled(seed=3, top_p=1e-6)


def test_figures_are_drawn():
    figures = [
        decoding.window({"question": 40, "answer": 20}, 100),
        decoding.distribution(["a", "b"], [0.6, 0.4], [1.0, 0.0]),
        decoding.temperatures(["a", "b"], {"1": [0.6, 0.4], "2": [0.5, 0.5]}),
        decoding.few_shot({"x": {0: (2, (1, 3)), 3: (5, (4, 6))}, "y": {0: (1, (1, 1))}}, {"x": {"a": 5}, "y": {}}),
        decoding.break_even((0, 0.1), (5, 0.05), 200, 100),
        decoding.break_even((0, 0.1), (5, 0.1), 200, float("inf")),
    ]
    assert "3 examples 5, c 7" in decoding.few_shot_alt({"x": {3: (5, (4, 6))}}, {"x": {"c": 7}})
    assert all("<img" in picture(figure, "a figure") for figure in figures)
