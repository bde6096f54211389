"""Which centres a cycle judges, and how a case moves."""

from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID

import pytest

from evaluation.cycles import rules
from evaluation.cycles.rules import CaseEvent, CaseState, CenterStanding, ScopeExclusion
from evaluation.schemes.rules import Leaf, LeafCalc
from shared.rules import Policy, failed_codes

CENTER = UUID("01900000-0000-7000-8000-000000000001")
ENTITY = UUID("01900000-0000-7000-8000-000000000002")
UNTIL = date(2027, 12, 31)


def standing(
    listed_on: date | None = date(2026, 3, 10),
    *,
    stage: str = "pilot",
    form: str = "legal_entity",
    entity: UUID | None = ENTITY,
    has_case: bool = False,
) -> CenterStanding:
    return CenterStanding(CENTER, stage, form, entity, listed_on, has_case)


@pytest.mark.requirement("A124")
@pytest.mark.parametrize(
    ("listed_on", "reason"),
    [
        (date(2026, 12, 31), None),
        (date(2027, 1, 1), None),
        (date(2027, 1, 2), ScopeExclusion.LISTED_TOO_SHORT),
        (None, ScopeExclusion.NOT_LISTED),
    ],
)
def test_a_centre_is_judged_from_twelve_months_of_listing_on(
    listed_on: date | None, reason: ScopeExclusion | None
) -> None:
    assert rules.exclusion(standing(listed_on), UNTIL, 12) == reason


@pytest.mark.requirement("A124", "A052")
@pytest.mark.refusing
def test_consortia_ended_centres_and_judged_ones_are_left_out() -> None:
    consortium = standing(form="consortium", entity=None)
    assert rules.exclusion(consortium, UNTIL, 12) is ScopeExclusion.CONSORTIUM
    assert rules.exclusion(standing(form="consortium"), UNTIL, 12) is None
    assert rules.exclusion(standing(stage="delisted"), UNTIL, 12) is ScopeExclusion.ENDED
    assert rules.exclusion(standing(has_case=True), UNTIL, 12) is ScopeExclusion.ALREADY_IN_CYCLE


@pytest.mark.requirement("A124")
@pytest.mark.parametrize(
    ("reasons", "cases", "expected"),
    [
        ([ScopeExclusion.ALREADY_IN_CYCLE], 0, ["YEARS_OVERLAP"]),
        ([ScopeExclusion.NOT_LISTED, ScopeExclusion.ALREADY_IN_CYCLE], 0, ["YEARS_OVERLAP"]),
        ([ScopeExclusion.ALREADY_IN_CYCLE], 1, []),
        ([ScopeExclusion.NOT_LISTED], 0, []),
        ([], 0, []),
    ],
)
def test_a_further_cycle_of_a_year_has_somebody_to_judge(
    reasons: list[ScopeExclusion], cases: int, expected: list[str]
) -> None:
    assert failed_codes(rules.overlap_checks(2027, reasons, cases=cases)) == expected


@pytest.mark.requirement("A052", "A124")
@pytest.mark.parametrize("reason", list(ScopeExclusion))
def test_every_exclusion_names_its_clause(reason: ScopeExclusion) -> None:
    expected = "三(二)" if reason is ScopeExclusion.CONSORTIUM else "四(四)"
    assert rules.clause_of(reason) == expected


@pytest.mark.requirement("A128")
def test_reports_are_due_on_the_day_that_the_policy_says() -> None:
    policy = Policy("1", {"A128": "四(四)"}, {"A128": {"due_month": 3, "due_day": 31}})
    assert rules.default_due_on(policy, 2027) == date(2028, 3, 31)


@pytest.mark.requirement("A128")
@pytest.mark.refusing
def test_a_report_is_not_due_within_its_own_year() -> None:
    assert failed_codes(rules.due_checks(UNTIL, UNTIL)) == ["FIELD_INVALID"]
    assert failed_codes(rules.due_checks(date(2028, 1, 1), UNTIL)) == []


@pytest.mark.requirement("X13", "A124")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("cutoff_at", "codes"),
    [
        (None, []),
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), ["FIELD_INVALID"]),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), []),
        (datetime(2028, 5, 1, tzinfo=UTC), []),
    ],
)
def test_nothing_of_a_year_is_known_before_it_begins_in_shanghai(
    cutoff_at: datetime | None, codes: list[str]
) -> None:
    assert failed_codes(rules.cutoff_checks(cutoff_at, date(2027, 1, 1))) == codes


@pytest.mark.requirement("A124")
def test_every_pair_outside_the_table_is_a_conflict() -> None:
    for state in CaseState:
        for event in CaseEvent:
            failed = failed_codes(rules.case_checks(state, event))
            assert failed == ([] if (state, event) in rules.CASE_MOVES else ["STATE_CONFLICT"])


@pytest.mark.requirement("A124")
def test_every_case_can_be_published_from_every_state_but_that_of_a_void_one() -> None:
    # A void version is published with the decision, and there is no way on from it.
    reached = {CaseState.PUBLISHED, CaseState.VOIDED}
    for _ in CaseState:
        reached |= {state for (state, _), to in rules.CASE_MOVES.items() if to in reached}
    assert reached == set(CaseState)


@pytest.mark.requirement("A121")
def test_sheets_come_in_until_the_computation() -> None:
    open_for_scores = {state for state in CaseState if not failed_codes(rules.score_checks(state))}
    assert open_for_scores == {
        CaseState.COLLECTING, CaseState.SNAPSHOT_FROZEN, CaseState.SCORING,
    }  # fmt: skip


@pytest.mark.requirement("A083", "A129")
@pytest.mark.parametrize(
    ("leaf_unit", "unit", "value", "figure"),
    [
        ("fen", "万元", "6000", "6000000000"),
        ("fen", "10k_CNY", "6000", "6000000000"),
        ("fen", "元", "60000000.01", "6000000001"),
        ("fen", "fen", "6000000000", "6000000000"),
        ("ratio", "%", "30", "0.3"),
        ("ratio", "ratio", "0.3", "0.3"),
        ("ratio", "占比", "30", "0.3"),
        ("ratio", "占比", "0.3", "0.3"),
        ("count", "万元", "8", "8"),
        ("equivalent", "分", "8", "8"),
    ],
)
def test_a_plans_figure_is_brought_into_the_leafs_unit(
    leaf_unit: str, unit: str, value: str, figure: str
) -> None:
    leaf = Leaf("B2", "金额", LeafCalc.RATIO, Fraction(7), "四(四)", leaf_unit)
    found = rules.in_leaf_unit(leaf, rules.Target("B2", unit, Fraction(value)))
    assert found == Fraction(figure)


@pytest.mark.requirement("A083", "A124")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("today", "codes"),
    [(date(2026, 12, 31), ["DAY_IN_FUTURE"]), (date(2027, 1, 1), []), (date(2029, 1, 1), [])],
)
def test_a_cycle_opens_when_its_year_has_begun(today: date, codes: list[str]) -> None:
    assert failed_codes(rules.begun_checks(date(2027, 1, 1), today)) == codes
