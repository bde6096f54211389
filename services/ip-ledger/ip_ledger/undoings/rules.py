"""When money that was recorded wrongly is undone: once, by another person, while unspent."""

from datetime import date
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule

CORRECTIONS: Final = Rule("X07", "architecture 6")
FUNDING: Final = Rule("A094", "三(三)2-③")  # 多方协同、多元投资
FOUR_EYES: Final = Rule("X03", "architecture 8")


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
    """Check an undoing; tell all that is wrong with it.

    Money that paid for something is undone after that: what it paid for has to name other money.
    """
    return [
        FUNDING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=receives),
        FOUR_EYES.check(
            "SOD_VIOLATION", Kind.SCOPE, passed=recorded_by != undoing, held="recorder"
        ),
        CORRECTIONS.check("ALREADY_REVERSED", Kind.STATE, passed=not is_undone),
        FUNDING.check(
            "SOURCE_SPENT", Kind.STATE, passed=not spent_fen, left_fen=amount_fen - spent_fen
        ),
        CORRECTIONS.check(
            "REVERSAL_BEFORE_ORIGINAL",
            Kind.CONTENT,
            passed=received_on <= effective_on,
            pointer="/effective_on",
            original_on=received_on.isoformat(),
        ),
        CORRECTIONS.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=effective_on <= today,
            pointer="/effective_on",
            today=today.isoformat(),
        ),
    ]
