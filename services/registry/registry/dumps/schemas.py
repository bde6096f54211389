"""Dumps as they are listed."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Instant, Out


class DumpPartOut(Out):
    """The resources of one kind: NDJSON compressed with gzip, one resource a line."""

    kind: str = Field(description="The kind, as in an event's `resource`.", examples=["center"])
    rows: int = Field(description="Lines in it.", examples=[10])
    size: int = Field(description="Bytes as they come.", examples=[2048])
    sha256: str = Field(description="SHA-256 of these bytes.", examples=["0" * 64])
    href: str = Field(
        description="Where to fetch it.",
        examples=["/v1/public/dumps/01987000-0000-7000-8000-000000000001/center"],
    )


class DumpOut(Out):
    """What the registry held at one moment, as far as the caller may read it."""

    id: UUID = Field(description="The dump.")
    day: date = Field(description="The day of the programme's clock.")
    position: int = Field(description="Follow the feed after it, and nothing is missed.")
    taken_at: Instant = Field(description="When its snapshot was taken.")
    parts: list[DumpPartOut] = Field(description="A file for each kind.")


class PublicTableOut(Out):
    """Everything that is public of a kind."""

    table: str = Field(description="Which table.", examples=["services"])
    on: date = Field(description="The day on which it stood so.")
    rows: list[dict[str, Any]] = Field(
        description="A row for each, with the fields that the public list shows.",
        examples=[[{"center_code": "C01", "code": "training", "title": "洁净室培训"}]],
    )
