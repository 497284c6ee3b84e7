"""How often `metrics.bootstrap_interval` holds the truth: python tests/benchmarks/bootstrap_coverage.py [experiments]

Each line draws many samples whose true mean is known, and counts how many 95 % intervals hold it, how many lie wholly
above it and how many wholly below, beside the plain percentile bootstrap. The last column: how much wider ours is.
2,000 experiments (the default) leave each share uncertain by one point, and take about five minutes.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def rouge_like(rng, n):
    """Skewed scores in [0, 1], a fifth of them 0: (values, no clusters, true mean)."""
    return rng.beta(1.2, 3.0, n) * (rng.random(n) > 0.2), None, 0.8 * 1.2 / 4.2


def passes(rng, n):
    """A test passes, or not."""
    return (rng.random(n) < 0.3) * 1.0, None, 0.3


def paired(rng, n):
    """Differences of two systems' skewed scores on the same rows, some harder than others for both."""
    ease = rng.beta(2.0, 4.0, n)
    return ease * (rng.beta(4.0, 2.0, n) - rng.beta(3.0, 2.0, n)), None, 2 / 6 * (4 / 6 - 3 / 5)


def clustered(spread, alike, values):
    """A sampler of clusters (packages) of unequal size, whose rows resemble each other.

    spread: standard deviation of the sizes as a share of their mean. alike: correlation of two rows of a cluster.
    values: 'scores', skewed in [0, 1], or 'passes', 0 or 1.
    """

    def draw(rng, n):
        sizes = np.round(rng.lognormal(np.log(8), np.log(1 + spread**2) ** 0.5, n)).clip(1, 80).astype(int)
        keys = np.repeat(np.arange(n), sizes)
        if values == "passes":
            share = rng.beta(0.3 * (1 / alike - 1), 0.7 * (1 / alike - 1), n)
            return (rng.random(len(keys)) < share[keys]) * 1.0, keys, 0.3
        from scipy.stats import beta, norm

        curve = rng.normal(0, alike**0.5, n)[keys] + rng.normal(0, (1 - alike) ** 0.5, len(keys))
        return beta.ppf(norm.cdf(curve), 1.2, 3.0), keys, 1.2 / 4.2

    return draw


SHAPES = [
    *((f"{name}, {n} rows", draw, n)
      for name, draw in (("skewed scores", rouge_like), ("passes, 30 %", passes), ("paired differences", paired))
      for n in (30, 100, 500)),
    *((f"{n} clusters, sizes vary {spread:.0%}, alike {alike}, {values}", clustered(spread, alike, values), n)
      for n in (20, 30, 60) for spread in (0.6, 1.2) for alike in (0.1, 0.5) for values in ("scores", "passes")),
]  # fmt: skip


def coverage(interval, draw, n, experiments, seed=0, resamples=1000):
    """Shares of the intervals that (hold the true mean, lie above it, lie below it), and their mean width."""
    rng = np.random.default_rng(seed)
    above = below = width = 0
    for experiment in range(experiments):
        values, clusters, truth = draw(rng, n)
        low, high = interval(values, clusters=clusters, seed=experiment, resamples=resamples)
        above += low > truth + 1e-12
        below += high < truth - 1e-12
        width += high - low
    return 1 - (above + below) / experiments, above / experiments, below / experiments, width / experiments


def plain_percentiles(values, clusters, seed, resamples):
    """The bootstrap of the textbooks' first chapter, to compare with."""
    keys = np.arange(len(values)) if clusters is None else clusters
    sums, sizes = np.bincount(keys, values), np.bincount(keys)
    drawn = np.random.default_rng(seed).integers(0, len(sums), (resamples, len(sums)))
    return np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])


def main():
    from helpers.metrics import bootstrap_interval

    experiments = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{'':52} holds  above  below   plain percentiles hold  wider by")
    for name, draw, n in SHAPES:
        ours, above, below, width = coverage(bootstrap_interval, draw, n, experiments)
        plain, *_, plain_width = coverage(plain_percentiles, draw, n, experiments)
        wider = width / plain_width - 1
        print(f"{name:52} {ours:5.1%}  {above:5.1%}  {below:5.1%} {plain:24.1%} {wider:9.1%}", flush=True)


if __name__ == "__main__":
    main()
