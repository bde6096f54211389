"""Patent application numbers, old and new, with and without `ZL`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes import patents
from shared.codes.patents import PatentKind
from shared.rules import failed_codes

VALID = [
    "201710601862.3",
    "201710345450.8",
    "201710763365.3",
    "201710710472.X",
    "201710013739.X",
    "201711290960.6",
    "201711072012.5",
    "201810382999.9",
    "201811442220.4",
    "95115608.X",
    "97101765.4",
    "202310000001.5",
    "202410000002.4",
    "202510000003.3",
    "202320000004.4",
    "202530000005.3",
    "202519900006.X",
    "ZL201710601862.3",
    "201710710472.x",
]


@pytest.mark.requirement("A084")
@pytest.mark.parametrize("number", VALID)
def test_a_published_number_is_valid(number: str) -> None:
    assert failed_codes(patents.patent_number_checks(number)) == []


@pytest.mark.requirement("A084")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("number", "expected"),
    [("201810495832.X", "3"), ("202021589324.8", "0"), ("202310000001.6", "5")],
)
def test_a_wrong_check_character_names_the_right_one(number: str, expected: str) -> None:
    [failed] = [check for check in patents.patent_number_checks(number) if not check.passed]
    assert (failed.code, failed.params["expected"]) == ("PATENT_NO_CHECK_DIGIT", expected)


@pytest.mark.refusing
@pytest.mark.parametrize(
    "number", ["", "2023100000015", "202370000001.5", "20231000000.15", "202310000001.5 "]
)
def test_a_number_without_its_form_is_refused(number: str) -> None:
    assert failed_codes(patents.patent_number_checks(number)) == ["PATENT_NO_FORMAT"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("202310000001.5", PatentKind.INVENTION),
        ("202320000004.4", PatentKind.UTILITY),
        ("202530000005.3", PatentKind.DESIGN),
        ("95115608.X", PatentKind.INVENTION),
    ],
)
def test_the_number_tells_its_kind(number: str, kind: PatentKind) -> None:
    assert patents.kind_of(number) is kind


@given(st.text(max_size=30))
def test_any_text_gets_a_verdict_and_no_exception(text: str) -> None:
    assert patents.patent_number_checks(text)
