"""A running ip-ledger that knows two centres: C03 with its own legal entity, C08 a consortium."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest

from shared.database import Sessions, new_id
from shared.directory import (
    DirectoryCenter,
    DirectoryMembership,
    DirectoryOrganization,
    DirectoryPolicy,
)
from tests.fixtures.service import RunningService

NOW: Final = "2026-01-20T02:00:00+00:00"
TODAY: Final = date(2026, 1, 20)
TEXT_SHA256: Final = "5f" * 32
PARAMETERS: Final = {
    "A084": {"license_record_months": 3},
    "A127": {
        "large_contract_fen": 500_000_000,
        "ordinary_review_working_days": 15,
        "expert_review_working_days": 30,
    },
}
CLAUSES: Final = ("joint_development", "complementarity", "result_sharing", "risk_sharing")


@dataclass
class Ledger:
    """The service with the ids of its world: `org["m04"]`, `center["c03"]`."""

    service: RunningService
    org: dict[str, UUID]
    center: dict[str, UUID]
    text_file_id: UUID

    @property
    def sessions(self) -> Sessions:
        return self.service.sessions

    def member(self, name: str, **claims: Any) -> httpx.AsyncClient:
        """A person of an organization; the same person each time."""
        subject = {"sub": str(UUID(int=self.org[name].int ^ 1))} | claims
        return self.service.client("member", org_id=self.org[name], **subject)

    def agreement(self, *parties: str, **over: Any) -> dict[str, Any]:
        """A proposal for C03 with equal parts, the last party taking the rest."""
        ids = [str(self.org[name]) for name in parties]
        part = 1_000_000 // len(ids)
        ppm = [part] * (len(ids) - 1) + [1_000_000 - part * (len(ids) - 1)]
        shares = [{"org_id": o, "ppm": p} for o, p in zip(ids, ppm, strict=True)]
        return {
            "center_id": str(self.center["c03"]),
            "text_file_id": str(self.text_file_id),
            "parties": ids,
            "clauses": {name: {"ticked": True, "evidence": "第二条"} for name in CLAUSES},
            "benefit_shares": shares,
            "risk_shares": [dict(share) for share in shares],
            "rounding": "largest_remainder",
            "exit_method": "event_dated",
            "effective_on": "2026-01-20",
            **over,
        }

    async def signed(self, *parties: str, **over: Any) -> dict[str, Any]:
        """Propose by the lead and sign by every party; gives the last answer."""
        async with self.member("m04") as lead:
            answer = await lead.post(
                "/v1/ip-ledger/agreements", json=self.agreement(*parties, **over)
            )
        assert answer.status_code == 201, answer.text
        agreement_id = answer.json()["id"]
        for name in parties:
            async with self.member(name) as party:
                answer = await party.post(
                    f"/v1/ip-ledger/agreements/{agreement_id}/signatures",
                    json={"text_sha256": TEXT_SHA256},
                )
            assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def asset(self, **over: Any) -> dict[str, Any]:
        """The invention P1 of C03."""
        return {
            "center_id": str(self.center["c03"]),
            "kind": "invention",
            "title": "一种增材制造铺粉装置",
            "number": "202310000001.5",
            "filed_on": "2023-11-02",
            "background": False,
            "inventors": [],
            **over,
        }

    async def registered(self, by: str = "m04", **over: Any) -> dict[str, Any]:
        """Register an asset."""
        async with self.member(by) as client:
            answer = await client.post("/v1/ip-ledger/assets", json=self.asset(**over))
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def shares(self, **ppm: int) -> list[dict[str, Any]]:
        """Shares by the names of owners."""
        return [{"owner_id": str(self.org[name]), "ppm": part} for name, part in ppm.items()]

    async def owned(
        self,
        asset_id: str,
        by: str = "m04",
        *,
        version: int = 1,
        valid_from: str = "2026-01-01",
        consents: tuple[str, ...] = (),
        cause: str = "attribution",
        **ppm: int,
    ) -> httpx.Response:
        """Ask for a change of ownership; those who consent have said so by their own accounts."""
        change = {"valid_from": valid_from, "cause": cause, "shares": self.shares(**ppm)}
        path = f"/v1/ip-ledger/assets/{asset_id}/ownership"
        for name in consents:
            if name in self.org and name != by:
                async with self.member(name) as owner:
                    await owner.post(f"{path}-consents", json=change)
        async with self.member(by) as client:
            return await client.post(
                path,
                headers={"If-Match": f'"{version}"'},
                json={**change, "consents": [str(self.org.get(n, n)) for n in consents]},
            )


def codes(answer: httpx.Response) -> list[str]:
    """Name the codes of a problem's errors."""
    return [error["code"] for error in answer.json()["errors"]]


def figures(answer: httpx.Response, code: str) -> dict[str, Any]:
    """Give the figures of the first error with a code."""
    found: dict[str, Any] = next(e for e in answer.json()["errors"] if e["code"] == code)
    return dict(found["params"])


ORGANIZATIONS: Final = {
    "m01": ("91310115FAKE00013U", "enterprise"),
    "m03": ("12310000FAKE0003XN", "university"),
    "m04": ("12310000FAKE00048N", "institute"),
    "m08": ("91310112FAKE00080E", "user"),
    "m09": ("91310112FAKE00099B", "enterprise"),
    "c03": ("91310112FAKE00291X", "enterprise"),
    "m23": ("91340100FAKE00232T", "enterprise"),
}
MEMBERS: Final = {"c03": ("m04", "m09", "m08"), "c08": ("m03", "m23")}


async def populate(sessions: Sessions) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """Write the directory's copy, as the registry's feed would."""
    org = {name: uuid4() for name in ORGANIZATIONS}
    center = {"c03": new_id(), "c08": new_id()}
    entity = {"c03": org["c03"], "c08": None}
    async with sessions.begin() as session:
        session.add_all(
            DirectoryOrganization(
                id=org[name], uscc=uscc, name=name, org_type=kind, region_code="310115",
                legal_person_kind="independent", is_sme=name == "m09", position=1,
            )
            for name, (uscc, kind) in ORGANIZATIONS.items()
        )  # fmt: skip
        session.add_all(
            DirectoryCenter(
                id=center_id, code=name.upper(), name=name, stage="pilot",
                model_type="institute", applicant_form="legal_entity", position=1,
                legal_entity_id=entity[name], lead_sponsor_id=org[MEMBERS[name][0]],
                trustee_org_id=None if entity[name] else org["m03"],
            )
            for name, center_id in center.items()
        )  # fmt: skip
        await session.flush()
        session.add_all(
            DirectoryMembership(
                id=uuid4(), center_id=center[name], org_id=org[member], role="member",
                state="active", joined_on=date(2025, 1, 1),
            )
            for name, members in MEMBERS.items()
            for member in members
        )  # fmt: skip
        session.add(
            DirectoryPolicy(
                version="2016", effective_from=date(2016, 1, 1), clauses={"A127": "四(四)"},
                parameters=PARAMETERS,
            )
        )  # fmt: skip
    return org, center


@pytest.fixture
async def ledger(running: Callable[..., Any]) -> AsyncIterator[Ledger]:
    """Run the ip-ledger on a database of this test's own, on 2026-01-20."""
    async with running("ip_ledger") as service:
        service.set_clock(NOW)
        org, center = await populate(service.sessions)
        text_file_id = uuid4()
        service.neighbours.answers[f"GET /v1/registry/files/{text_file_id}"] = {
            "id": str(text_file_id), "sha256": TEXT_SHA256, "size": 1, "media_type": "text/plain",
        }  # fmt: skip
        yield Ledger(service, org, center, text_file_id)


def ndjson(rows: list[dict[str, Any]]) -> bytes:
    """Write rows as NDJSON."""
    return "\n".join(json.dumps(row) for row in rows).encode()
