"""The door's own changes: who, when, from what to what (X07)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

pytestmark = pytest.mark.anyio

OWN = uuid4()
Running = Callable[..., Any]


@pytest.mark.requirement("X07")
async def test_a_program_s_end_follows_its_beginning_in_the_trail(running: Running) -> None:
    async with running("gateway") as gateway:
        body = {"name": "ERP", "org_id": str(OWN), "person": {"name": "周启明"}}
        async with gateway.client("member", org_id=OWN) as member:
            made = (await member.post("/v1/identity/clients", json=body)).json()
            ended = await member.delete(f"/v1/identity/clients/{made['client_id']}")
            assert ended.status_code == 204, ended.text
            assert (await member.get("/v1/gateway/audit")).status_code == 403
        async with gateway.client("auditor") as auditor:
            answer = await auditor.get(f"/v1/gateway/audit?subject_id={made['client_id']}")
        assert answer.status_code == 200, answer.text
        rows = {row["action"]: row for row in answer.json()["items"]}
        begun, over = rows["client.registered"], rows["client.deactivated"]
        assert begun["before_sha256"] is None
        assert over["before_sha256"] == begun["after_sha256"] != over["after_sha256"]
        assert begun["person_id"] == over["person_id"]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_nobody_changes_the_door_s_trail(running: Running) -> None:
    async with running("gateway") as gateway:
        for statement in ("UPDATE audit SET reason = 'x'", "DELETE FROM audit"):
            with pytest.raises(Exception, match="permission denied"):
                async with gateway.sessions.begin() as session:
                    await session.execute(text(statement))
