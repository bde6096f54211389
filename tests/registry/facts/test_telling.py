"""Facts as the database writes them are what the models would write, whatever their kind."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from registry.facts.kinds import PAYLOADS
from registry.facts.rules import ChainStage
from registry.facts.schemas import FactOut
from registry.facts.tables import Fact
from shared.database import new_id
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio
BEGAN = datetime(2027, 3, 1, 1, 2, 3, tzinfo=UTC)
TELLER: TypeAdapter[Any] = TypeAdapter(FactOut)


def facts(house: House) -> list[Fact]:
    """Make a fact of every kind, and a correction with all that a fact may have."""
    made = [
        Fact(
            center_id=house.center_id,
            kind=payload.KIND,
            occurred_on=date(2027, 2, 28),
            # With a fraction of a second, and without one.
            recorded_at=BEGAN + timedelta(seconds=number, microseconds=number % 2 * 1200),
            external_id=f'"{number}\\',
            submitted_by_org_id=house.member,
            submitted_by_person_id=house.member,
            payload=payload.model_validate(payload.EXAMPLE).model_dump(
                mode="json", exclude_none=True
            ),
            content_sha256="",
            evidence=[],
        )
        for number, payload in enumerate(PAYLOADS)
    ]
    last = made[0].model_copy(
        update={
            "id": new_id(),
            "supersedes_id": made[0].id,
            "reason": "日期 <有误>\n",
            "evidence": [new_id(), new_id()],
            "chain_stage": ChainStage.RD_SUPPLY,
            "is_member": True,
            "is_sme": False,
            "region_code": "310115",
            "recorded_at": BEGAN + timedelta(days=1),
        }
    )
    return [*made, Fact(**last.model_dump())]


def told(fact: Fact, superseded_by_id: UUID | None) -> Any:
    derived = {name: getattr(fact, name) for name in ("is_member", "is_sme", "region_code")}
    whole = {**fact.model_dump(), "superseded_by_id": superseded_by_id, "derived": derived}
    return json.loads(TELLER.dump_json(TELLER.validate_python(whole)))


async def test_every_kind_is_told_as_its_model_would_tell_it(house: House) -> None:
    made = facts(house)
    expected = [told(fact, made[-1].id if fact is made[0] else None) for fact in made]
    async with house.registry.sessions.begin() as session:
        session.add_all(made[:-1])
        await session.flush()
        session.add(made[-1])
    async with house.registry.client("official", duties=["handler"]) as handler:
        page = (await handler.get("/v1/registry/facts", params={"limit": 100})).json()
        assert page == {"items": expected, "next_cursor": None}
        for fact, one in ((made[0], expected[0]), (made[-1], expected[-1])):
            assert (await handler.get(f"/v1/registry/facts/{fact.id}")).json() == one
