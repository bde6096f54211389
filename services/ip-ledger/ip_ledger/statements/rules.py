"""What a payee was shared out in a year, and whether the books say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line of a run that was paid in the year; a reversing run's amounts are negative."""

    line_id: UUID
    run_id: UUID
    center_id: UUID
    center_name: str
    asset_id: UUID
    asset_title: str
    event_id: UUID
    received_on: date
    paid_on: date
    net_fen: int
    ppm: int
    amount_fen: int
    currency: str
    reverses: bool


@dataclass(frozen=True, slots=True)
class StatementReward:
    """What the payee came to owe its inventors of these lines."""

    reward_id: UUID
    run_id: UUID
    event_id: UUID
    paid_on: date
    rule: str
    rate_ppm: int
    floor_fen: int
    amount_fen: int
    currency: str


@dataclass(frozen=True, slots=True)
class BookedYear:
    """What a centre's books say of the payee's account: sums of postings, all of them positive.

    `opening_fen` and `closing_fen` are what the centre owed the payee before and after the year;
    `paid_by_runs_fen` is the money that runs moved, which the lines must come to.
    """

    account_id: UUID
    center_id: UUID
    center_name: str
    currency: str
    opening_fen: int
    credits_fen: int
    debits_fen: int
    paid_by_runs_fen: int

    @property
    def closing_fen(self) -> int:
        """Give what was owed at the end of the year."""
        return self.opening_fen + self.credits_fen - self.debits_fen


@dataclass(frozen=True, slots=True)
class Statement:
    """A payee's year, line by line, beside the books."""

    payee_id: UUID
    payee_name: str
    year: int
    lines: Sequence[StatementLine]
    rewards: Sequence[StatementReward]
    books: Sequence[BookedYear]

    @property
    def totals(self) -> dict[str, tuple[int, int]]:
        """Give what was shared out and what is owed to inventors, by currency."""
        sums: dict[str, tuple[int, int]] = {}
        for line in self.lines:
            shared, owed = sums.get(line.currency, (0, 0))
            sums[line.currency] = (shared + line.amount_fen, owed)
        for reward in self.rewards:
            shared, owed = sums.get(reward.currency, (0, 0))
            sums[reward.currency] = (shared, owed + reward.amount_fen)
        return dict(sorted(sums.items()))

    @property
    def agrees(self) -> bool:
        """Tell whether lines and books say the same, centre by centre and currency by currency."""
        told: dict[tuple[UUID, str], int] = {}
        for line in self.lines:
            key = (line.center_id, line.currency)
            told[key] = told.get(key, 0) + line.amount_fen
        booked = {(one.center_id, one.currency): one.paid_by_runs_fen for one in self.books}
        return all(told.get(key, 0) == booked.get(key, 0) for key in {*told, *booked})


def days_of(year: int) -> tuple[date, date]:
    """Give the first and the last day of a year."""
    return date(year, 1, 1), date(year, 12, 31)
