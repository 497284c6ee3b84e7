"""How surprised a model is by a text: the mean negative log-likelihood of its tokens, and perplexity."""

import math
from dataclasses import dataclass, field

from helpers.errors import CourseError


@dataclass(frozen=True)
class Perplexity:
    """What `perplexity` found.

    rows: one per text, in order: {"nll": mean negative log-likelihood per token in nats, "tokens": how many tokens
    were predicted, "truncated": whether the end of the text was left out}, or None for a text that was skipped.
    perplexity: exp of the mean over all tokens of all texts. tokens, skipped, truncated: counts.
    """

    perplexity: float
    tokens: int
    skipped: int
    truncated: int
    rows: list = field(repr=False)


def perplexity(model, tokenizer, texts, max_length=1024, batch_tokens=2048):
    """The perplexity of a causal language model on `texts`, as a `Perplexity`.

    A text's first token is read, never predicted, so a text of n tokens counts n - 1, and one with fewer than two
    tokens is skipped, and counted. Texts are cut after max_length tokens; a batch holds at most batch_tokens, padding
    included. Padding never counts: it is put behind the text, where no token looks, whatever side the tokenizer uses.
    The model is put into eval mode (no dropout), and back. Perplexities of models compare only if they share a
    tokenizer. Raises CourseError where there is nothing to measure, on anything that is no text, on an
    encoder-decoder, and where the model answers NaN.
    """
    ids = _token_ids(model, tokenizer, texts, max_length)
    rows = [None] * len(ids)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        for batch in _batches(ids, max_length, batch_tokens):
            found = _nll(model, [ids[index][:max_length] for index in batch])
            for index, (nll, count) in zip(batch, found, strict=True):
                rows[index] = {"nll": nll / count, "tokens": count, "truncated": len(ids[index]) > max_length}
    finally:
        for module, was_training in modes:
            module.training = was_training
    kept = [row for row in rows if row]
    tokens = sum(row["tokens"] for row in kept)
    mean = sum(row["nll"] * row["tokens"] for row in kept) / tokens
    if math.isnan(mean):
        raise CourseError("The model's likelihoods are NaN. Load it in float32, or look for a broken training run.")
    return Perplexity(
        perplexity=math.exp(mean) if mean < 700 else math.inf,
        tokens=tokens,
        skipped=rows.count(None),
        truncated=sum(row["truncated"] for row in kept),
        rows=rows,
    )


def _token_ids(model, tokenizer, texts, max_length):
    if getattr(model.config, "is_encoder_decoder", False):
        raise CourseError("This model has an encoder: perplexity is for causal ones. Take one, such as the base model.")
    texts = [texts] if isinstance(texts, str) else list(texts)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise CourseError(f"Text {index} is {text!r:.40} ({type(text).__name__}). Give a list of texts.")
    if not isinstance(max_length, int) or max_length < 2:
        raise CourseError(f"max_length is {max_length!r}. Give a whole number of at least 2 tokens.")
    ids = [tokenizer(text, verbose=False)["input_ids"] for text in texts]
    if not any(len(one) >= 2 for one in ids):
        raise CourseError("No text has two tokens, so there is nothing to predict. Give longer texts.")
    return ids


def _batches(ids, max_length, batch_tokens):
    """Indices of texts of two tokens or more, the longest first, in batches of at most `batch_tokens` with padding."""
    lengths = {index: min(len(one), max_length) for index, one in enumerate(ids) if len(one) >= 2}
    batch = []
    for index in sorted(lengths, key=lengths.get, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > batch_tokens:
            yield batch
            batch = []
        batch.append(index)
    yield batch


def _nll(model, ids):
    """For each list of token ids: (its summed negative log-likelihood in nats, how many tokens were predicted)."""
    import torch

    longest = max(map(len, ids))
    padded = torch.tensor([one + [0] * (longest - len(one)) for one in ids], device=model.device)
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in ids], device=model.device)
    with torch.no_grad():
        logits = model(input_ids=padded, attention_mask=mask, use_cache=False).logits
    for row, one in enumerate(ids):
        predicted = logits[row, : len(one) - 1].float()  # one text at a time: a float copy of all would be large
        wanted = padded[row, 1 : len(one)]
        yield torch.nn.functional.cross_entropy(predicted, wanted, reduction="sum").item(), len(one) - 1
