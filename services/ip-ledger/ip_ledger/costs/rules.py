"""What may be spent on a right and out of which money, and how it comes back in what it earns.

Money is followed exactly, in whole 分 and in both directions: what a source paid for, what of an
income goes back to it, and what nobody can tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from shared.money import largest_remainder
from shared.rules import Check, Kind, Rule

COSTS: Final = Rule("A094", "三(三)2-③")  # 多方协同、多元投资
CORRECTIONS: Final = Rule("X07", "delivery")
TRUST: Final = Rule("A053", "三(二)")


class CostKind(StrEnum):
    """What the money was spent on."""

    RESEARCH = "research"
    FILING = "filing"
    UPKEEP = "upkeep"
    TRIAL = "trial"
    OTHER = "other"


class SourceKind(StrEnum):
    """What sort of money it was."""

    CONTRIBUTION = "contribution"
    FUNDING = "funding"


@dataclass(frozen=True, slots=True)
class SourceMoney:
    """Money that came in: a payment of a contribution, or a record of funding.

    `in_kind` money is things: it pays for what it is, and never out of the cash.
    """

    source_id: UUID
    kind: SourceKind
    received_fen: int
    received_on: date
    in_kind: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part of a cost that a source pays."""

    source_id: UUID
    amount_fen: int


def source_checks(
    amount_fen: int,
    drawn: Sequence[Drawn],
    sources: Mapping[UUID, SourceMoney],
    spent: Mapping[UUID, int],
    spent_on: date,
) -> list[Check]:
    """Check out of which money a cost is paid: all that is wrong with each source.

    `spent` is what has been spent of each source already.
    """
    total = sum(one.amount_fen for one in drawn)
    checks = [
        COSTS.check(
            "COST_EXCEEDED",
            Kind.CONTENT,
            passed=total <= amount_fen,
            pointer="/sources",
            sources_fen=total,
        )
    ]
    named: set[UUID] = set()
    for place, one in enumerate(drawn):
        where = f"/sources/{place}"
        known = sources.get(one.source_id)
        left = 0 if known is None else known.received_fen - spent.get(one.source_id, 0)
        checks += [
            COSTS.check(
                "SOURCE_UNKNOWN", Kind.CONTENT, passed=known is not None,
                pointer=f"{where}/source_id",
            ),
            COSTS.check(
                "PARTY_REPEATED", Kind.CONTENT, passed=one.source_id not in named,
                pointer=f"{where}/source_id", org_ids=[str(one.source_id)],
            ),
            COSTS.check(
                "SOURCE_SPENT", Kind.STATE, passed=known is None or one.amount_fen <= left,
                pointer=f"{where}/amount", left_fen=left,
            ),
            COSTS.check(
                "SPENT_BEFORE_RECEIVED", Kind.CONTENT,
                passed=known is None or known.received_on <= spent_on,
                pointer=f"{where}/source_id",
                received_on=known.received_on.isoformat() if known else None,
            ),
        ]  # fmt: skip
        named.add(one.source_id)
    return checks


def cost_checks(
    spent_on: date, today: date, *, leads: bool, has_holder: bool, is_repeated: bool
) -> list[Check]:
    """Check that who acts for the centre writes down what was spent, once, and by somebody."""
    return [
        COSTS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads),
        COSTS.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=spent_on <= today, pointer="/spent_on",
            today=today.isoformat(),
        ),
        COSTS.check(
            "EXTERNAL_ID_MISMATCH", Kind.STATE, passed=not is_repeated, pointer="/external_id"
        ),
        TRUST.check("CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=has_holder),
    ]  # fmt: skip


def undoing_checks(
    effective_on: date, today: date, *, leads: bool, undoes: bool, is_undone: bool
) -> list[Check]:
    """Check that a cost is undone once, and that what undoes one stays."""
    return [
        COSTS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads),
        CORRECTIONS.check("REVERSAL_OF_REVERSAL", Kind.STATE, passed=not undoes),
        CORRECTIONS.check("ALREADY_REVERSED", Kind.STATE, passed=not is_undone),
        CORRECTIONS.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=effective_on <= today, pointer="/effective_on",
            today=today.isoformat(),
        ),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spent:
    """A cost of a right: how much of it each source paid; what none paid is nobody's."""

    cost_id: UUID
    asset_id: UUID
    spent_on: date
    amount_fen: int
    parts: Mapping[UUID, int]

    @property
    def unattributed_fen(self) -> int:
        """Give what no source is known to have paid."""
        return self.amount_fen - sum(self.parts.values())


def attributed(net_fen: int, paid: Mapping[UUID | None, int]) -> dict[UUID | None, int]:
    """Share an income among those who paid for its right, by what each paid, to the 分.

    `None` stands for money of nobody known. The parts sum to the income exactly; of a right on
    which nothing was spent before, nobody can be told to have earned anything. Spare units go by
    the largest remainder, then by the id.
    """
    whole = sum(paid.values())
    if not whole:
        return {None: net_fen} if net_fen else {}
    order = sorted(paid, key=lambda source_id: (source_id is None, str(source_id)))
    quotas = [Fraction(net_fen * paid[source_id], whole) for source_id in order]
    return dict(zip(order, largest_remainder(net_fen, quotas, range(len(order))), strict=True))
