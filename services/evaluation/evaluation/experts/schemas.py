"""Experts on the wire."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from evaluation.experts import rules
from shared.http.expected import unfit
from shared.http.schemas import Body, Code, Day, Instant, LongText, Out, ShortText

UsccText = Annotated[
    str,
    StringConstraints(min_length=18, max_length=18),
    Field(description="Unified social credit code.", examples=["91310101FAKE00208C"]),
]
RELATION: dict[str, Any] = {
    "kind": "employment",
    "org_uscc": "91310101FAKE00208C",
    "from_on": "2019-03-01",
    "until_on": "2024-09-30",
}


class ExpertRelationIn(Body):
    """A tie of an expert to an organization, or a seat in a centre's bodies."""

    model_config = ConfigDict(json_schema_extra={"examples": [RELATION]})

    kind: rules.RelationKind = Field(description="What ties the expert.")
    org_id: UUID | None = Field(default=None, description="The organization, where it is known.")
    org_uscc: UsccText | None = Field(default=None, description="The organization's code.")
    center_id: UUID | None = Field(
        default=None, description="The centre, for a seat in its bodies."
    )
    relative_person: ShortText | None = Field(
        default=None, description="For kinship: who the relative is. Personal data."
    )
    from_on: Day | None = Field(default=None, description="First day; none means since ever.")
    until_on: Day | None = Field(default=None, description="Last day; none means it lasts.")

    @model_validator(mode="after")
    def _tied_and_ordered(self) -> "ExpertRelationIn":
        if self.org_id is None and self.org_uscc is None and self.center_id is None:
            raise unfit("a relation names an organization or a centre", "应注明单位或中心")
        if self.from_on is not None and self.until_on is not None and self.from_on > self.until_on:
            raise unfit("until_on is not before from_on", "until_on 不早于 from_on")
        return self


class SpecialtyIn(Body):
    """A field of industry that an expert knows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"field_code": "integrated_circuit", "level": 3}]}
    )

    field_code: Code = Field(description="The field of industry, as of centres.")
    level: int = Field(ge=1, le=3, description="3: his own field; 2: close; 1: he follows it.")


class SpecialtiesIn(Body):
    """Every field of industry that an expert knows; it takes the place of what was known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"specialties": [{"field_code": "integrated_circuit", "level": 3}]}]
        }
    )

    specialties: list[SpecialtyIn] = Field(max_length=50, description="The fields, each once.")

    @field_validator("specialties")
    @classmethod
    def _each_once(cls, value: list[SpecialtyIn]) -> list[SpecialtyIn]:
        if len({one.field_code for one in value}) != len(value):
            raise unfit("each field once", "每个领域只列一次")
        return value


class ExpertIn(Body):
    """A person who enters the pool."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "01980000-0000-7000-8000-000000000101",
                    "name": "林一舟",
                    "field": "economic",
                    "title": "教授",
                    "org_uscc": "12310000FAKE00101J",
                    "relations": [RELATION],
                }
            ]
        }
    )

    id: UUID | None = Field(
        default=None, description="Chosen by the caller where it must be known."
    )
    person_id: UUID = Field(description="The person, as `sub` of that person's tokens.")
    name: ShortText = Field(description="The full name. Personal data.")
    field: rules.ExpertField = Field(description="The field that the expert stands for on a panel.")
    title: ShortText = Field(description="Professional title.")
    org_id: UUID | None = Field(default=None, description="The employer, where it is registered.")
    org_uscc: UsccText | None = Field(default=None, description="The employer's code.")
    relations: list[ExpertRelationIn] = Field(
        default_factory=list, max_length=100, description="Ties known so far."
    )


class ExpertAccountIn(Body):
    """Another account of the same person."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"person_id": "01980000-0000-7000-8000-000000000102"}]}
    )

    person_id: UUID = Field(description="The account, as `sub` of its tokens.")


class ExpertEmployerIn(Body):
    """Who employs an expert from a day on; without an organization nobody does."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"org_uscc": RELATION["org_uscc"], "from_on": "2026-07-01"}]
        }
    )

    org_id: UUID | None = Field(default=None, description="The employer, where it is registered.")
    org_uscc: UsccText | None = Field(default=None, description="The employer's code.")
    from_on: Day = Field(description="The first day, today at the latest.")


class ExpertRelationEndIn(Body):
    """The end of a tie."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until_on": "2026-06-30"}]})

    until_on: Day = Field(description="The last day on which the tie held.")


class ExpertRetirementIn(Body):
    """Why an expert leaves the pool."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "任期届满"}]})

    reason: LongText = Field(description="The reason, kept in the audit trail.")


class ExpertRelationOut(Out):
    """A tie of an expert."""

    id: UUID = Field(description="Names the tie.")
    kind: rules.RelationKind = Field(description="What ties the expert.")
    org_id: UUID | None = Field(description="The organization, where it is known.")
    org_uscc: str | None = Field(description="The organization's code.")
    center_id: UUID | None = Field(description="The centre, for a seat in its bodies.")
    relative_person: str | None = Field(default=None, description="For kinship: who it is.")
    from_on: date | None = Field(description="First day.")
    until_on: date | None = Field(description="Last day; none while it lasts.")
    recorded_at: Instant = Field(description="When it was entered.")


class SpecialtyOut(Out):
    """A field of industry that an expert knows."""

    field_code: str = Field(description="The field of industry.")
    level: int = Field(description="3: his own field; 2: close; 1: he follows it.")


class ExpertOut(Out):
    """An expert with name and ties, for officials and for the expert."""

    id: UUID = Field(description="Names the expert.")
    person_id: UUID = Field(description="The person.")
    name: str | None = Field(description="The full name; none once it was erased.")
    field: rules.ExpertField = Field(description="The field.")
    title: str = Field(description="Professional title.")
    org_id: UUID | None = Field(description="The employer.")
    org_uscc: str | None = Field(description="The employer's code.")
    state: rules.State = Field(description="Whether the expert may be asked.")
    version: int = Field(description="Grows with every change.")
    relations: list[ExpertRelationOut] = Field(description="Every tie, oldest first.")
    specialties: list[SpecialtyOut] = Field(
        default_factory=list, description="The fields of industry that the expert knows."
    )


class ExpertItemOut(Out):
    """An expert in a list: the name is masked, ties are left out."""

    id: UUID = Field(description="Names the expert.")
    masked_name: str | None = Field(description="First character of the name only.")
    field: rules.ExpertField = Field(description="The field.")
    title: str = Field(description="Professional title.")
    state: rules.State = Field(description="Whether the expert may be asked.")
