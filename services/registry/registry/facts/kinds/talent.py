"""People: who came, who was trained, teams and programmes."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, StrictBool

from registry.facts.kinds.common import (
    Country,
    FactPayload,
    FieldCode,
    Partners,
    People,
    PersonRef,
    UsccField,
)
from registry.facts.rules import FactKind
from shared.http.schemas import (
    Code,
    Count,
    Day,
    ShortText,
)

TalentLevel = Literal["national", "municipal", "district", "center"]


class TalentPayload(FactPayload):
    """A leading person or a team brought in (A010, A036)."""

    KIND = FactKind.TALENT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"category": "leading_talent", "person_ref": "P-0017"}

    category: Code = Field(description="A code such as those of the table `talent-categories`.")
    person_ref: PersonRef = Field(description="A reference, never a name.")
    level: TalentLevel | None = Field(
        default=None, description="A code of the table `talent-levels` (A149)."
    )


class TrainingPayload(FactPayload):
    """A training (A038)."""

    KIND = FactKind.TRAINING
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"person_times": 120, "topic": "键合工艺（示例）"}

    person_times: Count = Field(description="How many took part, each time counted.")
    topic: ShortText | None = Field(default=None, description="What it was about.")
    trainee_uscc: UsccField | None = Field(
        default=None, description="Whose people they were; its size is looked up."
    )
    session_ref: Code | None = Field(
        default=None, description="The session, where several organizations sent people."
    )
    programme_ref: Code | None = Field(default=None, description="The joint programme of it.")


class TalentEventPayload(FactPayload):
    """A person brought in, trained, employed or exchanged, and nothing else (A037, A039)."""

    KIND = FactKind.TALENT_EVENT
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "event": "exchange",
        "person_ref": "P-0017",
        "international": True,
        "country": "DE",
    }

    event: Literal["introduction", "training", "employment", "exchange"] = Field(
        description="A code of the table `talent-events`."
    )
    person_ref: PersonRef = Field(description="A reference, never a name.")
    category: Code | None = Field(default=None, description="Of the table `talent-categories`.")
    level: TalentLevel | None = Field(default=None, description="Of the table `talent-levels`.")
    international: StrictBool = Field(default=False, description="An exchange across borders.")
    country: Country | None = None
    partner: ShortText | None = Field(default=None, description="The other institution.")


class TalentTeamPayload(FactPayload):
    """An innovation team: its leader, its members, its field, its first day (A036)."""

    KIND = FactKind.TALENT_TEAM
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "name": "键合工艺团队（示例）",
        "leader_ref": "P-0017",
        "member_refs": ["P-0018", "P-0019"],
        "field_code": "integrated_circuit",
        "since": "2027-03-01",
    }

    name: ShortText = Field(description="What it is called.")
    leader_ref: PersonRef = Field(description="Who leads it: a reference, never a name.")
    member_refs: People = Field(min_length=1, description="Its other members, each once.")
    field_code: FieldCode
    since: Day = Field(description="Its first day.")
    level: TalentLevel | None = Field(default=None, description="Of the table `talent-levels`.")


class JointTrainingPayload(FactPayload):
    """A training programme that is run together with partner organizations (A034)."""

    KIND = FactKind.JOINT_TRAINING
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "programme_ref": "JT-3",
        "title": "集成电路工程硕士联合培养（示例）",
        "partner_usccs": ["91310110FAKE00187W"],
        "starts_on": "2027-03-01",
        "ends_on": "2028-02-29",
        "places": 20,
    }

    programme_ref: Code = Field(description="The centre's own reference of the programme.")
    title: ShortText = Field(description="What it is called.")
    partner_usccs: Partners = Field(min_length=1, description="With whom, each once.")
    starts_on: Day = Field(description="Its first day.")
    ends_on: Day | None = Field(default=None, description="Its last day, if it has one.")
    places: Count | None = Field(default=None, description="How many it takes.")
