"""What makes an organization's entry right."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from registry.organizations.rules.vocabulary import (
    LEGAL_PERSON,
    PARK,
    TENANCY,
    OrgType,
)
from shared.codes import regions, uscc
from shared.rules import Check, Kind

# Longer chains of owners do not occur; a bound keeps the walk short whatever is entered.
MAX_ANCESTORS: Final = 64


def entry_checks(code: str, region_code: str, registered_on: date, today: date) -> list[Check]:
    """Judge a new entry: its code (A051), its region, a registration that has happened."""
    return [
        *uscc.uscc_checks(code, pointer="/uscc"),
        *region_checks(region_code),
        *past_checks(registered_on, today, "/registered_on"),
    ]


def past_checks(day: date, today: date, pointer: str) -> list[Check]:
    """Check that a day has come: the register says what is, not what will be."""
    return [
        LEGAL_PERSON.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=day <= today,
            pointer=pointer,
            today=today.isoformat(),
        )
    ]


def region_checks(region_code: str, pointer: str = "/region_code") -> list[Check]:
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
            pointer=pointer,
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


def cycle_checks(code: str, parent_uscc: str | None, parents: Mapping[str, str]) -> list[Check]:
    """Check that following the owners from `parent_uscc` never leads back to the organization.

    `parents` maps a code to its owner's, as far as the register knows.
    """
    chain = [code]
    above = None if parent_uscc is None else uscc.normalized(parent_uscc)
    while above is not None and above not in chain and len(chain) <= MAX_ANCESTORS:
        chain.append(above)
        above = parents.get(above)
    return [
        LEGAL_PERSON.check(
            "OWNERSHIP_CYCLE",
            Kind.CONTENT,
            passed=above is None,
            pointer="/parent_uscc",
            chain=chain,
        )
    ]


def own_checks(org_id: UUID, acting_id: UUID | None, *, official: bool) -> list[Check]:
    """Check that an organization speaks for itself, or an official for it."""
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=official or acting_id == org_id),
    ]


def park_checks(
    developer_type: OrgType, developer_id: UUID, acting_id: UUID | None, *, official: bool
) -> list[Check]:
    """Check that a park developer enters its own park, or an official does (A068)."""
    return [
        *own_checks(developer_id, acting_id, official=official),
        PARK.check(
            "PARK_DEVELOPER_REQUIRED",
            Kind.CONTENT,
            passed=developer_type is OrgType.PARK_DEVELOPER,
            pointer="/developer_org_id",
        ),
    ]
