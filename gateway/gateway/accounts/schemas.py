"""What goes over the wire about accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from shared.http.schemas import Body, Out

Login = Annotated[
    str, StringConstraints(min_length=3, max_length=64, pattern=r"^[^\s:\x00-\x1f\x7f]+$")
]


class SignInAccountIn(Body):
    """An account to open for a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"person_id": "019b2f6e-0000-7000-8000-000000000002", "login": "zhou.qiming"}
            ]
        }
    )

    person_id: UUID = Field(description="The person, who is registered already.")
    login: Login = Field(description="What the person types; case makes no difference.")


class SignInAccountOut(Out):
    """How a person signs in."""

    id: UUID = Field(description="The account.")
    person_id: UUID = Field(description="The person; `sub` of his or her tokens.")
    login: str = Field(description="What the person types.")
    has_password: bool = Field(description="False while the invitation waits.")
    invited_until: datetime | None = Field(description="When the invitation ends.")
    resting_until: datetime | None = Field(description="No attempt is looked at before.")
    created_at: datetime = Field(description="When it was opened, in real time.")
    closed_at: datetime | None = Field(description="When it was closed.")


class InvitedAccountOut(SignInAccountOut):
    """An account with its invitation, which is shown this once."""

    invitation: str = Field(description="Path of the page on which the password is set.")
    enrolment_code: str | None = Field(
        default=None,
        description="With which an official connects the first second factor; told to admins "
        "only. Hand it over by another way than the invitation.",
    )


class EnrolmentCodeOut(Out):
    """A code for the first second factor, which is shown this once."""

    enrolment_code: str = Field(description="What the official types before he enrols.")
    enrolment_until: datetime = Field(description="When it ends.")
