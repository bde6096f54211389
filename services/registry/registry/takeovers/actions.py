"""Proposing a file of existing centres, and entering it as a whole by a second person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import reserve_numbers
from registry.centers.rules import ENDED, Level, Stage, start_of
from registry.centers.tables import Center, StageChange
from registry.governance.tables import CenterRating
from registry.memberships.actions import announce
from registry.memberships.rules import MembershipRole
from registry.memberships.tables import Membership
from registry.takeovers import queries, rules
from registry.takeovers.rules import (
    TakenCenter,
    TakenMember,
    TakenRating,
    TakenRow,
    TakenStage,
    TakeOverEvent,
    TakeOverState,
)
from registry.takeovers.tables import TakeOver
from shared.auth import Actor
from shared.calendar import day_of
from shared.database import new_id
from shared.events import record
from shared.events.recording import content_sha256, plain
from shared.http.batches import Outcome, Row, RowResult
from shared.rules import Check, Refused, require

KEPT: Final[TypeAdapter[list[TakenRow]]] = TypeAdapter(
    list[Annotated[TakenRow, Field(discriminator="record")]]
)
CAUSE: Final = "taken_over"


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from, the day they stood so, and the hash of the file."""

    name: str
    on: date
    sha256: str


async def propose(
    session: AsyncSession,
    actor: Actor,
    source: Source,
    rows: Sequence[Row[TakenRow]],
    failed: Sequence[RowResult],
    today: date,
    now: datetime,
) -> tuple[TakeOver, list[RowResult]]:
    """Judge a file as it would be entered; the caller keeps it only where every row is good.

    Raises `Refused`: DAY_IN_FUTURE.
    """
    require(rules.source_checks(source.on, today))
    values = [(row.index, row.value) for row in rows]
    known = await queries.known(session, [row for _, row in values])
    judged = rules.judge(values, known, today)
    results = [*failed, *(_result(index, judged) for index, _ in values)]
    take_over = TakeOver(
        source=source.name,
        sourced_on=source.on,
        sha256=source.sha256,
        rows=[plain(asdict(row)) for _, row in values],
        centers=sum(isinstance(row, TakenCenter) for _, row in values),
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    session.add(take_over)
    await session.flush()
    record(
        session, actor, "take_over.proposed", take_over.id, after=take_over.model_dump(),
        source=source.name, sourced_on=source.on, sha256=source.sha256, rows=len(values),
    )  # fmt: skip
    return take_over, sorted(results, key=lambda result: result.index)


def _result(index: int, judged: Mapping[int, Sequence[Check]]) -> RowResult:
    checks = tuple(judged.get(index, ()))
    return RowResult(index, Outcome.FAILED if checks else Outcome.CREATED, checks=checks)


async def drop(
    session: AsyncSession, actor: Actor, take_over_id: UUID, reason: str, now: datetime
) -> TakeOver:
    """Give up a take-over that nobody has committed.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION or STATE_CONFLICT.
    """
    take_over = await queries.take_over_for_update(session, take_over_id)
    _close(take_over, actor, TakeOverEvent.DROP, reason, now)
    record(session, actor, "take_over.dropped", take_over.id, reason=reason)
    return take_over


async def commit(
    session: AsyncSession, actor: Actor, take_over_id: UUID, reason: str, today: date, now: datetime
) -> TakeOver:
    """Enter every centre of a take-over with its history, or none of it, by a second person.

    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT, or what the rows fail by now, as
    `rules.judge` says.
    """
    take_over = await queries.take_over_for_update(session, take_over_id)
    _close(take_over, actor, TakeOverEvent.COMMIT, reason, now)
    rows = KEPT.validate_python(take_over.rows)
    # Centres may have been listed since it was judged: counted and judged again under the lock.
    centers = [row for row in rows if isinstance(row, TakenCenter)]
    await reserve_numbers(session, max((int(row.code[1:]) for row in centers), default=0))
    known = await queries.known(session, rows)
    require_rows(rules.judge(list(enumerate(rows)), known, today))
    ids = _enter(session, take_over, actor, rows, known.organizations, now)
    await session.flush()
    ratings = _told_ratings(rows)
    for row in centers:
        center_id = ids[row.code]
        record(
            session, actor, "center.taken_over", center_id, center_id=center_id, reason=reason,
            code=row.code, stage=row.stage, listed_on=row.listed_on, source=take_over.source,
            sourced_on=take_over.sourced_on, take_over_id=take_over.id,
            ratings=ratings.get(row.code, []),
        )  # fmt: skip
        await announce(session, actor, center_id)
    record(
        session, actor, "take_over.committed", take_over.id, reason=reason, source=take_over.source,
        centers=sorted(ids),
    )  # fmt: skip
    return take_over


def _told_ratings(rows: Sequence[TakenRow]) -> dict[str, list[dict[str, Any]]]:
    """Give what evaluation is told of each centre's past ratings, by code."""
    told: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if isinstance(row, TakenRating):
            one = {
                "kind": row.kind, "year": row.year, "rating": row.rating, "total": row.total or "",
                "sha256": content_sha256(plain(asdict(row))),
            }  # fmt: skip
            told.setdefault(row.code, []).append(one)
    return told


def require_rows(judged: Mapping[int, Sequence[Check]]) -> None:
    """Refuse with every failed check, each pointing into its row."""
    failed = [
        replace(check, pointer=f"/rows/{index}{check.pointer or ''}")
        for index, checks in judged.items()
        for check in checks
    ]
    if failed:
        raise Refused(failed[:100])


def _close(
    take_over: TakeOver, actor: Actor, event: TakeOverEvent, reason: str, now: datetime
) -> None:
    state = TakeOverState(take_over.state)
    require(rules.decision_checks(state, event, take_over.proposed_by, actor.person_id))
    take_over.state = rules.MOVES[state, event]
    take_over.decided_by, take_over.decided_at, take_over.reason = actor.person_id, now, reason
    take_over.version += 1


def _enter(
    session: AsyncSession,
    take_over: TakeOver,
    actor: Actor,
    rows: Sequence[TakenRow],
    orgs: Mapping[str, UUID],
    now: datetime,
) -> dict[str, UUID]:
    """Write the rows as they stood elsewhere, and give the centres' ids by code."""
    mark: dict[str, Any] = {"imported_from": take_over.source, "imported_on": take_over.sourced_on}
    centers = {row.code: row for row in rows if isinstance(row, TakenCenter)}
    ids = {code: new_id() for code in centers}
    session.add_all(_center(row, ids[code], orgs, mark, now) for code, row in centers.items())
    members = [row for row in rows if isinstance(row, TakenMember)]
    session.add_all(
        _membership(row, ids[row.code], centers[row.code], orgs, mark, now)
        for row in [*members, *_leads(centers.values(), members, orgs)]
    )
    session.add_all(
        StageChange(
            center_id=ids[row.code], from_stage=row.from_stage, to_stage=row.to_stage,
            reason=row.reason or take_over.source, doc_no=row.doc_no, cause=CAUSE,
            basis={"take_over_id": str(take_over.id), "source": take_over.source},
            person_id=actor.person_id, at=start_of(row.on),
        )
        for row in rows
        if isinstance(row, TakenStage)
    )  # fmt: skip
    session.add_all(
        # Version 0 of its year: what evaluation publishes itself comes after it.
        CenterRating(
            center_id=ids[row.code], kind=row.kind, year=row.year, version=0, rating=row.rating,
            total=row.total or "", result_hash=content_sha256(plain(asdict(row))), at=now, **mark,
        )
        for row in rows
        if isinstance(row, TakenRating)
    )  # fmt: skip
    return ids


def _center(
    row: TakenCenter,
    center_id: UUID,
    orgs: Mapping[str, UUID],
    mark: Mapping[str, Any],
    now: datetime,
) -> Center:
    entity_id = None if row.entity_uscc is None else orgs[row.entity_uscc]
    return Center(
        id=center_id,
        code=row.code,
        name=row.name,
        model_type=row.model_type,
        applicant_form=row.applicant_form,
        field_codes=list(row.field_codes),
        stage=row.stage,
        came_from=row.came_from,
        rectified_from=row.rectified_from,
        level=Level.NATIONAL if row.stage is Stage.NATIONAL else Level.MUNICIPAL,
        lead_sponsor_id=orgs[row.lead_uscc],
        legal_entity_id=entity_id,
        trustee_org_id=None if row.trustee_uscc is None else orgs[row.trustee_uscc],
        entity_due_on=row.entity_due_on,
        listed_on=row.listed_on,
        listing_doc_no=row.listing_doc_no,
        disclosed_at=now,
        created_at=now,
        **mark,
    )


def _leads(
    centers: Iterable[TakenCenter], members: Sequence[TakenMember], orgs: Mapping[str, UUID]
) -> list[TakenMember]:
    """Give the lead sponsors that no row names as members; a lead is one by itself."""
    named = {(row.code, orgs[row.uscc]) for row in members}
    return [
        TakenMember("member", row.code, row.lead_uscc, MembershipRole.LEAD, row.listed_on)
        for row in centers
        if (row.code, orgs[row.lead_uscc]) not in named and row.stage not in ENDED
    ]


def _membership(
    row: TakenMember,
    center_id: UUID,
    center: TakenCenter,
    orgs: Mapping[str, UUID],
    mark: Mapping[str, Any],
    now: datetime,
) -> Membership:
    return Membership(
        center_id=center_id,
        org_id=orgs[row.uscc],
        inviter_id=orgs[center.lead_uscc],
        role=row.role,
        chain_position=row.chain_position,
        state=rules.membership_state(row.left_on, center.stage, day_of(now)),
        invited_at=now,
        joined_on=row.joined_on,
        left_on=row.left_on,
        **mark,
    )
