"""Cycles and cases on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field

from evaluation.cycles import rules
from shared.http.schemas import Body, Code, Day, Instant, Out, Year


def _full_name(value: Any) -> Any:  # noqa: ANN401 - judged by the enum
    return "annual_evaluation" if value == "annual" else value


# The short form is what agencies' forms say; what is stored and answered is the full name.
Kind = Annotated[
    rules.CycleKind,
    BeforeValidator(_full_name),
    Field(description="`annual_evaluation` (年度评估); `annual` is taken for it."),
]
ProfileName = Annotated[
    Code, Field(description="`default`, `by_model`, or a profile's code or id.")
]
GraceDays = Annotated[
    int, Field(strict=True, ge=0, le=366, description="Days after `due_on` that are still taken.")
]


# A query is text, so that its numbers cannot be strict.
AskedYear = Annotated[int, Field(ge=1949, le=2200)]


class CenterProfile(Body):
    """The weight profile of one centre."""

    center_id: UUID = Field(description="The centre.")
    profile: Code = Field(description="A profile's code.")


CenterProfiles = Annotated[
    list[CenterProfile],
    Field(max_length=1_000, description="Profiles of single centres, before `weight_profile`."),
]


class EvaluationCycleIn(Body):
    """A year's evaluation, planned."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "annual_evaluation",
                    "year": 2027,
                    "scheme_id": "01900000-0000-7000-8000-0000000c0601",
                    "weight_profile": "default",
                    "due_on": "2028-03-31",
                }
            ]
        }
    )

    kind: Kind
    year: Year = Field(description="The year that is judged.")
    scheme_id: UUID = Field(description="The scheme; opening freezes it.")
    weight_profile: ProfileName = "default"
    center_profiles: CenterProfiles = Field(default_factory=list)
    due_on: Day | None = Field(default=None, description="Reports are due; 31 March unless set.")
    grace_days: GraceDays | None = None
    cutoff_at: Instant | None = Field(
        default=None, description="What became known later does not count; else the snapshot's day."
    )
    min_months_listed: Annotated[int, Field(strict=True, ge=0, le=120)] | None = Field(
        default=None, description="Months since listing that a centre needs to be judged."
    )


class EvaluationCycleChange(Body):
    """A merge patch of a planned cycle."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"due_on": "2028-04-15"}]})

    due_on: Day | None = Field(default=None, description="Reports are due.")
    grace_days: GraceDays | None = None
    weight_profile: ProfileName | None = None
    center_profiles: CenterProfiles | None = None
    cutoff_at: Instant | None = Field(default=None, description="Null: the snapshot's instant.")

    def changes(self) -> dict[str, Any]:
        """Give what was sent; only the cut-off can be taken away."""
        sent = self.model_dump(exclude_unset=True)
        if self.center_profiles is not None:
            sent["center_profiles"] = by_center(self.center_profiles)
        return {
            name: value for name, value in sent.items() if value is not None or name == "cutoff_at"
        }


def by_center(profiles: Sequence[CenterProfile]) -> dict[str, str]:
    """Give the profile's code by the centre's id; of two for one centre the last counts."""
    return {str(one.center_id): one.profile for one in profiles}


class CycleExclusionOut(Out):
    """A centre that the cycle does not judge."""

    center_id: UUID = Field(description="The centre.")
    reason: rules.ScopeExclusion = Field(description="Why it is out of scope.")
    clause: str = Field(description="The clause of the plan that leaves it out.")


class EvaluationCycleOut(Out):
    """A cycle."""

    id: UUID = Field(description="The cycle.")
    kind: rules.CycleKind = Field(description="年度评估.")
    year: int = Field(description="The year that is judged.")
    scheme_id: UUID = Field(description="Its scheme.")
    weight_profile: str = Field(description="How its cases are weighed.")
    center_profiles: dict[str, str] = Field(description="Profiles of single centres, by id.")
    period_from: date = Field(description="The first day that counts.")
    period_until: date = Field(description="The last day that counts.")
    due_on: date = Field(description="The last day for reports that are on time.")
    grace_days: int = Field(description="Days after it that are still taken.")
    cutoff_at: datetime | None = Field(description="What became known later does not count.")
    min_months_listed: int = Field(description="Months since listing that a centre needs.")
    state: rules.CycleState = Field(description="Planned, it may change.")
    version: int = Field(description="For If-Match.")
    created_at: datetime = Field(description="When it was planned.")
    opened_at: datetime | None = Field(description="When it opened.")


class EvaluationCycleDetailOut(EvaluationCycleOut):
    """A cycle with the centres that it leaves out."""

    excluded: list[CycleExclusionOut] = Field(description="Centres out of scope, with the reason.")


class EvaluationCaseOut(Out):
    """A centre in a cycle."""

    id: UUID = Field(description="The case.")
    cycle_id: UUID = Field(description="Its cycle.")
    center_id: UUID = Field(description="The centre that is judged.")
    kind: rules.CycleKind = Field(description="年度评估.")
    year: int = Field(description="The year that is judged.")
    scheme_id: UUID = Field(description="The scheme, frozen.")
    profile: str = Field(description="The weight profile, locked.")
    state: rules.CaseState = Field(description="Where it stands.")
    version: int = Field(description="Grows with every step.")
