"""When a panel is complete, and who may sit on it; no database."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from evaluation.duties.rules import Duty, SubjectType
from evaluation.experts.absence_rules import Days
from evaluation.experts.rules import (
    Candidate,
    ExpertField,
    Interests,
    Party,
    RelationKind,
    Tie,
)
from evaluation.experts.rules import State as ExpertState
from evaluation.panels import rules
from evaluation.panels.rules import Request, ReviewSubject, State
from shared.rules import Check, Policy, failed_codes

TODAY = date(2026, 2, 1)
DAY = timedelta(days=1)
FIELDS = list(ExpertField)
POLICY = Policy(
    "2016",
    {"A120": "四(三)2", "A121": "四(三)2", "X08": "四(三)2"},
    {
        "A120": {
            "min_experts": 5,
            "fields": [field.value for field in FIELDS],
            "panel_days": 21,
        },
        "A121": {"pass_line": 60},
        "X08": {"look_back_years": 3},
    },
)
COMPANY = Party(UUID(int=10), "91310115FAKE00013U", "member")
SUBJECT = ReviewSubject(
    SubjectType.APPLICATION, UUID(int=1), 1, "accepted", Interests(UUID(int=2), (COMPANY,)), ()
)
WORK = Days(TODAY, TODAY + 30 * DAY)


def expert(place: int) -> Candidate:
    return Candidate(
        UUID(int=100 + place), UUID(int=200 + place), FIELDS[place % 5], ExpertState.ACTIVE
    )


FIVE = [expert(place) for place in range(5)]


def failed(checks: list[Check]) -> list[tuple[str, str | None]]:
    return [(check.code, check.pointer) for check in checks if not check.passed]


def forming(*experts: Candidate, unknown: int = 0) -> list[tuple[str, str | None]]:
    ids = (*(UUID(int=900 + place) for place in range(unknown)), *(e.expert_id for e in experts))
    request = Request(ids, {one.expert_id: one for one in experts})
    return failed(rules.forming_checks(POLICY, SUBJECT, request, WORK))


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("count", "codes"),
    [(5, []), (6, ["PANEL_SIZE"]), (7, []), (3, ["PANEL_SIZE", "PANEL_FIELD_MISSING"]),
     (4, ["PANEL_SIZE", "PANEL_FIELD_MISSING"])],
)  # fmt: skip
def test_a_panel_is_odd_large_enough_and_of_every_field(count: int, codes: list[str]) -> None:
    experts = [expert(place) for place in range(count)]
    assert [code for code, _ in forming(*experts)] == codes
    _, fields = rules.composition_checks(POLICY, [one.field for one in experts])
    assert fields.params["missing"] == [field.value for field in FIELDS[count:]]


@pytest.mark.requirement("A119", "X08", "X03")
def test_one_answer_names_everything_against_every_expert() -> None:
    gone = replace(FIVE[0], state=ExpertState.RETIRED)
    away = replace(FIVE[1], away=(Days(WORK.until_on, WORK.until_on + DAY),))
    tied = replace(FIVE[2], ties=(Tie(RelationKind.BOARD, org_id=COMPANY.org_id),))
    assert forming(gone, away, tied, *FIVE[3:], unknown=1) == [
        ("NOT_FOUND", "/expert_ids/0"), ("EXPERT_INACTIVE", "/expert_ids/1"),
        ("EXPERT_AWAY", "/expert_ids/2"), ("COI_BOARD", "/expert_ids/3"),
    ]  # fmt: skip


@pytest.mark.requirement("X08")
@pytest.mark.parametrize(("from_on", "codes"), [(TODAY, ["COI_BOARD"]), (TODAY + DAY, [])])
def test_ties_are_judged_on_the_first_day_of_the_work(from_on: date, codes: list[str]) -> None:
    tied = replace(FIVE[0], ties=(Tie(RelationKind.BOARD, org_id=COMPANY.org_id, from_on=from_on),))
    assert failed_codes(rules.member_checks(POLICY, SUBJECT, tied, WORK)) == codes
    # Who sits already is judged on what is known today, in the pool or not.
    retired = replace(tied, state=ExpertState.RETIRED)
    assert failed_codes(rules.standing_checks(POLICY, SUBJECT, retired, TODAY)) == codes


@pytest.mark.requirement("X03")
def test_what_a_person_did_under_another_account_is_his_too() -> None:
    other = UUID(int=300)
    handled = replace(SUBJECT, duties=(Duty(other, "handler"),))
    twice = replace(FIVE[0], accounts=(other,))
    for judged in (
        rules.member_checks(POLICY, handled, twice, WORK, pointer="/expert_id"),
        rules.standing_checks(POLICY, handled, twice, TODAY),
    ):
        assert failed_codes(judged) == ["SOD_VIOLATION"]
    assert failed_codes(rules.member_checks(POLICY, handled, FIVE[0], WORK)) == []


@pytest.mark.parametrize(
    ("until_on", "last"),
    [
        (None, TODAY + 21 * DAY),
        (TODAY + DAY, TODAY + DAY),
        (TODAY, TODAY),
        (TODAY - DAY, TODAY),
    ],
)
def test_a_panel_works_until_the_named_day_or_as_the_policy_says_and_today_at_least(
    until_on: date | None, last: date
) -> None:
    assert rules.work_of(TODAY, rules.last_day(POLICY, TODAY, until_on)) == Days(TODAY, last)


@pytest.mark.parametrize(
    ("ahead", "codes"),
    [(-1, ["FIELD_INVALID"]), (0, []), (366, []), (367, ["FIELD_INVALID"])],
)
def test_a_panels_last_day_lies_within_a_year(ahead: int, codes: list[str]) -> None:
    assert failed_codes(rules.work_checks(TODAY + ahead * DAY, TODAY)) == codes
    assert failed_codes(rules.work_checks(None, TODAY)) == []


@pytest.mark.requirement("A121")
def test_an_application_has_a_pass_line_and_waits_for_its_panel_when_accepted() -> None:
    assert rules.pass_line(POLICY, SubjectType.APPLICATION) == Decimal(60)
    assert rules.pass_line(POLICY, SubjectType.CASE) is None
    assert failed_codes(rules.ready_checks(SUBJECT)) == []
    submitted = replace(SUBJECT, state="submitted")
    assert failed_codes(rules.ready_checks(submitted)) == ["STATE_CONFLICT"]


LEGAL, ECONOMIC = ExpertField.LEGAL, ExpertField.ECONOMIC


@pytest.mark.requirement("A120")
@pytest.mark.parametrize(
    ("state", "vacant", "codes", "missing"),
    [
        (State.INCOMPLETE, [LEGAL], [], ["legal"]),
        (State.INCOMPLETE, [LEGAL, LEGAL, ECONOMIC], [], ["economic", "legal"]),
        (State.INCOMPLETE, [ECONOMIC], ["PANEL_FIELD_MISSING"], ["economic"]),
        # Where no seat is vacant, the state says so, and no field is wrong.
        (State.FORMED, [], ["STATE_CONFLICT"], []),
    ],
)
def test_a_vacant_seat_is_filled_by_its_own_field(
    state: State, vacant: list[ExpertField], codes: list[str], missing: list[str]
) -> None:
    checks = rules.refill_checks(state, vacant, LEGAL)
    assert failed_codes(checks) == codes
    assert checks[0].params["missing"] == missing


@pytest.mark.requirement("A121")
@pytest.mark.parametrize("state", list(State))
def test_a_seat_is_answered_once_before_the_panel_is_complete(state: State) -> None:
    for answered in (False, True):
        may = not answered and state is not State.COMPLETED
        checks = rules.answer_checks(state, answered=answered)
        assert failed_codes(checks) == ([] if may else ["STATE_CONFLICT"])
    (check,) = rules.single_checks(state)
    assert (check.passed, check.params["state"]) == (False, state.value)


@pytest.mark.requirement("A121")
def test_who_asks_what_experts_come_to_is_none_of_them() -> None:
    assert failed_codes(rules.outsider_checks(sits=True)) == ["NOT_FOUND"]
    assert failed_codes(rules.outsider_checks(sits=False)) == []
    (check,) = rules.single_checks(None)
    assert (check.passed, check.params["state"]) == (True, None)


@pytest.mark.requirement("X03")
@pytest.mark.refusing
def test_the_later_of_two_seats_of_one_person_is_found() -> None:
    first, second, third, one, two, other = (UUID(int=number) for number in range(1, 7))
    same = {one: (one, two), two: (two, one)}
    held = [(first, one), (second, other), (third, two)]
    assert rules.twin_checks(held, {}) == {}
    assert rules.twin_checks(held[:2], same) == {}
    found = rules.twin_checks(held, same)
    assert list(found) == [third]
    assert (found[third].code, found[third].refuses) == ("EXPERT_REPEATED", True)
    assert found[third].params["beside"] == str(first)


@pytest.mark.requirement("A121")
@pytest.mark.refusing
@pytest.mark.parametrize(("vacated", "codes"), [(False, []), (True, ["STATE_CONFLICT"])])
def test_who_left_his_seat_scores_no_more(codes: list[str], *, vacated: bool) -> None:
    [check] = rules.seat_checks(vacated=vacated)
    assert failed_codes([check]) == codes
    assert check.params["state"] == ("vacated" if vacated else "held")
