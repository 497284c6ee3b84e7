"""Conversations as models read them: other vendors' formats, the labels of the answer, and cutting what may be cut."""

from helpers import course
from helpers.errors import CourseError

FOLDER = course.ROOT / "data" / "chat_templates"
IGNORED = -100  # the label that PyTorch's cross-entropy and every trainer leave out of the loss


def formats():
    """Format → its Jinja template, for `apply_chat_template(chat_template=...)`: one for each file in FOLDER."""
    return {path.stem: path.read_text(encoding="utf-8").strip() for path in sorted(FOLDER.glob("*.jinja"))}


def without_system(messages):
    """`messages` with a system message moved into the first user message, for formats that know no such role."""
    if not messages or messages[0]["role"] != "system":
        return list(messages)
    first, *rest = messages
    if not rest or rest[0]["role"] != "user":
        raise CourseError("After the system message comes no user message to put it in. Add one.")
    return [{"role": "user", "content": f"{first['content']}\n\n{rest[0]['content']}"}, *rest[1:]]


def labels(ids, prompt_length, attention):
    """The label of each token of one example, padded on the right: its own number in the answer, -100 elsewhere.

    ids: token numbers of prompt, answer and padding. prompt_length: how many belong to the prompt. attention: 1 for
    a token, 0 for padding. The answer's closing token keeps its label even where padding has the same number.
    """
    return [
        token if place >= prompt_length and real else IGNORED
        for place, (token, real) in enumerate(zip(ids, attention, strict=True))
    ]


def example(tokenizer, prompt, completion):
    """(ids, prompt_length) of one training example: messages that ask, and messages that answer.

    Raises CourseError where the template writes the prompt differently once an answer follows.
    """
    before = tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=False)
    ids = tokenizer.apply_chat_template(prompt + completion, return_dict=False)
    if ids[: len(before)] != before:
        raise CourseError(
            "With the answer behind it, the prompt has other tokens than alone, so its length does not say where the "
            "answer begins. Use a chat template that writes the prompt the same way both times."
        )
    return ids, len(before)


def training_row(prompt, answer):
    """What `finetune` trains on: messages that ask, and the text that an assistant should answer."""
    return {"prompt": prompt, "completion": [{"role": "assistant", "content": answer}]}


def trl_batch(tokenizer, pairs):
    """The batch that TRL's `SFTTrainer` makes of all `pairs`: {"input_ids", "labels"}, a list of numbers for each row.

    pairs: dicts {"prompt": messages, "completion": messages}; short rows are padded on the right. The trainer wants a
    model to train; it gets a tiny one with random weights, and trains nothing.
    """
    import tempfile

    from datasets import Dataset
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    config = LlamaConfig(vocab_size=len(tokenizer), hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    with tempfile.TemporaryDirectory() as folder:
        settings = SFTConfig(output_dir=folder, use_cpu=True, bf16=False, report_to="none")
        data = Dataset.from_list(list(pairs))
        trainer = SFTTrainer(LlamaForCausalLM(config), settings, train_dataset=data, processing_class=tokenizer)
        batch = trainer.data_collator(list(trainer.train_dataset))
    return {name: batch[name].tolist() for name in ("input_ids", "labels")}


def shortened(tokenizer, build, document, limit):
    """The messages `build(text)`, where text is as much of `document` as fits into `limit` tokens with everything else.

    build: a function, text → messages. The document alone is cut, at its end. Raises CourseError where the rest is too
    long by itself.
    """

    def length(text):
        return len(tokenizer.apply_chat_template(build(text), add_generation_prompt=True, return_dict=False))

    ids = tokenizer(document, add_special_tokens=False)["input_ids"]
    keep = min(len(ids), limit - length(""))
    if keep < 0:
        raise CourseError(f"Without the document the prompt has {length('')} tokens already. Allow more than {limit}.")
    if keep == len(ids) and length(document) <= limit:
        return build(document)
    # A cut can leave half a character, and tokens can join where document and prompt meet.
    while length(text := tokenizer.decode(ids[:keep]).rstrip("\ufffd")) > limit:
        keep -= 1
    return build(text)
