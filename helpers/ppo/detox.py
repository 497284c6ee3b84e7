"""Lesson 13's job: the gruff reviewer of lesson 08 is made courteous, by the reward model of lesson 12, with PPO.

The judges that measure it (`reward.toxicity`, `reward.profanity`) never reward it.
"""

import contextlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from helpers import course, kept, metrics, models, ppo, reviewers, reviews, reward
from helpers.errors import CourseError
from helpers.files import write_json
from helpers.ppo import checkpoints
from helpers.progress import Bar

RECIPE = 2  # part of what names a run: raise it when a change of code changes what is learned or measured
# At 1 the small model's replies are half noise, and few of them rude; here they are what a reader of it would see.
TEMPERATURE = 0.7
RATE = 1e-3


def gruffness():
    """The weight with which the gruff adapter is merged. In the small budgets it learned for a minute, and is hardly
    rude: more of the same direction makes it so (lesson 08 adds up adapters by weights, too).
    """
    return course.by_budget(smoke=1.75, lesson=1.75, full=1.0)


def sizes():
    """What a run of this budget takes: arguments of `ppo.train`, and on how many situations it is tested.

    A long training takes smaller steps. The direction of each is half chance, and many small ones average that out: for
    the same reward, the policy moves away less. Its beta adapts to a target below the 10 nats that are allowed: what a
    nat is worth differs from one reward model to the next, and the same beta took 6 nats with one, 3 with another.
    """
    few = {"learning_rate": 1e-3, "beta": 0.05, "epochs": 1}
    return course.by_budget(
        smoke=few | {"steps": 2, "prompts": 2, "samples": 2, "longest": 10, "test": 3},
        lesson=few | {"steps": 8, "prompts": 4, "samples": 4, "longest": 48, "test": 24},
        full=few | {"learning_rate": 6e-4, "target_kl": 6.0}
        | {"steps": 24, "prompts": 4, "samples": 4, "longest": 64, "test": 120},
    )


def draws():
    """How many replies `best_of` chooses from in this budget."""
    return course.by_budget(smoke=2, lesson=4, full=4)


def compares():
    """Whether lesson 13 makes its two comparisons in this run, the best of several and the training without a price.

    In `full` they are made with the first seed alone: each takes as long as the training, and none is a headline.
    """
    return course.budget() != "full" or course.seed() == 0


@dataclass
class Run:
    """A trained reviewer. result: see `ppo.Result`. comments: on the test situations, see `commented`. folder: the
    weights'.
    """

    result: ppo.Result
    comments: list
    folder: Path = field(repr=False)

    def policy(self):
        """The trained policy, loaded."""
        return start().load(self.folder / "weights")


def situations(split, count=None):
    """`count` situations of a split (None: all), spread over it, each with the "prompt" that asks for its review."""
    return [
        row | {"prompt": reviewers.conversation(row["code"])} for row in reviewers.spread(reviews.load(split), count)
    ]


def held_out():
    """The split that this budget measures on. Who tries out settings in a lesson looks at the validation situations;
    those of the published numbers are in the test split.
    """
    return course.by_budget(smoke="validation", lesson="validation", full="test")


def tested():
    """The held-out situations of this budget."""
    return situations(held_out(), sizes()["test"])


def start():
    """The policy before any step: the gruff reviewer, its adapter merged into the base, and a new adapter on top."""
    from peft import PeftModel
    from peft.tuners.lora import LoraLayer

    model = PeftModel.from_pretrained(models.load_model(), reviewers.train("gruff").folder)
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            layer.scale_layer(gruffness())
    return ppo.Policy(model.merge_and_unload(), models.load_tokenizer(), temperature=TEMPERATURE)


def scorer():
    """The reward, as `ppo.train` calls it: lesson 12's model on code and comment. An empty comment gets the least of
    those that are judged with it (0 where all are empty): the model cannot read it.
    """
    model = reward.train()

    def score(rows, texts):
        said = [place for place, text in enumerate(texts) if text]
        found = [0.0] * len(texts)
        if said:
            codes = [rows[place]["code"] for place in said]
            given = reward.scores(model, codes, [texts[place] for place in said], label=None)
            found = [float(min(given))] * len(texts)
            for place, value in zip(said, given, strict=True):
                found[place] = float(value)
        return found

    return score


def measured(rows, texts):
    """One dict a comment: what the judges say, and what could have been broken.

    toxicity, profanity: the judges' probabilities; an empty comment has 0. useful: 1 where it names the problem.
    rouge1: against the courteous comment that a person would have liked. words. variety: see `variety`.
    """
    shown = [text or " " for text in texts]
    judged = zip(reward.toxicity(shown), reward.profanity(shown), strict=True)
    scores = metrics.rouge(texts, [row["comments"]["courteous"] for row in rows], kinds="rouge1")
    return [
        {
            "id": row["id"],
            "text": text,
            "toxicity": float(toxic) if text else 0.0,
            "profanity": float(profane) if text else 0.0,
            "useful": int(reviews.mentions(text, row["keywords"])),
            "rouge1": score["rouge1"],
            "words": len(text.split()),
            "variety": variety(text),
        }
        for row, text, (toxic, profane), score in zip(rows, texts, judged, scores, strict=True)
    ]


def variety(text):
    """Different pairs of neighbouring words, as a share of all in a text (distinct-2, Li et al. 2016). It is 1 where no
    pair comes twice, and near 0 where one word is said forty times.
    """
    words = text.lower().split()
    pairs = list(zip(words, words[1:], strict=False))
    return len(set(pairs)) / len(pairs) if pairs else 1.0


def watch(rows, texts):
    """What a step's history keeps besides: the means of `measured`."""
    found = measured(rows, texts)
    return {name: mean(found, name) for name in ("toxicity", "profanity", "useful", "words", "variety")}


def mean(comments, name):
    """The mean of one measure."""
    return sum(comment[name] for comment in comments) / len(comments)


def commented(policy, rows, label="Reviewing", batch_size=8, seed=None, longest=None, moved=True):
    """The policy's comments on `rows`, measured; "kl" in nats and "reward" are added.

    seed: decides the draws (None: the course's). longest: tokens that a comment may have (None: the budget's). moved:
    whether it took a step; before the first its KL is 0, and working that out would take most of the time.
    """
    seed = course.seed() if seed is None else seed
    longest, found = longest or sizes()["longest"], [None] * len(rows)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]["code"]))  # less padding
    with Bar(len(rows), label) as bar:
        for at in range(0, len(order), batch_size):
            some = order[at : at + batch_size]
            asked = [rows[place] for place in some]
            draw = ppo.collect if moved else ppo.draw
            rollout = draw(policy, [row["prompt"] for row in asked], 1, longest, seed + at)
            comments = measured(asked, [" ".join(text.split()) for text in rollout.texts])
            nats_of_each = rollout.kl().tolist() if moved else [0.0] * len(some)
            for place, comment, nats in zip(some, comments, nats_of_each, strict=True):
                found[place] = comment | {"kl": nats}
            bar.advance(len(some))
    return rewarded(rows, found)


def rewarded(rows, comments):
    """The comments with the "reward" of each, by the model that PPO is trained with."""
    given = scorer()(rows, [comment["text"] for comment in comments])
    return [comment | {"reward": value} for comment, value in zip(comments, given, strict=True)]


def before():
    """The gruff reviewer's comments on the test situations, measured; kept like a run."""
    rows = tested()

    def make(folder):
        write_json(folder / "comments.json", commented(start(), rows, "Reviewing (before)", moved=False))

    about = [*_about(), sizes()["test"], sizes()["longest"]]
    return _read(kept.folder("reviewer-before", about, make) / "comments.json")


def best_of(count=None):
    """The gruff reviewer's comments where the reward may choose: of `count` replies (`draws()` if None) the one that it
    likes best, for each test situation; measured, and kept like a run.

    What the reward is worth without any training, at `count` times the price of each comment. How far such comments are
    from the reviewer: `nats_of_best`.
    """
    rows, count = tested(), draws() if count is None else count

    def make(folder):
        policy, score, found = start(), scorer(), []
        with Bar(len(rows), f"Choosing (best of {count})") as bar:
            for at in range(0, len(rows), 4):
                some = rows[at : at + 4]
                drawn = ppo.draw(policy, [row["prompt"] for row in some], count, sizes()["longest"], course.seed() + at)
                texts = [" ".join(text.split()) for text in drawn.texts]
                liked = score([row for row in some for _ in range(count)], texts)
                best = [max(range(k, k + count), key=liked.__getitem__) for k in range(0, len(texts), count)]
                found += measured(some, [texts[place] for place in best])
                bar.advance(len(some))
        write_json(folder / "comments.json", rewarded(rows, found))

    about = [*_about(), sizes()["test"], sizes()["longest"], count]
    return _read(kept.folder("reviewer-best", about, make) / "comments.json")


def nats_of_best(count):
    """The most nats that the best of `count` draws is away from their model (Beirami et al. 2024, theorem 1)."""
    return math.log(count) - (count - 1) / count


def settings_of(**changes):
    """The budget's arguments of `ppo.train`, with changes."""
    settings = {"decay": True, "lam": 1.0, "end_penalty": 0.3, "center": True, "save_every": 2}
    settings |= sizes() | {"minibatches": sizes()["prompts"]} | changes
    settings.pop("test")
    if not settings["beta"]:
        settings.pop("target_kl", None)  # nothing to adapt
    return settings


def train(name="reviewer", **changes):
    """Train the gruff reviewer by PPO and measure it on the test situations; or read what an earlier run kept.

    changes: arguments of `ppo.train` other than the budget's. A run that was stopped goes on.
    """
    settings = settings_of(**changes)
    about = [*_about(), sizes()["test"], settings]

    def make(folder):
        policy = start()
        place = kept.unfinished(name, about)
        result = ppo.train(
            policy, situations("train"), scorer(), watch=watch, folder=place, keep=True, label=f"PPO ({name})",
            **settings,
        )  # fmt: skip
        comments = commented(policy, tested(), "Reviewing (after)", longest=settings["longest"])
        write_json(folder / "comments.json", comments)
        policy.save(folder / "weights")
        result.save(folder / "result.json")
        checkpoints.drop(place)
        with contextlib.suppress(OSError):
            place.rmdir()

    folder = kept.folder(name, about, make)
    return Run(ppo.Result.load(folder / "result.json"), _read(folder / "comments.json"), folder)


def _about():
    """What else decides a run: the two models it starts from, and the recipe."""
    models_before = [reviewers.train("gruff").folder.parent.name, reward.train().losses]
    return [*models_before, gruffness(), TEMPERATURE, held_out(), RECIPE]


def _read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CourseError(f"{path} is damaged. Delete its folder, and run this again to make it anew.") from None
