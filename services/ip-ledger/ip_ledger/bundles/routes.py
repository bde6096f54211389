"""A co-owner's proof of all that it got, as one ZIP that checks itself."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from ip_ledger.bundles import making
from ip_ledger.log import queries as log
from ip_ledger.log.keys import LogKey
from shared.http import CurrentActor, Failure, Reading, Router, access, problems
from shared.rules import found

router = Router(prefix="/v1/ip-ledger", tags=["log"])
PayeeId = Annotated[
    UUID | None,
    Query(description="The caller's own organization, or one in whose place it stands."),
]


@router.get(
    "/proof-bundle",
    operation_id="ip_ledger_get_proof_bundle",
    response_class=Response,
    openapi_extra=access("member", tenant="the caller's own organization", rules=("X04", "X07")),
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
        **problems("NOT_FOUND", "ROWS_TOO_MANY"),
    },
)
async def proof_bundle(
    request: Request, actor: CurrentActor, session: Reading, payee_id: PayeeId = None
) -> Response:
    """Give all lines of the caller's organization with their proofs and a verifier.

    Other parties' amounts stay commitments, which are shown to add up to each run's income.
    """
    org_id = found(payee_id or actor.org_id)
    found(org_id if org_id in actor.org_ids else None)
    head = found(await log.latest_checkpoint(session))
    key = LogKey.of(request.app.state.settings).verifier
    made = await making.bundle(session, org_id, head, key)
    if made is None:
        raise Failure("ROWS_TOO_MANY", max_rows=making.MOST_RECORDS)
    return Response(
        made,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="proof-{head.tree_size}.zip"'},
    )


ROUTERS: Final = (router,)
