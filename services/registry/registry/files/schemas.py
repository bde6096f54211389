"""What goes over the wire about files; their bytes go as they are."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Digest, Out


class FileOut(Out):
    """A file that was handed in."""

    id: UUID = Field(description="Name it by this id as evidence.")
    sha256: Digest = Field(description="SHA-256 of its bytes, hexadecimal.")
    size: int = Field(description="Its size in bytes.", examples=[48213])
    media_type: str = Field(description="As it was sent.", examples=["application/pdf"])
    uploaded_at: datetime = Field(description="When it was handed in.")
