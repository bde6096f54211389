"""How a year's profit of a centre's company is divided among its shareholders (公司法210).

What counts is what stood at the end of the resolution's day: later promises, payments and losses
belong to later resolutions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final
from uuid import UUID

from ip_ledger.contributions.rules import balance_on
from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Rule

PROFITS: Final = Rule("A086", "三(三)1-④ · 公司法210")
RESERVE_PPM: Final = 100_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """One promise of equity: from which day it stands, and what was paid and lost of it, by day."""

    org_id: UUID
    agreed_on: date
    committed_fen: int
    paid: tuple[tuple[date, int], ...] = ()
    lost: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Shareholder:
    """A member's capital: what it promised and what it has paid in."""

    org_id: UUID
    subscribed_fen: int
    paid_fen: int


def shareholders_on(subscriptions: Sequence[Subscription], day: date) -> list[Shareholder]:
    """Give who holds capital at the end of a day, in the order in which they come.

    Whoever promised later is none yet, and whoever lost all that it promised is none any more.
    """
    subscribed: dict[UUID, int] = {}
    paid: dict[UUID, int] = {}
    for one in subscriptions:
        if one.agreed_on > day:
            continue
        stood = balance_on(one.committed_fen, (), one.paid, day, one.lost)
        held = stood.committed_fen - stood.forfeited_fen
        subscribed[one.org_id] = subscribed.get(one.org_id, 0) + held
        paid[one.org_id] = paid.get(one.org_id, 0) + stood.paid_fen
    return [Shareholder(org_id, held, paid[org_id]) for org_id, held in subscribed.items() if held]


def reserve_fen(profit_fen: int, reserve_before_fen: int, capital_fen: int) -> int:
    """Give what goes to the statutory reserve: a tenth, until it is half of the capital."""
    room = max(0, capital_fen // 2 - reserve_before_fen)
    return min(-(-profit_fen * RESERVE_PPM // WHOLE_PPM), room)


def profit_checks(
    holders: Sequence[Shareholder],
    agreed: Sequence[tuple[UUID, int]] | None,
    *,
    consent_attached: bool,
    consents: Sequence[UUID],
) -> list[Check]:
    """Check a division of profit: by capital paid in, or as all shareholders agreed (D12.9).

    `agreed` is as it was sent: each shareholder stands in it once at most.
    """
    paid = sum(one.paid_fen for one in holders)
    missing = [str(one.org_id) for one in holders if one.org_id not in consents]
    named = [org_id for org_id, _ in agreed or ()]
    total = sum(ppm for _, ppm in agreed or ())
    unknown = sorted({str(i) for i in named} - {str(one.org_id) for one in holders})
    repeated = sorted({str(org_id) for org_id in named if named.count(org_id) > 1})
    return [
        PROFITS.check("CAPITAL_MISSING", Kind.STATE, passed=paid > 0),
        PROFITS.check(
            "CONSENT_MISSING",
            Kind.STATE,
            passed=agreed is None or (consent_attached and not missing),
            pointer="/consents",
            orgs=missing,
            decided_by="law",
        ),
        PROFITS.check(
            "SHARES_NOT_100", Kind.CONTENT, passed=agreed is None or total == WHOLE_PPM,
            pointer="/shares", sum_ppm=total,
        ),
        PROFITS.check(
            "PARTY_UNKNOWN", Kind.CONTENT, passed=not unknown, pointer="/shares", org_ids=unknown
        ),
        PROFITS.check(
            "PARTY_REPEATED", Kind.CONTENT, passed=not repeated, pointer="/shares", org_ids=repeated
        ),
    ]  # fmt: skip


def profit_quotas(
    pool_fen: int, holders: Sequence[Shareholder], agreed: Mapping[UUID, int] | None
) -> dict[UUID, Fraction]:
    """Give each shareholder's exact part: unpaid capital earns nothing by law."""
    if agreed is not None:
        return {
            one.org_id: Fraction(pool_fen * agreed.get(one.org_id, 0), WHOLE_PPM) for one in holders
        }
    paid = sum(one.paid_fen for one in holders)
    return {one.org_id: Fraction(pool_fen * one.paid_fen, paid) for one in holders}
