"""What goes over the wire about files; their bytes go as they are."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Body, Digest, Out

# More than any body of a neighbour names: a hundred deductions with twenty files each.
MOST_ASKED: Final = 2_000


class FileOut(Out):
    """A file that was handed in."""

    id: UUID = Field(description="Name it by this id as evidence.")
    sha256: Digest = Field(description="SHA-256 of its bytes, hexadecimal.")
    size: int = Field(description="Its size in bytes.", examples=[48213])
    media_type: str = Field(description="As it was sent.", examples=["application/pdf"])
    uploaded_at: datetime = Field(description="When it was handed in.")


class EvidenceQuestionIn(Body):
    """Files that somebody names as evidence to a neighbour, and who that is."""

    file_ids: list[UUID] = Field(min_length=1, max_length=MOST_ASKED, description="The files.")
    person_id: UUID = Field(description="Who names them.")
    org_id: UUID | None = Field(description="For which organization, if any.")
    is_official: bool = Field(description="Whether for the competent authority.")


class EvidenceFileOut(Out):
    """A file that may be named."""

    id: UUID = Field(description="The file.")
    sha256: Digest = Field(description="SHA-256 of its bytes, hexadecimal.")


class EvidenceOut(Out):
    """Those of the files that are there and that the one who names them may see."""

    files: list[EvidenceFileOut] = Field(description="In no order; the others are not told apart.")
