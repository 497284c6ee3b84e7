"""Days and durations. Days are written as in 2024-03-31."""

import re
from datetime import date, timedelta


def parse_duration(text: str) -> int:
    """Return a duration in seconds. It is written in days, hours, minutes and seconds, in this order.

    >>> parse_duration("1h30m")
    5400
    >>> parse_duration("2d 45s")
    172845
    """
    compact = "".join(text.lower().split())
    found = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", compact)
    if not compact or found is None:
        raise ValueError(f"not a duration: {text!r}")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def business_days(first: str, last: str, holidays: tuple[str, ...] = ()) -> int:
    """Count the working days from first to last, both included: Monday to Friday without the holidays.

    >>> business_days("2024-03-01", "2024-03-10")
    6
    >>> business_days("2024-12-23", "2024-12-29", holidays=("2024-12-25", "2024-12-26"))
    3
    >>> business_days("2024-03-04", "2024-03-08")
    5
    """
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    if end < day:
        raise ValueError(f"{last} is before {first}")
    closed = {date.fromisoformat(holiday) for holiday in holidays}
    count = 0
    while day < end:
        if day.weekday() < 5 and day not in closed:
            count += 1
        day += timedelta(days=1)
    return count


def add_months(day: str, months: int) -> str:
    """Return the same day some months later (earlier, if negative), or the month's last day if it is shorter."""
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last_day = 31 if month == 11 else (date(year, month + 2, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last_day)).isoformat()
