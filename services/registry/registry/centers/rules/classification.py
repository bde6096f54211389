"""Where a centre stands in its industry and its city: codes, chain and zones (A007, A074).

Codes are judged by their form; the tables of the two classifications are not in the register.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule

CHAIN: Final = Rule("A007", "一(二)")
# GB/T 4754: a division, group or class, with its section's letter or without.
INDUSTRY: Final = re.compile(r"[A-T]?\d{2,4}")
# Strategic emerging industries (2018): one of nine areas, then up to two levels.
EMERGING: Final = re.compile(r"[1-9](\.\d{1,2}){0,2}")


class Zone(StrEnum):
    """The zones in which a centre may lie (A074)."""

    FREE_TRADE = "free_trade"
    ZHANGJIANG = "zhangjiang"
    LINGANG = "lingang"
    OTHER_PARK = "other_park"


def classification_checks(industry_codes: Sequence[str], sei_codes: Sequence[str]) -> list[Check]:
    """Check the form of the industry codes, each list named by its pointer (A007)."""
    lists = (
        ("industry_codes", INDUSTRY, industry_codes),
        ("sei_codes", EMERGING, sei_codes),
    )
    return [
        CHAIN.check(
            "CODE_UNKNOWN",
            Kind.CONTENT,
            passed=not unknown,
            pointer=f"/{name}",
            scheme=name,
            codes=unknown,
        )
        for name, form, codes in lists
        for unknown in [[code for code in codes if form.fullmatch(code) is None]]
    ]
