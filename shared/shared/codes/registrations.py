"""Numbers under which software, layouts and technology contracts are registered."""

import re
from enum import StrEnum
from typing import Final

from shared.rules import Check, Kind, Rule

REGISTERED_WORK: Final = Rule("A084", "三(三)1-④")
REGISTERED_CONTRACT: Final = Rule("A127", "四(四)")

SOFTWARE_FORM: Final = re.compile(r"(19|20)\d{2}SR\d{6,7}", re.ASCII)
# No form is published for layouts; the length is a limit of storage, not of the law.
LAYOUT_FORM: Final = re.compile(r"[0-9A-Z.\-]{3,32}", re.ASCII)
CONTRACT_FORM: Final = re.compile(r"[0-9A-Z]{12,20}", re.ASCII)
CONTRACT_LEGACY_FORM: Final = re.compile(r"\d{2}(?P<province>\d{2})\d{10}", re.ASCII)

# Province digits of the registration form: Shanghai, Jiangsu, Zhejiang, Anhui and so on.
PROVINCES: Final = frozenset(
    str(number)
    for decade in (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55))
    for number in decade
) | frozenset(["61", "62", "63", "64", "65", "71", "81", "82"])


class ContractNumberScheme(StrEnum):
    """Which form a technology contract's number follows.

    `legacy14` is year, province, city, registry point and serial; the present national system's
    own form is not published, so `open` takes 12 to 20 letters and digits.
    """

    LEGACY14 = "legacy14"
    OPEN = "open"


def normalized(text: str) -> str:
    """Give a registration number as it is stored: upper case, nothing else repaired."""
    return text.upper()


def software_number_checks(text: str, *, pointer: str | None = None) -> list[Check]:
    """Judge a software copyright registration such as `2019SR0322683` (A084)."""
    formed = SOFTWARE_FORM.fullmatch(normalized(text)) is not None
    return [REGISTERED_WORK.check("NUMBER_FORMAT", Kind.CONTENT, passed=formed, pointer=pointer)]


def layout_number_checks(text: str, *, pointer: str | None = None) -> list[Check]:
    """Judge the registration of an integrated-circuit layout; only characters and length (A084)."""
    formed = LAYOUT_FORM.fullmatch(normalized(text)) is not None
    return [REGISTERED_WORK.check("NUMBER_FORMAT", Kind.CONTENT, passed=formed, pointer=pointer)]


def contract_number_checks(
    text: str,
    scheme: ContractNumberScheme = ContractNumberScheme.OPEN,
    *,
    pointer: str | None = None,
) -> list[Check]:
    """Judge a technology contract's registration number under a scheme (A127)."""
    number = normalized(text)
    return [
        REGISTERED_CONTRACT.check(
            "NUMBER_FORMAT",
            Kind.CONTENT,
            passed=_follows(number, scheme),
            pointer=pointer,
            scheme=scheme.value,
        )
    ]


def _follows(number: str, scheme: ContractNumberScheme) -> bool:
    if scheme is ContractNumberScheme.OPEN:
        return CONTRACT_FORM.fullmatch(number) is not None
    match = CONTRACT_LEGACY_FORM.fullmatch(number)
    return match is not None and match["province"] in PROVINCES
