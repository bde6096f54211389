"""Registered software, layouts and contracts; the regions of the city and the delta."""

import pytest

from shared.codes import currencies, regions, registrations
from shared.codes.registrations import ContractNumberScheme
from shared.rules import failed_codes


@pytest.mark.parametrize("number", ["2016SR041877", "2017SR676720", "2019SR0322683"])
def test_a_software_registration_has_six_or_seven_digits(number: str) -> None:
    assert failed_codes(registrations.software_number_checks(number)) == []


@pytest.mark.refusing
@pytest.mark.parametrize("number", ["2016SR04187", "1816SR041877", "SR041877", "2019SR03226831"])
def test_another_form_of_software_registration_is_refused(number: str) -> None:
    assert failed_codes(registrations.software_number_checks(number)) == ["NUMBER_FORMAT"]


@pytest.mark.requirement("A127")
@pytest.mark.parametrize("number", ["26310001000001", "SH2026ABC00017", "1" * 20])
def test_an_open_contract_number_has_twelve_to_twenty_characters(number: str) -> None:
    assert failed_codes(registrations.contract_number_checks(number)) == []


@pytest.mark.requirement("A127")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("number", "scheme"),
    [
        ("1" * 11, ContractNumberScheme.OPEN),
        ("1" * 21, ContractNumberScheme.OPEN),
        ("2631000100000", ContractNumberScheme.LEGACY14),
        ("26990001000001", ContractNumberScheme.LEGACY14),
        ("2631000100000A", ContractNumberScheme.LEGACY14),
    ],
)
def test_a_malformed_contract_number_is_refused(number: str, scheme: ContractNumberScheme) -> None:
    checks = registrations.contract_number_checks(number, scheme)
    assert failed_codes(checks) == ["NUMBER_FORMAT"]


def test_the_model_contract_number_is_legacy() -> None:
    checks = registrations.contract_number_checks("26310001000001", ContractNumberScheme.LEGACY14)
    assert failed_codes(checks) == []


# GB/T 2260: thirty-one on the mainland, Taiwan, Hong Kong and Macao.
PROVINCES = [
    "11",
    "12",
    "13",
    "14",
    "15",
    "21",
    "22",
    "23",
    "31",
    "32",
    "33",
    "34",
    "35",
    "36",
    "37",
    "41",
    "42",
    "43",
    "44",
    "45",
    "46",
    "50",
    "51",
    "52",
    "53",
    "54",
    "61",
    "62",
    "63",
    "64",
    "65",
    "71",
    "81",
    "82",
]


@pytest.mark.requirement("A127")
def test_a_legacy_number_names_a_province_that_there_is() -> None:
    taken = [
        f"{number:02}"
        for number in range(100)
        if not failed_codes(
            registrations.contract_number_checks(
                f"26{number:02}0001000001", ContractNumberScheme.LEGACY14
            )
        )
    ]
    assert taken == PROVINCES


@pytest.mark.requirement("A084")
@pytest.mark.parametrize("number", ["BS.205012345", "bs-1", "1" * 32])
def test_a_layout_registration_has_three_to_thirty_two_characters(number: str) -> None:
    assert failed_codes(registrations.layout_number_checks(number)) == []


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize("number", ["BS", "1" * 33, "BS 205012345", "布图123", ""])
def test_another_form_of_layout_registration_is_refused(number: str) -> None:
    assert failed_codes(registrations.layout_number_checks(number)) == ["NUMBER_FORMAT"]


@pytest.mark.parametrize(
    ("currency", "units"),
    [("CNY", 100), ("USD", 100), ("JPY", 1), ("KRW", 1), ("KWD", 1_000), ("TND", 1_000)],
)
def test_a_currency_has_the_minor_units_of_its_standard(currency: str, units: int) -> None:
    assert currencies.minor_units(currency) == units


def test_a_retired_district_is_read_and_not_offered() -> None:
    assert regions.well_formed("310103")
    assert "310103" in regions.RETIRED_SHANGHAI_REGIONS
    assert "310103" not in regions.SHANGHAI_REGIONS
