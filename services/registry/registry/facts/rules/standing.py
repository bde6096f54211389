"""Who may post a fact, repeat one and correct one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from registry.centers.rules import ENDED, Stage
from registry.facts.rules.vocabulary import FactKind
from shared.rules import NOT_FOUND, Check, Kind, Rule

TENANCY: Final = Rule("X04", "delivery")
REPEATED: Final = Rule("X05", "delivery")
APPEND_ONLY: Final = Rule("X07", "delivery")


# The references of uses that a booking tells: it tells each once, and corrects what it told.
BOOKED: Final = "booking:"


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which an organization belonged to a centre; both ends included."""

    joined_on: date | None
    left_on: date | None

    def covers(self, day: date) -> bool:
        """Tell whether a day lies in the period."""
        begun = self.joined_on is None or self.joined_on <= day
        return begun and (self.left_on is None or day <= self.left_on)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an organization is to a centre: its operator, its lead, or a member for some periods."""

    stage: Stage
    operates: bool
    periods: tuple[Period, ...]

    def belongs(self, *days: date) -> bool:
        """Tell whether it belongs to the centre on one of the days."""
        return self.operates or any(period.covers(day) for period in self.periods for day in days)

    def tells_of(self, day: date) -> bool:
        """Tell whether it tells of a day: of any where it runs the centre, else of its own.

        Who joins a candidate does so with its listing, and tells of any day until then: what a
        centre builds on is older than that (A045).
        """
        return self.operates or any(one.covers(day) for one in self.periods)

    @property
    def days(self) -> list[str]:
        """Give its days in the centre as text: `first/last`, both included, or `first/`."""
        return [f"{_day(one.joined_on)}/{_day(one.left_on)}" for one in self.periods]


@dataclass(frozen=True, slots=True)
class Derived:
    """What the register says of the other side; None where it does not know it."""

    is_member: bool | None = None
    is_sme: bool | None = None
    region_code: str | None = None


def standing_checks(
    standing: Standing | None, occurred_on: date, today: date, *, by_booking: bool = False
) -> list[Check]:
    """Check that the organization may post for the centre (X04).

    A member tells of its own days there, as long afterwards as it likes: what it did before it
    joined was not the centre's. Who runs the centre tells of every day: what the centre builds on
    is older than its listing (A045), and who joined later or was taken over has no other teller.
    The day of a use is the booking's. A centre that is not one's own does not exist.
    """
    belongs = standing is not None and standing.belongs(today, occurred_on)
    hidden = NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=belongs, pointer="/center_id")
    if standing is None or not belongs:
        return [hidden]
    return [
        hidden,
        _own_day(standing, by_booking or standing.tells_of(occurred_on)),
        *writing_checks(standing.stage, by_booking=by_booking),
    ]


def _own_day(standing: Standing, passed: bool) -> Check:  # noqa: FBT001 - the verdict itself
    return TENANCY.check(
        "DAY_NOT_OF_MEMBERSHIP",
        Kind.CONTENT,
        passed=passed,
        pointer="/occurred_on",
        days=standing.days,
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def writing_checks(stage: Stage, *, by_booking: bool = False) -> list[Check]:
    """Check that a centre takes facts: not while it is suspended, nor after its end.

    What was booked and used before the end is told afterwards, too: the end cancels what was still
    to come (A062).
    """
    writable = stage is not Stage.SUSPENDED and (by_booking or stage not in ENDED)
    return [
        TENANCY.check("STATE_CONFLICT", Kind.STATE, passed=writable, stage=stage.value),
    ]


def reference_checks(external_id: str, *, by_booking: bool) -> list[Check]:
    """Check that only a booking uses the references of bookings (A062)."""
    return [_unreserved(by_booking or not external_id.startswith(BOOKED))]


@cache  # Two verdicts in all, asked for once per row of a batch.
def _unreserved(passed: bool) -> Check:  # noqa: FBT001 - the one thing it depends on
    return REPEATED.check(
        "REFERENCE_RESERVED", Kind.CONTENT, passed=passed, pointer="/external_id", prefix=BOOKED
    )


def booked_checks(external_id: str, *, by_booking: bool) -> list[Check]:
    """Check that what a booking told is corrected through the booking, so that both agree."""
    passed = by_booking or not external_id.startswith(BOOKED)
    return [APPEND_ONLY.check("FACT_OF_BOOKING", Kind.STATE, passed=passed)]


def repeat_checks(kept_sha256: str | None, sent_sha256: str) -> list[Check]:
    """Check that a reference used before came with the same content (X05)."""
    same = kept_sha256 is None or kept_sha256 == sent_sha256
    return [REPEATED.check("EXTERNAL_ID_MISMATCH", Kind.STATE, passed=same, pointer="/external_id")]


def correction_checks(
    submitter_id: UUID,
    acting_id: UUID | None,
    *,
    operates: bool,
    superseded_by: UUID | None,
    kinds: tuple[FactKind, FactKind],
) -> list[Check]:
    """Check that a fact may be corrected: by who posted it or runs the centre, once, in kind.

    `kinds` are the kind that is kept and the one that was sent (X07).
    """
    kept, sent = kinds
    figures: Mapping[str, Any] = (
        {} if superseded_by is None else {"superseded_by_id": str(superseded_by)}
    )
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=operates or acting_id == submitter_id),
        APPEND_ONLY.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=kept is sent,
            pointer="/kind",
            field="kind",
            expected=kept.value,
        ),
        APPEND_ONLY.check("FACT_SUPERSEDED", Kind.STATE, passed=superseded_by is None, **figures),
    ]


def moving_checks(standing: Standing | None, kept_on: date, corrected_on: date) -> list[Check]:
    """Check that a correction moves a fact to none but a day of its teller's own (X04).

    Whoever belongs, or belonged, tells by a correction nothing that it could not post; a day that
    stays as it is needs no leave, whenever it was told.
    """
    if standing is None:
        return []
    own = corrected_on == kept_on or standing.tells_of(corrected_on)
    return [_own_day(standing, own)]
