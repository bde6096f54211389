"""What goes over the wire about passed tasks."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from gateway.identity.schemas import ORG, PERSON
from gateway.referrals.rules import ReferralAnswer, ReferralState
from shared.http.schemas import Body, Day, Out, ShortText

LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
SubjectKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,63}$")]


class ReferralIn(Body):
    """A task to pass to an agency."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agency_id": PERSON,
                    "subject_kind": "application",
                    "subject_id": ORG,
                    "request": "请核对申报单位的发明专利是否有效。",
                    "due_on": "2030-03-13",
                }
            ]
        }
    )

    agency_id: UUID = Field(description="The agency, from the list of agencies.")
    subject_kind: SubjectKind = Field(description="What kind of thing it is about.")
    subject_id: UUID = Field(description="What it is about.")
    center_id: UUID | None = Field(default=None, description="The centre concerned.")
    request: LongText = Field(description="What the agency is asked to do.")
    due_on: Day = Field(description="The last day for an answer, a working day.")


class ReferralAnswerIn(Body):
    """What an agency answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"answer": "agreed", "text": "专利均有效。", "doc_no": "沪知局〔2026〕8号"}
            ]
        }
    )

    answer: ReferralAnswer = Field(description="Agreed or not, or done.")
    text: LongText = Field(description="In words.")
    doc_no: ShortText | None = Field(default=None, description="The agency's own document.")


class ReferralReasonIn(Body):
    """Why a task is returned or withdrawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "不属于本部门职责"}]})

    reason: ShortText = Field(description="Kept in the trail.")


class ReferralAgainIn(Body):
    """What is asked once more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"request": "请补充有效期。", "due_on": "2030-03-20"}]}
    )

    request: LongText = Field(description="What the agency is asked now.")
    due_on: Day = Field(description="The new last day, a working day.")


class ReferralReplyOut(Out):
    """What an agency said in one round."""

    round: int = Field(ge=1, description="The round.")
    answer: ReferralAnswer | None = Field(description="None where it returned the task.")
    text: str = Field(description="In words.")
    doc_no: str | None = Field(description="The agency's own document.")
    replied_by: UUID = Field(description="Who answered.")
    replied_at: datetime = Field(description="When.")
    is_late: bool = Field(description="Whether the last day had passed.")


class ReferralOut(Out):
    """A task that was passed to an agency."""

    id: UUID = Field(description="The referral.")
    version: int = Field(ge=1, description="Grows with each step.")
    agency_id: UUID = Field(description="The agency.")
    subject_kind: str = Field(description="What kind of thing it is about.")
    subject_id: UUID = Field(description="What it is about.")
    center_id: UUID | None = Field(description="The centre concerned.")
    request: str = Field(description="What the agency is asked to do.")
    due_on: date = Field(description="The last day for an answer.")
    round: int = Field(ge=1, description="How often it was asked.")
    state: ReferralState = Field(description="How far it has come.")
    passed_by: UUID = Field(description="Who passed it.")
    passed_at: datetime = Field(description="When.")
    changed_at: datetime = Field(description="When the last step was.")


class ReferralWholeOut(ReferralOut):
    """A task with everything that was answered."""

    replies: list[ReferralReplyOut] = Field(description="Round by round.")


class AgencyOut(Out):
    """An agency to which tasks may be passed."""

    id: UUID = Field(description="The agency.")
    name: str | None = Field(description="Its name, unless it was erased.")


class AgenciesOut(Out):
    """The agencies to which tasks may be passed today."""

    items: list[AgencyOut] = Field(description="By name.")
