"""What a leaf's query comes to on a frozen year, beside what the computation counted."""

import json
from fractions import Fraction

import pytest

from evaluation.laboratory import preview_rules as rules
from shared.rules import failed_codes
from tests.evaluation.results import vector

INPUTS = vector.inputs()
SNAPSHOT = json.dumps(
    {
        "period": {"from_on": INPUTS.period.from_on, "until_on": INPUTS.period.until_on},
        "facts": {
            "registry": list(vector.registry_facts()),
            "ip_ledger": list(vector.ledger_facts()),
        },
        "report": {"fact": dict(vector.report_fact())},
    }
).encode()


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(
    ("code", "codes"),
    [("A1", []), ("C2", []), ("A4", ["FIELD_INVALID"]), ("E3", ["FIELD_INVALID"])],
)
def test_what_experts_score_has_nothing_to_preview(code: str, codes: list[str]) -> None:
    leaf = rules.leaf_named(INPUTS.scheme, code)
    assert leaf is not None
    assert leaf.code == code
    assert failed_codes(rules.preview_checks(leaf)) == codes
    assert rules.leaf_named(INPUTS.scheme, "Z9") is None


@pytest.mark.requirement("A130")
@pytest.mark.parametrize(
    ("code", "value", "counted", "shared"),
    [("B1", "24", 24, False), ("C2", "0.42", 100, True), ("D1", "0.46", 1, True)],
)
def test_a_query_is_tried_on_the_bytes_of_a_frozen_year(
    code: str, value: str, counted: int, *, shared: bool
) -> None:
    leaf = rules.leaf_named(INPUTS.scheme, code)
    assert leaf is not None
    assert leaf.query is not None
    found = rules.tried(leaf.query, SNAPSHOT)
    assert found.value == Fraction(value)
    assert len(found.sifted.counted) == counted
    # Only a share has two parts, and they make it.
    assert (found.parts is not None) is shared
    if found.parts is not None:
        part, whole = found.parts
        assert part / whole == found.value
