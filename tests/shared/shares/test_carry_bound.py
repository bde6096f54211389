"""What rounding owes stays bounded, run after run: the bounds that decision 0477 derives.

`make prove name=carry` asks for 10,000 successive runs, the suite for a thousand.
"""

import os
import random
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest

from shared.money import WHOLE_PPM
from shared.shares import Part, allocate

RUNS = int(os.environ.get("ZHICHUANG_CASES", "1000"))
SEED = int(os.environ.get("ZHICHUANG_SEED", "1"))
Shares = Sequence[tuple[int, int]]
# Pairs and groups that starve somebody as long as they can: one millionth beside all the rest, a
# hair over and under a half, thirds, a crowd of the smallest beside one owner of nearly all.
FIXED: dict[str, Shares] = {
    "a millionth": ((0, 1), (1, 999_999)),
    "one per cent": ((0, 10_000), (1, 990_000)),
    "a hair": ((0, 499_999), (1, 500_001)),
    "thirds": ((0, 333_333), (1, 333_333), (2, 333_334)),
    "a crowd": (*((n, 1) for n in range(7)), (7, 999_993)),
    "falling": ((0, 900_000), (1, 90_000), (2, 9_000), (3, 900), (4, 90), (5, 10)),
}


def divided(total: int, shares: Shares, carry: dict[int, Fraction]) -> list[Part[int]]:
    return allocate(total, shares, order=[party for party, _ in shares], carry=carry)


def after(parts: Sequence[Part[int]]) -> dict[int, Fraction]:
    return {part.party: part.carry_after for part in parts}


def spiteful(chance: random.Random, shares: Shares, carry: dict[int, Fraction]) -> int:
    """Pick, of a few small totals, the one after which rounding owes or is owed the most."""
    totals = {0, 1, chance.randint(0, 3), chance.randint(0, len(shares) + 1)}
    return max(totals, key=lambda total: max(
        abs(value) for value in after(divided(total, shares, carry)).values()
    ))  # fmt: skip


def tiny(chance: random.Random, _shares: Shares, _carry: dict[int, Fraction]) -> int:
    return chance.randint(0, 5)


@pytest.mark.requirement("A086")
@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("draw", [spiteful, tiny])
def test_many_runs_of_the_same_shares_keep_the_bound(
    name: str, draw: Callable[[random.Random, Shares, dict[int, Fraction]], int]
) -> None:
    shares = FIXED[name]
    chance = random.Random(f"{name} {SEED}")
    carry = dict.fromkeys(range(len(shares)), Fraction(0))
    paid = dict.fromkeys(range(len(shares)), 0)
    whole, most = 0, max(1, len(shares) - 1)
    for number in range(RUNS):
        total = draw(chance, shares, carry)
        parts = divided(total, shares, carry)
        carry, whole = after(parts), whole + total
        for part in parts:
            paid[part.party] += part.amount_fen
        told = f"seed {SEED}, {name}, run {number}: {carry}"
        assert sum(part.amount_fen for part in parts) == total, told
        assert not sum(carry.values()), told
        assert all(-1 < value < most for value in carry.values()), told
    # So nobody is ever further than that from what one division of everything would have paid.
    for party, ppm in shares:
        assert paid[party] + carry[party] == Fraction(whole * ppm, WHOLE_PPM)


@pytest.mark.requirement("A086")
@pytest.mark.parametrize("name", FIXED)
def test_where_every_quota_is_a_unit_nobody_is_a_unit_ahead_or_behind(name: str) -> None:
    shares = FIXED[name]
    least = -(-WHOLE_PPM // min(ppm for _, ppm in shares))
    chance = random.Random(f"{name} {SEED}")
    carry = dict.fromkeys(range(len(shares)), Fraction(0))
    for _ in range(RUNS):
        carry = after(divided(least + chance.randint(0, least), shares, carry))
        assert all(-1 < value < 1 for value in carry.values()), carry
