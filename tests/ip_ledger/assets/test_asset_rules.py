"""Numbers, days, terms and states of assets."""

from collections import deque
from datetime import date
from uuid import UUID

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


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(
    ("kind", "dates", "until"),
    [
        (AssetKind.IC_LAYOUT, Dates(filed_on=date(2016, 3, 10)), date(2026, 3, 9)),
        # A patent's term runs from its filing, whatever else is known; others' from the first day.
        (AssetKind.INVENTION, Dates(granted_on=date(2006, 3, 10)), None),
        (
            AssetKind.IC_LAYOUT,
            Dates(registered_on=date(2017, 5, 1), granted_on=date(2018, 1, 1)),
            date(2027, 4, 30),
        ),
        # The calendar ends before the term does.
        (AssetKind.DESIGN, Dates(filed_on=date(9984, 1, 1)), date.max),
        (AssetKind.DESIGN, Dates(filed_on=date(9983, 1, 1)), date(9997, 12, 31)),
    ],
)
def test_a_term_runs_from_the_day_that_its_kind_counts_from(
    kind: AssetKind, dates: Dates, until: date | None
) -> None:
    assert rules.term_until(kind, dates) == until


@pytest.mark.parametrize(
    ("dates", "first_on", "occurred_on"),
    [
        (Dates(), None, None),
        (Dates(date(2025, 1, 1), date(2025, 3, 1), date(2025, 2, 1)), date(2025, 1, 1),
         date(2025, 3, 1)),
        (Dates(date(2025, 1, 1), None, date(2025, 2, 1)), date(2025, 1, 1), date(2025, 2, 1)),
        (Dates(filed_on=date(2025, 1, 1)), date(2025, 1, 1), date(2025, 1, 1)),
    ],
)  # fmt: skip
def test_the_grant_counts_for_the_year_before_the_registration_and_the_filing(
    dates: Dates, first_on: date | None, occurred_on: date | None
) -> None:
    assert (dates.first_on, dates.occurred_on) == (first_on, occurred_on)


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(
    ("kind", "number", "stated", "office"),
    [
        (AssetKind.INVENTION, "PCT/CN2024/123456", None, "WO"),
        (AssetKind.INVENTION, "US1234567B2", "us", "US"),
        (AssetKind.INVENTION, None, None, "CN"),
        (AssetKind.SOFTWARE, "US1234567B2", None, "CN"),
    ],
)
def test_an_asset_is_under_the_office_that_is_stated_or_that_its_number_says(
    kind: AssetKind, number: str | None, stated: str | None, office: str
) -> None:
    found = rules.jurisdiction_of(kind, number, stated)
    assert found == (rules.INTERNATIONAL if office == "WO" else office)


@pytest.mark.parametrize(
    ("kind", "number", "office", "stored"),
    [
        (AssetKind.INVENTION, None, "CN", None),
        (AssetKind.INVENTION, "us123b2", "US", "US123B2"),
        (AssetKind.SOFTWARE, "2024sr0123456", "CN", "2024SR0123456"),
    ],
)
def test_a_right_has_one_spelling_of_its_number(
    kind: AssetKind, number: str | None, office: str, stored: str | None
) -> None:
    assert rules.normalized_number(kind, number, office) == stored


@pytest.mark.requirement("A109")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("kind", "passed"),
    [(kind, kind in {AssetKind.KNOW_HOW, AssetKind.IC_LAYOUT}) for kind in AssetKind],
)
def test_only_know_how_and_layouts_may_lack_a_number(kind: AssetKind, *, passed: bool) -> None:
    codes = failed_codes(rules.number_checks(kind, None, None))
    assert codes == ([] if passed else ["FIELD_MISSING"])


@pytest.mark.requirement("A109")
@pytest.mark.refusing
@pytest.mark.parametrize("kind", [AssetKind.INVENTION, AssetKind.SOFTWARE, AssetKind.IC_LAYOUT])
def test_a_number_has_the_form_of_its_kind(kind: AssetKind) -> None:
    codes = failed_codes(rules.number_checks(kind, "no number", "CN"))
    assert codes
    assert "FIELD_MISSING" not in codes


@pytest.mark.requirement("A109")
def test_the_number_of_another_office_is_taken_as_it_is() -> None:
    assert rules.number_checks(AssetKind.INVENTION, "nonsense", "US") == []
    assert rules.number_checks(AssetKind.KNOW_HOW, "nonsense", None) == []


@pytest.mark.requirement("A109")
@pytest.mark.refusing
def test_a_patents_number_says_its_kind() -> None:
    invention, utility = "202410000001.0", "202420000001.0"
    numbered = {
        kind: [rules._patent_checks(kind, number)[-1] for number in (invention, utility, "?")]
        for kind in (AssetKind.INVENTION, AssetKind.UTILITY)
    }
    assert [one.passed for one in numbered[AssetKind.INVENTION]] == [True, False, True]
    assert [one.passed for one in numbered[AssetKind.UTILITY]] == [False, True, True]
    assert [one.params["number_kind"] is None for one in numbered[AssetKind.UTILITY]] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(("day", "ahead"), [(19, False), (20, False), (21, True)])
def test_a_day_that_has_not_come_only_warns(day: int, *, ahead: bool) -> None:
    on = date(2026, 1, day)
    for name in ("filed_on", "granted_on", "registered_on"):
        dates = Dates(**{"filed_on": date(2020, 1, 1), name: on})
        failed = [
            one for one in rules.date_checks(AssetKind.UTILITY, dates, TODAY) if not one.passed
        ]
        assert [(one.code, one.pointer) for one in failed] == (
            [("DAY_IN_FUTURE", f"/{name}")] if ahead else []
        )
        assert not any(one.refuses for one in failed)


def reported(**over: object) -> rules.Disclosure:
    given = {
        "center_id": UUID(int=1), "kind": AssetKind.INVENTION, "title": "t", "number": None,
        "jurisdiction": None, "dates": Dates(), "is_unfiled": True,
    }  # fmt: skip
    return rules.Disclosure(**(given | over))  # type: ignore[arg-type]


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({}, []),
        ({"number": "x"}, ["FIELD_INVALID"]),
        ({"dates": Dates(filed_on=TODAY)}, ["FIELD_INVALID"]),
        ({"inventors": (rules.InventorShare(UUID(int=2), 1),)}, ["SHARES_NOT_100"]),
        # Only a patent is ever "not filed yet"; what else lacks a number lacks it.
        ({"kind": AssetKind.SOFTWARE}, ["FIELD_MISSING"]),
        ({"is_unfiled": False}, ["FIELD_MISSING", "FIELD_MISSING"]),
    ],
)
def test_what_is_not_filed_yet_has_neither_number_nor_day(
    over: dict[str, object], codes: list[str]
) -> None:
    assert failed_codes(rules.disclosure_checks(reported(**over), TODAY)) == codes


def inventors(*shares: int | None) -> list[rules.InventorShare]:
    return [rules.InventorShare(UUID(int=place), ppm) for place, ppm in enumerate(shares, 1)]


@pytest.mark.requirement("A033")
@pytest.mark.parametrize(
    ("shares", "passed", "whole"),
    [
        ((), True, []), ((None,), True, [1_000_000]), ((None, None, None), True, None),
        ((600_000, 400_000), True, [600_000, 400_000]), ((600_000, 399_999), False, None),
        ((1_000_000, None), False, None), ((600_000, None), False, None),
    ],
)  # fmt: skip
def test_inventors_shares_are_all_given_and_whole_or_all_left_out(
    shares: tuple[int | None, ...], whole: list[int] | None, *, passed: bool
) -> None:
    check, once = rules.inventor_checks(inventors(*shares))
    assert once.passed
    assert (check.passed, check.params["sum_ppm"]) == (passed, sum(ppm or 0 for ppm in shares))
    if whole is not None:
        assert rules.inventor_shares(inventors(*shares)) == whole


@pytest.mark.requirement("A033")
def test_shares_left_out_are_equal_to_the_last_millionth() -> None:
    assert rules.inventor_shares(inventors(None, None, None)) == [333_334, 333_333, 333_333]


@pytest.mark.requirement("A053")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("has_legal_entity", "trustee", "codes"),
    [
        (True, None, []), (False, 5, []), (True, 5, []), (True, 6, ["PARTY_UNKNOWN"]),
        (False, None, ["CONSORTIUM_NOT_REGISTERED"]), (False, 6, ["PARTY_UNKNOWN"]),
    ],
)  # fmt: skip
def test_somebody_has_to_hold_the_asset(
    trustee: int | None, codes: list[str], *, has_legal_entity: bool
) -> None:
    checks = rules.holding_checks(
        has_legal_entity=has_legal_entity,
        trustee_org_id=None if trustee is None else UUID(int=trustee),
        trustees=[UUID(int=5)],
    )
    assert failed_codes(checks) == codes


DAY = date(2025, 1, 1)


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(
    ("kind", "dates", "state"),
    [
        (AssetKind.DESIGN, Dates(filed_on=DAY, granted_on=DAY), State.GRANTED),
        (AssetKind.DESIGN, Dates(filed_on=DAY), State.FILED),
        (AssetKind.DESIGN, Dates(filed_on=DAY, registered_on=DAY), State.FILED),
        (AssetKind.DESIGN, Dates(), State.DISCLOSED),
        (AssetKind.SOFTWARE, Dates(registered_on=DAY), State.REGISTERED),
        (AssetKind.SOFTWARE, Dates(granted_on=DAY), State.REGISTERED),
        (AssetKind.SOFTWARE, Dates(filed_on=DAY), State.FILED),
        (AssetKind.SOFTWARE, Dates(), State.DISCLOSED),
    ],
)
def test_an_asset_enters_in_the_state_that_its_days_tell(
    kind: AssetKind, dates: Dates, state: State
) -> None:
    assert rules.first_state(kind, dates) is state


@pytest.mark.requirement("A033")
@pytest.mark.refusing
def test_nobody_stands_among_the_inventors_twice() -> None:
    one, other = (
        rules.InventorShare(UUID(int=1), None, person_id=UUID(int=number)) for number in (7, 8)
    )
    nameless = rules.InventorShare(UUID(int=1), None)
    assert failed_codes(rules.inventor_checks([one, other, nameless, nameless])) == []
    assert failed_codes(rules.inventor_checks([one, other, one])) == ["INVENTOR_REPEATED"]


def test_a_chinese_number_in_an_offices_letters_is_under_the_chinese_office() -> None:
    assert rules.jurisdiction_of(AssetKind.INVENTION, "ZL 202410000001.0", None) == "CN"
    assert rules.jurisdiction_of(AssetKind.INVENTION, "WO2024/123456", None) == rules.INTERNATIONAL


def test_a_chinese_patent_has_one_spelling_and_what_else_is_registered_its_own() -> None:
    spelled = rules.normalized_number(AssetKind.INVENTION, "zl202410000001.0", "CN")
    assert spelled == rules.normalized_number(AssetKind.INVENTION, "202410000001.0", "CN")
    assert (
        rules.normalized_number(AssetKind.SOFTWARE, "zl202410000001.0", "CN") == "ZL202410000001.0"
    )
    assert (
        rules.normalized_number(AssetKind.INVENTION, "zl202410000001.0", "US") == "ZL202410000001.0"
    )


def test_what_is_not_said_of_an_asset_is_not_so() -> None:
    assert not reported().is_background
    assert not rules.InventorShare(UUID(int=1), None).is_head_of_unit
    given = {"center_id": UUID(int=1), "kind": AssetKind.DESIGN, "title": "t", "number": None}
    assert not rules.Disclosure(**given, jurisdiction=None, dates=Dates()).is_unfiled  # type: ignore[arg-type]


@pytest.mark.requirement("A083")
def test_a_right_is_gone_from_the_day_after_its_last_one() -> None:
    last = date(2026, 2, 28)
    assert rules.ended((), last) == ((date(2026, 3, 1), None),)
    before = ((date(2025, 1, 1), date(2025, 3, 1)),)
    assert rules.ended(before, last) == (*before, (date(2026, 3, 1), None))


@pytest.mark.requirement("A083")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("event", "cause", "refused"),
    [
        (rules.Event.ABANDON, None, False),
        (rules.Event.ABANDON, rules.AbandonCause.DECLARED, False),
        (rules.Event.ABANDON, rules.AbandonCause.DEEMED, False),
        # What lapses unpaid is found by the fees, and told by nobody.
        (rules.Event.ABANDON, rules.AbandonCause.UNPAID, True),
        (rules.Event.GRANT, None, False),
        (rules.Event.GRANT, rules.AbandonCause.DECLARED, True),
    ],
)
def test_only_giving_up_has_a_cause(
    event: rules.Event, cause: rules.AbandonCause | None, *, refused: bool
) -> None:
    assert rules.cause_check(event, cause).refuses is refused
