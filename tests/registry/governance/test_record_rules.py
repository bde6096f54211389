"""Directions, ties, dossiers, plans and holds on both sides of every boundary; no database."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from registry.centers.rules import Stage
from registry.governance import rules
from registry.governance.rules import (
    BodyKind,
    DirectionState,
    Opinion,
    PublishedRating,
    RatingKind,
    TargetChange,
    TargetKey,
)
from registry.programme.reference import PARAMETERS, clauses
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", clauses(), PARAMETERS)
ONE, TWO = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 1)


@pytest.mark.requirement("A081")
@pytest.mark.parametrize("kind", list(BodyKind))
def test_the_technical_committee_and_nobody_else_gives_its_opinion(kind: BodyKind) -> None:
    advises = kind is BodyKind.TECHNICAL_COMMITTEE
    body, day, move = rules.opinion_checks(
        kind, DirectionState.PROPOSED, Opinion.CONDITIONAL, TODAY, TODAY
    )
    assert (body.passed, day.passed, move.passed) == (advises, True, True)
    assert body.params["missing"] == ([] if advises else ["technical_committee"])


@pytest.mark.requirement("A081")
@pytest.mark.parametrize(
    ("state", "ahead", "codes"),
    [(DirectionState.PROPOSED, 1, ["DAY_IN_FUTURE"]), (DirectionState.ADOPTED, 0,
     ["STATE_CONFLICT"])],
)  # fmt: skip
def test_an_opinion_is_given_of_a_proposal_and_not_in_the_future(
    state: DirectionState, ahead: int, codes: list[str]
) -> None:
    given = TODAY + timedelta(days=ahead)
    checks = rules.opinion_checks(
        BodyKind.TECHNICAL_COMMITTEE, state, Opinion.SUPPORTED, given, TODAY
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A081", "A047")
@pytest.mark.parametrize(
    ("code", "codes"), [(None, []), ("robotics", []), ("steam", ["CODE_UNKNOWN"])]
)
def test_a_direction_is_of_a_field_of_the_catalogue(code: str | None, codes: list[str]) -> None:
    assert failed_codes(rules.field_checks(code, {"robotics"})) == codes


@pytest.mark.requirement("A081")
def test_a_project_cites_what_its_centre_has_adopted() -> None:
    (fine,) = rules.citing_checks([ONE], [ONE, TWO])
    assert (fine.passed, fine.params["codes"]) == (True, [])
    (unknown,) = rules.citing_checks([TWO, ONE], [])
    assert (unknown.passed, unknown.params["codes"]) == (False, [str(ONE), str(TWO)])


@pytest.mark.requirement("A076")
@pytest.mark.parametrize(
    ("acting", "official", "codes"),
    [(ONE, False, []), (TWO, False, ["FORBIDDEN_SCOPE"]), (None, True, [])],
)
def test_an_organization_states_its_own_peoples_ties_or_an_official_does(
    acting: UUID | None, codes: list[str], *, official: bool
) -> None:
    assert failed_codes(rules.tie_scope_checks(ONE, acting, is_official=official)) == codes


@pytest.mark.requirement("A123")
@pytest.mark.parametrize(
    ("exists", "is_open", "codes"),
    [
        (True, True, []),
        (True, False, ["STATE_CONFLICT"]),
        # What is not there is neither open nor handed in.
        (False, False, ["DOSSIER_MISSING"]),
    ],
)
def test_a_dossier_is_there_and_not_handed_in_yet(
    codes: list[str], *, exists: bool, is_open: bool
) -> None:
    assert failed_codes(rules.dossier_checks(exists=exists, is_open=is_open)) == codes
    back = rules.return_checks([Stage.PILOT], exists=exists, handed_in=is_open)
    assert failed_codes(back) == codes


@pytest.mark.requirement("A123")
def test_what_the_ministry_was_shown_stays_as_it_was() -> None:
    shown = [Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE]
    checks = rules.return_checks(shown, exists=True, handed_in=True)
    assert failed_codes(checks) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A123")
def test_a_dossier_holds_files_that_its_writer_may_see() -> None:
    (seen,) = rules.file_checks([ONE], {ONE, TWO})
    assert (seen.passed, seen.params["file_ids"]) == (True, [])
    (unseen,) = rules.file_checks([TWO, ONE], {ONE})
    assert (unseen.passed, unseen.params["file_ids"]) == (False, [str(TWO)])


def told(**over: Any) -> dict[str, Any]:
    return {"kind": "annual", "year": 2025, "version": 1, "result_hash": "a", **over}


STANDING = PublishedRating(2025, 2, "good", "80.00", result_hash="b")


@pytest.mark.requirement("A133")
@pytest.mark.parametrize(
    ("rating", "moved"),
    [
        (told(result_hash="b"), []),
        (told(), [2025]),
        # Told before hashes were kept, and before there were triennial ones.
        (told(result_hash=None, version=2), []),
        (told(result_hash=None, version=1), [2025]),
        ({"year": 2025, "version": 2}, []),
        (told(kind="triennial", result_hash="b"), [2025]),
        (told(year=2024, result_hash="b"), [2024]),
    ],
)
def test_a_year_has_moved_when_another_version_stands_than_was_told(
    rating: dict[str, Any], moved: list[int]
) -> None:
    assert rules.moved_years({"ratings": [rating]}, [STANDING]) == moved


@pytest.mark.requirement("A133")
def test_a_decision_that_was_told_no_rating_rests_on_none() -> None:
    assert rules.moved_years({}, [STANDING]) == []
    assert rules.moved_years({"ratings": None}, [STANDING]) == []
    both = {"ratings": [told(), told(kind="triennial"), told(year=2024)]}
    triennial = PublishedRating(2025, 1, "good", "80.00", RatingKind.TRIENNIAL, result_hash="a")
    assert rules.moved_years(both, [STANDING, triennial]) == [2024, 2025]


@pytest.mark.requirement("A133")
@pytest.mark.parametrize(("moved", "codes"), [([], []), ([2025], ["STALE_INPUT"])])
def test_every_result_behind_a_recommendation_still_stands(
    moved: list[int], codes: list[str]
) -> None:
    assert failed_codes(rules.ground_checks(POLICY, moved)) == codes


@pytest.mark.requirement("X03")
@pytest.mark.parametrize(
    ("examined_by", "codes"), [(ONE, ["SOD_VIOLATION"]), (TWO, []), (None, [])]
)
def test_who_examined_a_hold_does_not_decide_on_it(
    examined_by: UUID | None, codes: list[str]
) -> None:
    assert failed_codes(rules.second_person_checks(examined_by, ONE)) == codes


@pytest.mark.requirement("A082")
def test_targets_are_compared_by_metric_and_year_and_keep_their_unit() -> None:
    first, second = TargetKey("patents", 2026), TargetKey("patents", 2027)
    third = TargetKey("income", 2027)
    before = {first: ("件", Decimal(3)), second: ("件", Decimal(4)), third: ("万元", Decimal(1))}
    after = {first: ("件", Decimal(3)), third: ("元", Decimal(9)), TargetKey("staff", 2026):
             ("人", Decimal(7))}  # fmt: skip
    assert rules.target_changes(before, after) == [
        TargetChange(third, "元", Decimal(1), Decimal(9)),
        TargetChange(second, "件", Decimal(4), None),
        TargetChange(TargetKey("staff", 2026), "人", None, Decimal(7)),
    ]
