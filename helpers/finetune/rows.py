"""The rows to train on: checked, tokenised, and put into batches of similar length."""

from collections.abc import Iterable

from helpers.errors import CourseError


def dataset(rows, tokenizer, window, name="data"):
    """`rows` as a tokenised `datasets.Dataset` with the columns input_ids and labels (-100 outside the answer).

    rows: dicts {"prompt": messages, "completion": messages}, or both plain texts. window: the most tokens of a row.
    name: what errors call the rows. Raises CourseError, with the number of the first row that is wrong, where an answer
    is missing or a row does not fit into the window: cutting it would cut the answer off.
    """
    from datasets import Dataset

    rows = list(rows) if isinstance(rows, Iterable) else []
    if not rows:
        otherwise = "" if name == "data" else f", or leave {name} out"
        raise CourseError(
            f"There are no rows in {name}. Give at least one dict with 'prompt' and 'completion'{otherwise}."
        )
    made = []
    for number, row in enumerate(rows):
        ids, start = _tokens(row, tokenizer, f"{name}[{number}]")
        if len(ids) > window:
            raise CourseError(
                f"{name}[{number}] has {len(ids)} tokens, and the window {window}: its answer would be cut off. "
                "Shorten the prompt (helpers.chat.shortened), leave the row out, or raise max_length."
            )
        made.append({"input_ids": ids, "labels": [-100] * start + ids[start:]})
    return Dataset.from_list(made)


def _tokens(row, tokenizer, name):
    """(ids, where the answer begins) of one row."""
    from jinja2 import TemplateError

    from helpers import chat

    prompt, completion = (row.get(key) if isinstance(row, dict) else None for key in ("prompt", "completion"))
    if not prompt or not completion or type(prompt) is not type(completion):
        raise CourseError(
            f"{name} needs a 'prompt' and a 'completion', both lists of messages or both texts, and neither empty."
        )
    if not isinstance(prompt, str | list):
        raise CourseError(f"{name}: prompt and completion are lists of messages or texts, not {type(prompt).__name__}.")
    texts = [prompt, completion]
    if not isinstance(prompt, str):
        try:
            texts = ["".join(message["content"] for message in each if message["role"]) for each in texts]
        except (KeyError, TypeError):
            raise CourseError(f"{name}: a message is a dict {{'role': ..., 'content': text}}.") from None
    if not texts[1].strip():
        raise CourseError(f"{name} has an empty answer, so there is nothing to learn from it. Leave it out.")
    if isinstance(prompt, str):
        if tokenizer.eos_token_id is None:
            raise CourseError(
                f"{name} is a text, and this tokenizer has no token that ends one. Set tokenizer.eos_token to the one "
                "that the model knows."
            )
        before = tokenizer(prompt)["input_ids"]
        answer = tokenizer(completion, add_special_tokens=False)["input_ids"]
        return before + answer + [tokenizer.eos_token_id], len(before)
    if completion[0]["role"] != "assistant":
        raise CourseError(
            f"{name}: the completion begins with a message of role {completion[0]['role']!r}. It is the assistant's."
        )
    if not getattr(tokenizer, "chat_template", None):
        raise CourseError(
            f"{name} is a conversation, and this tokenizer has no chat template. Give prompt and completion as texts, "
            "or train an instruct model."
        )
    try:
        return chat.example(tokenizer, prompt, completion)
    except (CourseError, TemplateError) as error:  # some templates refuse a system message, or two turns of one role
        raise CourseError(f"{name} does not fit the model's chat template: {error}") from None


def longest_of(datasets):
    """Tokens of the longest row in all of `datasets`; None counts as an empty one."""
    return max(len(ids) for each in datasets if each for ids in each["input_ids"])


def need_same_vocabulary(model, tokenizer):
    """Raise CourseError where `model` (or None) knows many more tokens than `tokenizer`, which is then another's."""
    if model is None:
        return
    known = model.get_input_embeddings().num_embeddings
    if known > len(tokenizer) + 1024:  # a few are often added to round the number up
        raise CourseError(
            f"The model knows {known} tokens, and the tokenizer of the chosen model (COURSE_MODEL) {len(tokenizer)}. "
            "Give the model's own, as tokenizer=."
        )


def need_known(model, datasets):
    """Raise CourseError where rows hold tokens or positions that `model` does not have, as of another's tokenizer."""
    ids = [ids for each in datasets if each for ids in each["input_ids"]]
    largest, longest = max(map(max, ids)), longest_of(datasets)
    known, window = model.get_input_embeddings().num_embeddings, getattr(model.config, "max_position_embeddings", None)
    if largest >= known:
        raise CourseError(
            f"The rows hold token {largest}, and the model knows {known}. Give the tokenizer that belongs to the model."
        )
    if window and longest > window:
        raise CourseError(f"A row has {longest} tokens, and the model's window is {window}. Lower max_length to that.")


class LengthGrouped:
    """A sampler whose batches hold rows of similar length, in random order, the longest first.

    Padding is computed like any token, so batches of one length are faster. The longest comes first so that memory
    runs out in the first step, not in the last. Rows are shuffled, sorted in groups of 50 batches, and the batches
    shuffled again. The order depends on seed and epoch alone: several processes, and a resumed run, agree on it.
    """

    def __init__(self, lengths, batch_size, seed):
        self.lengths, self.batch_size, self.seed, self.epoch = list(lengths), batch_size, seed, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return len(self.lengths)

    def __iter__(self):
        import random

        rng, size = random.Random(f"{self.seed} {self.epoch}"), self.batch_size
        rows = rng.sample(range(len(self)), len(self))
        # A last batch that is not full stays last: whoever splits the order into batches has to find the same ones.
        full = len(rows) // size * size
        rows, rest = rows[:full], rows[full:]
        groups = [rows[start : start + 50 * size] for start in range(0, full, 50 * size)]
        order = [row for group in groups for row in sorted(group, key=lambda row: self.lengths[row])]
        batches = [order[start : start + size] for start in range(0, full, size)]
        rng.shuffle(batches)
        longest = [max(self.lengths[row] for row in batch) for batch in batches]
        if batches:
            batches.insert(0, batches.pop(longest.index(max(longest))))
        return iter([row for batch in batches for row in batch] + rest)
