"""The door's times and sizes that callers were promised, each said here a second time.

Nobody changes one by accident: a script that keeps a refresh token for eleven hours, or a batch of
exactly half a gibibyte, breaks by a figure that moved, whatever the rules' own tests say.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.accounts import rules as accounts
from gateway.claims import rules as claims
from gateway.factors import rules as factors
from gateway.grants import rules as grants
from gateway.notices import rules as notices
from gateway.openapi.rules import encoded
from gateway.outside import rules as outside
from gateway.proxy import rules as proxy
from gateway.requests import rules as requests
from gateway.tokens import rules as tokens
from gateway.trail import rules as trail
from gateway.webhooks import rules as webhooks

MIB = 1_048_576


def test_what_lives_for_a_time_lives_as_long_as_was_said() -> None:
    hours = {
        "a session": accounts.SESSION_LIFE,
        "a refresh token that rests": grants.REFRESH_IDLE,
        "what codes are counted in": notices.CODES_WITHIN,
    }
    assert hours == {
        "a session": timedelta(hours=12),
        "a refresh token that rests": timedelta(hours=12),
        "what codes are counted in": timedelta(hours=24),
    }
    days = (accounts.INVITATION_LIFE, accounts.ENROLMENT_LIFE, claims.COUNTED_FOR)
    assert [one.days for one in (*days, grants.FAMILY_LIFE, requests.KEPT)] == [7, 7, 30, 30, 30]
    minutes = (factors.STEP_LIFE, grants.CODE_LIFE)
    assert [one.total_seconds() / 60 for one in minutes] == [10, 1]


def test_what_is_bounded_is_bounded_where_it_was_said() -> None:
    assert grants.MOST_STATE == 512
    assert notices.DAILY_HOUR == 8
    assert notices.MOST_MUTED == 50
    assert notices.MOST_FAILURES == 5
    assert outside.MOST_SUBJECT == 255
    assert requests.MOST_WAITING == 20_000
    assert tokens.MAX_FORM_BYTES == 8 * 1024
    assert tokens.MAX_CREDENTIAL == 255
    assert trail.MOST_ALIKE == 20
    assert trail.BEGINNING == "0" * 64
    assert webhooks.MOST_TYPES == 50


def test_what_is_secret_has_the_bits_that_nobody_guesses() -> None:
    # RFC 6238: steps of thirty seconds; RFC 4226, section 4: a secret of 160 bits.
    assert factors.STEP_SECONDS == 30
    assert factors.SECRET_BYTES * 8 == 160
    assert (factors.RECOVERY_CODES, factors.RECOVERY_BYTES * 8) == (10, 80)
    assert accounts.ENROLMENT_BYTES * 8 == 80


def test_the_sizes_that_the_door_takes_are_those_of_the_portal() -> None:
    promised = proxy.Limits(
        target=8 * 1024, head=16 * 1024, fields=100,
        json=MIB, upload=50 * MIB, batch=512 * MIB,
    )  # fmt: skip
    assert proxy.Limits() == promised


DEEP: dict[str, Any] = {
    "paths": {"/a": {"get": {"tags": ["制创"], "deep": {"er": [1, {"x": None}]}}}},
    "info": {"title": "t"}, "list": [{"a": 1}], "empty": {},
}  # fmt: skip


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 7])
def test_a_document_in_pieces_of_any_depth_is_the_same_document(depth: int) -> None:
    whole = json.dumps(DEEP, ensure_ascii=False, separators=(",", ":")).encode()
    assert encoded(DEEP, depth) == whole
    assert encoded(DEEP) == whole


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "kept"), [(-1, False), (0, True), (1, True)],
)  # fmt: skip
def test_a_request_is_kept_to_the_second(seconds: int, kept: bool) -> None:
    made = NOON - timedelta(days=30) + timedelta(seconds=seconds)
    assert (made >= requests.oldest_kept(NOON)) is kept
