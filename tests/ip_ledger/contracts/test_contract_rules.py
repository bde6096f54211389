"""Consents, deadlines and the machine of licenses and contracts."""

from collections import deque
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.assets.rules import State as AssetState
from ip_ledger.contracts import rules
from ip_ledger.contracts.rules import Event, LicenseType, Review, State, Threshold
from shared.calendar import WorkingDays, months_after
from shared.rules import Policy, failed_codes
from tests.ip_ledger.conftest import PARAMETERS

A, B, C = (UUID(int=number) for number in (1, 2, 3))
SHARES = ((A, 400_000), (B, 350_000), (C, 250_000))
POLICY = Policy("2016", {"A127": "四(四)"}, PARAMETERS)


@pytest.mark.requirement("A084")
@pytest.mark.parametrize("kind", list(LicenseType))
@pytest.mark.parametrize("consents", [(), (B,), (B, C)])
def test_the_law_asks_all_co_owners_but_for_ordinary_licenses(
    kind: LicenseType, consents: tuple[UUID, ...]
) -> None:
    checks = rules.consent_checks(kind, A, SHARES, consents, None)
    enough = kind is LicenseType.ORDINARY or set(consents) == {B, C}
    assert failed_codes(checks) == ([] if enough else ["CONSENT_MISSING"])


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("required", "passed"), [(750_000, True), (750_001, False), (400_000, True)]
)
def test_the_agreements_threshold_counts_the_licensor_too(*, required: int, passed: bool) -> None:
    threshold = Threshold(UUID(int=9), required)
    (check,) = rules.consent_checks(LicenseType.EXCLUSIVE, A, SHARES, [B], threshold)
    assert (check.passed, check.params["decided_by"]) == (passed, "agreement")
    assert check.params["orgs"] == ([] if passed else [str(C)])


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("effective_on", "due_on"),
    [
        (date(2026, 2, 10), date(2026, 5, 10)),
        (date(2025, 11, 30), date(2026, 2, 28)),
        (date(2025, 10, 31), date(2026, 1, 31)),
        (date(9999, 12, 1), date.max),
    ],
)
def test_a_license_is_recorded_within_three_months(effective_on: date, due_on: date) -> None:
    assert rules.record_due_on(POLICY, effective_on) == due_on


@pytest.mark.requirement("A084")
@pytest.mark.refusing
def test_what_has_ended_is_licensed_no_more() -> None:
    last = date(2026, 5, 10)
    granted, abandoned = AssetState.GRANTED, AssetState.ABANDONED
    assert failed_codes(rules.asset_checks(granted, last, last)) == []
    assert failed_codes(rules.asset_checks(granted, last, date(2026, 5, 11))) == ["RIGHT_EXPIRED"]
    assert failed_codes(rules.asset_checks(abandoned, None, last)) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A127")
def test_large_contracts_wait_thirty_working_days() -> None:
    assert rules.review_of(POLICY, 499_999_999) is Review.ORDINARY
    assert rules.review_of(POLICY, 500_000_000) is Review.EXPERT
    monday = date(2026, 3, 2)
    assert rules.review_due_on(POLICY, WorkingDays(), Review.ORDINARY, monday) == date(2026, 3, 23)
    assert rules.review_due_on(POLICY, WorkingDays(), Review.EXPERT, monday) == date(2026, 4, 14)


@pytest.mark.requirement("A089")
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_only_the_moves_of_the_table_are_open(state: State, event: Event) -> None:
    refused = failed_codes(rules.event_checks(state, event))
    assert refused == ([] if (state, event) in rules.MOVES else ["STATE_CONFLICT"])


@pytest.mark.requirement("A089")
def test_every_state_leads_to_an_end() -> None:
    for start in State:
        seen, queue = {start}, deque([start])
        while queue:
            state = queue.popleft()
            following = {to for (origin, _), to in rules.MOVES.items() if origin is state}
            queue.extend(following - seen)
            seen |= following
        assert seen & {State.COMPLETED, State.TERMINATED}, start


@pytest.mark.requirement("A084")
@given(st.dates(max_value=date(9999, 8, 31)), st.integers(0, 3))
def test_months_later_is_never_in_a_later_month(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
