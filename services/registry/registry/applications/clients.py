"""What the other services are asked when a case is decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from registry.applications.rules import CaseCapacity, Source, Told
from registry.centers.rules import AgreementFacts, missing_clauses
from shared.client import ServiceClient
from shared.events.recording import content_sha256

# How evaluation's words for what somebody did read here; anything else separates no duties.
CAPACITIES: Final[Mapping[str, CaseCapacity]] = {
    "scorer": CaseCapacity.SCORER,
    "visitor": CaseCapacity.VISITOR,
    "signer": CaseCapacity.VISITOR,
    "handler": CaseCapacity.HANDLER,
    "reviewer": CaseCapacity.REVIEWER,
}


@dataclass(frozen=True, slots=True)
class PartTold:
    """One part of another service's answer: id and version where it has them, and a hash."""

    source: Source
    digest: str
    content: Mapping[str, Any]
    source_id: UUID | None = None
    source_version: int | None = None


@dataclass(frozen=True, slots=True)
class CaseTold:
    """All that was told of a case, and who did what in it elsewhere."""

    parts: Mapping[Source, PartTold] = field(default_factory=dict)
    people: frozenset[tuple[UUID, CaseCapacity]] = frozenset()

    @property
    def told(self) -> Told:
        """Give the figures that the rules look at."""
        contents = {source: part.content for source, part in self.parts.items()}
        return Told.of(
            contents.get(Source.PANEL),
            contents.get(Source.REVIEW),
            contents.get(Source.SITE_VISIT),
        )

    @property
    def agreement(self) -> AgreementFacts:
        """Give what the rules look at of the agreement."""
        part = self.parts.get(Source.AGREEMENT)
        if part is None:
            return AgreementFacts(in_force=False)
        return AgreementFacts(
            in_force=True, missing_clauses=missing_clauses(part.content.get("clauses") or {})
        )


def panel_told(content: Mapping[str, Any]) -> PartTold:
    """Read a panel: its id, version and hash."""
    return _part(Source.PANEL, content, content.get("panel_id") or content.get("id"), "hash")


def review_told(content: Mapping[str, Any]) -> PartTold:
    """Read a finished review: its mean, its pass line, the hash of its sheets."""
    return _part(Source.REVIEW, content, content.get("panel_id"), "sheets_hash")


def visit_told(content: Mapping[str, Any]) -> PartTold:
    """Read a site visit: how many have signed which version of its report."""
    return _part(Source.SITE_VISIT, content, content.get("visit_id") or content.get("id"), "hash")


def people_told(capacity: CaseCapacity, ids: object) -> frozenset[tuple[UUID, CaseCapacity]]:
    """Read a list of person ids."""
    listed = ids if isinstance(ids, list) else []
    return frozenset((UUID(str(person)), capacity) for person in listed)


def _part(
    source: Source, content: Mapping[str, Any], source_id: object, hash_name: str
) -> PartTold:
    version = content.get("version")
    return PartTold(
        source=source,
        digest=str(content.get(hash_name) or content_sha256(content)),
        content=content,
        source_id=None if source_id is None else UUID(str(source_id)),
        source_version=version if isinstance(version, int) else None,
    )


async def evaluation_told(services: ServiceClient, application_id: UUID) -> CaseTold:
    """Ask evaluation what stands of an application; raises `Unavailable`."""
    question = {"subject_type": "application", "subject_id": str(application_id)}
    answer = await services.get("evaluation", "/v1/evaluation/standing", question) or {}
    readers = (("panel", panel_told), ("review", review_told), ("site_visit", visit_told))
    parts = [read(answer[name]) for name, read in readers if answer.get(name)]
    people = frozenset(
        (UUID(person["person_id"]), CAPACITIES[person["capacity"]])
        for person in answer.get("case_people") or []
        if person["capacity"] in CAPACITIES
    )
    return CaseTold({part.source: part for part in parts}, people | _named_people(answer))


async def panel_experts(
    services: ServiceClient, application_id: UUID
) -> frozenset[tuple[UUID, UUID]]:
    """Ask evaluation who sits on a case's panel now, as expert and as person."""
    question = {"subject_type": "application", "subject_id": str(application_id)}
    answer = await services.get("evaluation", "/v1/evaluation/standing", question) or {}
    experts = (answer.get("panel") or {}).get("experts") or []
    return frozenset((UUID(one["expert_id"]), UUID(one["person_id"])) for one in experts)


def _named_people(answer: Mapping[str, Any]) -> frozenset[tuple[UUID, CaseCapacity]]:
    review, visit = answer.get("review") or {}, answer.get("site_visit") or {}
    return people_told(CaseCapacity.SCORER, review.get("scorers")) | people_told(
        CaseCapacity.VISITOR, visit.get("signers")
    )


async def agreement_told(services: ServiceClient, center_id: UUID, on: date) -> PartTold | None:
    """Ask the ip-ledger for a centre's agreement in force on a day; raises `Unavailable`."""
    question = {"center_id": str(center_id), "on": on.isoformat()}
    answer = await services.get("ip-ledger", "/v1/ip-ledger/agreements/standing", question) or {}
    agreement = answer.get("agreement")
    if agreement is None:
        return None
    return _part(Source.AGREEMENT, agreement, agreement["id"], "hash")


async def case_told(
    services: ServiceClient, application_id: UUID, center_id: UUID, on: date
) -> CaseTold:
    """Ask both neighbours about a case, as it stands now."""
    evaluation = await evaluation_told(services, application_id)
    agreement = await agreement_told(services, center_id, on)
    if agreement is None:
        return evaluation
    return CaseTold({**evaluation.parts, Source.AGREEMENT: agreement}, evaluation.people)
