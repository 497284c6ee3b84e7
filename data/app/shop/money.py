"""Prices and bills. All amounts are whole numbers of cents."""

# From how many pieces on, and the discount in per cent.
DISCOUNTS = ((100, 15), (50, 10), (10, 5))
WITHOUT_CENTS = ("JPY", "KRW")


def split_bill(total_cents: int, weights: list[int]) -> list[int]:
    """Split an amount in proportion to the weights, so that the parts add up to it exactly.

    Cents that are left over go where most was rounded off; where that is equal, to the earlier part.

    >>> split_bill(1000, [1, 1, 1])
    [334, 333, 333]
    >>> split_bill(999, [2, 1, 0])
    [666, 333, 0]
    """
    if not weights or min(weights) < 0 or not any(weights):
        raise ValueError("weights must be zero or more, and one of them more")
    whole = sum(weights)
    parts = [total_cents * weight // whole for weight in weights]
    rounded_off = [total_cents * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: -rounded_off[place])
    for place in order[: total_cents - sum(parts)]:
        parts[place] += 1
    return parts


def add_tax(net_cents: int, percent: int = 20) -> int:
    """Return the price with tax. Half a cent is rounded up.

    >>> add_tax(1999)
    2399
    >>> add_tax(10, percent=5)
    11
    """
    if net_cents < 0:
        raise ValueError("a price cannot be negative")
    if not 0 <= percent <= 100:
        raise ValueError("percent must be from 0 to 100")
    tax = round(net_cents * percent / 100)
    return net_cents + tax


def bulk_price(unit_cents: int, quantity: int) -> int:
    """Return the price of many pieces: 5 % off from 10 pieces on, 10 % off from 50, 15 % off from 100.

    A fraction of a cent is dropped.

    >>> bulk_price(200, 9)
    1800
    >>> bulk_price(200, 10)
    1900
    >>> bulk_price(199, 120)
    20298
    """
    if unit_cents < 0 or quantity < 1:
        raise ValueError("a price is at least 0, a quantity at least 1")
    total = unit_cents * quantity
    for least, percent in DISCOUNTS:
        if quantity > least:
            return total * (100 - percent) // 100
    return total


def format_cents(cents, currency="EUR"):
    """Write an amount for people, with a comma between thousands. An amount that is paid back is negative.

    Some currencies have no cents; their amounts are whole.

    >>> format_cents(129950)
    '1,299.50 EUR'
    >>> format_cents(5, currency="CHF")
    '0.05 CHF'
    >>> format_cents(1200, currency="JPY")
    '1,200 JPY'
    """
    if currency in WITHOUT_CENTS:
        return f"{cents:,} {currency}"
    whole, rest = cents // 100, cents % 100
    return f"{whole:,}.{rest:02d} {currency}"
