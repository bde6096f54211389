"""What is wanted of the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from registry.products.right_rules import Right
from registry.products.rules import Candidate, Contract


@dataclass(frozen=True, slots=True)
class NewCall:
    """A year's call: the last day to nominate, the last day its catalogue holds."""

    year: int
    title: str
    cut_off_on: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Nomination:
    """A product to nominate; without a maker the acting organization's own."""

    call_id: UUID
    center_id: UUID
    maker_org_id: UUID | None
    name: str
    description: str
    claim: Candidate
    evidence: Sequence[UUID]
    # What the ip-ledger has under the numbers of its patents.
    rights: Mapping[str, Right] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A first-purchase contract to enter."""

    product_id: UUID
    contract: Contract
    buyer_name: str
    amount_fen: int
