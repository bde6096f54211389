"""An asset's ownership over time, as a picture."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Response

from ip_ledger.assets import queries
from ip_ledger.assets.ownership_rules import shown_periods
from ip_ledger.assets.routes import OWNERS, READERS
from ip_ledger.times import AsOf
from shared.directory import organizations_of
from shared.documents import shares_over_time
from shared.http import CurrentActor, Language, Reading, Router, Today, access, problems
from shared.http.schemas import Day

router = Router(prefix="/v1/ip-ledger/assets", tags=["assets"])
ROUTERS: Final = (router,)

TITLES: Final = {"zh": "权属变化", "en": "Ownership over time"}
# A picture is looked at alone or in a page: it loads nothing and runs nothing.
PICTURE: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cache-Control": "private, no-cache",
}


@router.get(
    "/{asset_id}/ownership.svg",
    operation_id="ip_ledger_draw_ownership",
    openapi_extra=access(*READERS, tenant=OWNERS, rules=("A086",)),
    responses=problems("NOT_FOUND"),
    response_class=Response,
)
async def draw_ownership(
    asset_id: UUID,
    actor: CurrentActor,
    today: Today,
    session: Reading,
    language: Language,
    on: Annotated[Day | None, Query(description="Up to this day; today if none.")] = None,
    as_of: AsOf = None,
) -> Response:
    """Draw who owned which part from day to day up to a day, as known at an instant or now."""
    asset = await queries.visible_asset(session, actor, asset_id, today)
    known = await queries.known_versions(session, asset_id, as_of)
    names = _names(
        {
            org_id: row.name
            for org_id, row in (
                await organizations_of(session, {ln.owner_id for v in known for ln in v.lines})
            ).items()
        },
        [line.owner_id for version in known for line in version.lines],
    )
    periods, until = shown_periods(
        [(v.row.valid_from, v.row.valid_before, v) for v in known], on or today
    )
    drawn: list[tuple[date, dict[str, int]]] = [
        (start, {names[line.owner_id]: line.ppm for line in version.lines} if version else {})
        for start, version in periods
    ]
    title = f"{asset.title} · {TITLES[language]}"
    return Response(
        shares_over_time(title, drawn, until=until), media_type="image/svg+xml", headers=PICTURE
    )


def _names(known: Mapping[UUID, str], owners: Sequence[UUID]) -> dict[UUID, str]:
    """Name owners; those that share a name, or have none, are told apart by their ids."""
    often = Counter(known.values())
    return {
        owner: name if often[name] == 1 else f"{name} {str(owner)[-4:]}"
        for owner in owners
        for name in [known.get(owner, "—")]
    }
