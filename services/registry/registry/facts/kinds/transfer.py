"""Results on their way into use: passed on, taken up, sold first, founded upon, rewarded."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from registry.facts.kinds.common import (
    FactPayload,
    PersonRef,
    UsccField,
)
from registry.facts.rules import FactKind
from shared.http.schemas import (
    Code,
    Day,
    Earning,
    LongText,
    ShortText,
)


class DiffusionPayload(FactPayload):
    """Technology or knowledge given to an organization (A090)."""

    KIND = FactKind.DIFFUSION
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "recipient_uscc": "91310114FAKE00064M",
        "content": "new_process",
        "title": "键合工艺包（示例）",
    }

    recipient_uscc: UsccField = Field(description="Who received it; its size is looked up.")
    content: Literal[
        "frontier_technology", "common_technology", "new_process", "new_equipment", "new_knowledge"
    ] = Field(description="A code of the table `diffusion-contents`.")
    title: ShortText = Field(description="What was given.")


class AdoptionPayload(FactPayload):
    """An organization that took up a technology of the centre (A029)."""

    KIND = FactKind.ADOPTION
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "adopter_uscc": "91310112FAKE00080E",
        "technology": "键合工艺（示例）",
    }

    adopter_uscc: UsccField = Field(description="Who took it up.")
    technology: ShortText = Field(description="Which technology.")
    effect: LongText | None = Field(default=None, description="What came of it.")


class FirstCommercializationPayload(FactPayload):
    """A result's first sale or first use (A032)."""

    KIND = FactKind.FIRST_COMMERCIALIZATION
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "product": "晶圆检测机（示例）",
        "first_sale_on": "2027-05-18",
    }

    product: ShortText = Field(description="What was sold.")
    first_sale_on: Day = Field(description="The day of its first sale.")
    product_kind: Literal["first_set", "first_batch", "first_version"] | None = Field(
        default=None, description="First set, batch or version."
    )
    amount: Earning | None = Field(default=None, description="What the first sale brought.")


class IncubationPayload(FactPayload):
    """A company that the centre incubates (A031)."""

    KIND = FactKind.INCUBATION
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"uscc": "91310114FAKE00064M", "alive_on": "2027-12-31"}

    uscc: UsccField = Field(description="The company.")
    alive_on: Day = Field(description="The last day on which it was known to exist.")
    founded_on: Day | None = Field(default=None, description="The day of its founding.")
    relation: ShortText | None = Field(default=None, description="What binds it to the centre.")


class SeedFinancingPayload(FactPayload):
    """Money raised for a seed project (A031)."""

    KIND = FactKind.SEED_FINANCING
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "uscc": "91310114FAKE00064M",
        "round": "seed",
        "amount": {"amount": 500_000_000, "currency": "CNY"},
    }

    uscc: UsccField = Field(description="The company that raised it.")
    round: Literal["seed", "angel", "series_a", "later"] = Field(
        description="A code of the table `financing-rounds`."
    )
    amount: Earning = Field(description="How much was raised.")
    investor_uscc: UsccField | None = Field(default=None, description="Who invested.")


class IncentivePayload(FactPayload):
    """What a person received for turning a result into use (A033)."""

    KIND = FactKind.INCENTIVE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "incentive_kind": "cash",
        "amount": {"amount": 30_298_114, "currency": "CNY"},
        "person_ref": "P-0017",
    }

    incentive_kind: Literal["cash", "equity", "option", "dividend", "project_profit"] = Field(
        description="A code of the table `incentive-kinds`."
    )
    amount: Earning = Field(description="Its worth.")
    person_ref: PersonRef = Field(description="A reference, never a name.")
    asset_ref: Code | None = Field(default=None, description="The result it was for.")
