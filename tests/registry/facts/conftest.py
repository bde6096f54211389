"""A listed centre of three organizations, and callers of each."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from registry.centers.rules import ApplicantForm, ModelType, Stage
from registry.centers.tables import Center
from registry.memberships.rules import MembershipRole, State
from registry.memberships.tables import Membership
from registry.organizations.rules import LegalPersonKind, OrgType
from registry.organizations.tables import Organization
from tests.fixtures.service import RunningService

LISTED_ON = date(2026, 3, 10)
TODAY = "2027-06-01T02:00:00+00:00"


@dataclass
class House:
    """A registry with a centre `center_id` of the lead `lead`, a member and a former member."""

    registry: RunningService
    center_id: UUID
    other_center_id: UUID
    lead: UUID
    entity: UUID
    member: UUID
    former: UUID
    stranger: UUID

    def caller(self, org_id: UUID) -> httpx.AsyncClient:
        # One person per organization, so that a repeated key is a repeated key.
        return self.registry.client("member", org_id=org_id, sub=org_id)

    async def post(self, org_id: UUID, key: str, **over: Any) -> httpx.Response:
        async with self.caller(org_id) as caller:
            return await caller.post(
                "/v1/registry/facts", json=self.fact(**over), headers={"Idempotency-Key": key}
            )

    def fact(self, **over: Any) -> dict[str, Any]:
        body: dict[str, Any] = {
            "center_id": str(self.center_id),
            "kind": "service",
            "occurred_on": "2027-03-01",
            "external_id": "S-1",
            "payload": {
                "client_uscc": "91310113FAKE0011X5",
                "catalog_code": "inspection_testing",
                "amount": {"amount": 3_500_000, "currency": "CNY"},
            },
        }
        return {**body, **over}


def organization(code: str, *, is_sme: bool = False, region_code: str = "310115") -> Organization:
    return Organization(
        uscc=code,
        name=f"示例 {code}",
        org_type=OrgType.ENTERPRISE,
        legal_person_kind=LegalPersonKind.INDEPENDENT,
        region_code=region_code,
        registered_on=date(2015, 1, 1),
        is_sme=is_sme,
    )


def center(name: str, lead: UUID, entity: UUID | None, code: str, stage: Stage) -> Center:
    return Center(
        code=code,
        listed_on=LISTED_ON,
        name=name,
        model_type=ModelType.ENTERPRISE,
        applicant_form=ApplicantForm.LEGAL_ENTITY,
        field_codes=["integrated_circuit"],
        stage=stage,
        lead_sponsor_id=lead,
        legal_entity_id=entity,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def membership(center_id: UUID, org_id: UUID, inviter_id: UUID, left_on: date | None) -> Membership:
    return Membership(
        center_id=center_id,
        org_id=org_id,
        inviter_id=inviter_id,
        role=MembershipRole.MEMBER,
        state=State.ACTIVE if left_on is None else State.LEFT,
        invited_at=datetime(2026, 1, 1, tzinfo=UTC),
        joined_on=LISTED_ON,
        left_on=left_on,
    )


@pytest.fixture
async def house(running: Callable[..., Any]) -> AsyncIterator[House]:
    async with running("registry") as registry:
        registry.set_clock(TODAY)
        lead = organization("91310115FAKE00013U")
        entity = organization("91310115FAKE00275K")
        member = organization("91310115FAKE00021N", is_sme=True)
        former = organization("91310114FAKE00064M")
        stranger = organization("91310113FAKE0011X5")
        client = organization("91330100FAKE002161", is_sme=True, region_code="330100")
        own = center("中心", lead.id, entity.id, "C01", Stage.PILOT)
        other = center("别的中心", stranger.id, None, "C02", Stage.SUSPENDED)
        async with registry.sessions.begin() as session:
            session.add_all([lead, entity, member, former, stranger, client])
            await session.flush()
            session.add_all([own, other])
            await session.flush()
            session.add_all(
                [
                    membership(own.id, member.id, lead.id, None),
                    membership(own.id, former.id, lead.id, date(2026, 12, 31)),
                ]
            )
        yield House(
            registry, own.id, other.id, lead.id, entity.id, member.id, former.id, stranger.id
        )
