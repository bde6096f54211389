"""Openings over HTTP."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlmodel import col

from ip_ledger.agreements.routes import proposal_of, use_rates_document
from ip_ledger.journal.rules import side_of, signed
from ip_ledger.openings import actions, queries
from ip_ledger.openings.actions import NewOpening
from ip_ledger.openings.rules import (
    Balances,
    Content,
    Existing,
    OpeningLine,
    Ownership,
    Subject,
)
from ip_ledger.openings.schemas import (
    OpeningAgreementIn,
    OpeningApprovalIn,
    OpeningBalancesIn,
    OpeningEntryOut,
    OpeningIn,
    OpeningOwnershipIn,
)
from ip_ledger.openings.tables import BookOpening
from shared.directory import ensure_center, ensure_organizations
from shared.evidence import hashes
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Now,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
    tagged,
)

router = Router(prefix="/v1/ip-ledger/openings", tags=["journal"])

SEERS: Final = "the centre's operator and lead sponsor; officials"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the registry knows of an opening's files and organizations."""

    source_sha256: str | None
    text_sha256: str | None
    known_orgs: frozenset[UUID]


async def outside(
    body: OpeningIn, actor: CurrentActor, work: CurrentWork, services: Services
) -> Outside:
    """Ask the registry, before any transaction is open."""
    await work.replay()
    await ensure_center(services, work.sessions, body.center_id)
    content = content_of(body)
    text_file_id = None
    named: set[UUID] = set()
    match content:
        case Balances():
            named = {line.org_id for line in content.lines if line.org_id is not None}
        case Ownership():
            named = {owner for owner, _ in content.shares} - {body.center_id}
        case Existing():
            text_file_id = content.proposal.text_file_id
    known = await ensure_organizations(services, work.sessions, named)
    named_ids = (body.source_file_id, text_file_id)
    sha256 = await hashes(services, actor, [one for one in named_ids if one is not None])
    text_sha256 = None if text_file_id is None else sha256.get(text_file_id)
    return Outside(sha256.get(body.source_file_id), text_sha256, frozenset(known))


@router.post(
    "",
    operation_id="ip_ledger_propose_opening",
    status_code=201,
    openapi_extra=access(
        "member",
        "bookkeeper",
        tenant="the centre's operator or lead sponsor; the bookkeeper for every centre",
        rules=("X07",),
    ),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "FILE_UNKNOWN",
        "DAY_IN_FUTURE",
        "UNBALANCED",
        "ACCOUNT_REPEATED",
        "PARTY_UNKNOWN",
        "SHARES_NOT_100",
        "BEFORE_ASSET",
        "OPENING_TOO_LATE",
        "ALREADY_EXISTS",
        "CLAUSE_MISSING",
        "CONSORTIUM_NOT_REGISTERED",
        "CURRENCIES_MIXED",
        "CURRENCY_NOT_CNY",
        "CURRENCY_UNKNOWN",
        "PARTIES_TOO_FEW",
        "PARTY_REPEATED",
        "SHARES_PRECISION",
        "TEXT_HASH_MISMATCH",
        "USE_RATE_REPEATED",
    ),
)
async def propose(
    body: OpeningIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    known: Annotated[Outside, Depends(outside)],
    session: Transaction,
    response: Response,
) -> OpeningEntryOut:
    """Propose what was there before the ledger; two approvals enter it."""
    new = NewOpening(
        center_id=body.center_id,
        on=body.on,
        source=body.source,
        source_file_id=body.source_file_id,
        source_sha256=known.source_sha256,
        content=content_of(body),
        text_sha256=known.text_sha256,
    )
    whole = await actions.propose(
        session, actor, new, known_orgs=known.known_orgs, now=now, today=today
    )
    return _answer(response, whole)


@router.get(
    "",
    operation_id="ip_ledger_list_openings",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_openings(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    subject: Annotated[Subject | None, Query(description="Of one kind.")] = None,
) -> Page[OpeningEntryOut]:
    """List openings, the latest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_openings(actor, center_id, subject),
        page,
        keys=[col(BookOpening.id).desc()],
        filters={"center_id": center_id, "subject": subject},
    )
    items = [shown(whole) for whole in await queries.with_approvals(session, rows)]
    return Page(items=items, next_cursor=cursor)


@router.get(
    "/{opening_id}",
    operation_id="ip_ledger_get_opening",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get_opening(
    opening_id: UUID, actor: CurrentActor, session: Reading, response: Response
) -> OpeningEntryOut:
    """Show an opening with its approvals."""
    return _answer(response, await queries.whole(session, actor, opening_id))


@router.post(
    "/{opening_id}/approvals",
    operation_id="ip_ledger_approve_opening",
    status_code=201,
    openapi_extra=access(
        "member",
        "approver",
        tenant="the centre's operator or lead sponsor; an approver for every centre",
        rules=("X07",),
    ),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "SOD_VIOLATION",
        "STALE_INPUT",
        "STATE_CONFLICT",
        "APPROVALS_ONE_SIDED",
        "OPENING_TOO_LATE",
        "PERIOD_CLOSED",
        "ACCOUNT_OVERDRAWN",
        "ACCOUNT_REPEATED",
        "ALREADY_EXISTS",
        "AMOUNT_TOO_LARGE",
        "BEFORE_ASSET",
        "CLAUSE_MISSING",
        "CONSORTIUM_NOT_REGISTERED",
        "CURRENCIES_MIXED",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
        "PARTIES_TOO_FEW",
        "PARTY_REPEATED",
        "PARTY_UNKNOWN",
        "SHARES_NOT_100",
        "TEXT_HASH_MISMATCH",
        "UNBALANCED",
        "USE_RATE_REPEATED",
    ),
)
async def approve(
    opening_id: UUID,
    body: OpeningApprovalIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
    response: Response,
) -> OpeningEntryOut:
    """Approve what an opening says; the second of two people enters it."""
    whole = await actions.approve(
        session, actor, opening_id, body.content_sha256, now=now, today=today
    )
    return _answer(response, whole)


@router.post(
    "/{opening_id}/withdraw",
    operation_id="ip_ledger_withdraw_opening",
    openapi_extra=access(
        "member",
        "bookkeeper",
        "approver",
        tenant="who proposed it, the centre, or an approver",
        rules=("X07",),
    ),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def withdraw(
    opening_id: UUID,
    actor: CurrentActor,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> OpeningEntryOut:
    """Take back or turn down an opening that is not entered; another one may follow."""
    return _answer(response, await actions.withdraw(session, actor, opening_id, version=version))


def content_of(body: OpeningIn) -> Content:
    """Turn a body into the values that rules judge."""
    given = body.content
    match given:
        case OpeningBalancesIn():
            return Balances(
                tuple(
                    OpeningLine(
                        code=one.code,
                        kind=one.kind,
                        org_id=one.org_id,
                        may_go_negative=one.may_go_negative,
                        currency=one.amount.currency,
                        amount_fen=signed(one.side, one.amount.amount),
                    )
                    for one in given.balances
                )
            )
        case OpeningOwnershipIn():
            return Ownership(given.asset_id, tuple((s.owner_id, s.ppm) for s in given.shares))
        case OpeningAgreementIn():
            return Existing(proposal_of(given.terms))


def _answer(response: Response, whole: queries.Whole) -> OpeningEntryOut:
    tagged(response, whole.row.version)
    return shown(whole)


def shown(whole: queries.Whole) -> OpeningEntryOut:
    """Show an opening with its approvals."""
    return OpeningEntryOut.model_validate(
        {
            **whole.row.model_dump(),
            "content": _content(actions.content_of(whole.row)),
            "approvals": [one.model_dump() for one in whole.approvals],
        }
    )


def _content(content: Content) -> dict[str, Any]:
    match content:
        case Balances():
            return {
                "subject": Subject.BALANCES,
                "balances": [
                    {
                        "code": line.code,
                        "kind": line.kind,
                        "org_id": line.org_id,
                        "may_go_negative": line.may_go_negative,
                        "side": side_of(line.amount_fen),
                        "amount": {"amount": abs(line.amount_fen), "currency": line.currency},
                    }
                    for line in content.lines
                ],
            }
        case Ownership():
            return {
                "subject": Subject.OWNERSHIP,
                "asset_id": content.asset_id,
                "shares": [{"owner_id": owner, "ppm": ppm} for owner, ppm in content.shares],
            }
        case Existing():
            return {"subject": Subject.AGREEMENT, "terms": _terms(content)}


def _terms(content: Existing) -> dict[str, Any]:
    one = content.proposal
    attribution = None
    if one.attribution_text is not None or one.attribution_shares:
        attribution = {
            "text": one.attribution_text,
            "shares": [{"org_id": org, "ppm": ppm} for org, ppm in one.attribution_shares],
        }
    return {
        "text_file_id": one.text_file_id,
        "text_sha256": one.text_sha256,
        "parties": list(one.parties),
        "clauses": {name.value: {"evidence": text} for name, text in one.clauses.items()},
        "attribution_rule": attribution,
        "benefit_shares": [{"org_id": org, "ppm": ppm} for org, ppm in one.benefit_shares],
        "risk_shares": [{"org_id": org, "ppm": ppm} for org, ppm in one.risk_shares],
        "reward_rates": [{"org_id": org, "rate_ppm": ppm} for org, ppm in one.reward_rates],
        "use_rates": use_rates_document(one.use_rates),
        "rounding": one.rounding,
        "exit_method": one.exit_method,
        "effective_on": one.effective_on,
        "template": None
        if one.template is None
        else {"template_id": one.template.template_id, "fields": one.template.fields},
        "ordinary_license_consent_ppm": one.ordinary_license_consent_ppm,
        "other_license_consent_ppm": one.other_license_consent_ppm,
    }


ROUTERS: Final = (router,)
