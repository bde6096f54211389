"""A resolution is weighed by the voting table of its own day, in the hands of members (A085)."""

import asyncio
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from registry.applications.jobs import end_notices
from registry.governance.rules import (
    BodyKind,
    Company,
    Organ,
    attainable_checks,
    holding_checks,
    shareholder_checks,
    since_checks,
    stated_checks,
    weighing_checks,
)
from registry.governance.schemas import VoteIn
from shared.database import new_id
from shared.rules import failed_codes
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import body_of, own, seat
from tests.registry.governance.test_governance_rules import MEMBER, OUTSIDER

pytestmark = pytest.mark.anyio
DAY = date(2026, 4, 2)
MEETING, BOARD = BodyKind.SHAREHOLDERS_MEETING, BodyKind.BOARD


@pytest.mark.requirement("A085")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "table", "told"),
    [
        (MEETING, {MEMBER: 1_000_000}, []),
        (MEETING, {MEMBER: 999_999}, ["VOTES_NOT_100"]),
        (MEETING, {MEMBER: 999_999, OUTSIDER: 1}, ["VOTES_NOT_100"]),
        (MEETING, {}, ["VOTES_NOT_100"]),
        (MEETING, None, ["VOTES_NOT_100"]),
        (BOARD, {MEMBER: 999_999, OUTSIDER: 1}, ["VOTES_NOT_100"]),
        (BOARD, None, []),
        (BodyKind.DECISION, None, []),
    ],
)
def test_a_body_votes_by_a_table_that_is_whole_in_members_hands(
    kind: BodyKind, table: dict[Any, int] | None, told: list[str]
) -> None:
    assert failed_codes(weighing_checks(kind, table, {MEMBER})) == told


@pytest.mark.requirement("A085")
@pytest.mark.refusing
def test_votes_are_held_by_members() -> None:
    assert failed_codes(holding_checks([MEMBER], {MEMBER}, "/votes")) == []
    [check] = holding_checks([MEMBER, OUTSIDER, OUTSIDER], {MEMBER}, "/votes")
    assert (check.code, check.pointer) == ("VOTER_NOT_MEMBER", "/votes")
    assert check.params["org_ids"] == [str(OUTSIDER)]


@pytest.mark.requirement("A085")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("since", "reason", "told"),
    [
        (date(2026, 4, 3), "章程约定", ["DAY_IN_FUTURE"]),
        (DAY, None, []),
        (date(2026, 4, 1), None, ["FIELD_MISSING"]),
        (date(2026, 4, 1), "", ["FIELD_MISSING"]),
        (date(2026, 4, 1), "工商登记日为准", []),
    ],
)
def test_a_table_holds_from_today_or_for_a_reason_from_before(
    since: date, reason: str | None, told: list[str]
) -> None:
    assert failed_codes(since_checks(since, DAY, reason)) == told


@pytest.mark.requirement("A078")
@pytest.mark.refusing
def test_shares_told_beside_ballots_are_what_the_ballots_come_to() -> None:
    counted = (600_000, 0, 400_000)
    assert failed_codes(stated_checks((0, 0, 0), counted)) == []
    assert failed_codes(stated_checks(counted, counted)) == []
    assert failed_codes(stated_checks((600_001, 0, 399_999), counted)) == ["FIELD_INVALID"]


@pytest.mark.requirement("A053", "A085")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("organ", "company", "told"),
    [
        (Organ.SHAREHOLDERS, Company(MEMBER, DAY), []),
        (Organ.SHAREHOLDERS, Company(MEMBER, date(2026, 4, 3)), ["CONSORTIUM_NOT_REGISTERED"]),
        (Organ.SHAREHOLDERS, None, ["CONSORTIUM_NOT_REGISTERED"]),
        (Organ.BOARD, Company(MEMBER, DAY), ["FIELD_INVALID"]),
        # A company has no vote in itself.
        (Organ.SHAREHOLDERS, Company(OUTSIDER, DAY), ["FIELD_INVALID"]),
    ],
)
def test_shareholders_vote_in_the_meeting_of_a_registered_company(
    organ: Organ, company: Company | None, told: list[str]
) -> None:
    assert failed_codes(shareholder_checks(organ, {OUTSIDER}, company, DAY)) == told
    assert shareholder_checks(organ, set(), company, DAY) == []


@pytest.mark.requirement("A078", "A085")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("stated", "possible"),
    [
        ((400_000, 350_000, 250_000), True),
        ((750_000, 0, 0), True),
        ((0, 0, 0), True),
        ((1_000_000, 0, 0), True),
        ((400_001, 0, 0), False),
        ((650_000, 0, 349_999), False),
        # Each part is somebody's share, and both are the same one's.
        ((400_000, 400_000, 0), False),
        ((250_000, 0, 250_000), False),
    ],
)
def test_shares_told_without_ballots_are_sums_of_the_tables_shares(
    stated: tuple[int, int, int], *, possible: bool
) -> None:
    told = failed_codes(attainable_checks(stated, [400_000, 350_000, 250_000]))
    assert told == ([] if possible else ["FIELD_INVALID"])


async def table(case: Case, organ: str = "shareholders", **shares: int) -> Any:
    votes = [
        {"holder_org_id": str(case.orgs[name]), "share_ppm": ppm, "basis": "capital_ratio"}
        for name, ppm in shares.items()
    ]
    return await own(case, "PUT", f"votes/{organ}", {"votes": votes})


async def since(case: Case, day: str, reason: str | None = None, **shares: int) -> Any:
    votes = [
        {"holder_org_id": str(case.orgs[name]), "share_ppm": ppm, "basis": "charter"}
        for name, ppm in shares.items()
    ]
    body = {"votes": votes, "in_force_on": day, **({"reason": reason} if reason else {})}
    return await own(case, "PUT", "votes/shareholders", body)


async def resolve(case: Case, body: str, day: str, *voters: str, **over: Any) -> Any:
    matter = {"body_id": body, "matter": "strategy", "text": "决议", "resolved_on": day}
    ballots = [{"voter_id": voter, "choice": "for"} for voter in voters]
    return await own(case, "POST", "resolutions", {**matter, "ballots": ballots, **over})


async def held(case: Case, query: str = "") -> dict[str, int]:
    answer = await own(case, "GET", f"votes/shareholders{query}")
    names = {str(org_id): name for name, org_id in case.orgs.items()}
    return {names[row["holder_org_id"]]: row["share_ppm"] for row in answer.json()["items"]}


@pytest.mark.requirement("A078", "A085")
@pytest.mark.refusing
async def test_a_table_that_is_replaced_after_the_vote_does_not_weigh_it(case: Case) -> None:
    await case.listed()
    meeting = await body_of(case, "shareholders_meeting")
    one = str(case.orgs["M01"])
    first = (await table(case, M01=600_000, M02=400_000)).json()
    assert first["in_force_on"] == "2026-03-10"
    case.registry.set_clock("2026-03-20T02:00:00+00:00")
    second = (await table(case, M01=300_000, M02=700_000)).json()
    again = (await table(case, M02=700_000, M01=300_000)).json()
    assert again == second

    for day, passed, by in (
        ("2026-03-10", True, first), ("2026-03-19", True, first), ("2026-03-20", False, second),
    ):  # fmt: skip
        counted = (await resolve(case, meeting, day, one)).json()
        assert (counted["passed"], counted["voting_table_id"]) == (passed, by["voting_table_id"])
    assert await held(case, "?on=2026-03-19") == {"M01": 600_000, "M02": 400_000}
    assert await held(case, "?on=2026-03-09") == {}

    case.registry.set_clock("2026-03-25T02:00:00+00:00")
    assert codes(await since(case, "2026-03-26", M01=1_000_000)) == ["DAY_IN_FUTURE"]
    assert codes(await since(case, "2026-03-12", M01=1_000_000)) == ["FIELD_MISSING"]
    mended = await since(case, "2026-03-12", "以股东名册为准", M01=450_000, M02=550_000)
    assert mended.status_code == 200, mended.text
    lost = (await resolve(case, meeting, "2026-03-19", one)).json()
    assert (lost["passed"], lost["voting_table_id"]) == (False, mended.json()["voting_table_id"])
    # The day before it is weighed as before, and what was counted stays as it was recorded.
    assert (await resolve(case, meeting, "2026-03-11", one)).json()["passed"]
    listed = (await own(case, "GET", "resolutions")).json()["items"]
    kept = [row["passed"] for row in listed if row["resolved_on"] == "2026-03-19"]
    assert sorted(kept) == [False, True]
    # Both clocks: what holds of that day now, what was known of it, and what holds today.
    assert await held(case, "?on=2026-03-19") == {"M01": 450_000, "M02": 550_000}
    assert await held(case, "?on=2026-03-19&as_of=2026-03-24") == {"M01": 600_000, "M02": 400_000}
    assert await held(case) == {"M01": 300_000, "M02": 700_000}


@pytest.mark.requirement("A085", "A049")
@pytest.mark.refusing
async def test_who_left_has_no_vote_from_the_next_day_on(case: Case) -> None:
    await case.listed()
    meeting = await body_of(case, "shareholders_meeting")
    one, two = str(case.orgs["M01"]), str(case.orgs["M02"])
    assert (await table(case, M01=400_000, M02=600_000)).status_code == 200
    decision = await body_of(
        case, "decision", seat("industry", org_id=two), seat("industry", org_id=one)
    )
    held_seats = (await own(case, "GET", f"bodies/{decision}/seats")).json()["items"]
    theirs, ours = (row["id"] for row in held_seats)
    notice = f"/v1/registry/memberships/{case.memberships['M02']}/exit-notices"
    leaving = {"left_on": "2026-04-09", "reason": "战略调整"}
    assert (await case.call(case.member("M02"), "POST", notice, leaving)).status_code == 200

    case.registry.set_clock("2026-04-10T02:00:00+00:00")
    # Whether or not its end was recorded in the meantime.
    for recorded in (False, True):
        if recorded:
            assert await end_notices(case.registry.app) == 1
        assert (await resolve(case, meeting, "2026-04-09", two)).json()["passed"]
        late = await resolve(case, meeting, "2026-04-10", one, two)
        assert late.status_code == 422
        assert codes(late)[0] == ("VOTER_UNKNOWN" if recorded else "VOTER_NOT_MEMBER")
        alone = await resolve(case, meeting, "2026-04-10", one)
        assert (alone.status_code, codes(alone)) == (409, ["VOTES_NOT_100"])
        assert alone.json()["errors"][0]["params"]["sum_ppm"] == 400_000
        assert (await resolve(case, decision, "2026-04-09", theirs, ours)).json()["passed"]
        gone = await resolve(case, decision, "2026-04-10", theirs)
        assert (gone.status_code, codes(gone)) == (422, ["VOTER_UNKNOWN"])
        left = (await resolve(case, decision, "2026-04-10", ours)).json()
        assert (left["passed"], left["for_ppm"]) == (True, 1_000_000)
        told = await resolve(case, meeting, "2026-04-10", for_ppm=600_000)
        assert codes(told) == ["VOTES_NOT_100"]
    assert codes(await table(case, M01=400_000, M02=600_000)) == ["VOTER_NOT_MEMBER"]
    assert await held(case, "?on=2026-04-09") == {"M01": 400_000, "M02": 600_000}
    assert await held(case) == {"M01": 400_000}
    assert (await table(case, M01=1_000_000)).status_code == 200
    assert (await resolve(case, meeting, "2026-04-10", one)).json()["passed"]


@pytest.mark.requirement("A085", "A075")
@pytest.mark.refusing
async def test_before_there_is_a_table_directors_vote_by_heads_and_shareholders_not(
    case: Case,
) -> None:
    await case.listed()
    meeting = await body_of(case, "shareholders_meeting")
    board = await body_of(case, "board", *[seat("industry") for _ in range(3)])
    seats = [row["id"] for row in (await own(case, "GET", f"bodies/{board}/seats")).json()["items"]]
    case.registry.set_clock("2026-03-11T02:00:00+00:00")
    assert (await table(case, M01=1_000_000)).status_code == 200
    assert (await table(case, "board", M01=1_000_000)).status_code == 200

    one = str(case.orgs["M01"])
    unweighed = await resolve(case, meeting, "2026-03-10", for_ppm=900_000)
    assert (unweighed.status_code, codes(unweighed)) == (409, ["VOTES_NOT_100"])
    assert "VOTER_UNKNOWN" in codes(await resolve(case, meeting, "2026-03-10", one))
    heads = (await resolve(case, board, "2026-03-10", *seats[:2])).json()
    assert (heads["passed"], heads["for_ppm"], heads["voting_table_id"]) == (True, 666_666, None)
    assert codes(await resolve(case, board, "2026-03-11", *seats[:2]))[0] == "VOTER_UNKNOWN"
    assert (await resolve(case, board, "2026-03-11", one)).json()["for_ppm"] == 1_000_000
    other = await resolve(case, board, "2026-03-11", one, for_ppm=999_999)
    assert (other.status_code, codes(other)) == (422, ["FIELD_INVALID"])


@pytest.mark.requirement("A085")
@pytest.mark.refusing
async def test_neither_strangers_nor_the_wider_network_hold_shareholders_votes(case: Case) -> None:
    await case.listed()
    ally = {"org_id": str(case.orgs["M09"]), "role": "alliance"}
    assert codes(await table(case, M01=600_000, M09=400_000)) == ["VOTER_NOT_MEMBER"]
    invited = await own(case, "POST", "members", ally, "M01")
    assert codes(await table(case, "board", M01=600_000, M09=400_000)) == ["VOTER_NOT_MEMBER"]
    case.memberships["M09"] = invited.json()["id"]
    assert (await case.confirm("M09")).status_code == 200
    refused = await table(case, M01=600_000, M09=400_000)
    assert refused.json()["errors"][0]["params"]["org_ids"] == [str(case.orgs["M09"])]
    assert (await table(case, "board", M01=600_000, M09=400_000)).status_code == 200


@pytest.mark.requirement("A085")
async def test_of_two_tables_set_at_once_one_holds_whole(case: Case) -> None:
    await case.listed()
    answers = await asyncio.gather(
        table(case, M01=600_000, M02=400_000), table(case, M01=100_000, M03=900_000)
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await held(case) in ({"M01": 600_000, "M02": 400_000}, {"M01": 100_000, "M03": 900_000})


async def shared(case: Case, *lines: tuple[str, int], organ: str = "shareholders") -> Any:
    """Set a table of M01 and of shareholders, each an organization's name or a person's id."""
    votes = [
        {
            "holder_org_id" if name in case.orgs else "holder_person_id": str(
                case.orgs.get(name, name)
            ),
            "share_ppm": ppm, "basis": "capital_ratio", "as_shareholder": name != "M01",
        }
        for name, ppm in lines
    ]  # fmt: skip
    return await own(case, "PUT", f"votes/{organ}", {"votes": votes})


@pytest.mark.requirement("A053", "A085")
@pytest.mark.refusing
async def test_shareholders_vote_be_they_members_or_not_and_beyond_a_membership(
    case: Case,
) -> None:
    await case.listed()
    meeting = await body_of(case, "shareholders_meeting")
    person = str(new_id())
    # No member: a stranger, and a person who holds shares. Together they are all votes or none.
    assert codes(await table(case, M01=400_000, M09=600_000)) == ["VOTER_NOT_MEMBER"]
    short = await shared(case, ("M01", 400_000), ("M09", 350_000), (person, 249_999))
    assert codes(short) == ["VOTES_NOT_100"]
    whole = (("M01", 400_000), ("M02", 200_000), ("M09", 150_000), (person, 250_000))
    on_board = await shared(case, *whole, organ="board")
    assert codes(on_board) == ["FIELD_INVALID"]
    itself = await shared(case, ("M01", 400_000), ("C01", 600_000))
    assert codes(itself) == ["FIELD_INVALID"]
    set_table = await shared(case, *whole)
    assert set_table.status_code == 200, set_table.text
    assert (await shared(case, *reversed(whole))).json() == set_table.json()
    rows = set_table.json()["items"]
    lines = {row["holder_org_id"] or row["holder_person_id"]: row["as_shareholder"] for row in rows}
    assert (lines[person], lines[str(case.orgs["M01"])]) == (True, False)

    two, nine = str(case.orgs["M02"]), str(case.orgs["M09"])
    counted = (await resolve(case, meeting, "2026-03-10", two, nine, person)).json()
    assert (counted["for_ppm"], counted["passed"]) == (600_000, True)
    for told, accepted in ((650_000, True), (600_000, True), (500_000, False), (1, False)):
        answer = await resolve(case, meeting, "2026-03-10", for_ppm=told)
        assert (answer.status_code == 201) is accepted, told
    # A member that holds shares leaves: its membership ends, and its votes as a shareholder stay.
    notice = f"/v1/registry/memberships/{case.memberships['M02']}/exit-notices"
    leaving = {"left_on": "2026-04-09", "reason": "战略调整"}
    assert (await case.call(case.member("M02"), "POST", notice, leaving)).status_code == 200
    case.registry.set_clock("2026-04-10T02:00:00+00:00")
    assert await end_notices(case.registry.app) == 1
    after = (await resolve(case, meeting, "2026-04-10", two, nine, person)).json()
    assert (after["passed"], after["voting_table_id"]) == (True, counted["voting_table_id"])


@pytest.mark.requirement("A085")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "over",
    [
        {},
        {"holder_org_id": str(new_id()), "holder_person_id": str(new_id())},
        {"holder_person_id": str(new_id()), "as_shareholder": False},
    ],
)
def test_a_vote_is_one_holders_and_a_persons_for_shares_alone(over: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VoteIn.model_validate({"share_ppm": 1, "basis": "charter", **over})
