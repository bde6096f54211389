"""Bodies, votes, plans and stages on both sides of every boundary; no database."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.centers.rules import AgreementFacts, Stage, Standing
from registry.governance.rules import (
    BodyKind,
    Matter,
    PilotFacts,
    PlanEvent,
    PlanState,
    Seat,
    Sector,
    StageFacts,
    Tally,
    editing_checks,
    majority,
    pilot_checks,
    plan_move_checks,
    resolution_checks,
    seat_checks,
    stage_checks,
    vote_checks,
)
from registry.governance.rules.stages import summary_checks
from registry.programme.reference import PARAMETERS, clauses
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", clauses(), PARAMETERS)
MEMBER, OUTSIDER = UUID(int=1), UUID(int=2)
MEMBERS = frozenset({MEMBER})
OWN_SEAT = Seat(Sector.INDUSTRY, MEMBER, independent=False)
FREE_INDUSTRY = Seat(Sector.INDUSTRY, OUTSIDER, independent=True)
FREE_SCIENCE = Seat(Sector.SCIENCE, None, independent=True)
GOVERNMENT = Seat(Sector.GOVERNMENT, None, independent=False, appointing_agency="示例委")
COMMITTEE = (OWN_SEAT, Seat(Sector.SCIENCE, MEMBER, independent=False), GOVERNMENT)
READY = PilotFacts(
    entity_id=UUID(int=75),
    seats={
        BodyKind.DECISION: (OWN_SEAT, FREE_INDUSTRY, FREE_SCIENCE),
        BodyKind.TECHNICAL_COMMITTEE: COMMITTEE,
    },
    member_classes={MEMBER: "enterprise"},
    votes_ppm=(600_000, 300_000, 100_000),
    plan_parts=frozenset({1, 2, 3, 4, 5}),
    plan_adopted=True,
    agreement=AgreementFacts(in_force=True),
    organs=frozenset({"articles", "shareholders_meeting", "board", "supervisors"}),
)
NOTHING = StageFacts(actor_id=UUID(int=9))


def seated(decision: tuple[Seat, ...] = (), committee: tuple[Seat, ...] = ()) -> PilotFacts:
    return replace(
        READY,
        seats={
            BodyKind.DECISION: decision or READY.seats[BodyKind.DECISION],
            BodyKind.TECHNICAL_COMMITTEE: committee or COMMITTEE,
        },
    )


@pytest.mark.requirement("A056", "A102")
def test_a_centre_with_everything_becomes_a_pilot() -> None:
    assert failed_codes(pilot_checks(POLICY, READY)) == []
    standing = Standing(Stage.PREPARING)
    assert failed_codes(stage_checks(POLICY, standing, Stage.PILOT, READY, NOTHING)) == []


@pytest.mark.requirement("A076")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("decision", "missing"),
    [
        ((OWN_SEAT,), ["independent_industry", "independent_science"]),
        ((OWN_SEAT, FREE_INDUSTRY), ["independent_science"]),
        ((OWN_SEAT, FREE_SCIENCE), ["independent_industry"]),
        # Independent when appointed, a member's employee today: the seat counts no more.
        ((replace(FREE_INDUSTRY, org_id=MEMBER), FREE_SCIENCE), ["independent_industry"]),
    ],
)
def test_a_decision_body_has_independent_persons_of_both_worlds(
    decision: tuple[Seat, ...], missing: list[str]
) -> None:
    [check] = [check for check in pilot_checks(POLICY, seated(decision)) if check.refuses]
    assert (check.code, check.params["missing"]) == ("GOV_BODY_COMPOSITION", missing)


@pytest.mark.requirement("A080")
@pytest.mark.refusing
@pytest.mark.parametrize("sector", list(Sector))
def test_three_sectors_sit_in_the_committee(sector: Sector) -> None:
    rest = tuple(seat for seat in COMMITTEE if seat.sector is not sector)
    facts = seated(committee=rest)
    [check] = [check for check in pilot_checks(POLICY, facts) if check.refuses]
    assert check.params["missing"] == [f"committee_{sector.value}"]


@pytest.mark.requirement("A076", "A080")
@pytest.mark.refusing
def test_a_seat_is_refused_for_a_tie_or_a_missing_agency() -> None:
    tied = Seat(Sector.SCIENCE, MEMBER, independent=True)
    nameless = replace(GOVERNMENT, appointing_agency=None)
    body = BodyKind.DECISION
    assert failed_codes(seat_checks(body, tied, MEMBERS)) == ["INDEPENDENCE_BROKEN"]
    assert failed_codes(seat_checks(body, nameless, MEMBERS)) == ["FIELD_MISSING"]


@pytest.mark.requirement("A076", "A080")
def test_independent_people_of_both_worlds_and_three_sectors_pass_the_gate() -> None:
    assert failed_codes(pilot_checks(POLICY, READY)) == []
    for seat in (FREE_INDUSTRY, FREE_SCIENCE, OWN_SEAT):
        assert failed_codes(seat_checks(BodyKind.DECISION, seat, MEMBERS)) == []
    for seat in COMMITTEE:
        assert failed_codes(seat_checks(BodyKind.TECHNICAL_COMMITTEE, seat, MEMBERS)) == []


@pytest.mark.requirement("A053", "A084", "A085")
@pytest.mark.refusing
def test_the_gate_names_entity_votes_and_agreement() -> None:
    cases = {
        "CONSORTIUM_NOT_REGISTERED": replace(READY, entity_id=None),
        "VOTES_NOT_100": replace(READY, votes_ppm=(600_000, 300_000, 99_999)),
        "IP_AGREEMENT_MISSING": replace(READY, agreement=AgreementFacts(in_force=False)),
        "PLAN_NOT_APPROVED": replace(READY, plan_adopted=False),
        "PLAN_PART_MISSING": replace(READY, plan_parts=frozenset({1, 2, 4, 5})),
    }
    for code, facts in cases.items():
        assert failed_codes(pilot_checks(POLICY, facts)) == [code]
    clause = replace(READY, agreement=AgreementFacts(True, ("risk_sharing",)))  # noqa: FBT003 - the only flag of two values
    [check] = [check for check in pilot_checks(POLICY, clause) if check.refuses]
    assert dict(check.params) == {"clause": "risk_sharing"}


@pytest.mark.requirement("A085")
@given(st.lists(st.integers(1, 1_000_000), max_size=6))
def test_votes_pass_only_when_they_sum_to_all(shares: list[int]) -> None:
    expected = [] if sum(shares) == 1_000_000 else ["VOTES_NOT_100"]
    assert failed_codes(vote_checks(shares)) == expected


@pytest.mark.requirement("A078", "A085")
@pytest.mark.parametrize(
    ("matter", "for_ppm", "passed"),
    [
        (Matter.PLAN, 650_000, True),
        (Matter.PLAN, 500_000, False),
        (Matter.PLAN, 500_001, True),
        (Matter.CAPITAL_CHANGE, 650_000, False),
        (Matter.CAPITAL_CHANGE, 750_000, True),
        (Matter.CHARTER_CHANGE, 666_666, False),
        (Matter.CHARTER_CHANGE, 666_667, True),
    ],
)
def test_capital_and_charter_need_two_thirds(matter: Matter, for_ppm: int, *, passed: bool) -> None:
    assert majority(POLICY, matter, Tally(for_ppm, 0, 0, total=1_000_000)) is passed


@pytest.mark.requirement("A079")
def test_a_deciding_body_resolves() -> None:
    assert failed_codes(resolution_checks(BodyKind.DECISION)) == []


@pytest.mark.requirement("A079")
@pytest.mark.refusing
def test_a_committee_resolves_nothing() -> None:
    advisory = failed_codes(resolution_checks(BodyKind.TECHNICAL_COMMITTEE))
    assert advisory == ["GOV_BODY_COMPOSITION"]


@pytest.mark.requirement("A082")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(PlanState))
def test_a_filed_plan_is_never_edited(state: PlanState) -> None:
    expected = [] if state is PlanState.DRAFT else ["STATE_CONFLICT"]
    assert failed_codes(editing_checks(state)) == expected
    may_file = failed_codes(plan_move_checks(state, PlanEvent.FILE)) == []
    assert may_file == (state is PlanState.APPROVED)


@pytest.mark.requirement("A101", "A118")
@pytest.mark.refusing
def test_a_candidate_never_becomes_a_pilot_without_listing() -> None:
    standing = Standing(Stage.CANDIDATE)
    codes = failed_codes(stage_checks(POLICY, standing, Stage.PILOT, READY, NOTHING))
    assert codes == ["STATE_CONFLICT"]


@pytest.mark.requirement("A103")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("named", "reported", "failed"),
    [
        ((), (), ["THEME_REPORT_MISSING"]),
        (("decision",), (), ["THEME_REPORT_MISSING"]),
        (("decision",), ("decision",), []),
        (("decision", "talent"), ("decision",), ["THEME_REPORT_MISSING"]),
        (("decision", "talent"), ("decision", "talent"), []),
    ],
)
def test_a_theme_is_named_and_each_named_one_reported_on(
    named: tuple[str, ...], reported: tuple[str, ...], failed: list[str]
) -> None:
    facts = replace(
        NOTHING,
        summary_filed=True,
        themes=frozenset(named),
        themes_reported=frozenset(reported),
    )
    checks = summary_checks(POLICY, facts)
    assert [check.code for check in checks if not check.passed] == failed
