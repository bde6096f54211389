"""The sandbox on the wire: its clock, and test tenants."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from shared.http.schemas import Body, Instant, Out


class SandboxClockIn(Body):
    """Where the programme clock is put."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"now": "2026-03-02T01:00:00Z"}]})

    now: Instant = Field(description="The programme's instant from now on; never an earlier one.")


class SandboxClockOut(Out):
    """What the programme clock shows."""

    now: Instant = Field(description="The programme's instant, in UTC.")


ORG: Final = "0192f0c4-7b1e-7cc0-8f7e-0a5b1c2d3e4f"
TENANT: Final[dict[str, JsonValue]] = {
    "id": "019b2f6e-0000-7000-8000-00000000000d",
    "org_id": ORG,
    "application_id": "019b2f6e-0000-7000-8000-00000000000e",
    "center_id": "019b2f6e-0000-7000-8000-00000000000f",
    "created_at": "2026-11-28T09:30:00Z",
    "wiped_at": "2026-11-28T19:00:00Z",
}


class TestTenantOut(Out):
    """An organization to try things out with, and the centre that it drafts."""

    __test__ = False
    model_config = ConfigDict(json_schema_extra={"examples": [{**TENANT}]})

    id: UUID = Field(description="Names the tenant.")
    org_id: UUID = Field(description="Its organization, with a code that no real one has.")
    application_id: UUID = Field(description="The draft of an application that it leads.")
    center_id: UUID = Field(description="The candidate centre of that draft.")
    created_at: datetime = Field(description="When it was made, in real time.")
    wiped_at: datetime | None = Field(
        description="When it will be gone with all that it did; null where nobody wipes by himself."
    )


class TenantProgramOut(Out):
    """A program of one of the tenant's people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "测试人员甲",
                    "client_id": "019b2f6e-0000-7000-8000-000000000010",
                    "client_secret": "vT0dF…",
                    "sub": "019b2f6e-0000-7000-8000-000000000011",
                }
            ]
        }
    )

    name: str = Field(description="The person's name.")
    client_id: str = Field(description="For `/oauth/token`.")
    client_secret: str = Field(description="Shown this once.")
    sub: UUID = Field(description="The person.")


class TestTenantMadeOut(TestTenantOut):
    """A tenant with its credentials, which are shown this once."""

    __test__ = False
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **TENANT,
                    "programs": [
                        {
                            "name": "测试人员甲",
                            "client_id": "019b2f6e-0000-7000-8000-000000000010",
                            "client_secret": "vT0dF…",
                            "sub": "019b2f6e-0000-7000-8000-000000000011",
                        }
                    ],
                }
            ]
        }
    )

    programs: list[TenantProgramOut] = Field(
        description="Two people's: what one drafts, the other approves."
    )
