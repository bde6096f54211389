"""What the ip-ledger is asked when a centre changes its stage."""

from datetime import date
from uuid import UUID

from registry.centers.rules import AgreementFacts, missing_clauses
from shared.client import ServiceClient


async def agreement_facts(services: ServiceClient, center_id: UUID, on: date) -> AgreementFacts:
    """Ask for a centre's agreement in force on a day; raises `Unavailable`."""
    question = {"center_id": str(center_id), "on": on.isoformat()}
    answer = await services.get("ip-ledger", "/v1/ip-ledger/agreements/standing", question) or {}
    agreement = answer.get("agreement")
    if agreement is None:
        return AgreementFacts(in_force=False)
    missing = missing_clauses(agreement.get("clauses") or {})
    return AgreementFacts(in_force=True, missing_clauses=missing)


async def ratings(services: ServiceClient, center_id: UUID) -> tuple[str, ...]:
    """Ask evaluation for a centre's published annual ratings; raises `Unavailable`."""
    question = {"center_id": str(center_id)}
    answer = await services.get("evaluation", "/v1/public/ratings", question) or {}
    return tuple(item["rating"] for item in answer.get("items") or [] if item.get("rating"))
