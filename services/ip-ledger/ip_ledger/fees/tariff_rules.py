"""How a tariff changes: as data, by two officials, from a day that lies ahead.

A fee is judged by the version in force on the day on which it falls due. What was paid stays as it
was judged; what is still owed is priced anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from ip_ledger.assets.rules import AssetKind
from ip_ledger.fees.rules import UPKEEP
from ip_ledger.fees.schedule_rules import (
    WITHOUT_FEES,
    CountedFrom,
    EndsWith,
    Relief,
    Schedule,
)
from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Rule

DUTIES: Final = Rule("X03", "delivery")


class TariffState(StrEnum):
    """Where a version of a tariff stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


class TariffEvent(StrEnum):
    """What moves a version of a tariff."""

    APPROVE = "approve"
    WITHDRAW = "withdraw"


# The whole machine: what is in force, or was once, is never edited.
MOVES: Final[Mapping[tuple[TariffState, TariffEvent], TariffState]] = {
    (TariffState.PROPOSED, TariffEvent.APPROVE): TariffState.IN_FORCE,
    (TariffState.PROPOSED, TariffEvent.WITHDRAW): TariffState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Tariff:
    """A version of an office's tariff, with its schedules as they are kept."""

    id: UUID
    jurisdiction: str
    law: str
    effective_from: date
    effective_until: date | None
    is_confirmed: bool
    reliefs: Mapping[str, int]
    schedules: Sequence[Mapping[str, Any]]


def schedules_of(tariffs: Sequence[Tariff], jurisdiction: str, kind: AssetKind) -> list[Schedule]:
    """Give the schedules of a kind of right at an office, the earliest version first."""
    return [
        _schedule(tariff, one)
        for tariff in sorted(tariffs, key=lambda tariff: tariff.effective_from)
        if tariff.jurisdiction == jurisdiction
        for one in tariff.schedules
        if one["kind"] == kind.value
    ]


def _schedule(tariff: Tariff, one: Mapping[str, Any]) -> Schedule:
    fees = one["fees"]
    amounts = {fee["number"]: fee["amount_fen"] for fee in fees if fee["amount_fen"] is not None}
    return Schedule(
        tariff_id=tariff.id,
        law=tariff.law,
        from_on=tariff.effective_from,
        until_on=tariff.effective_until,
        is_confirmed=tariff.is_confirmed,
        counted_from=CountedFrom(one["counted_from"]),
        months={fee["number"]: fee["after_months"] for fee in fees},
        grace_months=one["grace_months"],
        ends_with=EndsWith(one["ends_with"]),
        amounts_fen=amounts,
        surcharge=Fraction(one["surcharge_ppm"], WHOLE_PPM),
        relief_years=one["relief_years"],
        reliefs={Relief(key): Fraction(ppm, WHOLE_PPM) for key, ppm in tariff.reliefs.items()},
    )


def content_checks(schedules: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Check what a tariff says: each kind once, its fees in the order of their days."""
    kinds = [one["kind"] for one in schedules]
    checks = [
        UPKEEP.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            # What needs no renewal by law has no tariff.
            passed=kinds.count(kind) == 1 and AssetKind(kind) not in WITHOUT_FEES,
            pointer=f"/schedules/{place}/kind",
            field="kind",
        )
        for place, kind in enumerate(kinds)
    ]
    for place, one in enumerate(schedules):
        pairs = [(fee["number"], fee["after_months"]) for fee in one["fees"]]
        rising = all(
            before[0] < after[0] and before[1] < after[1] for before, after in pairwise(pairs)
        )
        checks.append(
            UPKEEP.check(
                "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=rising,
                pointer=f"/schedules/{place}/fees",
            )
        )  # fmt: skip
    return checks


def date_checks(effective_from: date, today: date, last_from: date | None) -> list[Check]:
    """Check that a version begins after today and after the last one began.

    The first of an office has nothing before it that would be judged anew, and begins when it will.
    """
    after = None if last_from is None else max(today, last_from)
    return [
        UPKEEP.check(
            "EFFECTIVE_TOO_EARLY",
            Kind.CONTENT,
            passed=after is None or effective_from > after,
            pointer="/effective_from",
            after=after.isoformat() if after else None,
        )
    ]


def approval_checks(state: TariffState, *, same_person: bool) -> list[Check]:
    """Check that another official than proposed a version lets it come into force (X03)."""
    return [
        DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=not same_person),
        UPKEEP.move(MOVES, state, TariffEvent.APPROVE),
    ]
