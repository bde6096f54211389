"""How a locked report is corrected: once, and for what was reopened; no database."""

import pytest

from evaluation.corrections import rules
from evaluation.corrections.rules import CorrectionState
from shared.rules import failed_codes


@pytest.mark.requirement("A128")
@pytest.mark.parametrize(
    ("state", "codes"),
    [
        (None, []),
        (CorrectionState.RETURNED, []),
        (CorrectionState.FILED, ["STATE_CONFLICT"]),
        (CorrectionState.ACCEPTED, ["STATE_CONFLICT"]),
    ],
)
def test_a_correction_is_filed_where_none_is_or_it_was_sent_back(
    state: CorrectionState | None, codes: list[str]
) -> None:
    (check,) = rules.filing_checks(state)
    assert failed_codes([check]) == codes
    assert check.params["state"] == (None if state is None else state.value)


@pytest.mark.requirement("A128")
@pytest.mark.parametrize(
    ("leaves", "before", "codes"),
    [
        (["A-1"], [], []),
        (["A-1"], [{"scored": ["A-1"]}], []),
        (["A-1"], [{"scored": ["A-2"]}, {"reported": ["A-2"]}], ["STATE_CONFLICT"]),
        ([], [{"reported": ["A-2"]}], []),
    ],
)
def test_a_report_is_reopened_for_a_correction_once(
    leaves: list[str], before: list[dict[str, list[str]]], codes: list[str]
) -> None:
    assert failed_codes(rules.once_checks(leaves, before)) == codes


@pytest.mark.requirement("A128")
def test_without_an_objection_a_report_stays_locked() -> None:
    assert failed_codes(rules.asked_checks([])) == ["REPORT_LOCKED"]
    assert failed_codes(rules.asked_checks(["A-1"])) == []
