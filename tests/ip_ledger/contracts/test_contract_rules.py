"""Consents, deadlines and the machine of licenses and contracts."""

from collections import deque
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.assets.rules import State as AssetState
from ip_ledger.contracts import rules
from ip_ledger.contracts.rules import Event, LicenseType, Review, State, Threshold
from shared.calendar import WorkingDays, months_after
from shared.codes.registrations import ContractNumberScheme
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


FIRST, LAST, NEXT = date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("acting", "owners", "codes"),
    [
        (A, [A, B], []), (A, [B], ["LICENSOR_NOT_OWNER"]), (A, [], ["OWNERSHIP_MISSING"]),
        (B, [A, B], ["FORBIDDEN_SCOPE"]), (None, [A], ["FORBIDDEN_SCOPE"]),
    ],
)  # fmt: skip
def test_an_owner_licenses_by_its_own_account(
    acting: UUID | None, owners: list[UUID], codes: list[str]
) -> None:
    assert failed_codes(rules.licensor_checks(A, acting, owners)) == codes


@pytest.mark.requirement("A084")
def test_a_consent_that_is_missing_names_whose_by_law_and_by_agreement() -> None:
    (check,) = rules.consent_checks(LicenseType.EXCLUSIVE, A, SHARES, [B], None)
    assert (check.params["orgs"], check.params["decided_by"]) == ([str(C)], "law")
    (check,) = rules.consent_checks(LicenseType.ORDINARY, A, SHARES, [], None)
    assert check.params["orgs"] == []
    threshold = Threshold(UUID(int=9), 650_000)
    (check,) = rules.consent_checks(LicenseType.ORDINARY, B, SHARES, [C], threshold)
    assert (check.params["consented_ppm"], check.params["required_ppm"]) == (600_000, 650_000)
    assert (check.passed, check.params["orgs"]) == (False, [str(A)])


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("org_id", "code", "is_known", "codes"),
    [
        (A, None, True, []), (A, None, False, ["PARTY_UNKNOWN"]),
        (None, None, True, ["FIELD_MISSING"]), (None, "91350100M000100Y43", False, []),
        (None, "91350100M000100Y44", False, ["USCC_CHECK_DIGIT"]),
    ],
)  # fmt: skip
def test_a_licensee_is_known_or_has_a_good_code(
    org_id: UUID | None, code: str | None, codes: list[str], *, is_known: bool
) -> None:
    assert failed_codes(rules.licensee_checks(org_id, code, is_known=is_known)) == codes


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("until", "passed"), [(None, True), (LAST, False), (NEXT, True), (date(2026, 4, 2), True)]
)
def test_a_license_does_not_end_before_it_begins(until: date | None, *, passed: bool) -> None:
    (check,) = rules.term_checks(NEXT, until)
    assert check.passed is passed


def test_a_right_that_has_expired_names_its_last_day() -> None:
    _, check, _ = rules.asset_checks(AssetState.GRANTED, LAST, NEXT)
    assert (check.code, check.params["until"]) == ("RIGHT_EXPIRED", "2026-03-31")
    _, check, _ = rules.asset_checks(AssetState.GRANTED, None, NEXT)
    assert (check.passed, check.params["until"]) == (True, None)


def license_(
    number: int, kind: LicenseType, territory: str, first: date, until: date | None
) -> rules.Standing:
    return rules.Standing(UUID(int=number), kind, territory, first, until)


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "territory", "first", "until", "conflict"),
    [
        (LicenseType.EXCLUSIVE, "CN", FIRST, LAST, True),
        (LicenseType.SOLE, "CN", FIRST, LAST, True),
        (LicenseType.ORDINARY, "CN", FIRST, LAST, False),
        # Days: the last of one and the first of the other still meet.
        (LicenseType.SOLE, "CN", LAST, None, True),
        (LicenseType.SOLE, "CN", NEXT, None, False),
        (LicenseType.SOLE, "CN", date(2026, 2, 1), FIRST, True),
        (LicenseType.SOLE, "CN", date(2026, 2, 1), date(2026, 2, 28), False),
        (LicenseType.SOLE, "CN", date(2026, 2, 1), None, True),
        # Places: one within the other, or the world; letters and spaces do not matter.
        (LicenseType.SOLE, " cn ", FIRST, LAST, True),
        (LicenseType.SOLE, "CN-31", FIRST, LAST, True),
        (LicenseType.SOLE, "全球", FIRST, LAST, True),
        (LicenseType.SOLE, "WORLD", FIRST, LAST, True),
        (LicenseType.SOLE, "CNX", FIRST, LAST, False),
        (LicenseType.SOLE, "US", FIRST, LAST, False),
    ],
)
def test_nothing_is_granted_beside_an_exclusive_license(
    kind: LicenseType, territory: str, first: date, until: date | None, *, conflict: bool
) -> None:
    one = license_(1, LicenseType.ORDINARY, "CN", FIRST, LAST)
    other = license_(2, kind, territory, first, until)
    (check,) = rules.conflict_checks(one, [other])
    assert check.params["license_ids"] == ([str(other.license_id)] if conflict else [])
    assert check.passed is not conflict


@pytest.mark.requirement("A084")
def test_a_license_does_not_conflict_with_itself_and_the_world_meets_every_place() -> None:
    one = license_(1, LicenseType.EXCLUSIVE, "WORLDWIDE", FIRST, None)
    assert failed_codes(rules.conflict_checks(one, [one])) == []
    beside = license_(2, LicenseType.SOLE, "US-CA", date(2030, 1, 1), None)
    assert failed_codes(rules.conflict_checks(one, [one, beside])) == ["LICENSE_CONFLICT"]
    within = license_(3, LicenseType.SOLE, "CN-31", FIRST, None)
    part = license_(4, LicenseType.SOLE, "CN", FIRST, None)
    assert failed_codes(rules.conflict_checks(within, [part])) == ["LICENSE_CONFLICT"]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(State))
def test_a_co_owner_consents_once_while_consents_are_awaited(state: State) -> None:
    waits = [] if state is State.CONSENT_PENDING else ["STATE_CONFLICT"]
    assert failed_codes(rules.consent_giver_checks(state, B, [B, C], [])) == waits
    assert failed_codes(rules.consent_giver_checks(state, B, [B, C], [C])) == waits
    again = failed_codes(rules.consent_giver_checks(state, B, [B, C], [B]))
    assert again == [*waits, "ALREADY_SIGNED"]
    stranger = failed_codes(rules.consent_giver_checks(state, A, [B, C], []))
    assert stranger == ["FORBIDDEN_SCOPE", *waits]


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("due_on", "recorded_on", "late"),
    [(LAST, None, True), (NEXT, None, False), (LAST, NEXT, False), (None, None, False)],
)
def test_a_license_is_late_from_the_day_after_its_last_day(
    due_on: date | None, recorded_on: date | None, *, late: bool
) -> None:
    check = rules.overdue_check(due_on, recorded_on, NEXT)
    assert (check.passed, check.refuses) == (not late, False)
    assert check.params["due_on"] == (due_on.isoformat() if due_on else None)


NUMBER = "27310001000000"


def report(**over: Any) -> rules.Report:
    given: dict[str, Any] = {
        "center_id": A, "kind": next(iter(rules.ContractKind)), "counterparty_name": "甲",
        "role": next(iter(rules.PartyRole)), "counterparty_uscc": None, "is_commissioned_rd": True,
        "contract_amount_fen": 100, "tech_transaction_amount_fen": 100, "signed_on": LAST,
        "external_id": "x", "registration_no": NUMBER, "registered_on": LAST,
    }  # fmt: skip
    return rules.Report(**(given | over))


@pytest.mark.requirement("A089", "A127")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({}, []),
        ({"tech_transaction_amount_fen": 101}, ["AMOUNT_EXCEEDED"]),
        ({"counterparty_name": None}, ["FIELD_MISSING"]),
        ({"counterparty_name": ""}, ["FIELD_MISSING"]),
        ({"counterparty_name": None, "counterparty_uscc": "91350100M000100Y43"}, []),
        ({"counterparty_uscc": "91350100M000100Y44"}, ["USCC_CHECK_DIGIT"]),
        ({"registered_on": NEXT}, []),
        ({"registered_on": FIRST}, ["DAYS_OUT_OF_ORDER"]),
        ({"registered_on": None}, []),
        ({"registration_no": None}, ["FIELD_MISSING", "CONTRACT_NOT_REGISTERED"]),
        ({"registration_no": None, "registered_on": None}, ["CONTRACT_NOT_REGISTERED"]),
        ({"registration_no": "?"}, ["NUMBER_FORMAT"]),
        ({"registration_no": "ABCDEFGHIJKL"}, []),
        (
            {"registration_no": "ABCDEFGHIJKL",
             "registration_scheme": ContractNumberScheme.LEGACY14},
            ["NUMBER_FORMAT"],
        ),
    ],
)  # fmt: skip
def test_a_report_fits_itself_and_its_registration(over: dict[str, Any], codes: list[str]) -> None:
    checks = rules.report_checks(report(**over))
    assert failed_codes(checks) == codes
    warned = [one.code for one in checks if not one.passed and not one.refuses]
    assert warned == [code for code in codes if code == "CONTRACT_NOT_REGISTERED"]


@pytest.mark.requirement("A127")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("signed_on", "registered_on", "pointers"),
    [
        (LAST, LAST, []), (NEXT, None, ["/signed_on"]), (FIRST, NEXT, ["/registered_on"]),
        (NEXT, NEXT, ["/signed_on", "/registered_on"]),
    ],
)  # fmt: skip
def test_nothing_is_signed_or_registered_ahead_of_time(
    signed_on: date, registered_on: date | None, pointers: list[str]
) -> None:
    checks = rules.day_checks(signed_on, registered_on, LAST)
    assert [one.pointer for one in checks if not one.passed] == pointers


@pytest.mark.requirement("A053")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("has_legal_entity", "party", "codes"),
    [
        (True, None, []), (True, A, []), (False, A, []), (False, C, ["PARTY_UNKNOWN"]),
        (True, C, ["PARTY_UNKNOWN"]), (False, None, ["CONSORTIUM_NOT_REGISTERED"]),
    ],
)  # fmt: skip
def test_who_signs_for_a_consortium_is_one_of_its_organizations(
    party: UUID | None, codes: list[str], *, has_legal_entity: bool
) -> None:
    checks = rules.party_checks(
        has_legal_entity=has_legal_entity, party_org_id=party, organizations=[A, B]
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A089")
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_by_hand_only_what_no_other_call_does_is_reported(state: State, event: Event) -> None:
    refused = failed_codes(rules.event_checks(state, event, by_hand=True))
    may = (state, event) in rules.MOVES and event not in {Event.SIGN, Event.REGISTER}
    assert refused == ([] if may else ["STATE_CONFLICT"])


def test_what_a_grant_or_a_report_does_not_say_is_not_so() -> None:
    grant = rules.Grant(A, A, B, None, LicenseType.SOLE, "CN", FIRST)
    assert not grant.may_sublicense
    assert not grant.awaits_consents
    assert not report().is_confidential
