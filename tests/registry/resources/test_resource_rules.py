"""What is shared, booked and offered, on both sides of every boundary; no database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry.centers.rules import Stage
from registry.programme.reference import PARAMETERS, clauses
from registry.resources import rules
from registry.resources.rules import BookingState, ServiceCode
from shared.rules import Policy, failed_codes

POLICY = Policy("2016", clauses(), PARAMETERS)
OWNER, OTHER = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONGEST = timedelta(days=PARAMETERS["A062"]["max_booking_days"])


@pytest.mark.requirement("A022", "X04")
@pytest.mark.parametrize(
    ("operates", "acting", "belongs", "codes"),
    [
        (False, OWNER, True, []),
        (True, OTHER, True, []),
        (True, OTHER, False, ["OWNER_NOT_IN_CENTER"]),
        (False, OTHER, True, ["NOT_FOUND"]),
        (False, OWNER, False, ["NOT_FOUND"]),
    ],
)
def test_an_organization_of_the_centre_shares_its_own_or_the_operator_anyones(
    acting: UUID, codes: list[str], *, operates: bool, belongs: bool
) -> None:
    for stage in Stage:
        closed = stage in {Stage.SUSPENDED, Stage.DELISTED, Stage.DISSOLVED}
        checks = rules.sharing_checks(
            stage, operates=operates, acting_id=acting, owner_id=OWNER, belongs=belongs
        )
        # Of a centre that is not one's own nothing else is told.
        expected = codes + ["STATE_CONFLICT"] * (closed and codes != ["NOT_FOUND"])
        assert failed_codes(checks) == expected


def booked(**over: Any) -> list[str]:
    values: dict[str, Any] = {
        "bookable": True, "owner_belongs": True, "user_belongs": True,
        "starts_at": NOW, "ends_at": NOW + SECOND, "now": NOW, **over,
    }  # fmt: skip
    return failed_codes(rules.booking_checks(POLICY, **values))


@pytest.mark.requirement("A062")
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({}, []),
        ({"bookable": False}, ["STATE_CONFLICT"]),
        ({"owner_belongs": False}, ["OWNER_NOT_IN_CENTER"]),
        ({"user_belongs": False}, ["USER_NOT_IN_CENTER"]),
        ({"ends_at": NOW}, ["DAYS_OUT_OF_ORDER"]),
        ({"ends_at": NOW - SECOND}, ["DAYS_OUT_OF_ORDER"]),
        ({"now": NOW + SECOND}, ["TIME_PASSED"]),
        ({"ends_at": NOW + LONGEST}, []),
        ({"ends_at": NOW + LONGEST + SECOND}, ["BOOKING_TOO_LONG"]),
    ],
)
def test_what_is_open_is_booked_for_a_time_to_come(over: dict[str, Any], codes: list[str]) -> None:
    assert booked(**over) == codes


@pytest.mark.requirement("A062")
@pytest.mark.parametrize(
    ("now", "cancelled", "used"),
    [
        (NOW - SECOND, [], ["STATE_CONFLICT"]),
        (NOW, ["STATE_CONFLICT"], []),
        (NOW + SECOND, ["STATE_CONFLICT"], []),
    ],
)
def test_a_booking_is_cancelled_before_it_begins_and_used_from_then_on(
    now: datetime, cancelled: list[str], used: list[str]
) -> None:
    state = BookingState.BOOKED
    checks = rules.cancellation_checks(state, may=True, starts_at=NOW, now=now)
    assert failed_codes(checks) == cancelled
    assert failed_codes(rules.usage_checks(state, owns=True, starts_at=NOW, now=now)) == used


@pytest.mark.requirement("A062")
@pytest.mark.parametrize(
    ("ends_at", "day"),
    [
        (datetime(2026, 6, 1, 16, tzinfo=UTC), date(2026, 6, 1)),
        (datetime(2026, 6, 1, 16, 0, 0, 1, tzinfo=UTC), date(2026, 6, 2)),
        (datetime(2026, 6, 1, 16, 0, 0, 2, tzinfo=UTC), date(2026, 6, 2)),
    ],
)
def test_a_booking_until_midnight_in_shanghai_ends_on_the_day_before(
    ends_at: datetime, day: date
) -> None:
    assert rules.last_day(ends_at) == day


TESTING, TRAINING = ServiceCode.INSPECTION_TESTING, ServiceCode.TRAINING


@pytest.mark.requirement("A070")
@pytest.mark.parametrize(
    ("code", "named", "of_provider", "holds", "codes"),
    [
        (TESTING, True, True, True, []),
        (TESTING, True, True, False, ["QUALIFICATION_EXPIRED"]),
        # Of a paper that is not the provider's nobody asks whether it holds.
        (TESTING, True, False, False, ["QUALIFICATION_UNKNOWN"]),
        (TESTING, False, False, False, ["QUALIFICATION_MISSING"]),
        (ServiceCode.CERTIFICATION_METROLOGY, False, False, False, ["QUALIFICATION_MISSING"]),
        (TRAINING, False, False, False, []),
        (TRAINING, True, True, True, []),
        (TRAINING, True, True, False, ["QUALIFICATION_EXPIRED"]),
    ],
)
def test_an_offering_rests_on_its_providers_own_paper(
    code: ServiceCode, codes: list[str], *, named: bool, of_provider: bool, holds: bool
) -> None:
    checks = rules.offering_checks(code, named=named, of_provider=of_provider, holds=holds)
    assert failed_codes(checks) == codes
    refusing = [check.code for check in checks if check.refuses]
    assert refusing == [code for code in codes if code == "QUALIFICATION_UNKNOWN"]


HOUR = timedelta(hours=1)


@pytest.mark.requirement("A062")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("now", "next_at", "most"),
    [
        (NOW, None, 60),
        (NOW + HOUR, None, 60),
        (NOW + HOUR + SECOND, None, 61),
        (NOW + 3 * HOUR, None, 180),
        (NOW + 3 * HOUR, NOW + HOUR, 60),
        (NOW + 3 * HOUR, NOW + 2 * HOUR, 120),
        (NOW + 3 * HOUR, NOW + 4 * HOUR, 180),
    ],
)
def test_a_use_lasts_as_booked_or_until_now_while_nobody_else_has_it(
    now: datetime, next_at: datetime | None, most: int
) -> None:
    assert rules.longest_use(NOW, NOW + HOUR, now, next_at) == most
    assert failed_codes(rules.use_length_checks(most, most)) == []
    assert failed_codes(rules.use_length_checks(most + 1, most)) == ["USE_TOO_LONG"]
