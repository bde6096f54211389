"""What the edge reads, and what it refuses to read."""

import json

import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st

from shared.http.problem import language_of, text_of
from shared.http.route import strict_json
from shared.http.words import CODES


@pytest.mark.refusing
@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e400}',
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b"1" * 5000,
        b"\xff",
        b'"\x00"',
        b"",
        b"{",
    ],
)
def test_unreadable_json_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        strict_json(body)


@pytest.mark.refusing
@pytest.mark.parametrize("body", [rb'"\u0000"', rb'{"a": ["\ud800"]}', rb'{"\udfff": 1}'])
def test_text_that_no_database_can_store_is_refused(body: bytes) -> None:
    with pytest.raises(RequestValidationError):
        strict_json(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
        ),
        lambda inner: st.lists(inner) | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner
        ),
    )
)  # fmt: skip
def test_what_is_valid_is_read_unchanged(value: object) -> None:
    assert strict_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,en;q=0.8", "zh"),
        ("fr, en;q=0.5", "en"),
        ("en;q=0.3, zh;q=0.4", "zh"),
        ("en;q=banana" * 50, "en"),
    ],
)
def test_the_language_is_chosen_by_preference(accept: str | None, language: str) -> None:
    assert language_of(accept) == language


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_two_texts_that_fill_without_figures(code: str) -> None:
    for language in ("zh", "en"):
        title, detail = text_of(code, {}, language)
        assert title
        assert "{" not in detail
        assert "|" not in detail
