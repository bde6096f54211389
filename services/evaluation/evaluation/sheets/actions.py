"""Declaring, scoring, submitting and voiding; and what follows when the last sheet is in."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evaluation.cycles import actions as cycles
from evaluation.cycles import queries as case_queries
from evaluation.cycles.rules import score_checks
from evaluation.duties import actions as duties
from evaluation.duties import queries as duty_queries
from evaluation.duties.rules import Capacity, SubjectType, separation_checks
from evaluation.experts import queries as expert_queries
from evaluation.panels import actions as panels
from evaluation.panels import queries as panel_queries
from evaluation.panels import rules as panel_rules
from evaluation.panels.schemas import SeatAnswerIn
from evaluation.panels.tables import Panel, SeatAnswer
from evaluation.sheets import queries, rules
from evaluation.sheets.queries import Seated
from evaluation.sheets.tables import ScoreItem, ScoreSheet
from shared.auth import Actor
from shared.directory import policy_on
from shared.events import record
from shared.events.recording import content_sha256
from shared.rules import Check, Policy, found, require


async def answer(
    session: AsyncSession, actor: Actor, seat_id: UUID, body: SeatAnswerIn, now: datetime
) -> SeatAnswer:
    """Let an expert take a seat or decline it with a reason, once; declined, it is vacated (A121).

    He may decline while he drafts; what he handed in goes by being voided alone.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT.
    """
    seated = await queries.own_seat_for_update(session, actor, seat_id)
    panel, seat = seated.panel, seated.seat
    before = await panel_queries.answer_of(session, seat.id)
    require(
        [
            *panel_rules.seat_checks(vacated=seat.vacated_at is not None),
            *panel_rules.answer_checks(panel.state, answered=before is not None),
            *([] if body.accepted else rules.declining_checks(seated.sheet.state)),
        ]
    )
    given = SeatAnswer(seat_id=seat.id, accepted=body.accepted, reason=body.reason, answered_at=now)
    session.add(given)
    record(
        session, actor, "panel.seat_accepted" if body.accepted else "panel.seat_declined",
        panel.id, case_id=panel.subject_id, panel_id=panel.id, seat_id=seat.id,
        reason=body.reason,
    )  # fmt: skip
    await session.flush()
    if not body.accepted:
        await panels.vacate(session, actor, panel, seat, now)
    return given


async def declare(
    session: AsyncSession,
    actor: Actor,
    sheet_id: UUID,
    *,
    conflict: bool,
    statement: str,
    now: datetime,
    today: date,
) -> Seated:
    """Declare interests (X08). With a conflict the expert leaves and the seat becomes vacant.

    Without one, the ties on record are judged again: a known conflict cannot be declared away.
    Raises `Refused`: NOT_FOUND, SOD_VIOLATION, COI_…, STATE_CONFLICT.
    """
    seated = await queries.own_for_update(session, actor, sheet_id)
    event = rules.Event.RECUSE if conflict else rules.Event.DECLARE
    barred = [] if conflict else await _conflict_checks(session, seated, today)
    require([*barred, *_seat_checks(seated), *rules.move_checks(seated.sheet.state, event)])
    sheet = seated.sheet
    sheet.state = rules.MOVES[sheet.state, event]
    sheet.conflict = conflict
    sheet.statement = statement
    sheet.declared_at = now
    _record(session, actor, seated, "sheet.recused" if conflict else "sheet.declared")
    await session.flush()
    if conflict:
        await panels.vacate(session, actor, seated.panel, seated.seat, now)
    return seated


async def save_items(
    session: AsyncSession,
    actor: Actor,
    sheet_id: UUID,
    items: Sequence[rules.Scored],
    today: date,
) -> Seated:
    """Put the items of a draft in place of those before; items may be missing until submission.

    Raises `Refused`: NOT_FOUND, DECLARATION_MISSING, SOD_VIOLATION, COI_…, INDICATOR_UNKNOWN,
    STATE_CONFLICT.
    """
    seated = await queries.own_for_update(session, actor, sheet_id)
    sheet = seated.sheet
    require(
        [
            *rules.declared_checks(sheet.state),
            *await _conflict_checks(session, seated, today),
            *rules.item_checks(seated.panel.indicators, items),
            *_seat_checks(seated),
            *rules.move_checks(sheet.state, rules.Event.SAVE),
            *await _subject_checks(session, seated.panel),
        ]
    )
    sheet.state = rules.MOVES[sheet.state, rules.Event.SAVE]
    await session.flush()
    await queries.clear_items(session, sheet.id)
    session.add_all(
        ScoreItem(
            sheet_id=sheet.id, indicator=item.indicator, score=item.score, comment=item.comment
        )
        for item in items
    )
    _record(session, actor, seated, "sheet.saved")
    await session.flush()
    return seated


async def submit(
    session: AsyncSession, actor: Actor, sheet_id: UUID, now: datetime, today: date
) -> Seated:
    """Submit a sheet for good; the last one of a panel completes the review (A121).

    Raises `Refused`: NOT_FOUND, DECLARATION_MISSING, SOD_VIOLATION, COI_…, SHEET_INCOMPLETE,
    STATE_CONFLICT.
    """
    seated = await queries.own_for_update(session, actor, sheet_id)
    sheet = seated.sheet
    items = await queries.items_of(session, [sheet.id])
    require(
        [
            *rules.declared_checks(sheet.state),
            *await _conflict_checks(session, seated, today),
            *rules.complete_checks(seated.panel.indicators, [item.indicator for item in items]),
            *_seat_checks(seated),
            *rules.move_checks(sheet.state, rules.Event.SUBMIT),
            *await _subject_checks(session, seated.panel),
        ]
    )
    sheet.state = rules.MOVES[sheet.state, rules.Event.SUBMIT]
    sheet.submitted_at = now
    sheet.content_hash = _content_hash(sheet, items)
    panel = seated.panel
    await duties.enter(session, actor, panel.subject_type, panel.subject_id, Capacity.SCORER)
    _record(session, actor, seated, "sheet.submitted", capacity=Capacity.SCORER)
    await session.flush()
    await _complete(session, actor, panel, now, today)
    return seated


async def void(
    session: AsyncSession, actor: Actor, sheet_id: UUID, reason: str, now: datetime, today: date
) -> Seated:
    """Void a sheet, submitted or not; it stays readable and its seat becomes vacant (X08).

    Of a completed panel the review is computed again from the sheets left, or is open again when
    too few are left. Raises `Refused`: NOT_FOUND, SOD_VIOLATION, STATE_CONFLICT.
    """
    seated = await queries.any_for_update(session, actor, sheet_id)
    sheet, panel = seated.sheet, seated.panel
    counted = sheet.state is rules.State.SUBMITTED
    people = await duty_queries.people_of(session, panel.subject_type, panel.subject_id)
    require(
        [
            *separation_checks(people, actor.person_id, Capacity.REVIEWER),
            # What was handed in can be taken out whatever became of its seat.
            *([] if counted else _seat_checks(seated)),
            *rules.move_checks(sheet.state, rules.Event.VOID),
        ]
    )
    sheet.state = rules.MOVES[sheet.state, rules.Event.VOID]
    sheet.voided_at = now
    sheet.void_reason = reason
    await session.flush()
    if seated.seat.vacated_at is None:
        await panels.vacate(session, actor, panel, seated.seat, now)
    await duties.enter(session, actor, panel.subject_type, panel.subject_id, Capacity.REVIEWER)
    await _judge_again(session, panel, today)
    _record_void(session, actor, seated, reason)
    await session.flush()
    if counted and panel.subject_type is SubjectType.CASE:
        await cycles.scores_changed(session, actor, panel.subject_id)
    return seated


def _seat_checks(seated: Seated) -> list[Check]:
    """Check that the seat is still held; a sheet that came to an end says so itself."""
    gone = seated.seat.vacated_at is not None and seated.sheet.state not in rules.ENDS
    return panel_rules.seat_checks(vacated=gone)


async def _conflict_checks(session: AsyncSession, seated: Seated, today: date) -> list[Check]:
    """Judge the expert again on what is known now; no other service is asked (X08)."""
    policy = await policy_on(session, today)
    subject = await panel_queries.subject_of(session, seated.panel)
    known = await expert_queries.candidates(session, [seated.seat.expert_id])
    return panel_rules.standing_checks(policy, subject, known[seated.seat.expert_id], today)


async def _subject_checks(session: AsyncSession, panel: Panel) -> list[Check]:
    """Check that a case still takes scores; an application waits for its panel anyway."""
    if panel.subject_type is not SubjectType.CASE:
        return []
    case = found(await case_queries.case_of(session, panel.subject_id))
    return score_checks(case.state, case.reopenings, panel.round)


async def _complete(
    session: AsyncSession, actor: Actor, panel: Panel, now: datetime, today: date
) -> None:
    """Complete the panel when every seat's sheet is in; its lock makes this happen once."""
    seats = await panel_queries.seats_of(session, [panel.id])
    scores = await queries.scores_of_panel(session, panel.id)
    waiting = {seat.id for seat in seats if seat.vacated_at is None}
    waiting -= {sheet.sheet_id for sheet in scores}
    if waiting or (panel.state, panel_rules.Event.COMPLETE) not in panel_rules.MOVES:
        return
    panel.state = panel_rules.MOVES[panel.state, panel_rules.Event.COMPLETE]
    panel.completed_at = now
    policy = await policy_on(session, today)
    await _enter_result(session, panel, policy, scores)
    record(
        session,
        actor,
        "review.completed",
        panel.id,
        case_id=panel.subject_id,
        version=panel.version,
        hash=panel.hash,
        **_result(panel),
        scorers=sorted(str(sheet.person_id) for sheet in scores),
    )


async def _judge_again(session: AsyncSession, panel: Panel, today: date) -> None:
    """Compute a completed review from the sheets left, or open it when they are too few."""
    if panel.state is not panel_rules.State.COMPLETED:
        return
    policy = await policy_on(session, today)
    scores = await queries.scores_of_panel(session, panel.id)
    if all(check.passed for check in rules.enough_checks(policy, len(scores))):
        await _enter_result(session, panel, policy, scores)
        return
    panel.state = panel_rules.MOVES[panel.state, panel_rules.Event.REOPEN]
    panel.completed_at = panel.mean = panel.sheets_hash = None


async def _enter_result(
    session: AsyncSession, panel: Panel, policy: Policy, scores: Sequence[rules.SheetScores]
) -> None:
    sheets = await queries.sheets_of(session, [sheet.sheet_id for sheet in scores])
    panel.sheets_hash = content_sha256(
        [[sheet_id, sheets[sheet_id].content_hash] for sheet_id in sorted(sheets, key=str)]
    )
    if panel.subject_type is SubjectType.CASE:
        # A case is scored leaf by leaf, over its sheets; one mean of all would mean nothing.
        return
    means = [rules.sheet_mean(list(sheet.scores.values())) for sheet in scores]
    trim_from = int(policy.value("A121", "trim_from"))
    panel.mean = rules.rounded(rules.expert_mean(means, trim_from))


def _result(panel: Panel) -> dict[str, Any]:
    return {
        "subject_type": panel.subject_type,
        "subject_id": panel.subject_id,
        "panel_id": panel.id,
        "mean": None if panel.mean is None else f"{panel.mean:.2f}",
        "pass_line": None if panel.pass_line is None else f"{panel.pass_line:.2f}",
        "passed": rules.panel_passes(panel.mean, panel.pass_line),
        "sheets_hash": panel.sheets_hash,
    }


def _content_hash(sheet: ScoreSheet, items: Sequence[ScoreItem]) -> str:
    return content_sha256(
        [sheet.id, [[item.indicator, f"{item.score:.2f}", item.comment] for item in items]]
    )


def _record(
    session: AsyncSession,
    actor: Actor,
    seated: Seated,
    event: str,
    capacity: Capacity | None = None,
) -> None:
    """Record a step of a sheet; no score leaves the service with an event."""
    panel, seat = seated.panel, seated.seat
    record(
        session,
        actor,
        event,
        seat.id,
        case_id=panel.subject_id,
        capacity=capacity,
        subject_type=panel.subject_type,
        subject_id=panel.subject_id,
        panel_id=panel.id,
        sheet_id=seat.id,
        expert_id=seat.expert_id,
        content_hash=seated.sheet.content_hash,
    )


def _record_void(session: AsyncSession, actor: Actor, seated: Seated, reason: str) -> None:
    panel = seated.panel
    record(
        session,
        actor,
        "sheet.voided",
        seated.seat.id,
        case_id=panel.subject_id,
        capacity=Capacity.REVIEWER,
        reason=reason,
        sheet_id=seated.seat.id,
        expert_id=seated.seat.expert_id,
        version=panel.version,
        hash=panel.hash,
        **_result(panel),
    )
