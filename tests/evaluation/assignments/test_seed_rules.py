"""When a seed is still a secret, and when a draw is tried no more: both sides of each bound."""

from datetime import UTC, datetime, timedelta

import pytest

from evaluation.assignments import rules
from shared.rules import failed_codes

FROZEN = datetime(2028, 3, 1, 9, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.requirement("A120")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("opened_at", "codes"),
    [
        (None, []),
        (FROZEN + MOMENT, []),
        (FROZEN, []),
        (FROZEN - MOMENT, ["SEED_OPEN"]),
    ],
)
def test_no_pool_is_frozen_under_a_seed_that_somebody_knew(
    opened_at: datetime | None, codes: list[str]
) -> None:
    assert failed_codes(rules.secret_checks(opened_at, FROZEN)) == codes


@pytest.mark.parametrize(("attempts", "over"), [(0, False), (2, False), (3, True), (4, True)])
def test_a_draw_that_loses_its_worker_is_tried_three_times(attempts: int, *, over: bool) -> None:
    assert rules.given_up(attempts) is over
