"""Notices and objections on the wire."""

from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.notices.rules import NoticeSubject, ObjectionDecision, ObjectionState, State
from shared.http.schemas import Body, Instant, LongText, MaybeText, Out


class ObjectionIn(Body):
    """An objection to a notice, under a name that can be reached."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "named_party": "上海示例装备有限公司",
                    "contact": "legal@example.com",
                    "grounds": "核心技术权属存在争议，已提起诉讼。",
                    "evidence": [],
                }
            ]
        }
    )

    named_party: MaybeText = Field(
        default="", description="The person or organization that objects."
    )
    contact: MaybeText = Field(default="", description="Where it can be reached.")
    grounds: LongText = Field(description="What it objects to, and why.")
    evidence: list[UUID] = Field(
        default_factory=list, max_length=50, description="Files of the registry."
    )


class ObjectionDecisionIn(Body):
    """A decision on an objection."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "dismissed", "reason": "经核实，权属清晰。"}]}
    )

    decision: ObjectionDecision = Field(description="`upheld` or `dismissed`.")
    reason: LongText = Field(description="Why.")


class NoticeOut(Out):
    """A public notice."""

    id: UUID = Field(description="The notice.")
    subject_type: NoticeSubject = Field(description="What kind of case it is about.")
    subject_id: UUID = Field(description="The case.")
    center_id: UUID = Field(description="The centre.")
    title: str = Field(description="What is about to be decided.")
    content: str = Field(description="The text of the notice.")
    opens_on: date = Field(description="The first day.")
    closes_on: date = Field(description="The last day, until 23:59:59 in Shanghai.")
    state: State = Field(description="`open` until the case is decided.")
    opened_at: Instant = Field(description="When it was opened.")


class ObjectionReceiptOut(Out):
    """What someone who objects is given: no more than that it has arrived."""

    id: UUID = Field(description="The objection.")
    notice_id: UUID = Field(description="The notice.")
    state: ObjectionState = Field(description="Where it stands.")
    received_at: Instant = Field(description="When it arrived.")


class ObjectionStatusOut(ObjectionReceiptOut):
    """Where an objection stands, for whoever holds its receipt."""

    decision_reason: str | None = Field(description="Why it was decided so.")
    decided_at: Instant | None = Field(description="When it was decided.")


class ObjectionOut(ObjectionReceiptOut):
    """An objection, for officials."""

    named_party: str = Field(description="Who objects.")
    contact: str = Field(description="Where he can be reached, masked.")
    grounds: str = Field(description="What he objects to.")
    evidence: list[UUID] = Field(description="Files.")
    decision_reason: str | None = Field(description="Why it was decided so.")
    decided_by: UUID | None = Field(description="Who decided.")
    decided_at: Instant | None = Field(description="When it was decided.")


class ContactReadingIn(Body):
    """Why an official must read a contact whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "通知异议处理结果"}]})

    reason: LongText = Field(description="The reason; it is kept in the audit trail.")


class ContactReadingOut(Out):
    """A reading that was asked for: the contact is read at its address until then."""

    objection_id: UUID = Field(description="The objection.")
    until: Instant = Field(description="When it ends.")


class ObjectorContactOut(Out):
    """Where an objector can be reached; that it was asked for is in the audit trail."""

    objection_id: UUID = Field(description="The objection.")
    contact: str = Field(description="The whole of it.")


class InquiryIn(Body):
    """A question to those whom an objection concerns, in the official's own words."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "请说明核心技术一的权属来源。"}]}
    )

    question: LongText = Field(description="What is to be explained; it names nobody who objects.")


class InquiryReplyIn(Body):
    """An answer to a question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "该技术为自主研发，专利证书见附件。", "evidence": []}]
        }
    )

    text: LongText = Field(description="The answer.")
    evidence: list[UUID] = Field(
        default_factory=list, max_length=50, description="Files of the answering organization."
    )


class InquiryOut(Out):
    """A question about an objection, and its answer."""

    id: UUID = Field(description="The question.")
    objection_id: UUID = Field(description="The objection that raised it.")
    center_id: UUID = Field(description="The centre concerned.")
    question: str = Field(description="What is asked.")
    asked_at: Instant = Field(description="When it was asked.")
    due_on: date = Field(description="The last working day for the answer.")
    answer: str | None = Field(description="The answer.")
    evidence: list[UUID] = Field(description="Files that it names.")
    answered_by_org_id: UUID | None = Field(description="Who answered.")
    answered_at: Instant | None = Field(description="When it was answered.")
