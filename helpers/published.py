"""The tables of README.md and data/results/README.md, written out of the files in data/results/.

`python -m helpers.published` renews them: all that stands between the lines `<!-- table: NAME -->` and `<!-- end -->`.
A test calls it, too, so a page never says what its file does not.
"""

import json
import re
import sys

from helpers.course import ROOT
from helpers.errors import CourseError
from helpers.files import write_text
from helpers.metrics import in_words
from helpers.ppo import comparing, detox

PAGES = (ROOT / "README.md", ROOT / "data" / "results" / "README.md")
MARKED = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.S)
METHODS = {"full": "full", "lora": "LoRA", "qlora": "QLoRA"}


def result(name):
    """A file of data/results/, by its name without the ending."""
    return json.loads((ROOT / "data" / "results" / f"{name}.json").read_text(encoding="utf-8"))


def values(lesson):
    """The values that `results NN` published from a CPU."""
    return result(f"{lesson}-full-cpu")["values"]


def points(found, name):
    """A value with its interval, as it is: '4.7 (1.8 to 7.4)'."""
    low, high = found[f"{name}_ci"]
    return f"{found[name]:.1f} ({low:.1f} to {high:.1f})"


def per_cent(found, name):
    """The same for what is in per cent already."""
    low, high = found[f"{name}_ci"]
    return f"{found[name]:.0f}% ({low:.0f}% to {high:.0f}%)"


def table(head, rows):
    """A Markdown table."""
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in [head, ["---"] * len(head), *rows])


def made_by(lesson):
    """What made the file of a lesson, as a sentence."""
    found = result(f"{lesson}-full-cpu")
    count = len(found["seeds"])
    seeds = f", {count} seed{'s' * (count > 1)}" if "per_seed" in found else ""
    dtype = ", in fp32" if found["settings"].get("dtype", "").startswith("float32") and "per_seed" in found else ""
    return f"Made by `{found['command']}`{seeds}, on a CPU{dtype}.\n"


def promised(bars):
    """What was promised before anything was measured, and what came of it. bars: sentence → True, False, or None where
    the measurement cannot tell.
    """
    words = {True: "met", False: "missed", None: "cannot tell"}
    groups = {words[verdict]: [bar for bar in bars if bars[bar] is verdict] for verdict in words}
    return "\nBars set beforehand. " + " ".join(
        f"{word.capitalize()}: {'; '.join(group)}." for word, group in groups.items() if group
    ) + "\n"  # fmt: skip


# --- The tables -------------------------------------------------------------------------------------------------------


def brief():
    """One question a lesson, and its answer: for the README."""
    first, memory, full, three = values("00"), values("04"), values("07"), values("09")
    writer, reward, ppo = values("11"), values("12"), values("13")
    rows = [
        ("Do a few minutes of training teach a small model to write tests that run?",
         f"Yes: {in_words(first, 'valid_tuned')} are valid, with the best prompt {in_words(first, 'valid_few_shot')}",
         "00"),
        ("… that catch a bug?", _shown(
            first, "useful_gain",
            f"{in_words(first, 'useful_tuned')} are useful, {in_words(first, 'useful_few_shot')} before"), "00"),
        ("Can the memory of a training step be predicted?",
         f"Yes: of 72 steps, half are within {memory['memory_error_median']:.2%}, all within "
         f"{memory['memory_error_max']:.2%}", "04"),
        ("Does tuning write better docstrings than the best prompt?", _shown(
            full, "rouge1_gain", f"by {points(full, 'rouge1_gain')} points of ROUGE-1"), "07"),
        ("What does it cost?",
         f"Other skills: {per_cent(full, 'base_names')} → {per_cent(full, 'tuned_names')} on a second task; after a "
         f"shorter training with some of it mixed in, {per_cent(full, 'mixed_names')}", "07"),
        ("Is LoRA as good as full fine-tuning?",
         f"LoRA − full is {points(three, 'lora_minus_full')} points of ROUGE-1, at "
         f"{three['lora']['measured_gb'] / three['full']['measured_gb']:.0%} of the memory", "09"),
        ("Can a small model write tests whose values are right?",
         f"Seldom: {in_words(writer, 'assertions_hold')} of the assertions hold; {in_words(writer, 'pass_at_1')} of "
         "the tests hold and catch a bug. Where an execution fills in the values, "
         f"{writer['aided_pass']:.0%} hold, and on functions that the program can test they catch "
         f"{in_words(writer, 'aided_mutation_score')} of the bugs", "11"),
        ("Does the model find better calls than a program?", _shown(
            writer, "aided_minus_program_only", f"{in_words(writer, 'program_only_mutation_score')} without it"), "11"),
        ("Does a reward model read the code?",
         f"From rankings alone it does not ({in_words(reward, 'stray_accuracy_rankings_only')}, a coin: 50%); with "
         f"comments on other code among its pairs, {in_words(reward, 'stray_accuracy')}; but counting shared words is "
         f"as good: {reward['rules']['more shared words, astray']:.0%}", "12"),
        ("Does PPO make a rude reviewer less rude?", _shown(
            ppo, "reduction",
            f"by {in_words(ppo, 'reduction')}, says a judge that never gave a reward; by seed {_by_seed()}"), "13"),
        ("… and does it keep its job?",
         f"As far as keywords can tell: {ppo['useful_before']:.0%} of the comments name the problem before, "
         f"{ppo['useful_after']:.0%} after", "13"),
    ]  # fmt: skip
    return table(["question", "answer, with its 95% interval", "lesson"], rows)


def _shown(found, name, words):
    """'Yes: …' where the interval of a difference is above 0, and 'Not shown: …' where it is not."""
    return f"{'Yes' if found[f'{name}_ci'][0] > 0 else 'Not shown'}: {words}"


def minutes():
    """How long each lesson runs in the lesson budget, and what it needs: `run --all --save`."""
    found = result("lesson-minutes-cpu")
    lessons = found["lessons"]
    rows = [
        ["minutes", *(f"{one['minutes']:.1f}" for one in lessons.values())],
        ["GB of memory", *(f"{one['peak_gb']:.1f}" for one in lessons.values())],
    ]
    dtype = "with bf16" if "bfloat16" in found["dtype"] else "without bf16"
    longer = [number for number, one in lessons.items() if one["minutes"] > 5]
    return (
        table(["", *lessons], rows)
        + f"\nAll {len(lessons)} one after the other, with every training made anew: "
        f"{sum(one['minutes'] for one in lessons.values()):.0f} minutes on {found['cores']} CPU cores {dtype}, "
        f"by `{found['command']}`."
        + (f" Longer than the five minutes that were set beforehand: {', '.join(longer)}." if longer else "")
        + "\n"
    )


def first_win():
    """Lesson 00."""
    found, systems = values("00"), ("zero_shot", "few_shot", "tuned")
    labels = {"valid": "valid", "assertions_hold": "assertions that hold", "useful": "useful"}
    rows = [[label, *(in_words(found, f"{name}_{system}") for system in systems)] for name, label in labels.items()]
    gain = in_words(found, "useful_gain")
    return table(["", "zero-shot", "few-shot", "tuned"], rows) + f"\nTuned − few-shot, *useful*: {gain}.\n"


def memory():
    """Lesson 04."""
    found = values("04")
    rows = [["the course's `memory.predict`",
             f"{found['memory_error_median']:.2%}, at most {found['memory_error_max']:.2%}", ""]]  # fmt: skip
    rivals = {"accelerate": "accelerate's estimate", "transformer_math": "the Transformer Math formulas"}
    for name, label in rivals.items():
        closer = f"in {found[f'closer_than_{name}']:.0%} of the steps"
        rows.append([label, f"{found[f'{name}_error_median']:.0%}", closer])
    return table(["72 training steps", "median error", "the course's is closer"], rows)


def data():
    """Lesson 05."""
    found = values("05")
    rows = [
        ["real functions with a one-sentence docstring", f"{found['rows']:,}, from {found['packages']} packages"],
        ["functions that run alone", f"{found['functions_alone']:,}"],
        ["tests by people that tell the function from a wrong one", f"{found['verified_tests']:,}"],
        ["leaks between training and held-out packages", found["leaks"]],
        ["held-out rows with a near duplicate in training, had the split been by row, before any cleaning",
         f"{found['leaks_by_row_before_cleaning']:.0%}"],
    ]  # fmt: skip
    return table(["", ""], rows)


def measuring():
    """Lesson 06."""
    found = values("06")
    rows = [
        ["the untuned model's sentences", points(found, "model_rouge1")],
        ["the function's name as words", points(found, "name_rouge1")],
        ["the difference", points(found, "model_over_name")],
        ["one sentence for all", points(found, "constant_rouge1")],
    ]
    largest = max(found["rouge_max_difference"], found["bleu_max_difference"])
    return (
        table(["100 held-out functions", "ROUGE-1"], rows)
        + f"\nAsked in both orders which of two tests is right, the model names the first in "
        f"{found['position_bias']:.0%} of the cases. "
        f"ROUGE and BLEU by hand equal their reference packages to {largest:.0e}.\n"
    )


def three_ways():
    """Lesson 09: the table that the course is known for."""
    found, by_seed = values("09"), result("09-full-cpu")["per_seed"]
    rows = [
        [label, *(form.format(found[method][name]) for method in METHODS)]
        for label, name, form in (
            ("trained numbers", "trainable", "{:,.0f}"),
            ("file to keep, fp32", "checkpoint_mb", "{:.0f} MB"),
            ("weights, gradients, optimizer", "state_gb", "{:.2f} GB"),
            ("peak of a step, measured", "measured_gb", "{:.2f} GB"),
            ("peak of a step, predicted", "predicted_gb", "{:.2f} GB"),
            ("minutes of training, one core, another one busy", "minutes", "{:.0f}"),
        )
    ]
    for label, name in (("ROUGE-1", "rouge1"), ("ROUGE-1 over the best prompt", "rouge1_gain")):
        rows.append([label, *(points(found[method], name) for method in METHODS)])
    rows.append(["points lost on a second task", *(f"{found[method]['forgetting']:.0f}" for method in METHODS)])
    low = found["lora_minus_full_ci"][0]

    def each(name):
        return f", by seed {', '.join(f'{one:.1f}' for one in by_seed[name])}"

    verdict = "LoRA is not worse than full, by the margin of one point that lesson 08 names beforehand"
    if low <= -1:
        verdict = "whether LoRA is worse than full by the point that lesson 08 names beforehand is not clear"
    return (
        table(["", *METHODS.values()], rows)
        + f"\nLoRA − full: {points(found, 'lora_minus_full')}{each('lora_minus_full')}: {verdict}. QLoRA − LoRA: "
        + f"{points(found, 'qlora_minus_lora')}{each('qlora_minus_lora')}; QLoRA keeps "
        + f"{in_words(found, 'qlora_gain_kept')} of LoRA's gain.\n"
        + promised(tuning_bars(found, values("07")))
    )


def tuning_bars(found, full):
    """What lessons 07 to 09 promised, and whether it was kept. found, full: the values of lessons 09 and 07."""
    methods = [found[method] for method in METHODS]
    return {
        "each beats the best prompt in ROUGE-1": all(one["rouge1_gain_ci"][0] > 0 for one in methods),
        "each beats it by 8 points": all(one["rouge1_gain"] >= 8 for one in methods),
        "LoRA is not worse than full by a point": found["lora_minus_full_ci"][0] > -1,
        "QLoRA keeps 95% of LoRA's gain": found["qlora_gain_kept"] >= 0.95,
        "memory within 10% of the prediction": all(
            abs(one["measured_gb"] / one["predicted_gb"] - 1) <= 0.1 for one in methods
        ),
        "QLoRA's state at most a sixth of full's": found["qlora"]["state_gb"] <= found["full"]["state_gb"] / 6,
        "mixing keeps 80% of what full forgets": full["recovered"] >= 0.8,
    }


def price():
    """Lesson 07: what full fine-tuning forgets."""
    found = values("07")
    rows = [
        ["base model, best prompt", per_cent(found, "base_names"), points(found, "base_rouge1")],
        ["all weights tuned", per_cent(found, "tuned_names"), points(found, "rouge1")],
        ["a smaller training with both jobs mixed", per_cent(found, "mixed_names"), f"{found['mixed_rouge1']:.1f}"],
    ]
    if "control_names" in found:
        control = "its control: as many rows, docstrings alone"
        rows.insert(2, [control, per_cent(found, "control_names"), f"{found['control_rouge1']:.1f}"])
    return table(["", "names the function in front of it", "docstrings, ROUGE-1"], rows)


def rows():
    """The same training on more and more rows (`tests/benchmarks/tuning_sweep.py --counts`)."""
    found = result("tuning-rows-cpu")
    lines = [
        [f"{run['rows']:,}", f"{run['validation_loss']:.2f}", f"{run['rouge1']:.1f}", f"{run['words']:.1f}"]
        for run in sorted(found["runs"], key=lambda run: run["rows"])
    ]
    head = ["rows", "validation loss, nats", "ROUGE-1 on 300 validation functions", "words a sentence"]
    return table(head, lines) + f"\nLoRA, one pass, one seed each. Made by `{found['command']}`.\n"


def speed(name="training-speed-cpu"):
    """The race of `tests/benchmarks/training_speed.py` on one machine."""
    race = result(name)
    found, rows = race["values"], []
    labels = {
        "ours_lora": "the course, LoRA", "ours_full": "the course, all weights",
        "trl_defaults": "TRL's trainer, its defaults", "trl_best": "TRL's trainer, the best settings found",
    }  # fmt: skip
    for name, label in labels.items():
        ratio = ""
        if name.startswith("trl"):
            low, high = found[f"times_{name}_range"]
            ratio = f"{found[f'times_{name}']:.1f} times ({low:.1f} to {high:.1f})"
        tokens, share = f"{found[f'{name}_tokens_per_second']:.0f}", f"{found[f'{name}_share']:.0%}"
        rows.append([label, tokens, share, ratio])
    head = ["", "tokens a second", "share of plain products", "the course's LoRA is faster"]
    return (
        table(head, rows)
        + f"\nThe best settings found: {race['trl_best']['name']}.\n"
        + f"\nMade by `{race['command'].strip()}`: medians, and the range of the rounds.\n"
        + promised({
            "4 times TRL's defaults": found["times_trl_defaults"] >= 4,
            "3 times TRL's best settings": found["times_trl_best"] >= 3,
            "40% of plain products": found["ours_lora_share"] >= 0.4,
        })
        + _to_loss(race["to_loss"])
    )  # fmt: skip


def _to_loss(found):
    if not found:
        return "Not measured: the time to the same validation loss (`--to-loss`).\n"
    names = {"ours_lora": "the course", "trl_defaults": "TRL's defaults", "trl_best": "its best settings"}
    seconds = ", ".join(f"{names[name]} {took:.0f} seconds" for name, took in found["seconds"].items())
    ends = ", ".join(
        f"{names[name]} {curve[-1][1]:.2f} nats after {curve[-1][0]:.0f} seconds"
        for name, curve in found["curves"].items()
    )
    return (
        f"To the validation loss that all three reach on {found['rows']} rows ({found['loss']:.2f} nats), LoRA at one "
        f"rate: {seconds}. At the end of the rows: {ends}.\n"
    )


def synthetic():
    """Lesson 10."""
    found = values("10")
    asked = round(found["functions"] / found["functions_with_a_pair_program"])
    rows = [
        ["functions asked about", f"{asked:,}"],
        ["… with a verified pair", f"{found['functions']:,}"],
        ["verified pairs: they held in ten runs, and kill a mutant",
         f"{found['pairs']:,}, in {found['seconds_per_pair'] * found['pairs'] / 60:.0f} minutes on two cores"],
        ["mutants that a single test kills, of all that were tried", f"{found['mutants_killed']:.0%}"],
        [f"such tests among {found['model_written']} answers of the base model, two worked examples in its prompt",
         f"{found['functions_with_a_pair_model']:.0%}"],
    ]  # fmt: skip
    return table(["", ""], rows)


def test_writer():
    """Lesson 11."""
    found = values("11")
    before = "an adapter that the tool came with before, tuned on {rows_shipped:,.0f} tests of up to two assertions"
    systems = {
        "base model, two worked examples": ("is_test_base", "valid_base", "hold_base", "pass_at_1_base"),
        before.format(**found): ("is_test_shipped", "valid_shipped", "hold_shipped", "pass_at_1_shipped"),
        f"tuned on {found['rows_tuned']:,.0f} tests of one assertion":
            ("is_test_tuned", "valid_tuned", "hold_tuned", "pass_at_1"),
    }  # fmt: skip
    if found["rows_shipped"] == found["rows_tuned"]:
        del systems[before.format(**found)]
    rows = [[label, *(in_words(found, name) for name in names)] for label, names in systems.items()]
    shares = [in_words(found, f"human_eval_{what}") for what in ("is_test", "hold", "pass_at_1")]
    rows.append(["the same, on 100 functions of HumanEval", shares[0], "", *shares[1:]])
    callers = {"the model": "model_only", "the program": "program_only", "both": "aided"}
    shares = [[label, in_words(found, f"{name}_mutation_score")] for label, name in callers.items()]
    low, high = found["aided_minus_program_only_ci"]
    return (
        table(["100 held-out functions", "is a test", "valid", "assertions that hold", "pass@1"], rows)
        + f"\nOf eight answers, drawn at a temperature of 0.6, one passes for {in_words(found, 'pass_at_8')} of the "
        f"held-out functions (a single one of them for {found['pass_at_1_drawn']:.0%}). How alike a test is to a "
        f"person's, and whether it passes: a rank correlation of {found['rank_correlation']['rougeL']:.2f} by ROUGE-L, "
        f"{found['rank_correlation']['bleu']:.2f} by BLEU. The base model as judge is right in "
        f"{found['judge_accuracy']:.0%}; always saying no is right in {1 - found['assertions_hold']:.0%}.\n\n"
        + table(["who proposes the calls; an execution fills in the values", "mutants caught"], shares)
        + f"\nBoth − program: {100 * found['aided_minus_program_only']:.1f} points "
        f"({100 * low:.1f} to {100 * high:.1f}). Of the tests written so, {found['aided_pass']:.0%} pass.\n"
        + promised({
            "98% of the answers are tests": found["is_test_tuned"] >= 0.98,
            "45% of the assertions hold": found["hold_tuned"] >= 0.45,
            "45% of the assertions hold on HumanEval": found["human_eval_hold"] >= 0.45,
            "pass@1 of 30%": found["pass_at_1"] >= 0.3,
            "pass@1 of 30% on HumanEval": found["human_eval_pass_at_1"] >= 0.3,
            "pass@8 of 60%": found["pass_at_8"] >= 0.6,
            "99% of the tests with executed values pass": found["aided_pass"] >= 0.99,
            "they catch 65% of the mutants": found["aided_mutation_score"] >= 0.65,
            "the model's calls catch more than the program's": low > 0,
        })
    )  # fmt: skip


def reward_model():
    """Lesson 12."""
    found, rows = values("12"), []
    for label, name in (("trained on rankings alone", "_rankings_only"), ("with such pairs added", "")):
        rows.append([label, *(in_words(found, f"{kind}_accuracy{name}") for kind in ("pair", "stray"))])
    rules = found["rules"]
    rows += [
        ["rule: the order of the three tones", f"{rules['the tone alone']:.0%}", ""],
        ["rule: less toxic is better", f"{rules['less toxic']:.0%}", ""],
        ["rule: shares more words with the code", "", f"{rules['more shared words, astray']:.0%}"],
        ["a coin", "50%", "50%"],
    ]
    head = ["120 held-out situations", "the better comment first", "the comment on this code before one on other code"]
    return table(head, rows)


def ppo():
    """Lesson 13."""
    found = values("13")
    rows = []
    for label, name, form, kept in (
        ("toxicity, by a judge that gave no reward", "toxicity", "{:.2f}", ("reduction", "less")),
        ("profanity, by a second judge", "profanity", "{:.2f}", ("profanity_reduction", "less")),
        ("names the problem", "useful", "{:.0%}", ("usefulness_kept", "kept")),
        ("ROUGE-1 with the courteous comment", "rouge1", "{:.1f}", ("rouge_kept", "kept")),
        ("words", "words", "{:.0f}", ("length_ratio", "kept")),
        ("different word pairs in a comment", "variety", "{:.0%}", None),
        ("reward", "reward", "{:.2f}", None),
    ):
        if f"{name}_after" not in found:
            continue  # a file from before this was recorded
        shown = [form.format(found[f"{name}_{when}"]) for when in ("before", "after")]
        change = f"{in_words(found, kept[0])} {kept[1]}" if kept and f"{kept[0]}_ci" in found else ""
        rows.append([label, *shown, change, form.format(found["free"][name]) if name in found["free"] else ""])
    start, end, free = found["kl_at_start"], found["kl"], found["free"]["kl"]
    rows.append(["KL to the start, nats a reply", f"{start:.0f}", f"{end:.1f}", "", f"{free:.0f}"])
    chosen = "best_of_reduction" in found and (
        f"\nWithout training, the best of {found['best_of']:.0f} replies by the same reward: "
        f"{in_words(found, 'best_of_reduction')} less toxicity, at {found['best_of']:.0f} times the price of a "
        f"comment, at most {detox.nats_of_best(found['best_of']):.1f} nats away.\n"
    )
    head = ["120 held-out situations", "before", "after", "", "without the price on the KL"]
    bars = comparing.bars(found) | {
        "without the price the reward rises further, and usefulness or the variety of words falls":
            found["free"]["reward"] > found["reward_after"]
            and any(found["free"][f"{name}_ci"][1] < found[f"{name}_before"] for name in ("useful", "variety")),
    }  # fmt: skip
    return table(head, rows) + f"\nLess toxicity, by seed: {_by_seed()}.\n" + (chosen or "") + promised(bars)


def _by_seed():
    return ", ".join(f"{one:.0%}" for one in result("13-full-cpu")["per_seed"]["reduction"])


def tool():
    """The tool on packages that the course knows nothing of."""
    found = result("testgen-packages")
    rows = [
        [pin.replace("==", " "), row["functions"], row["with_tests"], f"{row['seconds_per_function']:.2f}"]
        for pin, row in zip(found["packages"], found["rows"], strict=True)
    ]
    total = [sum(row[name] for row in found["rows"]) for name in ("functions", "with_tests")]
    rows.append(["all", total[0], f"{total[1]} ({found['share']:.0%})", ""])
    head = ["package", "functions that look pure", "with a test that passes", "seconds each"]
    text = table(head, rows) + f"\nMade by `{found['command']}`; a second run changed nothing.\n"
    return text + _tool_with_model()


def _tool_with_model():
    """A sentence on the runs in which the model proposed calls, too."""
    found = result("testgen-packages-model")
    each = "; ".join(
        f"{row['package']} {row['with_tests']} of {row['functions']}, {row['seconds_per_function']:.1f} seconds each"
        for row in found["rows"]
    )
    return f"\nWith calls by the model, too (`{found['command']}`): {each}.\n"


TABLES = {
    "brief": brief, "minutes": minutes, "first-win": first_win, "memory": memory, "data": data, "measuring": measuring,
    "three-ways": three_ways, "price": price, "rows": rows, "speed": speed,
    "speed-amx": lambda: speed("training-speed-cpu-amx"), "synthetic": synthetic, "test-writer": test_writer,
    "reward-model": reward_model, "ppo": ppo, "tool": tool,
}  # fmt: skip
LESSONS = {
    "first-win": "00", "memory": "04", "data": "05", "measuring": "06", "three-ways": "09", "price": "07",
    "synthetic": "10", "test-writer": "11", "reward-model": "12", "ppo": "13",
}  # fmt: skip


def renewed(text):
    """A page's text with all its tables as the files have them now."""

    def write(match):
        name = match["name"]
        if name not in TABLES:
            raise CourseError(f"There is no table {name!r}. There are: {', '.join(TABLES)}.")
        below = "\n" + made_by(LESSONS[name]) if name in LESSONS else ""
        return f"{match[1]}{TABLES[name]()}{below}{match[3]}"

    return MARKED.sub(write, text)


def main():
    """Renew both pages; says what changed."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if (after := renewed(text)) != text:
            write_text(page, after)
            print(f"renewed {page.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
