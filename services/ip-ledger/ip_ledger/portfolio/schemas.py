"""Declared rights, plans of rights and what protects them, on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.assets.rules import AssetKind
from ip_ledger.assets.schemas import Jurisdiction
from ip_ledger.portfolio.rules import ProtectionKind
from shared.evidence import FileId
from shared.http.schemas import Body, Day, Earning, LongText, Money, Out, ShortText


class BackgroundRightIn(Body):
    """A right that a member brings in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "asset_id": "01980000-0000-7000-8000-000000000001",
                    "scope": "本中心共性技术研发项目",
                    "restrictions": "不得再许可",
                }
            ]
        }
    )

    asset_id: UUID = Field(description="The asset, entered as background.")
    scope: LongText = Field(description="What the centre may use it for.")
    restrictions: LongText | None = Field(default=None, description="What it may not.")


class InLicenseIn(Body):
    """The license that gives a declared right to the centre."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"license_id": "01980000-0000-7000-8000-000000000003"}]}
    )

    license_id: UUID = Field(description="A standing license to the centre's legal entity.")


class BackgroundRightOut(Out):
    """A right that a member brought in, and whether the centre may use it."""

    id: UUID = Field(description="The declaration.")
    center_id: UUID = Field(description="The centre.")
    asset_id: UUID = Field(description="The asset.")
    org_id: UUID = Field(description="Who brought it in.")
    scope: str = Field(description="What the centre may use it for.")
    restrictions: str | None = Field(description="What it may not.")
    license_id: UUID | None = Field(description="The license to the centre.")
    licensed: bool = Field(description="Whether that license stands today.")
    version: int = Field(description="Counts its changes; the ETag.")
    declared_at: datetime = Field(description="When it was declared.")


class LayoutLineIn(Body):
    """How many rights are to be filed in a place."""

    branch: ShortText = Field(description="The branch of the technology.")
    jurisdiction: Jurisdiction = Field(description="`CN`, another country's code, or `PCT`.")
    kind: AssetKind = Field(description="The kind of right.")
    planned: Annotated[int, Field(strict=True, ge=1, le=10_000)] = Field(
        description="How many are to be filed in the year."
    )


class LayoutPlanIn(Body):
    """A year's plan of rights."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [
                        {
                            "branch": "铺粉与在线检测",
                            "jurisdiction": "CN",
                            "kind": "invention",
                            "planned": 6,
                        }
                    ]
                }
            ]
        }
    )

    lines: list[LayoutLineIn] = Field(max_length=1_000, description="Place by place, each once.")


class LayoutLineOut(Out):
    """What was planned for a place, and what was filed there."""

    branch: str | None = Field(description="The branch; null for what was placed in none.")
    jurisdiction: str = Field(description="`CN`, another country's code, or `PCT`.")
    kind: AssetKind = Field(description="The kind of right.")
    planned: int = Field(description="How many were to be filed; 0 for what nobody planned.")
    filed: int = Field(description="How many were.")
    missing: int = Field(description="How many still are to be.")
    asset_ids: list[UUID] = Field(description="Those that were filed.")


class LayoutPlanOut(Out):
    """A year's plan of rights beside what was filed."""

    center_id: UUID = Field(description="The centre.")
    year: int = Field(description="The year of filing.")
    version: int = Field(description="Counts the plan's versions; 0 while there is none.")
    lines: list[LayoutLineOut] = Field(description="Place by place, what belongs to none last.")
    planned: int = Field(description="All that was planned.")
    filed: int = Field(description="All that was filed, planned or not.")
    families: int = Field(description="How many inventions that were: each family counts once.")


class AssetBranchIn(Body):
    """The branch that an asset belongs to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"branch": "铺粉与在线检测"}]})

    branch: ShortText = Field(description="The branch of the technology.")


class AssetBranchOut(Out):
    """The branch that an asset belongs to."""

    asset_id: UUID = Field(description="The asset.")
    branch: str = Field(description="The branch.")


class ProtectionEventIn(Body):
    """What happened to a right."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "asset_id": "01980000-0000-7000-8000-000000000001",
                    "kind": "pledge",
                    "occurred_on": "2026-01-10",
                    "until_on": "2028-01-09",
                    "counterparty": "（示例）银行",
                    "amount": {"amount": 500000000, "currency": "CNY"},
                }
            ]
        }
    )

    asset_id: UUID = Field(description="The right.")
    kind: ProtectionKind = Field(description="Infringement, invalidation, pledge or insurance.")
    occurred_on: Day = Field(description="The day on which it happened or began.")
    until_on: Day | None = Field(default=None, description="The last day of a pledge or cover.")
    counterparty: ShortText = Field(description="Infringer, petitioner, pledgee or insurer.")
    outcome: LongText | None = Field(default=None, description="What became of it.")
    amount: Earning | None = Field(default=None, description="Lent, insured, or awarded.")
    evidence: list[FileId] = Field(default_factory=list, max_length=20, description="Files.")


class ProtectionEventOut(Out):
    """What happened to a right."""

    id: UUID = Field(description="The event.")
    center_id: UUID = Field(description="The centre.")
    asset_id: UUID = Field(description="The right.")
    kind: ProtectionKind = Field(description="Infringement, invalidation, pledge or insurance.")
    occurred_on: date = Field(description="The day on which it happened or began.")
    until_on: date | None = Field(description="The last day of a pledge or cover.")
    counterparty: str = Field(description="Infringer, petitioner, pledgee or insurer.")
    outcome: str | None = Field(description="What became of it.")
    amount: Money | None = Field(description="Lent, insured, or awarded.")
    evidence: list[UUID] = Field(description="Files.")
    recorded_at: datetime = Field(description="When it was reported.")
