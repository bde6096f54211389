"""Qualifications, yearly figures and parks on the wire."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.organizations.rules import (
    CenterLevel,
    EntrySource,
    ParkLevel,
    QualificationKind,
    QualificationState,
)
from registry.organizations.schemas.register import NameText, RegionCode
from registry.organizations.tables import Park, Qualification, YearlyProfile
from shared.http.schemas import (
    Body,
    Count,
    Day,
    Earning,
    LongText,
    Money,
    Out,
    ShortText,
    Year,
    fen,
)

MONEY_FIGURES = ("registered_capital", "revenue", "net_profit", "net_assets", "rd_spend")


class QualificationIn(Body):
    """A paper that says what an organization is recognized for (A061, A070)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "cnas",
                    "name": "CNAS 实验室认可证书",
                    "number": "CNAS L00000",
                    "scope": "集成电路可靠性试验",
                    "issuer": "中国合格评定国家认可委员会",
                    "valid_from": "2022-03-01",
                    "valid_to": "2028-02-29",
                }
            ]
        }
    )

    kind: QualificationKind = Field(description="What kind of paper it is.")
    name: NameText = Field(description="What it is called.")
    level: CenterLevel | None = Field(
        default=None, description="Of an enterprise technology centre: whose list it is on."
    )
    number: ShortText | None = Field(default=None, description="Its number; CMA and CNAS need one.")
    scope: LongText | None = Field(default=None, description="What it covers.")
    issuer: ShortText | None = Field(default=None, description="Who issued it.")
    valid_from: Day = Field(description="First day; of a technology centre its year is shown.")
    valid_to: Day | None = Field(default=None, description="Last day; CMA and CNAS need one.")
    file_id: UUID | None = Field(default=None, description="The paper itself.")
    supersedes_id: UUID | None = Field(default=None, description="The paper that it follows.")


class RevocationIn(Body):
    """The taking back of a paper."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"revoked_on": "2026-01-12", "reason": "认可被撤销"}]}
    )

    revoked_on: Day = Field(description="From this day on it holds no more.")
    reason: LongText = Field(description="Why.")


class QualificationOut(Out):
    """A paper of an organization."""

    id: UUID = Field(description="The qualification's id; offerings name it.")
    version: int = Field(description="Rises with each change.")
    org_id: UUID = Field(description="Whose it is.")
    kind: QualificationKind = Field(description="What kind of paper it is.")
    name: str = Field(description="What it is called.")
    level: CenterLevel | None = Field(description="Whose list it is on.")
    year: int = Field(description="The year of its first day.")
    number: str | None = Field(description="Its number.")
    scope: str | None = Field(description="What it covers.")
    issuer: str | None = Field(description="Who issued it.")
    valid_from: date = Field(description="First day.")
    valid_to: date | None = Field(description="Last day.")
    valid: bool = Field(description="Whether it holds today; its last day counts.")
    file_id: UUID | None = Field(description="The paper itself.")
    state: QualificationState = Field(description="Where it stands.")
    verified_by: UUID | None = Field(description="The official who verified it.")
    verified_at: datetime | None = Field(description="When.")
    basis: str | None = Field(description="What was looked at.")
    due_again_on: date | None = Field(description="When it is to be verified again.")
    revoked_on: date | None = Field(description="From this day on it held no more.")
    reason: str | None = Field(description="Why it was refused or revoked.")
    supersedes_id: UUID | None = Field(description="The paper that it follows.")
    recorded_at: datetime = Field(description="When it was entered.")

    @classmethod
    def of(cls, row: Qualification, *, valid: bool) -> "QualificationOut":
        """Show a paper, and whether it holds today."""
        return cls(year=row.valid_from.year, valid=valid, **row.model_dump())


class ProfileFigures(Body):
    """An organization's figures of a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "revenue": {"amount": 52000000000, "currency": "CNY"},
                    "rd_spend": {"amount": 4100000000, "currency": "CNY"},
                    "staff": 820,
                    "rd_staff": 260,
                    "basis": "2025年度审计报告",
                }
            ]
        }
    )

    registered_capital: Earning | None = Field(default=None, description="At the year's end.")
    revenue: Earning | None = Field(default=None, description="Of the year.")
    net_profit: Money | None = Field(default=None, description="Of the year; a loss is negative.")
    net_assets: Money | None = Field(default=None, description="At the year's end.")
    rd_spend: Earning | None = Field(default=None, description="Spent on research in the year.")
    staff: Count | None = Field(default=None, description="Persons at the year's end.")
    rd_staff: Count | None = Field(default=None, description="Of these in research.")
    basis: LongText | None = Field(default=None, description="What the figures rest on.")
    file_id: UUID | None = Field(default=None, description="The paper behind them.")

    def columns(self) -> dict[str, Any]:
        """Give the figures as they are stored: amounts in 分."""
        amounts = {f"{name}_fen": getattr(self, name) for name in MONEY_FIGURES}
        return {
            **{name: None if money is None else money.amount for name, money in amounts.items()},
            "staff": self.staff,
            "rd_staff": self.rd_staff,
        }


class ProfileIn(ProfileFigures):
    """An organization's first figures of a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "year": 2025,
                    "revenue": {"amount": 52000000000, "currency": "CNY"},
                    "rd_spend": {"amount": 4100000000, "currency": "CNY"},
                    "staff": 820,
                    "rd_staff": 260,
                }
            ]
        }
    )

    year: Year = Field(description="The calendar year.")


class ProfileOut(Out):
    """An organization's figures of a year; a later version supersedes an earlier one."""

    id: UUID = Field(description="The version's id.")
    org_id: UUID = Field(description="Whose figures.")
    year: int = Field(description="The calendar year.")
    version: int = Field(description="Rises with each version; the ETag.")
    registered_capital: Money | None = Field(description="At the year's end.")
    revenue: Money | None = Field(description="Of the year.")
    net_profit: Money | None = Field(description="Of the year.")
    net_assets: Money | None = Field(description="At the year's end.")
    rd_spend: Money | None = Field(description="Spent on research in the year.")
    staff: int | None = Field(description="Persons at the year's end.")
    rd_staff: int | None = Field(description="Of these in research.")
    source: EntrySource = Field(description="Who says so.")
    basis: str | None = Field(description="What the figures rest on.")
    file_id: UUID | None = Field(description="The paper behind them.")
    verified_by: UUID | None = Field(description="The official who verified them.")
    due_again_on: date | None = Field(description="When they are to be verified again.")
    recorded_at: datetime = Field(description="When this version was entered.")

    @classmethod
    def of(cls, row: YearlyProfile) -> "ProfileOut":
        """Show a version of the figures."""
        amounts = {name: getattr(row, f"{name}_fen") for name in MONEY_FIGURES}
        return cls(
            **{name: None if amount is None else fen(amount) for name, amount in amounts.items()},
            **row.model_dump(exclude={f"{name}_fen" for name in MONEY_FIGURES}),
        )


class ProfileVersionsOut(Out):
    """Every version of a year's figures."""

    items: list[ProfileOut] = Field(description="Oldest first.")


class ParkIn(Body):
    """A park of industry (A068)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "临湾智能制造产业园（示例）",
                    "level": "municipal",
                    "region_code": "310115",
                    "firm_count": 260,
                    "cluster_output": {"amount": 1200000000000, "currency": "CNY"},
                    "figures_year": 2025,
                    "support_conditions": "公共检测平台、人才公寓、中试厂房",
                    "developer_org_id": "019a0000-0000-7000-8000-000000000017",
                }
            ]
        }
    )

    name: NameText = Field(description="The park's name.")
    level: ParkLevel = Field(description="Whose list it is on.")
    region_code: RegionCode = Field(description="Where it lies.")
    firm_count: Count = Field(description="Firms of the cluster in it.")
    cluster_output: Earning = Field(description="The cluster's output in a year.")
    figures_year: Year | None = Field(default=None, description="Of which year the figures are.")
    support_conditions: LongText = Field(description="What it offers to its firms.")
    developer_org_id: UUID = Field(description="The organization that develops it.")

    def columns(self) -> dict[str, Any]:
        """Give the park as it is stored: the output in 分."""
        return {
            **self.model_dump(exclude={"cluster_output", "developer_org_id"}),
            "cluster_output_fen": self.cluster_output.amount,
        }


class ParkPatch(Body):
    """What is otherwise now about a park; a field left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "firm_count": 275,
                    "cluster_output": {"amount": 1310000000000, "currency": "CNY"},
                    "figures_year": 2026,
                }
            ]
        }
    )

    name: NameText | None = Field(default=None, description="The park's name.")
    level: ParkLevel | None = Field(default=None, description="Whose list it is on.")
    region_code: RegionCode | None = Field(default=None, description="Where it lies.")
    firm_count: Count | None = Field(default=None, description="Firms of the cluster in it.")
    cluster_output: Earning | None = Field(default=None, description="Output in a year.")
    figures_year: Year | None = Field(default=None, description="Of which year the figures are.")
    support_conditions: LongText | None = Field(default=None, description="What it offers.")

    def columns(self) -> dict[str, Any]:
        """Give what was sent, as it is stored; a null says nothing."""
        sent = self.model_dump(exclude_none=True, exclude={"cluster_output"})
        if self.cluster_output is not None:
            sent["cluster_output_fen"] = self.cluster_output.amount
        return sent


class ParkOut(Out):
    """A park as the register has it."""

    id: UUID = Field(description="The park's id.")
    version: int = Field(description="Rises with each change; the ETag.")
    name: str = Field(description="The park's name.")
    level: ParkLevel = Field(description="Whose list it is on.")
    region_code: str = Field(description="Where it lies.")
    firm_count: int = Field(description="Firms of the cluster in it.")
    cluster_output: Money = Field(description="The cluster's output in a year.")
    figures_year: int | None = Field(description="Of which year the figures are.")
    support_conditions: str = Field(description="What it offers to its firms.")
    developer_org_id: UUID = Field(description="The organization that develops it.")

    @classmethod
    def of(cls, park: Park) -> "ParkOut":
        """Show a stored park."""
        return cls(
            cluster_output=fen(park.cluster_output_fen),
            **park.model_dump(exclude={"cluster_output_fen"}),
        )
