"""Fields of industry, and calls."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.programme import queries, rules
from registry.programme.schemas import CallIn, FieldIn
from registry.programme.tables import Call, FieldEntry
from shared.auth import Actor
from shared.database import new_id
from shared.events import record
from shared.http.dependencies import version_checks
from shared.rules import Kind, require


async def open_field(session: AsyncSession, actor: Actor, field: FieldIn) -> FieldEntry:
    """Add a field of industry from a day on (A047); a code stands for one field for ever.

    Raises `Refused`: ALREADY_EXISTS.
    """
    taken = await queries.field_exists(session, field.code)
    require([rules.FIELD.check("ALREADY_EXISTS", Kind.STATE, passed=not taken, pointer="/code")])
    entry = FieldEntry.model_validate(field.model_dump())
    session.add(entry)
    record(session, actor, "field.opened", new_id(), code=entry.code, active_from=entry.active_from)
    return entry


async def retire_field(
    session: AsyncSession, actor: Actor, code: str, active_until: date, version: int
) -> FieldEntry:
    """Say on which day a field ends; what was applied for before stays (A047).

    Raises `Refused`: NOT_FOUND, VERSION_CONFLICT or DAYS_REVERSED.
    """
    entry = await queries.field_for_update(session, code)
    require(
        [
            *version_checks(entry.version, version),
            *rules.retirement_checks(entry.active_from, active_until),
        ]
    )
    entry.active_until = active_until
    entry.version += 1
    record(session, actor, "field.retired", new_id(), code=code, active_until=active_until)
    return entry


async def draft_call(session: AsyncSession, actor: Actor, call: CallIn, today: date) -> Call:
    """Draft a call; its fields are active and its materials known (A115)."""
    active = await queries.active_fields(session, today)
    known = await queries.code_table(session, "material-kinds")
    names = {entry.code: (entry.name_zh, entry.name_en) for entry in known}
    kinds = [material.kind for material in call.materials]
    window = rules.Window(call.open_from, call.open_until, call.soft_window)
    require(
        [
            *rules.field_checks(call.field_codes, active),
            *rules.material_checks(kinds, names),
            *rules.window_order_checks(window),
        ]
    )
    drafted = Call(
        state=rules.CallState.DRAFT,
        materials=[
            {
                "kind": material.kind,
                "name_zh": names[material.kind][0],
                "name_en": names[material.kind][1],
                "required": material.required,
            }
            for material in call.materials
        ],
        **call.model_dump(exclude={"materials"}),
    )
    session.add(drafted)
    record(session, actor, "call.drafted", drafted.id, title=drafted.title)
    return drafted


async def publish_call(session: AsyncSession, actor: Actor, call_id: UUID, today: date) -> Call:
    """Publish a drafted call, so that applications may name it (A115)."""
    call = await _move(session, call_id, rules.CallEvent.PUBLISH)
    call.published_on = today
    record(session, actor, "call.published", call.id, title=call.title)
    return call


async def close_call(session: AsyncSession, actor: Actor, call_id: UUID) -> Call:
    """Close a published call; the rolling one stays open (A159).

    Raises `Refused`: NOT_FOUND or STATE_CONFLICT.
    """
    call = await _move(session, call_id, rules.CallEvent.CLOSE)
    require([rules.ROLLING.check("STATE_CONFLICT", Kind.STATE, passed=not call.is_default)])
    record(session, actor, "call.closed", call.id)
    return call


async def _move(session: AsyncSession, call_id: UUID, event: rules.CallEvent) -> Call:
    call = await queries.call_for_update(session, call_id)
    require(rules.move_checks(call.state, event))
    call.state = rules.MOVES[call.state, event]
    call.version += 1
    return call
