"""What an entry must be, for which days it speaks, and what of it counts at once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry.organizations import rules
from registry.organizations.rules import Entry, OrgType, Segment, VerificationDecision
from shared.rules import failed_codes

ONE, TWO = UUID(int=1), UUID(int=2)
TODAY = date(2026, 6, 1)
DAY = timedelta(days=1)
AT = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.mark.requirement("A051")
@pytest.mark.parametrize(("ahead", "codes"), [(-1, []), (0, []), (1, ["DAY_IN_FUTURE"])])
def test_the_register_says_what_is_and_not_what_will_be(ahead: int, codes: list[str]) -> None:
    day = TODAY + timedelta(days=ahead)
    assert failed_codes(rules.past_checks(day, TODAY, "/registered_on")) == codes
    checks = rules.entry_checks("91310115FAKE00275K", "310115", day, TODAY)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A051")
def test_a_code_has_one_entry_which_a_refusal_names() -> None:
    (free,) = rules.unique_checks(None)
    assert (free.passed, dict(free.params)) == (True, {})
    (taken,) = rules.unique_checks(ONE)
    assert (taken.code, taken.passed, dict(taken.params)) == (
        "ALREADY_EXISTS", False, {"id": str(ONE)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "wrong"), [(None, False), ("91310115FAKE00275K", False), ("91310115FAKE00275A", True)]
)
def test_the_code_of_an_owner_is_judged_where_it_is_named(code: str | None, *, wrong: bool) -> None:
    assert bool(failed_codes(rules.parent_checks(code))) is wrong


@pytest.mark.parametrize(("owners", "passed"), [(64, True), (65, False)])
def test_a_chain_of_owners_is_followed_for_sixty_four_steps(owners: int, *, passed: bool) -> None:
    parents = {str(place): str(place + 1) for place in range(owners - 1)}
    (check,) = rules.cycle_checks("A", "0", parents)
    assert check.passed is passed


@pytest.mark.requirement("X04")
@pytest.mark.parametrize(
    ("acting", "official", "codes"),
    [(ONE, False, []), (TWO, False, ["FORBIDDEN_SCOPE"]), (None, False, ["FORBIDDEN_SCOPE"]),
     (None, True, [])],
)  # fmt: skip
def test_an_organization_speaks_for_itself_or_an_official_for_it(
    acting: UUID | None, codes: list[str], *, official: bool
) -> None:
    assert failed_codes(rules.own_checks(ONE, acting, official=official)) == codes
    checks = rules.park_checks(OrgType.PARK_DEVELOPER, ONE, acting, official=official)
    assert failed_codes(checks) == codes
    states = failed_codes(rules.statement_checks(ONE, acting))
    assert states == ([] if acting == ONE else ["FORBIDDEN_SCOPE"])


def said(version: int, first: int, last: int | None = None, **values: Any) -> Entry:
    until = None if last is None else TODAY + last * DAY
    recorded = AT + version * DAY
    return Entry(UUID(int=version), version, values, TODAY + first * DAY, until, recorded)


@pytest.mark.requirement("X07")
def test_what_was_entered_at_an_instant_is_known_at_that_instant() -> None:
    entries = [said(2, 0, name="new"), said(1, 0, name="old")]
    assert rules.values_on(entries, TODAY, AT + 2 * DAY) == {"name": "new"}
    assert rules.values_on(entries, TODAY, AT + 2 * DAY - timedelta(seconds=1)) == {"name": "old"}


@pytest.mark.requirement("X07")
def test_an_entry_that_goes_on_over_anothers_edge_is_one_segment() -> None:
    # The third began before the second was over, and goes on.
    entries = [said(1, 0, name="a"), said(2, 2, 4, name="b"), said(3, 3, name="c")]
    assert rules.segments(entries) == [
        Segment("name", "a", TODAY, TODAY + DAY, UUID(int=1)),
        Segment("name", "b", TODAY + 2 * DAY, TODAY + 2 * DAY, UUID(int=2)),
        Segment("name", "c", TODAY + 3 * DAY, None, UUID(int=3)),
    ]


@pytest.mark.requirement("X07")
def test_days_of_which_nobody_spoke_part_two_segments() -> None:
    entries = [said(1, 0, 1, name="a"), said(2, 3, 4, name="b"), said(3, 1, 1, staff=3)]
    found = rules.segments(entries)
    assert [(one.field, one.value, one.from_on, one.until_on) for one in found] == [
        ("name", "a", TODAY, TODAY + DAY),
        ("name", "b", TODAY + 3 * DAY, TODAY + 4 * DAY),
        ("staff", 3, TODAY + DAY, TODAY + DAY),
    ]  # fmt: skip


@pytest.mark.requirement("X07")
def test_a_value_that_another_interrupted_has_two_segments() -> None:
    entries = [said(1, 0, name="a"), said(2, 2, 3, name="b")]
    assert [(one.value, one.from_on, one.until_on) for one in rules.segments(entries)] == [
        ("a", TODAY, TODAY + DAY),
        ("b", TODAY + 2 * DAY, TODAY + 3 * DAY),
        ("a", TODAY + 4 * DAY, None),
    ]


SAID = {"is_sme": True, "is_leading": True, "is_backbone": False, "staff": 12}


@pytest.mark.requirement("A058", "A065")
def test_of_its_own_word_only_that_it_is_small_counts_at_once() -> None:
    assert rules.counted(SAID, official=True) == (SAID, {})
    counts, stated = rules.counted(SAID, official=False)
    assert counts == {**SAID, "is_leading": False}
    assert stated == {"is_sme": True, "is_leading": True}
    assert rules.declared(stated) == {"is_sme": True}
    assert rules.refuted(stated) == {"is_sme": False}
    assert rules.counted({"staff": 12}, official=False) == ({"staff": 12}, {})


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("first", "last", "pointers"),
    [
        (0, None, []),
        (1, None, ["/valid_from"]),
        (-1, -1, []),
        (-1, -2, ["/valid_until"]),
        # A last day that is not over yet is entered when it has come.
        (-1, 0, ["/valid_until"]),
    ],
)
def test_an_entry_has_begun_and_is_over_where_a_last_day_is_named(
    first: int, last: int | None, pointers: list[str]
) -> None:
    until = None if last is None else TODAY + last * DAY
    checks = rules.span_checks(TODAY + first * DAY, until, TODAY)
    assert [check.pointer for check in checks if not check.passed] == pointers


@pytest.mark.requirement("X03", "X07")
@pytest.mark.parametrize(
    ("acting", "decided", "decision", "reason", "codes"),
    [
        (TWO, False, VerificationDecision.VERIFIED, None, []),
        (TWO, False, VerificationDecision.REFUSED, "查无此证", []),
        (TWO, False, VerificationDecision.REFUSED, "", ["FIELD_MISSING"]),
        (TWO, True, VerificationDecision.VERIFIED, None, ["STATE_CONFLICT"]),
        (ONE, False, VerificationDecision.VERIFIED, None, ["SOD_VIOLATION"]),
    ],
)
def test_a_statement_is_decided_once_by_another_and_refused_with_a_reason(
    acting: UUID,
    decision: VerificationDecision,
    reason: str | None,
    codes: list[str],
    *,
    decided: bool,
) -> None:
    checks = rules.verification_checks(
        stated_by=ONE, acting=acting, decided=decided, decision=decision, reason=reason
    )
    assert failed_codes(checks) == codes
