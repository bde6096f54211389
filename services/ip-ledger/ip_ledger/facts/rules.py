"""What a fact of the ledger is: an envelope around a contract, an asset or a contribution."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID


class LedgerFactKind(StrEnum):
    """Which of the ledger's records a fact tells about."""

    TECH_CONTRACT = "tech_contract"
    ASSET = "asset"
    CONTRIBUTION = "contribution"


@dataclass(frozen=True, slots=True)
class Statement:
    """A record as it stands: what happened, when, and as whose record.

    `supersedes_id` is the fact that told about the same record before, if there is one.
    """

    subject_id: UUID
    center_id: UUID
    kind: LedgerFactKind
    occurred_on: date
    payload: Mapping[str, Any]
    external_id: str | None = None
    submitted_by_org_id: UUID | None = None
    evidence: tuple[str, ...] = ()
