"""What a member that leaves within a year still shares in: by days, or by the day of each income.

This is about shares of membership, which end with it. Ownership of an invention does not: its
shares are those of the owners of the day, whoever has left. The agreement names the method.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

from shared.money import largest_remainder


def respread(shares_ppm: Mapping[UUID, int], left: frozenset[UUID]) -> dict[UUID, Fraction]:
    """Give everybody's exact part once some have left: what they free goes to the rest pro rata."""
    staying = sum(ppm for party, ppm in shares_ppm.items() if party not in left)
    if not staying:
        msg = "nobody stays to share"
        raise ValueError(msg)
    return {
        party: Fraction(0) if party in left else Fraction(ppm, staying)
        for party, ppm in shares_ppm.items()
    }


def parts_on(
    shares_ppm: Mapping[UUID, int], last_days: Mapping[UUID, date], day: date
) -> dict[UUID, Fraction]:
    """Give everybody's part on a day; a member's last day is still its own."""
    return respread(shares_ppm, frozenset(p for p, last in last_days.items() if last < day))


def event_dated(
    incomes: Sequence[tuple[date, int]],
    shares_ppm: Mapping[UUID, int],
    last_days: Mapping[UUID, date],
    order: Sequence[UUID],
) -> dict[UUID, int]:
    """Divide income by the parts on the day each amount came in (the default method, A086)."""
    quotas = dict.fromkeys(order, Fraction(0))
    for day, amount_fen in incomes:
        for party, part in parts_on(shares_ppm, last_days, day).items():
            quotas[party] += amount_fen * part
    return _rounded(sum(amount for _, amount in incomes), quotas, order)


def day_weighted(
    pool_fen: int,
    year: int,
    shares_ppm: Mapping[UUID, int],
    last_days: Mapping[UUID, date],
    order: Sequence[UUID],
) -> dict[UUID, int]:
    """Divide a year's pool by the days of membership, each day counting alike (A086)."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    # The parts only change on the day after somebody's last day.
    starts = {date.fromordinal(last.toordinal() + 1) for last in last_days.values()}
    edges = sorted({first, after, *(day for day in starts if first < day < after)})
    quotas = dict.fromkeys(order, Fraction(0))
    for start, end in pairwise(edges):
        weight = Fraction((end - start).days, (after - first).days)
        for party, part in parts_on(shares_ppm, last_days, start).items():
            quotas[party] += pool_fen * part * weight
    return _rounded(pool_fen, quotas, order)


def _rounded(
    total_fen: int, quotas: Mapping[UUID, Fraction], order: Sequence[UUID]
) -> dict[UUID, int]:
    exact = [quotas[party] for party in order]
    amounts = largest_remainder(total_fen, exact, range(len(order)))
    return dict(zip(order, amounts, strict=True))
