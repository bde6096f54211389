"""What a test tenant begins with, made by the same calls that everybody makes."""

import secrets
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from fastapi import Request

from gateway.sandbox import queries, rules
from gateway.sandbox.actions import Founded
from gateway.tokens.issuing import access_token
from gateway.tokens.rules import Subject
from shared.auth import Actor
from shared.database import new_id
from shared.http import CurrentActor, Services, Today
from shared.rules import require

ORGANIZATIONS: Final = "/v1/registry/organizations"
APPLICATIONS: Final = "/v1/registry/applications"
SYSTEM: Final = Actor.system("sandbox")
# These tokens are used at once and by nobody else.
SECONDS: Final = 60


async def founding(
    actor: CurrentActor, request: Request, services: Services, today: Today
) -> Founded:
    """Let the registry make an organization and its draft, before any transaction of ours.

    Whoever has too many already is refused before; what is left of a call that then fails stands
    in the registry until the night, and nobody has its credentials.
    """
    state = request.app.state
    async with state.database.sessions.reading() as session:
        require(rules.tenant_checks(await queries.held(session, actor.client_id)))
    handler = await _headers(state, duties=["handler"], org_id=None)
    organization = await services.post("registry", ORGANIZATIONS, _organization(today), handler)
    member = await _headers(state, duties=[], org_id=organization["id"])
    body = _application(organization["id"], today)
    application = await services.post("registry", APPLICATIONS, body, member)
    return Founded(
        UUID(organization["id"]), UUID(application["id"]), UUID(application["center_id"])
    )


async def _headers(state: Any, *, duties: list[str], org_id: str | None) -> dict[str, str]:  # noqa: ANN401 - the app's state
    """Sign a token of the sandbox itself, as an official or for the new organization."""
    subject = Subject(
        person_id=str(SYSTEM.person_id),
        client_id="sandbox",
        roles=["official"] if duties else ["member"],
        duties=duties,
        org_id=org_id,
        expert_id=None,
    )
    signer = await state.keys.signer()
    token = access_token(subject, signer, state.settings, most_seconds=SECONDS)
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(new_id())}


def _organization(today: date) -> dict[str, Any]:
    uscc = rules.fictional_uscc(secrets.randbelow(rules.MOST_CODES))
    return {
        "uscc": uscc,
        "name": f"上海测试租户（示例）{uscc[-5:]}有限公司",
        "org_type": "enterprise",
        "legal_person_kind": "independent",
        "region_code": "310115",
        "registered_on": (today - timedelta(days=3650)).isoformat(),
        "industry_code": "C3973",
        "is_leading": True,
        "chain_position": "midstream",
    }


def _application(org_id: str, today: date) -> dict[str, Any]:
    return {
        "name": "测试租户的创新中心（示例）",
        "model_type": "enterprise",
        "field_codes": ["integrated_circuit"],
        "applicant_form": "consortium",
        "lead_sponsor_id": org_id,
        "common_problem": "测试租户的行业共性问题（示例）",
        "entity_due_on": (today + timedelta(days=365)).isoformat(),
    }
