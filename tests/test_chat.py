"""Chat formats as their vendors write them, the labels of TRL, and prompts that keep their question."""

from pathlib import Path

import pytest
import trl

from helpers import chat, models
from helpers.errors import CourseError

VENDORS = Path(trl.__file__).parent / "chat_templates"  # TRL carries the vendors' own templates
SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Add 1 and 2.\n\nPlease."},
]


@pytest.fixture(scope="module")
def tokenizer():
    return models.load_tokenizer()


def written(tokenizer, template, messages, **options):
    return tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False, **options)


CONVERSATIONS = [ASKED[:1], ASKED[:2], ASKED]
both = pytest.mark.parametrize("generation", [False, True])


@both
@pytest.mark.parametrize("messages", CONVERSATIONS)
@pytest.mark.parametrize("name, bos", [("llama3", "<|begin_of_text|>"), ("gemma", "<bos>")])
def test_equal_to_the_vendors_template(tokenizer, name, bos, messages, generation):
    vendors = (VENDORS / f"{name}.jinja").read_text(encoding="utf-8")
    options = {"add_generation_prompt": generation}
    expected = written(tokenizer, vendors, messages, bos_token=bos, **options)
    assert expected.startswith(bos) and written(tokenizer, chat.formats()[name], messages, **options) == expected


def test_llama3_writes_a_system_message_as_its_vendor(tokenizer):
    vendors = (VENDORS / "llama3.jinja").read_text(encoding="utf-8")
    expected = written(tokenizer, vendors, [SYSTEM, *ASKED], bos_token="<|begin_of_text|>")
    assert written(tokenizer, chat.formats()["llama3"], [SYSTEM, *ASKED]) == expected


@both
def test_chatml_is_the_base_models_own(tokenizer, generation):
    messages = [SYSTEM, *ASKED]
    own = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=generation)
    assert written(tokenizer, chat.formats()["chatml"], messages, add_generation_prompt=generation) == own


# As Meta's llama repository and Mistral's page on tokenization print them.
LLAMA2 = "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello. </s><s>[INST] Add 1 and 2.\n\nPlease. [/INST]"
MISTRAL = "<s>[INST] Hi[/INST] Hello.</s>[INST] Be brief.\n\nAdd 1 and 2.\n\nPlease.[/INST]"


@both
@pytest.mark.parametrize("name, expected", [("llama2", LLAMA2), ("mistral", MISTRAL)])
def test_equal_to_what_the_vendors_print(tokenizer, name, expected, generation):
    template = chat.formats()[name]
    assert written(tokenizer, template, [SYSTEM, *ASKED], add_generation_prompt=generation) == expected
    plain = expected.replace("<<SYS>>\nBe brief.\n<</SYS>>\n\n", "").replace("Be brief.\n\n", "")
    assert written(tokenizer, template, ASKED) == plain


@pytest.mark.parametrize("name", ["llama2", "mistral", "gemma"])
def test_a_system_message_in_the_wrong_place_is_an_error(tokenizer, name):
    with pytest.raises(Exception, match="system"):
        written(tokenizer, chat.formats()[name], [*ASKED, SYSTEM])


def test_every_format_has_a_row_in_the_card():
    card = (chat.course.ROOT / "data" / "cards" / "chat_templates.md").read_text(encoding="utf-8")
    assert len(chat.formats()) == 5
    assert all(f"`{name}.jinja`" in card for name in chat.formats())


def test_a_system_message_moves_into_the_first_question():
    assert chat.without_system([SYSTEM, *ASKED])[0] == {"role": "user", "content": "Be brief.\n\nHi"}
    assert chat.without_system([SYSTEM, *ASKED])[1:] == ASKED[1:]
    assert chat.without_system(ASKED) == ASKED
    with pytest.raises(CourseError, match="no user message"):
        chat.without_system([SYSTEM, ASKED[1]])


def test_labels_keep_the_end_and_mask_prompt_and_padding():
    assert chat.labels([2, 5, 6, 2, 2, 2], 2, [1, 1, 1, 1, 0, 0]) == [-100, -100, 6, 2, -100, -100]


def test_labels_equal_those_of_trl(tokenizer):
    rows = [
        {"prompt": [SYSTEM, *ASKED], "completion": [{"role": "assistant", "content": "3"}]},
        {"prompt": ASKED[:1], "completion": [{"role": "assistant", "content": "Hello.\n\n  😀 <|im_end|> said"}]},
        {"prompt": ASKED[2:], "completion": [{"role": "assistant", "content": "\nIt is 3, or \n"}]},
    ]
    batch = chat.trl_batch(tokenizer, rows)
    assert len({len(row) for row in batch["input_ids"] + batch["labels"]}) == 1
    for row, ids, labels in zip(rows, batch["input_ids"], batch["labels"], strict=True):
        own, prompt_length = chat.example(tokenizer, row["prompt"], row["completion"])
        attention = [1] * len(own) + [0] * (len(ids) - len(own))
        assert ids[: len(own)] == own
        assert labels == chat.labels(ids, prompt_length, attention)


def test_a_prompt_that_changes_before_its_answer_is_told(tokenizer, monkeypatch):
    # Written with this tokenizer, Llama 3's two line breaks are one token alone, and two before a letter.
    monkeypatch.setattr(tokenizer, "chat_template", chat.formats()["llama3"])
    with pytest.raises(CourseError, match="the prompt has other tokens than alone"):
        chat.example(tokenizer, ASKED[:1], [{"role": "assistant", "content": "Hello."}])


def ask(document):
    return [{"role": "user", "content": f"{document}\n\nWhat is this?"}]


@pytest.mark.parametrize("document", ["word " * 400, "für Größe 😀 " * 90, "\n" * 900 + "x", "short", ""])
@pytest.mark.parametrize("limit", [48, 64, 200])
def test_a_document_is_cut_and_the_question_kept(tokenizer, document, limit):
    messages = chat.shortened(tokenizer, ask, document, limit)
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    assert len(ids) <= limit
    assert messages[0]["content"].endswith("\n\nWhat is this?")
    kept = messages[0]["content"].removesuffix("\n\nWhat is this?")
    assert document.startswith(kept.rstrip("\ufffd"))
    whole = tokenizer.apply_chat_template(ask(document), add_generation_prompt=True, return_dict=False)
    assert kept == document if len(whole) <= limit else len(ids) >= limit - 4  # no more is cut than must be


def test_a_question_that_does_not_fit_is_told(tokenizer):
    with pytest.raises(CourseError, match="Without the document the prompt has"):
        chat.shortened(tokenizer, ask, "word", 10)
