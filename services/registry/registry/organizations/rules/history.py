"""What was true of an organization on a day, as far as it was known at an instant.

The register is written by adding: each entry says some values, from which day they hold, and
until which. Of the entries that speak of a day, the one entered last is right; an earlier one is
never changed, so that what was believed at any instant can be told again (X07).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from registry.organizations.rules.vocabulary import DUTIES, HISTORY, TENANCY, VerificationDecision
from shared.rules import Check, Kind

FLAGS: Final = ("is_sme", "is_leading", "is_backbone")
# A firm declares by law itself that it is small; its word holds until an official corrects it.
SELF_DECLARED: Final = ("is_sme",)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """Some values of an organization, the days for which they hold, and when that was entered."""

    id: UUID
    version: int
    values: Mapping[str, Any]
    valid_from: date
    valid_until: date | None
    recorded_at: datetime

    def covers(self, day: date) -> bool:
        """Tell whether the entry speaks of a day; both ends are included."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Segment:
    """One value of one field: from a day to a day, both included; `None` means until further."""

    field: str
    value: Any
    from_on: date
    until_on: date | None
    entry_id: UUID


def known(entries: Iterable[Entry], as_of: datetime | None) -> list[Entry]:
    """Give the entries known at an instant, in the order in which they were made."""
    seen = [entry for entry in entries if as_of is None or entry.recorded_at <= as_of]
    return sorted(seen, key=lambda entry: entry.version)


def values_on(entries: Iterable[Entry], on: date, as_of: datetime | None = None) -> dict[str, Any]:
    """Give the values that hold on a day, as known at an instant (now, where none is given)."""
    held: dict[str, Any] = {}
    for entry in known(entries, as_of):
        if entry.covers(on):
            held.update(entry.values)
    return held


def segments(entries: Iterable[Entry], as_of: datetime | None = None) -> list[Segment]:
    """Give the history of every field as known at an instant, by field and day."""
    seen = known(entries, as_of)
    fields = sorted({field for entry in seen for field in entry.values})
    return [segment for field in fields for segment in _segments_of(field, seen)]


def _segments_of(field: str, seen: Sequence[Entry]) -> list[Segment]:
    speaking = [entry for entry in seen if field in entry.values]
    starts = sorted(
        {entry.valid_from for entry in speaking}
        | {entry.valid_until + DAY for entry in speaking if entry.valid_until is not None}
    )
    pieces: list[Segment] = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        covering = [entry for entry in speaking if entry.covers(start)]
        if not covering:
            continue
        entry = covering[-1]
        until = None if following is None else following - DAY
        if pieces and pieces[-1].entry_id == entry.id and pieces[-1].until_on == start - DAY:
            start = pieces.pop().from_on
        pieces.append(Segment(field, entry.values[field], start, until, entry.id))
    return pieces


def counted(values: Mapping[str, Any], *, official: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part what counts at once from what is to be verified, of an entry that is new.

    That it leads its industry or is its backbone opens doors (A058, A065): of an organization's
    own word that is false until an official has verified it. A flag that counts as declared
    awaits its verification too.
    """
    if official:
        return dict(values), {}
    stated = {name: True for name in FLAGS if values.get(name)}
    awaited = {name: False for name in stated if name not in SELF_DECLARED}
    return {**values, **awaited}, stated


def declared(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Give what counts of a statement before anyone has verified it."""
    return {name: value for name, value in stated.items() if name in SELF_DECLARED}


def refuted(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is right instead of what counted as declared and was refused."""
    return {name: not value for name, value in declared(stated).items()}


def span_checks(valid_from: date, valid_until: date | None, today: date) -> list[Check]:
    """Check the days of an entry: begun, in order, and over where a last day is named.

    A last day to come would need someone to act on it; it is entered when it has come.
    """
    return [
        HISTORY.past(valid_from, today, "/valid_from"),
        HISTORY.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=valid_until is None or valid_from <= valid_until < today,
            pointer="/valid_until",
        ),
    ]


def statement_checks(org_id: UUID, acting_id: UUID | None) -> list[Check]:
    """Check that an organization states something of itself and of nobody else."""
    return [TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=org_id == acting_id)]


def verification_checks(
    *,
    stated_by: UUID,
    acting: UUID,
    decided: bool,
    decision: VerificationDecision,
    reason: str | None,
) -> list[Check]:
    """Check that a statement is decided once, by somebody else, with a reason where refused."""
    return [
        DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=stated_by != acting),
        HISTORY.check("STATE_CONFLICT", Kind.STATE, passed=not decided),
        HISTORY.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=decision is VerificationDecision.VERIFIED or bool(reason),
            pointer="/reason",
            field="reason",
        ),
    ]
