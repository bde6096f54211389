"""Sensitive data of a person: given with a consent of its own, masked, disclosed for a while."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import NOT_FOUND, Check, Kind, Rule, Said

CONSENT: Final = Rule("X12", "个人信息保护法28、29")
# A disclosure is for one look: whoever needs it again says again why.
DISCLOSED_FOR: Final = timedelta(minutes=15)


class SensitiveKind(StrEnum):
    """What an expert may give of himself beside his name."""

    BANK_ACCOUNT = "bank_account"
    PHONE = "phone"


SHAPES: Final[Mapping[SensitiveKind, re.Pattern[str]]] = {
    SensitiveKind.BANK_ACCOUNT: re.compile(r"\d{8,30}"),
    SensitiveKind.PHONE: re.compile(r"\+?\d{7,15}"),
}
EXPECTED: Final[Mapping[SensitiveKind, Said]] = {
    SensitiveKind.BANK_ACCOUNT: Said("8 to 30 digits", "8 至 30 位数字"),
    SensitiveKind.PHONE: Said(
        "7 to 15 digits, + before a country code", "7 至 15 位数字，国家代码前加 +"
    ),
}


def entering_checks(kind: SensitiveKind, value: str, *, consented: bool) -> list[Check]:
    """Check the form of a value, and that its person agreed to just this; figures tell no value."""
    return [
        CONSENT.check("SEPARATE_CONSENT_MISSING", Kind.STATE, passed=consented, data=kind.value),
        CONSENT.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=SHAPES[kind].fullmatch(value) is not None,
            pointer="/value",
            field="value",
            expected=EXPECTED[kind],
        ),
    ]


def disclosure_checks(
    asked_by: UUID, person_id: UUID, until: datetime, now: datetime
) -> list[Check]:
    """Check that who looks is who asked, and that his time is not over: its end is outside."""
    open_to_him = asked_by == person_id and now < until
    return [NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=open_to_him)]


def masked(kind: SensitiveKind, value: str) -> str:
    """Show of a value what lists may show: the last four digits, of a telephone the first three."""
    if kind is SensitiveKind.PHONE and len(value) >= 10:
        return f"{value[:3]}****{value[-4:]}"
    return f"****{value[-4:]}"
