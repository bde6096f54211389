"""The sandbox clock on the wire."""

from pydantic import ConfigDict, Field

from shared.http.schemas import Body, Instant, Out


class SandboxClockIn(Body):
    """Where the programme clock is put."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"now": "2026-03-02T01:00:00Z"}]})

    now: Instant = Field(description="The programme's instant from now on; never an earlier one.")


class SandboxClockOut(Out):
    """What the programme clock shows."""

    now: Instant = Field(description="The programme's instant, in UTC.")
