"""The checks of lesson 06."""

import math
import time
from numbers import Real

from helpers.checks.framework import check, require, require_close
from helpers.checks.rouge_mistakes import common, rouge_l_mistakes


def _number(got, asked):
    """Raise Wrong unless `got` is a number that is none of Python's booleans."""
    require(isinstance(got, Real) and not isinstance(got, bool), f"{asked} should be a number. Yours is {got!r:.60}.")


def _name_mistake(got, mistakes, asked):
    """Raise Wrong with the sentence of `mistakes` (sentence → wrong number) whose number is `got`."""
    for mistake, mistaken in mistakes.items():
        require(not math.isclose(got, mistaken, rel_tol=1e-6), f"{asked} is {float(got):.6g} with yours: {mistake}")


def _quick(answer, args, mistake):
    """Raise Wrong with `mistake` if `answer(*args)` takes more than a twentieth of a second of processor time."""
    start = time.process_time()
    answer(*args)
    took = time.process_time() - start
    require(took < 0.05, f"{mistake} Yours took {took:.2g} seconds.")


# --- ROUGE-L ----------------------------------------------------------------------------------------------------------


@check("write `rouge_l`: the F-measure of the longest common subsequence of two lists of words.")
def rouge_l(answer):
    texts = (
        ("end words a the words words of of the a words end", "words a of of end the words end words end"),
        ("the end of a list of words is what the caller gets", "the last words of what the caller gave in a list"),
    )
    pairs = [(first.split(), second.split()) for first, second in texts]
    asked = [f"rouge_l(answer, reference) for '{first}' and '{second}'" for first, second in texts]
    got = [answer(list(first), list(second)) for first, second in pairs]
    for number, name in zip(got, asked, strict=True):
        _number(number, name)
    right = [2 * common(first, second) / (len(first) + len(second)) for first, second in pairs]
    if any(not math.isclose(number, wanted, rel_tol=1e-6) for number, wanted in zip(got, right, strict=True)):
        tables = [rouge_l_mistakes(first, second) for first, second in pairs]
        for sentence in tables[0]:  # only a mistake that explains both
            wrong = [table[sentence] for table in tables]
            same = all(math.isclose(number, value, rel_tol=1e-6) for number, value in zip(got, wrong, strict=True))
            require(not same, f"{asked[0]} is {float(got[0]):.6g} with yours: {sentence}")
    for number, wanted, name in zip(got, right, asked, strict=True):
        require_close(number, wanted, f"{name}:")
    require_close(answer(["a"], ["a", "a"]), 2 / 3, "for rouge_l(a, a a) one word is shared:")
    require_close(answer(list("abcde"), list("abcde")), 1.0, "for equal lists:")
    require_close(answer(list("abcd"), list("acdxy")), 2 / 3, "for rouge_l(a b c d, a c d x y):")
    require_close(answer(["a", "b"], ["c"]), 0.0, "for lists that share nothing:")
    for one, other in (([], ["a"]), (["a"], []), ([], [])):
        try:
            nothing = answer(list(one), list(other))
        except ZeroDivisionError:
            require(False, f"rouge_l({one}, {other}) divides by zero. Where nothing is shared, return 0.")
        require_close(nothing, 0.0, f"rouge_l({one}, {other}) has nothing in common:")
    require_close(answer(["The"], ["the"]), 0.0, "words are compared as they are: 'The' is not 'the' here.")
    for words in ("abcdefghijk", "abcdefghijklmnopq"):  # a recursion is slow for the first, all subsets for the second
        slow = f"for {len(words)} words that share nothing it tries too much; 30 would take hours. Fill a table."
        _quick(answer, (list(words), list(words.upper())), slow)


# --- pass@k -----------------------------------------------------------------------------------------------------------


@check("write `pass_at_k`: the unbiased estimate from n answers, c of which passed.")
def pass_at_k(answer):
    n, c, k = 20, 6, 5
    asked = f"pass_at_k({n}, {c}, {k})"
    got = answer(n, c, k)
    _number(got, asked)
    every = math.comb(n, k)
    right = 1 - math.comb(n - c, k) / every
    mistakes = {
        "that is the naive estimate, which is biased: it draws with replacement. Count sets of k answers.": 1
        - (1 - c / n) ** k,
        "that is the chance that none passes. Subtract it from 1.": math.comb(n - c, k) / every,
        "that is the chance that all k pass.": math.comb(c, k) / every,
        "that is 1 less the chance that all pass. At least one passes unless all of them fail.": 1
        - math.comb(c, k) / every,
        "that is the share of answers that passed, pass@1.": c / n,
        "that is the expected number of passes among k answers, not a chance.": k * c / n,
        "that is exactly one pass. At least one is asked for.": c * math.comb(n - c, k - 1) / every,
        "that is in per cent. Return a share, from 0 to 1.": 100 * right,
    }
    _name_mistake(got, mistakes, asked)
    close = abs(got - right) < 0.03 and not math.isclose(got, right, rel_tol=1e-6)
    require(not close, f"{asked} is {float(got):.6g} with yours: close to {right:.6g}, not equal. Count, do not draw.")
    require_close(got, right, f"{asked}:")
    listed = "pass_at_k(23, 2, 11) is slow: it lists every set, and no memory holds those of n = 1000. Use math.comb."
    _quick(answer, (23, 2, 11), listed)
    require_close(answer(10, 3, 1), 0.3, "with k = 1 it is the share of answers that passed.")
    require_close(answer(10, 0, 5), 0.0, "where nothing passed it is 0.")
    sure = answer(5, 3, 4)
    require_close(sure, 1.0, "pass_at_k(5, 3, 4): only 2 answers failed, so of any 4 at least 2 passed.")
    large = answer(1000, 5, 200)
    wanted = 1 - math.comb(995, 200) / math.comb(1000, 200)
    require(isinstance(large, Real) and not math.isnan(large), "pass_at_k(1000, 5, 200) overflows. Use math.comb.")
    require_close(large, wanted, "pass_at_k(1000, 5, 200), where the counts of sets are huge:")


# --- The bootstrap ----------------------------------------------------------------------------------------------------

RESAMPLES = 10_000


@check("write `interval`: the bootstrap's 95 % interval for a mean.")
def interval(answer):
    import numpy as np

    values = [0.0] * 9 + [1.0, 2.0, 2.0, 3.0, 5.0, 8.0, 40.0]
    asked = "for the 16 values of the check"
    got = answer(list(values), np.random.default_rng(1), RESAMPLES)
    try:
        low, high = (float(end) for end in got)
    except (TypeError, ValueError):
        require(False, f"return two numbers, low and high. Yours gives {got!r:.60}.")
    require(not (math.isnan(low) or math.isnan(high)), f"{asked} yours gives NaN.")
    require(low <= high, f"{asked} low is {low:.3g}, above high, {high:.3g}. Return the smaller one first.")
    mean = sum(values) / len(values)
    require(
        high > low or not math.isclose(low, mean),
        "every resample has the same mean, so you draw without replacement: each value comes exactly once.",
    )
    means = _means(values, len(values))
    tails = np.quantile(means, [0.001, 0.999])
    extremes = low <= tails[0] and tails[1] <= high <= 1.1 * means.max()
    require(not extremes, f"{asked} yours gives {low:.3g} to {high:.3g}: the smallest and the largest mean.")
    right = np.quantile(means, [0.025, 0.975])
    around = 0.15 * (right[1] - right[0])
    require(
        high - low > around or abs((low + high) / 2 - mean) > around,
        f"{asked} yours gives {low:.3g} to {high:.3g}, far too narrow: are those draws of `resamples` values? Draw as "
        "many as there are, `resamples` times.",
    )
    wrong = _wrong_intervals(values, means)
    tolerance = 0.04 * (right[1] - right[0])

    def off(ends):
        return max(abs(low - ends[0]), abs(high - ends[1]))

    name = min(wrong, key=lambda sentence: off(wrong[sentence]))
    low_wrong, high_wrong = wrong[name]
    near = off(wrong[name]) < min(off(right), max(2 * tolerance, 0.05 * (high_wrong - low_wrong)))
    require(off(right) <= tolerance or not near, f"{asked} yours gives {low:.3g} to {high:.3g}: {name}")
    require(
        off(right) <= tolerance,
        f"{asked} yours gives {low:.3g} to {high:.3g}; it should be about {right[0]:.2f} to {right[1]:.2f}.",
    )
    again, same = (tuple(answer(list(values), np.random.default_rng(7), 200)) for _ in range(2))
    require(again == same, "the same seed gives other intervals. Draw with `rng`, and with nothing else.")
    one = answer(list(values), np.random.default_rng(2), 1)
    require(one[0] == one[1], "with resamples=1 there is one mean, so low equals high. Draw `resamples` times.")
    low, high = answer([1.0, 3.0], np.random.default_rng(3), 1000)
    require((low, high) == (1.0, 3.0), "for [1, 3] a quarter of all resamples is 1, 1: the interval is 1 to 3.")


def _means(values, count, resamples=40_000):
    """Means of resamples of `count` values each."""
    import numpy as np

    rng = np.random.default_rng(0)
    return np.array(values)[rng.integers(0, len(values), (resamples, count))].mean(axis=1)


def _wrong_intervals(values, means):
    """Sentence that names a mistake → the interval that it leads to."""
    import numpy as np

    from helpers.metrics import bootstrap_interval

    values, mean, count = np.array(values), means.mean(), len(values)
    rng = np.random.default_rng(0)
    drawn = values[rng.integers(0, count, (20_000, count))]
    return {
        "that is a 90 % interval. Leave out 2.5 % at each end.": np.quantile(means, [0.05, 0.95]),
        "that leaves out 0.025 per cent: np.percentile counts to 100. Use np.quantile, or 2.5 and 97.5.": np.percentile(
            means, [0.025, 0.975]
        ),
        "those are percentiles of the values. Take those of the resamples' means.": np.quantile(values, [0.025, 0.975]),
        "those are percentiles of single draws. Take the mean of each resample, and percentiles of the means.": (
            np.quantile(drawn, [0.025, 0.975])
        ),
        "that is the mean and its standard deviation to both sides, which holds the truth two times in three.": (
            mean - means.std(),
            mean + means.std(),
        ),
        "that takes 1.96 standard deviations, as if means were spread evenly to both sides. Take quantiles.": (
            mean - 1.96 * means.std(),
            mean + 1.96 * means.std(),
        ),
        "those are sums. Divide by the number of values.": np.quantile(means * count, [0.025, 0.975]),
        "those are medians of the resamples. The interval is for the mean.": np.quantile(
            np.median(drawn, axis=1), [0.025, 0.975]
        ),
        "each resample is too small: draw as many values as there are.": np.quantile(
            _means(values, count // 2), [0.025, 0.975]
        ),
        "each resample is one value short. Draw as many as there are.": np.quantile(
            _means(values, count - 1), [0.025, 0.975]
        ),
        "each resample is too large: draw as many values as there are, no more.": np.quantile(
            _means(values, 10 * count), [0.025, 0.975]
        ),
        "that is how far the mean may be off, not where it may be. Do not subtract the mean.": np.quantile(
            means - values.mean(), [0.025, 0.975]
        ),
        "that is `metrics.bootstrap_interval`, which goes further out for few rows. Take plain percentiles.": (
            bootstrap_interval(values)
        ),
    }
