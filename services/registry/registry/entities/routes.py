"""The HTTP face of the consents of legal persons."""

from uuid import UUID

from sqlmodel import col

from registry.centers.queries import center_seen
from registry.entities import actions, queries
from registry.entities.schemas import EntityConsentOut
from registry.entities.tables import EntityConsent
from shared.http import (
    CurrentActor,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)

router = Router(prefix="/v1/registry/centers/{center_id}/entity-consents", tags=["centers"])


@router.post(
    "",
    status_code=201,
    operation_id="registry_give_entity_consent",
    openapi_extra=access("member", tenant="the legal person that is named", rules=("A160",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def give_consent(
    center_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> EntityConsentOut:
    """Agree, for one's own organization, to be this centre's legal person.

    Of a candidate only the legal person that its draft names can; of a consortium that has none
    yet, any that will be attached. Without it there is no submission and no attachment.
    """
    consent = await actions.give_consent(session, actor, center_id, now)
    return EntityConsentOut.model_validate(consent)


@router.post(
    "/{consent_id}/withdraw",
    operation_id="registry_withdraw_entity_consent",
    openapi_extra=access("member", tenant="the legal person that gave it", rules=("A160",)),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def withdraw_consent(
    center_id: UUID, consent_id: UUID, actor: CurrentActor, now: Now, session: Transaction
) -> EntityConsentOut:
    """Take one's consent back, as long as nothing was submitted or attached on it."""
    consent = await actions.withdraw_consent(session, actor, center_id, consent_id, now)
    return EntityConsentOut.model_validate(consent)


@router.get(
    "",
    operation_id="registry_list_entity_consents",
    openapi_extra=access(
        "member",
        "official",
        "service",
        tenant="the lead sponsor, and each legal person its own",
        rules=("A160", "X04"),
    ),
    responses=problems("NOT_FOUND"),
)
async def list_consents(
    center_id: UUID, actor: CurrentActor, page: PageQuery, session: Reading
) -> Page[EntityConsentOut]:
    """List who agreed to carry this centre, newest first, withdrawn consents included."""
    center = await center_seen(session, actor, center_id)
    statement = queries.consents(center.id)
    if not actor.has("official", "service") and center.lead_sponsor_id not in actor.org_ids:
        statement = statement.where(col(EntityConsent.org_id).in_(actor.org_ids))
    rows, next_cursor = await paginate(
        session,
        statement,
        page,
        keys=[col(EntityConsent.given_at).desc(), col(EntityConsent.id).desc()],
        filters={"center_id": center_id},
    )
    items = [EntityConsentOut.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=next_cursor)
