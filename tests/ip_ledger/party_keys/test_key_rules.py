"""From when until when a key signs, and for whom it has to; no database."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from ip_ledger.party_keys import rules
from ip_ledger.party_keys.rules import Span
from shared.rules import failed_codes

TODAY = date(2026, 6, 1)
DAY = timedelta(days=1)
KEY, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("ahead", "readable", "proven", "codes"),
    [
        (0, True, True, []),
        (1, True, True, []),
        (-1, True, True, ["DAY_IN_PAST"]),
        (0, True, False, ["KEY_SIGNATURE_INVALID"]),
        # Of what cannot be read nobody says that it proves nothing.
        (0, False, False, ["KEY_INVALID"]),
    ],
)
def test_a_key_is_proven_and_begins_today_or_later(
    ahead: int, codes: list[str], *, readable: bool, proven: bool
) -> None:
    checks = rules.registration_checks(TODAY + ahead * DAY, TODAY, readable=readable, proven=proven)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("standing", "asked", "codes"),
    [
        (None, TODAY, []),
        (None, TODAY - DAY, ["DAY_IN_PAST"]),
        (TODAY + 2 * DAY, TODAY + DAY, []),
        (TODAY + 2 * DAY, TODAY + 2 * DAY, ["STATE_CONFLICT"]),
        (TODAY + 2 * DAY, TODAY + 3 * DAY, ["STATE_CONFLICT"]),
    ],
)
def test_a_key_is_revoked_from_today_on_and_only_ever_earlier(
    standing: date | None, asked: date, codes: list[str]
) -> None:
    span = Span(TODAY - 10 * DAY, standing)
    assert failed_codes(rules.revocation_checks(span, asked, TODAY)) == codes


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("standing", "key", "fits", "codes"),
    [
        ([], None, False, []),
        ([KEY], None, False, ["OWN_KEY_REQUIRED"]),
        ([KEY, OTHER], KEY, True, []),
        ([KEY], KEY, False, ["KEY_SIGNATURE_INVALID"]),
        ([KEY], OTHER, False, ["KEY_UNKNOWN"]),
        ([], KEY, True, ["KEY_UNKNOWN"]),
    ],
)
def test_whoever_has_a_key_that_holds_signs_with_one(
    standing: list[UUID], key: UUID | None, codes: list[str], *, fits: bool
) -> None:
    checks = rules.signing_checks(standing, key, fits=fits)
    assert failed_codes(checks) == codes
    assert checks[0].params["key_ids"] == [str(one) for one in standing]


def test_what_a_key_signs_names_what_it_is_about() -> None:
    assert rules.proof_text(KEY, "pub").endswith(f"\n{KEY}\npub\n")
    assert rules.agreement_text(KEY, "a", "b").endswith(f"\n{KEY}\na\nb\n")
    assert rules.revocation_id(KEY, TODAY) == rules.revocation_id(KEY, TODAY)
    assert rules.revocation_id(KEY, TODAY) != rules.revocation_id(KEY, TODAY + DAY)
