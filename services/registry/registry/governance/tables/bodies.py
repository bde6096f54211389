"""Plans with their targets; bodies, seats, ties, votes and resolutions."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from registry.base import Base
from registry.governance.rules import (
    INDEPENDENT,
    PLAN,
    BodyKind,
    Matter,
    Organ,
    PlanState,
    Sector,
    TieKind,
    VoteBasis,
)
from shared.database import Audience, EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning

ONE_SEAT: Final = "ex_body_seat_one_at_a_time"
meaning(ONE_SEAT, INDEPENDENT, "ALREADY_EXISTS")
ONE_PLAN_A_RESOLUTION: Final = "uq_development_plan_approved_resolution_id"
meaning(ONE_PLAN_A_RESOLUTION, PLAN, "PLAN_NOT_APPROVED")


class DevelopmentPlan(Base, table=True):
    """A version of a centre's plan; `number` counts the versions, `version` the edits of a draft.

    `parts` holds `{part, text}`, the part being 1 to 5 as in the plan's clause.
    """

    __tablename__ = "development_plan"
    __table_args__ = (
        UniqueConstraint("center_id", "number", name="uq_development_plan_number"),
        # What was carried once adopts one version.
        UniqueConstraint("approved_resolution_id", name=ONE_PLAN_A_RESOLUTION),
        CheckConstraint("(state = 'filed') = (filed_at IS NOT NULL)", name="filed_with_an_instant"),
        {"info": resource("development_plan", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    number: int
    state: PlanState = Field(
        default=PlanState.DRAFT, sa_column=Column(EnumText(PlanState), nullable=False)
    )
    horizon_years: int
    parts: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    approved_resolution_id: UUID | None = Field(default=None, foreign_key="resolution.id")
    filed_at: datetime | None = Field(default=None, sa_type=InstantColumn)


class PlanTarget(Base, table=True):
    """What a plan promises for a year: a metric, a unit, a value."""

    __tablename__ = "plan_target"
    __table_args__ = (
        CheckConstraint("value >= 0", name="value_not_negative"),
        {"info": resource("plan_target", Audience.OPERATORS)},
    )

    plan_id: UUID = Field(foreign_key="development_plan.id", primary_key=True)
    metric_code: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    # By which feed and dumps name it.
    id: UUID = Field(default_factory=new_id, unique=True)
    part: int
    unit: str
    value: Decimal = Field(sa_column=Column(Numeric(24, 6), nullable=False))


class GovernanceBody(Base, table=True):
    """A body of a centre with its term; of several of a kind the one formed last is in office.

    `quorum_ppm` is what its rules of procedure ask for; without it the policy's figure holds.
    """

    __tablename__ = "governance_body"
    __table_args__ = (
        Index("ix_governance_body_center_id", "center_id"),
        CheckConstraint("term_until >= term_from", name="term_in_order"),
        CheckConstraint("quorum_ppm BETWEEN 1 AND 1000000", name="quorum_is_a_share"),
        {"info": resource("governance_body", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    kind: BodyKind = Field(sa_column=Column(EnumText(BodyKind), nullable=False))
    term_from: date
    term_until: date | None = None
    rules_file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    quorum_ppm: int | None = None


class BodySeat(Base, table=True):
    """A person's seat in a body; `org_id` is whom the person works for."""

    __tablename__ = "body_seat"
    __table_args__ = (
        Index("ix_body_seat_body_id", "body_id"),
        Index("ix_body_seat_person_id", "person_id"),
        CheckConstraint("until_on >= from_on", name="days_in_order"),
        # Nobody holds two seats of a body at a time; the last day counts.
        ExcludeConstraint(
            ("body_id", "="),
            ("person_id", "="),
            (text("daterange(from_on, until_on, '[]')"), "&&"),
            name=ONE_SEAT,
            using="gist",
        ),
        {"info": resource("body_seat", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    body_id: UUID = Field(foreign_key="governance_body.id")
    person_id: UUID
    org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    sector: Sector = Field(sa_column=Column(EnumText(Sector), nullable=False))
    independent: bool = False
    appointing_agency: str | None = None
    from_on: date
    until_on: date | None = None
    end_reason: str | None = None
    # Since when the nightly check knows of a tie of this independent person.
    flagged_on: date | None = None


class PersonTie(Base, table=True):
    """A person's tie to an organization from a day to a day, both included (A076).

    Person ids only; who stated it is kept, because an organization speaks for its own people.
    """

    __tablename__ = "person_tie"
    __table_args__ = (
        Index("ix_person_tie_person_id", "person_id"),
        Index("ix_person_tie_org_id", "org_id"),
        CheckConstraint("until_on >= from_on", name="days_in_order"),
        {"info": resource("person_tie")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    person_id: UUID
    org_id: UUID = Field(foreign_key="organization.id")
    kind: TieKind = Field(sa_column=Column(EnumText(TieKind), nullable=False))
    from_on: date
    until_on: date | None = None
    note: str | None = None
    stated_by: UUID
    stated_by_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    at: datetime = Field(sa_type=InstantColumn)


class SeatFinding(Base, table=True):
    """What the nightly check found of an independent seat: a tie to a current member (A076)."""

    __tablename__ = "seat_finding"
    __table_args__ = (
        Index(
            "uq_seat_finding_open",
            "seat_id",
            "org_id",
            "kind",
            unique=True,
            postgresql_where=text("cleared_on IS NULL"),
        ),
        Index("ix_seat_finding_center_id", "center_id"),
        {"info": resource("seat_finding", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seat_id: UUID = Field(foreign_key="body_seat.id")
    center_id: UUID = Field(foreign_key="center.id")
    person_id: UUID
    org_id: UUID = Field(foreign_key="organization.id")
    kind: TieKind = Field(sa_column=Column(EnumText(TieKind), nullable=False))
    found_on: date
    cleared_on: date | None = None


class GovernanceNight(Base, table=True):
    """A day whose nightly check was made; its row is what makes it once (A076)."""

    __tablename__ = "governance_night"
    __table_args__ = ({"info": {"insert_only": True}},)

    day: date = Field(primary_key=True)
    at: datetime = Field(sa_type=InstantColumn)


class VotingTable(Base, table=True):
    """The votes of an organ from a day on, until the day from which another table holds.

    Never changed: of two from one day, the one that was set later holds, and what was known before
    stays readable. `holders` has `{holder_org_id, share_ppm, basis}`; a person stands there as
    `holder_person_id`, and who votes for a share of the legal person has `as_shareholder`. A table
    without any ends the one before it.
    """

    __tablename__ = "voting_table"
    __table_args__ = (
        Index("ix_voting_table_center_id", "center_id", "organ", "in_force_on"),
        {"info": {"insert_only": True, **resource("voting_table", Audience.OPERATORS)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    organ: Organ = Field(sa_column=Column(EnumText(Organ), nullable=False))
    in_force_on: date
    holders: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    # Why it is set for days that are over, or what ended the votes that are missing.
    reason: str | None = None
    set_at: datetime = Field(sa_type=InstantColumn)


class VotingRight(Base, table=True):
    """A holder's share of the votes in an organ of a centre, by the table in force today.

    An organization, or a person that holds shares of the centre's legal person.
    """

    __tablename__ = "voting_right"
    __table_args__ = (
        UniqueConstraint("center_id", "organ", "holder_org_id", name="uq_voting_right_org"),
        UniqueConstraint("center_id", "organ", "holder_person_id", name="uq_voting_right_person"),
        CheckConstraint("num_nonnulls(holder_org_id, holder_person_id) = 1", name="one_holder"),
        CheckConstraint("holder_person_id IS NULL OR as_shareholder", name="people_hold_shares"),
        CheckConstraint("share_ppm BETWEEN 1 AND 1000000", name="share_is_a_share"),
        {"info": resource("voting_right", Audience.OPERATORS)},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    organ: Organ = Field(sa_column=Column(EnumText(Organ), nullable=False))
    holder_org_id: UUID | None = Field(default=None, foreign_key="organization.id")
    holder_person_id: UUID | None = None
    share_ppm: int
    basis: VoteBasis = Field(sa_column=Column(EnumText(VoteBasis), nullable=False))
    # For a share of the legal person: it stays when a membership ends (公司法84).
    as_shareholder: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default="false")
    )

    @property
    def holder_id(self) -> UUID:
        """Give who holds it; the database sees to it that one does."""
        return self.holder_org_id or self.holder_person_id or self.id


class Resolution(Base, table=True):
    """What a decision body resolved, and whether the votes carried it."""

    __tablename__ = "resolution"
    __table_args__ = (
        Index("ix_resolution_center_id", "center_id"),
        CheckConstraint("for_ppm + against_ppm + abstain_ppm <= 1000000", name="votes_within_all"),
        {"info": {"insert_only": True, **resource("resolution", Audience.OPERATORS)}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    center_id: UUID = Field(foreign_key="center.id")
    body_id: UUID = Field(foreign_key="governance_body.id")
    matter: Matter = Field(sa_column=Column(EnumText(Matter), nullable=False))
    text: str
    resolved_on: date
    for_ppm: int
    against_ppm: int
    abstain_ppm: int
    passed: bool
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    # What had to be present, and whether it was.
    quorum_ppm: int = Field(default=500_000, sa_column_kwargs={"server_default": "500000"})
    quorum_met: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    # Who voted how, where the votes were counted one by one: `{voter_id, choice, weight}`.
    ballots: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JsonColumn(), nullable=False, server_default="[]")
    )
    # The table that was in force on its day, as it was known when this was recorded.
    voting_table_id: UUID | None = Field(default=None, foreign_key="voting_table.id")
