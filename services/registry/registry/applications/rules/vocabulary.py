"""The words of a case that no rule judges by themselves."""

from enum import StrEnum


class CheckResult(StrEnum):
    """How a formal check ends."""

    ACCEPT = "accept"
    RETURN = "return"


class DecisionKind(StrEnum):
    """What officials decide in a case, in words."""

    RECOMMENDATION = "recommendation"
    APPROVAL = "approval"
    REJECTION = "rejection"
    FURTHER_ROUND = "further_round"


class HoldCause(StrEnum):
    """Why a case was put on hold."""

    SHEET_VOIDED = "sheet_voided"
    SITE_VISIT_CHANGED = "site_visit_changed"
    AGREEMENT_ENDED = "agreement_ended"
    MEMBER_STEPPED_BACK = "member_stepped_back"


class Source(StrEnum):
    """Which part of another service's answer a row keeps."""

    PANEL = "panel"
    REVIEW = "review"
    SITE_VISIT = "site_visit"
    AGREEMENT = "agreement"


class TechnologyStatus(StrEnum):
    """How far a core technology is (A008)."""

    TO_BE_BROKEN_THROUGH = "to_be_broken_through"
    BROKEN_THROUGH = "broken_through"
    TRANSFERRED = "transferred"
