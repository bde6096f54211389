"""Applications, what they hold, and what was decided about them."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlmodel import Field

from registry.applications.rules import (
    CaseCapacity,
    ExceptionState,
    State,
    TargetLevel,
    TechnologyKind,
)
from registry.applications.rules.resources import ResourceStanding
from registry.applications.rules.vocabulary import (
    CheckResult,
    DecisionKind,
    HoldCause,
    Source,
    TechnologyStatus,
)
from registry.base import Base
from registry.resources.rules import ResourceType
from shared.database import Audience, EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning
from shared.rules import Rule

ONE_OPEN_EXCEPTION: Final = "uq_eligibility_exception_pending"
meaning(ONE_OPEN_EXCEPTION, Rule("A051", "三(二)"), "STATE_CONFLICT")


class Application(Base, table=True):
    """An application for a candidate centre; names, model and form are the centre's own.

    `due_at` is the last instant for a returned application to come back.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("center_id", name="uq_application_center_id"),
        UniqueConstraint("receipt_no", name="uq_application_receipt_no"),
        CheckConstraint(
            "(receipt_no IS NULL) = (submitted_at IS NULL)", name="receipt_comes_at_submission"
        ),
        Index("ix_application_applicant_org_id", "applicant_org_id"),
        Index("ix_application_state", "state", "due_at"),
        {"info": resource("application", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    call_id: UUID = Field(foreign_key="call.id")
    applicant_org_id: UUID = Field(foreign_key="organization.id")
    state: State = Field(default=State.DRAFT, sa_column=Column(EnumText(State), nullable=False))
    common_problem: str | None = None
    round: int = 0
    returns: int = 0
    receipt_no: str | None = None
    snapshot_hash: str | None = None
    created_by: UUID
    created_at: datetime = Field(sa_type=InstantColumn)
    submitted_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    # Since when the next step is waited for.
    state_since: datetime = Field(sa_type=InstantColumn)
    due_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class SponsorProfile(Base, table=True):
    """What the lead sponsor states of itself for one year; amounts in 分."""

    __tablename__ = "sponsor_profile"
    __table_args__ = (
        CheckConstraint("rd_spend_fen >= 0", name="spend_not_negative"),
        # Whom it names stays inside: events are kept for ever.
        {"info": resource("sponsor_profile", Audience.OPERATORS, withheld=("senior_talents",))},
    )

    application_id: UUID = Field(foreign_key="application.id", primary_key=True)
    year: int = Field(primary_key=True)
    # By which feed and dumps name it.
    id: UUID = Field(default_factory=new_id, unique=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    rd_spend_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    rd_assets_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    net_assets_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    revenue_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    rd_staff: int | None = None
    past_projects: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    platforms: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    equipment: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    senior_talents: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    # Lists of what it has done, by kind of evidence (A110, A064).
    evidence: dict[str, list[dict[str, Any]]] = Field(
        sa_column=Column(JsonColumn(), nullable=False)
    )


class CoreTechnology(Base, table=True):
    """A technology that the centre is to break through."""

    __tablename__ = "core_technology"
    __table_args__ = (
        Index("ix_core_technology_application_id", "application_id"),
        CheckConstraint("trl_now BETWEEN 1 AND 9", name="trl_now_is_a_level"),
        CheckConstraint("trl_target BETWEEN 1 AND 9", name="trl_target_is_a_level"),
        {"info": resource("core_technology", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    name: str
    kind: TechnologyKind = Field(sa_column=Column(EnumText(TechnologyKind), nullable=False))
    target_level: TargetLevel = Field(sa_column=Column(EnumText(TargetLevel), nullable=False))
    own_ip_basis: str | None = None
    ip_plan: str | None = None
    comparator: str | None = None
    trl_now: int | None = None
    trl_target: int | None = None
    status: TechnologyStatus = Field(sa_column=Column(EnumText(TechnologyStatus), nullable=False))


class StatedResource(Base, table=True):
    """A resource that the centre builds upon, or one that it is to build (A045)."""

    __tablename__ = "stated_resource"
    __table_args__ = (
        Index("ix_stated_resource_application_id", "application_id"),
        CheckConstraint("value_fen >= 0", name="value_not_negative"),
        CheckConstraint(
            "(standing = 'to_be_built') = (ready_on IS NOT NULL)", name="only_growth_has_a_day"
        ),
        CheckConstraint("standing <> 'at_hand' OR owner_org_id IS NOT NULL", name="stock_is_owned"),
        {"info": resource("stated_resource", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    standing: ResourceStanding = Field(sa_column=Column(EnumText(ResourceStanding), nullable=False))
    resource_type: ResourceType = Field(sa_column=Column(EnumText(ResourceType), nullable=False))
    name: str
    description: str | None = None
    owner_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    value_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    ready_on: date | None = None


class ApplicationMaterial(Base, table=True):
    """A file of a kind that the call asks for."""

    __tablename__ = "application_material"
    __table_args__ = ({"info": resource("application_material", Audience.OPERATORS)},)

    application_id: UUID = Field(foreign_key="application.id", primary_key=True)
    kind: str = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, unique=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    file_id: UUID = Field(foreign_key="stored_file.id")


class EligibilityException(Base, table=True):
    """A request to be excepted from the age of the legal person (A051)."""

    __tablename__ = "eligibility_exception"
    __table_args__ = (
        Index("ix_eligibility_exception_application_id", "application_id"),
        Index(
            ONE_OPEN_EXCEPTION,
            "application_id",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        {"info": resource("eligibility_exception", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    rule: str
    reason: str
    # The legal person that it is asked for: another one in its place needs its own.
    legal_entity_id: UUID | None = Field(default=None, foreign_key="organization.id")
    file_id: UUID = Field(foreign_key="stored_file.id")
    state: ExceptionState = Field(
        default=ExceptionState.PENDING, sa_column=Column(EnumText(ExceptionState), nullable=False)
    )
    requested_at: datetime = Field(sa_type=InstantColumn)
    decision_reason: str | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class ApplicationSnapshot(Base, table=True):
    """The application as it was submitted: canonical JSON and its SHA-256, never changed (I6)."""

    __tablename__ = "application_snapshot"
    __table_args__ = (
        UniqueConstraint("application_id", "round", name="uq_application_snapshot_round"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    round: int
    content: str
    sha256: str
    taken_at: datetime = Field(sa_type=InstantColumn)


class FormalCheck(Base, table=True):
    """A handler's check of a submission's completeness, with its points."""

    __tablename__ = "formal_check"
    __table_args__ = (
        Index("ix_formal_check_application_id", "application_id"),
        {"info": {"insert_only": True, **resource("formal_check", Audience.OPERATORS)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    round: int
    result: CheckResult = Field(sa_column=Column(EnumText(CheckResult), nullable=False))
    items: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    person_id: UUID
    at: datetime = Field(sa_type=InstantColumn)


class CaseDecision(Base, table=True):
    """A recommendation, approval, rejection or further round, with its words."""

    __tablename__ = "case_decision"
    __table_args__ = (
        Index("ix_case_decision_application_id", "application_id"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    kind: DecisionKind = Field(sa_column=Column(EnumText(DecisionKind), nullable=False))
    text: str
    doc_no: str | None = None
    person_id: UUID
    decided_on: date
    at: datetime = Field(sa_type=InstantColumn)


class CasePerson(Base, table=True):
    """Who did what in a case, here or in another service: what separates duties (X03)."""

    __tablename__ = "case_person"
    __table_args__ = ({"info": {"insert_only": True}},)

    application_id: UUID = Field(foreign_key="application.id", primary_key=True)
    person_id: UUID = Field(primary_key=True)
    capacity: CaseCapacity = Field(sa_column=Column(EnumText(CaseCapacity), primary_key=True))


class Standing(Base, table=True):
    """What another service told of a case, as it told it; the last row of a source holds.

    `digest` is that service's own hash where it gives one, else that of `content`.
    """

    __tablename__ = "standing"
    __table_args__ = (
        Index("ix_standing_application_id", "application_id", "source"),
        {"info": {"insert_only": True}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    source: Source = Field(sa_column=Column(EnumText(Source), nullable=False))
    source_id: UUID | None = None
    source_version: int | None = None
    digest: str
    content: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    # The decision that was taken upon it; without one it was only heard of.
    decision_id: UUID | None = Field(default=None, foreign_key="case_decision.id")
    told_at: datetime = Field(sa_type=InstantColumn)


class CaseHold(Base, table=True):
    """A case that waits because something it rests on has changed, before listing or after."""

    __tablename__ = "case_hold"
    __table_args__ = (Index("ix_case_hold_application_id", "application_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id")
    cause: HoldCause = Field(sa_column=Column(EnumText(HoldCause), nullable=False))
    source_id: UUID | None = None
    placed_at: datetime = Field(sa_type=InstantColumn)
    lifted_at: datetime | None = Field(default=None, sa_type=InstantColumn)
    lifted_by: UUID | None = None
    reason: str | None = None
