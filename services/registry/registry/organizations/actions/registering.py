"""How organizations come into the register, one or many."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries, rules
from registry.organizations.actions.commands import NewValues
from registry.organizations.actions.keeping import (
    announce,
    due_day,
    entry_of,
    full_name,
    now_of,
    origin_of,
)
from registry.organizations.actions.knowing import Entered, Foretold, Stored
from registry.organizations.rules import EntrySource
from registry.organizations.tables import Organization
from shared.auth import Actor
from shared.codes import uscc
from shared.database import new_id
from shared.events import EventRow, record, record_many
from shared.events.recording import plain
from shared.events.resources import made_part
from shared.http.batches import Before, Outcome, Row, RowResult
from shared.rules import Check, require

# One statement and one parameter, however many rows. Who is entered by another transaction
# meanwhile is left out here, and told by what comes back.
INSERT_MANY: Final = text(
    """
    WITH sent AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (
            id uuid, uscc text, name text, org_type text, legal_person_kind text,
            region_code text, registered_on date, industry_code text, is_sme boolean,
            is_leading boolean, is_backbone boolean, chain_position text,
            tech_center_level text, parent_uscc text,
            entry_id uuid, name_id uuid, search_key text, held jsonb
        )
    ), entered AS (
        INSERT INTO organization (
            id, version, uscc, name, org_type, legal_person_kind, region_code, registered_on,
            industry_code, is_sme, is_leading, is_backbone, chain_position, tech_center_level,
            parent_uscc
        )
        SELECT id, 1, uscc, name, org_type, legal_person_kind, region_code, registered_on,
               industry_code, is_sme, is_leading, is_backbone, chain_position, tech_center_level,
               parent_uscc
          FROM sent
        ON CONFLICT (uscc) DO NOTHING
        RETURNING id
    ), named AS (
        INSERT INTO organization_name (id, org_id, name, kind, language, from_on, search_key)
        SELECT name_id, id, name, 'full', 'zh', registered_on, search_key
          FROM sent WHERE id IN (SELECT id FROM entered)
    ), kept AS (
        INSERT INTO organization_entry (
            id, org_id, version, field_values, stated, valid_from, recorded_at, source, stated_by,
            verified_by, due_again_on
        )
        SELECT entry_id, id, 1, held, CAST('{}' AS jsonb), registered_on, :at, :source, :person,
               :person, :due
          FROM sent WHERE id IN (SELECT id FROM entered)
    )
    SELECT id FROM entered
    """
)


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """An organization to enter: its code as it was written, and every field of its entry."""

    uscc: str
    fields: Mapping[str, Any]

    @property
    def code(self) -> str:
        """Give the code as it is stored."""
        return uscc.normalized(self.uscc)

    @property
    def parent(self) -> str | None:
        """Give the owner's code as it is stored."""
        named: str | None = self.fields["parent_uscc"]
        return None if named is None else uscc.normalized(named)

    @property
    def told(self) -> dict[str, Any]:
        """Give all that is said of it, plain."""
        told: dict[str, Any] = plain({**self.fields, "parent_uscc": self.parent})
        return told


async def register(
    session: AsyncSession, actor: Actor, entry: NewOrganization, today: date
) -> Organization:
    """Enter an organization: an official any, a member the legal person that it founds (A051).

    A flag that a member raises is only stated: it counts once an official has verified it.

    Raises `Refused`: USCC_FORMAT, USCC_CHECK_DIGIT, CODE_UNKNOWN, DAY_IN_FUTURE,
    OWNERSHIP_CYCLE, ALREADY_EXISTS.
    """
    existing = await queries.organization_by_uscc(session, entry.uscc)
    owners = await Stored(session).owners({entry.parent} if entry.parent else set())
    require(_checks(entry, today, None if existing is None else existing.id, owners))
    official = actor.has("handler")
    held, stated = rules.counted({**entry.fields, "parent_uscc": entry.parent}, official=official)
    organization = Organization(
        uscc=entry.code, registered_by_org_id=None if official else actor.org_id, **held
    )
    session.add(organization)
    # The row goes first, so that a twin's code is refused before anything is announced.
    await session.flush()
    due = await due_day(session, None, today) if official and _flagged(held) else None
    new = NewValues(
        {"uscc": entry.code, **held}, valid_from=organization.registered_on, due_again_on=due
    )
    session.add(entry_of(session, actor, organization, new, origin_of(actor), stated))
    session.add(full_name(organization.id, organization.name, organization.registered_on))
    await session.flush()
    record(
        session,
        actor,
        "organization.registered",
        organization.id,
        after=organization.model_dump(),
        uscc=organization.uscc,
        stated=sorted(stated),
    )
    announce(session, actor, organization)
    return organization


async def register_many(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[NewOrganization]], today: date
) -> list[RowResult]:
    """Enter a set of organizations by officials: each row judged as if it came alone.

    A code that has an entry of the same content is a duplicate; another content is refused.
    """
    results, entered = await _judged(rows, today, Stored(session))
    written = await _enter(session, actor, entered, today)
    return [_settled(result, written) for result in results]


async def foretell_many(
    session: AsyncSession, rows: Sequence[Row[NewOrganization]], today: date, before: Before
) -> list[RowResult]:
    """Tell what entering a set would answer after those foretold before; enter nothing."""
    known = Foretold(session, before)
    results, entered = await _judged(rows, today, known)
    await known.keep({one.code: Entered(org_id, one.told) for org_id, one in entered})
    return results


async def _judged(
    rows: Sequence[Row[NewOrganization]], today: date, known: Stored
) -> tuple[list[RowResult], list[tuple[UUID, NewOrganization]]]:
    """Judge rows, each after those before it, and give what is to be entered, with its id."""
    there = await known.entries({row.value.code for row in rows})
    owners = await known.owners({row.value.parent for row in rows if row.value.parent})
    results: list[RowResult] = []
    entered: list[tuple[UUID, NewOrganization]] = []
    for row in rows:
        entry, told = row.value, row.value.told
        first = there.get(entry.code)
        if first is not None and first.says(told):
            results.append(RowResult(row.index, Outcome.DUPLICATE, id=first.id))
            continue
        taken = None if first is None else first.id
        failed = [check for check in _checks(entry, today, taken, owners) if check.refuses]
        if failed:
            results.append(RowResult(row.index, Outcome.FAILED, checks=tuple(failed)))
            continue
        made = Entered(new_id(), told)
        there[entry.code] = made
        if entry.parent is not None:
            owners[entry.code] = entry.parent
        entered.append((made.id, entry))
        results.append(RowResult(row.index, Outcome.CREATED, id=made.id))
    return results, entered


def _checks(
    entry: NewOrganization, today: date, existing_id: UUID | None, owners: Mapping[str, str]
) -> list[Check]:
    fields = entry.fields
    return [
        *rules.entry_checks(entry.uscc, fields["region_code"], fields["registered_on"], today),
        *rules.parent_checks(entry.parent),
        *rules.cycle_checks(entry.code, entry.parent, owners),
        *rules.unique_checks(existing_id),
    ]


def _flagged(held: Mapping[str, Any]) -> bool:
    return any(held[flag] for flag in rules.FLAGS)


async def _enter(
    session: AsyncSession,
    actor: Actor,
    entries: Sequence[tuple[UUID, NewOrganization]],
    today: date,
) -> set[UUID]:
    if not entries:
        return set()
    rows = {org_id: _row(org_id, entry) for org_id, entry in entries}
    values = {
        "rows": json.dumps(list(rows.values()), ensure_ascii=False),
        "at": now_of(session),
        "source": EntrySource.BATCH.value,
        "person": actor.person_id,
        "due": await due_day(session, None, today),
    }
    written = set((await session.scalars(INSERT_MANY, values)).all())
    fresh = [row for org_id, row in rows.items() if org_id in written]
    registered = [
        EventRow(
            UUID(row["id"]),
            None,
            {"uscc": row["uscc"]},
            resource=made_part(Organization, {**row, "version": 1}),
        )
        for row in fresh
    ]
    await record_many(session, actor, "organization.registered", registered)
    announced = [EventRow(UUID(row["id"]), None, {"entry": _directory(row)}) for row in fresh]
    await record_many(session, actor, "directory.organization", announced)
    return written


def _row(org_id: UUID, entry: NewOrganization) -> dict[str, Any]:
    held = plain({"uscc": entry.code, **entry.fields, "parent_uscc": entry.parent})
    return {
        "id": str(org_id),
        "entry_id": str(new_id()),
        "name_id": str(new_id()),
        "search_key": rules.search_key(held["name"]),
        "held": held,
        **held,
    }


def _directory(row: Mapping[str, Any]) -> dict[str, Any]:
    names = (
        "id", "uscc", "name", "org_type", "legal_person_kind", "is_sme", "region_code",
        "parent_uscc", "registered_on",
    )  # fmt: skip
    return {**{name: row[name] for name in names}, "successor_id": None}


def _settled(result: RowResult, written: set[UUID]) -> RowResult:
    """Tell a row whose code another transaction entered meanwhile that it came second."""
    if result.outcome is not Outcome.CREATED or result.id in written:
        return result
    taken = tuple(check for check in rules.unique_checks(result.id) if check.refuses)
    return RowResult(result.index, Outcome.FAILED, checks=taken)


__all__ = ["NewOrganization", "foretell_many", "register", "register_many"]
