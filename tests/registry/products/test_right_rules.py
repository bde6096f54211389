"""What the ledger knows of claimed patents; no server."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from registry.products import right_rules as rules
from registry.products.right_rules import Right
from registry.products.rules import Patent
from shared.codes.patents import normalized

OWN, BEFORE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
NUMBER = "ZL202310000001.5"
PATENT = Patent(NUMBER, date(2024, 5, 11), OWN)
RIGHT = Right(
    UUID(int=9), 3, "invention", "granted", date(2024, 5, 11), frozenset({OWN, OTHER})
)  # fmt: skip


@pytest.mark.requirement("A144")
@pytest.mark.parametrize(
    ("over", "failed"),
    [
        ({}, []),
        ({"state": "maintained"}, []),
        ({"state": "expired"}, [("PATENT_NOT_IN_FORCE", "number")]),
        ({"kind": "utility"}, [("PATENT_NOT_IN_FORCE", "number")]),
        ({"granted_on": None}, []),
        ({"granted_on": date(2024, 5, 12)}, [("PATENT_DAY_DIFFERS", "granted_on")]),
        ({"owner_ids": frozenset({OTHER})}, [("PATENT_NOT_OWN", "owner_id")]),
        # In whose place the owner stands had it, and it has it now.
        ({"owner_ids": frozenset({BEFORE})}, []),
    ],
)
def test_a_claimed_patent_is_what_the_ledger_has_under_its_number(
    over: dict[str, Any], failed: list[tuple[str, str]]
) -> None:
    right = replace(RIGHT, **over)
    stranger = replace(PATENT, number="ZL202310000002.3")
    checks = rules.right_checks(
        [stranger, PATENT], {normalized(NUMBER): right}, {OWN: frozenset({BEFORE})}
    )
    unknown, *others = [check for check in checks if not check.passed]
    # One that the ledger does not know is pointed out and refuses nothing.
    assert (unknown.code, unknown.pointer) == ("PATENT_UNRECORDED", "/patents/0/number")
    assert not unknown.refuses
    assert [(check.code, check.pointer) for check in others] == [
        (code, f"/patents/1/{name}") for code, name in failed
    ]
    assert all(check.refuses for check in others)


def test_of_a_telling_is_kept_which_version_it_was() -> None:
    assert rules.told_of(RIGHT) == {"asset_id": str(UUID(int=9)), "asset_version": 3}
    assert rules.told_of(None) == {"asset_id": None, "asset_version": None}
