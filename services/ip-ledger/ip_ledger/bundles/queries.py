"""What of the log concerns one payee: its lines, and the totals of the runs that they are of."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy import select as rows_of
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger.agreements.tables import AgreementParty, AgreementSignature
from ip_ledger.distributions.rules import total_record_id
from ip_ledger.distributions.tables import DistributionLine
from ip_ledger.log.tables import LogLeaf, LogOpening, LogRecord
from ip_ledger.losses.tables import LossLine
from ip_ledger.party_keys.rules import revocation_id
from ip_ledger.party_keys.tables import PartyKey


class Proven(NamedTuple):
    """A record of the tree: its id, kind, stored bytes and place."""

    record_id: UUID
    kind: str
    body: bytes
    leaf_index: int


async def records_of(
    session: AsyncSession, org_id: UUID, tree_size: int, most: int
) -> list[Proven]:
    """Give the records of a payee's lines under a signed tree, their runs' totals, its agreements.

    At most one more than `most`, in the order of the tree.
    """
    lines = rows_of(col(DistributionLine.id)).where(col(DistributionLine.payee_id) == org_id)
    losses = rows_of(col(LossLine.id)).where(col(LossLine.party_id) == org_id)
    agreements = rows_of(col(AgreementParty.agreement_id)).where(
        col(AgreementParty.org_id) == org_id
    )
    runs = await session.scalars(
        rows_of(col(DistributionLine.run_id))
        .where(col(DistributionLine.payee_id) == org_id)
        .distinct()
        .limit(most + 1)
    )
    totals = [total_record_id(run_id) for run_id in runs]
    keys = await _key_records(session, org_id, most)
    record_id = col(LogRecord.id)
    statement = (
        rows_of(record_id, col(LogRecord.kind), col(LogRecord.body), col(LogLeaf.leaf_index))
        .join(LogLeaf, col(LogLeaf.record_id) == record_id)
        .where(
            or_(
                record_id.in_(lines),
                record_id.in_(losses),
                record_id.in_(totals),
                record_id.in_(agreements),
                record_id.in_(keys),
            ),
            col(LogLeaf.leaf_index) < tree_size,
        )
        .order_by(col(LogLeaf.leaf_index))
        .limit(most + 1)
    )
    return [Proven(*row) for row in await session.execute(statement)]


async def _key_records(session: AsyncSession, org_id: UUID, most: int) -> list[UUID]:
    """Name the records of the keys that signed a party's agreements: their first and last days."""
    of_party = rows_of(col(AgreementParty.agreement_id)).where(col(AgreementParty.org_id) == org_id)
    used = rows_of(col(AgreementSignature.key_id)).where(
        col(AgreementSignature.agreement_id).in_(of_party)
    )
    rows = await session.execute(
        rows_of(col(PartyKey.id), col(PartyKey.revoked_from))
        .where(col(PartyKey.id).in_(used))
        .limit(most + 1)
    )
    found: list[UUID] = []
    for key_id, revoked_from in rows:
        found.append(key_id)
        if revoked_from is not None:
            found.append(revocation_id(key_id, revoked_from))
    return found


async def openings_of(
    session: AsyncSession, record_ids: Sequence[UUID]
) -> dict[UUID, list[LogOpening]]:
    """Give what opens records' sealed fields and has not been erased, by record."""
    found: dict[UUID, list[LogOpening]] = {record_id: [] for record_id in record_ids}
    rows = await session.scalars(
        rows_of(LogOpening)
        .where(col(LogOpening.record_id).in_(record_ids))
        .order_by(col(LogOpening.record_id), col(LogOpening.name))
    )
    for row in rows:
        found[row.record_id].append(row)
    return found
