"""Group commit: while one statement runs, what arrives queues, and the queue is the next one.

There is no timer: alone, a command is posted at once; under load, batches grow by themselves, and
the cost of a statement and of its commit is shared. Each command has its own verdict, and one that
fails writes nothing. Measured in `docs/decisions/hot-paths.md`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from ip_ledger.journal import rules, statement
from ip_ledger.journal.rules import EntryDraft
from ip_ledger.journal.statement import Posted
from shared.auth import Actor
from shared.http import Failure
from shared.http.tables import KeptAnswer
from shared.http.work import IDEMPOTENCY, Replay
from shared.rules import Check, Kind, Refused

# So many rounds of the event loop a request takes from its socket to this queue, and so often at
# most it is let go on while more of them come.
ROUNDS: Final = 3
MOST_LOOKS: Final = 32
# What waits beyond this is told to come back: memory has an end, and so has patience.
MOST_WAITING: Final = 10_000

# What the database's own guards refuse, as their rules' checks.
_REFUSED: Final = {
    "ck_posting_overdrawn": rules.overdrawn_check(),
    "ck_journal_entry_open_period": rules.closed_check(),
    "ck_journal_entry_after_opening": rules.opened_check(),
    "ck_journal_entry_reverses_original": rules.JOURNAL.check(
        "REVERSAL_OF_REVERSAL", Kind.STATE, passed=False
    ),
    "ck_journal_entry_reverses_after": rules.JOURNAL.check(
        "REVERSAL_BEFORE_ORIGINAL", Kind.CONTENT, passed=False, pointer="/effective_on"
    ),
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """An Idempotency-Key: its scope, and the hash of what was asked under it."""

    scope: bytes
    body_sha256: bytes


@dataclass(slots=True)
class Command:
    """An entry to post, judged already, with the answer that is kept for its key."""

    draft: EntryDraft
    actor: Actor
    recorded_at: datetime
    answer: bytes
    readers: tuple[UUID, ...] = ()
    key: Key | None = None
    done: asyncio.Future[None] = field(default_factory=asyncio.Future)


class Poster:
    """Posts commands of this process in the order in which they came."""

    def __init__(self, engine: AsyncEngine, most: int) -> None:
        """Take a connection from `engine` while there is work; at most `most` share a statement."""
        self._engine = engine
        self._most = most
        self._waiting: list[Command] = []
        self._scopes: set[bytes] = set()
        self._draining: asyncio.Task[None] | None = None

    async def post(self, command: Command) -> None:
        """Post a command; returns when it is committed.

        Raises `Refused`: IDEMPOTENCY_MISMATCH, IDEMPOTENCY_IN_PROGRESS, or what `_refusal` makes of
        the database's word; or `Replay` with the first answer to the same key.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Failure("UNAVAILABLE", {"Retry-After": "1"}, service="ip-ledger")
        # Two twins in one statement would both hold the key's lock, since they share a session.
        if command.key is not None and command.key.scope in self._scopes:
            raise Refused([_in_progress()])
        if command.key is not None:
            self._scopes.add(command.key.scope)
        self._waiting.append(command)
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        try:
            # A caller that goes away leaves its command to be posted; its key keeps the answer.
            await asyncio.shield(command.done)
        finally:
            if command.key is not None:
                self._scopes.discard(command.key.scope)

    async def _drain(self) -> None:
        batch: list[Command] = []
        try:
            async with self._engine.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                try:
                    while self._waiting:
                        await self._gathered()
                        batch = self._waiting[: self._most]
                        del self._waiting[: len(batch)]
                        await self._post(driver, batch)
                except Exception as error:
                    # The pool knows nothing of what happened on the driver's own connection.
                    await connection.invalidate()
                    if isinstance(error, TimeoutError):
                        # Those that were made with it have most likely fallen silent, too.
                        await self._engine.dispose(close=False)
                    raise
        except Exception as error:  # whatever it is, nobody may wait for ever
            log.warning("poster.interrupted", error=type(error).__name__, commands=len(batch))
            # Whether a lost commit counts, the next request with the same key will tell.
            for command in [*batch, *self._waiting]:
                _fail(command, Failure("UNAVAILABLE", {"Retry-After": "1"}, service="ip-ledger"))
            self._waiting.clear()
        finally:
            # Nothing is awaited from here on, so that no command can slip between.
            self._draining = asyncio.create_task(self._drain()) if self._waiting else None

    async def _gathered(self) -> None:
        """Let what has reached this process be judged first, so that it shares the statement.

        No time passes: a loop that has nothing to do comes round at once.
        """
        for _ in range(MOST_LOOKS):
            seen = len(self._waiting)
            for _ in range(ROUNDS):
                await asyncio.sleep(0)
            if not seen < len(self._waiting) < self._most:
                return

    async def _post(self, driver: Any, batch: Sequence[Command]) -> None:  # noqa: ANN401 - asyncpg
        try:
            rows = await driver.fetch(statement.POST_COMMANDS, *_arguments(batch))
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
            if len(batch) == 1:
                _fail(batch[0], _refusal(error))
                return
            # One bad command must not take its neighbours with it: each is tried alone.
            for command in batch:
                await self._post(driver, [command])
            return
        verdicts = {row["id"]: row for row in rows}
        for command in batch:
            _settle(command, verdicts[command.draft.id])


def _settle(command: Command, verdict: Any) -> None:  # noqa: ANN401 - asyncpg's row
    if verdict["posted"]:
        if not command.done.done():
            command.done.set_result(None)
    elif not verdict["free"]:
        _fail(command, Refused([_in_progress()]))
    elif verdict["status"] is not None:
        _fail(command, _kept(command, verdict))
    else:
        reversed_check = rules.JOURNAL.check("ALREADY_REVERSED", Kind.STATE, passed=False)
        _fail(command, Refused([reversed_check]))


def _kept(command: Command, verdict: Any) -> Exception:  # noqa: ANN401 - asyncpg's row
    if command.key is None or verdict["body_sha256"] != command.key.body_sha256:
        return Refused([IDEMPOTENCY.check("IDEMPOTENCY_MISMATCH", Kind.STATE, passed=False)])
    return Replay(
        KeptAnswer(
            scope=command.key.scope,
            body_sha256=command.key.body_sha256,
            status=verdict["status"],
            media_type=verdict["media_type"],
            body=verdict["body"],
            kept_at=command.recorded_at,
        )
    )


def _fail(command: Command, error: Exception) -> None:
    if not command.done.done():
        command.done.set_exception(error)
        # A caller that has gone away does not fetch it.
        command.done.exception()


def _in_progress() -> Check:
    return IDEMPOTENCY.check("IDEMPOTENCY_IN_PROGRESS", Kind.STATE, passed=False)


def _refusal(error: Exception) -> Exception:
    """Turn a violated constraint into its rule's refusal; anything else stays what it is."""
    constraint = getattr(error, "constraint_name", None)
    if constraint == "uq_journal_entry_reverses_id":
        check = rules.JOURNAL.check("ALREADY_REVERSED", Kind.STATE, passed=False)
    elif constraint == "ck_posting_balance_after_fen":
        check = rules.balance_checks(rules.MOST_FEN + 1)[0]
    elif constraint in _REFUSED:
        check = _REFUSED[constraint]
    elif constraint == "pk_kept_answer":
        # A twin in another process committed after this statement began.
        check = _in_progress()
    elif isinstance(error, asyncpg.DataError):
        check = rules.FORM.check("CONTENT_INVALID", Kind.CONTENT, passed=False)
    else:
        return error
    return Refused([check])


def _arguments(batch: Sequence[Command]) -> list[Any]:
    """Give the arrays that `POST_COMMANDS` takes, in its order."""
    return [
        *statement.arguments([Posted(c.draft, c.actor, c.recorded_at, c.readers) for c in batch]),
        [None if c.key is None else c.key.scope for c in batch],
        [0 if c.key is None else lock_number(c.key.scope) for c in batch],
        [None if c.key is None else c.key.body_sha256 for c in batch],
        [c.answer for c in batch],
        datetime.now(UTC),
    ]


def lock_number(scope: bytes) -> int:
    """Give the advisory lock of a key, the same as every other writing request takes."""
    return int.from_bytes(scope[:8], "big", signed=True)
