"""Templates over HTTP."""

import base64
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import PlainTextResponse
from sqlmodel import col

from ip_ledger.templates import actions, queries, rules
from ip_ledger.templates.actions import NewTemplate
from ip_ledger.templates.rules import Language, State
from ip_ledger.templates.schemas import FillingIn, TemplateIn, TemplateOut
from ip_ledger.templates.tables import AgreementTemplate
from shared.http import (
    CurrentActor,
    IfMatch,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)
from shared.rules import require

router = Router(prefix="/v1/ip-ledger/agreement-templates", tags=["agreements"])

READERS: Final = ("member", "official", "service")
LIBRARY: Final = "published and retired ones for all; proposed ones for officials"
OFFICE: Final = "officials"


@router.post(
    "",
    operation_id="ip_ledger_propose_agreement_template",
    status_code=201,
    openapi_extra=access("handler", tenant=OFFICE, rules=("A084",)),
    responses=problems("FIELDS_MISMATCH", "STATE_CONFLICT"),
)
async def propose(
    body: TemplateIn, actor: CurrentActor, now: Now, session: Transaction, response: Response
) -> TemplateOut:
    """Write the next version of a template; another person publishes it."""
    new = NewTemplate(
        body.code,
        body.language,
        body.title,
        body.body,
        tuple(field.model_dump() for field in body.fields),
    )
    return _answer(response, await actions.propose(session, actor, new, now))


@router.get(
    "",
    operation_id="ip_ledger_list_agreement_templates",
    openapi_extra=access(*READERS, tenant=LIBRARY),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_templates(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    code: Annotated[str | None, Query(max_length=64, description="Under this code.")] = None,
    language: Annotated[Language | None, Query(description="In this language.")] = None,
    state: Annotated[State | None, Query(description="In one state.")] = None,
) -> Page[TemplateOut]:
    """List templates, the latest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_templates(actor, code, language, state),
        page,
        keys=[col(AgreementTemplate.id).desc()],
        filters={"code": code, "language": language, "state": state},
    )
    return Page(items=[TemplateOut.model_validate(row) for row in rows], next_cursor=cursor)


@router.get(
    "/{template_id}",
    operation_id="ip_ledger_get_agreement_template",
    openapi_extra=access(*READERS, tenant=LIBRARY),
    responses=problems("NOT_FOUND"),
)
async def get_template(
    template_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> TemplateOut:
    """Show a template with its blanks."""
    return _answer(response, await queries.visible_template(session, actor, template_id))


@router.post(
    "/{template_id}/fillings",
    operation_id="ip_ledger_fill_agreement_template",
    openapi_extra=access(*READERS, tenant=LIBRARY, rules=("A084",)),
    responses=problems("NOT_FOUND", "FIELDS_MISMATCH"),
    response_class=PlainTextResponse,
)
async def fill(
    template_id: UUID, body: FillingIn, actor: CurrentActor, session: Transaction
) -> PlainTextResponse:
    """Fill in a template; the text is what the parties then sign, if they change nothing."""
    row = await queries.visible_template(session, actor, template_id)
    require(rules.filling_checks(row.body, body.fields, "/fields"))
    text = rules.filled(row.body, body.fields)
    digest = base64.b64encode(bytes.fromhex(rules.sha256_of(text))).decode()
    return PlainTextResponse(text, headers={"Repr-Digest": f"sha-256=:{digest}:"})


@router.post(
    "/{template_id}/publish",
    operation_id="ip_ledger_publish_agreement_template",
    openapi_extra=access("approver", tenant=OFFICE, rules=("A084",)),
    responses=problems("NOT_FOUND", "SOD_VIOLATION", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def publish(
    template_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    now: Now,
    session: Transaction,
    response: Response,
) -> TemplateOut:
    """Publish a template that another person wrote; the former version retires."""
    row = await actions.publish(session, actor, template_id, version=version, now=now)
    return _answer(response, row)


@router.post(
    "/{template_id}/retire",
    operation_id="ip_ledger_retire_agreement_template",
    openapi_extra=access("approver", tenant=OFFICE, rules=("A084",)),
    responses=problems("NOT_FOUND", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def retire(
    template_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> TemplateOut:
    """Let no more agreements be made from a template."""
    return _answer(response, await actions.retire(session, actor, template_id, version=version))


def _answer(response: Response, row: AgreementTemplate) -> TemplateOut:
    tagged(response, row.version)
    return TemplateOut.model_validate(row)


ROUTERS: Final = (router,)
