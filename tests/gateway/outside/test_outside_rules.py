"""What an ID token must say before it is taken for anything."""

from typing import Any
from uuid import UUID

import pytest

from gateway.outside import rules
from gateway.outside.rules import Expected, NotTrusted, Said
from shared.rules import failed_codes

NOW = 1_790_000_000
EXPECTED = Expected("https://id.example", "zhichuang", "n-1", "uscc")
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example", "aud": "zhichuang", "nonce": "n-1", "sub": "u1", "iat": NOW,
    "exp": NOW + 300, "name": "周启明", "uscc": "91310000MA1FL00001", "email": "a@example.org",
}  # fmt: skip
ME, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.requirement("X02")
@pytest.mark.parametrize(
    "over",
    [
        {}, {"aud": ["zhichuang"]}, {"aud": ["zhichuang", "x"], "azp": "zhichuang"},
        {"exp": NOW - 59}, {"iat": NOW + 60, "exp": NOW + 400}, {"iat": NOW - 660},
    ],
)  # fmt: skip
def test_a_token_for_this_sign_in_says_who_it_is(over: dict[str, Any]) -> None:
    said = rules.judged(CLAIMS | over, EXPECTED, NOW)
    assert said == Said("u1", "周启明", "91310000MA1FL00001")


@pytest.mark.requirement("X02")
@pytest.mark.refusing
@pytest.mark.parametrize(
    "over",
    [
        {"iss": "https://id.example/"}, {"iss": "https://evil.example"}, {"iss": None},
        {"aud": "another"}, {"aud": ["another"]}, {"aud": []}, {"aud": None},
        {"aud": ["zhichuang", "x"]}, {"azp": "another"},
        {"nonce": "n-2"}, {"nonce": None}, {"sub": ""}, {"sub": 7}, {"sub": "x" * 256},
        {"sub": None}, {"exp": NOW - 60}, {"exp": "soon"}, {"exp": None}, {"exp": True},
        {"iat": NOW + 61}, {"iat": NOW - 661}, {"iat": None}, {"nbf": NOW + 61}, {"nbf": "x"},
    ],
)  # fmt: skip
def test_a_token_for_anything_else_is_refused(over: dict[str, Any]) -> None:
    with pytest.raises(NotTrusted):
        rules.judged(CLAIMS | over, EXPECTED, NOW)


@pytest.mark.refusing
def test_names_that_are_no_words_say_nothing() -> None:
    said = rules.judged(CLAIMS | {"name": ["x"], "uscc": 7}, EXPECTED, NOW)
    assert (said.name, said.uscc) == ("", "")
    assert failed_codes(rules.claim_checks(said)) == ["OUTSIDE_NO_ENTITY"]


def test_a_word_of_two_hundred_and_fifty_five_letters_is_the_longest() -> None:
    longest, longer = "x" * 255, "x" * 256
    said = rules.judged(CLAIMS | {"sub": longest, "name": longest, "uscc": longer}, EXPECTED, NOW)
    assert said == Said(longest, longest, "")


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("name", "uscc", "codes"),
    [
        ("周启明", "91310000MA1FL00001", []),
        ("周启明", "", ["OUTSIDE_NO_ENTITY"]),
        ("", "91310000MA1FL00001", ["OUTSIDE_NO_ENTITY"]),
    ],
)
def test_a_claim_needs_the_legal_person_and_who_acts_for_it(
    name: str, uscc: str, codes: list[str]
) -> None:
    assert failed_codes(rules.claim_checks(Said("u1", name, uscc))) == codes


@pytest.mark.parametrize(
    ("linked_to", "has_link", "codes"),
    [
        (None, False, []), (ME, False, []), (OTHER, False, ["OUTSIDE_LINKED"]),
        (None, True, ["OUTSIDE_LINKED"]),
    ],
)  # fmt: skip
def test_one_person_here_is_one_subject_there(
    linked_to: UUID | None, has_link: bool, codes: list[str]
) -> None:
    assert failed_codes(rules.link_checks(linked_to, ME, has_link=has_link)) == codes
