"""Who owns, who has to consent, and what is shown: each rule on both sides of its bound."""

from datetime import date
from uuid import UUID

import pytest

from ip_ledger.assets import ownership_rules as rules
from ip_ledger.assets.ownership_rules import Attribution, Period
from shared.rules import failed_codes

A, B, C, CENTRE = (UUID(int=number) for number in (1, 2, 3, 4))
D1, D2, D3, D4 = (date(2026, 3, day) for day in (1, 2, 3, 4))


@pytest.mark.requirement("A086")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("shares", "codes", "total", "repeated"),
    [
        ([(A, 1_000_000)], [], 1_000_000, []),
        ([(A, 600_000), (B, 400_000)], [], 1_000_000, []),
        ([(A, 600_000), (B, 399_999)], ["SHARES_NOT_100"], 999_999, []),
        ([(A, 600_000), (B, 400_001)], ["SHARES_NOT_100"], 1_000_001, []),
        ([(A, 600_000), (A, 400_000)], ["PARTY_REPEATED"], 1_000_000, [str(A)]),
        ([], ["SHARES_NOT_100"], 0, []),
    ],
)
def test_owners_stand_once_and_share_the_whole(
    shares: list[tuple[UUID, int]], codes: list[str], total: int, repeated: list[str]
) -> None:
    whole, once = rules.share_checks(shares)
    assert failed_codes([whole, once]) == codes
    assert (whole.params["sum_ppm"], once.params["org_ids"]) == (total, repeated)


@pytest.mark.requirement("A086")
@pytest.mark.refusing
def test_an_owner_is_an_organization_that_is_known() -> None:
    (check,) = rules.owner_checks([C, A, B], {A})
    assert (check.passed, check.code) == (False, "PARTY_UNKNOWN")
    assert check.params["org_ids"] == [str(B), str(C)]
    assert failed_codes(rules.owner_checks([A, B], [A, B, C])) == []


@pytest.mark.requirement("A086")
@pytest.mark.parametrize(
    ("valid_from", "first_on", "passed"),
    [(D1, D2, False), (D2, D2, True), (D3, D2, True), (D1, None, True)],
)
def test_nobody_owns_an_asset_before_its_first_day(
    valid_from: date, first_on: date | None, *, passed: bool
) -> None:
    (check,) = rules.day_checks(valid_from, first_on)
    assert check.passed is passed
    assert check.params["first_on"] == (first_on.isoformat() if first_on else None)


@pytest.mark.requirement("A053")
@pytest.mark.parametrize(
    ("names_center", "has_legal_entity", "passed"),
    [(True, True, True), (True, False, False), (False, True, True), (False, False, True)],
)
def test_a_centre_owns_through_its_legal_entity(
    *, names_center: bool, has_legal_entity: bool, passed: bool
) -> None:
    (check,) = rules.entity_checks(names_center=names_center, has_legal_entity=has_legal_entity)
    assert check.passed is passed


FIXED = Attribution(UUID(int=9), (A, B), {A: 600_000, B: 400_000})
OPEN = Attribution(UUID(int=9), (A, B), None)


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("attribution", "shares", "follows"),
    [
        (None, [(A, 1_000_000)], False),
        (FIXED, [(B, 400_000), (A, 600_000)], True),
        (FIXED, [(A, 500_000), (B, 500_000)], False),
        (FIXED, [(A, 1_000_000)], False),
        (OPEN, [(A, 1_000_000)], True),
        (OPEN, [(A, 300_000), (B, 300_000), (CENTRE, 400_000)], True),
        (OPEN, [(A, 300_000), (C, 700_000)], False),
        (OPEN, [(C, 1_000_000)], False),
    ],
)
def test_a_first_registration_follows_the_agreement_in_force(
    attribution: Attribution | None, shares: list[tuple[UUID, int]], *, follows: bool
) -> None:
    assert rules.follows(attribution, shares, CENTRE) is follows


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("consenting", "by_agreement", "missing"),
    [
        ((), True, []),
        ((A,), False, [str(B)]),
        ((A, B, C), False, []),
        ((), False, [str(A), str(B)]),
    ],
)
def test_without_an_agreement_everybody_whose_people_made_it_consents(
    consenting: tuple[UUID, ...], missing: list[str], *, by_agreement: bool
) -> None:
    (check,) = rules.registration_checks([A, B], consenting, by_agreement=by_agreement)
    assert (check.passed, check.params["orgs"]) == (not missing, missing)
    assert check.params["decided_by"] == ("agreement" if by_agreement else "law")


@pytest.mark.requirement("A084")
@pytest.mark.refusing
def test_every_owner_until_now_consents_to_a_change() -> None:
    (check,) = rules.change_checks([A, B], [B, C])
    assert (check.passed, check.code, check.params["orgs"]) == (False, "CONSENT_MISSING", [str(A)])
    assert failed_codes(rules.change_checks([A, B], [A, B])) == []


@pytest.mark.requirement("A053")
def test_who_acts_consents_unless_a_trustee_releases() -> None:
    assert rules.consenting_orgs("transfer", [B], A) == {A, B}
    assert rules.consenting_orgs(rules.TRUST_RELEASE, [B], A) == {B}
    assert rules.consenting_orgs(rules.TRUST_RELEASE, [A, B], A) == {A, B}


@pytest.mark.parametrize("is_concerned", [True, False])
def test_who_is_not_concerned_records_no_change(*, is_concerned: bool) -> None:
    codes = failed_codes([rules.acting_check(is_concerned=is_concerned)])
    assert codes == ([] if is_concerned else ["FORBIDDEN_SCOPE"])


@pytest.mark.parametrize(
    ("before", "day", "covers"),
    [(D3, D1, False), (D3, D2, True), (D3, D3, False), (None, D4, True), (None, D1, False)],
)
def test_a_period_covers_its_first_day_and_not_the_first_day_after(
    before: date | None, day: date, *, covers: bool
) -> None:
    assert Period(A, D2, before).covers(day) is covers


FIRST, SECOND = Period(A, D1, D3), Period(B, D3, None)


@pytest.mark.requirement("A087")
@pytest.mark.parametrize(
    ("valid_from", "before", "closed", "restated_before"),
    [
        (D1, D3, FIRST, None), (D2, D3, FIRST, D2), (D3, None, SECOND, None),
        (D4, None, SECOND, D4), (date(2026, 2, 28), D1, None, None),
    ],
)  # fmt: skip
def test_a_change_holds_until_the_next_one_and_cuts_the_version_of_its_day(
    valid_from: date, before: date | None, closed: Period | None, restated_before: date | None
) -> None:
    placed = rules.placement([SECOND, FIRST], valid_from)
    assert placed == rules.Placement(valid_from, before, closed, restated_before)


@pytest.mark.parametrize(
    ("versions", "periods"),
    [
        ([], []),
        ([(D1, None, "a")], [(D1, "a")]),
        # What ends with the picture leaves no day without an owner; what ends before does.
        ([(D1, D4, "a")], [(D1, "a")]),
        ([(D1, D3, "a")], [(D1, "a"), (D3, None)]),
        ([(D2, None, "b"), (D1, D2, "a")], [(D1, "a"), (D2, "b")]),
        ([(D2, None, "a"), (D1, D2, "b")], [(D1, "b"), (D2, "a")]),
        ([(D1, D2, "a"), (D3, None, "b")], [(D1, "a"), (D2, None), (D3, "b")]),
        ([(D1, D2, "a"), (D2, D3, "b"), (D3, D4, "c")], [(D1, "a"), (D2, "b"), (D3, "c")]),
        ([(D1, None, "a"), (D4, None, "b")], [(D1, "a")]),
        ([(D1, None, "a"), (D2, None, "b"), (D3, None, "c")], [(D1, "a"), (D2, "b"), (D3, "c")]),
    ],
)
def test_a_picture_shows_each_version_until_the_next_and_days_without_any(
    versions: list[tuple[date, date | None, str]], periods: list[tuple[date, str | None]]
) -> None:
    assert rules.shown_periods(versions, D3) == (periods, D4)
