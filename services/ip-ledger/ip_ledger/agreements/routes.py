"""Agreements over HTTP: proposed by the lead or the centre, signed by every party itself."""

import base64
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.agreements import actions, queries
from ip_ledger.agreements.actions import KeySignature
from ip_ledger.agreements.rules import Clause, Proposal, State, TemplateUse, UseRate
from ip_ledger.agreements.schemas import (
    AgreementIn,
    AgreementOut,
    AgreementPartyIn,
    AgreementShareIn,
    AgreementStandingOut,
    AgreementTermsIn,
    AmendmentIn,
    SignatureIn,
)
from ip_ledger.agreements.tables import Agreement
from ip_ledger.times import AsOf
from shared.auth import Actor
from shared.database import Sessions
from shared.directory import ensure_center
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
from shared.http.schemas import fen
from shared.rules import found

router = Router(prefix="/v1/ip-ledger/agreements", tags=["agreements"])

READERS: Final = ("member", "official", "service")
PARTIES: Final = "parties, organizations of the centre, and officials"


async def stored_text(
    body: AgreementIn | AmendmentIn, actor: Actor, work: CurrentWork, services: Services
) -> str | None:
    """Ask the registry for the hash of the text, before any transaction is open."""
    await work.replay()
    if isinstance(body, AgreementIn):
        await ensure_center(services, work.sessions, body.center_id)
    return (await hashes(services, actor, [body.text_file_id])).get(body.text_file_id)


async def text_of_proposal(
    body: AgreementIn, actor: CurrentActor, work: CurrentWork, services: Services
) -> str | None:
    """Look up the text of a proposal."""
    return await stored_text(body, actor, work, services)


async def text_of_amendment(
    body: AmendmentIn, actor: CurrentActor, work: CurrentWork, services: Services
) -> str | None:
    """Look up the text of an amendment."""
    return await stored_text(body, actor, work, services)


@router.post(
    "",
    operation_id="ip_ledger_propose_agreement",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the centre's lead sponsor or operator", rules=("A024", "A084", "A086")
    ),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "CLAUSE_MISSING",
        "SHARES_NOT_100",
        "SHARES_PRECISION",
        "CONSENT_MISSING",
        "TEXT_HASH_MISMATCH",
        "TEMPLATE_UNKNOWN",
        "FIELDS_MISMATCH",
        "FILE_UNKNOWN",
        "CURRENCY_NOT_CNY",
        "PARTIES_TOO_FEW",
        "PARTY_REPEATED",
        "PARTY_UNKNOWN",
        "USE_RATE_REPEATED",
    ),
)
async def propose(
    body: AgreementIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    stored_sha256: Annotated[str | None, Depends(text_of_proposal)],
    session: Transaction,
    response: Response,
) -> AgreementOut:
    """Propose an agreement; it binds when every party has signed and its first day has come."""
    center = await tenancy.writable_center_for_update(session, actor, body.center_id, today)
    standing = await actions.propose(
        session, actor, center, proposal_of(body), stored_sha256=stored_sha256, now=now
    )
    return _answer(response, standing)


@router.post(
    "/{agreement_id}/amendments",
    operation_id="ip_ledger_amend_agreement",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the centre's lead sponsor or operator", rules=("A084", "X06")
    ),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "PRECONDITION_REQUIRED",
        "CONSENT_MISSING",
        "STATE_CONFLICT",
        "CLAUSE_MISSING",
        "CURRENCY_NOT_CNY",
        "FIELDS_MISMATCH",
        "FILE_UNKNOWN",
        "PARTIES_TOO_FEW",
        "PARTY_REPEATED",
        "PARTY_UNKNOWN",
        "SHARES_NOT_100",
        "SHARES_PRECISION",
        "TEMPLATE_UNKNOWN",
        "TEXT_HASH_MISMATCH",
        "USE_RATE_REPEATED",
    ),
)
async def amend(
    agreement_id: UUID,
    body: AmendmentIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    stored_sha256: Annotated[str | None, Depends(text_of_amendment)],
    session: Transaction,
    response: Response,
) -> AgreementOut:
    """Propose another text; the present parties must be parties again."""
    standing = await actions.amend(
        session,
        actor,
        agreement_id,
        proposal_of(body),
        version=version,
        stored_sha256=stored_sha256,
        now=now,
        today=today,
    )
    return _answer(response, standing)


@router.post(
    "/{agreement_id}/signatures",
    operation_id="ip_ledger_sign_agreement",
    status_code=201,
    openapi_extra=access("member", tenant=PARTIES, rules=("A084",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "TEXT_HASH_MISMATCH",
        "ALREADY_SIGNED",
        "STATE_CONFLICT",
        "OWN_KEY_REQUIRED",
        "KEY_UNKNOWN",
        "KEY_SIGNATURE_INVALID",
    ),
)
async def sign(
    agreement_id: UUID,
    body: SignatureIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
    response: Response,
) -> AgreementOut:
    """Sign for one's own organization; the last signature puts the agreement in force."""
    by_key = None
    if body.key_id is not None and body.key_signature is not None:
        by_key = KeySignature(body.key_id, body.key_signature)
    standing = await actions.sign(
        session, actor, agreement_id, body.text_sha256, now=now, today=today, by_key=by_key
    )
    return _answer(response, standing)


@router.post(
    "/{agreement_id}/withdraw",
    operation_id="ip_ledger_withdraw_agreement",
    openapi_extra=access("member", tenant="the organization that proposed it"),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def withdraw(
    agreement_id: UUID,
    actor: CurrentActor,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> AgreementOut:
    """Take back a proposal that not all parties have signed."""
    standing = await actions.withdraw(session, actor, agreement_id, version=version, today=today)
    return _answer(response, standing)


@router.get(
    "/standing",
    operation_id="ip_ledger_get_agreement_standing",
    openapi_extra=access("service", "official", tenant="all", rules=("A084",)),
    responses=problems(),
)
async def standing_on(
    session: Reading,
    today: Today,
    center_id: Annotated[UUID, Query(description="The centre.")],
    on: Annotated[date | None, Query(description="A day; today when absent.")] = None,
    as_of: AsOf = None,
) -> AgreementStandingOut:
    """Tell which agreement binds a centre's members on a day, as known at an instant or now."""
    day = on or today
    if as_of is None:
        standing = await queries.binding_agreement(session, center_id, day)
    else:
        standing = await queries.known_agreement(session, center_id, day, as_of)
    document = None if standing is None else _standing_document(standing)
    return AgreementStandingOut.model_validate(
        {"center_id": center_id, "on": day, "agreement": document}
    )


@router.get(
    "/{agreement_id}",
    operation_id="ip_ledger_get_agreement",
    openapi_extra=access(*READERS, tenant=PARTIES),
    responses=problems("NOT_FOUND"),
)
async def get(
    agreement_id: UUID, actor: CurrentActor, today: Today, session: Reading, response: Response
) -> AgreementOut:
    """Show an agreement with its parties and signatures."""
    return _answer(response, await queries.whole(session, actor, agreement_id, today))


async def text_named(
    agreement_id: UUID, actor: CurrentActor, today: Today, request: Request
) -> tuple[UUID, str]:
    """Name the text of an agreement that the actor may see, and its hash."""
    sessions: Sessions = request.app.state.database.sessions
    async with sessions.reading() as session:
        agreement = (await queries.whole(session, actor, agreement_id, today)).agreement
        return agreement.text_file_id, agreement.text_sha256


@router.get(
    "/{agreement_id}/text",
    operation_id="ip_ledger_get_agreement_text",
    openapi_extra=access(*READERS, tenant=PARTIES, rules=("A084",)),
    responses=problems("NOT_FOUND"),
    response_class=Response,
)
async def get_text(
    services: Services,
    text: Annotated[tuple[UUID, str], Depends(text_named)],
) -> Response:
    """Give the text that the parties sign: every party reads what it binds itself to."""
    file_id, sha256 = text
    path = f"/v1/registry/files/{file_id}/content"
    content, media_type = found(await services.download("registry", path))
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    return Response(content, media_type=media_type, headers={"Repr-Digest": f"sha-256=:{digest}:"})


@router.get(
    "",
    operation_id="ip_ledger_list_agreements",
    openapi_extra=access(*READERS, tenant=PARTIES),
    responses=problems(),
)
async def list_agreements(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    state: Annotated[State | None, Query(description="In one state.")] = None,
) -> Page[AgreementOut]:
    """List the agreements that one may see, the newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.visible_agreements(actor, today, center_id, state),
        page,
        keys=[col(Agreement.id).desc()],
        filters={"center_id": center_id, "state": state},
    )
    items = [
        AgreementOut.model_validate(document(whole))
        for whole in await queries.with_parts(session, rows)
    ]
    return Page(items=items, next_cursor=next_cursor)


def _answer(response: Response, standing: queries.Whole) -> AgreementOut:
    tagged(response, standing.agreement.version)
    return AgreementOut.model_validate(document(standing))


def proposal_of(body: AgreementTermsIn) -> Proposal:
    """Turn a body into the values that rules judge."""
    given = {clause: getattr(body.clauses, clause.value) for clause in Clause}
    attribution = body.attribution_rule
    return Proposal(
        text_file_id=body.text_file_id,
        text_sha256=body.text_sha256,
        parties=tuple(p.org_id if isinstance(p, AgreementPartyIn) else p for p in body.parties),
        clauses={
            clause: one.evidence for clause, one in given.items() if one is not None and one.ticked
        },
        attribution_text=attribution.text if attribution else None,
        attribution_shares=_pairs(attribution.shares) if attribution else (),
        benefit_shares=_pairs(body.benefit_shares),
        risk_shares=_pairs(body.risk_shares),
        reward_rates=tuple((rate.org_id, rate.rate_ppm) for rate in body.reward_rates),
        use_rates=tuple(
            UseRate(rate.provider_org_id, rate.element, rate.unit, rate.price.amount, rate.per)
            for rate in body.use_rates
        ),
        rounding=body.rounding,
        exit_method=body.exit_method,
        effective_on=body.effective_on,
        template=_template(body),
        ordinary_license_consent_ppm=body.ordinary_license_consent_ppm,
        other_license_consent_ppm=body.other_license_consent_ppm,
    )


def _template(body: AgreementTermsIn) -> TemplateUse | None:
    use = body.template
    return None if use is None else TemplateUse(use.template_id, use.fields)


def _pairs(shares: list[AgreementShareIn]) -> tuple[tuple[UUID, int], ...]:
    return tuple((share.org_id, share.ppm) for share in shares)


def document(standing: queries.Whole) -> dict[str, Any]:
    """Give an agreement as callers see it."""
    agreement, parties = standing.agreement, standing.parties
    signed_at = {signature.org_id: signature.signed_at for signature in standing.signatures}
    before = agreement.effective_before
    return {
        **agreement.model_dump(exclude={"clauses", "attribution", "use_rates"}),
        "hash": agreement.terms_sha256,
        "to_sign": actions.signing_text(agreement),
        "clauses": _clauses(agreement),
        "attribution_rule": _attribution(agreement),
        "effective_until": before - timedelta(days=1) if before and before > date.min else before,
        "parties": [
            {"org_id": p.org_id, "place": p.place, "signed_at": signed_at.get(p.org_id)}
            for p in parties
        ],
        "benefit_shares": [
            {"org_id": p.org_id, "ppm": p.benefit_ppm} for p in parties if p.benefit_ppm
        ],
        "risk_shares": [{"org_id": p.org_id, "ppm": p.risk_ppm} for p in parties if p.risk_ppm],
        "reward_rates": [
            {"org_id": p.org_id, "rate_ppm": p.reward_rate_ppm}
            for p in parties
            if p.reward_rate_ppm is not None
        ],
        "use_rates": use_rates_document(queries.use_rates_of(agreement)),
        "signatures": [signature.model_dump() for signature in standing.signatures],
    }


def use_rates_document(rates: Iterable[UseRate]) -> list[dict[str, Any]]:
    """Give prices of use as callers see them."""
    return [
        {
            "provider_org_id": rate.provider_id,
            "element": rate.element,
            "unit": rate.unit,
            "price": fen(rate.price_fen),
            "per": rate.per,
        }
        for rate in rates
    ]


def _clauses(agreement: Agreement) -> dict[str, Any]:
    return {
        name: {"ticked": True, "evidence": evidence} for name, evidence in agreement.clauses.items()
    }


def _attribution(agreement: Agreement) -> dict[str, Any] | None:
    stored = agreement.attribution
    return None if stored is None else {"text": stored["text"], "shares": stored["shares"] or []}


def _standing_document(standing: queries.Whole) -> dict[str, Any]:
    agreement = standing.agreement
    return {
        **agreement.model_dump(include={"id", "version", "state", "effective_on"}),
        "hash": agreement.terms_sha256,
        "clauses": _clauses(agreement),
        "parties": standing.party_ids,
    }


ROUTERS: Final = (router,)
