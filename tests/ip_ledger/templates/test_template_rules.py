"""Blanks of a text, filled in and described, each once; no database."""

import pytest

from ip_ledger.templates import rules
from ip_ledger.templates.rules import State
from shared.rules import failed_codes

TEXT = "甲方 {{first}} 与乙方 {{second_2}}；{{first}} 承担。{{Not}} {{ no }} {{2}}"


def test_a_text_names_its_blanks_in_their_order_and_once() -> None:
    assert rules.blanks(TEXT) == ["first", "second_2"]
    assert rules.blanks("无空格") == []


@pytest.mark.requirement("A084")
@pytest.mark.parametrize(
    ("named", "fields", "passed"),
    [
        (["second_2", "first"], [], True),
        (["first"], ["second_2"], False),
        (["first", "second_2", "third"], ["third"], False),
        (["first", "second_2", "first"], [], False),
    ],
)
def test_exactly_the_blanks_of_a_text_are_described(
    named: list[str], fields: list[str], *, passed: bool
) -> None:
    (check,) = rules.text_checks(TEXT, named)
    assert (check.passed, check.params["fields"]) == (passed, fields)
    (given,) = rules.filling_checks(TEXT, set(named), "/values")
    assert (given.passed, given.params["fields"]) == (not fields, fields)


@pytest.mark.requirement("A084", "X03")
@pytest.mark.parametrize(
    ("state", "same", "codes"),
    [
        (State.PROPOSED, False, []),
        (State.PROPOSED, True, ["SOD_VIOLATION"]),
        (State.PUBLISHED, False, ["STATE_CONFLICT"]),
    ],
)
def test_another_person_than_wrote_a_template_publishes_it(
    state: State, codes: list[str], *, same: bool
) -> None:
    assert failed_codes(rules.publishing_checks(state, same_person=same)) == codes
