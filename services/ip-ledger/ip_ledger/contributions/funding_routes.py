"""Funding, trust money and divided profits over HTTP."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query
from sqlmodel import col

from ip_ledger.contributions import queries, rules
from ip_ledger.contributions.actions import funding
from ip_ledger.contributions.rules import Source
from ip_ledger.contributions.schemas import (
    FundingIn,
    FundingOut,
    FundingPartOut,
    FundingSummaryOut,
    MoneyUndoingOut,
    ProfitDivisionIn,
    ProfitDivisionOut,
    ProfitLineOut,
    TrustReleaseIn,
    TrustReleaseOut,
)
from ip_ledger.contributions.tables import FundingRecord, FundingUndoing, ProfitDivision
from ip_ledger.undone import undoing_of
from shared.directory import ensure_center
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    CurrentWork,
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
)
from shared.http.schemas import fen

records = Router(prefix="/v1/ip-ledger/funding-records", tags=["contributions"])
summary = Router(prefix="/v1/ip-ledger/funding-summary", tags=["contributions"])
releases = Router(prefix="/v1/ip-ledger/trust-releases", tags=["contributions"])
divisions = Router(prefix="/v1/ip-ledger/profit-divisions", tags=["contributions"])

LEADING: Final = "the centre's operator or lead sponsor"
SEERS: Final = "the centre's operator and lead sponsor, who gave, officials"
YEAR: Final = timedelta(days=364)


async def center_known(body: FundingIn, work: CurrentWork, services: Services) -> None:
    """Fetch the centre, where the copy has not got it, before any transaction is open."""
    await work.replay()
    await ensure_center(services, work.sessions, body.center_id)


@records.post(
    "",
    operation_id="ip_ledger_record_funding",
    status_code=201,
    openapi_extra=access(
        "member", tenant=LEADING, rules=("A094", "A097", "A143"), key_required=True
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "FUNDING_FORM", "FIELD_MISSING", "DAY_IN_FUTURE",
        "CONSORTIUM_NOT_REGISTERED", "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN",
        "AMOUNT_TOO_LARGE", "CURRENCY_NOT_CNY", "PERIOD_CLOSED", "SHARES_PRECISION",
        "STATE_CONFLICT", "BEFORE_OPENING", "FILE_UNKNOWN"),
    dependencies=[Depends(center_known), Depends(evidence_of(FundingIn))],
)  # fmt: skip
async def record_funding(
    body: FundingIn, actor: CurrentActor, today: Today, session: Transaction
) -> FundingOut:
    """Record money from outside: grants, loans with their risk, equity, own income."""
    new = funding.NewFunding(
        **body.model_dump(exclude={"amount", "evidence"}),
        amount_fen=body.amount.amount,
        evidence=tuple(body.evidence),
    )
    return shown(await funding.record_funding(session, actor, new, today))


@records.get(
    "",
    operation_id="ip_ledger_list_funding",
    openapi_extra=access("member", "official", tenant=SEERS),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_funding(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    source: Annotated[Source | None, Query(description="From one source.")] = None,
) -> Page[FundingOut]:
    """List money that came in, the latest first; members' payments stand among it."""
    rows, cursor = await paginate(
        session,
        queries.visible_funding(actor, center_id, source),
        page,
        keys=[col(FundingRecord.received_on).desc(), col(FundingRecord.id).desc()],
        filters={"center_id": center_id, "source": source},
    )
    undone = await queries.funding_undoings(session, [row.id for row in rows])
    return Page(items=[shown(row, undone.get(row.id)) for row in rows], next_cursor=cursor)


def shown(row: FundingRecord, undone: FundingUndoing | None = None) -> FundingOut:
    """Show money that came in, with how it was undone if it was."""
    return FundingOut.model_validate(
        {
            **row.model_dump(),
            "amount": fen(row.amount_fen),
            "evidence": row.evidence_ids,
            "undoing": undone and MoneyUndoingOut.model_validate(undone, from_attributes=True),
        }
    )


@summary.get(
    "",
    operation_id="ip_ledger_get_funding_summary",
    openapi_extra=access(
        "member", "official", "service", tenant="the centre's operator and lead sponsor, officials"
    ),
    responses=problems("NOT_FOUND"),
)
async def get_summary(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    center_id: Annotated[UUID, Query(description="The centre.")],
    first_on: Annotated[date | None, Query(description="First day; a year back if none.")] = None,
    last_on: Annotated[date | None, Query(description="Last day; today if none.")] = None,
) -> FundingSummaryOut:
    """Show by whom a centre is funded, how concentrated that is, and how long its money lasts."""
    await queries.readable_centre(session, actor, center_id)
    last = last_on or today
    year_back = date.fromordinal(max(1, last.toordinal() - YEAR.days))
    first = first_on or year_back
    rows = await queries.funding_between(session, center_id, first, last)
    cash, costs = await queries.sums_of_books(session, center_id, year_back, last)
    by_source: dict[str, int] = {}
    by_provider: dict[str, int] = {}
    for row in rows:
        giver = str(row.provider_org_id or row.provider_name or row.source.value)
        by_source[row.source.value] = by_source.get(row.source.value, 0) + row.amount_fen
        by_provider[giver] = by_provider.get(giver, 0) + row.amount_fen
    public = rules.shares_of(by_source).get(Source.GOVERNMENT.value, 0)
    return FundingSummaryOut(
        center_id=center_id,
        first_on=first,
        last_on=last,
        total=fen(sum(by_source.values())),
        by_source=_parts(by_source),
        by_provider=_parts(by_provider),
        concentration_ppm=rules.concentration_ppm(by_provider),
        largest_ppm=max(rules.shares_of(by_provider).values(), default=0),
        non_public_ppm=1_000_000 - public if by_source else 0,
        cash=fen(cash),
        costs=fen(costs),
        months_covered=rules.months_covered(cash, costs),
    )


def _parts(amounts: Mapping[str, int]) -> list[FundingPartOut]:
    ppm = rules.shares_of(amounts)
    ordered = sorted(amounts.items(), key=lambda item: (-item[1], item[0]))
    return [FundingPartOut(key=key, amount=fen(amount), ppm=ppm[key]) for key, amount in ordered]


@releases.post(
    "",
    operation_id="ip_ledger_release_trust",
    status_code=201,
    openapi_extra=access(
        "member", tenant="the trustee's own account", rules=("A053",), key_required=True
    ),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "CONSORTIUM_NOT_REGISTERED", "NOTHING_HELD",
        "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE", "PERIOD_CLOSED",
        "BEFORE_OPENING",
    ),
)  # fmt: skip
async def release_trust(
    body: TrustReleaseIn, actor: CurrentActor, today: Today, session: Transaction
) -> TrustReleaseOut:
    """Hand over what one holds in trust, once the centre has its legal entity."""
    row = await funding.release_trust(session, actor, body.center_id, today)
    return TrustReleaseOut.model_validate({**row.model_dump(), "amount": fen(row.amount_fen)})


@divisions.post(
    "",
    operation_id="ip_ledger_divide_profit",
    status_code=201,
    openapi_extra=access("member", tenant=LEADING, rules=("A086",), key_required=True),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "CONSORTIUM_NOT_REGISTERED", "CAPITAL_MISSING",
        "CONSENT_MISSING", "SHARES_NOT_100", "PARTY_UNKNOWN", "PARTY_REPEATED", "DAY_IN_FUTURE",
        "ALREADY_EXISTS", "IDEMPOTENCY_KEY_REQUIRED", "ACCOUNT_OVERDRAWN", "AMOUNT_TOO_LARGE",
        "CURRENCY_NOT_CNY", "PERIOD_CLOSED", "BEFORE_OPENING",
        "FILE_UNKNOWN",
    ),
    dependencies=[Depends(evidence_of(ProfitDivisionIn))],
)  # fmt: skip
async def divide_profit(
    body: ProfitDivisionIn, actor: CurrentActor, today: Today, session: Transaction
) -> ProfitDivisionOut:
    """Divide a year's profit by capital paid in, or as all shareholders agreed."""
    new = funding.NewDivision(
        center_id=body.center_id,
        year=body.year,
        profit_fen=body.profit.amount,
        resolved_on=body.resolved_on,
        resolution_file_id=body.resolution_file_id,
        agreed=None if body.shares is None else tuple((o.org_id, o.ppm) for o in body.shares),
        consent_file_id=body.consent_file_id,
        consents=tuple(body.consents),
    )
    return shown_division(await funding.divide_profit(session, actor, new, today))


@divisions.get(
    "",
    operation_id="ip_ledger_list_profit_divisions",
    openapi_extra=access("member", "official", tenant="the centre, its shareholders, officials"),
    responses=problems("CURSOR_MISMATCH"),
)
async def list_divisions(
    actor: CurrentActor,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
) -> Page[ProfitDivisionOut]:
    """List divided profits, the latest first."""
    rows, cursor = await paginate(
        session,
        queries.visible_divisions(actor, center_id),
        page,
        keys=[col(ProfitDivision.id).desc()],
        filters={"center_id": center_id},
    )
    return Page(items=[shown_division(row) for row in rows], next_cursor=cursor)


def shown_division(row: ProfitDivision) -> ProfitDivisionOut:
    """Show a divided profit, with how it was undone if it was."""
    undone = undoing_of(row)
    agreed = any(line["agreed_ppm"] is not None for line in row.lines)
    document = {
        **row.model_dump(exclude={"lines"}),
        "profit": fen(row.profit_fen),
        "reserve": fen(row.reserve_fen),
        "pool": fen(row.pool_fen),
        "basis": "agreed" if agreed else "paid_in",
        "lines": [
            ProfitLineOut(
                org_id=line["org_id"],
                subscribed=fen(line["subscribed_fen"]),
                paid_in=fen(line["paid_in_fen"]),
                agreed_ppm=line["agreed_ppm"],
                amount=fen(line["amount_fen"]),
            )
            for line in row.lines
        ],
        "undoing": undone and {**undone, "reserve_years": row.reserve_years},
    }
    return ProfitDivisionOut.model_validate(document)


ROUTERS: Final = (records, summary, releases, divisions)
