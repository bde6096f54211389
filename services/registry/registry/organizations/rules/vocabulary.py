"""The words of the register of organizations, and the rows that its rules speak for."""

from enum import StrEnum
from typing import Final

from shared.rules import Rule

LEGAL_PERSON: Final = Rule("A051", "三(二)")
PARK: Final = Rule("A068", "三(二)3")
TECH_CENTER: Final = Rule("A061", "三(二)1")
TESTING: Final = Rule("A070", "三(二)3")
HONESTY: Final = Rule("X17", "delivery")
TENANCY: Final = Rule("X04", "delivery")
DUTIES: Final = Rule("X03", "delivery")
HISTORY: Final = Rule("X07", "delivery")
IDENTITY: Final = Rule("A105", "四(二)1")


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


class EntrySource(StrEnum):
    """Where a value of the register comes from."""

    OFFICIAL = "official"
    MEMBER = "member"
    BATCH = "batch"
    SUCCESSION = "succession"


class VerificationDecision(StrEnum):
    """What an official found about a statement."""

    VERIFIED = "verified"
    REFUSED = "refused"


class StatementState(StrEnum):
    """Where a statement stands."""

    STATED = "stated"
    VERIFIED = "verified"
    REFUSED = "refused"


class NameKind(StrEnum):
    """What a name is to the organization that bears it."""

    FULL = "full"
    SHORT = "short"
    FORMER = "former"


class NameLanguage(StrEnum):
    """The language of a name."""

    ZH = "zh"
    EN = "en"


class SuccessionKind(StrEnum):
    """How one organization came to stand in the place of another.

    A division leaves the divided one's own entry standing; the other kinds end it.
    """

    MERGER = "merger"
    ABSORPTION = "absorption"
    DUPLICATE = "duplicate"
    DIVISION = "division"


class QualificationKind(StrEnum):
    """What an organization has been recognized for (A061, A070)."""

    TECH_CENTER = "tech_center"
    CMA = "cma"
    CNAS = "cnas"
    OTHER = "other"


class QualificationState(StrEnum):
    """Where a qualification stands; its last day is judged apart from this."""

    STATED = "stated"
    VERIFIED = "verified"
    REFUSED = "refused"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


class QualificationEvent(StrEnum):
    """What happens to a qualification."""

    VERIFY = "verify"
    REFUSE = "refuse"
    REVOKE = "revoke"
    SUPERSEDE = "supersede"
