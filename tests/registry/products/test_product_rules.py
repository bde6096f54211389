"""What counts as new on the market: both sides of every boundary."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from registry.products import rules
from registry.products.rules import (
    Candidate,
    Contract,
    Entry,
    Patent,
    ProductEvent,
    ProductKind,
    ProductSector,
    ProductState,
)
from registry.programme import reference
from registry.programme.rules import policy_of
from shared.calendar import WorkingDays
from shared.rules import Policy, failed_codes

CUT_OFF = date(2026, 6, 30)
TODAY = date(2026, 6, 1)
OWN = uuid4()


def policy(**a144: Any) -> Policy:
    parameters = {**reference.PARAMETERS, "A144": {**reference.PARAMETERS["A144"], **a144}}
    return policy_of("2016", reference.clauses(), parameters)


def candidate(**over: Any) -> Candidate:
    values: dict[str, Any] = {
        "kind": ProductKind.FIRST_SET,
        "sector": ProductSector.GENERAL,
        "patents": [patent()],
        "first_sale_on": None,
        "first_purchase": True,
        "equipment": {"first_in": "performance", "unit": "set"},
    }
    return Candidate(**{**values, **over})


def patent(
    granted_on: date = date(2024, 5, 11), number: str = "ZL202310000001.5", owner: UUID = OWN
) -> Patent:
    return Patent(number, granted_on, owner)


def software(**over: Any) -> Candidate:
    part = {
        "main_version": "1.0",
        "bespoke": False,
        "in_house": False,
        "copyright_acquired_on": date(2025, 1, 1),
        **over,
    }
    return candidate(kind=ProductKind.FIRST_VERSION, equipment=None, patents=[], software=part)


@pytest.mark.requirement("A144")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("first_sale_on", "wanted", "codes"),
    [
        (None, True, []),
        (date(2026, 2, 3), True, []),
        (date(2025, 6, 30), True, []),
        (date(2025, 6, 29), True, ["CATALOG_NOT_FIRST_SALE"]),
        # Sold too early for a first purchase, it may still be catalogued.
        (date(2025, 6, 29), False, []),
        (TODAY, True, []),
        (date(2026, 6, 2), True, ["DAY_IN_FUTURE"]),
    ],
)
def test_a_first_sale_lies_within_the_year_before_the_cut_off(
    first_sale_on: date | None, wanted: bool, codes: list[str]
) -> None:
    checks = rules.first_sale_checks(policy(), first_sale_on, CUT_OFF, TODAY, wanted=wanted)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A144")
def test_the_window_is_the_policys_and_a_leap_day_counts_back_to_the_28th() -> None:
    assert rules.first_sale_from(policy(first_sale_years=2), CUT_OFF) == date(2024, 6, 30)
    assert rules.first_sale_from(policy(), date(2028, 2, 29)) == date(2027, 2, 28)


@pytest.mark.requirement("A144")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("product", "codes"),
    [
        (candidate(), []),
        (candidate(patents=[]), ["INVENTION_PATENT_MISSING"]),
        (candidate(patents=[patent(date(2023, 6, 30))]), []),
        (candidate(patents=[patent(date(2023, 6, 29))]), ["RIGHT_TOO_OLD"]),
        (candidate(patents=[patent(CUT_OFF)]), []),
        (candidate(patents=[patent(date(2026, 7, 1))]), ["RIGHT_TOO_OLD"]),
        (
            candidate(sector=ProductSector.MEDICINE, patents=[patent(date(2021, 6, 30))]),
            [],
        ),
        (
            candidate(sector=ProductSector.MEDICINE, patents=[patent(date(2021, 6, 29))]),
            ["RIGHT_TOO_OLD"],
        ),
        (candidate(patents=[patent(owner=uuid4())]), ["PATENT_NOT_OWN"]),
        (candidate(patents=[patent(number="ZL202310000001.4")]), ["PATENT_NO_CHECK_DIGIT"]),
        (candidate(patents=[patent(number="202320000002.5")]), ["NOT_AN_INVENTION"]),
        # Software rests on its copyright.
        (software(), []),
    ],
)
def test_equipment_rests_on_a_young_invention_patent_of_its_own(
    product: Candidate, codes: list[str]
) -> None:
    checks = rules.patent_checks(policy(), product, CUT_OFF, frozenset({OWN}))
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A144")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("product", "codes"),
    [
        (software(), []),
        (software(main_version="V1.0"), []),
        (software(main_version="2.3"), ["SOFTWARE_NOT_FIRST_VERSION"]),
        (software(main_version="1.0.1"), ["SOFTWARE_NOT_FIRST_VERSION"]),
        (software(bespoke=True), ["SOFTWARE_NOT_FOR_MARKET"]),
        (software(in_house=True), ["SOFTWARE_NOT_FOR_MARKET"]),
        (software(copyright_acquired_on=date(2024, 6, 30)), []),
        (software(copyright_acquired_on=date(2024, 6, 29)), ["RIGHT_TOO_OLD"]),
        (candidate(equipment=None), ["PRODUCT_PARTICULARS"]),
        (candidate(material={"grade": "A", "specification": "B"}), ["PRODUCT_PARTICULARS"]),
        (
            candidate(
                kind=ProductKind.FIRST_BATCH,
                equipment=None,
                material={"grade": "6N", "specification": "12英寸"},
            ),
            [],
        ),
        (
            candidate(
                kind=ProductKind.FIRST_BATCH,
                equipment=None,
                material={"grade": "6N", "specification": None},
            ),
            ["MATERIAL_SPEC_MISSING"],
        ),
    ],
)
def test_each_kind_has_its_own_tests(product: Candidate, codes: list[str]) -> None:
    assert failed_codes(rules.kind_checks(policy(), product, CUT_OFF)) == codes


@pytest.mark.requirement("A144")
@pytest.mark.parametrize("kind", list(ProductKind))
def test_tests_that_are_not_the_citys_own_say_so(kind: ProductKind) -> None:
    [check] = rules.rule_set_checks(policy(), kind)
    assert (check.passed, check.refuses) == (False, False)
    assert check.params["source"]
    own = {"provisional": False, "source": "上海"}
    [settled] = rules.rule_set_checks(policy(rule_sets={kind.value: own}), kind)
    assert settled.passed


@pytest.mark.requirement("A144")
@pytest.mark.refusing
def test_a_maker_is_of_the_city_and_honest() -> None:
    assert failed_codes(rules.maker_checks(policy(), "310115", barred=False)) == []
    assert failed_codes(rules.maker_checks(policy(), "330100", barred=True)) == [
        "ENTITY_NOT_LOCAL",
        "DISHONEST_ORG",
    ]


ENTRY = Entry(
    ProductState.CATALOGUED,
    "检测机（示例）",
    "上海示例公司",
    first_purchase=True,
    valid_from=date(2026, 6, 9),
    valid_to=date(2026, 12, 31),
)


def contract(**over: Any) -> Contract:
    values = {
        "number": "SHCX2026-001",
        "product_name": "检测机（示例）",
        "maker_name": "上海示例公司",
        "signed_on": date(2026, 11, 6),
    }
    return Contract(**{**values, **over})


@pytest.mark.requirement("A145")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("signed", "codes"),
    [
        (contract(), []),
        (contract(number="SH2026-01"), ["FIRST_PURCHASE_NO"]),
        (contract(number="SHCX"), ["FIRST_PURCHASE_NO"]),
        (contract(number="shcx2026-001"), ["FIRST_PURCHASE_NO"]),
        # Half a bracket, a blank, another maker: not the same to the character.
        (contract(product_name="检测机(示例)"), ["FIRST_PURCHASE_MISMATCH"]),
        (contract(product_name="检测机（示例） "), ["FIRST_PURCHASE_MISMATCH"]),
        (contract(maker_name="上海示例公司一"), ["FIRST_PURCHASE_MISMATCH"]),
        (contract(signed_on=date(2026, 6, 9)), []),
        (contract(signed_on=date(2026, 6, 8)), ["CATALOG_NOT_VALID"]),
        (contract(signed_on=date(2026, 12, 31)), []),
        (contract(signed_on=date(2027, 1, 1)), ["CATALOG_NOT_VALID"]),
        (contract(signed_on=date(2027, 1, 2)), ["CATALOG_NOT_VALID", "DAY_IN_FUTURE"]),
    ],
)
def test_a_first_purchase_matches_the_catalogue_to_the_character(
    signed: Contract, codes: list[str]
) -> None:
    assert failed_codes(rules.contract_checks(policy(), signed, ENTRY, date(2027, 1, 1))) == codes


@pytest.mark.requirement("A145")
@pytest.mark.parametrize(
    ("signed_on", "last_day"),
    [
        # Monday and Thursday; Friday, Saturday and Sunday have one last day, a Tuesday.
        ("2026-03-02", "2026-03-04"),
        ("2026-11-05", "2026-11-09"),
        ("2026-11-06", "2026-11-10"),
        ("2026-11-07", "2026-11-10"),
        ("2026-11-08", "2026-11-10"),
        # Spring Festival from Sunday 15 to Monday 23 February; the Saturdays 14 and 28 are worked.
        ("2026-02-12", "2026-02-14"),
        ("2026-02-13", "2026-02-24"),
        ("2026-02-14", "2026-02-25"),
        ("2026-02-17", "2026-02-25"),
        ("2026-02-23", "2026-02-25"),
        ("2026-02-27", "2026-03-02"),
        # Around the National Day: Sunday 20 September and Saturday 10 October are worked.
        ("2026-09-19", "2026-09-21"),
        ("2026-09-30", "2026-10-09"),
        ("2026-10-09", "2026-10-12"),
        # Over the year's end.
        ("2026-12-31", "2027-01-05"),
    ],
)
def test_a_contract_is_entered_within_two_working_days(signed_on: str, last_day: str) -> None:
    due_on = rules.recording_due_on(policy(), WorkingDays(), date.fromisoformat(signed_on))
    assert due_on == date.fromisoformat(last_day)
    assert rules.lateness_checks(policy(), due_on, due_on)[0].passed
    [late] = rules.lateness_checks(policy(), due_on, due_on + timedelta(days=1))
    assert (late.code, late.refuses) == ("FIRST_PURCHASE_LATE", False)


@pytest.mark.requirement("A145", "X10")
def test_a_day_that_the_calendar_gives_or_takes_moves_a_contracts_last_day() -> None:
    friday, saturday, monday = date(2026, 11, 6), date(2026, 11, 7), date(2026, 11, 9)
    for overrides, last_day in (
        ({saturday: True}, monday),
        ({monday: False}, date(2026, 11, 11)),
        ({saturday: True, monday: False}, date(2026, 11, 10)),
    ):
        assert rules.recording_due_on(policy(), WorkingDays(overrides), friday) == last_day


@pytest.mark.requirement("A144")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "state",
    [
        state
        for state in ProductState
        if state.value not in {"nominated", "returned", "reviewed", "noticed", "catalogued"}
    ],
)
@pytest.mark.parametrize("event", list(ProductEvent))
def test_what_has_ended_moves_no_more(state: ProductState, event: ProductEvent) -> None:
    assert failed_codes(rules.move_checks(state, event)) == ["STATE_CONFLICT"]


@pytest.mark.requirement("X03")
@pytest.mark.refusing
def test_nobody_catalogues_what_he_nominated_reviewed_or_noticed() -> None:
    one, other = uuid4(), uuid4()
    held = {"nominator": one, "reviewer": one, "handler": None}
    assert failed_codes(rules.apart_checks(held, one)) == ["SOD_VIOLATION", "SOD_VIOLATION"]
    assert failed_codes(rules.apart_checks(held, other)) == []


MAKER, OPERATOR = UUID(int=1), UUID(int=2)


@pytest.mark.requirement("A144", "X04")
@pytest.mark.parametrize(
    ("operates", "acting", "belongs", "codes"),
    [
        (True, OPERATOR, True, []),
        (True, OPERATOR, False, ["OWNER_NOT_IN_CENTER"]),
        (False, MAKER, True, []),
        (False, MAKER, False, ["NOT_FOUND"]),
        (False, OPERATOR, True, ["NOT_FOUND"]),
    ],
)
def test_the_operator_nominates_or_the_maker_where_it_belongs(
    acting: UUID, codes: list[str], *, operates: bool, belongs: bool
) -> None:
    checks = rules.nominator_checks(
        operates=operates, acting_id=acting, maker_id=MAKER, belongs=belongs
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A144")
@pytest.mark.parametrize(
    ("today", "codes"),
    [(CUT_OFF, []), (date(2026, 7, 1), ["STATE_CONFLICT"]), (date(2026, 6, 29), [])],
)
def test_a_call_takes_nominations_until_its_cut_off(today: date, codes: list[str]) -> None:
    assert failed_codes(rules.call_checks(CUT_OFF, today)) == codes


@pytest.mark.requirement("A144")
@pytest.mark.parametrize(
    ("year", "cut_off_on", "valid_until", "pointers"),
    [
        (2026, CUT_OFF, date(2026, 7, 1), []),
        (2026, CUT_OFF, CUT_OFF, ["/valid_until"]),
        (2027, CUT_OFF, date(2026, 7, 1), ["/cut_off_on"]),
        (2026, TODAY, date(2026, 7, 1), []),
        (2026, date(2026, 5, 31), date(2026, 7, 1), ["/cut_off_on"]),
    ],
)
def test_a_call_is_of_its_year_and_open_and_its_catalogue_outlasts_it(
    year: int, cut_off_on: date, valid_until: date, pointers: list[str]
) -> None:
    checks = rules.call_day_checks(year, cut_off_on, valid_until, TODAY)
    assert [check.pointer for check in checks if not check.passed] == pointers


@pytest.mark.requirement("A144")
@pytest.mark.parametrize("kind", list(ProductKind))
def test_the_particulars_of_another_kind_are_refused_and_not_judged(kind: ProductKind) -> None:
    nothing = candidate(kind=kind, equipment=None)
    missing = [check for check in rules.kind_checks(policy(), nothing, CUT_OFF) if not check.passed]
    assert [check.code for check in missing] == ["PRODUCT_PARTICULARS"]
    needed = {"first_set": "equipment", "first_batch": "material", "first_version": "software"}
    assert missing[0].params["needed"] == needed[kind.value]
    given = {
        "equipment": {"unit": "set"}, "material": {"grade": "", "specification": ""},
        "software": {"main_version": "9", "bespoke": True, "in_house": True,
                     "copyright_acquired_on": date(1990, 1, 1)},
    }  # fmt: skip
    others = {name: part for name, part in given.items() if name != needed[kind.value]}
    checks = rules.kind_checks(
        policy(), candidate(kind=kind, **{"equipment": None, **others}), CUT_OFF
    )
    assert failed_codes(checks) == ["PRODUCT_PARTICULARS"] * 3


@pytest.mark.requirement("A144")
@pytest.mark.parametrize(
    ("acquired_on", "codes"),
    [(CUT_OFF, []), (date(2026, 7, 1), ["RIGHT_TOO_OLD"])],
)
def test_a_copyright_is_there_by_the_cut_off(acquired_on: date, codes: list[str]) -> None:
    product = software(copyright_acquired_on=acquired_on)
    assert failed_codes(rules.kind_checks(policy(), product, CUT_OFF)) == codes


@pytest.mark.requirement("A145")
def test_a_refused_contract_names_the_days_of_the_catalogue() -> None:
    contract = Contract("26310001", "（示例）检测仪", "（示例）公司", TODAY)
    for days, told in (
        ((date(2026, 1, 1), date(2026, 5, 31)), ("2026-01-01", "2026-05-31")),
        ((None, None), ("", "")),
    ):
        entry = Entry(ProductState.CATALOGUED, "（示例）检测仪", "（示例）公司", True, *days)  # noqa: FBT003 - as the table has it
        checks = rules.contract_checks(policy(), contract, entry, TODAY)
        (check,) = [check for check in checks if check.code == "CATALOG_NOT_VALID"]
        assert not check.passed
        assert (check.params["valid_from"], check.params["valid_to"]) == told
