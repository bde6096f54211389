"""Calls and their windows, fields and their days, clauses and their rows."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.facts.kinds import PAYLOADS
from registry.facts.rules import ChainStage, FactKind
from registry.organizations.rules import ChainPosition, LegalPersonKind, OrgType
from registry.programme import reference, rules
from registry.programme.rules import CallEvent, CallState, Window
from shared.calendar import WorkingDays
from shared.rules import failed_codes, require
from tests.requirements.rows import all_rows

SEPTEMBER = Window(date(2026, 9, 1), date(2026, 10, 31), soft=False)
DAYS = st.dates(date(2016, 1, 1), date(2040, 1, 1))


@pytest.mark.requirement("A159")
@given(DAYS)
def test_a_call_without_a_window_is_always_open(day: date) -> None:
    assert failed_codes(rules.window_checks(Window(None, None, soft=False), day)) == []


@pytest.mark.requirement("A159")
@given(DAYS)
def test_a_soft_window_warns_and_never_refuses(day: date) -> None:
    checks = rules.window_checks(Window(SEPTEMBER.open_from, SEPTEMBER.open_until, soft=True), day)
    assert failed_codes(require(checks)) == (
        [] if SEPTEMBER.contains(day) else ["CALL_WINDOW_CLOSED"]
    )


@pytest.mark.requirement("A159", "A115")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(2026, 8, 31), False),
        (date(2026, 9, 1), True),
        (date(2026, 10, 31), True),
        (date(2026, 11, 1), False),
    ],
)
def test_a_hard_window_includes_both_its_days(day: date, *, open_: bool) -> None:
    refusing = [check for check in rules.window_checks(SEPTEMBER, day) if check.refuses]
    assert (not refusing) is open_


@pytest.mark.requirement("A047")
@pytest.mark.refusing
def test_an_application_names_active_fields_only() -> None:
    active = {"integrated_circuit"}
    assert failed_codes(rules.field_checks(["integrated_circuit"], active)) == []
    assert failed_codes(rules.field_checks([], active)) == ["FIELD_INACTIVE"]
    checks = rules.field_checks(["integrated_circuit", "steam"], active)
    [refused] = [check for check in checks if not check.passed]
    assert refused.params["fields"] == ["steam"]


@pytest.mark.requirement("A115")
@pytest.mark.parametrize(
    ("window", "codes"),
    [
        (SEPTEMBER, []),
        (Window(date(2026, 9, 1), date(2026, 9, 1), soft=True), []),
        (Window(date(2026, 9, 2), date(2026, 9, 1), soft=True), ["DAYS_REVERSED"]),
        (Window(None, date(2026, 9, 1), soft=False), []),
        (Window(date(2026, 9, 2), None, soft=False), []),
    ],
)
def test_a_window_does_not_end_before_it_begins(window: Window, codes: list[str]) -> None:
    assert failed_codes(rules.window_order_checks(window)) == codes


@pytest.mark.requirement("A115")
@pytest.mark.parametrize(
    ("kinds", "codes"),
    [
        ([], []),
        (["charter", "budget"], []),
        (["charter", "poem"], ["poem"]),
        (["budget", "charter", "budget"], ["budget"]),
        (["poem", "poem"], ["poem", "poem"]),
    ],
)
def test_a_call_asks_for_known_materials_each_once(kinds: list[str], codes: list[str]) -> None:
    (check,) = rules.material_checks(kinds, {"charter", "budget", "plan"})
    assert (check.passed, check.params["codes"]) == (not codes, codes)


@pytest.mark.requirement("A047")
@pytest.mark.parametrize(
    ("active_until", "codes"),
    [(date(2026, 9, 2), []), (date(2026, 9, 1), []), (date(2026, 8, 31), ["DAYS_REVERSED"])],
)
def test_a_field_is_not_retired_before_it_began(active_until: date, codes: list[str]) -> None:
    assert failed_codes(rules.retirement_checks(date(2026, 9, 1), active_until)) == codes


@pytest.mark.parametrize(("state", "event"), list(product(CallState, CallEvent)))
def test_a_call_moves_only_as_its_table_says(state: CallState, event: CallEvent) -> None:
    codes = failed_codes(rules.move_checks(state, event))
    assert codes == ([] if (state, event) in rules.MOVES else ["STATE_CONFLICT"])


def test_every_call_state_is_reached_and_only_closed_is_an_end() -> None:
    assert {CallState.DRAFT, *rules.MOVES.values()} == set(CallState)
    assert {state for state, _ in rules.MOVES} == set(CallState) - {CallState.CLOSED}


@pytest.mark.requirement("A001", "A100")
def test_the_policy_knows_the_clause_of_every_row() -> None:
    clauses = reference.clauses()
    assert {row.id: row.clause for row in all_rows().values()} == clauses
    assert set(reference.PARAMETERS) <= set(clauses)


@pytest.mark.requirement("X15")
@pytest.mark.parametrize(
    ("scheme", "members"),
    [
        ("org-types", OrgType),
        ("legal-person-kinds", LegalPersonKind),
        ("chain-positions", ChainPosition),
        ("chain-stages", ChainStage),
        ("fact-kinds", FactKind),
    ],
)
def test_a_code_table_names_every_word_that_bodies_take(scheme: str, members: type) -> None:
    words = {code for code, _, _ in reference.CODE_TABLES[scheme]}
    assert words == {member.value for member in members}  # type: ignore[attr-defined]  # an enum


def test_every_kind_of_fact_has_a_payload() -> None:
    assert {payload.KIND for payload in PAYLOADS} == set(FactKind)


@pytest.mark.requirement("A040", "A091")
def test_the_service_catalogue_has_the_eleven_codes() -> None:
    assert len(reference.CODE_TABLES["service-catalog"]) == 11


@pytest.mark.requirement("X10")
def test_the_notice_of_the_vector_closes_on_the_ninth() -> None:
    days = reference.PARAMETERS["X09"]["notice_working_days"]
    assert WorkingDays().add(date(2026, 3, 2), days) == date(2026, 3, 9)
