"""What is expected of a value is said in the language asked for, and repeats none of the value."""

import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, Field, HttpUrl, StringConstraints, ValidationError
from pydantic_core import core_schema

from shared.http.expected import CHINESE, ENGLISH, UNFIT, expected_of, unfit
from shared.http.problem import check_object, checks_of
from shared.http.route import strict_json
from shared.http.schemas import Body, Day, Instant, Money, ShortText
from shared.rules import Kind, Rule, Said

PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")
# What only Python's own objects, functions and classes can be.
OF_PYTHON = frozenset(
    {
        "no_such_attribute", "json_invalid", "json_type", "needs_python_object", "recursion_loop",
        "recursion_depth_exceeded", "frozen_field", "frozen_instance", "get_attribute_error",
        "dataclass_type", "dataclass_exact_type", "named_tuple_type", "default_factory_not_called",
        "iterable_type", "iteration_error", "frozen_dict_type", "ordered_dict_type",
        "counter_type", "deque_type", "set_item_not_hashable", "bytes_invalid_encoding",
        "value_error", "assertion_error", "missing_sentinel_error", "ellipsis_error",
        "is_instance_of", "is_subclass_of", "callable_type", "arguments_type", "missing_argument",
        "unexpected_keyword_argument", "missing_keyword_only_argument",
        "unexpected_positional_argument", "missing_positional_only_argument",
        "multiple_argument_values", "fraction_type", "fraction_parsing", "complex_type",
        "complex_str_parsing",
    }
)  # fmt: skip


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Cat(Body):
    kind: Literal["cat"]


class Dog(Body):
    kind: Literal["dog"]


class Everything(Body):
    """A field for each kind of finding that a caller meets."""

    word: ShortText = "a"
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]+$", max_length=3)] = "1"
    count: Annotated[int, Field(ge=1, le=500)] = 1
    more: Annotated[int, Field(gt=0, lt=10)] = 1
    step: Annotated[int, Field(multiple_of=5)] = 5
    yes: bool = True
    one: Colour = Colour.RED
    two: Literal["a", "b", "c"] = "a"
    some: Annotated[list[int], Field(min_length=1, max_length=2)] | None = None
    id: UUID | None = None
    day: Day | None = None
    at: Instant | None = None
    plain_day: date | None = None
    plain_at: AwareDatetime | None = None
    naive: datetime | None = None
    url: HttpUrl | None = None
    exact: Annotated[Decimal, Field(max_digits=4, decimal_places=2)] | None = None
    money: Money | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None


SECRET = "zqx"
UNFITTING: list[dict[str, Any]] = [
    {"word": 1}, {"word": ""}, {"word": "a" * 201}, {"word": f"{SECRET}\u202e"}, {"code": SECRET},
    {"code": "1234"}, {"count": 0}, {"count": 501}, {"count": SECRET}, {"count": 1.5},
    {"count": None}, {"more": 0}, {"more": 10}, {"step": 4}, {"yes": SECRET}, {"yes": []},
    {"one": SECRET}, {"two": SECRET}, {"some": []}, {"some": [1, 2, 3]}, {"some": SECRET},
    {"id": SECRET}, {"id": 1}, {"id": f"{SECRET}00000000000000000000000000000"}, {"day": SECRET},
    {"day": "2026-02-30"}, {"day": 1}, {"at": SECRET}, {"at": "2026-01-01T25:00:00Z"},
    {"plain_day": SECRET}, {"plain_day": "2026-01-01T00:00:01"}, {"plain_at": "2026-01-01T00:00"},
    {"naive": SECRET}, {"url": SECRET}, {"url": f"ftp://{SECRET}"}, {"url": f"http://[{SECRET}"},
    {"exact": SECRET}, {"exact": "1.234"}, {"exact": "12345"}, {"money": SECRET}, {"money": {}},
    {"pet": {"kind": SECRET}}, {"pet": {}}, {"pet": SECRET}, {SECRET: 1},
]  # fmt: skip


def findings(body: object) -> list[Any]:
    with pytest.raises(ValidationError) as refused:
        Everything.model_validate(body)
    return refused.value.errors()


@pytest.mark.parametrize("body", UNFITTING, ids=str)
def test_a_refusal_speaks_one_language_and_repeats_nothing(body: dict[str, Any]) -> None:
    for check in checks_of(findings(body), body):
        chinese, english = (check_object(check, language)["detail"] for language in ("zh", "en"))
        assert PROSE.search(chinese) is None, chinese
        assert re.search(r"[\u4e00-\u9fff]", english) is None, english
        if check.code != "FIELD_UNKNOWN":
            assert SECRET not in f"{chinese}{english}{check.params}"


def test_every_finding_that_content_can_have_is_said_in_chinese() -> None:
    assert set(get_args(core_schema.ErrorType)) - OF_PYTHON == set(CHINESE)
    assert set(ENGLISH) < set(CHINESE)


def test_choices_are_listed_in_chinese() -> None:
    (finding,) = findings({"two": "d"})
    assert expected_of(finding) == (
        "Input should be 'a', 'b' or 'c'", "应为 'a'、'b' 或 'c' 之一"
    )  # fmt: skip


def test_what_a_validator_of_our_own_expects_is_said_in_both() -> None:
    finding = {"type": UNFIT, "msg": "", "ctx": unfit("{odd}", "（单数）").context}
    assert expected_of(finding) == ("{odd}", "（单数）")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"a"'])
def test_a_body_that_is_no_object_is_called_by_its_name(body: bytes) -> None:
    (check,) = checks_of(findings(strict_json(body)), strict_json(body))
    told = {language: check_object(check, language)["detail"] for language in ("zh", "en")}
    assert told["zh"] == "字段 请求体 的值不符合规定：应为对象"
    assert told["en"].startswith("The value of the body does not fit: ")
    assert check.pointer == ""


def test_a_union_without_its_choice_misses_a_field() -> None:
    (check,) = checks_of(findings({"pet": {}}), {"pet": {}})
    assert (check.code, check.pointer, check.params) == (
        "FIELD_MISSING", "/pet/kind", {"field": "pet/kind"}
    )  # fmt: skip


def test_a_figure_in_words_is_kept_in_both_languages() -> None:
    """What is kept as JSON and read again later still speaks both."""
    check = Rule("A001", "一").check(
        "FIELD_INVALID", Kind.CONTENT, passed=False, field="a", expected=Said("more", "更多")
    )
    assert check.params == {"field": "a", "expected": "more", "expected_zh": "更多"}
    assert check_object(check, "zh")["detail"] == "字段 a 的值不符合规定：更多"
    assert check_object(check, "en")["detail"] == "The value of a does not fit: more"


def test_the_model_of_the_findings_is_complete() -> None:
    """Each field of the model above is refused by one of the bodies, or it shows nothing."""
    refused = {name for body in UNFITTING for name in body}
    assert set(Everything.model_fields) <= refused
    assert issubclass(Everything, BaseModel)
