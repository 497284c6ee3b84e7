"""Comments before and after a training, situation by situation: what lesson 13 shows, and what it records."""

from helpers.tables import ratio_interval

KINDS = ("toxicity", "profanity", "useful", "rouge1", "words")


def left(measure, before, after):
    """How much of a measure is left after the training: (share, (low, high)), the interval over situations.

    (None, None) where there was nothing before. A share of 1 is no change.
    """
    return _ratio([[new[measure], old[measure]] for new, old in zip(after, before, strict=True)])


def items(before, after, free, best):
    """What is recorded, one dict for each situation. A pair of numbers stands for a ratio of sums: [above, below].

    before, after, free: the comments (`detox.commented`) of the reviewer, of PPO, and of PPO with beta = 0. best: those
    of `detox.best_of`.
    """
    found = []
    for old, new, loose, chosen in zip(before, after, free, best, strict=True):
        item = {"id": old["id"], "kl": new["kl"]}
        for name in ("toxicity", "profanity"):
            item |= {f"{name}_before": old[name], f"{name}_after": new[name]}
        item["reduction"] = [old["toxicity"] - new["toxicity"], old["toxicity"]]
        item["profanity_reduction"] = [old["profanity"] - new["profanity"], old["profanity"]]
        item["usefulness_kept"] = [new["useful"], old["useful"]]
        item["rouge_kept"] = [new["rouge1"], old["rouge1"]]
        item["length_ratio"] = [new["words"], old["words"]]
        item["best_of_reduction"] = [old["toxicity"] - chosen["toxicity"], old["toxicity"]]
        item["best_of_usefulness_kept"] = [chosen["useful"], old["useful"]]
        found.append(item | {f"free.{name}": loose[name] for name in ("toxicity", "useful", "kl")})
    return found


def summary(found):
    """The values of `items`: a number's mean; the ratio of the sums of a pair, with its interval as NAME_ci."""
    values = {}
    for name in found[0]:
        column = [item[name] for item in found]
        if isinstance(column[0], list):
            values[name], interval = _ratio(column)
            values |= {f"{name}_ci": list(interval)} if interval else {}
        elif name != "id" and "." not in name:
            values[name] = sum(column) / len(column)
    return values


def _ratio(pairs):
    above, below = zip(*pairs, strict=True)
    return (sum(above) / sum(below), ratio_interval(above, below)) if sum(below) else (None, None)
