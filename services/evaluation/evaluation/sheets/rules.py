"""Score sheets: declared, scored alone, submitted once; and what sheets come to together (C6)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Policy, Rule

SHEETS: Final = Rule("A121", "四(三)2")
RECUSAL: Final = Rule("X08", "四(三)2")
HUNDREDTHS: Final = 100


class State(StrEnum):
    """Where a sheet is; `recused` and `voided` are ends that free the seat."""

    ASSIGNED = "assigned"
    DECLARED = "declared"
    DRAFTING = "drafting"
    SUBMITTED = "submitted"
    RECUSED = "recused"
    VOIDED = "voided"


class Event(StrEnum):
    """What happens to a sheet."""

    DECLARE = "declare"
    RECUSE = "recuse"
    SAVE = "save"
    SUBMIT = "submit"
    VOID = "void"


ENDS: Final = frozenset({State.RECUSED, State.VOIDED})
# A submitted sheet leaves its state only by being voided: what was scored never changes (I6).
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.ASSIGNED, Event.DECLARE): State.DECLARED,
    (State.ASSIGNED, Event.RECUSE): State.RECUSED,
    (State.ASSIGNED, Event.VOID): State.VOIDED,
    (State.DECLARED, Event.RECUSE): State.RECUSED,
    (State.DECLARED, Event.SAVE): State.DRAFTING,
    (State.DECLARED, Event.VOID): State.VOIDED,
    (State.DRAFTING, Event.RECUSE): State.RECUSED,
    (State.DRAFTING, Event.SAVE): State.DRAFTING,
    (State.DRAFTING, Event.SUBMIT): State.SUBMITTED,
    (State.DRAFTING, Event.VOID): State.VOIDED,
    (State.SUBMITTED, Event.VOID): State.VOIDED,
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A score that an expert gave: 0 to 100, at most two decimals."""

    indicator: str
    score: Decimal
    comment: str = ""


@dataclass(frozen=True, slots=True)
class SheetScores:
    """A sheet that counts: whose it is and what it says, by indicator."""

    sheet_id: UUID
    expert_id: UUID
    person_id: UUID
    scores: Mapping[str, Decimal]
    comments: Mapping[str, str]


def move_checks(state: State, event: Event) -> list[Check]:
    """Check that the sheet may take this step now."""
    return [
        SHEETS.check(
            "STATE_CONFLICT", Kind.STATE, passed=(state, event) in MOVES, state=state.value
        )
    ]


def declining_checks(state: State) -> list[Check]:
    """Check that a seat may be declined: a sheet that was handed in goes only by being voided."""
    passed = state is not State.SUBMITTED
    return [SHEETS.check("STATE_CONFLICT", Kind.STATE, passed=passed, state=state.value)]


def declared_checks(state: State) -> list[Check]:
    """Check that the expert has declared before looking at or writing on the sheet (X08)."""
    return [RECUSAL.check("DECLARATION_MISSING", Kind.SCOPE, passed=state is not State.ASSIGNED)]


def item_checks(indicators: Sequence[str], items: Sequence[Scored]) -> list[Check]:
    """Check that each score is for an indicator of the sheet, and each indicator stands once."""
    named = [item.indicator for item in items]
    return [
        SHEETS.check(
            "INDICATOR_UNKNOWN",
            Kind.CONTENT,
            passed=item.indicator in indicators and named.index(item.indicator) == place,
            pointer=f"/items/{place}/indicator",
            expected=list(indicators),
        )
        for place, item in enumerate(items)
    ]


def complete_checks(indicators: Sequence[str], scored: Collection[str]) -> list[Check]:
    """Check that no item of the sheet is blank (A121)."""
    missing = [indicator for indicator in indicators if indicator not in scored]
    return [SHEETS.check("SHEET_INCOMPLETE", Kind.CONTENT, passed=not missing, missing=missing)]


def enough_checks(policy: Policy, count: int) -> list[Check]:
    """Check that enough valid sheets are there for a mean (C6)."""
    least = int(policy.value("A121", "min_sheets"))
    rule = policy.rule("A121")
    return [rule.check("SHEETS_TOO_FEW", Kind.STATE, passed=count >= least, count=count, min=least)]


def handed_in_checks(waiting: Sequence[UUID]) -> list[Check]:
    """Check that every expert who sits has scored, so that nobody picks whose sheets count (C6)."""
    named = sorted(str(sheet_id) for sheet_id in waiting)
    return [
        SHEETS.check("SHEETS_WAITING", Kind.STATE, passed=not named, count=len(named), sheets=named)
    ]


def filled_checks(vacant: Sequence[str]) -> list[Check]:
    """Check that every seat that its expert declined or left is filled again (A120).

    One whose sheet was voided need not be: the sheets that are left count without it (C6).
    """
    fields = sorted(vacant)
    return [SHEETS.check("PANEL_INCOMPLETE", Kind.STATE, passed=not fields, missing=fields)]


def sheet_mean(scores: Sequence[Decimal]) -> Fraction:
    """Give the exact mean of one sheet's scores; at least one is needed."""
    return sum((Fraction(score) for score in scores), Fraction(0)) / len(scores)


def expert_mean(values: Sequence[Decimal | Fraction], trim_from: int = 5) -> Fraction:
    """Give the exact mean of what experts gave (C6).

    From `trim_from` values on, one highest and one lowest are left out; fewer give their plain
    mean. Whether there are enough is `enough_checks`'s to say; no value at all is an error here.
    """
    exact, below = _whole(values)
    return _mean(sorted(exact), below, trim_from)


def means_without_one(values: Sequence[Decimal | Fraction], trim_from: int = 5) -> list[Fraction]:
    """Give the expert mean without each one value in turn; there are at least two."""
    exact, below = _whole(values)
    ordered = sorted(exact)
    found = []
    for one in exact:
        rest = ordered.copy()
        rest.remove(one)
        found.append(_mean(rest, below, trim_from))
    return found


def _whole(values: Sequence[Decimal | Fraction]) -> tuple[list[int], int]:
    """Bring values over one denominator: integers sort and add in a tenth of the time."""
    ratios = [value.as_integer_ratio() for value in values]
    below = lcm(*(one for _, one in ratios))
    return [above * (below // one) for above, one in ratios], below


def _mean(ordered: Sequence[int], below: int, trim_from: int) -> Fraction:
    counted = ordered[1:-1] if len(ordered) >= trim_from else ordered
    return Fraction(sum(counted), below * len(counted))


def rounded(value: Fraction) -> Decimal:
    """Round half up to 0.01, from the exact fraction: no earlier rounding can tip it."""
    hundredths = (value.numerator * HUNDREDTHS * 2 + value.denominator) // (value.denominator * 2)
    return (Decimal(hundredths) / HUNDREDTHS).quantize(Decimal("0.01"), ROUND_HALF_UP)


def panel_passes(mean: Decimal | None, line: Decimal | None) -> bool | None:
    """Tell whether a rounded mean reaches the pass line, which itself passes; `None` without."""
    return None if mean is None or line is None else mean >= line
