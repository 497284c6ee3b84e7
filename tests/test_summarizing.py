"""FLAN-T5 on DialogSum, with a tiny random model of that kind: each defect of the classic lab has a test here."""

import csv
import json

import local_hub
import pytest
import torch

from helpers import metrics, summarizing
from helpers.errors import CourseError
from helpers.summarizing import comparing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    data = local_hub.make_dialogsum(folder)
    local_hub.make_flan_t5(folder, text=(data / "train.csv").read_text(encoding="utf-8"))
    return folder


@pytest.fixture(scope="module")
def data(folder):
    return str(folder / "datasets" / summarizing.DATA)


@pytest.fixture
def load(folder):
    return lambda: summarizing.load(str(folder / "models" / summarizing.MODEL))


@pytest.fixture(scope="module")
def rows(data):
    return summarizing.dialogues("train", name=data)


def test_test_rows_are_dialogues_with_three_references(data):
    test = summarizing.dialogues("test", name=data)
    assert [len(row["summaries"]) for row in test] == [3] * 6
    assert len({row["dialogue"] for row in test}) == 6
    assert test == summarizing.dialogues("test", name=data)
    assert test[:2] == summarizing.dialogues("test", 2, name=data) != summarizing.dialogues("test", 2, 1, name=data)


def test_training_rows_that_are_tested_later_are_left_out(tmp_path):
    target = local_hub.make_dialogsum(tmp_path, train=3, validation=2, test=1)
    with open(target / "validation.csv", encoding="utf-8", newline="") as file:
        leaked = list(csv.reader(file))[1]
    with open(target / "train.csv", "a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["train_9", leaked[1], "Something else.", "shopping"])
    assert "train_9" not in [row["id"] for row in summarizing.dialogues("train", name=str(target))]
    assert len(summarizing.dialogues("train", name=str(target))) == 3


def test_an_unknown_split_is_named(data):
    with pytest.raises(CourseError, match="tests"):
        summarizing.dialogues("tests", name=data)


@pytest.mark.parametrize("asking", summarizing.ASKING.values())
@pytest.mark.parametrize("window", [40, 63])
def test_a_long_dialogue_is_cut_and_the_words_around_it_are_not(load, asking, window):
    _, tokenizer = load()
    dialogue = "\n".join(f"#Person{n % 2}#: Do you sell {n} coats?" for n in range(80))
    text = summarizing.prompt(tokenizer, dialogue, asking, window)
    before, after = asking
    assert text.startswith(before) and text.endswith(after)
    assert dialogue.startswith(text[len(before) : -len(after)])
    assert window - 2 <= len(tokenizer(text)["input_ids"]) <= window
    cut_by_the_tokenizer = tokenizer(before + dialogue + after, truncation=True, max_length=window)["input_ids"]
    assert after.strip() not in tokenizer.decode(cut_by_the_tokenizer)  # the lab's way


def test_a_short_dialogue_is_kept_and_a_tiny_window_is_refused(load):
    _, tokenizer = load()
    before, after = summarizing.INSTRUCTION
    assert summarizing.prompt(tokenizer, "#Person1#: Thanks.") == f"{before}#Person1#: Thanks.{after}"
    least = len(tokenizer(before + after)["input_ids"])
    assert summarizing.prompt(tokenizer, "#Person1#: Thanks.", window=least) == before + after
    with pytest.raises(CourseError, match="Allow more than 3"):
        summarizing.prompt(tokenizer, "Hello", window=3)


def test_padding_is_no_part_of_the_loss(load, rows):
    model, tokenizer = load()
    uneven = [rows[0] | {"summaries": ["Yes."]}, rows[1] | {"summaries": ["#Person1# buys tea from #Person2# today."]}]
    examples = list(summarizing.encoded(tokenizer, uneven))
    collate = summarizing.collator(tokenizer, model)
    batch = collate([dict(each) for each in examples])
    lengths = [len(each["labels"]) for each in examples]
    assert lengths[0] < lengths[1]
    assert (batch["labels"] != -100).sum(1).tolist() == lengths
    assert tokenizer.pad_token_id not in batch["labels"]
    with torch.no_grad():
        alone = [model(**collate([dict(each)])).loss.item() for each in examples]
        together = model(**batch).loss.item()
    expected = sum(loss * length for loss, length in zip(alone, lengths, strict=True)) / sum(lengths)
    assert together == pytest.approx(expected, rel=1e-4)


def test_a_summary_that_is_too_long_is_left_out_and_not_cut(load, rows):
    _, tokenizer = load()
    summaries = ["Yes.", "#Person1# buys tea. " * 60, "#Person2# sells tea."]
    examples = summarizing.encoded(tokenizer, [rows[0] | {"summaries": summaries}])
    assert [tokenizer.decode(each["labels"], skip_special_tokens=True) for each in examples] == summaries[::2]


def test_a_comparison_that_was_stopped_goes_on_with_the_next_method(folder, data, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    trained, original = [], comparing.train

    def stopping(*asks, **how):
        trained.append(asks[3])
        if trained == ["full", "lora"]:
            raise KeyboardInterrupt
        return original(*asks, **how)

    monkeypatch.setattr(comparing, "train", stopping)
    model = str(folder / "models" / summarizing.MODEL)
    with pytest.raises(KeyboardInterrupt):
        summarizing.compare(model=model, data=data)
    result = summarizing.compare(model=model, data=data)
    assert trained == ["full", "lora", "lora"] and {"full", "lora"} < set(result["values"])
    assert summarizing.compare(model=model, data=data) == result and len(trained) == 3


def test_models_share_nothing_and_have_fp32_weights(load):
    (one, _), (other, _) = load(), load()
    assert {weight.data_ptr() for weight in one.parameters()}.isdisjoint(w.data_ptr() for w in other.parameters())
    assert {weight.dtype for weight in one.parameters()} == {torch.float32}
    # As the published checkpoint: the output layer is one of its own, and its inputs are not scaled.
    assert one.lm_head.weight is not one.shared.weight and not one.config.scale_decoder_outputs
    assert not one.training


def test_full_training_learns_over_real_epochs(load, rows, data):
    model, tokenizer = load()
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    validation = summarizing.dialogues("validation", name=data)
    trained = summarizing.train(model, tokenizer, rows, "full", validation=validation, epochs=3, learning_rate=1e-2)
    assert len(trained.losses) == 9 and [step for step, _ in trained.evaluations] == [3, 6, 9]
    assert trained.evaluations[-1][1] < trained.evaluations[0][1] < trained.losses[0]
    assert trained.trainable == trained.parameters == sum(weight.numel() for weight in before.values())
    assert all(not torch.equal(weight, before[name]) for name, weight in trained.model.named_parameters())
    assert not trained.model.training


@pytest.mark.parametrize("method", ["lora", "lora-all"])
def test_adapters_alone_are_trained(load, rows, method):
    model, tokenizer = load()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    trained = summarizing.train(model, tokenizer, rows[:8], method, epochs=4, learning_rate=3e-2)
    after = trained.model.get_base_model().state_dict()
    for name, weight in before.items():
        kept = name if name in after else name.replace(".weight", ".base_layer.weight")
        assert torch.equal(after[kept], weight), f"{name} was frozen, and changed"
    assert trained.losses[-1] < trained.losses[0] and trained.evaluations == []
    assert 0 < trained.trainable < trained.parameters


@pytest.mark.parametrize(("method", "trainable"), [("lora", 3_538_944), ("lora-all", 13_565_952)])
def test_flan_t5_base_gets_as_many_trainable_weights_as_in_the_lab(method, trainable):
    from transformers import T5Config, T5ForConditionalGeneration

    sizes = dict(vocab_size=32128, d_model=768, d_kv=64, d_ff=2048, num_layers=12, num_decoder_layers=12, num_heads=12)
    with torch.device("meta"):
        model = T5ForConditionalGeneration(T5Config(**sizes, feed_forward_proj="gated-gelu", decoder_start_token_id=0))
    model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
    assert model.num_parameters() == 247_577_856
    adapted = summarizing.adapted(model, method)
    assert adapted.get_nb_trainable_parameters() == (trainable, 247_577_856 + trainable)


def test_methods_that_do_not_exist_and_no_rows_are_named(load):
    model, tokenizer = load()
    with pytest.raises(CourseError, match="qlora"):
        summarizing.train(model, tokenizer, [], "qlora")
    with pytest.raises(CourseError, match="no dialogues"):
        summarizing.train(model, tokenizer, [], "full")
    with pytest.raises(CourseError, match="qlora"):
        summarizing.compare(["qlora"])
    with pytest.raises(CourseError, match="no method"):
        summarizing.compare([])


def test_summaries_depend_on_neither_dropout_nor_order_nor_batch(load, rows):
    model, tokenizer = load()
    model = model.train()  # dropout on, as a Trainer leaves it
    together = summarizing.write(model, tokenizer, rows[:5], batch_size=5)
    alone = [summarizing.write(model, tokenizer, [row])[0] for row in rows[:5]]
    # bf16 rounds differently for another batch, which can turn a near tie: most must be equal, not each.
    assert sum(one == other for one, other in zip(alone, together, strict=True)) >= 3
    assert summarizing.write(model, tokenizer, rows[:5], batch_size=5) == together


def test_the_best_reference_counts_and_the_labs_way_is_kept_beside_it():
    row = {"summaries": ["Ann buys tea", "Ben sells bread", "it rains"]}
    (score,) = summarizing.scores(["Ben sells tea"], [row])
    assert score["rouge1"] == pytest.approx(200 / 3)
    assert score["rouge1_single"] == pytest.approx((100 / 3 + 200 / 3 + 0) / 3)
    assert score["words"] == 3 and "rougeLsum" not in score


def test_the_base_model_is_asked_in_its_best_way(monkeypatch, rows):
    good = summarizing.ASKING["a question"]
    answers = lambda model, tokenizer, rows, asking, label: [  # noqa: E731
        row["summaries"][0] if asking == good else "No idea." for row in rows
    ]
    monkeypatch.setattr(comparing, "write", answers)
    assert summarizing.best_asking(None, None, rows[:3], rows) == ("a question", good)


def test_an_example_is_a_whole_short_dialogue(load, rows):
    _, tokenizer = load()
    before, after = summarizing.asking_with_example(rows)
    shortest = min(rows, key=lambda row: len(row["dialogue"]))
    assert shortest["dialogue"] in before and shortest["summaries"][0] in before and before.count("Summary:") == 1
    text = summarizing.prompt(tokenizer, rows[5]["dialogue"], (before, after))
    assert text.count("Summary:") == 2 and rows[5]["dialogue"] in text


def planted(data):
    """Values of a comparison whose answers are known: LoRA repeats a reference, full half of one, the base nothing."""
    test = summarizing.dialogues("test", name=data)
    answers = summarizing.baselines(test, summarizing.dialogues("train", name=data)) | {
        "base": ["nothing"] * len(test),
        "full": [metrics.first_words(row["summaries"][1], 3) for row in test],
        "lora": [row["summaries"][2] for row in test],
    }
    took = {"trainable": 7, "checkpoint_mb": 1.0, "minutes": 2.0}
    return comparing._values(answers, test, {"full": took, "lora": took | {"trainable": 3}})


def test_gains_and_differences_come_with_intervals(data):
    values = planted(data)
    assert values["lora"]["rouge1"] == values["lora"]["rouge1_gain"] == pytest.approx(100)
    assert values["lora"]["rouge1_gain_ci"] == pytest.approx([100, 100])
    low, high = values["lora"]["minus_full_ci"]
    assert values["lora"]["minus_full"] == pytest.approx(100 - values["full"]["rouge1"])
    assert 0 < low <= values["lora"]["minus_full"] <= high and "minus_full" not in values["full"]
    assert values["base"]["rouge1"] == 0 and values["lora"]["rouge1_single"] < 100
    assert values["one sentence for all"]["rouge1"] > 0 and values["a person"]["words"] > 3


def test_a_result_is_data_and_its_table_shows_every_system(data):
    settings = {"model": "m", "data": "d", "training_rows": 9, "epochs": 3, "device": "cpu", "seed": 0}
    result = {
        "n": 6,
        "values": planted(data),
        "settings": settings | {"base_asked_with": "a question"},
        "classic": summarizing.CLASSIC,
    }
    text = summarizing.table(json.loads(json.dumps(result)))
    lines = {line.split("  ")[0]: line for line in text.splitlines()[2:]}
    assert {*result["values"]} < set(lines)
    assert "100.0 [100.0, 100.0]" in lines["lora"] and "40.8" in lines["lora"]
    assert "42.2" in lines["full"] and "23.3" in lines["base"] and "a question" in text
