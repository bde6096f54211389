"""Products, calls and first purchases on the wire."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from registry.products.commands import Nomination
from registry.products.right_rules import Right
from registry.products.rules import (
    Candidate,
    Patent,
    ProductKind,
    ProductSector,
    ProductState,
    ReviewResult,
)
from registry.products.tables import FirstPurchase, Product
from shared.http.schemas import (
    MAX_SAFE,
    Body,
    CheckOut,
    Day,
    Instant,
    LongText,
    Money,
    Out,
    ShortText,
    Year,
    fen,
)

Verbatim = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ContractNo = Annotated[str, StringConstraints(min_length=1, max_length=64)]
PatentNumber = Annotated[str, StringConstraints(min_length=1, max_length=32)]
VersionText = Annotated[str, StringConstraints(min_length=1, max_length=32)]
MOST_PATENTS: Final = 50

NOMINATION: Final[dict[str, Any]] = {
    "call_id": "019a0000-0000-7000-8000-000000000001",
    "center_id": "019a0000-0000-7000-8000-000000000002",
    "kind": "first_set",
    "sector": "high_end_equipment",
    "name": "晶圆缺陷检测机（示例）",
    "description": "国内首台，检测精度达到国际先进水平。",
    "patents": [
        {
            "number": "ZL202310000001.5",
            "granted_on": "2024-05-11",
            "owner_id": "019a0000-0000-7000-8000-000000000003",
        }
    ],
    "equipment": {"first_in": "performance", "unit": "set"},
    "first_sale_on": "2026-02-03",
    "first_purchase": True,
}


class ProductCallIn(Body):
    """A year's call for the catalogue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "year": 2026,
                    "title": "2026年度创新产品推荐目录申报",
                    "cut_off_on": "2026-06-30",
                    "valid_until": "2028-06-30",
                }
            ]
        }
    )

    year: Year = Field(description="The catalogue's year.")
    title: ShortText = Field(description="What it is called.")
    cut_off_on: Day = Field(description="The last day to nominate; first sales count back from it.")
    valid_until: Day = Field(description="The last day on which the year's entries hold.")


class ProductCallOut(Out):
    """A year's call for the catalogue."""

    id: UUID = Field(description="The call.")
    year: int = Field(description="The catalogue's year.")
    title: str = Field(description="What it is called.")
    cut_off_on: date = Field(description="The last day to nominate.")
    valid_until: date = Field(description="The last day on which the year's entries hold.")
    opened_on: date = Field(description="When it was opened.")


class ProductPatent(Body):
    """An invention patent that a product rests on."""

    number: PatentNumber = Field(description="The application number, `ZL` in front or not.")
    granted_on: Day = Field(description="The day of its grant.")
    owner_id: UUID = Field(description="Whose it is: the maker's or the centre's legal entity's.")


class ProductPatentOut(Out):
    """An invention patent that a product rests on, and what the ip-ledger said of it."""

    number: str = Field(description="The application number.")
    granted_on: date = Field(description="The day of its grant.")
    owner_id: UUID = Field(description="Whose it is.")
    asset_id: UUID | None = Field(default=None, description="The ledger's asset of this number.")
    asset_version: int | None = Field(default=None, description="Its version when it was asked.")


class EquipmentPart(Body):
    """What makes equipment the first of its kind."""

    first_in: Literal["principle", "structure", "performance"] = Field(
        description="In what it is the first in the country."
    )
    unit: Literal["set", "single_machine", "core_part"] = Field(description="What is sold.")


class MaterialPart(Body):
    """What makes a batch of material the first."""

    grade: ShortText | None = Field(default=None, description="Its grade; it has to be named.")
    specification: ShortText | None = Field(
        default=None, description="Its specification; it has to be named."
    )


class SoftwarePart(Body):
    """What makes software a first version."""

    main_version: VersionText = Field(description="Its main version, such as `1.0`.")
    bespoke: bool = Field(description="Whether it was made to one customer's order.")
    in_house: bool = Field(description="Whether it is for its maker's own use.")
    copyright_acquired_on: Day = Field(description="When its copyright was acquired.")


class ProductIn(Body):
    """A product nominated to a year's catalogue (A144)."""

    model_config = ConfigDict(json_schema_extra={"examples": [NOMINATION]})

    call_id: UUID = Field(description="The call.")
    center_id: UUID = Field(description="The centre from which it comes.")
    maker_org_id: UUID | None = Field(
        default=None, description="Who makes it; one's own organization, if left out."
    )
    kind: ProductKind = Field(description="Equipment, material or software.")
    sector: ProductSector = Field(
        default=ProductSector.GENERAL, description="Decides how old its patents may be."
    )
    name: ShortText = Field(description="Its name as the list is to show it.")
    description: LongText = Field(description="What is new about it.")
    patents: list[ProductPatent] = Field(
        default_factory=list, max_length=MOST_PATENTS, description="Its invention patents."
    )
    equipment: EquipmentPart | None = Field(default=None, description="For a `first_set`.")
    material: MaterialPart | None = Field(default=None, description="For a `first_batch`.")
    software: SoftwarePart | None = Field(default=None, description="For a `first_version`.")
    first_sale_on: Day | None = Field(
        default=None, description="The day of its first sale; left out: not sold yet."
    )
    first_purchase: bool = Field(
        default=True, description="Whether public buyers are to buy it first; needs a first sale."
    )
    evidence: list[UUID] = Field(
        default_factory=list, max_length=50, description="Files of the registry."
    )

    def nomination(self, rights: Mapping[str, Right]) -> Nomination:
        """Give what is wanted, with what the ip-ledger has of its patents."""
        parts = self.model_dump(include={"equipment", "material", "software"})
        claim = Candidate(
            kind=self.kind,
            sector=self.sector,
            patents=[Patent(one.number, one.granted_on, one.owner_id) for one in self.patents],
            first_sale_on=self.first_sale_on,
            first_purchase=self.first_purchase,
            **parts,
        )
        return Nomination(
            self.call_id,
            self.center_id,
            self.maker_org_id,
            self.name,
            self.description,
            claim,
            self.evidence,
            rights,
        )


class ProductReviewIn(Body):
    """What the editors say of a nomination."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"result": "accept", "comment": "材料齐备，建议列入"}]}
    )

    result: ReviewResult = Field(description="`accept`, `return` or `reject`.")
    comment: LongText = Field(description="Why.")


class ProductReasonIn(Body):
    """Why a step is taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "产品已停产"}]})

    reason: LongText = Field(description="Why.")


class ProductOut(Out):
    """A product, nominated or catalogued."""

    id: UUID = Field(description="The product.")
    version: int = Field(description="Rises with each change; the ETag.")
    state: ProductState = Field(description="Where it stands.")
    call_id: UUID = Field(description="The call.")
    center_id: UUID = Field(description="The centre from which it comes.")
    maker_org_id: UUID = Field(description="Who makes it.")
    maker_name: str = Field(description="The maker's name as the list shows it.")
    kind: ProductKind = Field(description="Equipment, material or software.")
    sector: ProductSector = Field(description="Decides how old its patents may be.")
    name: str = Field(description="Its name as the list shows it.")
    description: str = Field(description="What is new about it.")
    patents: list[ProductPatentOut] = Field(description="Its invention patents.")
    particulars: dict[str, Any] = Field(description="What its kind asks for.")
    first_sale_on: date | None = Field(description="The day of its first sale.")
    first_purchase: bool = Field(description="Whether public buyers may buy it first.")
    evidence: list[UUID] = Field(description="Files of the registry.")
    provisional: bool = Field(description="Whether the tests of its kind are provisional.")
    rule_source: str = Field(description="Where those tests come from.")
    policy_version: str = Field(description="The policy by which it was judged.")
    nominated_at: Instant = Field(description="When it was nominated.")
    reason: str | None = Field(description="What was said with the last step.")
    year: int = Field(description="The catalogue's year.")
    catalog_no: str | None = Field(description="Its number in the catalogue.")
    valid_from: date | None = Field(description="The first day in the catalogue.")
    valid_to: date | None = Field(description="The last day in the catalogue, included.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")

    @classmethod
    def of(cls, row: Product, warnings: Sequence[CheckOut] = ()) -> "ProductOut":
        """Show a stored product."""
        return cls(**row.model_dump(), warnings=list(warnings))


class PublicProductOut(Out):
    """What anyone may read of a product in the catalogue."""

    id: UUID = Field(description="The product; a first purchase names it.")
    catalog_no: str = Field(description="Its number in the catalogue.")
    year: int = Field(description="The catalogue's year.")
    kind: ProductKind = Field(description="Equipment, material or software.")
    name: str = Field(description="Its name, to the character.")
    maker_name: str = Field(description="Its maker's name, to the character.")
    center_code: str = Field(description="The centre from which it comes.", examples=["C10"])
    first_purchase: bool = Field(description="Whether public buyers may buy it first.")
    valid_from: date = Field(description="The first day in the catalogue.")
    valid_to: date = Field(description="The last day in the catalogue, included.")
    provisional: bool = Field(description="Whether the tests of its kind are provisional.")

    @classmethod
    def of(cls, row: Product, center_code: str) -> "PublicProductOut":
        """Show a product of the catalogue."""
        return cls(center_code=center_code, **row.model_dump())


class PositiveMoney(Money):
    """An amount above nothing."""

    amount: Annotated[int, Field(strict=True, gt=0, le=MAX_SAFE)] = Field(
        description="Integer minor units: 分; more than zero."
    )


class FirstPurchaseIn(Body):
    """A first-purchase contract as it was signed; names are compared to the character (A145)."""

    # A blank at an end is a character as well.
    model_config = ConfigDict(
        str_strip_whitespace=False,
        json_schema_extra={
            "examples": [
                {
                    "contract_no": "SHCX2026-001",
                    "product_id": "019a0000-0000-7000-8000-000000000004",
                    "product_name": "晶圆缺陷检测机（示例）",
                    "maker_name": "上海示例装备有限公司",
                    "buyer_name": "上海市示例医院",
                    "amount": {"amount": 120000000, "currency": "CNY"},
                    "signed_on": "2026-11-06",
                }
            ]
        },
    )

    contract_no: ContractNo = Field(description="Its number; it begins with SHCX.")
    product_id: UUID = Field(description="The product of the catalogue.")
    product_name: Verbatim = Field(description="The product's name in the contract.")
    maker_name: Verbatim = Field(description="The maker's name in the contract.")
    buyer_name: Verbatim = Field(description="Who bought it.")
    amount: PositiveMoney = Field(description="What it cost.")
    signed_on: Day = Field(description="When it was signed.")


class PublicFirstPurchaseOut(Out):
    """A first purchase as everyone reads it."""

    id: UUID = Field(description="The first purchase.")
    contract_no: str = Field(description="The contract's number.")
    product_id: UUID = Field(description="The product of the catalogue.")
    product_name: str = Field(description="What was bought.")
    maker_name: str = Field(description="Who made it.")
    buyer_name: str = Field(description="Who bought it.")
    amount: Money = Field(description="What it cost.")
    signed_on: date = Field(description="When it was signed.")
    due_on: date = Field(description="The last day to enter it in time.")
    recorded_on: date = Field(description="When it was entered and became public.")
    late: bool = Field(description="Whether it was entered after its last day.")

    @classmethod
    def of(cls, row: FirstPurchase) -> Self:
        """Show an entered contract."""
        return cls(amount=fen(row.amount_fen), **row.model_dump(exclude={"amount_fen"}))


class FirstPurchaseOut(PublicFirstPurchaseOut):
    """A first purchase, for who enters and keeps it."""

    version: int = Field(description="Rises with each change.")
    center_id: UUID = Field(description="The centre from which the product comes.")
    recorded_at: Instant = Field(description="When it was entered.")
    withdrawn_at: Instant | None = Field(description="When it was taken back.")
    reason: str | None = Field(description="Why it was taken back.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")
