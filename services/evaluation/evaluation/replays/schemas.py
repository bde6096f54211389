"""A recomputation on the wire."""

from uuid import UUID

from pydantic import Field

from evaluation.schemes.rules import Rating
from shared.http.schemas import Out


class RecomputationOut(Out):
    """A result computed again from its stored inputs: the same, or it would be refused."""

    case_id: UUID = Field(description="Its case.")
    version: int = Field(description="Of the result.")
    total: str = Field(description="The sum of the leaves' points.")
    rating: Rating = Field(description="The grade, gates applied.")
    result_hash: str = Field(description="SHA-256 that came out, and that was kept.")
    snapshot_hash: str = Field(description="Of the frozen facts.")
    scheme_hash: str = Field(description="Of the scheme.")
    sheets_hash: str = Field(description="Of the score sheets.")
