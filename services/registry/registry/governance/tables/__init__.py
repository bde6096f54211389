"""What is stored of a centre's governance."""

from registry.governance.tables.bodies import (
    BodySeat,
    DevelopmentPlan,
    GovernanceBody,
    GovernanceNight,
    PersonTie,
    PlanTarget,
    Resolution,
    SeatFinding,
    VotingRight,
    VotingTable,
)
from registry.governance.tables.holds import CenterHold, RatingEnding
from registry.governance.tables.records import (
    CenterDocument,
    CenterRating,
    NationalDossier,
    PilotTheme,
    Rectification,
    ResearchDirection,
    Responsibility,
    StageRecommendation,
)

__all__ = [
    "BodySeat",
    "CenterDocument",
    "CenterHold",
    "CenterRating",
    "DevelopmentPlan",
    "GovernanceBody",
    "GovernanceNight",
    "NationalDossier",
    "PersonTie",
    "PilotTheme",
    "PlanTarget",
    "RatingEnding",
    "Rectification",
    "ResearchDirection",
    "Resolution",
    "Responsibility",
    "SeatFinding",
    "StageRecommendation",
    "VotingRight",
    "VotingTable",
]
