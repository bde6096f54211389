"""The unified social credit code: published codes pass, published mistakes do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes import uscc
from shared.rules import failed_codes

PUBLISHED = [
    "12100000425006117P",
    "12100000425006125J",
    "12100000425006133D",
    "1210000042500615X0",
    "91310000132260250X",
    "91310000631696382C",
    "913101157626272806",
    "91310115MA1H9YGWXX",
    "91310101132224671B",
    "91310113132230684W",
    "91310000607200180E",
    "91310000132212291W",
    "91310000MA1K38CF47",
    "913100007109365242",
    "913100007109384740",
    "91310115671143758E",
    "91310115X073202692",
    "91350100M000100Y43",
    "91310000759565082B",
    "91310000607206953D",
    "91310000631137409B",
]
FICTIONAL = ["91310115FAKE00013U", "12310000FAKE0003XN", "51310000FAKE002408"]
WRONG = {
    "12100000425006117D": "USCC_CHECK_DIGIT",
    "91350100M000100Y4Z": "USCC_FORMAT",
    "91310118MA1H1Q5R8K": "USCC_CHECK_DIGIT",
    "9144030071526726X": "USCC_FORMAT",
    "913100001322602501": "USCC_CHECK_DIGIT",
    "91310115FAKE00369F": "USCC_CHECK_DIGIT",
    "": "USCC_FORMAT",
    "９１310000132260250X": "USCC_FORMAT",
    "91310000132260250X\n": "USCC_FORMAT",
    "91310000-132260250X": "USCC_FORMAT",
}
FIRST = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=2, max_size=2)
REGION = st.text("0123456789", min_size=6, max_size=6)
BODY = st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9)


@pytest.mark.requirement("A051", "A105")
@pytest.mark.parametrize("code", [*PUBLISHED, *FICTIONAL])
def test_a_published_code_is_valid(code: str) -> None:
    assert failed_codes(uscc.uscc_checks(code)) == []


@pytest.mark.requirement("A051", "A105")
@pytest.mark.refusing
@pytest.mark.parametrize(("code", "expected"), WRONG.items())
def test_a_wrong_code_says_what_is_wrong(code: str, expected: str) -> None:
    assert failed_codes(uscc.uscc_checks(code, pointer="/uscc")) == [expected]


def test_a_wrong_check_character_is_told_with_the_right_one() -> None:
    wrong = uscc.uscc_checks("913100001322602501")[-1]
    assert wrong.params["expected"] == "X"


def test_a_lower_case_code_is_read_and_stored_in_upper_case() -> None:
    assert failed_codes(uscc.uscc_checks("91310000132260250x")) == []
    assert uscc.normalized("91310000132260250x") == "91310000132260250X"


def test_the_region_is_the_third_to_the_eighth_digit() -> None:
    assert uscc.region_of("91310115FAKE00013U") == "310115"


@given(FIRST, REGION, BODY)
def test_exactly_one_check_character_makes_a_code_valid(first: str, region: str, body: str) -> None:
    start = first + region + body
    ends = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    valid = [end for end in ends if failed_codes(uscc.uscc_checks(start + end)) == []]
    assert valid == [uscc.check_character(start)]


@given(st.text(max_size=40))
def test_any_text_gets_a_verdict_and_no_exception(text: str) -> None:
    assert uscc.uscc_checks(text)
