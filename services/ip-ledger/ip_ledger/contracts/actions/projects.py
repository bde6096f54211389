"""Tying a contract of commissioned research to the registry's projects that it pays for."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.contracts import project_rules, queries
from ip_ledger.contracts.project_rules import Ordering, Project
from ip_ledger.contracts.tables import ContractProject, TechContract
from shared.auth import Actor
from shared.events import record
from shared.rules import found, require


async def link(
    session: AsyncSession,
    actor: Actor,
    contract_id: UUID,
    project: Project | None,
    *,
    now: datetime,
    today: date,
) -> ContractProject:
    """Tie a project to the contract that ordered it (A089).

    `project` is what the registry told before this transaction, none when it has no such project;
    what was told stays with the link. Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE,
    PROJECT_UNKNOWN, PROJECT_MISMATCH, SOURCE_SUPERSEDED, ALREADY_EXISTS or STATE_CONFLICT.
    """
    contract = await queries.contract_for_update(session, actor, contract_id, today)
    linked = None
    if project is not None and project.center_id == contract.center_id:
        linked = await queries.linked(session, contract.center_id, project.external_id)
    require(
        project_rules.link_checks(
            _ordering(contract),
            project,
            may_write=await _may_write(session, actor, contract, today),
            is_linked=linked is not None,
        )
    )
    project = found(project)
    row = ContractProject(
        center_id=contract.center_id,
        contract_id=contract.id,
        project_fact_id=project.fact_id,
        project_external_id=project.external_id,
        title=project.title,
        project_sha256=project.sha256,
        linked_by=actor.person_id,
        linked_at=now,
    )
    session.add(row)
    await session.flush()
    _tell(session, actor, row, "linked")
    return row


async def unlink(
    session: AsyncSession,
    actor: Actor,
    contract_id: UUID,
    link_id: UUID,
    reason: str,
    *,
    now: datetime,
    today: date,
) -> ContractProject:
    """Take back a link that was made wrongly; it stays to be read (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE or STATE_CONFLICT.
    """
    contract = await queries.contract_for_update(session, actor, contract_id, today)
    row = await queries.link_of(session, contract.id, link_id)
    require(
        project_rules.unlink_checks(
            may_write=await _may_write(session, actor, contract, today),
            stands=row.withdrawn_at is None,
        )
    )
    row.withdrawn_at, row.reason = now, reason
    await session.flush()
    _tell(session, actor, row, "unlinked", reason)
    return row


async def _may_write(
    session: AsyncSession, actor: Actor, contract: TechContract, today: date
) -> bool:
    return bool(await tenancy.centers_for_writing(session, actor, [contract.center_id], today))


def _ordering(contract: TechContract) -> Ordering:
    names = {contract.external_id, contract.registration_no, str(contract.id)}
    return Ordering(
        contract.center_id,
        contract.state,
        contract.is_commissioned_rd,
        {name for name in names if name is not None},
    )


def _tell(
    session: AsyncSession, actor: Actor, row: ContractProject, name: str, reason: str | None = None
) -> None:
    record(
        session, actor, f"contract.project_{name}", row.id, center_id=row.center_id,
        reason=reason, contract_id=row.contract_id, project_fact_id=row.project_fact_id,
    )  # fmt: skip
