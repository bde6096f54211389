"""Runs of documents on the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from evaluation.documents import rules
from shared.http.schemas import Out


class DocumentRunOut(Out):
    """How far the documents of a cycle are."""

    id: UUID = Field(description="The run.")
    cycle_id: UUID = Field(description="Its cycle.")
    state: rules.RunState = Field(description="Running, or finished.")
    total: int = Field(description="Files to be made.")
    done: int = Field(description="Files that are made.")
    failed: int = Field(description="Files that could not be made.")
    requested_at: datetime = Field(description="When it was asked for.")
    finished_at: datetime | None = Field(description="When nothing was left to make.")
