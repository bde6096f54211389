"""Where the sandbox's clock may be put, and codes that no organization has; no server."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.sandbox import rules
from shared.rules import failed_codes

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LAST = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.mark.requirement("X10")
@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        (NOW, []),
        (NOW + SECOND, []),
        (NOW - SECOND, ["CLOCK_BACKWARDS"]),
        (LAST - SECOND, []),
        (LAST, ["FIELD_INVALID"]),
    ],
)
def test_the_clock_goes_forward_and_never_to_the_end_of_time(
    asked: datetime, codes: list[str]
) -> None:
    checks = rules.clock_checks(NOW, asked)
    assert failed_codes(checks) == codes
    assert checks[0].params["now"] == "2026-06-01T00:00:00Z"
    assert checks[1].params["expected"] == "an instant before 2200"


@pytest.mark.parametrize("number", [0, 1, 30, 31, 961, 12_345, 923_520])
def test_the_organization_code_within_a_fictional_code_holds_by_gb_11714(number: int) -> None:
    code = rules.fictional_uscc(number)
    assert code.startswith("91310115FAKE")
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c, 36) * w for c, w in zip(code[8:16], weights, strict=True))
    check = 10 if code[16] == "X" else int(code[16])
    assert (total + check) % 11 == 0


def test_each_number_has_a_code_of_its_own() -> None:
    assert rules.MOST_CODES == 31**4
    numbers = [*range(0, rules.MOST_CODES, 997), rules.MOST_CODES - 1]
    assert len({rules.fictional_uscc(number)[12:16] for number in numbers}) == len(numbers)
