"""Numbers, days, terms and states of assets."""

from collections import deque
from datetime import date

import pytest

from ip_ledger.assets import rules
from ip_ledger.assets.rules import AssetKind, Dates, Event, State
from shared.rules import failed_codes

TODAY = date(2026, 1, 20)


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(
    ("kind", "filed_on", "until"),
    [
        (AssetKind.INVENTION, date(2006, 3, 10), date(2026, 3, 9)),
        (AssetKind.UTILITY, date(2016, 3, 10), date(2026, 3, 9)),
        (AssetKind.DESIGN, date(2024, 2, 29), date(2039, 2, 28)),
        (AssetKind.SOFTWARE, date(2025, 6, 1), date(2075, 12, 31)),
        (AssetKind.KNOW_HOW, date(2025, 6, 1), None),
    ],
)
def test_the_law_sets_the_last_day(kind: AssetKind, filed_on: date, until: date | None) -> None:
    assert rules.term_until(kind, Dates(filed_on=filed_on)) == until


@pytest.mark.requirement("A109")
@pytest.mark.refusing
def test_a_grant_before_the_filing_is_refused() -> None:
    dates = Dates(filed_on=date(2025, 3, 10), granted_on=date(2025, 3, 9))
    assert failed_codes(rules.date_checks(AssetKind.INVENTION, dates, TODAY)) == [
        "DAYS_OUT_OF_ORDER"
    ]
    same_day = Dates(filed_on=date(2025, 3, 10), granted_on=date(2025, 3, 10))
    assert failed_codes(rules.date_checks(AssetKind.INVENTION, same_day, TODAY)) == []


@pytest.mark.requirement("A109")
@pytest.mark.refusing
def test_a_patent_without_a_filing_day_is_refused() -> None:
    assert failed_codes(rules.date_checks(AssetKind.UTILITY, Dates(), TODAY)) == ["FIELD_MISSING"]
    assert failed_codes(rules.date_checks(AssetKind.KNOW_HOW, Dates(), TODAY)) == []


@pytest.mark.requirement("A109")
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_only_the_moves_of_the_table_are_open(state: State, event: Event) -> None:
    refused = failed_codes(rules.event_checks(state, event))
    assert refused == ([] if (state, event) in rules.MOVES else ["STATE_CONFLICT"])


@pytest.mark.requirement("A109")
def test_every_state_leads_to_an_end() -> None:
    for start in State:
        seen, queue = {start}, deque([start])
        while queue:
            state = queue.popleft()
            following = {to for (origin, _), to in rules.MOVES.items() if origin is state}
            queue.extend(following - seen)
            seen |= following
        assert seen & rules.ENDS, start
