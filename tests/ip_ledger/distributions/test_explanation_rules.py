"""A line's explanation is read again step by step; no database."""

import json
from fractions import Fraction
from uuid import UUID

import pytest

from ip_ledger.distributions import explanation_rules as rules
from ip_ledger.distributions.explanation_rules import EventTold
from shared.money import WHOLE_PPM
from shared.shares import Part

ASSET, VERSION, PARTY = UUID(int=1), UUID(int=2), UUID(int=3)
TOLD = EventTold(
    rules.step_text("gross", amount_fen=100), rules.quoted(str(VERSION)), rules.quoted(str(ASSET))
)


def part(quota: Fraction, before: Fraction, amount_fen: int) -> Part[UUID]:
    return Part(
        party=PARTY, share_ppm=250_000, quota_scaled=int(quota * WHOLE_PPM),
        before_scaled=int(before * WHOLE_PPM), scale=WHOLE_PPM, rank=1, raised=True,
        amount_fen=amount_fen,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 4), "0.25"),
        (Fraction(-1, WHOLE_PPM), "-0.000001"),
        (Fraction(1, WHOLE_PPM), "0.000001"),
        (Fraction(0), "0"),
        (Fraction(-3, 2), "-1.5"),
        (Fraction(12), "12"),
        (Fraction(-100_001, 10), "-10000.1"),
    ],
)
def test_a_carry_is_written_without_any_rounding(value: Fraction, text: str) -> None:
    assert rules.exact_text(value) == text


def test_what_is_finer_than_a_millionth_is_no_carry() -> None:
    with pytest.raises(ValueError, match="finer"):
        rules.exact_text(Fraction(1, 3))


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("quota", "before", "amount_fen", "floor", "unit", "after"),
    [
        (Fraction(101, 4), Fraction(0), 26, 25, 1, "-0.75"),
        (Fraction(101, 4), Fraction(3, 4), 26, 26, 0, "0"),
        # What it had too much is more than it gets now: nothing is paid, and the rest is carried.
        (Fraction(1, 4), Fraction(-5, 4), 0, 0, 0, "-1"),
        (Fraction(1, 4), Fraction(-1, 4), 0, 0, 0, "0"),
        (Fraction(1), Fraction(0), 1, 1, 0, "0"),
    ],
)
def test_an_explanation_leads_from_quota_and_carry_to_the_amount(
    quota: Fraction, before: Fraction, amount_fen: int, floor: int, unit: int, after: str
) -> None:
    steps = {
        step["step"]: step
        for step in json.loads(rules.explained_line(part(quota, before, amount_fen), TOLD))
    }
    assert list(steps) == [
        "gross", "share", "quota", "carry_before", "floor", "remainder_unit", "amount",
        "carry_after",
    ]  # fmt: skip
    assert Fraction(steps["quota"]["exact"]) == quota
    assert Fraction(steps["carry_before"]["exact"]) == before
    assert (steps["floor"]["amount_fen"], steps["remainder_unit"]["amount_fen"]) == (floor, unit)
    assert (steps["amount"]["amount_fen"], steps["carry_after"]["exact"]) == (amount_fen, after)
    assert steps["share"]["ref_id"] == str(VERSION)
    assert steps["carry_after"]["ref_id"] == str(ASSET)


@pytest.mark.requirement("A086")
def test_what_of_rounding_is_handed_over_is_a_step_of_its_own() -> None:
    one = part(Fraction(101, 4), Fraction(0), 25)
    *_, handed, after = json.loads(rules.explained_line(one, TOLD, -250_000))
    assert (handed["step"], handed["exact"]) == ("carry_handed", "-0.25")
    assert (after["step"], after["exact"]) == ("carry_after", "0")
