"""Chinese patent application numbers.

Since October 2003 `YYYYKNNNNNNN.C`: year, kind, serial, check character; before that eight digits
and a check character. `ZL` in front is how a granted patent is cited; it is not part of the number.
"""

import re
from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule

PATENT_NUMBER: Final = Rule("A084", "三(三)1-④")

FORM: Final = re.compile(r"(?P<digits>\d{12}|\d{8})\.(?P<check>[\dX])", re.ASCII)
WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


class PatentKind(StrEnum):
    """What the application asks for; an international one is told by its first letters."""

    INVENTION = "invention"
    UTILITY = "utility"
    DESIGN = "design"
    PCT_INVENTION = "pct_invention"
    PCT_UTILITY = "pct_utility"


KINDS: Final = {
    "1": PatentKind.INVENTION,
    "2": PatentKind.UTILITY,
    "3": PatentKind.DESIGN,
    "8": PatentKind.PCT_INVENTION,
    "9": PatentKind.PCT_UTILITY,
}


def normalized(text: str) -> str:
    """Give the number as it is stored: upper case and without the `ZL` of a granted patent."""
    return text.upper().removeprefix("ZL")


def check_character(digits: str) -> str:
    """Give the check character of the eight or twelve digits before the point."""
    # An old number is shorter and uses the first eight weights.
    weighted = zip(digits, WEIGHTS, strict=False)
    return "0123456789X"[sum(int(digit) * weight for digit, weight in weighted) % 11]


def kind_of(text: str) -> PatentKind | None:
    """Give the kind of the application, or None when the number does not say one."""
    match = FORM.fullmatch(normalized(text))
    if match is None:
        return None
    digits = match["digits"]
    return KINDS.get(digits[4] if len(digits) == len(WEIGHTS) else digits[2])


def patent_number_checks(text: str, *, pointer: str | None = None) -> list[Check]:
    """Judge an application number: form, known kind and check character (A084).

    A wrong check character names the one that would be right, as `expected`.
    """
    match = FORM.fullmatch(normalized(text))
    formed = match is not None and kind_of(text) is not None
    form = PATENT_NUMBER.check("PATENT_NO_FORMAT", Kind.CONTENT, passed=formed, pointer=pointer)
    if match is None or not formed:
        return [form]
    expected = check_character(match["digits"])
    digit = PATENT_NUMBER.check(
        "PATENT_NO_CHECK_DIGIT",
        Kind.CONTENT,
        passed=match["check"] == expected,
        pointer=pointer,
        expected=expected,
    )
    return [form, digit]
