"""Contributions over HTTP: promised, paid, called for, lost."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.contributions import queries, rules
from ip_ledger.contributions.actions import promising
from ip_ledger.contributions.rules import Commitment, ContributionKind, Instalment, State
from ip_ledger.contributions.schemas import (
    ArrearsNoticeIn,
    ArrearsNoticeOut,
    CapitalTermOut,
    ContributionIn,
    ContributionOut,
    ContributionPaymentIn,
    ContributionPaymentOut,
    ForfeitureIn,
    ForfeitureOut,
    InstalmentOut,
    MoneyUndoingOut,
)
from ip_ledger.contributions.tables import Contribution, FundingUndoing
from ip_ledger.contributions.term_rules import Term
from shared.auth import Actor
from shared.directory import ensure_center, ensure_founding_day
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
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

router = Router(prefix="/v1/ip-ledger/contributions", tags=["contributions"])

SEERS: Final = "who promised, the centre's operator and lead sponsor, officials"
RECEIVER: Final = "the centre's operator (a consortium's trustee) or lead sponsor"


async def center_known(body: ContributionIn, work: CurrentWork, services: Services) -> None:
    """Fetch the centre and its company's founding day, before any transaction is open."""
    await work.replay()
    await ensure_center(services, work.sessions, body.center_id)
    if body.kind is not ContributionKind.EQUITY:
        return
    async with work.sessions.reading() as session:
        center = await tenancy.center_of(session, body.center_id)
    if center is not None and center.legal_entity_id is not None:
        await ensure_founding_day(services, work.sessions, center.legal_entity_id)


@router.post(
    "",
    operation_id="ip_ledger_commit_contribution",
    status_code=201,
    openapi_extra=access(
        "member",
        tenant="the member itself, or the centre's operator or lead sponsor",
        rules=("A095", "A053"),
        key_required=True,
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "CONSORTIUM_NOT_REGISTERED", "VALUATION_MISSING",
        "SCHEDULE_MISMATCH", "CAPITAL_TERM_EXCEEDED", "PARTY_UNKNOWN", "IDEMPOTENCY_KEY_REQUIRED",
        "CURRENCY_NOT_CNY", "STATE_CONFLICT", "VALUATION_EXCEEDED", "DAYS_OUT_OF_ORDER",
        "DAY_IN_FUTURE",
        "FILE_UNKNOWN",
    ),
    dependencies=[Depends(center_known), Depends(evidence_of(ContributionIn))],
)  # fmt: skip
async def commit(
    body: ContributionIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> ContributionOut:
    """Record what a member promises: equity, a fee, or something in kind with its valuation."""
    valuation = body.valuation
    more = promising.Particulars(
        valued_on=valuation.valued_on if valuation else None,
        appraiser=valuation.appraiser if valuation else None,
        description=body.description,
        external_id=body.external_id,
    )
    row = await promising.commit(session, actor, _commitment(body, actor), more, today)
    return await answer(session, response, row, today)


def _commitment(body: ContributionIn, actor: Actor) -> Commitment:
    schedule = [Instalment(one.due_on, one.amount.amount) for one in body.schedule]
    valuation = body.valuation
    return Commitment(
        center_id=body.center_id,
        org_id=body.org_id or tenancy.own_organization(actor),
        kind=body.kind,
        committed_fen=body.committed.amount,
        schedule=tuple(schedule or [Instalment(body.agreed_on, body.committed.amount)]),
        agreed_on=body.agreed_on,
        is_cash=body.is_cash,
        held_in_trust=body.held_in_trust,
        valuation_file_id=valuation.file_id if valuation else None,
        valued_fen=valuation.amount.amount if valuation else None,
        increased_on=body.increase_registered_on,
    )


@router.get(
    "",
    operation_id="ip_ledger_list_contributions",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_contributions(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    org_id: Annotated[UUID | None, Query(description="Of one organization.")] = None,
    kind: Annotated[ContributionKind | None, Query(description="Of one kind.")] = None,
    state: Annotated[State | None, Query(description="In one state.")] = None,
    on: Annotated[date | None, Query(description="Figures of a day; today when absent.")] = None,
) -> Page[ContributionOut]:
    """List contributions with what is due, paid and in arrears, the newest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_contributions(actor, center_id, org_id, kind, state),
        page,
        keys=[col(Contribution.id).desc()],
        filters={"center_id": center_id, "org_id": org_id, "kind": kind, "state": state, "on": on},
    )
    return Page(items=await _shown(session, rows, on or today), next_cursor=cursor)


@router.get(
    "/{contribution_id}",
    operation_id="ip_ledger_get_contribution",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get(
    contribution_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    response: Response,
    on: Annotated[date | None, Query(description="Figures of a day; today when absent.")] = None,
) -> ContributionOut:
    """Show a contribution with what is due, paid and in arrears."""
    row = await queries.visible_contribution(session, actor, contribution_id)
    return await answer(session, response, row, on or today)


@router.post(
    "/{contribution_id}/payments",
    operation_id="ip_ledger_receive_contribution",
    status_code=201,
    openapi_extra=access("member", tenant=RECEIVER, rules=("A095", "X07"), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT", "PAYMENT_EXCEEDED", "DAY_IN_FUTURE",
        "DAYS_OUT_OF_ORDER", "CONSORTIUM_NOT_REGISTERED", "IDEMPOTENCY_KEY_REQUIRED",
        "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE", "CURRENCY_NOT_CNY", "PERIOD_CLOSED",
        "BEFORE_OPENING",
        "FILE_UNKNOWN",
    ),
    dependencies=[Depends(evidence_of(ContributionPaymentIn))],
)  # fmt: skip
async def receive(
    contribution_id: UUID,
    body: ContributionPaymentIn,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
) -> ContributionOut:
    """Record what came in; its entry is posted with it."""
    paid = promising.Received(body.amount.amount, body.paid_on, tuple(body.evidence))
    row = await promising.receive(session, actor, contribution_id, paid, today)
    return await answer(session, response, row, today)


@router.post(
    "/{contribution_id}/arrears-notices",
    operation_id="ip_ledger_call_for_contribution",
    status_code=201,
    openapi_extra=access("member", tenant=RECEIVER, rules=("A095",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "NO_ARREARS", "GRACE_TOO_SHORT", "STATE_CONFLICT",
        "DAY_IN_FUTURE", "ALREADY_EXISTS",
    ),
)  # fmt: skip
async def call_for_arrears(
    contribution_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Transaction,
    response: Response,
    body: ArrearsNoticeIn | None = None,
) -> ContributionOut:
    """Call in writing for what is due and unpaid; sixty days of grace at least."""
    given = body or ArrearsNoticeIn()
    row, _ = await promising.call_for_arrears(
        session, actor, contribution_id, given.issued_on or today, given.grace_days, today
    )
    return await answer(session, response, row, today)


@router.post(
    "/{contribution_id}/forfeiture",
    operation_id="ip_ledger_forfeit_contribution",
    status_code=201,
    openapi_extra=access("member", tenant=RECEIVER, rules=("A095", "X03")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "SOD_VIOLATION", "VERSION_CONFLICT", "STATE_CONFLICT",
        "GRACE_RUNNING", "NO_ARREARS", "FORFEITURE_EXCEEDED", "DAY_IN_FUTURE", "CURRENCY_NOT_CNY",
        "FILE_UNKNOWN",
    ),
    dependencies=[Depends(evidence_of(ForfeitureIn))],
)  # fmt: skip
async def forfeit(
    contribution_id: UUID,
    body: ForfeitureIn,
    actor: CurrentActor,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> ContributionOut:
    """Record the resolution by which equity unpaid after its grace is lost."""
    resolution = promising.Resolution(
        body.resolution_file_id, body.resolved_on, body.amount.amount if body.amount else None
    )
    row = await promising.forfeit(
        session, actor, contribution_id, resolution, version=version, today=today
    )
    return await answer(session, response, row, today)


def _term(row: Contribution) -> CapitalTermOut | None:
    if row.term_basis is None or row.term_since is None:
        return None
    term = Term(row.term_basis, row.term_since)
    return CapitalTermOut(counted_from=term.basis, since=term.since, until=term.until)


def _undoing(row: FundingUndoing | None) -> MoneyUndoingOut | None:
    return None if row is None else MoneyUndoingOut.model_validate(row, from_attributes=True)


async def answer(
    session: AsyncSession, response: Response, row: Contribution, day: date
) -> ContributionOut:
    """Show a contribution after a change, with its version."""
    await session.flush()
    tagged(response, row.version)
    return (await _shown(session, [row], day))[0]


async def _shown(
    session: AsyncSession, rows: Sequence[Contribution], day: date
) -> list[ContributionOut]:
    """Show contributions with all their parts: five queries, however many they are."""
    ids = [row.id for row in rows]
    schedules = await queries.schedules_of(session, ids)
    payments = await queries.payments_of(session, ids)
    notices = await queries.notices_of(session, ids)
    forfeitures = await queries.forfeitures_of(session, ids)
    undone = await queries.undone_payments(session, ids)
    shown = []
    for row in rows:
        schedule, paid = schedules.get(row.id, []), payments.get(row.id, [])
        losses = forfeitures.get(row.id, [])
        lost = losses[-1] if losses else None
        balance = rules.balance_on(
            row.committed_fen,
            schedule,
            [(one.paid_on, one.amount_fen) for one in paid if one.id not in undone],
            day,
            [(one.resolved_on, one.forfeited_fen) for one in losses],
        )
        document: dict[str, Any] = {
            **row.model_dump(),
            "on": day,
            "capital_term": _term(row),
            "committed": fen(row.committed_fen),
            "due": fen(balance.due_fen),
            "paid": fen(balance.paid_fen),
            "arrears": fen(balance.arrears_fen),
            "forfeited": fen(row.forfeited_fen),
            "valued": None if row.valued_fen is None else fen(row.valued_fen),
            "schedule": [
                InstalmentOut(due_on=o.due_on, amount=fen(o.amount_fen)) for o in schedule
            ],
            "payments": [
                ContributionPaymentOut(
                    id=o.id, amount=fen(o.amount_fen), paid_on=o.paid_on,
                    held_in_trust=o.held_in_trust, evidence=o.evidence_ids, entry_id=o.entry_id,
                    undoing=_undoing(undone.get(o.id)),
                )
                for o in paid
            ],
            "notices": [
                ArrearsNoticeOut(
                    id=o.id, issued_on=o.issued_on, grace_until=o.grace_until,
                    arrears=fen(o.arrears_fen),
                )
                for o in notices.get(row.id, [])
            ],
            "forfeiture": lost
            and ForfeitureOut(
                resolution_file_id=lost.resolution_file_id, resolved_on=lost.resolved_on,
                resolved=fen(lost.resolved_fen), forfeited=fen(lost.forfeited_fen),
            ),
        }  # fmt: skip
        shown.append(ContributionOut.model_validate(document))
    return shown
