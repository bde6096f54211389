"""Families of rights on the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.assets.family_rules import KinshipKind
from ip_ledger.assets.rules import AssetKind, State
from shared.http.schemas import Body, LongText, Out


class KinshipIn(Body):
    """From which right another one comes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"parent_id": "01980000-0000-7000-8000-000000000001", "kind": "national_phase"}
            ]
        }
    )

    parent_id: UUID = Field(description="The right that it comes from.")
    kind: KinshipKind = Field(
        description="Priority claimed, a division, a continuation, or a national phase."
    )


class KinshipWithdrawalIn(Body):
    """Why a kinship was recorded wrongly."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "优先权号填写错误"}]})

    reason: LongText = Field(description="What was wrong.")


class KinshipOut(Out):
    """That a right comes from another one."""

    id: UUID = Field(description="The kinship.")
    asset_id: UUID = Field(description="The right.")
    parent_id: UUID = Field(description="The right that it comes from.")
    kind: KinshipKind = Field(description="By which act.")
    law: str = Field(description="The law of that act.")
    recorded_at: datetime = Field(description="When it was recorded.")
    withdrawn_at: datetime | None = Field(description="When it was taken back.")
    reason: str | None = Field(description="Why.")


class RelativeOut(Out):
    """A right of a family."""

    asset_id: UUID = Field(description="The right.")
    title: str = Field(description="Its title.")
    kind: AssetKind = Field(description="What sort of right.")
    number: str | None = Field(description="Its number.")
    jurisdiction: str = Field(description="`CN`, another country's code, or `PCT`.")
    filed_on: date | None = Field(description="Day of filing.")
    state: State = Field(description="Where it stands.")


class FamilyOut(Out):
    """Everything that kinships join with a right, as far as one may see it."""

    family_id: UUID | None = Field(description="The family; none while the right has no kin.")
    earliest_on: date | None = Field(description="The first filing of the family.")
    jurisdictions: list[str] = Field(description="The offices at which it was filed.")
    members: list[RelativeOut] = Field(description="Its rights, the first filed first.")
    kinships: list[KinshipOut] = Field(description="Which comes from which.")
