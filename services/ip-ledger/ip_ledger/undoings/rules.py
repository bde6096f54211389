"""When money or a division is undone: once, by another person, while nothing of it is spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from ip_ledger.contributions.profit_rules import reserve_fen
from shared.rules import Check, Kind, Rule

CORRECTIONS: Final = Rule("X07", "delivery")
FUNDING: Final = Rule("A094", "三(三)2-③")  # 多方协同、多元投资
DIVISIONS: Final = Rule("A086", "三(三)1-④")  # 风险分担、利益共享机制
FOUR_EYES: Final = Rule("X03", "delivery")


@dataclass(frozen=True, slots=True)
class Divided:
    """A year's divided profit: what it put into the statutory reserve, and of which capital."""

    year: int
    profit_fen: int
    reserve_fen: int
    capital_fen: int


def undoing_checks(
    *,
    recorded_by: UUID,
    undoing: UUID,
    amount_fen: int,
    spent_fen: int,
    received_on: date,
    effective_on: date,
    today: date,
    receives: bool,
    is_undone: bool,
) -> list[Check]:
    """Check an undoing of money; tell all that is wrong with it.

    Money that paid for something is undone after that: what it paid for has to name other money.
    """
    return [
        FUNDING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=receives),
        *_once_checks(recorded_by, undoing, is_undone=is_undone),
        FUNDING.check(
            "SOURCE_SPENT", Kind.STATE, passed=not spent_fen, left_fen=amount_fen - spent_fen
        ),
        *_day_checks(received_on, effective_on, today),
    ]


def division_checks(
    *,
    recorded_by: UUID,
    undoing: UUID,
    resolved_on: date,
    effective_on: date,
    today: date,
    leads: bool,
    is_undone: bool,
    paid_out: Sequence[UUID],
) -> list[Check]:
    """Check an undoing of a division; tell all that is wrong with it.

    `paid_out` names the accounts that hold less than it put there: what was paid out of them is
    led back first, else the books would say that nobody ever was to get what somebody has got.
    """
    return [
        DIVISIONS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=leads),
        *_once_checks(recorded_by, undoing, is_undone=is_undone),
        DIVISIONS.check(
            "DIVISION_PAID_OUT",
            Kind.STATE,
            passed=not paid_out,
            account_ids=[str(account_id) for account_id in paid_out],
        ),
        *_day_checks(resolved_on, effective_on, today),
    ]


def paid_out(put: Mapping[UUID, int], left: Mapping[UUID, int]) -> list[UUID]:
    """Name the accounts on which less is left than was put there, holds taken off."""
    return sorted(account_id for account_id, fen in put.items() if left[account_id] < fen)


def reserves_moved(divided: Sequence[Divided], undone: int) -> list[int]:
    """Name the years whose reserve would have been another one without the division at `undone`.

    `divided` holds a centre's divisions in the order of their recording. A reserve stops at half of
    the capital, so that one division counts what the former ones put aside.
    """
    taken = divided[undone].reserve_fen
    return [
        one.year
        for place, one in enumerate(divided)
        if place > undone
        and one.reserve_fen
        != reserve_fen(
            one.profit_fen,
            sum(former.reserve_fen for former in divided[:place]) - taken,
            one.capital_fen,
        )
    ]


def _once_checks(recorded_by: UUID, undoing: UUID, *, is_undone: bool) -> list[Check]:
    return [
        FOUR_EYES.check(
            "SOD_VIOLATION", Kind.SCOPE, passed=recorded_by != undoing, held="recorder"
        ),
        CORRECTIONS.check("ALREADY_REVERSED", Kind.STATE, passed=not is_undone),
    ]


def _day_checks(original_on: date, effective_on: date, today: date) -> list[Check]:
    return [
        CORRECTIONS.check(
            "REVERSAL_BEFORE_ORIGINAL",
            Kind.CONTENT,
            passed=original_on <= effective_on,
            pointer="/effective_on",
            original_on=original_on.isoformat(),
        ),
        CORRECTIONS.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=effective_on <= today,
            pointer="/effective_on",
            today=today.isoformat(),
        ),
    ]
