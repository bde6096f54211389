"""Publicity belongs to a stage and is approved before anyone reads it; awards take two people."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from registry.facts.rules import CONFIDENTIAL
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

AWARD: Final = Rule("A151", "五(三)")
PUBLICITY: Final = Rule("A156", "五(五)")
SECRECY: Final = Rule("A152", "五(四)")
DUTIES: Final = Rule("X03", "delivery")
# The words of a payload that say that it may leave.
OPEN_LEVELS: Final = frozenset({"public", "open"})


class Occasion(StrEnum):
    """With which step of a centre's life a publicity item goes (A156)."""

    CREATION = "creation"
    OPERATION = "operation"
    EVALUATION = "evaluation"
    RECOGNITION = "recognition"


class Channel(StrEnum):
    """Where an item appears (A157)."""

    PORTAL = "portal"
    PRESS = "press"
    BROADCAST = "broadcast"
    SOCIAL_MEDIA = "social_media"
    EXHIBITION = "exhibition"


class ItemState(StrEnum):
    """Where a publicity item stands."""

    PROPOSED = "proposed"
    RELEASED = "released"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ItemEvent(StrEnum):
    """What happens to a publicity item."""

    RELEASE = "release"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class AwardReason(StrEnum):
    """For what an award is given (A151)."""

    MAJOR_ACHIEVEMENT = "major_achievement"
    OUTSTANDING_CONTRIBUTION = "outstanding_contribution"


class AwardState(StrEnum):
    """Where an award stands."""

    NOMINATED = "nominated"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    PUBLISHED = "published"
    REJECTED = "rejected"


class AwardEvent(StrEnum):
    """What happens to an award."""

    REVIEW = "review"
    APPROVE = "approve"
    PUBLISH = "publish"
    REJECT = "reject"


# The whole machines: a pair that is absent is refused.
ITEM_MOVES: Final[Mapping[tuple[ItemState, ItemEvent], ItemState]] = {
    (ItemState.PROPOSED, ItemEvent.RELEASE): ItemState.RELEASED,
    (ItemState.PROPOSED, ItemEvent.REJECT): ItemState.REJECTED,
    (ItemState.PROPOSED, ItemEvent.WITHDRAW): ItemState.WITHDRAWN,
    (ItemState.RELEASED, ItemEvent.WITHDRAW): ItemState.WITHDRAWN,
}
AWARD_MOVES: Final[Mapping[tuple[AwardState, AwardEvent], AwardState]] = {
    (AwardState.NOMINATED, AwardEvent.REVIEW): AwardState.REVIEWED,
    (AwardState.NOMINATED, AwardEvent.REJECT): AwardState.REJECTED,
    (AwardState.REVIEWED, AwardEvent.APPROVE): AwardState.APPROVED,
    (AwardState.REVIEWED, AwardEvent.REJECT): AwardState.REJECTED,
    (AwardState.APPROVED, AwardEvent.PUBLISH): AwardState.PUBLISHED,
}

RELEASE: Final = TaskKind(
    "publicity.release",
    "审批宣传内容",
    "Approve a publicity item",
    PUBLICITY,
    "POST",
    "/v1/registry/publicity-items/{id}/release",
)
REVIEW_AWARD: Final = TaskKind(
    "award.review", "审核奖励提名", "Review an award", AWARD, "POST",
    "/v1/registry/awards/{id}/review",
)  # fmt: skip
APPROVE_AWARD: Final = TaskKind(
    "award.approve", "审批奖励", "Approve an award", AWARD, "POST",
    "/v1/registry/awards/{id}/approve",
)  # fmt: skip
PUBLISH_AWARD: Final = TaskKind(
    "award.publish", "公布奖励", "Publish an award", AWARD, "POST",
    "/v1/registry/awards/{id}/publish",
)  # fmt: skip


def is_confidential(kind: str, payload: Mapping[str, Any]) -> bool:
    """Tell whether a fact never leaves: by its kind, or by the level that it names (A152)."""
    level = payload.get("confidentiality")
    return kind in CONFIDENTIAL or (level is not None and level not in OPEN_LEVELS)


def link_checks(
    linked: Collection[UUID], own: Collection[UUID], confidential: Collection[UUID]
) -> list[Check]:
    """Check that linked facts are the centre's own and none of them is confidential."""
    unknown = sorted(str(one) for one in linked if one not in own)
    secret = sorted(str(one) for one in confidential)
    return [
        PUBLICITY.check(
            "FACT_UNKNOWN", Kind.CONTENT, passed=not unknown, pointer="/fact_ids", fact_ids=unknown
        ),
        SECRECY.check(
            "FACT_CONFIDENTIAL",
            Kind.CONTENT,
            passed=not secret,
            pointer="/fact_ids",
            fact_ids=secret,
        ),
    ]


def item_move_checks(state: ItemState, event: ItemEvent) -> list[Check]:
    """Check that a publicity item may take a step from where it is."""
    return [PUBLICITY.move(ITEM_MOVES, state, event)]


def award_move_checks(state: AwardState, event: AwardEvent) -> list[Check]:
    """Check that an award may take a step from where it is."""
    return [AWARD.move(AWARD_MOVES, state, event)]


def apart_checks(makers: Collection[UUID | None], acting_id: UUID) -> list[Check]:
    """Check that nobody decides what he wrote, nominated or reviewed (X03)."""
    return [DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=acting_id not in makers)]
