"""What makes an organization's entry right, and when an organization is barred.

Facts come in, checks come out; memberships and applications use `honesty_checks` too.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.codes import regions, uscc
from shared.rules import Check, Kind, Rule

LEGAL_PERSON: Final = Rule("A051", "三(二)")
PARK: Final = Rule("A068", "三(二)3")
HONESTY: Final = Rule("X17", "delivery")
TENANCY: Final = Rule("X04", "delivery")


class OrgType(StrEnum):
    """What kind of organization it is (A046)."""

    ENTERPRISE = "enterprise"
    INSTITUTE = "institute"
    UNIVERSITY = "university"
    USER = "user"
    PARK_DEVELOPER = "park_developer"
    TESTING_BODY = "testing_body"
    ASSOCIATION = "association"
    SOCIAL_SERVICE = "social_service"
    INVESTMENT = "investment"
    FINANCIAL = "financial"
    GOVERNMENT = "government"


class LegalPersonKind(StrEnum):
    """Whether it is a legal person by itself; a valid credit code does not prove that."""

    INDEPENDENT = "independent"
    BRANCH = "branch"
    CONSORTIUM = "consortium"
    NONE = "none"


class ChainPosition(StrEnum):
    """Where it stands in its industry's chain (A058)."""

    UPSTREAM = "upstream"
    MIDSTREAM = "midstream"
    DOWNSTREAM = "downstream"
    USER = "user"


class CenterLevel(StrEnum):
    """Whose list its enterprise technology centre is on (A061)."""

    MUNICIPAL = "municipal"
    NATIONAL = "national"


class ParkLevel(StrEnum):
    """Whose list a park is on (A068)."""

    DISTRICT = "district"
    MUNICIPAL = "municipal"
    NATIONAL = "national"


def entry_checks(code: str, region_code: str, registered_on: date, today: date) -> list[Check]:
    """Judge a new entry: its code (A051), its region, a registration that has happened."""
    return [
        *uscc.uscc_checks(code, pointer="/uscc"),
        *region_checks(region_code),
        LEGAL_PERSON.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=registered_on <= today,
            pointer="/registered_on",
            today=today.isoformat(),
        ),
    ]


def region_checks(region_code: str) -> list[Check]:
    """Check that a region of Shanghai is one that exists or existed; others by form only.

    Codes of merged districts stay valid in the papers that were issued with them.
    """
    known = regions.SHANGHAI_REGIONS.keys() | regions.RETIRED_SHANGHAI_REGIONS.keys()
    passed = not regions.lies_in(region_code, "31") or region_code in known
    return [
        LEGAL_PERSON.check(
            "CODE_UNKNOWN",
            Kind.CONTENT,
            passed=passed and regions.well_formed(region_code),
            pointer="/region_code",
            scheme="regions",
            codes=[],
        )
    ]


def unique_checks(existing_id: UUID | None) -> list[Check]:
    """Check that the code has no entry yet; a second one would split an organization in two."""
    figures: Mapping[str, Any] = {} if existing_id is None else {"id": str(existing_id)}
    return [
        LEGAL_PERSON.check(
            "ALREADY_EXISTS", Kind.STATE, passed=existing_id is None, pointer="/uscc", **figures
        )
    ]


def parent_checks(parent_uscc: str | None) -> list[Check]:
    """Judge the code of the organization that holds this one, where it is named."""
    if parent_uscc is None:
        return []
    return uscc.uscc_checks(parent_uscc, pointer="/parent_uscc")


def barred(dishonesty_until: date | None, on: date) -> bool:
    """Tell whether a record of serious dishonesty lasts on a day; its last day counts (X17)."""
    return dishonesty_until is not None and dishonesty_until >= on


def honesty_checks(
    dishonesty_until: date | None, on: date, *, pointer: str | None = None
) -> list[Check]:
    """Check that an organization is not barred on a day, as sponsor or as member (X17)."""
    until = None if dishonesty_until is None else dishonesty_until.isoformat()
    return [
        HONESTY.check(
            "DISHONEST_ORG",
            Kind.CONTENT,
            passed=not barred(dishonesty_until, on),
            pointer=pointer,
            until=until,
        )
    ]


def park_checks(
    developer_type: OrgType, developer_id: UUID, acting_id: UUID | None, *, official: bool
) -> list[Check]:
    """Check that a park developer enters its own park, or an official does (A068)."""
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=official or acting_id == developer_id),
        PARK.check(
            "PARK_DEVELOPER_REQUIRED",
            Kind.CONTENT,
            passed=developer_type is OrgType.PARK_DEVELOPER,
            pointer="/developer_org_id",
        ),
    ]
