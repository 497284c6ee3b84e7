"""What can go wrong in PPO, as errors that say what to do: rewards that cannot be, divergence, collapse."""

import contextlib
import math

from helpers.errors import CourseError


def need_settings(learning_rate, value_rate, beta, target_kl, clip, gamma, lam, prompts, minibatches, replies):
    """Raise CourseError on numbers that cannot be."""
    if not (learning_rate > 0 and value_rate > 0 and beta >= 0 and 0 < clip < 1):
        raise CourseError(
            f"learning_rate is {learning_rate}, value_rate {value_rate}, beta {beta} and clip {clip}. Rates must be "
            "above 0, beta 0 or more, and clip between 0 and 1."
        )
    if target_kl is not None and not target_kl > 0:
        raise CourseError(f"target_kl is {target_kl}. Give nats a reply, above 0, or None for a beta that stays.")
    if not (0 < gamma <= 1 and 0 <= lam <= 1):
        raise CourseError(f"gamma is {gamma} and lam {lam}. Choose gamma above 0, lam from 0, both at most 1.")
    if minibatches > prompts or replies < 2:
        raise CourseError(
            f"A step has {prompts} prompts, {replies} replies and {minibatches} minibatches. It needs at least two "
            "replies to compare, and a prompt for each minibatch."
        )


def need_samples(samples):
    """Raise CourseError where a prompt has one reply only, so that its mean says nothing."""
    if samples < 2:
        raise CourseError(f"center compares the replies to one prompt, and samples is {samples}. Draw 2 or more.")


def need_rows(rows):
    """Raise CourseError unless `rows` are dicts with a prompt."""
    if not rows or not all(isinstance(row, dict) and row.get("prompt") for row in rows):
        raise CourseError("PPO needs rows to ask about. Give dicts with a 'prompt': messages, or a text.")


def rewards(reward, rows, texts, first):
    """What `reward` gives for each text, as floats; an empty text is not shown to it, and gets the least.

    first: whether this is the first step, in which equal rewards mean that there is nothing to learn. Raises
    CourseError on a wrong number of rewards, on what is no finite number, and where all replies are empty.
    """
    shown = [place for place, text in enumerate(texts) if text]
    if not shown:
        raise CourseError(
            "All replies of a step are empty: the policy ends at once. Start from a model that answers, or lower "
            "learning_rate."
        )
    given = reward([rows[place] for place in shown], [texts[place] for place in shown])
    try:
        found = [float(value) for value in given]
    except (TypeError, ValueError):
        raise CourseError(f"The reward gave {given!r:.80}. It should give one number for each reply.") from None
    if len(found) != len(shown):
        raise CourseError(f"The reward gave {len(found)} numbers for {len(shown)} replies. It needs one for each.")
    for place, value in zip(shown, found, strict=True):
        if not math.isfinite(value):
            raise CourseError(f"The reward of the reply {texts[place][:60]!r} is {value}. It must be a finite number.")
    if first and max(found) - min(found) < 1e-9:
        empty = f"; the other {len(texts) - len(found)} are empty" if len(found) < len(texts) else ""
        raise CourseError(
            f"The reward gives {found[0]} to each of the {len(found)} first replies that say something{empty}. From "
            "equal rewards nothing can be learned. Check it on a good and a bad reply, or draw more replies a step."
        )
    least = min(found)
    by_place = dict(zip(shown, found, strict=True))
    return [by_place.get(place, least) for place in range(len(texts))]


@contextlib.contextmanager
def enough_memory():
    """Turn an exhausted memory into a CourseError with advice."""
    from helpers.finetune.troubles import is_out_of_memory

    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise CourseError(
            "Memory ran out. The logits of all replies of a minibatch are the most of it: raise minibatches, or lower "
            "prompts, samples or longest. A checkpoint, if there is one, is kept."
        ) from error


def finite(loss):
    """Raise CourseError unless the loss is a number."""
    if not math.isfinite(loss.item()):
        raise CourseError(
            f"The training diverged: the loss is {loss.item()}. Start again with a lower learning_rate, for instance a "
            "tenth; the last checkpoint, if there is one, is from before."
        )


def collapsed(entry, max_kl, min_entropy):
    """Raise CourseError where a step's replies say that the policy collapsed."""
    advice = "Raise beta, set target_kl, or lower learning_rate."
    if max_kl is not None and entry["kl"] > max_kl:
        raise CourseError(
            f"At step {entry['step']} a reply takes the policy {entry['kl']:.0f} nats from its reference, more than "
            f"max_kl = {max_kl:g}: it has left the language that the reward knows. {advice}"
        )
    if min_entropy is not None and entry["entropy"] < min_entropy:
        raise CourseError(
            f"At step {entry['step']} the entropy is {entry['entropy']:.3f} nats a token, below min_entropy = "
            f"{min_entropy:g}: the policy always says the same. {advice}"
        )
