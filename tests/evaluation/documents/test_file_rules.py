"""When a report or a workbook may be handed out; no database."""

from uuid import UUID

import pytest

from evaluation.documents import rules
from shared.rules import failed_codes

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(("told_of", "codes"), [(ONE, []), (TWO, ["STALE_INPUT"]), (None, [])])
def test_a_report_tells_of_the_version_that_stands(told_of: UUID | None, codes: list[str]) -> None:
    assert failed_codes(rules.standing_checks(told_of, ONE)) == codes


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(("since", "codes"), [(False, []), (True, ["STALE_INPUT"])])
def test_a_workbook_tells_every_result_of_its_cycle(codes: list[str], *, since: bool) -> None:
    assert failed_codes(rules.complete_checks(published_since=since)) == codes


@pytest.mark.requirement("A126")
@pytest.mark.parametrize(("results", "codes"), [(0, ["STATE_CONFLICT"]), (1, []), (2, [])])
def test_of_a_cycle_without_results_nothing_is_written(results: int, codes: list[str]) -> None:
    assert failed_codes(rules.anything_checks(results)) == codes
