"""Which price and rate for lesson 13: python -m tests.benchmarks.ppo_settings [--beta B ...] [--rate R] [--target NATS]

Trains the gruff reviewer once for each beta, with the settings of COURSE_BUDGET and COURSE_SEED otherwise, and prints
what became of its comments on *validation* situations. So the test situations stay what they are for. A training that
was stopped goes on. The rate of the full budget was chosen with COURSE_BUDGET=full COURSE_SEED=1.
"""

import argparse

from helpers import course, kept, ppo
from helpers.ppo import comparing, detox

SHOWN = ("reduction", "profanity_reduction", "rouge_kept", "length_ratio", "kl", "useful_before", "useful_after")


def measured(beta, options, rows, before):
    """`comparing.summary` of one training on `rows`; `before`: the comments without it."""
    settings = detox.settings_of(beta=beta, learning_rate=options.rate, target_kl=options.target)
    place = kept.unfinished("ppo-settings", settings)
    policy, train = detox.start(), detox.situations("train")
    ppo.train(policy, train, detox.scorer(), folder=place, keep=True, label=f"PPO (beta {beta:g})", **settings)
    return comparing.summary(comparing.items(before, detox.commented(policy, rows)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--beta", type=float, nargs="+", default=[detox.sizes()["beta"]])
    parser.add_argument("--rate", type=float, default=detox.sizes()["learning_rate"])
    parser.add_argument("--target", type=float, help="nats a reply, to which beta adapts (without: it stays)")
    parser.add_argument("--rows", type=int, help="validation situations (without: all 30)")
    options = parser.parse_args()
    rows = detox.situations("validation", options.rows)
    before = detox.commented(detox.start(), rows, "Reviewing (before)", moved=False)
    print(f"{course.budget()} budget, seed {course.seed()}, rate {options.rate:g}, {len(rows)} validation situations")
    for beta in options.beta:
        found = measured(beta, options, rows, before)
        print(f"beta {beta:g}: " + ", ".join(f"{name} {found[name] or 0:.2f}" for name in SHOWN), flush=True)


if __name__ == "__main__":
    main()
