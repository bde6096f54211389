"""What happens to publicity items and awards."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import center_for_update, center_seen
from registry.centers.rules import active_checks
from registry.organizations.queries import organization_found
from registry.publicity import queries, rules
from registry.publicity.commands import NewAward, NewItem
from registry.publicity.rules import AWARD_MOVES, ITEM_MOVES, AwardEvent, ItemEvent, ItemState
from registry.publicity.tables import Award, PublicityItem
from shared.auth import Actor
from shared.events import record
from shared.rules import NOT_FOUND, Check, Kind, require


async def propose_item(
    session: AsyncSession, actor: Actor, new: NewItem, now: datetime
) -> PublicityItem:
    """Propose what is to be said in public of a centre in its present stage (A156).

    Raises `Refused`: NOT_FOUND, FACT_UNKNOWN, FACT_CONFIDENTIAL, STATE_CONFLICT.
    """
    await _of_center(session, actor, new.center_id)
    center = await center_seen(session, actor, new.center_id)
    item = PublicityItem(
        center_id=center.id,
        stage=center.stage,
        occasion=new.occasion,
        title=new.title,
        body=new.body,
        channels=[channel.value for channel in new.channels],
        typical_case=new.typical_case,
        fact_ids=list(new.fact_ids),
        written_by=actor.person_id,
        written_at=now,
    )
    require([*active_checks(center.stage), *await _links(session, item)])
    session.add(item)
    await session.flush()
    _item_told(session, actor, "publicity.proposed", item, None)
    return item


async def decide_item(
    session: AsyncSession,
    actor: Actor,
    item_id: UUID,
    event: ItemEvent,
    now: datetime,
    *,
    reason: str | None = None,
) -> PublicityItem:
    """Release, reject or withdraw an item; a release looks again at what it links.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, FACT_UNKNOWN, FACT_CONFIDENTIAL,
    STATE_CONFLICT.
    """
    item = await queries.item_for_update(session, actor, item_id)
    checks = rules.item_move_checks(item.state, event)
    if event is ItemEvent.WITHDRAW:
        speaks = await queries.speaks_for(session, actor, item.center_id)
        may = speaks or actor.has("approver", "handler")
        checks.append(rules.PUBLICITY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may))
    else:
        checks += rules.apart_checks((item.written_by,), actor.person_id)
    if event is ItemEvent.RELEASE:
        # A fact may have been corrected since, and the centre suspended.
        center = await center_for_update(session, item.center_id)
        checks += [*active_checks(center.stage), *await _links(session, item)]
    require(checks)
    before = item.model_dump()
    item.state = ITEM_MOVES[item.state, event]
    item.reason = reason
    item.version += 1
    if event is ItemEvent.WITHDRAW:
        item.withdrawn_at = now
    else:
        item.decided_by = actor.person_id
    if item.state is ItemState.RELEASED:
        item.released_at = now
    _item_told(session, actor, f"publicity.{item.state.value}", item, before)
    return item


async def nominate_award(
    session: AsyncSession, actor: Actor, new: NewAward, now: datetime
) -> Award:
    """Nominate a person or an organization for an award (A151).

    Raises `Refused`: NOT_FOUND, LAUREATE_UNCLEAR or STATE_CONFLICT.
    """
    await _of_center(session, actor, new.center_id)
    center = await center_seen(session, actor, new.center_id)
    one = (new.person_ref is None) != (new.org_id is None)
    require(
        [
            rules.AWARD.check("LAUREATE_UNCLEAR", Kind.CONTENT, passed=one, pointer="/person_ref"),
            *active_checks(center.stage),
        ]
    )
    if new.org_id is not None:
        await organization_found(session, new.org_id)
    award = Award(
        center_id=center.id,
        award_reason=new.award_reason,
        title=new.title,
        achievement=new.achievement,
        person_ref=new.person_ref,
        org_id=new.org_id,
        nominated_by=actor.person_id,
        nominated_at=now,
    )
    session.add(award)
    await session.flush()
    _award_told(session, actor, "award.nominated", award, None)
    return award


async def move_award(
    session: AsyncSession,
    actor: Actor,
    award_id: UUID,
    event: AwardEvent,
    today: date,
    *,
    reason: str | None = None,
    doc_no: str | None = None,
) -> Award:
    """Review, approve, publish or reject an award; who nominated or reviewed does not approve.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    award = await queries.award_for_update(session, award_id)
    checks = rules.award_move_checks(award.state, event)
    if event is not AwardEvent.PUBLISH:
        checks += rules.apart_checks((award.nominated_by, award.reviewed_by), actor.person_id)
    if event is AwardEvent.APPROVE:
        # What was approved has to become public (X11); until then the centre has to be at work.
        center = await center_for_update(session, award.center_id)
        checks += active_checks(center.stage)
    require(checks)
    before = award.model_dump()
    if event is AwardEvent.REVIEW:
        award.reviewed_by = actor.person_id
    if event is AwardEvent.APPROVE:
        award.approved_by, award.doc_no = actor.person_id, doc_no
    if event is AwardEvent.PUBLISH:
        award.published_on = today
    award.state = AWARD_MOVES[award.state, event]
    award.reason = reason
    award.version += 1
    _award_told(session, actor, f"award.{award.state.value}", award, before)
    return award


async def _of_center(session: AsyncSession, actor: Actor, center_id: UUID) -> None:
    """Refuse as NOT_FOUND a centre for which a member does not speak; handlers act for any."""
    may = actor.has("handler") or await queries.speaks_for(session, actor, center_id)
    require([NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=may, pointer="/center_id")])


async def _links(session: AsyncSession, item: PublicityItem) -> list[Check]:
    facts = await queries.facts_of(session, item.center_id, item.fact_ids)
    secret = [
        fact.id for fact in facts.values() if rules.is_confidential(str(fact.kind), fact.payload)
    ]
    return rules.link_checks(item.fact_ids, list(facts), secret)


def _item_told(
    session: AsyncSession,
    actor: Actor,
    name: str,
    item: PublicityItem,
    before: dict[str, Any] | None,
) -> None:
    record(
        session,
        actor,
        name,
        item.id,
        center_id=item.center_id,
        case_id=item.id,
        reason=item.reason,
        before=before,
        after=item.model_dump(),
        state=item.state,
        stage=item.stage,
        title=item.title,
        typical_case=item.typical_case,
    )


def _award_told(
    session: AsyncSession, actor: Actor, name: str, award: Award, before: dict[str, Any] | None
) -> None:
    record(
        session,
        actor,
        name,
        award.id,
        center_id=award.center_id,
        case_id=award.id,
        reason=award.reason,
        before=before,
        after=award.model_dump(),
        state=award.state,
        title=award.title,
        published_on=award.published_on,
    )
