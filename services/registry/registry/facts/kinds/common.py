"""What the payloads of all kinds share: their base, and the forms of their fields."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from registry.facts.rules import FactKind
from shared.http.schemas import Body

UsccField = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Partners = Annotated[list[UsccField], Field(max_length=50)]
# Whole hours, or an exact decimal as text: never a float.
Hours = (
    Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
    | Annotated[str, StringConstraints(pattern=r"^\d{1,8}(\.\d{1,2})?$")]
)
Readiness = Annotated[int, Field(strict=True, ge=1, le=9)]
PersonRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,64}$")]
People = Annotated[list[PersonRef], Field(max_length=200)]
Country = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}$"),
    Field(description="A country, ISO 3166.", examples=["DE"]),
]
FieldCode = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$"),
    Field(description="A code of the field catalogue.", examples=["integrated_circuit"]),
]
TechnologyKind = Literal["frontier", "common_key", "cross_industry", "industrial_basic"]
Bottleneck = Literal[
    "foreign_dependence", "chokepoint", "common_tech_gap", "talent_gap", "commercialization_gap"
]
Bottlenecks = Annotated[
    list[Bottleneck],
    Field(max_length=5, description="Weaknesses it is to remove: `bottlenecks` (A006)."),
]


class FactPayload(Body):
    """What every payload is: fields of its kind and no others."""

    KIND: ClassVar[FactKind]
    EXAMPLE: ClassVar[Mapping[str, Any]]
