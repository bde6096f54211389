"""The payload of each kind of fact: one class per kind, and its row in the code table."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from registry.facts.rules import FactKind
from shared.http.schemas import Body, Code, Count, Day, Earning, LongText, ShortText

UsccField = Annotated[str, StringConstraints(min_length=1, max_length=32)]
# Whole hours, or an exact decimal as text: never a float.
Hours = (
    Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
    | Annotated[str, StringConstraints(pattern=r"^\d{1,8}(\.\d{1,2})?$")]
)
Readiness = Annotated[int, Field(strict=True, ge=1, le=9)]
PersonRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,64}$")]


class FactPayload(Body):
    """What every payload is: fields of its kind and no others."""

    KIND: ClassVar[FactKind]
    EXAMPLE: ClassVar[Mapping[str, Any]]


class ServicePayload(FactPayload):
    """A service rendered to an organization (A041)."""

    KIND = FactKind.SERVICE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "client_uscc": "91310113FAKE0011X5",
        "catalog_code": "inspection_testing",
        "amount": {"amount": 3_500_000, "currency": "CNY"},
    }

    client_uscc: UsccField = Field(description="Who was served; size and region are looked up.")
    catalog_code: Literal[
        "commissioned_rd",
        "standard_dev_validation",
        "ip_operation",
        "inspection_testing",
        "certification_metrology",
        "incubation",
        "training",
        "market_info",
        "feasibility_study",
        "project_evaluation",
        "pilot_test",
    ] = Field(description="A code of the table `service-catalog`.")
    amount: Earning = Field(description="What was paid for it.")
    description: ShortText | None = Field(default=None, description="What was done.")


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


class BreakthroughPayload(FactPayload):
    """A key technology mastered, verified by a third party (A027)."""

    KIND = FactKind.BREAKTHROUGH
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "technology": "晶圆级键合（示例）",
        "verified_by_uscc": "91310110FAKE00187W",
    }

    technology: ShortText = Field(description="Which technology.")
    verified_by_uscc: UsccField = Field(description="The third party that verified it.")
    trl_before: Readiness | None = Field(default=None, description="Readiness level before.")
    trl_after: Readiness | None = Field(default=None, description="Readiness level after.")


class ProjectPayload(FactPayload):
    """A research project, of one's own or to order (A089)."""

    KIND = FactKind.PROJECT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "title": "晶圆级键合工艺（示例）",
        "project_kind": "common_key",
        "source": "self",
    }

    title: ShortText = Field(description="What it is called.")
    project_kind: Literal["frontier", "common_key", "cross_industry", "industrial_basic"] = Field(
        description="A code of the table `project-kinds`."
    )
    source: Literal["self", "commissioned"] = Field(description="Whose wish it is.")
    contract_ref: Code | None = Field(
        default=None, description="Its technology contract; a commissioned one has to name it."
    )
    budget: Earning | None = Field(default=None, description="What it is to cost.")


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


class StandardPayload(FactPayload):
    """A standard that the centre led or took part in (A042)."""

    KIND = FactKind.STANDARD
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "level": "national",
        "part": "lead",
        "number": "GB/T 00000-2027",
    }

    level: Literal["international", "national", "industry", "local", "group"] = Field(
        description="A code of the table `standard-levels`."
    )
    part: Literal["lead", "participate"] = Field(description="What the centre did for it.")
    number: ShortText = Field(description="Its number.", examples=["GB/T 41621-2022"])
    title: ShortText | None = Field(default=None, description="What it is about.")


class ResourceUsagePayload(FactPayload):
    """Hours of a shared instrument or facility (A022, A062)."""

    KIND = FactKind.RESOURCE_USAGE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "resource_id": "R-17",
        "hours": 1200,
        "shared_hours": "300.5",
    }

    resource_id: Code = Field(description="The resource.")
    hours: Hours = Field(description="Hours of use in all.")
    shared_hours: Hours = Field(description="Hours of them that others used.")
    user_uscc: UsccField | None = Field(default=None, description="Who used it.")


class TalentPayload(FactPayload):
    """A leading person or a team brought in (A010, A036)."""

    KIND = FactKind.TALENT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"category": "leading_talent", "person_ref": "P-0017"}

    category: Code = Field(description="A code such as those of the table `talent-categories`.")
    person_ref: PersonRef = Field(description="A reference, never a name.")


class TrainingPayload(FactPayload):
    """A training (A038)."""

    KIND = FactKind.TRAINING
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"person_times": 120, "topic": "键合工艺（示例）"}

    person_times: Count = Field(description="How many took part, each time counted.")
    topic: ShortText | None = Field(default=None, description="What it was about.")
    trainee_uscc: UsccField | None = Field(default=None, description="Whose people they were.")


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


class InternationalProjectPayload(FactPayload):
    """A project with a partner abroad (A153)."""

    KIND = FactKind.INTERNATIONAL_PROJECT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"partner": "示例研究所", "country": "DE"}

    partner: ShortText = Field(description="Who the partner is.")
    country: ShortText = Field(description="Its country, ISO 3166.", examples=["DE"])
    title: ShortText | None = Field(default=None, description="What it is called.")


class InternationalNodePayload(FactPayload):
    """A seat in a standards body abroad, or a node there (A044)."""

    KIND = FactKind.INTERNATIONAL_NODE
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "overseas_node", "place": "Aachen"}

    kind: Code = Field(description="Such as those of the table `international-node-kinds`.")
    place: ShortText = Field(description="Where it is.")


PAYLOADS: Final[tuple[type[FactPayload], ...]] = (
    ServicePayload,
    IncubationPayload,
    SeedFinancingPayload,
    FirstCommercializationPayload,
    BreakthroughPayload,
    ProjectPayload,
    DiffusionPayload,
    AdoptionPayload,
    StandardPayload,
    ResourceUsagePayload,
    TalentPayload,
    TrainingPayload,
    IncentivePayload,
    InternationalProjectPayload,
    InternationalNodePayload,
)
