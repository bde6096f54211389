"""Whose facts an item may name, and who decides on it; no server."""

from uuid import UUID

import pytest

from registry.publicity import rules
from shared.rules import failed_codes

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.requirement("A152", "A156")
@pytest.mark.parametrize(
    ("linked", "confidential", "codes", "named"),
    [
        ([ONE, TWO], [], [], [[], []]),
        ([THREE, ONE], [], ["FACT_UNKNOWN"], [[THREE], []]),
        ([ONE, TWO], [TWO], ["FACT_CONFIDENTIAL"], [[], [TWO]]),
    ],
)
def test_an_item_names_facts_of_its_centre_that_may_leave(
    linked: list[UUID], confidential: list[UUID], codes: list[str], named: list[list[UUID]]
) -> None:
    checks = rules.link_checks(linked, {ONE, TWO}, confidential)
    assert failed_codes(checks) == codes
    told = [check.params["fact_ids"] for check in checks]
    assert told == [[str(one) for one in some] for some in named]


@pytest.mark.requirement("X03")
def test_nobody_decides_what_he_made() -> None:
    assert failed_codes(rules.apart_checks([TWO, None], ONE)) == []
    assert failed_codes(rules.apart_checks([TWO, ONE], ONE)) == ["SOD_VIOLATION"]
