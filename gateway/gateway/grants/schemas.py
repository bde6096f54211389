"""What goes over the wire about front ends."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from shared.http.schemas import Body, Out, ShortText

Address = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class FrontEndIn(Body):
    """A program in which people sign in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "门户", "redirect_uris": ["https://portal.example/signed-in"]}]
        }
    )

    name: ShortText = Field(description="What it is, for people who read lists.")
    redirect_uris: Annotated[list[Address], Field(min_length=1, max_length=10)] = Field(
        description="Where people are sent back to, compared to the letter; https, or loopback."
    )


class FrontEndOut(Out):
    """A registered front end; it has no secret."""

    client_id: str = Field(description="What it calls itself at `/oauth/authorize`.")
    name: str = Field(description="What it is.")
    redirect_uris: list[str] = Field(description="Where people are sent back to.")
    created_at: datetime = Field(description="When it was registered, in real time.")
    deactivated_at: datetime | None = Field(description="When it was ended.")
