"""Schemes and weight profiles; what a cycle opened with never changes again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, UniqueConstraint
from sqlmodel import Field

from evaluation.base import Base
from evaluation.schemes import rules
from shared.database import EnumText, InstantColumn, JsonColumn, new_id
from shared.http.constraints import meaning

meaning("uq_indicator_scheme_code_number", rules.AS_DATA, "ALREADY_EXISTS")
meaning("uq_weight_profile_code", rules.WEIGHTS, "ALREADY_EXISTS")
meaning("ck_indicator_scheme_unchanged", rules.AS_DATA, "SCHEME_FROZEN")
meaning("ck_weight_profile_unchanged", rules.WEIGHTS, "SCHEME_FROZEN")


class IndicatorScheme(Base, table=True):
    """A version of a scheme: `number` counts the versions of its `code`.

    `content` holds parameters and criteria as `rules.scheme_from` reads them.
    """

    __tablename__ = "indicator_scheme"
    __table_args__ = (
        UniqueConstraint("code", "number", name="uq_indicator_scheme_code_number"),
        CheckConstraint("(state = 'frozen') = (frozen_at IS NOT NULL)", name="frozen_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str
    number: int
    state: rules.SchemeState = Field(
        default=rules.SchemeState.DRAFT,
        sa_type=EnumText(rules.SchemeState),
    )
    title: str
    title_en: str | None = None
    note: str | None = None
    provisional: bool = True
    content: dict[str, Any] = Field(sa_column=Column(JsonColumn(), nullable=False))
    content_hash: str
    version: int = 1
    created_at: datetime = Field(sa_type=InstantColumn())
    frozen_at: datetime | None = Field(default=None, sa_type=InstantColumn())


class WeightProfile(Base, table=True):
    """How much each criterion counts for a kind of centre; weights are decimals as text.

    `indicator_weights` says of single indicators what they count of their criterion's weight.
    """

    __tablename__ = "weight_profile"
    __table_args__ = (UniqueConstraint("code", name="uq_weight_profile_code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str
    name: str
    name_en: str | None = None
    model_type: str | None = None
    weights: dict[str, str] = Field(sa_column=Column(JsonColumn(), nullable=False))
    indicator_weights: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JsonColumn(), nullable=False)
    )
    version: int = 1
    created_at: datetime = Field(sa_type=InstantColumn())
    locked_at: datetime | None = Field(default=None, sa_type=InstantColumn())
