"""A suspended centre is read and not written; what protects its partners goes on (C2)."""

from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from registry.centers.rules import Stage, attachment_checks
from registry.centers.rules.stages import ApplicantForm
from registry.centers.tables import Center
from shared.rules import failed_codes
from tests.registry.facts.conftest import House, house
from tests.registry.resources.test_offering import OFFERINGS, offered
from tests.registry.resources.test_sharing import RESOURCES, book, shared

__all__ = ["house"]


@pytest.mark.requirement("A053")
@pytest.mark.refusing
@pytest.mark.parametrize("stage", list(Stage))
def test_a_consortium_attaches_its_legal_person_while_it_may_be_written(stage: Stage) -> None:
    blocked = stage in {Stage.SUSPENDED, Stage.DELISTED, Stage.DISSOLVED}
    checks = attachment_checks(ApplicantForm.CONSORTIUM, stage, None)
    assert failed_codes(checks) == (["STATE_CONFLICT"] if blocked else [])


async def enter(house: House, stage: Stage) -> None:
    async with house.registry.sessions.begin() as session:
        statement = update(Center).where(col(Center.id) == house.center_id)
        await session.execute(statement.values(stage=stage))


async def invited(house: House) -> str:
    async with house.caller(house.lead) as lead:
        answer = await lead.post(
            f"/v1/registry/centers/{house.center_id}/members",
            json={"org_id": str(house.stranger), "role": "member"},
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.anyio
@pytest.mark.requirement("A102")
@pytest.mark.refusing
@pytest.mark.parametrize("stage", [Stage.SUSPENDED, Stage.DELISTED, Stage.DISSOLVED])
async def test_nothing_of_a_centre_that_stands_still_or_has_ended_is_written(
    house: House, stage: Stage
) -> None:
    thing = await shared(house)
    offering = (await offered(house, code="training", title="培训")).json()
    membership_id = await invited(house)
    center = f"/v1/registry/centers/{house.center_id}"
    await enter(house, stage)

    async def tried(org_id: Any, method: str, path: str, json: Any, **headers: str) -> Any:
        async with house.caller(org_id) as caller:
            return await caller.request(method, path, json=json, headers=headers)

    seen = {"If-Match": '"1"'}
    promise = {"kind": "people", "description": "工程师", "people": 2, "starts_on": "2027-06-02"}
    answers = {
        "resource": await tried(
            house.member, "PATCH", f"{RESOURCES}/{thing['id']}", {"is_open": False}, **seen
        ),
        "offering": await tried(
            house.member, "PATCH", f"{OFFERINGS}/{offering['id']}", {"is_open": False}, **seen
        ),
        "booking": await book(house, house.lead, thing),
        "invitation": await tried(
            house.lead, "POST", f"{center}/members",
            {"org_id": str(house.former), "role": "member"},
        ),
        "confirmation": await tried(
            house.stranger, "POST", f"/v1/registry/memberships/{membership_id}/confirm", None
        ),
        "commitment": await tried(
            house.stranger, "POST", f"/v1/registry/memberships/{membership_id}/commitments", promise
        ),
        "classification": await tried(
            house.lead, "PATCH", center, {"chain_node": "封装"}, **seen
        ),
        "fact": await house.post(house.member, "f"),
    }  # fmt: skip
    for name, answer in answers.items():
        assert (answer.status_code, answer.json()["code"]) == (409, "STATE_CONFLICT"), name
    read = await tried(house.lead, "GET", center, None)
    declined = await tried(
        house.stranger, "POST", f"/v1/registry/memberships/{membership_id}/decline", None
    )
    assert (read.status_code, read.json()["stage"], declined.status_code) == (200, stage, 200)
