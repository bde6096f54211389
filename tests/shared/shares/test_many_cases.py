"""Divisions by the thousand against an oracle in fractions; `make prove` asks for a million."""

import os
import random
from fractions import Fraction

import pytest

from shared.money import WHOLE_PPM
from shared.shares import allocate

CASES = int(os.environ.get("ZHICHUANG_CASES", "1000"))
SEED = int(os.environ.get("ZHICHUANG_SEED", "1"))


def expected(
    total: int, shares: list[tuple[int, int]], order: list[int], carry: dict[int, Fraction]
) -> dict[int, int]:
    """Divide by the words of the rule: floors first, then unit by unit to whom most is owed."""
    place = {party: n for n, party in enumerate(order)}
    owed = {
        p: Fraction(total * ppm, WHOLE_PPM) + carry.get(p, Fraction(0)) for p, ppm in shares if ppm
    }
    got = {party: max(0, value.numerator // value.denominator) for party, value in owed.items()}
    while sum(got.values()) < total:
        neediest = max(owed, key=lambda party: (owed[party] - got[party], -place[party]))
        got[neediest] += 1
    while sum(got.values()) > total:
        # Only where somebody was ahead by more than his part: who is least owed gives back first.
        paid = [party for party in owed if got[party]]
        least = min(paid, key=lambda party: (owed[party] - got[party], -place[party]))
        got[least] -= 1
    return got | {party: 0 for party, ppm in shares if not ppm}


def shares_of(chance: random.Random) -> list[tuple[int, int]]:
    parties = chance.choice([1, 2, 2, 3, 3, 4, 5, 8])
    cuts = sorted(
        chance.choice([chance.randint(0, WHOLE_PPM), chance.randint(0, 3)])
        for _ in range(parties - 1)
    )
    edges = [0, *cuts, WHOLE_PPM]
    return [(party, edges[party + 1] - edges[party]) for party in range(parties)]


@pytest.mark.requirement("A086")
def test_every_division_is_the_oracles_and_fair() -> None:
    chance = random.Random(SEED)
    for case in range(CASES):
        shares = shares_of(chance)
        total = chance.choice(
            [chance.randint(0, 9), chance.randint(0, 10**6), chance.randint(0, 2**53 - 1)]
        )
        order = [party for party, _ in shares]
        chance.shuffle(order)
        told = f"seed {SEED}, case {case}: {total} by {shares} in {order}"
        parts = allocate(total, shares, order=order)
        got = {part.party: part.amount_fen for part in parts}
        assert got == expected(total, shares, order, {}), told
        assert sum(got.values()) == total, told
        for party, ppm in shares:
            quota = Fraction(total * ppm, WHOLE_PPM)
            assert got[party] in {quota.__floor__(), quota.__ceil__()}, told
        chance.shuffle(shares)
        assert allocate(total, shares, order=order) == parts, told


@pytest.mark.requirement("A086")
def test_every_rank_says_who_got_the_units_left_over() -> None:
    chance = random.Random(SEED + 1)
    for case in range(CASES):
        shares = shares_of(chance)
        total = chance.choice([chance.randint(0, 9), chance.randint(0, 10**6)])
        order = [party for party, _ in shares]
        chance.shuffle(order)
        told = f"seed {SEED + 1}, case {case}: {total} by {shares} in {order}"
        parts = allocate(total, shares, order=order)
        idle = {party for party, ppm in shares if not ppm}
        assert {part.party for part in parts if part.rank == 0} == idle, told
        ranked = sorted((part for part in parts if part.rank), key=lambda part: part.rank)
        assert [part.rank for part in ranked] == list(range(1, len(ranked) + 1)), told
        remainders = [part.quota - int(part.quota) for part in ranked]
        assert remainders == sorted(remainders, reverse=True), told
        left_over = total - sum(int(part.quota) for part in ranked)
        assert [part.raised for part in ranked] == [
            place < left_over for place in range(len(ranked))
        ], told
        # Equal remainders stand in the order that the parties agreed on.
        places = [
            (-left, order.index(part.party)) for left, part in zip(remainders, ranked, strict=True)
        ]
        assert places == sorted(places), told
        assert not any(part.raised or part.amount_fen for part in parts if not part.rank), told
