"""What the neighbours are asked when a centre changes its stage."""

from datetime import date
from uuid import UUID

from registry.centers.rules import RECTIFIABLE, AgreementFacts, Stage, missing_clauses
from registry.governance.rules import OpenFinding, PublishedRating, Told, told_rating
from shared.client import ServiceClient
from shared.events.recording import content_sha256

# The steps that rest on what evaluation has published.
RATED = frozenset({Stage.RECOGNIZED, Stage.NATIONAL_CANDIDATE, Stage.RECTIFYING})
AGREED = frozenset({Stage.PILOT})
# A centre has one rating a year; more than these it cannot have.
MOST_RATINGS = 200


async def told_for(
    services: ServiceClient,
    center_id: UUID,
    code: str | None,
    targets: set[Stage],
    on: date,
    *,
    stage: Stage,
) -> Told:
    """Ask for what steps from a stage rest on, and for nothing else; raises `Unavailable`."""
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
    findings: tuple[OpenFinding, ...] = ()
    if stage is Stage.RECTIFYING and targets & set(RECTIFIABLE):
        findings, known = await open_findings(services, center_id)
        kept["findings"] = known
    return Told(agreement, ratings, findings, kept)


async def open_findings(
    services: ServiceClient, center_id: UUID
) -> tuple[tuple[OpenFinding, ...], dict[str, object]]:
    """Ask evaluation which findings of a centre are not closed, and what to keep of it."""
    question = {"center_id": str(center_id)}
    answer = await services.get("evaluation", "/v1/evaluation/findings/standing", question) or {}
    waiting = answer.get("open") or []
    findings = tuple(
        OpenFinding(
            id=str(one["id"]),
            year=int(one["year"]),
            leaf=one.get("leaf"),
            matter=str(one["matter"]),
            state=str(one["state"]),
            due_on=str(one["due_on"]),
        )
        for one in waiting
    )
    kept = [{name: one.get(name) for name in ("id", "state", "version")} for one in waiting]
    told = {"closed": answer.get("closed", 0), "open": kept}
    return findings, {**told, "sha256": content_sha256(told)}


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
        # What was taken over is kept here, as the registry brought it.
        if item.get("rating") and not item.get("imported_from")
    )
