"""The base model's cache: made once, checked by hash, made again when damaged. Answers do not depend on the batch."""

import contextlib
import os
import shutil

import pytest
import tiny_llama

from helpers import course, models
from helpers.errors import CourseError


@pytest.fixture(scope="module")
def loaded():
    return models.load_model(), models.load_tokenizer()


def copy_of_the_cache(tmp_path, monkeypatch):
    """A COURSE_HOME of the test's own that holds the prepared model (as links, but for what the test changes)."""
    source = models.prepare()
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    models.folder().mkdir(parents=True)
    for path in source.iterdir():
        os.link(path, models.folder() / path.name) if path.stat().st_size > 1e7 else shutil.copy(path, models.folder())
    return models.folder()


def test_the_base_model_is_what_its_card_says(loaded):
    model, _ = loaded
    assert model.num_parameters() == 134_515_008
    assert type(model).__name__ == "LlamaForCausalLM"
    assert not getattr(model, "is_quantized", False)
    assert models.state() == "complete"


def test_a_complete_cache_is_used_without_the_package(tmp_path, monkeypatch):
    folder = copy_of_the_cache(tmp_path, monkeypatch)
    monkeypatch.setattr(models.assets, "repair", lambda name: pytest.fail("it asked for the package"))
    assert models.prepare() == folder


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "complete.json"])
def test_damage_is_noticed_and_mended(tmp_path, monkeypatch, name):
    folder = copy_of_the_cache(tmp_path, monkeypatch)
    damaged = folder / name
    damaged.write_bytes(damaged.read_bytes()[:-20])
    assert models.state() == "damaged"

    def dequantise(gguf, target):
        for part in ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"):
            (target / part).write_text("made again")

    monkeypatch.setattr(models.assets, "repair", lambda name: None)
    monkeypatch.setattr(models.assets, "path", lambda name, file=None: tmp_path / "model.gguf")
    monkeypatch.setattr(models, "_dequantise", dequantise)
    models.prepare()
    assert models.state() == "complete" and (folder / "config.json").read_text() == "made again"


def test_a_kill_while_dequantising_leaves_no_half_model(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))

    def interrupted(gguf, target):
        (target / "model.safetensors").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(models.assets, "repair", lambda name: None)
    monkeypatch.setattr(models.assets, "path", lambda name, file=None: tmp_path / "model.gguf")
    monkeypatch.setattr(models, "_dequantise", interrupted)
    with pytest.raises(KeyboardInterrupt):
        models.prepare()
    assert models.state() == "missing"
    assert not models.folder().exists()


def test_an_answer_does_not_depend_on_what_else_is_in_the_batch(loaded):
    model, tokenizer = loaded
    questions = ["Say hello.", "What is two plus two?", "Name a colour, and say why you like it, in one sentence."]
    chats = [[{"role": "user", "content": question}] for question in questions]
    alone = [models.generate(model, tokenizer, [chat], max_new_tokens=12)[0] for chat in chats]
    together = models.generate(model, tokenizer, chats, max_new_tokens=12, batch_size=3)
    # bf16 rounds differently for another batch shape, which can turn a near tie: most must be equal, not each.
    assert sum(one == other for one, other in zip(alone, together, strict=True)) >= 2
    assert all(together)


def test_what_prompts_share_is_read_once_and_changes_nothing(loaded, monkeypatch):
    _, tokenizer = loaded
    model = tiny_llama.model(tokenizer).eval()
    read = []

    def note(module, args, named):
        read.append((args[0] if args else named["input_ids"]).shape)

    model.register_forward_pre_hook(note, with_kwargs=True)
    monkeypatch.setattr(course, "autocast", contextlib.nullcontext)  # in fp32 both ways give the same, to rounding
    chats = [row["prompt"] for row in tiny_llama.rows(7)]

    def answers():
        read.clear()
        found = models.generate(model, tokenizer, chats, max_new_tokens=6, batch_size=3)
        return found, sum(rows * length for rows, length in read)

    (shared, tokens), _ = answers(), monkeypatch.setattr(models, "SHORTEST_PREFIX", 10**6)
    apart, more = answers()
    assert shared == apart and len(set(apart)) > 1
    assert tokens < 0.7 * more


def test_several_answers_read_each_prompt_once_and_are_what_separate_ones_are(loaded, monkeypatch):
    _, tokenizer = loaded
    model = tiny_llama.model(tokenizer).eval()
    read = []

    def note(module, args, named):
        read.append((args[0] if args else named["input_ids"]).shape)

    model.register_forward_pre_hook(note, with_kwargs=True)
    monkeypatch.setattr(course, "autocast", contextlib.nullcontext)
    chats = [row["prompt"] for row in tiny_llama.rows(5)]
    settings = {"max_new_tokens": 6, "batch_size": 8}
    greedy = models.generate(model, tokenizer, chats, **settings)
    assert len(set(greedy)) > 1
    for shortest in (1, 10**6):  # with and without what all prompts begin with read apart
        monkeypatch.setattr(models, "SHORTEST_PREFIX", shortest)
        likeliest = models.generate(model, tokenizer, chats, **settings, do_sample=True, top_k=1, samples=3)
        assert likeliest == [[text] * 3 for text in greedy]

    def tokens(asked, **more):
        read.clear()
        found = models.generate(model, tokenizer, asked, **settings, do_sample=True, **more)
        return found, sum(rows * length for rows, length in read)

    (many, few), (_, more) = tokens(chats, samples=4), tokens([chat for chat in chats for _ in range(4)])
    assert few < 0.5 * more
    assert [len(some) for some in many] == [4] * 5 and any(len(set(some)) > 1 for some in many)
    assert many == tokens(chats, samples=4)[0]


def test_several_answers_of_a_model_with_an_adapter(loaded):
    from peft import LoraConfig, get_peft_model

    _, tokenizer = loaded
    model = get_peft_model(tiny_llama.model(tokenizer), LoraConfig(target_modules="all-linear")).eval()
    chats = [row["prompt"] for row in tiny_llama.rows(2)]
    some = models.generate(model, tokenizer, chats, max_new_tokens=4, do_sample=True, samples=2)
    assert [len(texts) for texts in some] == [2, 2]


@pytest.mark.parametrize("settings", [{"samples": 0, "do_sample": True}, {"samples": 2}])
def test_a_number_of_answers_that_cannot_be_is_refused(settings):
    with pytest.raises(CourseError, match="samples"):
        models.generate(None, None, [], **settings)


def test_an_unknown_hub_model_without_a_network_ends_in_one_sentence(monkeypatch):
    monkeypatch.setenv("COURSE_MODEL", "somebody/no-such-model")
    with pytest.raises(CourseError, match="COURSE_MODEL|cannot be reached"):
        models.load_tokenizer()


def test_the_licence_is_known_without_a_network():
    assert models.licence() == "Apache-2.0" and course.model() == course.BASE_MODEL


@pytest.mark.parametrize("setting", [{"temperature": 0}, {"top_k": -1}, {"top_p": 1.5}, {"top_p": 0}])
def test_sampling_settings_that_cannot_be_are_named(setting):
    with pytest.raises(CourseError, match=next(iter(setting))):
        models.generate(None, None, [], do_sample=True, **setting)
