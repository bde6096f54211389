"""A loss is borne by risk shares, and never by ownership (A086, 民法典858)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Rule
from shared.shares import Part, allocate

RISKS: Final = Rule("A086", "三(三)1-④ · 民法典858")  # 风险分担


@dataclass(frozen=True, slots=True)
class RiskTerms:
    """What the agreement in force says of risks; parties in the order of the signed text."""

    agreement_id: UUID
    parties: tuple[UUID, ...]
    risk_ppm: Mapping[UUID, int]


def loss_checks(terms: RiskTerms | None, occurred_on: date, today: date) -> list[Check]:
    """Check that the agreement of the day says who bears what; without it nothing is divided."""
    agreed = terms is not None and sum(terms.risk_ppm.values()) == WHOLE_PPM
    return [
        RISKS.check("IP_AGREEMENT_MISSING", Kind.STATE, passed=agreed, clause="risk_sharing"),
        RISKS.past(occurred_on, today, "/occurred_on"),
    ]


def borne(amount_fen: int, terms: RiskTerms) -> Sequence[Part[UUID]]:
    """Divide a loss to the 分; ties go by the party's place in the signed text."""
    order = [party for party in terms.parties if party in terms.risk_ppm]
    return allocate(amount_fen, [(party, terms.risk_ppm[party]) for party in order], order=order)
