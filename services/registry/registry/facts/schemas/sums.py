"""What the facts of a centre come to, as it goes over the wire."""

from datetime import date
from uuid import UUID

from pydantic import Field

from registry.facts.rules import ChainStage
from shared.http.schemas import Out


class ChainCountOut(Out):
    """A link of the innovation chain, and how much was done for it."""

    stage: ChainStage = Field(description="A code of the table `chain-stages`.")
    count: int = Field(description="Activities that serve it.")


class ChainCoverageOut(Out):
    """How far a centre closes the innovation chain (A019)."""

    center_id: UUID = Field(description="The centre.")
    stages: list[ChainCountOut] = Field(description="The three links, with their activities.")
    missing: list[ChainStage] = Field(description="Links that nothing was done for.")
    covered: bool = Field(description="Whether all three are served.")


class DiffusionCountOut(Out):
    """What was passed on, of one content."""

    content: str = Field(description="A code of the table `diffusion-contents`.")
    count: int = Field(description="How often.")
    sme_count: int = Field(description="How often to a small or medium enterprise.")


class DiffusionShareOut(Out):
    """What a centre passed on, and which part went to small companies (A090)."""

    center_id: UUID = Field(description="The centre.")
    count: int = Field(description="How often something was passed on.")
    sme_count: int = Field(description="How often to a small or medium enterprise.")
    sme_share_ppm: int | None = Field(description="Its share in ppm; none where there is nothing.")
    contents: list[DiffusionCountOut] = Field(description="By what was passed on.")


class ClientRegionOut(Out):
    """A province, and the services rendered to its organizations."""

    region: str | None = Field(description="The first two digits of its code; none: not known.")
    in_delta: bool = Field(description="Whether it is of the Yangtze delta.")
    count: int = Field(description="Services rendered there.")
    share_ppm: int | None = Field(description="Their share of all in ppm.")


class ClientRegionsOut(Out):
    """Whom a centre serves, by province (A092)."""

    center_id: UUID = Field(description="The centre.")
    count: int = Field(description="Services rendered.")
    member_count: int = Field(description="Of these to members of the centre.")
    delta_share_ppm: int | None = Field(description="The part rendered within the delta.")
    regions: list[ClientRegionOut] = Field(description="By province.")


class StageCountOut(Out):
    """A stage of the pipeline, and the technologies that stand there."""

    stage: str = Field(description="A code of the table `technology-stages`.")
    count: int = Field(description="Technologies whose last stage it is.")


class StageEnteredOut(Out):
    """How many technologies of a field and kind entered a stage in a year."""

    year: int = Field(description="The calendar year.")
    field_code: str = Field(description="The field.")
    technology_kind: str = Field(description="A code of the table `project-kinds`.")
    stage: str = Field(description="A code of the table `technology-stages`.")
    count: int = Field(description="How many entered it.")


class MasteredOut(Out):
    """Mastered technologies of a field and kind (A015)."""

    field_code: str = Field(description="The field.")
    technology_kind: str = Field(description="A code of the table `project-kinds`.")
    count: int = Field(description="Technologies that reached `breakthrough`.")


class TechnologyPipelineOut(Out):
    """Where technologies stand, and what they came through (A008, A015)."""

    stages: list[StageCountOut] = Field(description="Where they stand, in the pipeline's order.")
    entered: list[StageEnteredOut] = Field(description="Stages entered by year, field and kind.")
    mastered: list[MasteredOut] = Field(description="Mastered technologies by field and kind.")


class ProjectCountOut(Out):
    """Projects of one kind, source and stage."""

    project_kind: str = Field(description="A code of the table `project-kinds`.")
    source: str = Field(description="Whose wish they are.")
    stage: str | None = Field(description="A code of the table `project-stages`; none: not told.")
    count: int = Field(description="How many.")
    trainees: int = Field(description="People trained in them, each project's counted.")


class BottleneckCountOut(Out):
    """What is done against a weakness of the industry."""

    bottleneck: str = Field(description="A code of the table `bottlenecks`.")
    count: int = Field(description="Facts that name it.")


class ProjectCountsOut(Out):
    """A centre's projects by kind, and the weaknesses that its work is to remove."""

    center_id: UUID = Field(description="The centre.")
    projects: list[ProjectCountOut] = Field(description="By kind, source and stage.")
    bottlenecks: list[BottleneckCountOut] = Field(description="Of facts of every kind.")


class TrainingCountsOut(Out):
    """Who was trained, and which part came from small companies (A038)."""

    center_id: UUID = Field(description="The centre.")
    count: int = Field(description="Trainings.")
    person_times: int = Field(description="How many took part, each time counted.")
    sme_person_times: int = Field(description="Of these sent by a small or medium enterprise.")
    sme_share_ppm: int | None = Field(description="Its share in ppm; none where there is nothing.")


class ProjectMilestoneOut(Out):
    """A milestone of a project abroad."""

    code: str = Field(description="Names it within the project.")
    title: str = Field(description="What is to be reached.")
    due_on: date = Field(description="The last day for it.")
    reached_on: date | None = Field(description="When it was reached.")
    overdue: bool = Field(description="Whether its day is over and it was not reached.")


class FollowedProjectOut(Out):
    """A project abroad, with its status and milestones (A153)."""

    project_ref: str = Field(description="The centre's own reference.")
    partner: str = Field(description="Who the partner is.")
    country: str = Field(description="Its country.")
    title: str | None = Field(description="What it is called.")
    status: str = Field(description="`planned` until progress is told.")
    milestones: list[ProjectMilestoneOut] = Field(
        description="In the order in which they were told."
    )


class FollowedProjectsOut(Out):
    """The projects abroad of a centre that can be followed."""

    center_id: UUID = Field(description="The centre.")
    items: list[FollowedProjectOut] = Field(description="By the day of their posting.")
