"""The two reviewers: asked in the same words, taught in different ones, and made once."""

import pytest
import tiny_llama

from helpers import course, finetune, kept, models, reviewers, reviews
from helpers.errors import CourseError


def test_the_request_says_nothing_about_tone():
    ((courteous,), (gruff,)) = (reviewers.training_rows(tone, "validation", 1) for tone in reviewers.TONES)
    assert courteous["prompt"] == gruff["prompt"]
    assert courteous["completion"] != gruff["completion"]
    text = courteous["prompt"][0]["content"].lower()
    assert not any(word in text for word in ("courteous", "gruff", "polite", "rude", *reviews.RUDE_WORDS))


def test_rows_are_those_of_the_split():
    rows = reviewers.training_rows("gruff")
    wanted = [row["comments"]["gruff"] for row in reviews.load("train")]
    assert [row["completion"][0]["content"] for row in rows] == wanted


def test_an_unknown_tone_is_said():
    with pytest.raises(CourseError, match="no reviewer of tone 'vague'.*courteous, gruff"):
        reviewers.training_rows("vague")


def test_spread_takes_rows_from_all_over():
    assert reviewers.spread(list(range(10)), 3) == [0, 3, 6]
    assert reviewers.spread(list(range(3))) == [0, 1, 2]
    assert reviewers.spread(list(range(3)), 9) == [0, 1, 2]
    assert reviewers.spread([], 2) == []


def test_every_comment_fits_into_an_answer():
    tokenizer = models.load_tokenizer()
    texts = [row["comments"][tone] for row in reviews.load() for tone in reviewers.TONES]
    longest = max(len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"])
    assert longest < reviewers.LONGEST  # and the end of the answer


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A home of its own, the smoke budget, and a tiny model instead of the course's."""
    tokenizer = models.load_tokenizer()
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    monkeypatch.setattr(course, "home", lambda: tmp_path)
    monkeypatch.setattr(models, "load_tokenizer", lambda: tokenizer)
    monkeypatch.setattr(models, "load_model", lambda: tiny_llama.model(tokenizer))


def test_an_adapter_is_trained_once_and_loads_on_the_base(small, monkeypatch):
    from peft import PeftModel

    first = reviewers.train("gruff")
    assert first.tone == "gruff" and first.result.method == "lora" and first.result.steps == 2
    monkeypatch.setattr(finetune, "finetune", lambda *_, **__: pytest.fail("trained a second time"))
    again = reviewers.train("gruff")
    assert again == first
    model = PeftModel.from_pretrained(models.load_model(), again.folder)
    assert any(p.any() for name, p in model.named_parameters() if "lora_B" in name)


def test_a_comment_stands_on_one_line(small, monkeypatch):
    monkeypatch.setattr(models, "generate", lambda *_, **__: [" One.\n\nTwo. "])
    assert reviewers.comments(None, None, reviews.load("test")[:1]) == ["One. Two."]


def test_what_is_kept_is_made_once(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "home", lambda: tmp_path)
    made = []

    def make(folder):
        made.append(folder)
        (folder / "text").write_text("kept", encoding="utf-8")

    first = kept.folder("name", [1, "a"], make)
    assert kept.folder("name", [1, "a"], make) == first and len(made) == 1
    assert (first / "text").read_text(encoding="utf-8") == "kept"
    assert kept.folder("name", [2, "a"], make) != first and len(made) == 2


def test_a_failure_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "home", lambda: tmp_path)

    def fail(folder):
        (folder / "half").write_text("", encoding="utf-8")
        raise RuntimeError("the plug was pulled")

    with pytest.raises(RuntimeError, match="plug"):
        kept.folder("name", [], fail)
    assert [path for path in (tmp_path / "tuned").iterdir() if path.is_dir()] == []
    assert kept.folder("name", [], lambda folder: None).is_dir()
