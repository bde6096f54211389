"""The unit of work of one writing request: key, transaction, kept answer, commit, then send."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Request
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from shared.auth.actor import Actor
from shared.database.engine import Sessions
from shared.database.replica import Replica
from shared.http.naming import ERASED, NAMED, keep_names
from shared.http.problem import Failure
from shared.http.tables import KeptAnswer
from shared.rules import Check, Kind, Refused, Rule
from shared.sealing import sealer_of

IDEMPOTENCY: Final = Rule("X05", "delivery")


class Replay(Exception):  # noqa: N818 - control flow of the route class alone
    """The request was answered before; the kept answer is sent again."""

    def __init__(self, kept: KeptAnswer) -> None:
        """Carry the kept answer."""
        super().__init__("replayed")
        self.kept = kept


@dataclass(slots=True)
class Work:
    """What one writing request does: at most one transaction, which the route class commits.

    `key` is the Idempotency-Key; `body_sha256` covers query and body, since both say what is
    asked for.
    """

    sessions: Sessions
    scope: bytes | None
    body_sha256: bytes
    session: AsyncSession | None = field(default=None)
    # Where a request that only reads may be answered from.
    replica: Replica | None = None
    # What a neighbour said against the request before its transaction began.
    objections: list[Check] = field(default_factory=list)

    async def replay(self) -> None:
        """Raise `Replay` when this request was answered before, without opening the work."""
        if self.scope is None:
            return
        async with self.sessions.reading() as session:
            await self._compare(session)

    async def begin(self) -> AsyncSession:
        """Open the transaction, holding the key: a twin of a running request is refused (409)."""
        if self.session is not None:
            return self.session
        if self.replica is not None:
            self.session = await self.replica.session()
            if self.session is not None:
                return self.session
            self.replica = None
        self.session = self.sessions.open()
        await self.session.begin()
        if self.scope is not None:
            self.session.info[NAMED] = set()
            await self._hold(self.session, self.scope)
        return self.session

    async def _hold(self, session: AsyncSession, scope: bytes) -> None:
        # Inserting the key's row first would make the twin wait instead of being told.
        number = int.from_bytes(scope[:8], "big", signed=True)
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(number))):
            raise Refused([IDEMPOTENCY.check("IDEMPOTENCY_IN_PROGRESS", Kind.STATE, passed=False)])
        await self._compare(session)

    async def _compare(self, session: AsyncSession) -> None:
        kept = await session.get(KeptAnswer, self.scope)
        if kept is None:
            return
        session.expunge(kept)
        if kept.body_sha256 == ERASED:
            where = {} if kept.location is None else {"Location": kept.location}
            raise Failure("IDEMPOTENCY_ERASED", where)
        if kept.body_sha256 != self.body_sha256:
            raise Refused([IDEMPOTENCY.check("IDEMPOTENCY_MISMATCH", Kind.STATE, passed=False)])
        kept.body = sealer_of(session).open_bytes(kept.body, _place(kept.scope))
        raise Replay(kept)

    async def finish(self, response: Response) -> None:
        """Commit what was done, with its answer; a preview and a refusal leave nothing."""
        if self.session is None:
            return
        if response.status_code >= 300 or self.session.info.get("preview"):
            await self.session.rollback()
            return
        await self._keep(self.session, response)
        await self.session.commit()

    async def _keep(self, session: AsyncSession, response: Response) -> None:
        if self.scope is None:
            return
        await keep_names(session, self.scope)
        session.add(
            KeptAnswer(
                scope=self.scope,
                body_sha256=self.body_sha256,
                status=response.status_code,
                media_type=response.headers.get("content-type", "application/json"),
                etag=response.headers.get("etag"),
                location=response.headers.get("location"),
                # An answer may show what is sealed elsewhere: a name, an account.
                body=sealer_of(session).seal_bytes(bytes(response.body), _place(self.scope)),
                kept_at=datetime.now(UTC),
            )
        )

    async def close(self) -> None:
        """Give the connection back; an open transaction is rolled back."""
        if self.session is not None:
            await self.session.close()


def _place(scope: bytes) -> str:
    return f"kept_answer:{scope.hex()}"


def scope_of(actor: Actor, method: str, path: str, key: str) -> bytes:
    """Hash what an Idempotency-Key belongs to: client, subject, method, path and the key."""
    parts = (actor.client_id, str(actor.person_id), method, path, key)
    return hashlib.sha256("\n".join(parts).encode()).digest()


def key_of(request: Request) -> str | None:
    """Read the Idempotency-Key, bare or as a quoted structured field."""
    key = request.headers.get("idempotency-key")
    return None if key is None else key_in(key)


def key_in(key: str) -> str:
    """Read the key out of its header. Raises `Failure` for one of another form."""
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise Failure("IDEMPOTENCY_KEY_INVALID")
    return key


def replayed(kept: KeptAnswer) -> Response:
    """Give the kept answer again, with its first status."""
    headers = {"Idempotent-Replayed": "true", "content-type": kept.media_type}
    if kept.etag is not None:
        headers["etag"] = kept.etag
    if kept.location is not None:
        headers["location"] = kept.location
    return Response(kept.body, kept.status, headers)


async def current_work(request: Request) -> Work:
    """Give the request's unit of work."""
    work: Work = request.state.work
    return work


async def transaction(work: Annotated[Work, Depends(current_work)]) -> AsyncSession:
    """Open the writing transaction; what is declared before this ran without one."""
    return await work.begin()


async def reading(request: Request) -> AsyncSession:
    """Open the session of a request that only reads; the route class closes it."""
    work: Work = request.state.work
    return await work.begin()


CurrentWork = Annotated[Work, Depends(current_work)]
Transaction = Annotated[AsyncSession, Depends(transaction)]
Reading = Annotated[AsyncSession, Depends(reading)]
