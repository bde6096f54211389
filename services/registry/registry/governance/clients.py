"""What the neighbours are asked when a centre changes its stage."""

from datetime import date
from uuid import UUID

from registry.centers.rules import AgreementFacts, Stage, missing_clauses
from registry.governance.rules import PublishedRating, Told, told_rating
from shared.client import ServiceClient
from shared.events.recording import content_sha256

# The steps that rest on what evaluation has published.
RATED = frozenset({Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE, Stage.RECTIFYING})
AGREED = frozenset({Stage.PILOT})
# A centre has one rating a year; more than these it cannot have.
MOST_RATINGS = 200


async def told_for(
    services: ServiceClient, center_id: UUID, code: str | None, targets: set[Stage], on: date
) -> Told:
    """Ask for what steps rest on, and for nothing else; raises `Unavailable`."""
    kept: dict[str, object] = {"asked_on": on.isoformat()}
    agreement = AgreementFacts(in_force=False)
    ratings: tuple[PublishedRating, ...] = ()
    if targets & AGREED:
        agreement, known = await agreement_facts(services, center_id, on)
        kept["agreement"] = known
    if targets & RATED and code is not None:
        ratings = await published_ratings(services, code)
        listed = [told_rating(told) for told in ratings]
        kept["ratings"] = listed
        kept["ratings_sha256"] = content_sha256(listed)
    return Told(agreement, ratings, kept)


async def agreement_facts(
    services: ServiceClient, center_id: UUID, on: date
) -> tuple[AgreementFacts, dict[str, object] | None]:
    """Ask for a centre's agreement in force on a day, and what to keep of it."""
    question = {"center_id": str(center_id), "on": on.isoformat()}
    answer = await services.get("ip-ledger", "/v1/ip-ledger/agreements/standing", question) or {}
    agreement = answer.get("agreement")
    if agreement is None:
        return AgreementFacts(in_force=False), None
    missing = missing_clauses(agreement.get("clauses") or {})
    kept = {name: agreement.get(name) for name in ("id", "version", "hash")}
    return AgreementFacts(in_force=True, missing_clauses=missing), kept


async def published_ratings(services: ServiceClient, code: str) -> tuple[PublishedRating, ...]:
    """Ask evaluation for a centre's published annual ratings, the version that stands of each."""
    question = {"center_code": code, "limit": str(MOST_RATINGS)}
    answer = await services.get("evaluation", "/v1/public/ratings", question) or {}
    return tuple(
        PublishedRating(
            year=int(item["year"]),
            version=int(item.get("version") or 1),
            rating=str(item["rating"]),
            total=str(item.get("total") or ""),
            result_id=item.get("result_id"),
            result_hash=str(item.get("result_hash") or ""),
        )
        for item in answer.get("items") or []
        if item.get("rating")
    )
