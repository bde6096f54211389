"""Take-overs on the wire: one row per centre, membership, step or rating."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from registry.centers.rules import ApplicantForm, ModelType, Stage
from registry.governance.rules import RatingKind
from registry.memberships.rules import MembershipRole
from registry.organizations.rules import ChainPosition
from registry.organizations.schemas.register import NameText
from shared.http.batches import RowOut
from shared.http.schemas import Body, Code, Day, Instant, LongText, Out, ShortText, Year

CenterCode = Annotated[str, StringConstraints(pattern=r"^C\d{2,6}$")]
UsccText = Annotated[str, StringConstraints(min_length=1, max_length=32)]
CODE: Final = "The centre's code, kept as it is."


class TakenCenterIn(Body):
    """A centre as it stands elsewhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "record": "center",
                    "code": "C01",
                    "name": "上海示例集成电路共性技术创新中心",
                    "model_type": "enterprise",
                    "applicant_form": "legal_entity",
                    "field_codes": ["integrated_circuit"],
                    "lead_uscc": "91310115FAKE00013U",
                    "entity_uscc": "91310115FAKE00275K",
                    "stage": "pilot",
                    "listed_on": "2018-03-01",
                }
            ]
        }
    )

    record: Literal["center"] = Field(description="Says that the row is a centre.")
    code: CenterCode = Field(description=CODE)
    name: NameText = Field(description="Its name.")
    model_type: ModelType = Field(description="How it was founded.")
    applicant_form: ApplicantForm = Field(description="Legal person of its own, or consortium.")
    field_codes: list[Code] = Field(min_length=1, max_length=20, description="Its fields.")
    lead_uscc: UsccText = Field(description="The lead sponsor's code.")
    stage: Stage = Field(description="Where it stands.")
    listed_on: Day = Field(description="First day on the pilot list.")
    entity_uscc: UsccText | None = Field(default=None, description="Its legal person's code.")
    trustee_uscc: UsccText | None = Field(default=None, description="Who holds its rights.")
    came_from: Stage | None = Field(default=None, description="What was suspended.")
    rectified_from: Stage | None = Field(default=None, description="What is being rectified.")
    entity_due_on: Day | None = Field(default=None, description="Last day for its legal person.")
    listing_doc_no: ShortText | None = Field(default=None, description="The listing document.")


class TakenMemberIn(Body):
    """A membership, past or present."""

    record: Literal["member"] = Field(description="Says that the row is a membership.")
    code: CenterCode = Field(description=CODE)
    uscc: UsccText = Field(description="The member's code.")
    role: MembershipRole = Field(description="What it is in the centre.")
    joined_on: Day = Field(description="Its first day.")
    left_on: Day | None = Field(default=None, description="Its last day, where it has left.")
    chain_position: ChainPosition | None = Field(
        default=None, description="Its place in the chain."
    )


class TakenStageIn(Body):
    """A step from one stage to another; a centre's steps in their order."""

    record: Literal["stage"] = Field(description="Says that the row is a step.")
    code: CenterCode = Field(description=CODE)
    from_stage: Stage = Field(description="Where it stood.")
    to_stage: Stage = Field(description="Where it went.")
    on: Day = Field(description="On which day.")
    doc_no: ShortText | None = Field(default=None, description="By which document.")
    reason: LongText | None = Field(default=None, description="Why.")


class TakenRatingIn(Body):
    """A rating that was given elsewhere."""

    record: Literal["past_rating"] = Field(description="Says that the row is a rating.")
    code: CenterCode = Field(description=CODE)
    kind: RatingKind = Field(default=RatingKind.ANNUAL, description="Annual or triennial.")
    year: Year = Field(description="The year that was judged.")
    rating: Code = Field(description="`excellent`, `good`, `qualified` or `unqualified`.")
    total: Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,2})?$")] | None = Field(
        default=None, description="Its points, where they are known."
    )


TakenRowIn = TakenCenterIn | TakenMemberIn | TakenStageIn | TakenRatingIn
TakenRowBody = Annotated[TakenRowIn, Field(discriminator="record")]
ROWS: Final[TypeAdapter[Any]] = TypeAdapter(TakenRowBody)
ROW_NAMES: Final = ("TakenCenterIn", "TakenMemberIn", "TakenStageIn", "TakenRatingIn")


class TakeOverStanding(StrEnum):
    """Where a take-over stands; a refused one was not kept."""

    REFUSED = "refused"
    PROPOSED = "proposed"
    COMMITTED = "committed"
    DROPPED = "dropped"


class TakeOverOut(Out):
    """A file of existing centres."""

    id: UUID = Field(description="The take-over.")
    version: int = Field(description="Counts its changes.")
    source: str = Field(description="Where the rows come from.")
    sourced_on: date = Field(description="The day on which they stood so there.")
    sha256: str = Field(description="Of the request that brought them.")
    centers: int = Field(description="How many centres it brings.")
    state: TakeOverStanding = Field(description="`refused`: a row failed, and nothing was kept.")
    proposed_at: Instant = Field(description="When it was brought.")
    decided_at: Instant | None = Field(default=None, description="When it was decided.")
    reason: str | None = Field(default=None, description="In the words of who decided.")


class TakeOverJudgedOut(TakeOverOut):
    """A file as it was judged: what would become of each row."""

    failed: int = Field(description="Rows that keep all of it out.")
    results: list[RowOut] = Field(description="A result per row, in order.")


class TakeOverDetailOut(TakeOverOut):
    """A file with its rows, for the person who commits it."""

    rows: list[TakenRowBody] = Field(description="As they would be entered.")


class TakeOverDecisionIn(Body):
    """Why a take-over is committed or dropped."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "与原始台账逐项核对无误"}]}
    )

    reason: LongText = Field(description="What was compared, or why it is given up.")
