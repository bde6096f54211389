"""What the registry asks of patents that a product rests on (A144)."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field, StringConstraints

from ip_ledger.assets import queries
from ip_ledger.assets.rules import DOMESTIC, AssetKind, State
from shared.codes import patents
from shared.http import Reading, Router, Today, access, problems
from shared.http.schemas import Out

router = Router(prefix="/v1/ip-ledger/rights", tags=["assets"])
ROUTERS: Final = (router,)

Number = Annotated[str, StringConstraints(min_length=1, max_length=32)]


class KnownRightOut(Out):
    """A right as the ledger has it on a day."""

    number: str = Field(description="Its number, as the ledger writes it.")
    asset_id: UUID = Field(description="The asset.")
    version: int = Field(description="The asset's version.")
    kind: AssetKind = Field(description="What kind of right it is.")
    state: State = Field(description="Where it stands.")
    granted_on: date | None = Field(description="The day of its grant.")
    owner_ids: list[UUID] = Field(description="Who owns it that day.")


class KnownRightsOut(Out):
    """The rights that the ledger knows of those that were asked for."""

    items: list[KnownRightOut] = Field(description="In the order of their numbers.")


@router.get(
    "",
    operation_id="ip_ledger_confirm_rights",
    openapi_extra=access("service", tenant="services see every right", internal=True),
    responses=problems(),
)
async def confirm_rights(
    number: Annotated[
        list[Number], Query(min_length=1, max_length=50, description="Numbers of this country.")
    ],
    today: Today,
    session: Reading,
) -> KnownRightsOut:
    """Tell of numbered rights where they stand and whose they are; unknown ones are absent."""
    asked = [(DOMESTIC, patents.normalized(one)) for one in number]
    known = await queries.assets_by_number(session, asked)
    assets = [row for (office, _), row in sorted(known.items()) if office == DOMESTIC]
    owned = await queries.ownership_on_days(session, [(row.id, today) for row in assets])
    return KnownRightsOut(
        items=[
            KnownRightOut(
                number=str(row.number),
                asset_id=row.id,
                version=row.version,
                kind=row.kind,
                state=row.state,
                granted_on=row.granted_on,
                owner_ids=[owner for owner, _ in owned[row.id, today].shares]
                if (row.id, today) in owned
                else [],
            )
            for row in assets
        ]
    )
