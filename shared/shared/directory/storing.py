"""Writing the copy: an older entry never overwrites a newer one."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.directory.tables import (
    DirectoryCenter,
    DirectoryDay,
    DirectoryMembership,
    DirectoryPolicy,
)

CENTER: Final = (
    "code", "name", "stage", "model_type", "applicant_form", "legal_entity_id", "lead_sponsor_id",
    "trustee_org_id", "listed_on",
)  # fmt: skip
ORGANIZATION: Final = {
    "uscc": "text",
    "name": "text",
    "org_type": "text",
    "legal_person_kind": "text",
    "region_code": "text",
    "is_sme": "boolean",
    "parent_uscc": "text",
    "registered_on": "date",
    "successor_id": "uuid",
}
# One statement and one parameter, however many entries: an import brings a hundred thousand.
# An entry of the same position may say more: days of founding came to entries later than they did,
# and what an old event leaves out is not forgotten.
STORE_ORGANIZATIONS: Final = text(
    f"""
    INSERT INTO directory_organization AS kept (id, position, {", ".join(ORGANIZATION)})
    SELECT id, position, {", ".join(ORGANIZATION)}
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (
            id uuid, position bigint, {", ".join(f"{n} {kind}" for n, kind in ORGANIZATION.items())}
        )
    ON CONFLICT (id) DO UPDATE SET
        position = excluded.position,
        {", ".join(f"{n} = excluded.{n}" for n in ORGANIZATION if n != "registered_on")},
        registered_on = coalesce(excluded.registered_on, kept.registered_on)
    WHERE kept.position <= excluded.position
    """  # noqa: S608 - constants of this module
)
DAYS: Final = frozenset(
    {"day", "listed_on", "joined_on", "left_on", "effective_from", "effective_to"}
)


def _typed(name: str, value: Any) -> Any:  # noqa: ANN401 - a JSON value of an entry
    if value is None:
        return None
    if name in DAYS:
        return date.fromisoformat(value)
    return UUID(value) if name == "id" or name.endswith("_id") else value


def _fields(entry: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _typed(name, entry.get(name)) for name in names}


async def store_center(session: AsyncSession, entry: Mapping[str, Any], position: int) -> None:
    """Keep a centre's entry with its memberships, unless a newer one is kept."""
    values = {"id": UUID(entry["id"]), "position": position, **_fields(entry, CENTER)}
    statement = insert(DirectoryCenter).values(values)
    written = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: statement.excluded[name] for name in (*CENTER, "position")},
            where=col(DirectoryCenter.position) < position,
        ).returning(col(DirectoryCenter.id))
    )
    if written is None:
        return
    await session.execute(
        delete(DirectoryMembership).where(col(DirectoryMembership.center_id) == values["id"])
    )
    rows = [
        {
            "center_id": values["id"],
            **_fields(member, ("id", "org_id", "role", "state", "joined_on", "left_on")),
        }
        for member in entry["memberships"]
    ]
    if rows:
        await session.execute(insert(DirectoryMembership), rows)


async def store_organization(
    session: AsyncSession, entry: Mapping[str, Any], position: int
) -> None:
    """Keep an organization's entry, unless a newer one is kept."""
    await store_organizations(session, [(entry, position)])


async def store_organizations(
    session: AsyncSession, told: Sequence[tuple[Mapping[str, Any], int]]
) -> None:
    """Keep the entries of organizations, each another one's, unless a newer one is kept."""
    rows = [{**entry, "position": position} for entry, position in told]
    await session.execute(STORE_ORGANIZATIONS, {"rows": json.dumps(rows, ensure_ascii=False)})


async def store_policy(session: AsyncSession, entry: Mapping[str, Any]) -> None:
    """Keep a policy version; a later text of the same version replaces it."""
    names = ("effective_from", "effective_to")
    values = {
        "version": entry["version"],
        "clauses": entry["clauses"],
        "parameters": entry["parameters"],
        **_fields(entry, names),
    }
    statement = insert(DirectoryPolicy).values(values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["version"],
            set_={name: statement.excluded[name] for name in (*names, "clauses", "parameters")},
        )
    )


async def store_days(
    session: AsyncSession, days: Sequence[Mapping[str, Any]], position: int
) -> None:
    """Keep declared days; an older declaration never overwrites a newer one."""
    if not days:
        return
    statement = insert(DirectoryDay).values(
        [
            {
                "day": _typed("day", day["day"]),
                "is_working": day["is_working"],
                "position": position,
            }
            for day in days
        ]
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["day"],
            set_={name: statement.excluded[name] for name in ("is_working", "position")},
            where=col(DirectoryDay.position) < position,
        )
    )
