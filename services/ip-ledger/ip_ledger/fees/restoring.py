"""Entering that the office restored a right: the fees that were missed, and the right itself."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.assets import actions as asset_actions
from ip_ledger.assets import queries as assets
from ip_ledger.assets import rules as asset_rules
from ip_ledger.assets.tables import Asset
from ip_ledger.costs import actions as costs
from ip_ledger.costs.actions import NewCost
from ip_ledger.costs.rules import CostKind, Drawn
from ip_ledger.facts import queries as facts
from ip_ledger.fees import actions, queries, rules, schedule_rules, tariff_queries, tariff_rules
from ip_ledger.fees import restoration_rules as restoring
from ip_ledger.fees.restoration_rules import Lost, Restoration
from ip_ledger.fees.rules import FeeEvent, FeeState
from ip_ledger.fees.schedule_rules import Fee, Schedule
from ip_ledger.fees.tables import RightFee, RightRestoration
from shared.auth import Actor
from shared.clock import Clock
from shared.directory import working_days
from shared.events import record
from shared.rules import Check, Kind, found, require


async def restore(
    session: AsyncSession, actor: Actor, asset_id: UUID, one: Restoration, today: date
) -> RightRestoration:
    """Enter that the office restored a right; its states, term and fees follow (A043, 细则6).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, PARTY_UNKNOWN, FIELD_INVALID, STATE_CONFLICT,
    RIGHT_EXPIRED, RESTORATION_TOO_LATE, DAYS_OUT_OF_ORDER, DAY_IN_FUTURE, FEE_NOT_OWED,
    FEE_MISMATCH, or what `costs.spend` raises.
    """
    asset = await assets.asset_for_update(session, actor, asset_id, today)
    center = found(await tenancy.center_of(session, asset.center_id))
    operator = tenancy.operator_id(center)
    acting = {center.lead_sponsor_id, operator or center.lead_sponsor_id}
    owned = await assets.ownership_on(session, asset.id, one.decided_on)
    owners = () if owned is None else tuple(owner for owner, _ in owned.shares)
    tariffs = await tariff_queries.in_force(session)
    schedules = tariff_rules.schedules_of(tariffs, asset.jurisdiction, asset.kind)
    calendar = await working_days(session)
    latest = await queries.latest_for_update(session, asset.id)
    fees = schedule_rules.fees_of(schedules, asset.filed_on, asset.granted_on, calendar)
    owed = restoring.missed(fees, _first_owed(latest), one.decided_on)
    lost = await _lost(session, asset, latest, one)
    require(
        [
            *rules.payer_checks(one.payer_id, actor.org_ids, owners, acting),
            *rules.booking_checks(one.sources, one.payer_id, operator),
            *restoring.restoration_checks(one, lost, owed, calendar, today),
        ]
    )
    require(_amount_checks(one, owed, schedules, fees))
    row = _row(session, actor, asset, lost, one)
    session.add(row)
    await session.flush()
    await _settle(session, actor, asset, latest, one, owed, schedules)
    if one.payer_id == operator:
        await costs.spend(session, actor, _cost(row, one), today)
    await _bring_back(session, actor, asset, found(lost.former), one.decided_on, by_fees=bool(owed))
    record(
        session, actor, "right.restored", row.id, center_id=row.center_id, asset_id=asset.id,
        decided_on=one.decided_on, numbers=[fee.number for fee in owed],
    )  # fmt: skip
    return row


def _first_owed(latest: RightFee | None) -> int | None:
    """Give the first fee that may have been missed: the one that lapsed, or was called off."""
    if latest is None:
        return None
    return latest.number + 1 if latest.state in rules.SETTLED else latest.number


async def _lost(
    session: AsyncSession, asset: Asset, latest: RightFee | None, one: Restoration
) -> Lost:
    """Give how the right ended: what was last known of it before that tells what comes back."""
    former = await facts.last_payload_unlike(session, asset.id, asset.state)
    state = None if former is None else asset_rules.State(former["state"])
    lapsed = latest is not None and latest.state is FeeState.LAPSED
    gone_from = asset.days_gone[-1][0] if asset.days_gone else None
    last_on = asset.dates.first_on if gone_from is None else gone_from - timedelta(days=1)
    missed_on = latest.grace_until if lapsed and latest is not None else one.counted_from
    return Lost(
        kind=asset.kind,
        jurisdiction=asset.jurisdiction,
        state=asset.state,
        former=state,
        last_on=last_on or date.min,
        missed_on=missed_on,
        term_until=asset_rules.term_until(asset.kind, asset.dates),
        cause=asset.abandon_cause,
    )


def _amount_checks(
    one: Restoration, owed: Sequence[Fee], schedules: Sequence[Schedule], fees: Sequence[Fee]
) -> list[Check]:
    """Check what was paid of each missed fee: with all that lateness adds."""
    first = fees[0].number if fees else 0
    checks: list[Check] = []
    for place, (payment, fee) in enumerate(zip(one.payments, owed, strict=True)):
        schedule = found(schedule_rules.schedule_on(schedules, fee.statutory_on))
        expected = schedule_rules.owed_fen(
            schedule, fee, payment.relief, first, fee.grace_until + timedelta(days=1)
        )
        checks.append(
            restoring.RESTORING.check(
                "FEE_MISMATCH",
                Kind.CONTENT,
                passed=expected is None
                or payment.amount_fen == expected
                or not schedule.is_confirmed,
                pointer=f"/payments/{place}/amount",
                expected_fen=expected,
            )
        )
    return checks


def _row(
    session: AsyncSession, actor: Actor, asset: Asset, lost: Lost, one: Restoration
) -> RightRestoration:
    clock: Clock = session.info["clock"]
    return RightRestoration(
        center_id=asset.center_id,
        asset_id=asset.id,
        ground=one.ground,
        ended_on=lost.last_on,
        counted_from=one.counted_from,
        requested_on=one.requested_on,
        decided_on=one.decided_on,
        decision_no=one.decision_no,
        request_fee_fen=one.request_fee_fen,
        payer_org_id=one.payer_id,
        evidence_ids=list(one.evidence),
        reported_by=actor.person_id,
        reported_at=clock.now(),
    )


async def _settle(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    latest: RightFee | None,
    one: Restoration,
    owed: Sequence[Fee],
    schedules: Sequence[Schedule],
) -> None:
    """Write down the missed fees as paid with the restoration; one that was called off reopens."""
    clock: Clock = session.info["clock"]
    known: Mapping[int, RightFee] = {} if latest is None else {latest.number: latest}
    for payment, fee in zip(one.payments, owed, strict=True):
        row = known.get(fee.number)
        if row is None:
            row = actions.fee_row(asset, fee, schedules, clock.now())
            session.add(row)
        before = row.state
        row.state = rules.MOVES[row.state, FeeEvent.RESTORE]
        row.paid_on, row.paid_fen = payment.paid_on, payment.amount_fen
        row.relief, row.payer_org_id = payment.relief, one.payer_id
        row.evidence_ids = list(one.evidence)
        row.reported_by, row.reported_at = actor.person_id, clock.now()
        actions.tell(
            session, actor, row, "paid", before,
            paid_on=row.paid_on, payer_org_id=row.payer_org_id, restored=True,
        )  # fmt: skip
    if latest is not None and latest.state is FeeState.CANCELLED:
        before = latest.state
        latest.state = rules.MOVES[latest.state, FeeEvent.REOPEN]
        latest.reminded_days = None
        actions.tell(session, actor, latest, "opened", before)
    await session.flush()


async def _bring_back(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    former: asset_rules.State,
    decided_on: date,
    *,
    by_fees: bool,
) -> None:
    clock: Clock = session.info["clock"]
    state = asset_rules.State.MAINTAINED if by_fees and former in rules.STANDING else former
    await asset_actions.restore(session, actor, asset, state, decided_on, clock.now())


def _cost(row: RightRestoration, one: Restoration) -> NewCost:
    total = one.request_fee_fen + sum(payment.amount_fen for payment in one.payments)
    return NewCost(
        asset_id=row.asset_id,
        kind=CostKind.UPKEEP,
        amount_fen=total,
        spent_on=one.payments[-1].paid_on if one.payments else one.decided_on,
        description=f"restoration {row.decision_no}",
        sources=tuple(Drawn(source_id, fen) for source_id, fen in one.sources),
        evidence=one.evidence,
    )
