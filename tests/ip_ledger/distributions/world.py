"""A centre whose invention three organizations own: the surroundings of these tests."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from ip_ledger.assets.inventor_rules import Cause
from ip_ledger.assets.rules import AssetKind
from ip_ledger.assets.rules import State as AssetState
from ip_ledger.assets.tables import (
    Asset,
    AssetInventor,
    InventorVersion,
    OwnershipLine,
    OwnershipVersion,
)
from shared.database import Sessions, new_id
from shared.directory import DirectoryCenter, DirectoryOrganization
from tests.fixtures.service import RunningService

NOW = "2028-03-10T02:00:00+00:00"
KNOWN = datetime(2027, 1, 1, tzinfo=UTC)
GRANTED = date(2027, 1, 1)


@dataclass
class World:
    """Ids of what is there, and callers for it."""

    service: RunningService
    center_id: UUID = field(default_factory=new_id)
    university: UUID = field(default_factory=new_id)
    company: UUID = field(default_factory=new_id)
    entity: UUID = field(default_factory=new_id)
    stranger: UUID = field(default_factory=new_id)
    asset_id: UUID = field(default_factory=new_id)
    version_id: UUID = field(default_factory=new_id)
    inventor: UUID = field(default_factory=new_id)
    drafter: UUID = field(default_factory=uuid4)
    approver: UUID = field(default_factory=uuid4)

    @property
    def sessions(self) -> Sessions:
        return self.service.sessions

    def operator(self, person: UUID | None = None) -> Any:
        return self.service.client("member", org_id=self.entity, sub=person or self.drafter)

    def owner(self, org_id: UUID) -> Any:
        return self.service.client("member", org_id=org_id, sub=uuid4())

    async def post(self, client: Any, path: str, body: Any = None, status: int = 201) -> Any:
        """Post with a fresh key, expecting a status; give the answer."""
        headers = {"Idempotency-Key": str(uuid4())}
        answer = await client.post(f"/v1/ip-ledger/{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def income(self, **changes: Any) -> Any:
        body = {
            "asset_id": str(self.asset_id),
            "kind": "license",
            "gross": {"amount": 120_000_000, "currency": "CNY"},
            "deductions": [
                {"kind": "tax", "amount": {"amount": 6_792_453}},
                {"kind": "maintenance", "amount": {"amount": 3_000_000}},
                {"kind": "direct", "amount": {"amount": 2_000_000}},
            ],
            "received_on": "2028-03-01",
        }
        return await self.post(self.operator(), "revenue-events", body | changes)

    async def run(self, **changes: Any) -> Any:
        event = await self.income()
        body = {"revenue_event_ids": [event["id"]], "reward_rules": []}
        return await self.post(self.operator(), "distribution-runs", body | changes)

    async def confirmed(self, run: Any) -> Any:
        """Let every owner confirm."""
        for org_id in (self.university, self.company, self.entity):
            path = f"distribution-runs/{run['id']}/confirmations"
            run = await self.post(self.owner(org_id), path, {"plan_hash": run["plan_hash"]})
        return run

    async def paid(self, run: Any) -> Any:
        """Bring a drafted run to its payment."""
        await self.confirmed(run)
        path = f"distribution-runs/{run['id']}"
        await self.post(self.operator(self.approver), f"{path}/approve", status=200)
        return await self.post(self.operator(), f"{path}/pay", status=200)


def _organization(org_id: UUID, uscc: str, org_type: str) -> DirectoryOrganization:
    return DirectoryOrganization(
        id=org_id, uscc=uscc, name=uscc, org_type=org_type, legal_person_kind="independent",
        region_code="310115", is_sme=False, position=1,
    )  # fmt: skip


async def build(service: RunningService) -> World:
    """Put the world into a service's database."""
    service.set_clock(NOW)
    world = World(service)
    async with service.sessions.begin() as session:
        session.add_all(
            [
                _organization(world.university, "12310000FAKE0003XN", "university"),
                _organization(world.company, "91310115FAKE00013U", "enterprise"),
                _organization(world.entity, "91310115FAKE00275K", "enterprise"),
                DirectoryCenter(
                    id=world.center_id, name="C", stage="pilot", model_type="enterprise",
                    applicant_form="legal_entity", legal_entity_id=world.entity,
                    lead_sponsor_id=world.company, position=1,
                ),
                Asset(
                    id=world.asset_id, center_id=world.center_id, kind=AssetKind.INVENTION,
                    title="P1", jurisdiction="CN", state=AssetState.GRANTED, content_sha256="",
                    recorded_by=world.drafter, recorded_at=KNOWN, submitted_by_org_id=world.entity,
                ),
            ]
        )  # fmt: skip
        await session.flush()
        await _instant(session)
        made = InventorVersion(
            asset_id=world.asset_id, number=1, valid_during=Range(None, None),
            known_during=Range(KNOWN, None), cause=Cause.REGISTERED, recorded_by=world.drafter,
        )  # fmt: skip
        session.add(made)
        await session.flush()
        session.add(
            AssetInventor(
                version_id=made.id, place=0, person_id=world.inventor,
                org_id=world.university, share_ppm=1_000_000,
            )
        )  # fmt: skip
        shares = [(world.university, 400_000), (world.company, 350_000), (world.entity, 250_000)]
        await own(session, world, shares, world.version_id, 1)
    return world


async def _instant(session: Any) -> None:
    await session.execute(select(func.set_config("zhichuang.instant", KNOWN.isoformat(), True)))  # noqa: FBT003


async def own(
    session: Any, world: World, shares: list[tuple[UUID, int]], version_id: UUID, number: int
) -> None:
    """Record who owns the asset from its grant on."""
    await _instant(session)
    session.add(
        OwnershipVersion(
            id=version_id, asset_id=world.asset_id, number=number, origin_id=version_id,
            valid_during=Range(GRANTED, None), known_during=Range(KNOWN, None), cause="filing",
            decided_by="shares", consents=[], recorded_by=world.drafter,
            recorded_by_org_id=world.entity,
        )
    )  # fmt: skip
    await session.flush()
    session.add_all(
        OwnershipLine(version_id=version_id, owner_id=owner, ppm=ppm) for owner, ppm in shares
    )
