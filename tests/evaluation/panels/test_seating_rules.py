"""Who may take a seat beside the others, and who follows on one that was left; no database."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from evaluation.experts.rules import Candidate, ExpertField, RelationKind, State, Tie
from evaluation.panels import seating_rules as rules
from evaluation.panels.seating_rules import Alternate, Limits, Vacancy
from shared.rules import Kind, Policy, Rule, failed_codes

TODAY = date(2028, 3, 1)
DAY = timedelta(days=1)
POLICY = Policy("2016", {"A120": "四(三)2"}, {"A120": {}})
ONE, TWO, THREE, FOUR = (UUID(int=n) for n in (1, 2, 3, 4))
WORKS, LAB = "91310115FAKE00013U", UUID(int=70)
GONE = Rule("A119", "四(三)2").check("EXPERT_INACTIVE", Kind.CONTENT, passed=False)


def expert(expert_id: UUID, *ties: Tie) -> Candidate:
    return Candidate(expert_id, expert_id, ExpertField.LEGAL, State.ACTIVE, ties)


def employed(**over: object) -> Tie:
    return Tie(RelationKind.EMPLOYMENT, **{"org_uscc": WORKS, **over})  # type: ignore[arg-type]  # by name


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("other", "apart"),
    [
        (employed(), False),
        (employed(until_on=TODAY), False),
        (employed(until_on=TODAY - DAY), True),
        (employed(from_on=TODAY + DAY), True),
        (employed(from_on=TODAY), False),
        (employed(org_uscc=None, org_id=LAB), True),
        (Tie(RelationKind.BOARD, org_uscc=WORKS), True),
    ],
)
def test_two_of_one_employer_do_not_sit_together(other: Tie, apart: bool) -> None:
    named = [("/expert_ids/0", expert(ONE, employed())), ("/expert_ids/1", expert(TWO, other))]
    checks = rules.colleague_checks(POLICY, named, (), TODAY)
    assert [check.passed for check in checks] == [True, apart]
    beside = rules.colleague_checks(POLICY, named[1:], [expert(ONE, employed())], TODAY)
    assert [check.passed for check in beside] == [apart]
    if not apart:
        told = beside[0]
        assert (told.code, told.rule, told.pointer) == (
            "PANEL_COLLEAGUES", "A120", "/expert_ids/1",
        )  # fmt: skip
        assert told.params["organizations"] == [WORKS]
        assert told.params["beside"] == [str(ONE)]


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("held", "limits", "codes"),
    [
        (3, Limits(), []),
        (4, Limits(), ["EXPERT_OVERLOADED"]),
        (4, Limits(5), []),
        (4, Limits(5, {ONE: 4}), ["EXPERT_OVERLOADED"]),
        (4, Limits(4, {ONE: 5}), []),
        (0, Limits(4, {ONE: 0}), ["EXPERT_OVERLOADED"]),
        (4, Limits(4, {TWO: 9}), ["EXPERT_OVERLOADED"]),
    ],
)
def test_one_more_seat_is_within_the_limit(held: int, limits: Limits, codes: list[str]) -> None:
    checks = rules.load_checks(POLICY, [("/expert_id", expert(ONE))], {ONE: held}, limits)
    assert failed_codes(checks) == codes
    assert checks[0].params["held"] == held
    assert checks[0].params["max"] == limits.of(ONE)


RANKED = (Alternate(1, ONE), Alternate(2, TWO))
SEAT = Vacancy(UUID(int=50), ExpertField.LEGAL, RANKED)
OTHER = Vacancy(UUID(int=51), ExpertField.LEGAL, (Alternate(1, THREE),))


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("named", "fitting", "ahead"),
    [
        (THREE, {ONE, TWO, THREE}, [ONE, TWO]),
        (THREE, {TWO, THREE}, [TWO]),
        (THREE, {THREE}, []),
        (TWO, {ONE, TWO}, [ONE]),
        (TWO, {TWO}, []),
        (ONE, {ONE, TWO}, []),
    ],
)
def test_whoever_passes_over_an_alternate_says_why(
    named: UUID, fitting: set[UUID], ahead: list[UUID]
) -> None:
    passed = rules.passed_over(SEAT, named, fitting)
    assert [one.expert_id for one in passed] == ahead
    wanted = ["ALTERNATE_PASSED_OVER"] if ahead else []
    checks = rules.passing_checks(passed, None)
    assert failed_codes(checks) == wanted
    assert checks[0].params["alternates"] == [str(one) for one in ahead]
    assert failed_codes(rules.passing_checks(passed, "回避")) == []


@pytest.mark.requirement("A120")
def test_the_oldest_vacancy_that_an_alternate_can_take_is_filled_first() -> None:
    free: dict[UUID, list[object]] = {ONE: [], TWO: [], THREE: []}
    assert rules.first_fitting([SEAT, OTHER], free) == (SEAT, RANKED[0])  # type: ignore[arg-type]  # empty
    barred = {**free, ONE: [GONE]}
    assert rules.first_fitting([SEAT, OTHER], barred) == (SEAT, RANKED[1])  # type: ignore[arg-type]  # as told
    both = {ONE: [GONE], TWO: [GONE], THREE: []}
    assert rules.first_fitting([SEAT, OTHER], both) == (OTHER, Alternate(1, THREE))
    nobody = rules.promotion_checks([SEAT], {ONE: [GONE], TWO: [GONE]})
    assert failed_codes(nobody) == ["ALTERNATES_EXHAUSTED"]
    assert [one["codes"] for one in nobody[0].params["alternates"]] == [["EXPERT_INACTIVE"]] * 2
    # One of whom nothing is known any more takes no seat.
    assert rules.first_fitting([SEAT], {}) is None


@pytest.mark.requirement("A120")
def test_a_named_alternate_takes_the_seat_that_he_was_ranked_for() -> None:
    assert rules.chosen_vacancy([SEAT, OTHER], THREE, ExpertField.LEGAL) == OTHER
    assert rules.chosen_vacancy([SEAT, OTHER], FOUR, ExpertField.LEGAL) == SEAT
    assert rules.chosen_vacancy([SEAT, OTHER], FOUR, ExpertField.TECHNICAL) is None


@pytest.mark.requirement("A120")
def test_alternates_follow_on_the_seat_that_was_drawn_once_each() -> None:
    drawn, second, third = (UUID(int=n) for n in (60, 61, 62))
    replaced = {drawn: None, second: drawn, third: second}
    ranked = {drawn: RANKED}
    assert rules.alternates_left(drawn, replaced, ranked, {THREE}) == RANKED
    assert rules.alternates_left(second, replaced, ranked, {THREE, ONE}) == RANKED[1:]
    assert rules.alternates_left(third, replaced, ranked, {ONE, TWO}) == ()
    assert rules.alternates_left(UUID(int=63), replaced, ranked, set()) == ()


@pytest.mark.requirement("A120")
@pytest.mark.refusing
def test_nobody_is_asked_for_an_application_that_ended() -> None:
    assert failed_codes(rules.going_on_checks("rejected")) == ["STATE_CONFLICT"]
    assert failed_codes(rules.going_on_checks(None)) == []


def test_who_holds_no_seat_yet_holds_none() -> None:
    [check] = rules.load_checks(POLICY, [(None, expert(ONE))], {TWO: 9}, Limits(1))
    assert (check.refuses, check.params["held"], check.params["max"]) == (False, 0, 1)
    [check] = rules.load_checks(POLICY, [(None, expert(ONE))], {}, Limits(0))
    assert check.refuses


def test_limits_are_kept_as_they_were_stated() -> None:
    assert (rules.USUAL_LOAD, rules.MOST_LOAD, Limits().most) == (4, 100, 4)
    assert Limits(4, {TWO: 9, ONE: 0}).document() == {str(ONE): 0, str(TWO): 9}
    assert Limits().document() == {}
