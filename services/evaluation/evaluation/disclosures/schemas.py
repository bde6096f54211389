"""What is not public yet, as it is listed."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Out


class UnpublishedResultOut(Out):
    """A result that has to be public and is not, with who acts, where and by when."""

    kind: str = Field(description="`result` of a year, or `assessment`.", examples=["result"])
    subject_id: UUID = Field(description="The case, or the assessment.")
    center_id: UUID = Field(description="Its centre.")
    formed_on: date = Field(description="The day of its review; the term begins after it.")
    due_on: date = Field(description="The last working day for making it public, included.")
    working_days_left: int = Field(description="Working days after today up to the last one.")
    overdue: bool = Field(description="Whether the last day has passed.")
    who_acts: str = Field(description="The duty that makes it public.", examples=["approver"])
    method: str = Field(description="With which method.", examples=["POST"])
    path: str = Field(description="At which address.")
