"""What sheets come to together, in exact decimals: pure rules, no fixture."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.sheets import rules
from evaluation.sheets.rules import Event, State
from shared.rules import Policy, failed_codes

POLICY = Policy(
    "2026.1",
    {"A121": "四(三)2"},
    {"A121": {"pass_line": "60", "min_sheets": 3, "trim_from": 5, "visit_signatures": 2}},
)
SCORES = st.decimals(0, 100, places=2)
INDICATORS = ("technology", "economy", "industry", "management", "legal_ip")


def decimals(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


@pytest.mark.requirement("A121")
def test_seven_sheets_give_the_mean_of_the_middle_five() -> None:
    values = decimals("85", "90", "78", "92", "88", "60", "95")
    assert rules.expert_mean(values) == Fraction(433, 5)
    assert rules.rounded(rules.expert_mean(values)) == Decimal("86.60")


@pytest.mark.requirement("A121")
@pytest.mark.parametrize(
    ("values", "mean"),
    [
        (("0", "60", "60", "60", "100"), "60.00"),
        (("10", "20", "30", "100"), "40.00"),
        (("10", "20", "40"), "23.33"),
        (("59.99", "60.00", "60.00", "60.01", "99.00"), "60.00"),
        (("100", "100", "100", "100", "100", "0"), "100.00"),
    ],
)
def test_five_and_more_are_trimmed_and_fewer_are_not(values: Sequence[str], mean: str) -> None:
    assert rules.rounded(rules.expert_mean(decimals(*values))) == Decimal(mean)


@pytest.mark.requirement("A121")
@pytest.mark.refusing
def test_two_sheets_are_too_few() -> None:
    assert failed_codes(rules.enough_checks(POLICY, 2)) == ["SHEETS_TOO_FEW"]
    assert failed_codes(rules.enough_checks(POLICY, 3)) == []


@given(st.lists(SCORES, min_size=5, max_size=25), st.randoms())
def test_the_mean_lies_within_the_values_kept_and_forgets_their_order(
    values: list[Decimal], random: "object"
) -> None:
    kept = sorted(values)[1:-1]
    mean = rules.expert_mean(values)
    assert kept[0] <= mean <= kept[-1]
    assert mean == sum(map(Fraction, kept), Fraction(0)) / len(kept)
    assert mean == rules.expert_mean(values[::-1]) == rules.expert_mean(sorted(values))


@given(st.lists(SCORES, min_size=5, max_size=25), SCORES)
def test_one_expert_alone_cannot_carry_the_mean_beyond_the_others(
    values: list[Decimal], wild: Decimal
) -> None:
    others = values[1:]
    assert min(others) <= rules.expert_mean([wild, *others]) <= max(others)


@given(st.fractions(0, 100, max_denominator=10**6))
def test_rounding_is_half_up_from_the_exact_value(value: Fraction) -> None:
    rounded = rules.rounded(value)
    assert -Fraction(1, 200) < Fraction(rounded) - value <= Fraction(1, 200)
    assert rounded.as_tuple().exponent == -2


@given(st.lists(SCORES, min_size=5, max_size=5))
def test_a_sheet_is_rounded_nowhere_before_the_end(scores: list[Decimal]) -> None:
    exact = rules.sheet_mean(scores)
    assert exact * 5 == sum(map(Fraction, scores), Fraction(0))
    direct = (sum(scores, Decimal(0)) / 5).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert rules.rounded(exact) == direct


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_each_step_is_in_the_table_or_refused(state: State, event: Event) -> None:
    expected = [] if (state, event) in rules.MOVES else ["STATE_CONFLICT"]
    assert failed_codes(rules.move_checks(state, event)) == expected


def test_a_submitted_sheet_can_only_be_voided() -> None:
    leaving = {event for state, event in rules.MOVES if state is State.SUBMITTED}
    assert leaving == {Event.VOID}


def test_every_state_reaches_an_end() -> None:
    ends = {State.SUBMITTED, State.RECUSED, State.VOIDED}
    reaching = set(ends)
    for _ in State:
        reaching |= {state for (state, _), target in rules.MOVES.items() if target in reaching}
    assert reaching == set(State)


@pytest.mark.requirement("A121")
@pytest.mark.refusing
def test_a_blank_item_is_named() -> None:
    checks = rules.complete_checks(INDICATORS, {"technology", "economy", "industry"})
    assert failed_codes(checks) == ["SHEET_INCOMPLETE"]
    assert checks[0].params["missing"] == ["management", "legal_ip"]


def test_an_item_of_another_sheet_or_twice_the_same_is_refused_with_its_place() -> None:
    items = [
        rules.Scored("technology", Decimal(80)),
        rules.Scored("A4", Decimal(80)),
        rules.Scored("technology", Decimal(90)),
    ]
    failed = [check.pointer for check in rules.item_checks(INDICATORS, items) if not check.passed]
    assert failed == ["/items/1/indicator", "/items/2/indicator"]


def test_the_pass_line_itself_passes() -> None:
    assert rules.panel_passes(Decimal("60.00"), Decimal(60)) is True
    assert rules.panel_passes(Decimal("59.99"), Decimal(60)) is False
    assert rules.panel_passes(None, Decimal(60)) is None


@pytest.mark.requirement("X08")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(State))
def test_nobody_looks_at_a_sheet_before_declaring(state: State) -> None:
    refused = ["DECLARATION_MISSING"] if state is State.ASSIGNED else []
    assert failed_codes(rules.declared_checks(state)) == refused


@pytest.mark.requirement("A121")
@pytest.mark.refusing
def test_every_expert_who_sits_has_scored() -> None:
    assert failed_codes(rules.handed_in_checks([])) == []
    (check,) = rules.handed_in_checks([UUID(int=2), UUID(int=1)])
    assert (check.passed, check.code, check.params["count"]) == (False, "SHEETS_WAITING", 2)
    assert check.params["sheets"] == [str(UUID(int=1)), str(UUID(int=2))]


@pytest.mark.requirement("A121")
def test_without_one_of_five_nothing_is_trimmed_and_without_one_of_six_it_is() -> None:
    five = decimals("0", "10", "20", "30", "100")
    assert rules.means_without_one(five) == [40, Fraction(75, 2), 35, Fraction(65, 2), 15]
    six = decimals("0", "10", "20", "30", "40", "100")
    assert rules.means_without_one(six) == [30, 30, Fraction(80, 3), Fraction(70, 3), 20, 20]
