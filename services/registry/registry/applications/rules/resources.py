"""What an application says of resources: what is at hand, and what is to be built (A045)."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule, Severity

STOCK_AND_GROWTH: Final = Rule("A045", "三(一)")  # 依托存量和布局增量相结合
MOST_RESOURCES: Final = 200


class ResourceStanding(StrEnum):
    """Whether a resource is there already."""

    AT_HAND = "at_hand"
    TO_BE_BUILT = "to_be_built"


def resource_checks(
    standing: ResourceStanding,
    owner_id: UUID | None,
    parties: Iterable[UUID],
    ready_on: date | None,
    today: date,
    held: int,
) -> list[Check]:
    """Check that what is at hand is somebody's of the centre, and what is not has its day.

    The day on which something is to be ready lies ahead; what is at hand has none.
    """
    at_hand = standing is ResourceStanding.AT_HAND
    return [
        STOCK_AND_GROWTH.check(
            "OWNER_NOT_IN_CENTER",
            Kind.CONTENT,
            passed=owner_id in set(parties) or (owner_id is None and not at_hand),
            pointer="/owner_org_id",
        ),
        STOCK_AND_GROWTH.check(
            "FIELD_INVALID" if at_hand else "FIELD_MISSING",
            Kind.CONTENT,
            passed=(ready_on is None) is at_hand,
            pointer="/ready_on",
            field="ready_on",
        ),
        STOCK_AND_GROWTH.check(
            "DAYS_PASSED",
            Kind.CONTENT,
            passed=at_hand or ready_on is None or ready_on > today,
            pointer="/ready_on",
            days=[] if ready_on is None else [ready_on.isoformat()],
        ),
        STOCK_AND_GROWTH.check("STATE_CONFLICT", Kind.STATE, passed=held < MOST_RESOURCES),
    ]


def balance_checks(stated: Iterable[ResourceStanding]) -> list[Check]:
    """Point out an application that names nothing at hand, or nothing to be built."""
    missing = sorted(one.value for one in set(ResourceStanding) - set(stated))
    return [
        STOCK_AND_GROWTH.check(
            "RESOURCES_ONE_SIDED",
            Kind.CONTENT,
            passed=not missing,
            pointer="/resources",
            missing=missing,
            severity=Severity.WARNING,
        )
    ]
