"""Dividing a sum of money by shares, to the last unit and without favour.

The rule is the largest remainder with memory: the fraction that rounding kept from a party, or gave
it too much, is carried exactly into its next division in the same scope, so that many small
payments come to the same as one large one.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from shared.money import WHOLE_PPM, largest_remainder

Party = TypeVar("Party", bound=Hashable)

NO_CARRY: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Part(Generic[Party]):
    """What one party gets, with every figure that led to it.

    `quota` is exact and without the carry. `rank` is the party's place among the remainders, from
    1; `raised` tells whether it got one of the units left over. `carry_after` is what stays owed
    to the party (or, below zero, what it had too much).
    """

    party: Party
    share_ppm: int
    quota: Fraction
    carry_before: Fraction
    rank: int
    raised: bool
    amount_fen: int

    @property
    def carry_after(self) -> Fraction:
        """Give the exact fraction of a unit that the next division starts from."""
        return self.quota + self.carry_before - self.amount_fen


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
    active = [(party, ppm) for party, ppm in ordered if ppm]
    quotas = [Fraction(total_fen * ppm, WHOLE_PPM) for _, ppm in active]
    owed = [
        quota + carry.get(party, NO_CARRY) for quota, (party, _) in zip(quotas, active, strict=True)
    ]
    amounts = largest_remainder(total_fen, owed, [places[party] for party, _ in active])
    ranks = _ranks(owed, amounts)
    parts = {
        party: Part(
            party=party,
            share_ppm=ppm,
            quota=quotas[i],
            carry_before=carry.get(party, NO_CARRY),
            rank=ranks[i],
            raised=amounts[i] > owed[i],
            amount_fen=amounts[i],
        )
        for i, (party, ppm) in enumerate(active)
    }
    return [parts.get(party) or _nothing(party, carry.get(party, NO_CARRY)) for party, _ in ordered]


def _nothing(party: Party, carry: Fraction) -> Part[Party]:
    """Give the part of a share of zero: its carry waits."""
    return Part(
        party=party,
        share_ppm=0,
        quota=NO_CARRY,
        carry_before=carry,
        rank=0,
        raised=False,
        amount_fen=0,
    )


def _ranks(owed: Sequence[Fraction], amounts: Sequence[int]) -> list[int]:
    """Rank the remainders from the largest, for the explanation only."""
    remainders = [
        value - (amount - (amount > value)) for value, amount in zip(owed, amounts, strict=True)
    ]
    by_size = sorted(range(len(owed)), key=lambda i: (-remainders[i], amounts[i] <= owed[i], i))
    ranks = [0] * len(owed)
    for place, index in enumerate(by_size, start=1):
        ranks[index] = place
    return ranks
