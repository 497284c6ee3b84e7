"""The test writer's rows and its judge; what trains and asks a model is seen in lesson 11."""

import pytest
import tiny_llama

from helpers.testgen import proposals, writer

DOUBLE = {"id": "d", "package": "p", "name": "double", "function": "def double(x):\n    return 2 * x\n"}
DOUBLE |= {"module": DOUBLE["function"]}
ANSWERS = [
    "```python\ndef test_double():\n    assert double(3) == 6\n```",
    "```python\ndef test_double():\n    assert double(3) == 6\n    assert double(1) == 3\n```",
    "```python\ndef test_double():\n    assert double(3) == double(3)\n```",
    "```python\ndef test_double():\n    assert double(1, 2) == 3\n```",
    "I would rather not.",
]


def test_answers_are_judged_by_execution():
    (found,) = writer.judged([DOUBLE], [ANSWERS], label=None)
    assert found == pytest.approx({"is_test": 0.8, "valid": 0.6, "held": 0.5, "passed": 1, "answers": 5})
    assert writer.pass_at([found], 1) == [pytest.approx(0.2)] and writer.pass_at([found], 5) == [1.0]


def test_calls_are_taken_from_answers_without_repeats_and_values_are_filled_in():
    calls = writer.calls_in(DOUBLE, ANSWERS)
    assert calls == ["double(3)", "double(1)", "double(1, 2)"]
    (filled,) = writer.filled([DOUBLE], calls=[calls], label=None)
    assert filled["passes"] and filled["mutation"] == 1 and "double(1, 2)" not in filled["test"]
    (nothing,) = writer.filled([DOUBLE], calls=[[]], label=None)
    assert nothing["test"] == "" and nothing["mutation"] == 0 and nothing["passes"] is None


def test_human_eval_has_no_docstrings_and_can_be_called():
    rows = writer.human_eval(5)
    assert len(rows) == 5
    for row in rows:
        assert '"""' not in row["function"] and proposals.documented(row["module"], row["name"]) == []
    (filled,) = writer.filled(rows[:1], calls=[["has_close_elements([1.0, 2.0], 0.5)"]], label=None)
    assert "is False" in filled["test"] and filled["passes"]


def test_a_training_row_asks_for_a_test_and_holds_it():
    row = writer.training_row(DOUBLE | {"test": "def test_double():\n    assert double(3) == 6\n"})
    assert "def double" in row["prompt"][0]["content"]
    assert row["completion"][0]["content"].startswith("```python\ndef test_double")


def test_rows_take_the_easiest_test_of_each_function_before_any_second(monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "smoke")  # 8 rows
    found = [
        DOUBLE | {"id": name, "test": f"def test_double():\n    assert double({nth}) == {2 * nth}\n"}
        for name in "abcdef"
        for nth in (1, 2, 3)  # the easiest first, as in the pairs
    ]
    found.append(DOUBLE | {"id": "g", "function": "def double(x):\n" + "    x\n" * 100, "test": "too long for smoke"})
    monkeypatch.setattr(writer.pairs, "training", lambda count: (found, {}))
    drawn = [[row["completion"][0]["content"] for row in writer.training_rows(seed)] for seed in (0, 0, 1)]
    for rows in drawn:
        assert len(rows) == 8 and sum("double(1)" in row for row in rows) == 6
        assert sum("double(2)" in row for row in rows) == 2
    assert drawn[0] == drawn[1]


def test_one_answer_is_the_likeliest_and_several_are_drawn(monkeypatch):
    asked = []
    monkeypatch.setattr(
        writer.models, "generate",
        lambda model, tokenizer, requests, **how: asked.append(how) or ([["a", "b"]] if "samples" in how else ["a"]),
    )  # fmt: skip
    assert writer.ask(None, None, [DOUBLE]) == [["a"]] and "do_sample" not in asked[0]
    assert writer.ask(None, None, [DOUBLE], samples=2) == [["a", "b"]]
    assert asked[1]["do_sample"] and asked[1]["temperature"] == writer.TEMPERATURE


def test_a_shipped_adapter_answers_as_the_trained_one_and_names_no_machine(tmp_path):
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model

    from helpers import models
    from helpers.testgen import shipping

    tokenizer = models.load_tokenizer()
    torch.manual_seed(0)
    base = tiny_llama.model(tokenizer)
    tuned = get_peft_model(base, LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False)).eval()
    tuned.save_pretrained(tmp_path / "trained")
    ids = torch.arange(12).reshape(1, 12)
    with torch.no_grad():
        wanted = tuned(ids).logits
    values = {"pass_at_1": 0.25, "pass_at_1_ci": [0.2, 0.3]}
    about = {"seed": 0, "rate": 0.002, "steps": 9, "rows": 72, "tested": 20}
    shipping.ship(tmp_path / "trained", values, about, tmp_path / "shipped")
    shipping.ship(tmp_path / "trained", values, about, tmp_path / "shipped")  # again, over the first
    names = {path.name for path in (tmp_path / "shipped").iterdir()}
    assert names == {shipping.WEIGHTS, shipping.CONFIG, "README.md"}
    assert not any(str(tmp_path) in path.read_text(errors="replace") for path in (tmp_path / "shipped").iterdir())
    card = (tmp_path / "shipped" / "README.md").read_text()
    assert f"{shipping.NAMES['pass_at_1']}: 25% (20% to 30%)" in card and "on 20 functions" in card and "rank 2" in card
    assert shipping.rows(tmp_path / "shipped") == 72
    loaded = PeftModel.from_pretrained(tuned.unload(), tmp_path / "shipped").eval()
    with torch.no_grad():
        assert torch.allclose(loaded(ids).logits, wanted, atol=0.02, rtol=0.02)


def test_an_adapter_that_is_too_large_is_not_shipped(tmp_path, monkeypatch):
    import torch
    from safetensors.torch import save_file

    from helpers.errors import CourseError
    from helpers.testgen import shipping

    save_file({"a": torch.zeros(8)}, tmp_path / shipping.WEIGHTS)
    (tmp_path / shipping.CONFIG).write_text('{"r": 16}')
    monkeypatch.setattr(shipping, "LARGEST", 15)
    with pytest.raises(CourseError, match="Lower the rank"):
        shipping.ship(tmp_path, {}, {}, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_likeness_to_human_tests_is_100_for_the_same_text():
    text = "def test_double():\n    assert double(3) == 6\n"
    same = writer.likeness(text, ["def test_x():\n    pass\n", text])
    other = writer.likeness("def test_double():\n    assert double(1) == 2\n", [text])
    assert same == pytest.approx({"rougeL": 100, "bleu": 100}) and other["bleu"] < 90 and other["rougeL"] < 100


def test_the_program_may_have_a_number_of_calls_for_each_function():
    few, many = writer.filled([DOUBLE, DOUBLE], count=[1, 8], label=None)
    assert few["test"].count("assert") <= 1 <= many["test"].count("assert")
