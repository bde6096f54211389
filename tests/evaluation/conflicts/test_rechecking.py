"""A conflict that becomes known after the panel was formed is on its seat with the change (X08)."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from evaluation.conflicts.consumers import CONSUMES
from evaluation.experts.rules import ExpertField, RelationKind
from evaluation.experts.tables import Expert, ExpertRelation
from shared.database import new_id
from shared.events.consuming import ReceivedEvent
from shared.events.tables import Event
from tests.evaluation.results.year import JudgedYear
from tests.evaluation.reviewing import SEVEN, USCC, codes_of

POSITIONS = itertools.count(900)
pytestmark = pytest.mark.anyio


@pytest.fixture
async def year(unplanned: JudgedYear) -> JudgedYear:
    await unplanned.frozen()
    return unplanned


async def conflicts(year: JudgedYear) -> list[dict[str, Any]]:
    panels = await year.as_("auditor", "GET", f"/v1/evaluation/panels?subject_id={year.case_id}")
    (panel,) = panels.json()["items"]
    answer = await year.as_("auditor", "GET", f"/v1/evaluation/panels/{panel['id']}/conflicts")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def tell(year: JudgedYear, event_type: str, entry: dict[str, Any]) -> None:
    """Let the registry's feed say something, as its consumer hears it."""
    event = ReceivedEvent(
        id=new_id(), type=event_type, source="registry", subject=UUID(entry["id"]),
        center_id=None, data={"entry": entry}, position=next(POSITIONS), time=datetime.now(UTC),
    )  # fmt: skip
    async with year.service.sessions.begin() as session:
        await CONSUMES[event_type](session, event)


def organization(year: JudgedYear, code: str, **over: Any) -> dict[str, Any]:
    return {
        "id": str(year.org_ids[code]), "uscc": USCC[code], "name": f"单位{code}",
        "org_type": "enterprise", "legal_person_kind": "independent", "region_code": "310115",
        "is_sme": False, **over,
    }  # fmt: skip


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_a_tie_that_becomes_known_shuts_every_door_until_the_sheet_is_voided(
    year: JudgedYear,
) -> None:
    sheets = await year.scored()
    assert await conflicts(year) == []
    relations = f"/v1/evaluation/experts/{year.expert_ids['ex05']}/relations"
    tie = {"kind": "board", "org_uscc": USCC["m02"]}
    assert (await year.as_("handler", "POST", relations, tie)).status_code == 201
    (found,) = await conflicts(year)
    assert (found["seat_id"], found["path"]["code"]) == (sheets["ex05"], "COI_BOARD")
    assert found["path"]["org_uscc"] == USCC["m02"]
    async with year.official("reviewer") as reviewer:
        tasks = (await reviewer.get("/v1/evaluation/tasks")).json()["items"]
    assert [one["subject_id"] for one in tasks if one["kind"] == "seat.conflict"] == [
        sheets["ex05"]
    ]
    shut = await year.as_("handler", "POST", "/compute")
    assert (shut.status_code, codes_of(shut)) == (409, ["PANEL_CONFLICT"])
    assert shut.json()["errors"][0]["params"]["sheets"] == [sheets["ex05"]]

    void = f"/v1/evaluation/score-sheets/{sheets['ex05']}/void"
    async with year.service.client("official", "reviewer") as other:
        assert (await other.post(void, json={"reason": "任董事"})).status_code == 200
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_review_second_reading_and_publication_judge_the_panel_again(
    year: JudgedYear,
) -> None:
    await year.scored()
    assert (await year.as_("handler", "POST", "/compute")).status_code == 200
    relations = f"/v1/evaluation/experts/{year.expert_ids['ex05']}/relations"

    async def tie(until_on: str | None) -> None:
        if until_on is None:
            body = {"kind": "shareholding", "org_uscc": USCC["entity"], "from_on": "2020-01-01"}
            assert (await year.as_("handler", "POST", relations, body)).status_code == 201
            return
        (found,) = [one for one in await conflicts(year) if one["cleared_at"] is None]
        path = f"{relations}/{found['path']['relation_id']}/end"
        ended = await year.as_("handler", "POST", path, {"until_on": until_on})
        assert ended.status_code == 200, ended.text

    await tie(None)
    reading = {"conclusion": "confirmed", "reason": "复核"}
    async with year.service.client("official", "reviewer") as reader:
        refused = await reader.post(year.path("/second-readings"), json=reading)
    assert codes_of(refused) == ["PANEL_CONFLICT"]
    assert codes_of(await year.as_("reviewer", "POST", "/review")) == ["PANEL_CONFLICT"]
    # It turns out to have ended before the look-back: the mark is cleared, the door opens.
    await tie("2025-01-09")
    assert [one["cleared_at"] is None for one in await conflicts(year)] == [False]
    assert (await year.as_("reviewer", "POST", "/review")).status_code == 200
    await tie(None)
    assert codes_of(await year.as_("approver", "POST", "/publish")) == ["PANEL_CONFLICT"]
    await tie("2025-01-09")
    assert (await year.as_("approver", "POST", "/publish")).status_code == 200
    # What is published is settled: a tie found later marks no seat.
    await year.as_("handler", "POST", relations, {"kind": "board", "org_uscc": USCC["m02"]})
    assert [one for one in await conflicts(year) if one["cleared_at"] is None] == []


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_an_owner_and_a_new_member_in_the_directory_mark_the_seats_at_once(
    year: JudgedYear,
) -> None:
    async with year.service.sessions.begin() as session:
        session.add_all(
            ExpertRelation(
                expert_id=year.expert_ids[code], kind=RelationKind.SHAREHOLDING,
                org_uscc=USCC[org], recorded_at=datetime.now(UTC),
            )
            for code, org in (("ex04", "m15"), ("ex07", "c02"))
        )  # fmt: skip
    sheets = await year.panel()
    assert await conflicts(year) == []
    # M15 turns out to own M02, a member: the conflict goes through the owner.
    await tell(year, "directory.organization", organization(year, "m02", parent_uscc=USCC["m15"]))
    (owner,) = await conflicts(year)
    assert (owner["seat_id"], owner["path"]["through"]) == (sheets["ex04"], USCC["m15"])
    # Told twice, it stands once; an organization that stands behind nobody touches nothing.
    await tell(year, "directory.organization", organization(year, "m02", parent_uscc=USCC["m15"]))
    stranger = {**organization(year, "m02"), "id": str(new_id()), "uscc": "91310101FAKE99999X"}
    await tell(year, "directory.organization", stranger)
    assert len(await conflicts(year)) == 1
    # The owner sells: cleared again.
    await tell(year, "directory.organization", organization(year, "m02", parent_uscc=None))
    assert [one["cleared_at"] is None for one in await conflicts(year)] == [False]


async def shares(year: JudgedYear, expert: str, **what: Any) -> None:
    async with year.service.sessions.begin() as session:
        session.add(
            ExpertRelation(
                expert_id=year.expert_ids[expert], kind=RelationKind.SHAREHOLDING,
                recorded_at=datetime.now(UTC), **what,
            )
        )  # fmt: skip


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_a_tie_that_names_an_owner_by_its_id_alone_reaches_what_it_owns(
    year: JudgedYear,
) -> None:
    await tell(year, "directory.organization", organization(year, "m15"))
    await shares(year, "ex04", org_id=year.org_ids["m15"])
    sheets = await year.panel()
    await tell(year, "directory.organization", organization(year, "m02", parent_uscc=USCC["m15"]))
    (owner,) = await conflicts(year)
    assert (owner["seat_id"], owner["path"]["through"]) == (sheets["ex04"], USCC["m15"])


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_who_comes_to_own_the_successor_of_a_member_marks_the_seats(
    year: JudgedYear,
) -> None:
    await shares(year, "ex04", org_uscc=USCC["m15"])
    sheets = await year.panel()
    heir = {**organization(year, "m02"), "id": str(new_id()), "uscc": "91310101FAKE99999X"}
    await tell(year, "directory.organization", heir)
    await tell(year, "directory.organization", organization(year, "m02", successor_id=heir["id"]))
    assert await conflicts(year) == []
    await tell(year, "directory.organization", heir | {"parent_uscc": USCC["m15"]})
    (owner,) = await conflicts(year)
    assert (owner["seat_id"], owner["path"]["through"]) == (sheets["ex04"], USCC["m15"])
    # The owner of the owner counts as well, and one of them that is gone clears the mark.
    await shares(year, "ex07", org_uscc="91310101FAKE88888X")
    above = organization(year, "m15", parent_uscc="91310101FAKE88888X")
    await tell(year, "directory.organization", above)
    assert len(await conflicts(year)) == 2
    await tell(year, "directory.organization", heir)
    assert {one["cleared_at"] is None for one in await conflicts(year)} == {False}


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_who_is_tied_to_what_a_member_comes_to_hold_is_marked_with_every_company_between(
    year: JudgedYear,
) -> None:
    mid = "91310101FAKE99999X"
    await shares(year, "ex04", org_uscc=USCC["m15"])
    await shares(year, "ex07", org_id=year.org_ids["c02"])
    sheets = await year.panel()
    await tell(year, "directory.organization", organization(year, "m15", parent_uscc=mid))
    assert await conflicts(year) == []
    # M02, a member, holds M15 through another company.
    between = {**organization(year, "m02"), "id": str(new_id()), "uscc": mid}
    await tell(year, "directory.organization", between | {"parent_uscc": USCC["m02"]})
    (held,) = await conflicts(year)
    assert (held["seat_id"], held["path"]["org_uscc"]) == (sheets["ex04"], USCC["m02"])
    assert held["path"]["chain"] == [USCC["m15"], mid, USCC["m02"]]
    # C02 turns out to belong to the group that holds M02: a sister.
    for code in ("m02", "c02"):
        owned = organization(year, code, parent_uscc="91310101FAKE88888X")
        await tell(year, "directory.organization", owned)
    found = {one["seat_id"]: one["path"]["through"] for one in await conflicts(year)}
    assert found == {sheets["ex04"]: USCC["m02"], sheets["ex07"]: "91310101FAKE88888X"}
    # What is sold ties nobody any more; the sister's mark stays.
    await tell(year, "directory.organization", between)
    left = [one["seat_id"] for one in await conflicts(year) if one["cleared_at"] is None]
    assert left == [sheets["ex07"]]


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_a_tie_under_a_code_that_its_organization_bore_before_stays_a_tie(
    year: JudgedYear,
) -> None:
    sheets = await year.panel()
    await shares(year, "ex04", org_uscc=USCC["m02"])
    new = organization(year, "m02", uscc="91310101FAKE99999X")
    await tell(year, "directory.organization", new)
    (found,) = await conflicts(year)
    assert (found["seat_id"], found["path"]["org_uscc"]) == (sheets["ex04"], new["uscc"])
    # So does one that is entered under the old code later on.
    relations = f"/v1/evaluation/experts/{year.expert_ids['ex07']}/relations"
    tie = {"kind": "board", "org_uscc": USCC["m02"]}
    assert (await year.as_("handler", "POST", relations, tie)).status_code == 201
    assert {one["seat_id"] for one in await conflicts(year)} == {sheets["ex04"], sheets["ex07"]}


@pytest.mark.requirement("X08")
@pytest.mark.refusing
async def test_an_owner_that_became_known_since_shuts_the_sheet_of_who_is_tied_to_it(
    year: JudgedYear,
) -> None:
    sheets = await year.panel()
    await shares(year, "ex04", org_uscc=USCC["m15"])
    await tell(year, "directory.organization", organization(year, "m02", parent_uscc=USCC["m15"]))
    refused = await year.declare("ex04", sheets["ex04"])
    assert codes_of(refused) == ["COI_SHAREHOLDING"]
    assert refused.json()["errors"][0]["params"]["through"] == USCC["m15"]


@pytest.mark.requirement("X08", "X03")
@pytest.mark.refusing
async def test_a_second_account_brings_its_duties_and_ties_to_the_seat(year: JudgedYear) -> None:
    sheets = await year.panel()
    other = new_id()
    async with year.service.sessions.begin() as session:
        twin = Expert(
            person_id=other, field=ExpertField.LEGAL, title="顾问", registered_at=datetime.now(UTC)
        )
        session.add(twin)
        await session.flush()
        session.add(
            ExpertRelation(
                expert_id=twin.id, kind=RelationKind.KINSHIP, org_uscc=USCC["m01"],
                recorded_at=datetime.now(UTC),
            )
        )  # fmt: skip
    path = f"/v1/evaluation/experts/{year.expert_ids['ex07']}/accounts"
    assert (await year.as_("handler", "POST", path, {"person_id": str(other)})).status_code == 201
    (kinship,) = await conflicts(year)
    assert (kinship["seat_id"], kinship["path"]["code"]) == (sheets["ex07"], "COI_KINSHIP")
    # The operator who wrote the report turns out to be another expert of the panel.
    path = f"/v1/evaluation/experts/{year.expert_ids['ex08']}/accounts"
    operator = {"person_id": str(year.people["ex11"])}
    assert (await year.as_("handler", "POST", path, operator)).status_code == 201
    assert {(one["seat_id"], one["path"]["code"]) for one in await conflicts(year)} == {
        (sheets["ex07"], "COI_KINSHIP"), (sheets["ex08"], "SOD_VIOLATION"),
    }  # fmt: skip
    # A tie entered under the twin marks the seat of the one whose account it is.
    relations = f"/v1/evaluation/experts/{twin.id}/relations"
    body = {"kind": "board", "org_uscc": USCC["entity"]}
    assert (await year.as_("handler", "POST", relations, body)).status_code == 201
    assert (sheets["ex07"], "COI_BOARD") in {
        (one["seat_id"], one["path"]["code"]) for one in await conflicts(year)
    }
    async with year.service.sessions.reading() as session:
        told = list(
            await session.scalars(select(Event).where(col(Event.type).startswith("seat_conflict")))
        )
    assert {event.center_id for event in told} == {None}
    async with year.member("m02") as member:
        answer = await member.get(f"/v1/evaluation/panels/{new_id()}/conflicts")
    assert answer.status_code == 403


@pytest.mark.requirement("X08", "X03")
@pytest.mark.refusing
async def test_two_seats_turn_out_to_be_one_person_and_tied_by_what_either_entry_knows(
    year: JudgedYear,
) -> None:
    sheets = await year.panel()
    path = f"/v1/evaluation/experts/{year.expert_ids['ex06']}/accounts"
    same = {"person_id": str(year.people["ex05"])}
    assert (await year.as_("handler", "POST", path, same)).status_code == 201
    (twice,) = await conflicts(year)
    assert (twice["seat_id"], twice["path"]) == (
        sheets["ex06"], {"code": "EXPERT_REPEATED", "beside": sheets["ex05"]},
    )  # fmt: skip
    # Whichever entry names the other, a tie of one is a tie of both.
    for code, uscc in (("ex06", USCC["entity"]), ("ex05", USCC["m01"])):
        relations = f"/v1/evaluation/experts/{year.expert_ids[code]}/relations"
        body = {"kind": "board", "org_uscc": uscc}
        assert (await year.as_("handler", "POST", relations, body)).status_code == 201
    found = {(one["seat_id"], one["path"].get("org_uscc")) for one in await conflicts(year)}
    assert found == {
        (sheets["ex06"], None),
        *((sheets[code], USCC[org]) for code in ("ex05", "ex06") for org in ("entity", "m01")),
    }


async def test_an_expert_who_began_a_sheet_recuses_himself_and_is_replaced(
    year: JudgedYear,
) -> None:
    sheets = await year.panel()
    assert (await year.declare("ex04", sheets["ex04"])).status_code == 200
    recused = await year.declare("ex04", sheets["ex04"], conflict=True)
    assert (recused.status_code, recused.json()["state"]) == (200, "recused")
    assert len(sheets) == len(SEVEN)


@pytest.mark.requirement("A119", "X08")
@pytest.mark.refusing
async def test_an_expert_who_moves_is_tied_to_the_new_employer_and_three_years_to_the_old(
    year: JudgedYear,
) -> None:
    sheets = await year.panel()
    path = f"/v1/evaluation/experts/{year.expert_ids['ex05']}/employer"

    async def moves(**body: Any) -> Any:
        return await year.as_("handler", "POST", path, body)

    early = await moves(org_uscc=USCC["m15"], from_on="2028-01-11")
    assert (early.status_code, codes_of(early)) == (422, ["FIELD_INVALID"])
    assert codes_of(await moves(org_uscc="91310115FAKE00013A", from_on="2028-01-10")) == [
        "USCC_CHECK_DIGIT"
    ]
    assert (await moves(org_uscc=USCC["m02"], from_on="2021-03-01")).status_code == 200
    (now,) = await conflicts(year)
    assert (now["seat_id"], now["path"]["code"]) == (sheets["ex05"], "COI_CURRENT_ORG")
    # Nobody wipes an employment out by one that is said to have begun before it.
    before = await moves(org_uscc=USCC["m15"], from_on="2021-02-28")
    assert (before.status_code, codes_of(before)) == (422, ["FIELD_INVALID"])
    moved = await moves(org_uscc=USCC["m15"], from_on="2025-01-11")
    assert [(tie["from_on"], tie["until_on"]) for tie in moved.json()["relations"]] == [
        ("2021-03-01", "2025-01-10")
    ]
    (former,) = [one for one in await conflicts(year) if one["cleared_at"] is None]
    assert former["path"]["code"] == "COI_EMPLOYMENT_3Y"
    # One day less, and the look-back is over.
    end = f"{path.removesuffix('/employer')}/relations/{former['path']['relation_id']}/end"
    assert (await year.as_("handler", "POST", end, {"until_on": "2025-01-09"})).status_code == 200
    assert [one for one in await conflicts(year) if one["cleared_at"] is None] == []


# --- owners that nobody entered -------------------------------------------------------------

UNKNOWN = "/v1/evaluation/unknown-owners"
GROUP, HOLDING, MINISTRY = "91310101FAKE88888X", "91310101FAKE77777X", "11100000FAKE66666X"


async def unknown(year: JudgedYear, query: str = "") -> list[tuple[str, int, int]]:
    answer = await year.as_("auditor", "GET", UNKNOWN + query)
    assert answer.status_code == 200, answer.text
    return [(one["uscc"], one["experts"], one["organizations"]) for one in answer.json()["items"]]


@pytest.mark.requirement("X08", "A119")
async def test_owners_that_nobody_entered_are_listed_until_somebody_does_and_then_bar(
    year: JudgedYear,
) -> None:
    sheets = await year.panel()
    async with year.service.sessions.begin() as session:
        for code, org in (("ex04", GROUP), ("ex05", GROUP), ("ex06", MINISTRY)):
            session.add(
                ExpertRelation(
                    expert_id=year.expert_ids[code], kind=RelationKind.EMPLOYMENT, org_uscc=org,
                    recorded_at=datetime.now(UTC),
                )
            )  # fmt: skip
    await tell(year, "directory.organization", organization(year, "m02", parent_uscc=HOLDING))
    # A ministry holds nobody in the sense of the rule, and M01 is there.
    assert await unknown(year) == [(HOLDING, 0, 1), (GROUP, 2, 0)]
    first = (await year.as_("auditor", "GET", f"{UNKNOWN}?limit=1")).json()
    assert [one["uscc"] for one in first["items"]] == [HOLDING]
    assert await unknown(year, f"?limit=1&cursor={first['next_cursor']}") == [(GROUP, 2, 0)]
    # Nobody knows that the group holds the holding, and so two seats look clear.
    assert await conflicts(year) == []

    holding = organization(year, "m02") | {
        "id": str(new_id()), "uscc": HOLDING, "name": "控股", "parent_uscc": GROUP,
    }  # fmt: skip
    await tell(year, "directory.organization", holding)

    assert await unknown(year) == [(GROUP, 2, 1)]
    found = await conflicts(year)
    assert {one["seat_id"] for one in found} == {sheets["ex04"], sheets["ex05"]}
    assert {tuple(one["path"]["chain"]) for one in found} == {(GROUP, HOLDING, USCC["m02"])}
    group = organization(year, "m02") | {"id": str(new_id()), "uscc": GROUP, "name": "集团"}
    await tell(year, "directory.organization", group)
    assert await unknown(year) == []


@pytest.mark.requirement("X08", "X04")
@pytest.mark.refusing
async def test_only_officials_read_what_the_pool_names(year: JudgedYear) -> None:
    async with year.expert("ex04") as expert, year.member() as member:
        for caller in (expert, member):
            assert (await caller.get(UNKNOWN)).status_code == 403
