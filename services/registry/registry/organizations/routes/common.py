"""What every address of organizations shares: who may call, and how rows are shown."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from registry.organizations import queries
from registry.organizations.rules import StatementState, holds_on
from registry.organizations.schemas import (
    OrganizationEntryOut,
    OrganizationOut,
    OrganizationStatementOut,
    QualificationOut,
    shown,
)
from registry.organizations.tables import Organization, OrganizationEntry, Qualification
from shared.http import Router

EVERYONE: Final = ("member", "expert", "official", "agency", "service")
OPEN: Final = "every signed-in caller sees every entry"
OWN: Final = "own organization, or any for officials"
OFFICIALS: Final = "officials"

organizations = Router(prefix="/v1/registry/organizations", tags=["organizations"])


async def organizations_shown(
    session: AsyncSession, rows: Sequence[Organization]
) -> list[OrganizationOut]:
    """Show organizations with what they have stated and nobody has verified yet."""
    stated = await queries.open_statements_of(session, [row.id for row in rows])
    return [
        OrganizationOut.model_validate({**row.model_dump(), "stated": stated.get(row.id, [])})
        for row in rows
    ]


async def organization_shown(session: AsyncSession, row: Organization) -> OrganizationOut:
    """Show one organization."""
    return (await organizations_shown(session, [row]))[0]


def entry_shown(entry: OrganizationEntry) -> OrganizationEntryOut:
    """Show an entry."""
    return OrganizationEntryOut.model_validate(
        {
            **entry.model_dump(),
            "values": shown(entry.field_values),
            "stated": shown(entry.stated),
        }
    )


def statement_shown(
    entry: OrganizationEntry, decision: OrganizationEntry | None
) -> OrganizationStatementOut:
    """Show a statement with what became of it."""
    decided = decision is not None and decision.decision is not None
    state = StatementState(decision.decision.value) if decided else StatementState.STATED  # type: ignore[union-attr]  # decided says so
    return OrganizationStatementOut.model_validate(
        {
            **entry.model_dump(),
            "state": state,
            "values": shown(entry.stated),
            "verified_by": None if decision is None else decision.verified_by,
            "decided_at": None if decision is None else decision.recorded_at,
            "decision_basis": None if decision is None else decision.basis,
            "reason": None if decision is None else decision.reason,
            "due_again_on": None if decision is None else decision.due_again_on,
        }
    )


def qualification_shown(row: Qualification, today: date) -> QualificationOut:
    """Show a paper, and whether it holds today."""
    valid = holds_on(row.state, row.valid_from, row.valid_to, row.revoked_on, today)
    return QualificationOut.of(row, valid=valid)
