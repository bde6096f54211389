"""What membership earns: a year's pool by the agreement's shares of benefit (A086).

Shares of membership end with it, and ownership does not: a member that left shares to its last day,
by the days of the year or by the day of each income, whichever method the agreement names.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ip_ledger.agreements.rules import ExitMethod
from ip_ledger.distributions import exit_rules
from shared.rules import Check, Kind, Rule

BENEFITS: Final = Rule("A086", "三(三)1-④")  # 风险分担、利益共享机制
CONSORTIUM: Final = Rule("A053", "三(二)")


@dataclass(frozen=True, slots=True)
class Pool:
    """A year's pool: what came in, on which day; all days lie in the year."""

    year: int
    incomes: tuple[tuple[date, int], ...]

    @property
    def total_fen(self) -> int:
        """Give all of it."""
        return sum(amount_fen for _, amount_fen in self.incomes)


@dataclass(frozen=True, slots=True)
class Membership:
    """A party's shares of benefit, in the order of the signed text, and last days of who left."""

    shares_ppm: Mapping[UUID, int]
    last_days: Mapping[UUID, date]
    order: Sequence[UUID]

    def stays_on(self, day: date) -> bool:
        """Tell whether a day finds anybody with a share."""
        return any(
            ppm and not (party in self.last_days and self.last_days[party] < day)
            for party, ppm in self.shares_ppm.items()
        )


def divided(pool: Pool, membership: Membership, method: ExitMethod) -> dict[UUID, int]:
    """Divide a pool by the shares of benefit, to the 分 (C7-5)."""
    shares, last, order = membership.shares_ppm, membership.last_days, membership.order
    if method is ExitMethod.DAY_WEIGHTED:
        return exit_rules.day_weighted(pool.total_fen, pool.year, shares, last, order)
    return exit_rules.event_dated(pool.incomes, shares, last, order)


def pool_checks(
    pool: Pool, resolved_on: date, today: date, *, leads: bool, has_legal_entity: bool
) -> list[Check]:
    """Check a pool as it is reported: by whom, of one year, received already, and decided on."""
    strange = [
        place for place, (day, _) in enumerate(pool.incomes)
        if day.year != pool.year or day > resolved_on
    ]  # fmt: skip
    return [
        BENEFITS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads),
        CONSORTIUM.check("CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=has_legal_entity),
        BENEFITS.check(
            "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=not strange,
            pointer=f"/incomes/{strange[0]}/received_on" if strange else None,
        ),
        BENEFITS.check(
            "DAY_IN_FUTURE", Kind.CONTENT, passed=resolved_on <= today, pointer="/resolved_on",
            today=today.isoformat(),
        ),
    ]  # fmt: skip


def membership_checks(membership: Membership | None, days: Collection[date]) -> list[Check]:
    """Check that an agreement says who shares, and that each day finds somebody who does."""
    if membership is None:
        return [BENEFITS.check("IP_AGREEMENT_MISSING", Kind.STATE, passed=False)]
    whole = sum(membership.shares_ppm.values())
    nobody = sorted(day.isoformat() for day in days if not membership.stays_on(day))
    return [
        BENEFITS.check("BENEFIT_SHARES_MISSING", Kind.STATE, passed=bool(whole), days=nobody),
        BENEFITS.check(
            "BENEFIT_SHARES_MISSING", Kind.STATE, passed=not whole or not nobody, days=nobody
        ),
    ]


def days_of(pool: Pool, method: ExitMethod) -> set[date]:
    """Give the days on which somebody has to share: of each income, or the year's last one."""
    if method is ExitMethod.DAY_WEIGHTED:
        return {date(pool.year, 12, 31)}
    return {day for day, _ in pool.incomes}
