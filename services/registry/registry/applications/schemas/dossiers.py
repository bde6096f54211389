"""Submissions and their differences on the wire."""

from typing import Any

from pydantic import Field

from registry.applications.rules import ChangeKind
from shared.http.schemas import Instant, Out


class SnapshotEntryOut(Out):
    """A submission, without what it says."""

    round: int = Field(description="The round of submission.")
    sha256: str = Field(description="SHA-256 of its canonical JSON as UTF-8.")
    taken_at: Instant = Field(description="When.")


class SnapshotListOut(Out):
    """What was submitted."""

    items: list[SnapshotEntryOut] = Field(description="Oldest first.")


class SnapshotOut(SnapshotEntryOut):
    """An application as it was submitted."""

    content: str = Field(description="Canonical JSON.")


class FieldChangeOut(Out):
    """A field in which two submissions differ."""

    pointer: str = Field(
        description="RFC 6901, into the later submission; of what was removed, into the earlier."
    )
    kind: ChangeKind = Field(description="Added, removed or changed.")
    before: Any = Field(default=None, description="What stood there.")
    after: Any = Field(default=None, description="What stands there.")


class SnapshotComparisonOut(Out):
    """How one submission differs from another."""

    before_round: int = Field(description="The earlier round.")
    after_round: int = Field(description="The later round.")
    before_sha256: str = Field(description="SHA-256 of the earlier one.")
    after_sha256: str = Field(description="SHA-256 of the later one.")
    changes: list[FieldChangeOut] = Field(description="Field by field; what is alike is left out.")
