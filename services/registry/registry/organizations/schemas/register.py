"""An organization as it is entered, corrected, shown and found."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from registry.organizations.rules import (
    CenterLevel,
    ChainPosition,
    LegalPersonKind,
    MatchReason,
    OrgType,
    is_writable,
)
from shared.http.expected import unfit
from shared.http.schemas import Body, Day, Out

# Form and check character are judged by the rule, which says what is wrong with a code.
UsccText = Annotated[str, StringConstraints(min_length=1, max_length=32)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
RegionPrefix = Annotated[str, StringConstraints(pattern=r"^\d{2}(\d{2}){0,2}$")]
IndustryCode = Annotated[str, StringConstraints(pattern=r"^[A-T]\d{0,4}$|^\d{2,4}$")]


def _writable(value: str) -> str:
    if not is_writable(value):
        raise unfit("text without control and direction marks", "文本不可含控制字符和方向标记")
    return value


NameText = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(_writable)
]


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
    name: NameText = Field(description="Registered name.")
    org_type: OrgType = Field(description="What kind of organization it is.")
    legal_person_kind: LegalPersonKind = Field(
        default=LegalPersonKind.INDEPENDENT, description="Whether it is a legal person by itself."
    )
    region_code: RegionCode = Field(description="Where it is registered, GB/T 2260.")
    registered_on: Day = Field(description="The day of its registration.")
    industry_code: IndustryCode | None = Field(default=None, description="GB/T 4754-2017.")
    is_sme: bool = Field(
        default=False,
        description="Whether it is a small or medium enterprise, as it declares itself.",
    )
    is_leading: bool = Field(
        default=False,
        description="Whether it leads its industry; verified by an official.",
    )
    is_backbone: bool = Field(
        default=False, description="Whether it is a backbone enterprise; likewise verified."
    )
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


class OrganizationValues(Body):
    """Values of an organization's entry; a field left out is not spoken of, a null clears it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_sme": True}]})

    name: NameText = Field(default="", json_schema_extra=_left_out, description="Registered name.")
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


class OrganizationPatch(OrganizationValues):
    """What officials say of an entry from today on; a field left out stays, a null clears it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"is_sme": True, "dishonesty_until": "2027-01-01"}]}
    )

    dishonesty_until: Day | None = Field(
        default=None,
        description="Last day on record for serious dishonesty from today (X17); null lifts it.",
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
    industry_code: str | None = Field(default=None, description="GB/T 4754-2017.")
    is_sme: bool = Field(description="Whether it is a small or medium enterprise, as declared.")
    is_leading: bool = Field(description="Whether it leads its industry, as verified.")
    is_backbone: bool = Field(description="Whether it is a backbone enterprise, as verified.")
    chain_position: ChainPosition | None = Field(
        default=None, description="Its place in the chain."
    )
    tech_center_level: CenterLevel | None = Field(
        default=None, description="Its technology centre's level."
    )
    parent_uscc: str | None = Field(default=None, description="Code of who holds it.")
    dishonesty_until: date | None = Field(
        default=None, description="Last day of the records of dishonesty that bar it."
    )
    successor_id: UUID | None = Field(default=None, description="Who stands in its place.")
    stated: list[str] = Field(
        default_factory=list, description="Fields that it has stated and nobody has verified yet."
    )


class MatchCandidateOut(Out):
    """An organization that a written name may mean."""

    organization_id: UUID = Field(description="The organization.")
    uscc: str = Field(description="Its code.")
    name: str = Field(description="Its registered name.")
    legal_person_kind: LegalPersonKind = Field(description="Whether it is a legal person.")
    score: str = Field(description="How well it fits, from 0 to 100.", examples=["98.00"])
    reasons: list[MatchReason] = Field(description="Why it fits, and why not.")


class MatchOut(Out):
    """Which organizations a written name may mean."""

    chosen: UUID | None = Field(
        description="The one that is meant, where it is certain; a branch never stands for another."
    )
    candidates: list[MatchCandidateOut] = Field(description="The likely ones, best first.")


class RelatedOrganizationOut(Out):
    """An organization beside another one."""

    id: UUID = Field(description="The organization's id.")
    uscc: str = Field(description="Its code.")
    name: str = Field(description="Its registered name.")
