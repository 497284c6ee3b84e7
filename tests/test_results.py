"""Published results: the shape that the design gives, and a README that says what the files say."""

import json
import random
import re

import numpy as np
import pytest

from helpers import published
from helpers.course import ROOT
from helpers.errors import CourseError
from helpers.metrics import bootstrap_interval
from helpers.ppo import comparing
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
    values = published.values("00")
    for name in ("valid_zero_shot", "valid_few_shot", "valid_tuned", "assertions_hold"):
        assert 0 <= values[name] <= 1 and f"{name}_ci" in values
    assert {"assertions_hold_zero_shot", "assertions_hold_few_shot", "valid_gain", "peak_gb"} <= set(values)


@pytest.mark.parametrize("page", published.PAGES, ids=lambda page: page.parent.name)
def test_the_pages_say_what_the_files_say(page):
    text = page.read_text(encoding="utf-8")
    assert published.renewed(text) == text, "run: python -m helpers.published"


def test_every_table_stands_on_the_page_of_the_results():
    text = published.PAGES[1].read_text(encoding="utf-8")
    marked = {match["name"] for match in published.MARKED.finditer(text)}
    assert marked == set(published.TABLES) - {"brief", "minutes"}  # those two are the README's
    assert text.count("<!-- table:") == len(marked) == text.count("<!-- end -->")


def test_all_lessons_take_an_hour_together():
    """The bar for the series, on two cores with bf16; each lesson's own minutes are in the README."""
    found = published.result("lesson-minutes-cpu")
    numbers = [path.name[:2] for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))]
    assert list(found["lessons"]) == numbers and found["cores"] == 2
    assert sum(one["minutes"] for one in found["lessons"].values()) <= 60


def test_a_table_that_nobody_writes_is_told():
    with pytest.raises(CourseError, match="no table 'memoory'. There are: brief,"):
        published.renewed("<!-- table: memoory -->\n<!-- end -->\n")


def test_a_changed_number_is_put_right():
    text = published.PAGES[1].read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| ROUGE-1 |"))
    assert published.renewed(text.replace(row, "| ROUGE-1 | 99 | 99 | 99 |")) == text


@pytest.mark.parametrize(("low", "verdict"), [(-0.4, "LoRA is not worse than full"), (-1.2, "is not clear")])
def test_the_verdict_on_lora_follows_its_interval(monkeypatch, low, verdict):
    found = published.values("09") | {"lora_minus_full_ci": [low, 2.0]}
    others = published.values
    monkeypatch.setattr(published, "values", lambda lesson: found if lesson == "09" else others(lesson))
    assert verdict in published.three_ways()


def test_bars_are_sorted_by_what_came_of_them():
    said = published.promised({"one": True, "two": False, "three": True, "four": None})
    assert said.strip() == "Bars set beforehand. Met: one; three. Missed: two. Cannot tell: four."
    assert published.promised({"one": True}).strip() == "Bars set beforehand. Met: one."


def test_the_bars_of_the_tuning_lessons_follow_their_values():
    found, full = published.values("09"), published.values("07")
    assert list(published.tuning_bars(found, full).values()).count(False) == 2  # 8 points, and QLoRA's 95%
    better = {name: found[name] | {"rouge1_gain": 8.5} for name in published.METHODS}
    kept = published.tuning_bars(found | better | {"qlora_gain_kept": 0.96}, full)
    assert all(kept.values())
    assert not published.tuning_bars(found | {"lora_minus_full_ci": [-1.2, 1]}, full)[
        "LoRA is not worse than full by a point"
    ]


def test_what_is_not_shown_is_not_called_a_yes():
    found = {"gain_ci": [-0.1, 0.3]}
    assert published._shown(found, "gain", "by 0.1") == "Not shown: by 0.1"
    assert published._shown({"gain_ci": [0.1, 0.3]}, "gain", "by 0.2") == "Yes: by 0.2"


def test_lesson_04_keeps_its_bars():
    result = json.loads((ROOT / "data" / "results" / "04-full-cpu.json").read_text(encoding="utf-8"))
    values = result["values"]
    assert result["n"] == 72
    assert values["memory_error_median"] <= 0.05 and values["memory_error_max"] <= 0.10
    assert values["closer_than_accelerate"] >= 0.9 and values["closer_than_transformer_math"] >= 0.9


def test_lessons_05_and_06_keep_their_bars():
    assert published.values("05")["leaks"] == 0
    values = published.values("06")
    assert max(values["rouge_max_difference"], values["bleu_max_difference"]) <= 1e-6


def test_lesson_10_keeps_its_bars():
    values = published.values("10")
    assert values["pairs"] >= 2000 and values["functions"] >= 800 and values["real_fraction"] >= 0.9
    assert values["jsonl_problems"] == values["functions_in_train_and_test"] == 0


def test_the_tool_kept_its_bars_on_packages_from_outside():
    table = published.result("testgen-packages")
    assert table["share"] >= 0.6
    for row in table["rows"]:
        assert row["all_pass"] and not row["second_run_changes"] and row["seconds_per_function"] < 3  # the bar
    with_model = published.result("testgen-packages-model")
    assert len(with_model["rows"]) >= 3 and with_model["share"] >= 0.6
    for row in with_model["rows"]:
        assert row["all_pass"] and not row["second_run_changes"] and row["seconds_per_function"] <= 20


def test_lessons_07_to_09_keep_their_bars():
    values = published.values("09")
    for method in ("full", "lora", "qlora"):
        found = values[method]
        assert found["measured_gb"] == pytest.approx(found["predicted_gb"], rel=0.1)
        assert found["rouge1_gain_ci"][0] > 0, "the README says that all three beat the best prompt"
    assert values["lora_minus_full_ci"][0] > -1
    assert values["qlora"]["state_gb"] <= values["full"]["state_gb"] / 6
    assert published.values("07")["recovered"] >= 0.8


def test_it_is_the_mix_that_protects_and_not_the_shorter_training():
    values = published.values("07")
    assert values["mixed_names_ci"][0] > values["control_names_ci"][1]


def test_more_rows_are_worth_what_lesson_08_says():
    scores = {run["rows"]: run["rouge1"] for run in published.result("tuning-rows-cpu")["runs"]}
    assert sorted(scores) == [20, 80, 320, 1280]
    assert scores[20] < 5 and scores[80] > 30
    assert scores[320] - scores[80] < 1 and scores[1280] - scores[320] < 1


@pytest.mark.parametrize("machine", ["cpu", "cpu-amx"])
def test_the_speed_race_had_a_rival_with_packing(machine):
    table = published.result(f"training-speed-{machine}")
    assert any("packs" in trial["settings"] for trial in table["trl_best"]["trials"])


def test_lesson_11_keeps_what_its_page_says():
    values = published.values("11")
    assert values["aided_pass"] == 1 and values["aided_mutation_score"] >= 0.65
    assert values["is_test_tuned"] >= 0.98


def test_lesson_12_keeps_its_bar():
    assert published.values("12")["pair_accuracy_ci"][0] >= 0.9


def test_lesson_13_keeps_what_its_page_says():
    result = published.result("13-full-cpu")
    values = result["values"]
    assert result["n"] >= 100 and values["kl_at_start"] <= 1e-4
    bars = comparing.bars(values)
    assert list(bars.values()) == [True] * 8  # toxicity by two judges, usefulness by two measures, length, KL
    # Without the price the reward rises further, the policy goes much further away, and its words repeat more.
    free = values["free"]
    assert free["reward"] > values["reward_after"] > values["reward_before"]
    assert free["kl"] > 2 * values["kl"] and free["variety"] < values["variety_before"] - 0.02
    assert values["variety_after"] > values["variety_before"] - 0.02


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
