"""What may be shared, booked and offered, and what a use comes to."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.centers.rules import ACTIVE, Stage
from registry.facts.rules import Period
from shared.calendar import day_of
from shared.rules import NOT_FOUND, Check, Kind, Policy, Rule, Severity

CATALOGUE: Final = Rule("A022", "二(三)功能一")
SHARING: Final = Rule("A062", "三(二)1")
QUALIFIED: Final = Rule("A070", "三(二)3")
TENANCY: Final = Rule("X04", "delivery")
MINUTES: Final = 60


class ResourceType(StrEnum):
    """The ten types of shared resources (A022); the code table `resource-types` names them."""

    FACILITY = "facility"
    INSTRUMENT = "instrument"
    INTELLECTUAL_PROPERTY = "intellectual_property"
    DATA = "data"
    TALENT = "talent"
    TECHNOLOGY = "technology"
    STANDARD = "standard"
    SERVICE = "service"
    INFORMATION = "information"
    CAPITAL = "capital"


class ServiceCode(StrEnum):
    """The eleven services of both lists of the plan (A040, A091); table `service-catalog`."""

    COMMISSIONED_RD = "commissioned_rd"
    STANDARD_DEV_VALIDATION = "standard_dev_validation"
    IP_OPERATION = "ip_operation"
    INSPECTION_TESTING = "inspection_testing"
    CERTIFICATION_METROLOGY = "certification_metrology"
    INCUBATION = "incubation"
    TRAINING = "training"
    MARKET_INFO = "market_info"
    FEASIBILITY_STUDY = "feasibility_study"
    PROJECT_EVALUATION = "project_evaluation"
    PILOT_TEST = "pilot_test"


class SharingScope(StrEnum):
    """With whom a resource is shared."""

    MEMBERS = "members"
    PUBLIC = "public"


class BookingState(StrEnum):
    """Where a booking stands."""

    BOOKED = "booked"
    USED = "used"
    CANCELLED = "cancelled"


class BookingEvent(StrEnum):
    """What happens to a booking."""

    USE = "use"
    CANCEL = "cancel"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[BookingState, BookingEvent], BookingState]] = {
    (BookingState.BOOKED, BookingEvent.USE): BookingState.USED,
    (BookingState.BOOKED, BookingEvent.CANCEL): BookingState.CANCELLED,
}
# Testing for others is done under an accreditation (A070).
ACCREDITED: Final = (ServiceCode.INSPECTION_TESTING, ServiceCode.CERTIFICATION_METROLOGY)


def sharing_checks(
    stage: Stage, *, operates: bool, acting_id: UUID | None, owner_id: UUID, belongs: bool
) -> list[Check]:
    """Check that an organization of the centre shares what is its own, or its operator anyone's.

    A centre that is not one's own does not exist (X04); one that has ended or is suspended takes
    nothing new. `belongs` is the owner's, who has to be of the centre too.
    """
    concerned = operates or (belongs and acting_id == owner_id)
    hidden = NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=concerned, pointer="/center_id")
    if not concerned:
        return [hidden]
    return [
        hidden,
        CATALOGUE.check("OWNER_NOT_IN_CENTER", Kind.CONTENT, passed=belongs, pointer="/org_id"),
        CATALOGUE.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=stage in (*ACTIVE, Stage.CANDIDATE),
            stage=stage.value,
        ),
    ]


def booking_checks(
    policy: Policy,
    *,
    bookable: bool,
    owner_belongs: bool,
    user_belongs: bool,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> list[Check]:
    """Check that something that is open is booked for a time to come, of a length that others bear.

    `owner_belongs` is to the centre, on the booking's last day: who leaves shares nothing there
    afterwards, and uses nothing that is shared among members; of what is shared with everyone
    `user_belongs` holds for anyone. That nobody else has it then only the database can tell.
    """
    most = timedelta(days=policy.value("A062", "max_booking_days"))
    rule = policy.rule("A062")
    return [
        rule.check("STATE_CONFLICT", Kind.STATE, passed=bookable),
        rule.check("OWNER_NOT_IN_CENTER", Kind.CONTENT, passed=owner_belongs, pointer="/ends_at"),
        rule.check("USER_NOT_IN_CENTER", Kind.CONTENT, passed=user_belongs, pointer="/ends_at"),
        rule.check(
            "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=starts_at < ends_at, pointer="/ends_at"
        ),
        rule.check("TIME_PASSED", Kind.CONTENT, passed=starts_at >= now, pointer="/starts_at"),
        rule.check(
            "BOOKING_TOO_LONG",
            Kind.CONTENT,
            passed=ends_at - starts_at <= most,
            pointer="/ends_at",
            max_days=most.days,
        ),
    ]


def cancellation_checks(
    state: BookingState, *, may: bool, starts_at: datetime, now: datetime
) -> list[Check]:
    """Check that a booking is cancelled by who made it or whose thing it is, before it begins."""
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may),
        SHARING.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=now < starts_at,
            starts_at=starts_at.isoformat(),
        ),
        SHARING.move(MOVES, state, BookingEvent.CANCEL),
    ]


def usage_checks(
    state: BookingState, *, owns: bool, starts_at: datetime, now: datetime
) -> list[Check]:
    """Check that a use is logged once, by whose thing it is, after it began."""
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=owns),
        SHARING.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=now >= starts_at,
            starts_at=starts_at.isoformat(),
        ),
        SHARING.move(MOVES, state, BookingEvent.USE),
    ]


def longest_use(
    starts_at: datetime, ends_at: datetime, now: datetime, next_at: datetime | None
) -> int:
    """Give the whole minutes that a use can have lasted: as booked, or longer up to now.

    `next_at` is when somebody else had the thing next: nobody used it together with him.
    """
    free = now if next_at is None else min(now, next_at)
    return -((starts_at - max(ends_at, free)) // timedelta(minutes=1))


def use_length_checks(minutes: int, most: int) -> list[Check]:
    """Check that a use lasted no longer than it can have (A062)."""
    return [
        SHARING.check(
            "USE_TOO_LONG",
            Kind.CONTENT,
            passed=minutes <= most,
            pointer="/used_minutes",
            max_minutes=most,
        )
    ]


def use_correction_checks(state: BookingState, *, owns: bool) -> list[Check]:
    """Check that whose thing it is corrects a use that was logged (X07)."""
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=owns),
        SHARING.check(
            "STATE_CONFLICT", Kind.STATE, passed=state is BookingState.USED, state=state.value
        ),
    ]


def last_day(ends_at: datetime) -> date:
    """Give the last day of a booking in Shanghai; its end is the first instant after it."""
    return day_of(ends_at - timedelta(microseconds=1))


def teller(
    owner_id: UUID, operator_id: UUID, periods: Collection[Period], day: date, today: date
) -> UUID:
    """Give in whose name the facts of the centre tell a use of a day (A062).

    Its owner's, where the owner belonged to the centre on that day or belongs to it today; else the
    operator's, in whose catalogue the thing stood.
    """
    belongs = any(period.covers(one) for period in periods for one in (day, today))
    return owner_id if belongs else operator_id


def hours_of(minutes: int) -> str:
    """Give minutes in hours, half a hundredth up, as the facts of use carry them."""
    hours = (Decimal(minutes) / MINUTES).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{hours:f}"


def fee_fen(rate_fen: int | None, minutes: int, *, own: bool) -> int:
    """Give the fee of a use in 分, half a 分 up; one's own thing costs nothing.

    `rate_fen` is for an hour; none means free of charge.
    """
    if rate_fen is None or own:
        return 0
    return (rate_fen * minutes * 2 + MINUTES) // (MINUTES * 2)


def offering_checks(
    code: ServiceCode, *, named: bool, of_provider: bool, holds: bool
) -> list[Check]:
    """Check that an offering rests on its provider's own paper, and tell where it rests on none.

    One whose paper does not hold is kept, and not shown (A070).
    """
    return [
        QUALIFIED.check(
            "QUALIFICATION_UNKNOWN",
            Kind.CONTENT,
            passed=not named or of_provider,
            pointer="/qualification_id",
        ),
        QUALIFIED.check(
            "QUALIFICATION_EXPIRED",
            Kind.CONTENT,
            passed=not named or not of_provider or holds,
            pointer="/qualification_id",
            severity=Severity.WARNING,
        ),
        QUALIFIED.check(
            "QUALIFICATION_MISSING",
            Kind.CONTENT,
            passed=named or code not in ACCREDITED,
            pointer="/qualification_id",
            severity=Severity.WARNING,
        ),
    ]
