"""Bookings over a day, and values over time. An interval is a pair of its start and its end."""


def merge_intervals(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join the intervals that overlap or touch, and return what results in order.

    >>> merge_intervals([(5, 8), (1, 3), (3, 4)])
    [(1, 4), (5, 8)]
    >>> merge_intervals([(9, 17), (10, 12), (18, 20)])
    [(9, 17), (18, 20)]
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if end < start:
            raise ValueError(f"an interval ends before it starts: {(start, end)}")
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def free_slots(bookings: list[tuple[int, int]], opens: int, closes: int, at_least: int = 1) -> list[tuple[int, int]]:
    """Return the intervals between opens and closes that no booking takes, if they are at_least as long.

    >>> free_slots([(10, 12), (11, 13), (15, 16)], opens=9, closes=17)
    [(9, 10), (13, 15), (16, 17)]
    >>> free_slots([(10, 12), (11, 13), (15, 16)], opens=9, closes=17, at_least=2)
    [(13, 15)]
    """
    if closes <= opens or at_least < 1:
        raise ValueError("a day must close after it opens, and a slot have some length")
    free, taken_until = [], opens
    for start, end in sorted(bookings):
        if min(start, closes) - taken_until >= at_least:
            free.append((taken_until, min(start, closes)))
        taken_until = max(taken_until, end)
    if closes - taken_until >= at_least:
        free.append((taken_until, closes))
    return free


def moving_average(values, window=3, digits=2):
    """Return for each value the mean of it and those before it, as many as the window holds.

    >>> moving_average([3, 5, 10, 0])
    [3.0, 4.0, 6.0, 5.0]
    >>> moving_average([1, 2, 2], window=2, digits=1)
    [1.0, 1.5, 2.0]
    """
    if window < 1:
        raise ValueError("window must be at least 1")
    averages = []
    for end in range(1, len(values) + 1):
        part = values[max(0, end - window) : end]
        averages.append(round(sum(part) / len(part), digits))
    return averages
