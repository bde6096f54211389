"""A centre that has ended has no members, no seats and no votes; what was is still read (C2)."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from registry.applications.jobs import end_notices, end_outlived
from registry.centers.rules import Stage
from registry.centers.tables import Center, StageChange
from registry.memberships.queries import outlived
from shared.database import new_id
from tests.fixtures.service import event_types
from tests.registry.applications.cases import Case, codes
from tests.registry.governance.steps import change, own, piloted, seat

pytestmark = pytest.mark.anyio


async def with_seats_and_votes(case: Case) -> str:
    decision, _ = await piloted(case)
    member = str(case.orgs["M02"])
    held = await own(case, "POST", f"bodies/{decision}/seats", seat("industry", org_id=member))
    assert held.status_code == 201, held.text
    basis = {"basis": "capital_ratio"}
    person = {"holder_person_id": str(new_id()), "as_shareholder": True}
    votes = [
        {"holder_org_id": str(case.orgs["M01"]), "share_ppm": 700_000, **basis},
        {"holder_org_id": member, "share_ppm": 200_000, **basis},
        {**person, "share_ppm": 100_000, **basis},
    ]
    assert (await own(case, "PUT", "votes/shareholders", {"votes": votes})).status_code == 200
    return decision


async def leave(case: Case, name: str, left_on: str) -> None:
    path = f"/v1/registry/memberships/{case.memberships[name]}/exit-notices"
    body = {"left_on": left_on, "reason": "调整"}
    answer = await case.call(case.member(name), "POST", path, body)
    assert answer.status_code == 200, answer.text


async def members(case: Case) -> dict[str, dict[str, Any]]:
    rows = (await own(case, "GET", "members")).json()["items"]
    return {row["org_id"]: row for row in rows}


@pytest.mark.requirement("A049", "A076", "A102")
async def test_with_a_centre_every_membership_seat_and_vote_ends(case: Case) -> None:
    decision = await with_seats_and_votes(case)
    await leave(case, "M20", "2026-04-09")
    await leave(case, "M03", "2026-06-30")
    asked = {"org_id": str(case.orgs["M09"]), "role": "member"}
    invited = await own(case, "POST", "members", asked, "M01")
    case.registry.set_clock("2026-04-20T02:00:00+00:00")
    assert await end_notices(case.registry.app) == 1
    gone = await change(case, "dissolved", cause="entity_deregistered")
    assert gone.json()["stage"] == "dissolved", gone.text

    rows = await members(case)
    ends = {
        name: (rows[str(case.orgs[name])]["state"], rows[str(case.orgs[name])]["left_on"])
        for name in ("M01", "M02", "M08", "M20", "M03", "M09")
    }
    assert ends == {
        "M01": ("left", "2026-04-20"), "M02": ("left", "2026-04-20"),
        "M08": ("left", "2026-04-20"), "M20": ("left", "2026-04-09"),
        "M03": ("left", "2026-04-20"), "M09": ("withdrawn", None),
    }  # fmt: skip
    seats = (await own(case, "GET", f"bodies/{decision}/seats")).json()["items"]
    assert {one["until_on"] for one in seats} == {"2026-04-20"}
    assert (await own(case, "GET", "votes/shareholders")).json()["items"] == []
    names = await event_types(case.registry.sessions)
    assert names.count("membership.left") == 5
    assert names.count("votes.ended") == 3
    told = [name for name in names if name in {"membership.left", "directory.center"}]
    assert told[-1] == "directory.center"
    # Who was there reads what was, the end included.
    seen = await own(case, "GET", "history", who="M08")
    assert "center.stage_changed" in {item["type"] for item in seen.json()["items"]}
    case.memberships["M09"] = invited.json()["id"]
    late = await case.confirm("M09")
    assert (late.status_code, set(codes(late))) == (409, {"STATE_CONFLICT"})


@pytest.mark.requirement("A049", "A102")
@pytest.mark.refusing
async def test_nobody_leaves_or_is_put_out_of_a_centre_that_has_ended(case: Case) -> None:
    await piloted(case)
    await change(case, "dissolved", cause="entity_deregistered")
    path = f"/v1/registry/memberships/{case.memberships['M08']}/exit-notices"
    body = {"left_on": "2026-06-30", "reason": "调整"}
    refused = await case.call(case.member("M08"), "POST", path, body)
    assert (refused.status_code, codes(refused)) == (409, ["STATE_CONFLICT"])
    mine = await case.call(
        case.member("M08"), "GET", f"/v1/registry/memberships/{case.memberships['M08']}"
    )
    assert mine.json()["exit_reason"] == "center dissolved"
    asked = {"org_id": str(case.orgs["M09"]), "role": "member"}
    assert codes(await own(case, "POST", "members", asked, "M01")) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A049")
async def test_what_outlived_its_centre_ends_as_of_that_day_and_once(case: Case) -> None:
    await with_seats_and_votes(case)
    # As centres ended before their memberships did.
    async with case.registry.sessions.begin() as session:
        ended = update(Center).where(col(Center.id) == case.center_id)
        await session.execute(ended.values(stage=Stage.DELISTED))
        session.add(
            StageChange(
                center_id=UUID(case.center_id),
                from_stage=Stage.RECTIFYING, to_stage=Stage.DELISTED,
                reason="予以调整", person_id=new_id(), at=case.registry.app.state.clock.now(),
            )
        )  # fmt: skip
    case.registry.set_clock("2026-09-01T02:00:00+00:00")
    assert await end_outlived(case.registry.app) == 1
    rows = await members(case)
    assert {(row["state"], row["left_on"]) for row in rows.values()} == {("left", "2026-03-10")}
    assert (await own(case, "GET", "votes/shareholders")).json()["items"] == []
    assert await end_outlived(case.registry.app) == 0
    async with case.registry.sessions.reading() as session:
        assert await outlived(session, 10) == []
