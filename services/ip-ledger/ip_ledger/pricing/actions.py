"""Saying how a price was found."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.contracts import queries as contracts
from ip_ledger.contributions import queries as contributions
from ip_ledger.contributions.rules import ContributionKind
from ip_ledger.pricing import rules
from ip_ledger.pricing.rules import DealKind, Finding
from ip_ledger.pricing.tables import PriceFinding
from ip_ledger.rewards.rules import is_state_institution
from shared.auth import Actor
from shared.clock import Clock
from shared.directory import organizations_of
from shared.events import record
from shared.rules import require


@dataclass(frozen=True, slots=True)
class _Dealt:
    """A deal as its price sees it: whose it is, its day, and its own amount where it has one."""

    center_id: UUID
    seller_id: UUID
    on: date
    agreed_fen: int | None = None
    is_priced: bool = True


async def _deal(
    session: AsyncSession, actor: Actor, deal: DealKind, deal_id: UUID, today: date
) -> _Dealt:
    if deal is DealKind.LICENSE:
        one = await contracts.visible_license(session, actor, deal_id, today)
        return _Dealt(one.center_id, one.licensor_id, one.effective_on)
    if deal is DealKind.TECH_CONTRACT:
        sold = await contracts.visible_contract(session, actor, deal_id, today)
        return _Dealt(sold.center_id, sold.party_org_id, sold.signed_on, sold.contract_amount_fen)
    put_in = await contributions.visible_contribution(session, actor, deal_id)
    return _Dealt(
        put_in.center_id, put_in.org_id, put_in.agreed_on, put_in.committed_fen,
        is_priced=put_in.kind is ContributionKind.EQUITY and not put_in.is_cash,
    )  # fmt: skip


async def record_finding(
    session: AsyncSession,
    actor: Actor,
    deal: DealKind,
    deal_id: UUID,
    finding: Finding,
    today: date,
) -> PriceFinding:
    """Write down how the price of a deal was found, for its seller (A030, 转化法18).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, FIELD_INVALID, PRICE_PUBLICITY_MISSING,
    PRICE_VENUE_MISSING, PRICE_MISMATCH, DAY_IN_FUTURE or ALREADY_EXISTS.
    """
    dealt = await _deal(session, actor, deal, deal_id, today)
    center_id, seller_id = dealt.center_id, dealt.seller_id
    seller = (await organizations_of(session, [seller_id])).get(seller_id)
    is_institute = seller is not None and is_state_institution(seller.org_type, seller.uscc)
    require(
        [
            *rules.seller_checks(seller_id, actor.org_for(seller_id)),
            *rules.deal_checks(is_priced=dealt.is_priced),
            *rules.finding_checks(
                finding, is_public_institute=is_institute, agreed_fen=dealt.agreed_fen, today=today
            ),
        ]
    )
    clock: Clock = session.info["clock"]
    told = finding.publicity
    row = PriceFinding(
        center_id=center_id,
        deal=deal,
        deal_id=deal_id,
        deal_on=dealt.on,
        seller_id=seller_id,
        is_public_institute=is_institute,
        method=finding.method,
        price_fen=finding.price_fen,
        found_on=finding.found_on,
        venue=finding.venue,
        published_on=None if told is None else told.published_on,
        publicity_file_id=None if told is None else told.file_id,
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    record(
        session, actor, "price.found", row.id, center_id=center_id, deal_id=deal_id,
        method=row.method, published_on=row.published_on,
    )  # fmt: skip
    return row
