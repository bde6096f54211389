"""The unified social credit code of an organization (GB 32100-2015).

Eighteen characters: registration authority, category, six digits of region, nine of the body code
(GB 11714), one check character. A valid code does not prove an independent legal person: branches
have valid codes too (`legal_person_kind` says which).
"""

import re
from functools import lru_cache
from typing import Final

from stdnum.cn import uscc as standard

from shared.rules import Check, Kind, Rule

VALID_CODE: Final = Rule("A051", "三(二)")

# I, O, S, V and Z are not in the standard's character set; `re.ASCII` keeps other digits out.
FORM: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)


def normalized(text: str) -> str:
    """Give the code as it is stored: upper case, nothing else repaired."""
    return text.upper()


def well_formed(code: str) -> bool:
    """Tell whether a normalized code has the standard's length and characters."""
    return FORM.fullmatch(code) is not None


@lru_cache(maxsize=16_384)  # A batch of facts names the same clients over and over.
def check_character(first_seventeen: str) -> str:
    """Give the eighteenth character of a code; seventeen well-formed characters go in."""
    return standard.calc_check_digit(first_seventeen)


def uscc_checks(text: str, *, pointer: str | None = None) -> list[Check]:
    """Judge a code: its form, then its check character (A051).

    A code that has no form has no check character either, so the second check is left out then.
    """
    return list(_judged(normalized(text), pointer))


@lru_cache(maxsize=16_384)  # As above; a verdict depends on nothing else.
def _judged(code: str, pointer: str | None) -> tuple[Check, ...]:
    formed = well_formed(code)
    form = VALID_CODE.check("USCC_FORMAT", Kind.CONTENT, passed=formed, pointer=pointer)
    if not formed:
        return (form,)
    expected = check_character(code[:17])
    digit = VALID_CODE.check(
        "USCC_CHECK_DIGIT",
        Kind.CONTENT,
        passed=code[17] == expected,
        pointer=pointer,
        expected=expected,
    )
    return (form, digit)


def region_of(code: str) -> str:
    """Give the six-digit region (GB/T 2260) in which the code was issued."""
    return code[2:8]
