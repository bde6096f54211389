"""Following money: from what came in, to what it was spent on, to what that earned and who got it.

Pure: costs, income and payouts in, sums out. Every split is in whole 分 and exact both ways: the
parts of a cost or of an income sum to it, and what a source got over all of them is the sum of its
parts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from uuid import UUID

from ip_ledger.costs.rules import Spent, attributed


@dataclass(frozen=True, slots=True)
class Earned:
    """An income of a right, net, and what of it has been paid to whom so far."""

    event_id: UUID
    asset_id: UUID
    received_on: date
    net_fen: int
    paid: Mapping[UUID, int]
    trustee_id: UUID | None = None

    @property
    def unpaid_fen(self) -> int:
        """Give what nobody has been paid yet."""
        return self.net_fen - sum(self.paid.values())


Row = TypeVar("Row", Spent, Earned)


@dataclass(frozen=True, slots=True)
class Followed(Generic[Row]):
    """A cost or an income with its parts by source; `None` is money of nobody known."""

    row: Row
    parts: Mapping[UUID | None, int]

    def within(self, scope: Collection[UUID] | None) -> int:
        """Give what of it belongs to some sources; without a scope all of it."""
        if scope is None:
            return sum(self.parts.values())
        return sum(part for source_id, part in self.parts.items() if source_id in scope)


def costs_followed(costs: Iterable[Spent]) -> list[Followed[Spent]]:
    """Give each cost by source, what none paid under `None`."""
    followed = []
    for cost in costs:
        parts: dict[UUID | None, int] = {}
        _add(parts, cost)
        followed.append(Followed(cost, {key: part for key, part in parts.items() if part}))
    return followed


def income_followed(costs: Sequence[Spent], income: Sequence[Earned]) -> list[Followed[Earned]]:
    """Share each income among those who had paid for its right by the day on which it came in.

    The days are walked once: what was spent by one income's day is what counts for it.
    """
    waiting = sorted(costs, key=lambda cost: cost.spent_on)
    spent: dict[UUID, dict[UUID | None, int]] = {}
    parts, at = {}, 0
    for one in sorted(income, key=lambda event: event.received_on):
        while at < len(waiting) and waiting[at].spent_on <= one.received_on:
            _add(spent.setdefault(waiting[at].asset_id, {}), waiting[at])
            at += 1
        paid = {key: sum_ for key, sum_ in spent.get(one.asset_id, {}).items() if sum_ > 0}
        parts[one.event_id] = attributed(one.net_fen, paid)
    return [Followed(one, parts[one.event_id]) for one in income]


def _add(total: dict[UUID | None, int], cost: Spent) -> None:
    for source_id, part in cost.parts.items():
        total[source_id] = total.get(source_id, 0) + part
    total[None] = total.get(None, 0) + cost.unattributed_fen


def sums_by_source(rows: Iterable[Followed[Any]]) -> dict[UUID | None, int]:
    """Sum up parts by source over many costs or incomes."""
    total: dict[UUID | None, int] = {}
    for row in rows:
        for source_id, part in row.parts.items():
            total[source_id] = total.get(source_id, 0) + part
    return total


def masked(
    parts: Mapping[UUID | None, int], seen: Collection[UUID]
) -> tuple[dict[UUID, int], int, int]:
    """Give the parts of sources that one may see, what others paid, and what is nobody's."""
    own = {source_id: part for source_id, part in parts.items() if source_id in seen}
    nobody = parts.get(None, 0)
    return (
        {source_id: part for source_id, part in own.items() if source_id is not None},
        sum(parts.values()) - sum(own.values()) - nobody,
        nobody,
    )
