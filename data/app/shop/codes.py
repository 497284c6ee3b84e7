"""Numbers that customers type: cards, telephones, volumes of a series."""

import re

ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def has_valid_checksum(number: str) -> bool:
    """Tell whether a card number passes the Luhn check. Blanks and hyphens in it do not count.

    >>> has_valid_checksum("7992 7398 713")
    True
    >>> has_valid_checksum("7992-7398-710")
    False
    """
    digits = number.replace(" ", "").replace("-", "")
    if len(digits) < 2 or not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2 == 1:
            value *= 2
            if value > 9:
                value -= 9
        total += value
    return total % 10 == 0


def normalize_phone(text: str, country: str = "49") -> str:
    """Return a telephone number as a plus sign and digits. One without a country's code gets that of country.

    >>> normalize_phone("030 / 23125-042")
    '+493023125042'
    >>> normalize_phone("0044 (0)20 7946 0018")
    '+442079460018'
    """
    compact = re.sub(r"(?<=[0-9])\s*\(0\)|[\s()./-]", "", text)
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    elif compact.startswith("0"):
        compact = "+" + country + compact[1:]
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", compact):
        raise ValueError(f"not a telephone number: {text!r}")
    return compact


def parse_roman(numeral: str) -> int:
    """Return the value of a Roman numeral from I to MMMCMXCIX, in capital or small letters.

    >>> parse_roman("xiv")
    14
    >>> parse_roman("MCMXCIV")
    1994
    """
    letters = numeral.strip().upper()
    if not letters or not re.fullmatch("M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})", letters):
        raise ValueError(f"not a Roman numeral: {numeral!r}")
    values = [ROMAN_DIGITS[letter] for letter in letters]
    total = values[-1]
    for value, following in zip(values, values[1:], strict=False):
        total += value if value >= following else -value
    return total
