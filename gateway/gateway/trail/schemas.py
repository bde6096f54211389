"""What goes over the wire about the door's trail."""

from datetime import datetime

from pydantic import Field

from gateway.trail.rules import Kind
from shared.http.schemas import Out


class DoorRecordOut(Out):
    """Something that happened at the door."""

    position: int = Field(description="Its place in the chain, from one on, without gaps.")
    at: datetime = Field(description="When, in real time.")
    kind: Kind = Field(description="What kind of thing.")
    method: str = Field(description="The request's method.")
    path: str = Field(description="Its path, without the query.")
    status: int = Field(description="How it was answered.")
    address: str = Field(description="From where.")
    request_id: str = Field(description="Its id, as in every log.")
    client_id: str | None = Field(description="The program, where it is known.")
    person_id: str | None = Field(description="The person, where he is known.")
    count: int = Field(description="More than one for the rest of a flood of refusals.")
    previous_sha256: str = Field(description="Hash of the record before it.")
    sha256: str = Field(description="Hash of this record and the one before it.")


class ChainOut(Out):
    """Whether a stretch of the chain is whole."""

    first: int = Field(description="The first position that was looked at.")
    last: int = Field(description="The last one; the next stretch begins behind it.")
    intact: bool = Field(description="Whether every record is what was written, in its place.")
    broken_at: int | None = Field(description="The first position that is not.")
    head_sha256: str = Field(description="Hash of the last record looked at; keep it elsewhere.")
