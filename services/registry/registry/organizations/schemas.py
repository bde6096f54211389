"""What goes over the wire about organizations and parks."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.organizations.rules import (
    CenterLevel,
    ChainPosition,
    LegalPersonKind,
    OrgType,
    ParkLevel,
)
from registry.organizations.tables import Park
from shared.http.schemas import Body, Count, Day, Earning, LongText, Money, Out, ShortText, fen

# Form and check character are judged by the rule, which says what is wrong with a code.
UsccText = Annotated[str, StringConstraints(min_length=1, max_length=32)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
IndustryCode = Annotated[str, StringConstraints(pattern=r"^[A-T]\d{0,4}$|^\d{2,4}$")]


class OrganizationIn(Body):
    """An organization to enter in the register."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "uscc": "91310115FAKE00275K",
                    "name": "上海澄曜集成电路共性技术创新中心",
                    "org_type": "enterprise",
                    "legal_person_kind": "independent",
                    "region_code": "310115",
                    "registered_on": "2024-06-18",
                    "industry_code": "C3973",
                    "is_sme": False,
                    "is_leading": False,
                    "chain_position": "midstream",
                }
            ]
        }
    )

    uscc: UsccText = Field(description="Unified social credit code (GB 32100-2015).")
    name: ShortText = Field(description="Registered name.")
    org_type: OrgType = Field(description="What kind of organization it is.")
    legal_person_kind: LegalPersonKind = Field(
        default=LegalPersonKind.INDEPENDENT, description="Whether it is a legal person by itself."
    )
    region_code: RegionCode = Field(description="Where it is registered, GB/T 2260.")
    registered_on: Day = Field(description="The day of its registration.")
    industry_code: IndustryCode | None = Field(default=None, description="GB/T 4754-2017.")
    is_sme: bool = Field(default=False, description="Whether it is a small or medium enterprise.")
    is_leading: bool = Field(default=False, description="Whether it leads its industry.")
    is_backbone: bool = Field(default=False, description="Whether it is a backbone enterprise.")
    chain_position: ChainPosition | None = Field(
        default=None, description="Where it stands in the industry's chain."
    )
    tech_center_level: CenterLevel | None = Field(
        default=None, description="Level of its enterprise technology centre, if it has one."
    )
    parent_uscc: UsccText | None = Field(default=None, description="Code of who holds it.")


def _left_out(schema: dict[str, Any]) -> None:
    # A field that is not sent has no value; its default only makes the class.
    schema.pop("default", None)


class OrganizationPatch(Body):
    """What officials correct of an entry; a field left out stays, a null clears it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"is_sme": True, "dishonesty_until": "2027-01-01"}]}
    )

    name: ShortText = Field(default="", json_schema_extra=_left_out, description="Registered name.")
    org_type: OrgType = Field(default=OrgType.ENTERPRISE, description="What kind it is.")
    legal_person_kind: LegalPersonKind = Field(
        default=LegalPersonKind.INDEPENDENT, description="Whether it is a legal person by itself."
    )
    region_code: RegionCode = Field(
        default="", json_schema_extra=_left_out, description="Where it is registered."
    )
    industry_code: IndustryCode | None = Field(default=None, description="GB/T 4754-2017.")
    is_sme: bool = Field(default=False, description="Whether it is a small or medium enterprise.")
    is_leading: bool = Field(default=False, description="Whether it leads its industry.")
    is_backbone: bool = Field(default=False, description="Whether it is a backbone enterprise.")
    chain_position: ChainPosition | None = Field(
        default=None, description="Its place in the chain."
    )
    tech_center_level: CenterLevel | None = Field(
        default=None, description="Level of its enterprise technology centre."
    )
    parent_uscc: UsccText | None = Field(default=None, description="Code of who holds it.")
    dishonesty_until: Day | None = Field(
        default=None, description="Last day of a record of serious dishonesty (X17)."
    )


class OrganizationOut(Out):
    """An organization as the register has it."""

    id: UUID = Field(description="The organization's id.")
    version: int = Field(description="Rises with each change; the ETag.")
    uscc: str = Field(description="Unified social credit code.")
    name: str = Field(description="Registered name.")
    org_type: OrgType = Field(description="What kind of organization it is.")
    legal_person_kind: LegalPersonKind = Field(description="Whether it is a legal person.")
    region_code: str = Field(description="Where it is registered.")
    registered_on: date = Field(description="The day of its registration.")
    industry_code: str | None = Field(description="GB/T 4754-2017.")
    is_sme: bool = Field(description="Whether it is a small or medium enterprise.")
    is_leading: bool = Field(description="Whether it leads its industry.")
    is_backbone: bool = Field(description="Whether it is a backbone enterprise.")
    chain_position: ChainPosition | None = Field(description="Its place in the chain.")
    tech_center_level: CenterLevel | None = Field(description="Its technology centre's level.")
    parent_uscc: str | None = Field(description="Code of who holds it.")
    dishonesty_until: date | None = Field(description="Last day of a record of dishonesty.")


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
                    "support_conditions": "公共检测平台、人才公寓、中试厂房",
                    "developer_org_id": "019a0000-0000-7000-8000-000000000017",
                }
            ]
        }
    )

    name: ShortText = Field(description="The park's name.")
    level: ParkLevel = Field(description="Whose list it is on.")
    region_code: RegionCode = Field(description="Where it lies.")
    firm_count: Count = Field(description="Firms of the cluster in it.")
    cluster_output: Earning = Field(description="The cluster's output in a year.")
    support_conditions: LongText = Field(description="What it offers to its firms.")
    developer_org_id: UUID = Field(description="The organization that develops it.")


class ParkOut(Out):
    """A park as the register has it."""

    id: UUID = Field(description="The park's id.")
    name: str = Field(description="The park's name.")
    level: ParkLevel = Field(description="Whose list it is on.")
    region_code: str = Field(description="Where it lies.")
    firm_count: int = Field(description="Firms of the cluster in it.")
    cluster_output: Money = Field(description="The cluster's output in a year.")
    support_conditions: str = Field(description="What it offers to its firms.")
    developer_org_id: UUID = Field(description="The organization that develops it.")

    @classmethod
    def of(cls, park: Park) -> "ParkOut":
        """Show a stored park."""
        return cls(
            cluster_output=fen(park.cluster_output_fen),
            **park.model_dump(exclude={"cluster_output_fen"}),
        )
