"""Saying how a price was found."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.contracts import queries as contracts
from ip_ledger.pricing import rules
from ip_ledger.pricing.rules import DealKind, Finding
from ip_ledger.pricing.tables import PriceFinding
from ip_ledger.rewards.rules import is_state_institution
from shared.auth import Actor
from shared.clock import Clock
from shared.directory import organizations_of
from shared.events import record
from shared.rules import require


async def record_finding(
    session: AsyncSession,
    actor: Actor,
    deal: DealKind,
    deal_id: UUID,
    finding: Finding,
    today: date,
) -> PriceFinding:
    """Write down how the price of a deal was found, for its seller (A030, 转化法18).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, PRICE_PUBLICITY_MISSING, PRICE_VENUE_MISSING,
    PRICE_MISMATCH, DAY_IN_FUTURE or ALREADY_EXISTS.
    """
    agreed_fen = None
    if deal is DealKind.LICENSE:
        license_ = await contracts.visible_license(session, actor, deal_id, today)
        center_id, seller_id = license_.center_id, license_.licensor_id
    else:
        contract = await contracts.visible_contract(session, actor, deal_id, today)
        center_id, seller_id = contract.center_id, contract.party_org_id
        agreed_fen = contract.contract_amount_fen
    seller = (await organizations_of(session, [seller_id])).get(seller_id)
    is_institute = seller is not None and is_state_institution(seller.org_type, seller.uscc)
    require(
        [
            *rules.seller_checks(seller_id, actor.org_for(seller_id)),
            *rules.finding_checks(
                finding, is_public_institute=is_institute, agreed_fen=agreed_fen, today=today
            ),
        ]
    )
    clock: Clock = session.info["clock"]
    told = finding.publicity
    row = PriceFinding(
        center_id=center_id,
        deal=deal,
        deal_id=deal_id,
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
