"""What the routes of applications share."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from registry.applications import clients, queries
from registry.applications.clients import CaseTold
from registry.applications.rules import EDITABLE
from registry.applications.tables import Application
from shared.http import CurrentActor, CurrentWork, Failure, Services, Today

PREFIX = "/v1/registry/applications"
TAGS = ["applications"]
SEEN = "the applicant, its members and those invited; officials once submitted"
APPLICANT = "the lead sponsor that applies"
OFFICIALS = "officials of the competent authority, once submitted"
SIGNED_IN = ("member", "official", "service")


async def told_now(
    application_id: UUID,
    actor: CurrentActor,
    today: Today,
    services: Services,
    work: CurrentWork,
) -> CaseTold:
    """Ask the neighbours about a case that the caller may see, before any transaction opens."""
    async with work.sessions.reading() as session:
        application = await queries.application_seen(session, actor, application_id)
        center_id = application.center_id
    return await clients.case_told(services, application_id, center_id, today)


def read_before(application: Application, version: int | None, standing: object | None) -> None:
    """Ask for the version read of a part that is replaced, 428 without one (X06).

    What may not be edited says so by itself, whatever was read.
    """
    if version is None and standing is not None and application.state in EDITABLE:
        raise Failure("PRECONDITION_REQUIRED")


ToldNow = Annotated[CaseTold, Depends(told_now)]
