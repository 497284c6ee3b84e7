"""The classic lab's third part, done properly: FLAN-T5 writes its summaries less toxically, by PPO.

`python3 -m helpers.summarizing detox` runs it. What the lab gets wrong, and this does not: for "not hate" it takes the
first entry of a list that is sorted by score; reward and metric see the prompt, and are one model; its KL starts at 29;
ten steps are judged on eleven samples; nobody asks whether the summaries survive. What stays: dialogues like these are
hardly ever toxic, so there is little to win, and the interval says so.
"""

import time

from helpers import course, hub, metrics, ppo, reward
from helpers.errors import CourseError
from helpers.progress import Bar
from helpers.summarizing.comparing import scores
from helpers.summarizing.data import DATA, LONGEST, dialogues, prompt
from helpers.summarizing.training import MODEL, load, train

REWARD = "facebook/roberta-hate-speech-dynabench-r4-target"
GOOD = "nothate"  # the label that is rewarded, by its name


def classifier(name=REWARD, label=GOOD, batch_size=32):
    """A reward for `ppo.train`: the raw score (logit) that a classifier on the Hub gives `label` for each text.

    Raises CourseError where it cannot be had, or knows no such label.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    with hub.explained(name):
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        model = AutoModelForSequenceClassification.from_pretrained(
            name, dtype=torch.float32, trust_remote_code=False
        )
    model = model.to(course.device()).eval()
    labels = model.config.label2id
    if label not in labels:
        raise CourseError(f"{name} has the labels {', '.join(labels)}. Name one of them; {label!r} is none.")

    def score(rows, texts):
        found = []
        with torch.inference_mode():
            for at in range(0, len(texts), batch_size):
                batch = tokenizer(texts[at : at + batch_size], return_tensors="pt", padding=True, truncation=True)
                found += model(**batch.to(model.device)).logits[:, labels[label]].tolist()
        return found

    return score


def detox(*, model=MODEL, data=DATA, reward_model=REWARD, steps=None, tested=None, beta=0.05):
    """Teach a model to summarise (LoRA), then train a second adapter by PPO, and compare before with after.

    steps: of PPO; tested: how many dialogues (None: by the budget). Returns a dict: values, with paired 95 % intervals;
    items, one dict a test dialogue; history, a dict for each step; settings and versions.
    """
    sizes = course.by_budget(
        smoke={"steps": 2, "prompts": 2, "samples": 2, "longest": 12},
        lesson={"steps": 20, "prompts": 4, "samples": 4, "longest": 64},
        full={"steps": 100, "prompts": 8, "samples": 4, "longest": LONGEST},
    )
    sizes |= {"steps": steps} if steps else {}
    started = time.monotonic()
    training = dialogues("train", course.by_budget(8, 500, None), course.seed(), name=data)
    test = dialogues("test", tested or course.by_budget(3, 100, None), name=data)
    base, tokenizer = load(model)
    tuned = train(base, tokenizer, training, "lora", epochs=course.by_budget(1, 1, 3)).model
    policy = ppo.Policy(tuned.merge_and_unload(), tokenizer, rank=32, alpha=32)
    rows = [row | {"prompt": prompt(tokenizer, row["dialogue"])} for row in training]
    asked = [row | {"prompt": prompt(tokenizer, row["dialogue"])} for row in test]
    before = _summaries(policy, asked, sizes["longest"], "Before")
    result = ppo.train(policy, rows, classifier(reward_model), beta=beta, label="PPO (detox)", **sizes)
    after = _summaries(policy, asked, sizes["longest"], "After")
    settings = {"model": model, "data": data, "reward": reward_model, "device": course.device(), "seed": course.seed()}
    nats = _nats(policy, asked, sizes["longest"])
    return {
        "n": len(test),
        "minutes": (time.monotonic() - started) / 60,
        "values": _compared(before, after, test)
        | {"kl": sum(nats) / len(nats), "kl_at_start": result.history[0]["kl"]}
        | {"trainable": result.trainable, "seconds_per_step": result.seconds_per_step()},
        "items": [
            {"id": row["id"], "before": old, "after": new}
            for row, old, new in zip(test, before, after, strict=True)
        ],
        "history": result.history,
        "settings": settings | sizes | {"beta": beta, "budget": course.budget()},
        "versions": course.versions(),
    }


def _summaries(policy, rows, longest, label, batch_size=8):
    """The policy's likeliest summary of each row, as a text."""
    found = []
    with Bar(len(rows), label) as bar:
        for at in range(0, len(rows), batch_size):
            some = [row["prompt"] for row in rows[at : at + batch_size]]
            found += ppo.draw(policy, some, longest=longest, greedy=True).texts
            bar.advance(len(some))
    return found


def _nats(policy, rows, longest, batch_size=8):
    """How far the policy is from its reference: nats of one summary of each row. These are drawn, because the likeliest
    ones would not estimate a KL divergence.
    """
    found = []
    with Bar(len(rows), "Measuring the KL") as bar:
        for at in range(0, len(rows), batch_size):
            some = [row["prompt"] for row in rows[at : at + batch_size]]
            found += ppo.collect(policy, some, longest=longest, seed=course.seed() + at).kl("k3").tolist()
            bar.advance(len(some))
    return found


def _compared(before, after, rows):
    """Each measure before and after, and the difference with its paired interval: summaries alone, never the prompt."""
    columns = {}
    for name, found in (("before", before), ("after", after)):
        texts = [text or " " for text in found]
        columns[name] = {
            "toxicity": reward.toxicity(texts),
            "profanity": reward.profanity(texts),
            "rouge1": [score["rouge1"] for score in scores(texts, rows)],
            "words": [len(text.split()) for text in texts],
        }
    values = {}
    for measure in columns["before"]:
        gain = metrics.paired_bootstrap(columns["after"][measure], columns["before"][measure], seed=course.seed())
        values |= {f"{measure}_before": gain.mean_b, f"{measure}_after": gain.mean_a}
        values |= {f"{measure}_change": gain.difference, f"{measure}_change_ci": [gain.low, gain.high]}
    return values
