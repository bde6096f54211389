"""Exact arithmetic of money: integers of 分 in, integers of 分 out, fractions in between.

No float ever appears here. `_fen` is the smallest unit of a currency (1/100 CNY), `_ppm` a share
or rate in parts per million.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Final

WHOLE_PPM: Final = 1_000_000

# What every JSON reader can hold exactly (RFC 8259 section 6); money on the wire stays within it.
MAX_FEN: Final = 2**53 - 1


def rate_of(amount_fen: int, rate_ppm: int) -> Fraction:
    """Give the exact, unrounded part of an amount."""
    return Fraction(amount_fen * rate_ppm, WHOLE_PPM)


def ceiling(value: Fraction) -> int:
    """Round up to the next whole unit; a whole number stays."""
    return -(-value.numerator // value.denominator)


def half_up(value: Fraction) -> int:
    """Round to the nearest whole unit, a half upwards (towards plus infinity)."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def largest_remainder(total: int, quotas: Sequence[Fraction], ranks: Sequence[int]) -> list[int]:
    """Round quotas to whole units that sum to `total`, never below zero.

    Each quota is floored, and what is left goes one unit each to the largest remainders; a tie goes
    to the lower rank. `total` must not be negative and `ranks` must be distinct.

    Where the quotas sum to `total`, each result is within one unit of its quota, except that
    a quota below zero gives zero, and the units this takes come from the smallest remainders.
    """
    scale = lcm(*{quota.denominator for quota in quotas})
    scaled = [quota.numerator * (scale // quota.denominator) for quota in quotas]
    return whole_units(total, scaled, scale, ranks)


def whole_units(total: int, scaled: Sequence[int], scale: int, ranks: Sequence[int]) -> list[int]:
    """Do what `largest_remainder` does with quotas in whole numbers of `1 / scale`.

    Of a hundred thousand quotas a fraction each would cost more than all the rest.
    """
    if total < 0 or len(set(ranks)) != len(scaled):
        msg = "a total below zero, or ranks that do not tell the parties apart"
        raise ValueError(msg)
    parts = [max(0, quota // scale) for quota in scaled]
    lacking = [part * scale - quota for part, quota in zip(parts, scaled, strict=True)]
    gaining = sorted(range(len(scaled)), key=lambda i: (lacking[i], ranks[i]))
    return _settled(total, parts, gaining)


def _settled(total: int, parts: list[int], gaining: list[int]) -> list[int]:
    """Hand the difference out in the order of `gaining`, or take it back in the reverse order."""
    left = total - sum(parts)
    if left and not gaining:
        msg = "nobody is there to receive the total"
        raise ValueError(msg)
    every, rest = divmod(max(left, 0), max(len(gaining), 1))
    for place, index in enumerate(gaining):
        parts[index] += every + (place < rest)
    owed = max(-left, 0)
    while owed:
        for index in reversed(gaining):
            if owed and parts[index]:
                parts[index] -= 1
                owed -= 1
    return parts
