"""Registered software, layouts and contracts; the regions of the city and the delta."""

import pytest

from shared.codes import regions, registrations
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


def test_a_retired_district_is_read_and_not_offered() -> None:
    assert regions.well_formed("310103")
    assert "310103" in regions.RETIRED_SHANGHAI_REGIONS
    assert "310103" not in regions.SHANGHAI_REGIONS
