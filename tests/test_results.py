"""Published results: the shape that the design gives, and a README that says what the files say."""

import json
import re

import pytest

from helpers.course import ROOT
from helpers.metrics import in_words

FILES = sorted((ROOT / "data" / "results").glob("*.json"))


def test_there_are_results():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_result_says_what_made_it_and_gives_intervals(path):
    result = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem == f"{result['lesson']}-{result['budget']}-{result['device']}"
    assert result["command"] == f"python3 -m helpers results {result['lesson']}"
    assert result["minutes"] > 0
    if "per_seed" in result:
        assert result["seeds"] == [0, 1, 2] and result["n"] >= 100
    else:  # no seed changes it: then it keeps every row
        assert result["seeds"] == [0] and len(result["items"]) == (result["n"] or 0)
    assert re.fullmatch(r"[0-9a-f]{7,}\+?(, [0-9a-f]{7,}\+?)*", result["ran_at_commit"])  # one a resumed run
    assert {"torch", "transformers"} <= set(result["versions"])
    for name, interval in result["values"].items():
        if name.endswith("_ci"):
            low, high = interval
            assert low <= result["values"][name.removesuffix("_ci")] <= high, name


def test_lesson_00_records_what_it_promises():
    values = json.loads((ROOT / "data" / "results" / "00-full-cpu.json").read_text(encoding="utf-8"))["values"]
    for name in ("valid_zero_shot", "valid_few_shot", "valid_tuned", "assertions_hold"):
        assert 0 <= values[name] <= 1 and f"{name}_ci" in values
    assert {"assertions_hold_zero_shot", "assertions_hold_few_shot", "valid_gain", "peak_gb"} <= set(values)


def test_the_readme_says_what_the_file_says():
    values = json.loads((ROOT / "data" / "results" / "00-full-cpu.json").read_text(encoding="utf-8"))["values"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for measure, label in {"valid": "valid", "assertions_hold": "assertions that hold", "useful": "useful"}.items():
        cells = [in_words(values, f"{measure}_{system}") for system in ("zero_shot", "few_shot", "tuned")]
        assert f"| {label} | {' | '.join(cells)} |" in readme


def test_lesson_04_keeps_its_bars():
    result = json.loads((ROOT / "data" / "results" / "04-full-cpu.json").read_text(encoding="utf-8"))
    values = result["values"]
    assert result["n"] == 72
    assert values["memory_error_median"] <= 0.05 and values["memory_error_max"] <= 0.10
    assert values["closer_than_accelerate"] >= 0.9 and values["closer_than_transformer_math"] >= 0.9


def test_the_readme_says_what_lesson_04_measured():
    values = json.loads((ROOT / "data" / "results" / "04-full-cpu.json").read_text(encoding="utf-8"))["values"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{values['memory_error_median']:.2%}, at most {values['memory_error_max']:.2%}" in readme
    for rival in ("accelerate", "transformer_math"):
        error, closer = values[f"{rival}_error_median"], values[f"closer_than_{rival}"]
        assert f"| {error:.0%} | in {closer:.0%} of the steps |" in readme


def test_the_readme_says_what_lessons_05_and_06_measured():
    results = ROOT / "data" / "results"
    values = json.loads((results / "05-full-cpu.json").read_text(encoding="utf-8"))["values"]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"{values['rows']:,} real functions with a one-sentence docstring" in readme
    assert f"from {values['packages']} packages; " in readme
    assert f"{values['functions_alone']:,} functions that run alone, with {values['verified_tests']:,} tests" in readme
    assert values["leaks"] == 0 and f"{values['leaks_by_row_before_cleaning']:.0%} of the held-out rows" in readme
    values = json.loads((results / "06-full-cpu.json").read_text(encoding="utf-8"))["values"]
    assert max(values["rouge_max_difference"], values["bleu_max_difference"]) <= 1e-6
    low, high = values["model_over_name_ci"]
    assert f"score {values['model_rouge1']:.1f} ROUGE-1" in readme and f"({low:.1f} to {high:.1f})" in readme
