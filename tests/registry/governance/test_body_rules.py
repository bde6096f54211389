"""Seats, votes and ballots on both sides of every boundary; no database."""

from dataclasses import replace
from uuid import UUID

import pytest

from registry.governance import rules
from registry.governance.rules import BodyKind, Choice, Seat, Sector, Tally, Tie, TieKind
from registry.programme.reference import PARAMETERS, clauses
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", clauses(), PARAMETERS)
MEMBER, OTHER, OUTSIDER = UUID(int=1), UUID(int=2), UUID(int=3)
MEMBERS = frozenset({MEMBER, OTHER})


@pytest.mark.requirement("A076")
@pytest.mark.parametrize(
    ("works_for", "ties", "pointer", "told"),
    [
        (OUTSIDER, [], "/person_id", []),
        (None, [Tie(OUTSIDER, TieKind.BOARD)], "/person_id", []),
        (MEMBER, [], "/org_id", [(MEMBER, "employment")]),
        (OUTSIDER, [Tie(OTHER, TieKind.SHAREHOLDING)], "/person_id", [(OTHER, "shareholding")]),
        (
            MEMBER, [Tie(OTHER, TieKind.BOARD), Tie(MEMBER, TieKind.BOARD)], "/org_id",
            [(MEMBER, "board"), (MEMBER, "employment"), (OTHER, "board")],
        ),
    ],
)  # fmt: skip
def test_a_refused_seat_names_every_tie_and_where_it_shows(
    works_for: UUID | None, ties: list[Tie], pointer: str, told: list[tuple[UUID, str]]
) -> None:
    seat = Seat(Sector.INDUSTRY, works_for, independent=True)
    check, _ = rules.seat_checks(BodyKind.DECISION, seat, MEMBERS, ties)
    assert (check.passed, check.pointer) == (not told, pointer)
    assert check.params["ties"] == [{"org_id": str(org), "kind": kind} for org, kind in told]
    # Of one who is not to be independent nobody asks.
    tied = replace(seat, independent=False)
    assert failed_codes(rules.seat_checks(BodyKind.DECISION, tied, MEMBERS, ties)) == []


@pytest.mark.requirement("A076")
def test_a_seat_that_the_nightly_check_flagged_counts_no_more() -> None:
    free = [Seat(sector, None, independent=True) for sector in (Sector.INDUSTRY, Sector.SCIENCE)]
    assert failed_codes(rules.decision_body_checks(POLICY, free, MEMBERS)) == []
    (check,) = rules.decision_body_checks(POLICY, [free[0], replace(free[1], flagged=True)], ())
    assert check.params["missing"] == ["independent_science"]


@pytest.mark.requirement("A076")
@pytest.mark.parametrize(("taken", "codes"), [(False, []), (True, ["ALREADY_EXISTS"])])
def test_a_person_holds_one_seat_of_a_body(codes: list[str], *, taken: bool) -> None:
    assert failed_codes(rules.seat_taken_checks(taken=taken)) == codes


@pytest.mark.requirement("A085")
@pytest.mark.parametrize(
    ("holders", "codes"),
    [
        ([MEMBER], []),
        ([MEMBER, OTHER], []),
        ([MEMBER, MEMBER], ["FIELD_INVALID"]),
        ([MEMBER, OUTSIDER], ["FIELD_INVALID"]),
    ],
)
def test_a_holder_of_votes_is_known_and_stands_once(holders: list[UUID], codes: list[str]) -> None:
    assert failed_codes(rules.holder_checks(holders, MEMBERS)) == codes


@pytest.mark.requirement("A079", "A085")
def test_no_more_votes_fall_than_there_are() -> None:
    fell, body = rules.resolution_checks(BodyKind.BOARD, [600_000, 400_000])
    assert (fell.passed, body.passed, body.params["missing"]) == (True, True, [])
    fell, body = rules.resolution_checks(BodyKind.SUPERVISORS, [600_000, 400_001])
    assert (fell.passed, fell.params["sum_ppm"]) == (False, 1_000_001)
    assert (body.passed, body.params["missing"]) == (False, ["decision_body"])


@pytest.mark.requirement("A078")
@pytest.mark.parametrize(
    ("voters", "passed", "strange"),
    [
        ([], True, []),
        ([MEMBER, OTHER], True, []),
        ([MEMBER, OUTSIDER], False, [OUTSIDER]),
        ([MEMBER, MEMBER], False, []),
        ([OUTSIDER, OUTSIDER], False, [OUTSIDER]),
    ],
)
def test_each_vote_is_somebodys_who_has_one(
    voters: list[UUID], strange: list[UUID], *, passed: bool
) -> None:
    (check,) = rules.ballot_checks(voters, MEMBERS)
    assert (check.passed, check.params["voters"]) == (passed, [str(one) for one in strange])


@pytest.mark.requirement("A078")
def test_votes_are_counted_by_what_each_voter_weighs() -> None:
    weights = {UUID(int=place): 10**place for place in range(5)}
    ballots = {
        UUID(int=0): Choice.FOR, UUID(int=1): Choice.FOR, UUID(int=2): Choice.AGAINST,
        UUID(int=3): Choice.ABSTAIN,
    }  # fmt: skip
    tally = rules.counted(ballots, weights)
    assert tally == Tally(in_favour=11, against=100, abstained=1_000, total=11_111)
    assert tally.present == 1_111
    assert rules.counted({}, weights) == Tally(0, 0, 0, total=11_111)


@pytest.mark.requirement("A078")
@pytest.mark.parametrize(
    ("tally", "quorum_ppm", "reached"),
    [
        (Tally(1, 0, 0, total=2), 500_000, True),
        (Tally(1, 0, 0, total=2), 500_001, False),
        (Tally(0, 1, 1, total=3), 666_666, True),
        (Tally(0, 1, 1, total=3), 666_667, False),
        (Tally(1, 0, 0, total=1), 1_000_000, True),
        # Where there are no votes, none is missing, and nothing is resolved all the same.
        (Tally(0, 0, 0, total=0), 0, False),
        (Tally(0, 0, 0, total=3), 0, True),
    ],
)
def test_a_body_has_a_quorum_from_the_figure_itself_on(
    tally: Tally, quorum_ppm: int, *, reached: bool
) -> None:
    assert rules.has_quorum(tally, quorum_ppm) is reached
