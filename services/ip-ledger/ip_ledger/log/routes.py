"""The log over HTTP: hashes for everyone, contents for those concerned."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Header, Path, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.background import BackgroundTask
from starlette.responses import Response

from ip_ledger.log import exports, queries, receipts, rules
from ip_ledger.log.keys import LogKey
from ip_ledger.log.schemas import ReceiptOut
from shared.http import CurrentActor, Failure, Reading, Router, access, problems
from shared.rules import found

router = Router(prefix="/v1/ip-ledger", tags=["log"])

# A tile never changes; a checkpoint is replaced within a second.
FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
FOR_A_MOMENT: Final = {"Cache-Control": "public, max-age=1"}
FOR_MINUTES: Final = {"Cache-Control": "public, max-age=300"}
PUBLIC: Final = "public: hashes and signatures only"


@router.get(
    "/log/checkpoint",
    operation_id="ip_ledger_get_checkpoint",
    response_class=PlainTextResponse,
    openapi_extra=access(tenant=PUBLIC, rules=("X07",)),
    responses=problems("NOT_FOUND"),
)
async def checkpoint(session: Reading) -> Response:
    """Give the newest signed tree head (C2SP checkpoint), for witnesses and monitors."""
    latest = found(await queries.latest_checkpoint(session))
    return PlainTextResponse(latest.note, headers=FOR_A_MOMENT)


@router.get(
    "/log/key",
    operation_id="ip_ledger_get_log_key",
    response_class=PlainTextResponse,
    openapi_extra=access(tenant=PUBLIC, rules=("X07",)),
    responses=problems(),
)
async def key(request: Request) -> Response:
    """Give the log's public key as a signed-note verifier line, to be kept as `log.pub`."""
    line = LogKey.of(request.app.state.settings).verifier
    return PlainTextResponse(f"{line}\n", headers=FOR_MINUTES)


@router.get(
    "/log/tile/{level}/{path:path}",
    operation_id="ip_ledger_get_tile",
    response_class=Response,
    openapi_extra=access(tenant=PUBLIC, rules=("X07",)),
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}},
        **problems("NOT_FOUND"),
    },
)
async def tile(
    level: Annotated[int, Path(ge=0, le=63, description="The level of tiles; 0 holds leaves.")],
    path: Annotated[
        str, Path(max_length=40, description="The tile's index, as `x001/067` or `000.p/12`.")
    ],
    session: Reading,
) -> Response:
    """Give the hashes of a tile (C2SP tlog-tiles), full or partial, under a signed tree."""
    wanted, width = found(rules.tile_named(level, path))
    latest = found(await queries.latest_checkpoint(session))
    held = rules.width_of(wanted, latest.tree_size)
    found(held if held >= width else None)
    hashes = (await queries.tiles(session, [wanted], latest.tree_size))[wanted]
    return Response(
        b"".join(hashes[:width]), media_type="application/octet-stream", headers=FOR_EVER
    )


@router.get(
    "/log/export",
    operation_id="ip_ledger_export_log",
    response_class=Response,
    openapi_extra=access(
        "member", "official", tenant="everyone with a token: hashes only", rules=("X07",)
    ),
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
        **problems("NOT_FOUND"),
    },
)
async def export(session: Reading, actor: CurrentActor) -> Response:
    """Give the newest signed tree with all its tiles as a ZIP; `zhichuang verify` checks it."""
    del actor
    head = found(await queries.latest_checkpoint(session))
    file = await exports.export(session, head)
    return StreamingResponse(
        iter(lambda: file.read(64 * 1024), b""),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="log-{head.tree_size}.zip"'},
        background=BackgroundTask(file.close),
    )


@router.get(
    "/receipts/{record_id}",
    operation_id="ip_ledger_get_receipt",
    openapi_extra=access(
        "member", "official", tenant="organizations concerned, the centre", rules=("X07",)
    ),
    responses=problems("NOT_FOUND", "NOT_YET_SEQUENCED"),
)
async def receipt(
    record_id: UUID,
    request: Request,
    actor: CurrentActor,
    prefer: Annotated[
        str | None,
        Header(max_length=200, description="`wait=checkpoint` waits until a checkpoint covers it."),
    ] = None,
) -> ReceiptOut:
    """Give a record with the proof that the log holds it; `zhichuang verify` checks it offline."""
    wait = "wait=checkpoint" in (prefer or "").replace(" ", "").lower()
    sessions = request.app.state.database.sessions
    given = await receipts.awaited_receipt(sessions, actor, record_id, wait=wait)
    if given is None:
        raise Failure("NOT_YET_SEQUENCED", {"Retry-After": "1"})
    return given


ROUTERS: Final = (router,)
