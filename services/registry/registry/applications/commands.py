"""Reads bodies of requests into what actions take."""

from typing import Any

from registry.applications import rules
from registry.applications.actions import DraftContent, ProfileContent, TechnologyContent
from registry.applications.schemas import (
    ApplicationIn,
    ApplicationPatch,
    CoreTechnologyIn,
    SponsorProfileIn,
)
from registry.applications.schemas.resources import StatedResourceIn
from registry.applications.tables import Application
from registry.centers.tables import Center
from shared.auth import Actor
from shared.events.recording import plain
from shared.http.schemas import Body
from shared.rules import found, require

# What a draft cannot be without, so that `null` there is refused.
KEPT = frozenset({"name", "model_type", "field_codes", "applicant_form", "call_id"})


def draft_content(body: ApplicationIn, actor: Actor) -> DraftContent:
    """Read a draft; the lead sponsor is the caller's own organization unless it says otherwise."""
    return DraftContent(
        call_id=body.call_id,
        name=body.name,
        model_type=body.model_type,
        applicant_form=body.applicant_form,
        field_codes=body.field_codes,
        lead_sponsor_id=found(body.lead_sponsor_id or actor.org_id),
        legal_entity_id=body.legal_entity_id,
        common_problem=body.common_problem,
        entity_due_on=body.entity_due_on,
    )


def merged_content(
    application: Application, center: Center, patch: ApplicationPatch
) -> DraftContent:
    """Apply a merge patch to what a draft says now (RFC 7396).

    Raises `Refused`: FIELD_MISSING for what a draft cannot be without.
    """
    now: dict[str, Any] = {
        "name": center.name,
        "model_type": center.model_type,
        "applicant_form": center.applicant_form,
        "field_codes": center.field_codes,
        "legal_entity_id": center.legal_entity_id,
        "common_problem": application.common_problem,
        "entity_due_on": center.entity_due_on,
        "call_id": None,
    }
    cleared = [name for name in patch.model_fields_set if getattr(patch, name) is None]
    require(rules.clearing_checks(sorted(KEPT.intersection(cleared))))
    now |= {name: getattr(patch, name) for name in patch.model_fields_set}
    return DraftContent(lead_sponsor_id=center.lead_sponsor_id, **now)


def profile_content(body: SponsorProfileIn) -> ProfileContent:
    """Read a sponsor's year."""
    return ProfileContent(
        rd_spend_fen=body.rd_spend.amount,
        rd_assets_fen=body.rd_assets.amount,
        net_assets_fen=body.net_assets.amount,
        revenue_fen=body.revenue.amount,
        rd_staff=body.rd_staff,
        past_projects=_entries(body.past_projects),
        platforms=_entries(body.platforms),
        equipment=_entries(body.equipment),
        senior_talents=_entries(body.senior_talents),
        evidence={kind.value: _entries(getattr(body, kind.value)) for kind in rules.IN_WORDS},
    )


def _entries(items: list[Any]) -> list[dict[str, Any]]:
    return [_entry(item) for item in items]


def _entry(item: Body) -> dict[str, Any]:
    entry: dict[str, Any] = plain(item.model_dump())
    return entry


def resource_values(body: StatedResourceIn) -> dict[str, Any]:
    """Read a resource that is stated, its value in 分."""
    value = None if body.value is None else body.value.amount
    return {**body.model_dump(exclude={"value"}), "value_fen": value}


def technology_content(body: CoreTechnologyIn) -> TechnologyContent:
    """Read a core technology."""
    return TechnologyContent(**body.model_dump())
