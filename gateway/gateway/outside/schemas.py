"""What goes over the wire about outside identities."""

from datetime import datetime

from pydantic import Field

from shared.http.schemas import Out


class OutsideIdentityOut(Out):
    """One's own link to the outside issuer; what it calls one is kept as a digest only."""

    linked_at: datetime = Field(description="When it was linked, in real time.")
