"""Plans of support, their measures, and the policies that are open to centres."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from registry.base import Base
from registry.centers.rules import ModelType, Stage
from registry.support.payment_rules import PAYMENT, PaymentState
from registry.support.rules import (
    PLAN,
    Capability,
    MeasureKind,
    MeasureState,
    PlanState,
    SpecialProgram,
    SupportPurpose,
    TalentMeasure,
)
from shared.database import EnumText, InstantColumn, JsonColumn, new_id, resource
from shared.http.constraints import meaning

ONE_PLAN: Final = "uq_support_plan_one_a_center"
ONE_VOUCHER: Final = "uq_support_payment_voucher"


class SupportPlan(Base, table=True):
    """What the city does for one centre, and why (A140); what was approved is never changed."""

    __tablename__ = "support_plan"
    __table_args__ = (
        # Two drafts of one centre can pass the check together; only the database sees both.
        Index(
            ONE_PLAN,
            "center_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'proposed', 'approved')"),
        ),
        CheckConstraint(
            "(state IN ('approved', 'ended')) = (approved_by IS NOT NULL)", name="approved_by_one"
        ),
        CheckConstraint(
            "approved_by <> drafted_by AND approved_by <> proposed_by", name="two_people"
        ),
        Index("ix_support_plan_center_id", "center_id"),
        Index("ix_support_plan_state", "state", "id"),
        {"info": resource("support_plan")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    center_id: UUID = Field(foreign_key="center.id")
    case_text: str
    precedent: str
    policy_mix: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    model_type: ModelType = Field(sa_column=Column(EnumText(ModelType), nullable=False))
    stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    policy_version: str
    state: PlanState = Field(
        default=PlanState.DRAFT, sa_column=Column(EnumText(PlanState), nullable=False)
    )
    drafted_by: UUID
    drafted_at: datetime = Field(sa_type=InstantColumn)
    proposed_by: UUID | None = None
    approved_by: UUID | None = None
    approved_on: date | None = None
    doc_no: str | None = None
    reason: str | None = None


class SupportMeasure(Base, table=True):
    """A measure for a centre: kind, purpose, amount, basis and period (A138); or a grant (A146)."""

    __tablename__ = "support_measure"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint(
            "paid_fen >= 0 AND paid_fen <= committed_fen"
            " AND committed_fen <= coalesce(amount_fen, 0)",
            name="within_budget",
        ),
        CheckConstraint("(kind = 'talent') = (talent_kind IS NOT NULL)", name="talent_has_kind"),
        CheckConstraint(
            "(kind = 'special_project') = (program IS NOT NULL)"
            " AND (program IS NULL) = (preference_reason IS NULL)"
            " AND (program IS NULL) = (project IS NULL)",
            name="grant_says_why",
        ),
        CheckConstraint("capability IS NULL OR program IS NOT NULL", name="capability_of_grant"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        Index("ix_support_measure_center_id", "center_id", "id"),
        Index("ix_support_measure_plan_id", "plan_id"),
        Index("ix_support_measure_state", "state", "id"),
        {"info": resource("support_measure")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    plan_id: UUID = Field(foreign_key="support_plan.id")
    center_id: UUID = Field(foreign_key="center.id")
    kind: MeasureKind = Field(sa_column=Column(EnumText(MeasureKind), nullable=False))
    purpose: SupportPurpose = Field(sa_column=Column(EnumText(SupportPurpose), nullable=False))
    title: str
    basis: str
    amount_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    # What was paid, and what is entered to be paid besides.
    paid_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    committed_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    approved_on: date | None = None
    starts_on: date
    ends_on: date
    talent_kind: TalentMeasure | None = Field(
        default=None, sa_column=Column(EnumText(TalentMeasure))
    )
    program: SpecialProgram | None = Field(default=None, sa_column=Column(EnumText(SpecialProgram)))
    project: str | None = None
    preference_reason: str | None = None
    capability: Capability | None = Field(default=None, sa_column=Column(EnumText(Capability)))
    model_type: ModelType = Field(sa_column=Column(EnumText(ModelType), nullable=False))
    stage: Stage = Field(sa_column=Column(EnumText(Stage), nullable=False))
    policy_version: str
    state: MeasureState = Field(
        default=MeasureState.PROPOSED, sa_column=Column(EnumText(MeasureState), nullable=False)
    )
    proposed_by: UUID
    proposed_at: datetime = Field(sa_type=InstantColumn)
    decided_by: UUID | None = None
    decided_on: date | None = None
    reason: str | None = None


class SupportPayment(Base, table=True):
    """Money that reached a centre for a measure; entered by one person, confirmed by another."""

    __tablename__ = "support_payment"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("decided_by <> entered_by", name="two_people"),
        CheckConstraint("(state = 'entered') = (decided_by IS NULL)", name="decided_by_one"),
        CheckConstraint(
            "state IN ('entered', 'paid') OR reason IS NOT NULL", name="taking_back_says_why"
        ),
        # One voucher pays once: two entries of it can pass the check together.
        Index(
            ONE_VOUCHER,
            "measure_id",
            "voucher_no",
            unique=True,
            postgresql_where=text("state IN ('entered', 'paid')"),
        ),
        Index("ix_support_payment_measure_id", "measure_id", "id"),
        Index("ix_support_payment_center_id", "center_id", "id"),
        Index("ix_support_payment_state", "state", "id"),
        {"info": resource("support_payment")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    measure_id: UUID = Field(foreign_key="support_measure.id")
    center_id: UUID = Field(foreign_key="center.id")
    payee_org_id: UUID = Field(foreign_key="organization.id")
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    paid_on: date
    voucher_no: str
    state: PaymentState = Field(
        default=PaymentState.ENTERED, sa_column=Column(EnumText(PaymentState), nullable=False)
    )
    entered_by: UUID
    entered_at: datetime = Field(sa_type=InstantColumn)
    decided_by: UUID | None = None
    decided_on: date | None = None
    reason: str | None = None


class SupportPolicy(Base, table=True):
    """A policy that is open to centres (A147); an empty list of models or stages is all of them."""

    __tablename__ = "support_policy"
    __table_args__ = (
        CheckConstraint("valid_until >= valid_from", name="days_in_order"),
        Index("ix_support_policy_valid", "valid_from", "valid_until", "id"),
        {"info": resource("support_policy")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    title: str
    issuer: str
    basis: str
    kind: MeasureKind = Field(sa_column=Column(EnumText(MeasureKind), nullable=False))
    conditions: str
    # What it builds up, where it builds capability.
    capability: Capability | None = Field(default=None, sa_column=Column(EnumText(Capability)))
    model_types: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    stages: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    field_codes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    valid_from: date
    valid_until: date | None = None
    entered_by: UUID
    entered_at: datetime = Field(sa_type=InstantColumn)
    reason: str | None = None


meaning(ONE_PLAN, PLAN, "ALREADY_EXISTS")
meaning(ONE_VOUCHER, PAYMENT, "ALREADY_EXISTS")
meaning("ck_support_measure_within_budget", PAYMENT, "BUDGET_EXCEEDED")
