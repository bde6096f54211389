"""Dividing a sum of money by shares, to the last unit and without favour.

The rule is the largest remainder with memory: the fraction that rounding kept from a party, or gave
it too much, is carried exactly into its next division in the same scope, so that many small
payments come to the same as one large one.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from types import MappingProxyType
from typing import Generic, TypeVar

from shared.money import WHOLE_PPM, whole_units

Party = TypeVar("Party", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Part(Generic[Party]):
    """What one party gets, with every figure that led to it.

    `quota` is exact and without the carry. `rank` is the party's place among the remainders, from
    1; `raised` tells whether it got one of the units left over. `carry_after` is what stays owed
    to the party (or, below zero, what it had too much). The exact figures are kept in whole numbers
    of `1 / scale`.
    """

    party: Party
    share_ppm: int
    quota_scaled: int
    before_scaled: int
    scale: int
    rank: int
    raised: bool
    amount_fen: int

    @property
    def quota(self) -> Fraction:
        """Give the exact part of the total, without the carry."""
        return Fraction(self.quota_scaled, self.scale)

    @property
    def carry_before(self) -> Fraction:
        """Give what earlier rounding owed the party."""
        return Fraction(self.before_scaled, self.scale)

    @property
    def after_scaled(self) -> int:
        """Give `carry_after` in whole numbers of `1 / scale`."""
        return self.quota_scaled + self.before_scaled - self.amount_fen * self.scale

    @property
    def carry_after(self) -> Fraction:
        """Give the exact fraction of a unit that the next division starts from."""
        return Fraction(self.after_scaled, self.scale)


def sums_to_whole(shares: Sequence[tuple[Party, int]]) -> bool:
    """Tell whether the shares come to exactly 1,000,000 ppm."""
    return sum(ppm for _, ppm in shares) == WHOLE_PPM


def allocate(
    total_fen: int,
    shares: Sequence[tuple[Party, int]],
    *,
    order: Sequence[Party],
    carry: Mapping[Party, Fraction] = MappingProxyType({}),
) -> list[Part[Party]]:
    """Divide a total of zero or more by shares that sum to 1,000,000 ppm (A086).

    `order` settles ties: the parties' places in the signed agreement, or by USCC where there is
    none. It must name every party; the order of `shares` never matters, and the parts come back in
    the order of `order`. A share of zero gets nothing and keeps its carry.
    """
    if not sums_to_whole(shares) or any(ppm < 0 for _, ppm in shares):
        msg = "shares that do not sum to 1,000,000 ppm"
        raise ValueError(msg)
    places = {party: place for place, party in enumerate(order)}
    ordered = sorted(shares, key=lambda share: places[share[0]])
    # All figures in whole numbers of one small part of a unit: carries are millionths themselves
    # as long as shares are whole ppm, so that this is a million.
    scale = lcm(WHOLE_PPM, *{value.denominator for value in carry.values()})
    before = {
        party: value.numerator * (scale // value.denominator) for party, value in carry.items()
    }
    each = total_fen * (scale // WHOLE_PPM)
    active = [(party, ppm) for party, ppm in ordered if ppm]
    owed = [each * ppm + before.get(party, 0) for party, ppm in active]
    amounts = whole_units(total_fen, owed, scale, [places[party] for party, _ in active])
    # Who was paid ahead by more than its part has nothing coming, and never less than that.
    floors = [max(0, exact // scale) for exact in owed]
    ranks = _ranks([exact - floor * scale for exact, floor in zip(owed, floors, strict=True)])
    parts = {
        party: Part(
            party, ppm, each * ppm, before.get(party, 0), scale, rank, amount > floor, amount
        )
        for (party, ppm), floor, amount, rank in zip(active, floors, amounts, ranks, strict=True)
    }
    # A share of zero gets nothing, and its carry waits.
    return [
        parts.get(party)
        or Part(party, 0, 0, before.get(party, 0), scale, 0, raised=False, amount_fen=0)
        for party, _ in ordered
    ]


def _ranks(remainders: Sequence[int]) -> list[int]:
    """Rank the remainders from the largest, in the order in which units left over are handed out.

    They are in the order that settles ties.
    """
    by_size = sorted(range(len(remainders)), key=lambda i: -remainders[i])
    ranks = [0] * len(remainders)
    for place, index in enumerate(by_size, start=1):
        ranks[index] = place
    return ranks
