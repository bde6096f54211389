"""Needs of industry find a centre, and cases from elsewhere come from elsewhere."""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

DEMAND: Final = Rule("A018", "二(三)")
CASES: Final = Rule("A096", "三(三)2-③")
COUNTRY: Final = re.compile(r"[A-Z]{2}")
PROVINCE: Final = re.compile(r"[1-9][0-9]")
HERE: Final = frozenset({"CN", "31"})


class DemandState(StrEnum):
    """Where a need stands."""

    OPEN = "open"
    MATCHED = "matched"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


class DemandEvent(StrEnum):
    """What happens to a need."""

    MATCH = "match"
    RELEASE = "release"
    SETTLE = "settle"
    WITHDRAW = "withdraw"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[DemandState, DemandEvent], DemandState]] = {
    (DemandState.OPEN, DemandEvent.MATCH): DemandState.MATCHED,
    (DemandState.OPEN, DemandEvent.WITHDRAW): DemandState.WITHDRAWN,
    (DemandState.MATCHED, DemandEvent.RELEASE): DemandState.OPEN,
    (DemandState.MATCHED, DemandEvent.SETTLE): DemandState.SETTLED,
    (DemandState.MATCHED, DemandEvent.WITHDRAW): DemandState.WITHDRAWN,
}


class Origin(StrEnum):
    """From where a case comes: other countries, or other provinces of this one (A096)."""

    INTERNATIONAL = "international"
    SISTER_PROVINCE = "sister_province"


class CaseTheme(StrEnum):
    """What can be learned from a case."""

    ORGANIZATION = "organization"
    OPERATION = "operation"
    FINANCING = "financing"
    TECHNOLOGY = "technology"
    POLICY = "policy"


MATCH_DEMAND: Final = TaskKind(
    "industry_demand.match",
    "为产业需求匹配创新中心",
    "Match a need of industry with a centre",
    DEMAND,
    "POST",
    "/v1/registry/industry-demands/{id}/match",
)
SETTLE_DEMAND: Final = TaskKind(
    "industry_demand.settle",
    "答复已匹配的产业需求",
    "Answer a need that was matched with one's centre",
    DEMAND,
    "POST",
    "/v1/registry/industry-demands/{id}/settle",
)


def move_checks(state: DemandState, event: DemandEvent) -> list[Check]:
    """Check that a need may take a step from where it is."""
    return [DEMAND.move(MOVES, state, event)]


def proposer_checks(named: UUID | None, own: UUID | None, *, is_handler: bool) -> list[Check]:
    """Check whose need it is: one's own organization's, or the one that a handler names."""
    return [
        DEMAND.check(
            "FORBIDDEN_SCOPE",
            Kind.SCOPE,
            passed=is_handler or named is None or named == own,
            pointer="/org_id",
        ),
        DEMAND.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=named is not None or own is not None,
            pointer="/org_id",
            field="org_id",
        ),
    ]


def day_checks(needed_by: date | None, today: date) -> list[Check]:
    """Check that a need is not over before it is entered; its last day is included."""
    return [
        DEMAND.check(
            "DEMAND_OVERDUE",
            Kind.CONTENT,
            passed=needed_by is None or needed_by >= today,
            pointer="/needed_by",
            today=today.isoformat(),
        )
    ]


def case_checks(origin: Origin, place: str, observed_on: date, today: date) -> list[Check]:
    """Check that a case is from elsewhere, another country or province, and has been seen."""
    form = COUNTRY if origin is Origin.INTERNATIONAL else PROVINCE
    return [
        CASES.check(
            "CASE_NOT_FROM_ELSEWHERE",
            Kind.CONTENT,
            passed=form.fullmatch(place) is not None and place not in HERE,
            pointer="/place",
            origin=origin.value,
            place=place,
        ),
        CASES.past(observed_on, today, "/observed_on"),
    ]


def withdrawal_checks(*, withdrawn: bool) -> list[Check]:
    """Check that a case is still there to be taken back."""
    return [CASES.check("STATE_CONFLICT", Kind.STATE, passed=not withdrawn)]
