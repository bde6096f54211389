"""What is kept of experts as persons, over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.experts import queries as expert_queries
from evaluation.experts.routes import shown
from evaluation.experts.schemas import ExpertOut
from evaluation.privacy import actions, queries, rules
from evaluation.privacy.rules import SensitiveKind
from evaluation.privacy.schemas import (
    ConsentOut,
    DisclosedValueOut,
    DisclosureIn,
    DisclosureItemOut,
    DisclosureOut,
    KeptOfPersonOut,
    NameCorrectionIn,
    SensitiveDataIn,
    SensitiveDataOut,
)
from evaluation.privacy.tables import ExpertSensitive
from shared.http import (
    CurrentActor,
    Now,
    Reading,
    Router,
    Transaction,
    access,
    problems,
)
from shared.rules import found, require

experts = Router(prefix="/v1/evaluation/experts", tags=["experts"])
disclosures = Router(prefix="/v1/evaluation/sensitive-disclosures", tags=["experts"])
ROUTERS: Final = (experts, disclosures)
HIMSELF: Final = access("expert", tenant="the expert himself", rules=("X12",))


@experts.get(
    "/{expert_id}/sensitive-data",
    operation_id="evaluation_get_expert_sensitive_data",
    openapi_extra=access(
        "official", "expert", tenant="officials masked, an expert his own", rules=("X12",)
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_sensitive_data(
    expert_id: UUID, actor: CurrentActor, session: Reading
) -> KeptOfPersonOut:
    """Show what an expert gave of himself, with his consents and who asked to see it."""
    expert = await expert_queries.expert(session, actor, expert_id)
    himself = actor.has("expert") and actor.expert_id == expert.id
    rows = await queries.values_of(session, expert.id)
    consents = await queries.consents_of(session, expert.id)
    asked = await queries.disclosures_of(session, expert.id)
    return KeptOfPersonOut(
        items=[_shown(session, row, whole=himself) for row in rows],
        consents=[ConsentOut.model_validate(row) for row in consents],
        disclosures=[DisclosureItemOut.model_validate(row) for row in asked],
    )


@experts.put(
    "/{expert_id}/sensitive-data/{kind}",
    operation_id="evaluation_enter_expert_sensitive_data",
    openapi_extra=HIMSELF,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "SEPARATE_CONSENT_MISSING", "FIELD_INVALID"),
)
async def enter(
    expert_id: UUID,
    kind: SensitiveKind,
    body: SensitiveDataIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> SensitiveDataOut:
    """Give or correct a value of one's own, with a consent to just this; the answer is masked."""
    told = body.consent
    agreed = None if told is None else actions.Agreed(told.purpose, told.notice_sha256)
    row = await actions.enter(session, actor, expert_id, kind, body.value, agreed, now)
    return _shown(session, row, whole=False)


@experts.delete(
    "/{expert_id}/sensitive-data/{kind}",
    operation_id="evaluation_withdraw_expert_consent",
    status_code=204,
    openapi_extra=HIMSELF,
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def withdraw(
    expert_id: UUID, kind: SensitiveKind, actor: CurrentActor, now: Now, session: Transaction
) -> None:
    """Withdraw one's consent; what was given with it is erased at once."""
    await actions.withdraw(session, actor, expert_id, kind, now)


@experts.post(
    "/{expert_id}/sensitive-data/{kind}/disclosures",
    operation_id="evaluation_ask_expert_sensitive_data",
    status_code=201,
    openapi_extra=access("handler", tenant="any expert of the pool", rules=("X12",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def ask(
    expert_id: UUID,
    kind: SensitiveKind,
    body: DisclosureIn,
    actor: CurrentActor,
    now: Now,
    session: Transaction,
) -> DisclosureOut:
    """Ask to see a value whole, with a reason; it can be read for a quarter of an hour."""
    asked = await actions.ask(session, actor, expert_id, kind, body.reason, now)
    return DisclosureOut.model_validate(asked)


@disclosures.get(
    "/{disclosure_id}",
    operation_id="evaluation_get_disclosed_value",
    openapi_extra=access("handler", tenant="what one has asked for oneself", rules=("X12",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def get_disclosed(
    disclosure_id: UUID, actor: CurrentActor, now: Now, session: Reading
) -> DisclosedValueOut:
    """Show a value whole to who asked for it, while the disclosure lasts."""
    asked = await queries.disclosure(session, disclosure_id)
    require(rules.disclosure_checks(asked.person_id, actor.person_id, asked.until, now))
    row = found(await queries.value_of(session, asked.expert_id, asked.kind))
    return DisclosedValueOut(kind=asked.kind, value=queries.opened(session, row))


@experts.put(
    "/{expert_id}/personal-data",
    operation_id="evaluation_correct_expert_name",
    openapi_extra=access(
        "handler", "expert", tenant="any expert of the pool; an expert himself", rules=("X12",)
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def correct_name(
    expert_id: UUID,
    body: NameCorrectionIn,
    actor: CurrentActor,
    response: Response,
    session: Transaction,
) -> ExpertOut:
    """Correct an expert's name."""
    expert = await actions.correct_name(session, actor, expert_id, body.name)
    return await shown(session, expert, response)


@experts.delete(
    "/{expert_id}/personal-data",
    operation_id="evaluation_erase_expert_personal_data",
    openapi_extra=access("handler", tenant="any expert of the pool", rules=("X12",)),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "STATE_CONFLICT"),
)
async def erase(
    expert_id: UUID, actor: CurrentActor, now: Now, response: Response, session: Transaction
) -> ExpertOut:
    """Erase a retired expert's name, relatives and what he gave; ids and decisions stay."""
    return await shown(session, await actions.erase(session, actor, expert_id, now), response)


def _shown(session: AsyncSession, row: ExpertSensitive, *, whole: bool) -> SensitiveDataOut:
    value = queries.opened(session, row)
    return SensitiveDataOut(
        kind=row.kind,
        masked=rules.masked(row.kind, value),
        value=value if whole else None,
        consent_id=row.consent_id,
        updated_at=row.updated_at,
    )
