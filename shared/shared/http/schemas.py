"""What bodies are made of: bounded text and integers, money, days, shares, and nothing floating."""

import re
import warnings
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.warnings import UnsupportedFieldAttributeWarning
from pydantic_core import PydanticCustomError

from shared.http.expected import unfit

# FastAPI passes it over where it makes a field; what judges the field is built later now.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)

Item = TypeVar("Item")
MAX_SAFE: Final = 2**53 - 1
# Days of other centuries are slips of the pen, and the ends of the calendar overflow.
CENTURIES: Final = r"(?:1[89]|2\d)"
DAY_LENGTH: Final = 10
# Control characters but blanks and ends of lines, and marks that turn the direction of writing: a
# name that holds one looks like another name.
DISORDERING: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
INSTANT: Final = CENTURIES + r"\d{2}-\d{2}-\d{2}[Tt]\d{2}:\d{2}"


INSTANT_EXPECTED: Final = (
    "an instant as RFC 3339, from 1800 to 2999",
    "应为 RFC 3339 形式的时刻，在 1800 至 2999 年之间",
)


class Body(BaseModel):
    """A body that comes in: unknown fields are refused, and so is every float."""

    # What judges a body is built when the first one comes: some hundred models that nobody asks
    # for would be a third of the memory of a process, and of the time until it answers.
    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, str_strip_whitespace=True, defer_build=True
    )


class Out(BaseModel):
    """A body that goes out, read from a row or made by hand."""

    model_config = ConfigDict(from_attributes=True, extra="ignore", defer_build=True)


def _day(value: Any) -> Any:  # noqa: ANN401 - judged here
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or len(value) != DAY_LENGTH or not _is_day(value):
        raise unfit(
            "a day as YYYY-MM-DD, from 1800 to 2999",
            "应为 YYYY-MM-DD 形式的日期，在 1800 至 2999 年之间",
        )
    return value


@lru_cache(maxsize=4_096)  # A batch tells of the same days over and over.
def _is_day(text: str) -> bool:
    return re.fullmatch(CENTURIES + r"\d{2}-\d{2}-\d{2}", text) is not None


def _instant(value: Any) -> Any:  # noqa: ANN401 - judged here
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or re.match(INSTANT, value) is None:
        raise unfit(*INSTANT_EXPECTED)
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise unfit(*INSTANT_EXPECTED) from None


def _share(value: Any) -> Any:  # noqa: ANN401 - judged here
    if not isinstance(value, int) or isinstance(value, bool):
        raise PydanticCustomError(
            "SHARES_PRECISION", "a whole number of ppm", {"rule": "A086", "clause": "三(三)1-④"}
        )
    return value


def _in_writing_order(value: str) -> str:
    if DISORDERING.search(value) is not None:
        raise unfit("text without control characters", "文本不可含控制字符")
    return value


def _zulu(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Day = Annotated[date, BeforeValidator(_day), Field(description="A day in Shanghai.")]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant),
    AfterValidator(_in_utc),
    PlainSerializer(_zulu, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Int32 = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]
Int53 = Annotated[int, Field(strict=True, ge=-MAX_SAFE, le=MAX_SAFE)]
Count = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Year = Annotated[int, Field(strict=True, ge=1949, le=2200, description="A calendar year.")]
PpmValue = Annotated[
    int,
    BeforeValidator(_share),
    Field(gt=0, le=1_000_000, description="A share in parts per million; 1,000,000 is all."),
]
ShortText = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(_in_writing_order)
]
# A name whose lack a rule answers with a code of its own.
MaybeText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_in_writing_order)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:/-]+$")
]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ScoreText = Annotated[
    str,
    StringConstraints(pattern=r"^(100(\.0{1,2})?|\d{1,2}(\.\d{1,2})?)$"),
    Field(
        description="A score from 0 to 100 with at most two decimals, as text.", examples=["86.00"]
    ),
]
DecimalText = Annotated[
    str,
    StringConstraints(pattern=r"^-?\d{1,15}(\.\d{1,6})?$"),
    Field(description="An exact decimal, as text.", examples=["30", "0.34"]),
]


def _renminbi(value: object) -> object:
    """Refuse another currency by name, where what is owed and shared is counted (会计法12)."""
    if isinstance(value, str) and value != "CNY":
        raise PydanticCustomError(
            "CURRENCY_NOT_CNY", "an amount in CNY", {"rule": "A033", "clause": "会计法12"}
        )
    return value


# Books are kept in any currency; income, runs, contributions and rewards in the one of the law.
Renminbi = Annotated[Literal["CNY"], BeforeValidator(_renminbi)]


class Money(Body):
    """An amount in minor units (分), so that no client rounds."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"amount": 108207547, "currency": "CNY"}]},
    )

    amount: Int53 = Field(description="Integer minor units: 分.")
    currency: Renminbi = Field(default="CNY", description="ISO 4217.")


class Earning(Money):
    """An amount that cannot be negative."""

    amount: Annotated[int, Field(strict=True, ge=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; zero or more."
    )


def fen(amount: int) -> Money:
    """Give an amount of 分 as money."""
    return Money(amount=amount, currency="CNY")


class CheckOut(Out):
    """A verdict of one rule, as refusals, warnings and readiness show it."""

    code: str = Field(description="A stable code; its page explains it.")
    rule: str = Field(description="The requirement row, such as A051.")
    clause: str = Field(description="The clause of the plan or of the law.")
    policy_version: str | None = Field(default=None, description="The policy version used.")
    pointer: str | None = Field(default=None, description="Where in the body, RFC 6901.")
    detail: str = Field(default="", description="A sentence in the caller's language.")
    params: dict[str, Any] = Field(default_factory=dict, description="The figures compared.")


class ReadinessCheckOut(CheckOut):
    """A rule of the next step, passed or not."""

    passed: bool = Field(description="Whether the rule is met now.")
    severity: str = Field(default="error", description="`error` refuses, `warning` does not.")


class Readiness(Out):
    """What the next step needs, before anyone tries it."""

    ready: bool = Field(description="Whether nothing refuses the next step.")
    next_step: str | None = Field(description="The step judged, such as `submit`.")
    who_acts: str | None = Field(description="Who takes it: a role or duty.")
    due_on: date | None = Field(default=None, description="The last day for it, if there is one.")
    checks: list[ReadinessCheckOut] = Field(description="Every rule of the step.")


class ProblemOut(Out):
    """A refusal or failure (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="A page that explains the code.")
    title: str = Field(description="The code in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What failed, with figures.")
    instance: str = Field(description="The path that was called.")
    request_id: str = Field(description="Names this request in every log.")
    code: str = Field(description="The code of the first failed check.")
    errors: list[CheckOut] = Field(description="Every failed check.")


class Page(Out, Generic[Item]):
    """A part of a list."""

    items: list[Item] = Field(description="The rows, in the order asked for.")
    next_cursor: str | None = Field(default=None, description="Pass it as `cursor` for more.")


def decimal_text(value: Decimal) -> str:
    """Write a decimal plainly, never with an exponent."""
    return format(value, "f")


__all__ = [
    "Body",
    "CheckOut",
    "Code",
    "Count",
    "Day",
    "DecimalText",
    "Digest",
    "Earning",
    "ExternalId",
    "Instant",
    "Int32",
    "Int53",
    "LongText",
    "MaybeText",
    "Money",
    "Out",
    "Page",
    "PpmValue",
    "ProblemOut",
    "Readiness",
    "ReadinessCheckOut",
    "ScoreText",
    "ShortText",
    "Year",
    "decimal_text",
    "fen",
]
