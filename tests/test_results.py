"""Published results: the shape that the design gives, and a README that says what the files say."""

import json
import random
import re

import numpy as np
import pytest

from helpers.course import ROOT
from helpers.metrics import bootstrap_interval, in_words
from helpers.tables import nested, pool, ratio_interval, table

FILES = sorted((ROOT / "data" / "results").glob("[0-9][0-9]-*.json"))  # the others are no lesson's


def test_there_are_results():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_result_says_what_made_it_and_gives_intervals(path):
    result = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem == f"{result['lesson']}-{result['budget']}-{result['device']}"
    command = re.fullmatch(rf"python3 -m helpers results {result['lesson']}( --seeds ([12]))?", result["command"])
    assert command and result["minutes"] > 0
    if "per_seed" in result:
        assert result["seeds"] == [0, 1, 2][: int(command[2] or 3)] and result["n"] >= 100
    else:  # no seed changes it: then it keeps every row
        assert result["seeds"] == [0] and len(result["items"]) == (result["n"] or 0)
    assert re.fullmatch(r"[0-9a-f]{7,}\+?(, [0-9a-f]{7,}\+?)*", result["ran_at_commit"])  # one a resumed run
    assert {"torch", "transformers"} <= set(result["versions"])
    for values in [result["values"], *(part for part in result["values"].values() if isinstance(part, dict))]:
        for name, interval in values.items():
            if name.endswith("_ci"):
                low, high = interval
                assert low <= values[name.removesuffix("_ci")] <= high, name


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


def test_the_readme_says_what_lesson_10_measured():
    values = json.loads((ROOT / "data" / "results" / "10-full-cpu.json").read_text(encoding="utf-8"))["values"]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"{values['pairs']:,} verified pairs of a test and a real function, for {values['functions']:,} of" in readme
    assert f"made in {values['seconds_per_pair'] * values['pairs'] / 60:.0f} minutes" in readme
    assert f"kills {values['mutants_killed']:.0%} of its function's mutants" in readme
    assert f"Of {values['model_written']} answers" in readme and values["functions_with_a_pair_model"] == 0
    assert values["pairs"] >= 2000 and values["functions"] >= 800 and values["real_fraction"] >= 0.9
    assert values["jsonl_problems"] == values["functions_in_train_and_test"] == 0


def test_the_readme_says_what_the_tool_did_on_packages_from_outside():
    table = json.loads((ROOT / "data" / "results" / "testgen-packages.json").read_text(encoding="utf-8"))
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"without a model: {table['share']:.0%} of the public functions that look pure" in readme
    for row in table["rows"]:
        assert row["all_pass"] and not row["second_run_changes"] and row["seconds_per_function"] < 2


def test_the_readme_says_what_lesson_09_published():
    values = json.loads((ROOT / "data" / "results" / "09-full-cpu.json").read_text(encoding="utf-8"))["values"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {
        "weights, gradients, optimizer": ("state_gb", "{:.2f} GB"),
        "peak of a step, measured": ("measured_gb", "{:.2f} GB"),
        "peak of a step, predicted": ("predicted_gb", "{:.2f} GB"),
        "tokens a second, one core": ("tokens_per_second", "{:.0f}"),
    }
    for label, (name, form) in rows.items():
        cells = [form.format(values[method][name]) for method in ("full", "lora", "qlora")]
        assert f"| {label} | {' | '.join(cells)} |" in readme
    for method in ("full", "lora", "qlora"):
        found = values[method]
        assert found["measured_gb"] == pytest.approx(found["predicted_gb"], rel=0.1)
        for name in ("rouge1", "rouge1_gain"):
            low, high = found[f"{name}_ci"]
            assert f"{found[name]:.1f} ({low:.1f} to {high:.1f})" in readme
        assert found["rouge1_gain_ci"][0] > 0, "the README says that all three beat the best prompt"
    low, high = values["lora_minus_full_ci"]
    assert f"LoRA − full: {values['lora_minus_full']:.1f} ({low:.1f} to {high:.1f})" in readme and low < 0 < high
    low, high = values["qlora_gain_kept_ci"]
    assert f"keeps {values['qlora_gain_kept']:.0%} ({low:.0%} to {high:.0%}) of LoRA's gain" in readme
    assert values["qlora"]["state_gb"] <= values["full"]["state_gb"] / 6


def test_the_readme_says_what_the_speed_race_found():
    values = published_values("training-speed-cpu")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for row, name in {"the course, LoRA": "ours_lora", "the course, all weights": "ours_full"}.items():
        assert f"| {row} | {values[f'{name}_tokens_per_second']:.0f} | {values[f'{name}_share']:.0%} | |" in readme
    rivals = {
        "TRL's trainer, its defaults": "trl_defaults",
        "TRL's trainer, the best settings that a search found, packing included": "trl_best",
    }
    for row, name in rivals.items():
        low, high = values[f"times_{name}_range"]
        cells = f"{values[f'{name}_tokens_per_second']:.0f} | {values[f'{name}_share']:.0%}"
        assert f"| {row} | {cells} | {values[f'times_{name}']:.1f} times ({low:.1f} to {high:.1f}) |" in readme
    table = json.loads((ROOT / "data" / "results" / "training-speed-cpu.json").read_text(encoding="utf-8"))
    assert any("packs" in trial["settings"] for trial in table["trl_best"]["trials"])


def published_values(name):
    return json.loads((ROOT / "data" / "results" / f"{name}.json").read_text(encoding="utf-8"))["values"]


def test_the_readme_says_what_lesson_07_published():
    values = published_values("07-full-cpu")
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    for name, words in {
        "base": "the base model is right",
        "tuned": "the fully tuned one",
        "mixed": "it is right",
    }.items():
        low, high = values[f"{name}_names_ci"]
        assert f"{words} in {values[f'{name}_names']:.0f}% ({low:.0f}% to {high:.0f}%)" in readme
    assert f"at {values['mixed_rouge1']:.1f} ROUGE-1" in readme and values["recovered"] >= 0.8


def test_the_readme_says_what_lesson_11_published():
    values = published_values("11-full-cpu")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for row, names in {
        "base model, two worked examples": ("is_test_base", "hold_base", "pass_at_1_base"),
        "tuned on 720 pairs": ("is_test_shipped", "hold_shipped", "pass_at_1_shipped"),
        "tuned on all 2,819 pairs, the adapter the tool comes with": ("is_test_tuned", "hold_tuned", "pass_at_1"),
    }.items():
        assert f"| {row} | {' | '.join(in_words(values, name) for name in names)} |" in readme
    assert f"one passes for {in_words(values, 'pass_at_8')} of the functions" in readme
    assert f"kills {in_words(values, 'aided_mutation_score')}" in readme
    assert f"kills {in_words(values, 'program_only_mutation_score')}" in readme
    shares = (f"{values[name]:.0%}" for name in ("valid_tuned", "valid_shipped"))
    assert "answers valid ({} instead of {})".format(*shares) in readme
    assert values["aided_pass"] == 1
    shows = values["aided_minus_program_only_ci"][0] > 0
    assert ("calls add a little" if shows else "calls are not shown to add anything") in readme


def test_the_readme_says_what_lesson_12_published():
    values = published_values("12-full-cpu")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    paragraph = next(line for line in readme.split("\n\n") if line.startswith("**A reward model**"))
    for name in ("pair_accuracy", "stray_accuracy"):
        for suffix in ("", "_rankings_only"):
            assert in_words(values, name + suffix) in paragraph
    rules = values["rules"]
    assert f"right in {rules['less toxic']:.0%}" in paragraph
    assert f"alone is right in {rules['the tone alone']:.0%} of the ranked pairs" in paragraph
    assert f"in {rules['more shared words, astray']:.0%} of the others" in paragraph
    assert values["pair_accuracy_ci"][0] >= 0.9


def test_the_readme_says_what_lesson_13_published():
    values = published_values("13-full-cpu")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    paragraph = " ".join(next(part for part in readme.split("\n\n") if part.startswith("**PPO**")).split())
    assert f"from {values['toxicity_before']:.2f} to {values['toxicity_after']:.2f}," in paragraph
    low, high = values["reduction_ci"]
    assert f"{values['reduction']:.0%} less ({low:.0%} to {high:.0%}), at {values['kl']:.1f} nats a reply" in paragraph
    assert values["reduction"] < 0.6, "the README says that the bar of 60% was missed"
    for name in ("profanity_reduction", "usefulness_kept", "length_ratio"):
        assert in_words(values, name) in paragraph
    free = values["free"]
    assert f"rose by {free['reward_gain']:.1f} and" in paragraph and values["kl_at_start"] <= 1e-4
    assert f"at {free['kl']:.0f} nats, {free['useful']:.0%} of them naming the problem" in paragraph


# Pooling of values by method, which lesson 09 records


def by_method(seed, rows=60):
    """A record as lesson 09 writes it: values nested by method, a paired difference, and a ratio of two gains."""
    luck, noise = random.Random(0), random.Random(seed)
    items = []
    for row in range(rows):
        base = luck.uniform(5, 40)
        lora, qlora = (base + gain + noise.gauss(0, 4) for gain in (10, 9))
        items.append(
            {
                "id": str(row),
                "package": f"p{row % 12}",
                "lora.rouge1": lora,
                "lora.rouge1_gain": lora - base,
                "qlora.rouge1_gain": qlora - base,
                "qlora_gain_kept": [qlora - base, lora - base],
            }
        )
    gains = {name: sum(item[f"{name}.rouge1_gain"] for item in items) / rows for name in ("lora", "qlora")}
    values = {name: {"rouge1_gain": gain, "trainable": 100, "minutes": 1.0 + seed} for name, gain in gains.items()}
    return {
        "lesson": "09", "budget": "full", "device": "cpu", "seed": seed, "n": rows, "minutes": 3.0, "settings": {},
        "versions": {}, "ran_at_commit": "abc1234", "cluster": "package", "items": items,
        "values": values | {"qlora_gain_kept": gains["qlora"] / gains["lora"], "peak_gb": 3.0, "minutes": 3.0},
    }  # fmt: skip


@pytest.fixture(scope="module")
def pooled():
    return pool([by_method(seed) for seed in (0, 1, 2)])


def test_pooled_items_go_into_the_part_that_their_name_says(pooled):
    lora = pooled["values"]["lora"]
    means = [sum(run["items"][row]["lora.rouge1_gain"] for run in map(by_method, (0, 1, 2))) / 3 for row in range(60)]
    assert lora["rouge1_gain"] == pytest.approx(sum(means) / 60)
    clusters = [f"p{row % 12}" for row in range(60)]
    assert lora["rouge1_gain_ci"] == pytest.approx(bootstrap_interval(means, clusters, seed=0))
    assert lora["rouge1_ci"][0] < lora["rouge1"] < lora["rouge1_ci"][1]
    assert lora["trainable"] == 100 and lora["minutes"] == 2.0  # means over seeds; only the lesson's own minutes go
    assert not any("." in name for name in pooled["values"])
    assert len(pooled["per_seed"]["lora.rouge1_gain"]) == 3


def test_a_pooled_ratio_divides_sums_and_keeps_its_seeds(pooled):
    values = pooled["values"]
    assert values["qlora_gain_kept"] == pytest.approx(values["qlora"]["rouge1_gain"] / values["lora"]["rouge1_gain"])
    low, high = values["qlora_gain_kept_ci"]
    assert 0.7 < low < values["qlora_gain_kept"] < high < 1.1
    for seed, kept in enumerate(pooled["per_seed"]["qlora_gain_kept"]):
        assert kept == pytest.approx(by_method(seed)["values"]["qlora_gain_kept"])


def test_a_pooled_table_shows_nested_intervals(pooled):
    lines = table(pooled).split("\n")
    assert any(line.startswith("lora.rouge1_gain ") and "[" in line for line in lines)
    assert any(line.startswith("qlora_gain_kept ") and "[" in line for line in lines)
    assert not any("_ci" in line for line in lines)


def test_an_interval_of_a_ratio_is_that_of_the_resampled_ratios():
    rng = np.random.default_rng(0)
    below = rng.normal(10, 8, 300)
    above = 0.9 * below + rng.normal(0, 3, 300)
    drawn = rng.integers(0, 300, (10_000, 300))
    ratios = above[drawn].sum(1) / below[drawn].sum(1)
    plain = [float(end) for end in np.quantile(ratios, [0.025, 0.975])]
    assert list(ratio_interval(above, below)) == pytest.approx(plain, abs=0.004)


def test_a_ratio_of_something_that_may_be_zero_has_no_interval():
    assert ratio_interval([1.0, 2.0, 3.0], [-1.0, 1.0, 0.5]) is None
    runs = [by_method(0), by_method(1)]
    for run in runs:
        for item in run["items"]:
            item["qlora_gain_kept"] = [1.0, random.Random(item["id"]).uniform(-1, 1)]
        run["values"]["qlora_gain_kept"] = None
    assert "qlora_gain_kept" not in pool(runs)["values"]


def test_dotted_names_become_dicts():
    assert nested({"a.b": 1, "a.c": 2, "d": 3}) == {"a": {"b": 1, "c": 2}, "d": 3}
