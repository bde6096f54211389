"""What is read of licenses and technology contracts, and who may see them."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.assets.tables import OwnershipLine
from ip_ledger.contracts.rules import CO_OWNERS, RECORDING, ContractKind, Standing, State
from ip_ledger.contracts.tables import (
    ContractCorrection,
    ContractProject,
    ContractState,
    License,
    LicenseConsent,
    TechContract,
)
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind

RECORD_LICENSE: Final = TaskKind(
    "record_license",
    "办理专利许可合同备案",
    "Have the license recorded with CNIPA",
    RECORDING,
    "POST",
    "/v1/ip-ledger/licenses/{id}/record",
)
CONSENT_TO_LICENSE: Final = TaskKind(
    "consent_to_license",
    "答复共有专利的许可",
    "Answer a license of a right that you co-own",
    CO_OWNERS,
    "POST",
    "/v1/ip-ledger/licenses/{id}/consents",
)


def _of_center(actor: Actor, day: date, center_id: Mapped[UUID]) -> ColumnElement[bool]:
    return exists().where(col(DirectoryCenter.id) == center_id, tenancy.belongs(actor, day))


def _visible_license(actor: Actor, day: date) -> ColumnElement[bool]:
    """Licensor and licensee keep seeing their license, also outside the centre (X04)."""
    if actor.is_official or actor.has("service"):
        return true()
    if actor.org_id is None:
        # Compared with NULL, a license to somebody outside the programme would be everybody's.
        return false()
    return or_(
        _of_center(actor, day, col(License.center_id)),
        col(License.licensor_id).in_(actor.org_ids),
        col(License.licensee_org_id).in_(actor.org_ids),
    )


def _visible_contract(actor: Actor, day: date) -> ColumnElement[bool]:
    if actor.is_official or actor.has("service"):
        return true()
    return or_(
        _of_center(actor, day, col(TechContract.center_id)),
        col(TechContract.party_org_id).in_(actor.org_ids),
    )


async def license_for_update(
    session: AsyncSession, actor: Actor, license_id: UUID, day: date
) -> License:
    """Load and lock a license that the actor may see, else NOT_FOUND."""
    statement = select(License).where(col(License.id) == license_id, _visible_license(actor, day))
    return found(await session.scalar(statement.with_for_update()))


async def visible_license(
    session: AsyncSession, actor: Actor, license_id: UUID, day: date
) -> License:
    """Give a license that the actor may see, else NOT_FOUND."""
    statement = select(License).where(col(License.id) == license_id, _visible_license(actor, day))
    return found(await session.scalar(statement))


def visible_licenses(
    actor: Actor, day: date, center_id: UUID | None, asset_id: UUID | None
) -> SelectOfScalar[License]:
    """Give the select of the licenses that the actor may see."""
    statement = select(License).where(_visible_license(actor, day))
    if center_id is not None:
        statement = statement.where(col(License.center_id) == center_id)
    if asset_id is not None:
        statement = statement.where(col(License.asset_id) == asset_id)
    return statement


async def consents_of(
    session: AsyncSession, license_ids: Sequence[UUID]
) -> dict[UUID, list[LicenseConsent]]:
    """Give the consents to licenses, in the order in which they came."""
    rows = await session.scalars(
        select(LicenseConsent)
        .where(col(LicenseConsent.license_id).in_(license_ids))
        .order_by(col(LicenseConsent.given_at), col(LicenseConsent.id))
    )
    grouped: dict[UUID, list[LicenseConsent]] = {license_id: [] for license_id in license_ids}
    for row in rows:
        grouped[row.license_id].append(row)
    return grouped


async def standing_licenses(session: AsyncSession, asset_id: UUID) -> list[Standing]:
    """Give an asset's licenses that are signed and not at their end."""
    rows = await session.scalars(
        select(License).where(
            col(License.asset_id) == asset_id,
            col(License.state).not_in((State.CONSENT_PENDING, State.TERMINATED, State.COMPLETED)),
        )
    )
    return [
        Standing(row.id, row.type, row.territory, row.effective_on, row.term_until) for row in rows
    ]


async def contract_for_update(
    session: AsyncSession, actor: Actor, contract_id: UUID, day: date
) -> TechContract:
    """Load and lock a technology contract that the actor may see, else NOT_FOUND."""
    statement = select(TechContract).where(
        col(TechContract.id) == contract_id, _visible_contract(actor, day)
    )
    return found(await session.scalar(statement.with_for_update()))


async def visible_contract(
    session: AsyncSession, actor: Actor, contract_id: UUID, day: date
) -> TechContract:
    """Give a technology contract that the actor may see, else NOT_FOUND."""
    statement = select(TechContract).where(
        col(TechContract.id) == contract_id, _visible_contract(actor, day)
    )
    return found(await session.scalar(statement))


def visible_contracts(
    actor: Actor,
    day: date,
    center_id: UUID | None,
    kind: ContractKind | None,
    state: State | None,
) -> SelectOfScalar[TechContract]:
    """Give the select of the technology contracts that the actor may see."""
    statement = select(TechContract).where(_visible_contract(actor, day))
    if center_id is not None:
        statement = statement.where(col(TechContract.center_id) == center_id)
    if kind is not None:
        statement = statement.where(col(TechContract.kind) == kind)
    if state is not None:
        statement = statement.where(col(TechContract.state) == state)
    return statement


async def contracts_by_reference(
    session: AsyncSession, org_id: UUID, keys: Sequence[tuple[UUID, str]]
) -> dict[tuple[UUID, str], TechContract]:
    """Give an organization's contracts that bear its references, by centre and reference."""
    rows = await session.scalars(
        select(TechContract).where(
            col(TechContract.submitted_by_org_id) == org_id,
            col(TechContract.center_id).in_({center_id for center_id, _ in keys}),
            col(TechContract.external_id).in_([reference for _, reference in keys]),
        )
    )
    return {(row.center_id, row.external_id): row for row in rows}


async def registered_numbers(
    session: AsyncSession, numbers: Sequence[str], but: UUID | None = None
) -> set[str]:
    """Give those of the numbers that a contract bears, or bore before it was corrected.

    A contract takes its own number up again: `but` it.
    """
    rows = await session.scalars(
        union_all(
            select(col(TechContract.registration_no)).where(
                col(TechContract.registration_no).in_(numbers),
                col(TechContract.id).is_distinct_from(but),
            ),
            select(col(ContractCorrection.former_registration_no)).where(
                col(ContractCorrection.former_registration_no).in_(numbers),
                col(ContractCorrection.contract_id).is_distinct_from(but),
            ),
        )
    )
    return {str(number) for number in rows}


async def corrections_of(session: AsyncSession, contract_id: UUID) -> list[ContractCorrection]:
    """Give the corrections of a contract, in their order."""
    rows = await session.scalars(
        select(ContractCorrection)
        .where(col(ContractCorrection.contract_id) == contract_id)
        .order_by(col(ContractCorrection.ordinal))
    )
    return list(rows)


async def last_ordinal(session: AsyncSession, contract_id: UUID) -> int:
    """Give the number of the newest state of a license or contract, 0 when there is none."""
    statement = select(func.max(col(ContractState.ordinal))).where(
        col(ContractState.contract_id) == contract_id
    )
    return await session.scalar(statement) or 0


async def source_center(session: AsyncSession, source_id: UUID) -> UUID | None:
    """Give the centre of a license or technology contract, whoever asks."""
    sources = union_all(
        select(col(License.center_id)).where(col(License.id) == source_id),
        select(col(TechContract.center_id)).where(col(TechContract.id) == source_id),
    )
    center_id: UUID | None = await session.scalar(sources)
    return center_id


async def linked(
    session: AsyncSession, center_id: UUID, external_id: str
) -> ContractProject | None:
    """Give the link of a centre's project that stands, if there is one."""
    return await session.scalar(
        select(ContractProject).where(
            col(ContractProject.center_id) == center_id,
            col(ContractProject.project_external_id) == external_id,
            col(ContractProject.withdrawn_at).is_(None),
        )
    )


async def link_of(session: AsyncSession, contract_id: UUID, link_id: UUID) -> ContractProject:
    """Load and lock a link of a contract, else NOT_FOUND; the contract's lock is held."""
    statement = select(ContractProject).where(
        col(ContractProject.id) == link_id, col(ContractProject.contract_id) == contract_id
    )
    return found(await session.scalar(statement.with_for_update()))


async def projects_of(
    session: AsyncSession, contract_ids: Sequence[UUID]
) -> Sequence[ContractProject]:
    """Give the links of contracts in the order in which they were made, ended ones included."""
    rows = await session.scalars(
        select(ContractProject)
        .where(col(ContractProject.contract_id).in_(contract_ids))
        .order_by(col(ContractProject.id))
    )
    return rows.all()


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the licenses that the caller has to have recorded, or to consent to (D11.4).

    Recording is its licensor's, and whoever's acts for the centre; consent each co-owner's who has
    not answered yet.
    """
    del today  # What is overdue stays until it is done.
    if actor.org_id is None or not actor.has("member"):
        return []
    acting = exists().where(
        col(DirectoryCenter.id) == col(License.center_id), tenancy.acts_for(actor.org_ids)
    )
    record = select(License).where(
        col(License.record_due_on).is_not(None),
        col(License.cnipa_recorded_on).is_(None),
        col(License.state).in_((State.SIGNED, State.REGISTERED, State.PERFORMING)),
        or_(acting, col(License.licensor_id).in_(actor.org_ids)),
    )
    given = exists().where(
        col(LicenseConsent.license_id) == col(License.id),
        col(LicenseConsent.org_id).in_(actor.org_ids),
    )
    owner = exists().where(
        col(OwnershipLine.version_id) == col(License.ownership_version_id),
        col(OwnershipLine.owner_id).in_(actor.org_ids),
    )
    consent = select(License).where(
        col(License.state) == State.CONSENT_PENDING,
        owner,
        ~given,
        col(License.licensor_id).not_in(actor.org_ids),
    )
    tasks = []
    for kind, statement, day in (
        (RECORD_LICENSE, record, True), (CONSENT_TO_LICENSE, consent, False),
    ):  # fmt: skip
        ordered = statement.order_by(col(License.record_due_on), col(License.id)).limit(MOST_TASKS)
        tasks += [
            Task(kind, row.id, row.center_id, row.record_due_on if day else None)
            for row in await session.scalars(ordered)
        ]
    return tasks
