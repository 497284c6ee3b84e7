"""DialogSum as rows, as prompts that keep their instruction, and as batches without a loss on padding."""

import random

from helpers import hub
from helpers.errors import CourseError
from helpers.memory.shape import need

DATA = "knkarthick/dialogsum"
WINDOW, LONGEST = 512, 128  # tokens of a prompt, and of a summary
# Ways to ask, (before, after) the dialogue. The tuned models learn the first; the base model gets its best one.
ASKING = {
    "an instruction": ("Summarize the following conversation.\n\n", "\n\nSummary:"),
    "a question": ("Dialogue:\n\n", "\n\nWhat was going on?"),
    "a request behind it": ("", "\n\nBriefly summarize that dialogue."),
}
INSTRUCTION = ASKING["an instruction"]


def asking_with_example(rows):
    """The instruction after a worked example: the shortest dialogue of `rows`, which leaves room for the next one."""
    shown, (before, after) = min(rows, key=lambda row: len(row["dialogue"])), INSTRUCTION
    return f"{before}{shown['dialogue']}{after} {shown['summaries'][0]}\n\n{before}", after


def dialogues(split, count=None, seed=0, name=DATA):
    """`count` dialogues of a split, shuffled with `seed` (all where None): dicts {id, dialogue, summaries}.

    Rows of the same dialogue become one with several summaries: 1,500 test rows are 500 dialogues. Training rows whose
    dialogue is in another split too are left out. Raises CourseError where the data cannot be had.
    """
    from datasets import load_dataset

    with hub.explained(name):
        data = load_dataset(name)
        need(split, tuple(data), "split")
        held_out = {row["dialogue"] for other in data if other != "train" for row in data[other]}
        grouped = {}
        for row in data[split]:
            if split != "train" or row["dialogue"] not in held_out:
                first = {"id": row["id"], "dialogue": row["dialogue"], "summaries": []}
                grouped.setdefault(row["dialogue"], first)["summaries"].append(row["summary"])
    rows = list(grouped.values())
    random.Random(seed).shuffle(rows)
    return rows[:count]


def prompt(tokenizer, dialogue, asking=INSTRUCTION, window=WINDOW):
    """`dialogue` between the words that ask for its summary, as one text of at most `window` tokens.

    What is too long loses the dialogue's end, never the words. Raises CourseError where the words alone are too long.
    """
    before, after = asking

    def length(text):
        return len(tokenizer(before + text + after)["input_ids"])

    if (least := length("")) > window:
        raise CourseError(f"Without a dialogue the prompt has {least} tokens already. Allow more than {window}.")
    ends = [end for _, end in tokenizer(dialogue, return_offsets_mapping=True)["offset_mapping"] if end]
    keep = len(ends) if length(dialogue) <= window else min(len(ends), window - least)
    text = dialogue if keep == len(ends) else dialogue[: ends[keep - 1]] if keep else ""
    while length(text) > window:  # tokens can join, or part, where the pieces meet
        keep -= 1
        text = dialogue[: ends[keep - 1]] if keep else ""
    return before + text + after


def encoded(tokenizer, rows, window=WINDOW):
    """Rows of `dialogues` as a `Dataset` to train on, one for each summary: input_ids, attention_mask, labels.

    Summaries of more than LONGEST tokens are left out: cut off, they would teach to stop in mid-sentence.
    """
    from datasets import Dataset

    made = []
    for row in rows:
        inputs = dict(tokenizer(prompt(tokenizer, row["dialogue"], window=window)))
        for summary in row["summaries"]:
            labels = tokenizer(text_target=summary)["input_ids"]
            if len(labels) <= LONGEST:
                made.append(inputs | {"labels": labels})
    if not made:
        raise CourseError(f"There are no dialogues to train on. Give one whose summary has at most {LONGEST} tokens.")
    return Dataset.from_list(made)


def collator(tokenizer, model):
    """Makes a batch of `encoded` rows: padding gets the label -100, so that it is no part of the loss."""
    from transformers import DataCollatorForSeq2Seq

    return DataCollatorForSeq2Seq(tokenizer, model, label_pad_token_id=-100, pad_to_multiple_of=8)
