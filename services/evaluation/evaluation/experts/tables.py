"""The pool of experts. Names stand apart, in the one table that can be erased (X12)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from evaluation.base import Base
from evaluation.experts import absence_rules, rules
from shared.database import EnumText, InstantColumn, new_id
from shared.http.constraints import meaning

meaning("uq_expert_person_id", rules.POOL, "ALREADY_EXISTS")
meaning("pk_expert", rules.POOL, "ALREADY_EXISTS")
meaning("pk_expert_account", rules.POOL, "ALREADY_EXISTS")
ABSENCES_APART = "ex_expert_absence_apart"
# Two that are recorded at once both see no other: the table keeps one.
meaning(ABSENCES_APART, absence_rules.AWAY, "ABSENCES_OVERLAP")


class Expert(Base, table=True):
    """An expert of the pool, known here by ids only; one person is one expert."""

    __tablename__ = "expert"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(unique=True)
    field: rules.ExpertField = Field(sa_type=EnumText(rules.ExpertField))
    title: str
    org_id: UUID | None = None
    org_uscc: str | None = None
    # The first day of the present employment, where it was told.
    employed_from: date | None = None
    state: rules.State = Field(
        default=rules.State.ACTIVE,
        sa_type=EnumText(rules.State),
    )
    version: int = 1
    registered_at: datetime = Field(sa_type=InstantColumn())


class ExpertRelation(Base, table=True):
    """A tie of an expert; it is ended by a last day and never taken back."""

    __tablename__ = "expert_relation"
    __table_args__ = (
        Index("ix_expert_relation_expert_id", "expert_id"),
        Index("ix_expert_relation_org_id", "org_id"),
        Index("ix_expert_relation_org_uscc", "org_uscc"),
        CheckConstraint(
            "org_id IS NOT NULL OR org_uscc IS NOT NULL OR center_id IS NOT NULL", name="tied"
        ),
        CheckConstraint("until_on IS NULL OR from_on <= until_on", name="period"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")
    kind: rules.RelationKind = Field(sa_type=EnumText(rules.RelationKind))
    org_id: UUID | None = None
    org_uscc: str | None = None
    center_id: UUID | None = None
    from_on: date | None = None
    until_on: date | None = None
    recorded_at: datetime = Field(sa_type=InstantColumn())


class ExpertAbsence(Base, table=True):
    """Days on which an expert is away, both ends included; withdrawn ones stay and bar nothing."""

    __tablename__ = "expert_absence"
    __table_args__ = (
        CheckConstraint("from_on <= until_on", name="period"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        ExcludeConstraint(
            ("expert_id", "="),
            (text("daterange(from_on, until_on, '[]')"), "&&"),
            name=ABSENCES_APART,
            using="gist",
            where=text("state = 'standing'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")
    kind: absence_rules.AbsenceKind = Field(sa_type=EnumText(absence_rules.AbsenceKind))
    from_on: date
    until_on: date
    state: absence_rules.AbsenceState = Field(
        default=absence_rules.AbsenceState.STANDING,
        sa_type=EnumText(absence_rules.AbsenceState),
    )
    recorded_by: UUID
    recorded_at: datetime = Field(sa_type=InstantColumn())
    withdrawn_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class ExpertSpecialty(Base, table=True):
    """A field of industry that an expert knows; `level` 3 is his own, 1 a neighbouring one."""

    __tablename__ = "expert_specialty"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 3", name="level"),)

    expert_id: UUID = Field(foreign_key="expert.id", primary_key=True)
    field_code: str = Field(primary_key=True)
    level: int


class ExpertAccount(Base, table=True):
    """A further account of an expert's person; what it did and knows is the expert's own (X08)."""

    __tablename__ = "expert_account"
    __table_args__ = (
        Index("ix_expert_account_expert_id", "expert_id"),
        {"info": {"insert_only": True}},
    )

    person_id: UUID = Field(primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")
    recorded_at: datetime = Field(sa_type=InstantColumn())


class FormerOrganizationCode(Base, table=True):
    """A code that an organization bore: a tie that names it still means that organization."""

    __tablename__ = "former_organization_code"
    __table_args__ = (
        Index("ix_former_organization_code_org_id", "org_id"),
        {"info": {"insert_only": True}},
    )

    uscc: str = Field(primary_key=True)
    org_id: UUID


class ExpertPersonalData(Base, table=True):
    """What identifies a person: the name of an expert, or who the relative of a tie is.

    `record_id` is the expert or the relation; `content` is sealed for the row.
    Erasing rows here leaves every decision intact.
    """

    __tablename__ = "expert_personal_data"
    __table_args__ = (Index("ix_expert_personal_data_expert_id", "expert_id"),)

    record_id: UUID = Field(primary_key=True)
    expert_id: UUID = Field(foreign_key="expert.id")
    content: str
