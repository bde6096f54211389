"""Policy versions, the words of the programme, fields, calls, and days that differ."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlmodel import Field

from registry.base import Base
from registry.programme.calendar_rules import ChangeState
from registry.programme.rules import CallState, PolicyState
from shared.database import EnumText, JsonColumn, new_id, resource


class PolicyVersion(Base, table=True):
    """A text of the programme with its dates; a verdict names the version it was judged under.

    `clauses` maps each requirement row to its clause, `parameters` each row to its thresholds.
    """

    __tablename__ = "policy_version"
    __table_args__ = (
        UniqueConstraint("version", name="uq_policy_version_version"),
        CheckConstraint("effective_until >= effective_from", name="dates_in_order"),
        # Two versions in force on one day would make a verdict depend on the order of rows.
        ExcludeConstraint(
            (text("daterange(effective_from, effective_until, '[]')"), "&&"),
            where=text("state = 'in_force'"),
            name="ex_policy_version_one_a_day",
        ),
        {"info": resource("policy_version")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: str
    state: PolicyState = Field(sa_column=Column(EnumText(PolicyState), nullable=False))
    title_zh: str
    title_en: str
    doc_no: str | None = None
    effective_from: date
    effective_until: date | None = None

    @property
    def effective_to(self) -> date | None:
        """Give the last day under the name that answers had first."""
        return self.effective_until

    supersedes_id: UUID | None = Field(default=None, foreign_key="policy_version.id")
    legal_bases: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    clauses: dict[str, str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    parameters: dict[str, dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    # Counts changes of the draft; `version` is the name that verdicts cite.
    revision: int = 1
    drafted_by: UUID | None = None
    proposed_by: UUID | None = None
    approved_by: UUID | None = None
    reason: str | None = None


class CodeEntry(Base, table=True):
    """A word of the programme in a code table, with both of its names."""

    __tablename__ = "code_entry"

    scheme: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    place: int
    name_zh: str
    name_en: str
    parent: str | None = None
    verified: bool = True


class FieldEntry(Base, table=True):
    """A field of industry that the programme supports, from a day to a day (A047)."""

    __tablename__ = "field_entry"
    __table_args__ = (CheckConstraint("active_until >= active_from", name="dates_in_order"),)

    code: str = Field(primary_key=True)
    version: int = 1
    name_zh: str
    name_en: str
    plan_period: str
    active_from: date
    active_until: date | None = None


class WorkingDayOverride(Base, table=True):
    """A day that the published calendar does not tell, or tells wrongly (X10)."""

    __tablename__ = "working_day_override"

    day: date = Field(primary_key=True)
    is_working: bool
    provisional: bool
    source: str


class WorkingDayChange(Base, table=True):
    """A change of the calendar that one official proposes and another decides (X10)."""

    __tablename__ = "working_day_change"
    __table_args__ = (
        CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("decided_by <> proposed_by", name="decided_by_another"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    state: ChangeState = Field(
        default=ChangeState.PROPOSED, sa_column=Column(EnumText(ChangeState), nullable=False)
    )
    # `{day, is_working, provisional}`, as they become overrides.
    days: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    source: str
    proposed_by: UUID
    proposed_on: date
    decided_by: UUID | None = None
    decided_on: date | None = None
    reason: str | None = None


class Call(Base, table=True):
    """An invitation to apply: fields, conditions, an optional window, a list of materials."""

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("open_until >= open_from", name="window_in_order"),
        # One rolling call answers for every application that names none (A159).
        Index("uq_call_default", "is_default", unique=True, postgresql_where=text("is_default")),
        {"info": resource("call")},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    state: CallState = Field(sa_column=Column(EnumText(CallState), nullable=False))
    title: str
    title_en: str | None = None
    conditions: str | None = None
    field_codes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    open_from: date | None = None
    open_until: date | None = None
    soft_window: bool = True
    strict_entity_age: bool = False
    is_default: bool = False
    materials: list[dict[str, Any]] = Field(sa_column=Column(JsonColumn(), nullable=False))
    published_on: date | None = None
