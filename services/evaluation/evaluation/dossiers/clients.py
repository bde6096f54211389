"""The gateway's word on whom a dossier is released to."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from evaluation.dossiers.schemas import AgencyDossierIn
from shared.http import CurrentWork, Services


@dataclass(frozen=True, slots=True)
class Release:
    """A release, and whether it is to an agency that there is."""

    body: AgencyDossierIn
    to_agency: bool


async def asked(body: AgencyDossierIn, work: CurrentWork, services: Services) -> Release:
    """Ask the gateway, which keeps the roles, before any transaction opens."""
    await work.replay()
    told = await services.get("gateway", f"/v1/referrals/agencies/{body.agency_id}")
    return Release(body, told is not None)


AskedRelease = Annotated[Release, Depends(asked)]
