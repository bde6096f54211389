"""What goes over the wire about notices."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from gateway.notices.rules import (
    MOST_MUTED,
    ChannelKind,
    ChannelState,
    LetterState,
    NoticeStage,
    NoticeState,
    Pace,
)
from shared.http.schemas import Body, Out

TaskCode = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}(\.[a-z_]{1,64}){1,3}$")]


class NoticeChannelIn(Body):
    """Where and how one wants to hear what waits."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "smtp",
                    "address": "zhou.qiming@example.org",
                    "language": "zh",
                    "pace": "daily",
                    "muted": ["disclosure.publish"],
                }
            ]
        }
    )

    kind: ChannelKind = Field(description="Mail, or signed calls to an address of one's own.")
    address: Annotated[str, StringConstraints(min_length=3, max_length=2048)] = Field(
        description="An address for mail, or an https address."
    )
    language: Literal["zh", "en"] = Field(default="zh", description="Of every letter.")
    pace: Pace = Field(
        default=Pace.AT_ONCE, description="With each new task, or one letter a day, from 8:00 on."
    )
    muted: Annotated[list[TaskCode], Field(max_length=MOST_MUTED)] = Field(
        default=[],
        description="Kinds of tasks that are not told when they are new. A last day that is three "
        "working days away, or has passed, is told whatever stands here.",
    )


class NoticeChannelOut(Out):
    """One's own channel; the address is shown to its owner only."""

    kind: ChannelKind = Field(description="How letters travel.")
    address: str = Field(description="Where they go.")
    language: str = Field(description="Their language.")
    pace: Pace = Field(description="When they go out.")
    muted: list[str] = Field(description="Kinds of tasks that are not told when they are new.")
    state: ChannelState = Field(
        description="Nothing but a code goes out before that code came back; after five letters "
        "in a row that could not be sent, the channel rests until it is set anew."
    )
    set_at: datetime = Field(description="When it was set, in real time.")


class NoticeChannelSetOut(NoticeChannelOut):
    """A channel with the secret that signs calls, which is shown this once."""

    secret: str | None = Field(
        default=None,
        description="For Standard Webhooks; none by mail, or where the address was kept.",
    )


class NoticeCodeIn(Body):
    """The code that the first letter held."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "20260309"}]})

    code: Annotated[str, StringConstraints(pattern=r"^\d{8}$")] = Field(description="Eight digits.")


class ToldNoticeOut(Out):
    """Something that was told, or is about to be."""

    id: UUID = Field(description="The notice.")
    kind: str = Field(description="The kind of task.")
    subject_id: UUID = Field(description="What the task is about.")
    center_id: UUID | None = Field(description="The centre concerned.")
    stage: NoticeStage = Field(
        description="Why it is told: new, its last day is near, or it has passed."
    )
    due_on: date | None = Field(description="The last day for it.")
    state: NoticeState = Field(description="What became of it.")
    letter_state: LetterState | None = Field(
        default=None, description="How far the letter has come in which it is told."
    )
    sent_at: datetime | None = Field(default=None, description="When that letter was settled.")
    seen_at: datetime = Field(description="When the task was first seen, in real time.")
    gone_at: datetime | None = Field(description="When it waited no more.")
