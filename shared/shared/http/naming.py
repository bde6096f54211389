"""Whom a kept answer names, so that an erasure reaches it too (X05, X12).

A name stands in one place, but the answer to a keyed request is a copy of what was shown, and the
hash of the request's body one that could be guessed at. So whoever reads or writes personal data
in a writing request notes whose, and whoever erases it takes the copies with it. The key stays: a
request that was answered must not be done again because its answer is gone.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.http.tables import KeptAnswer, KeptName

# In a session's `info`, of a request whose answer is going to be kept: the subjects noted so far.
NAMED: Final = "named"
# What an erased answer has for its body, and for its request's hash; no hash is empty.
ERASED: Final = b""


def is_kept(session: AsyncSession) -> bool:
    """Tell whether the answer under way is going to be kept.

    Then personal data is read with a lock (`FOR SHARE`) that waits for whoever erases it, and that
    he waits for: an answer is kept before the erasure looks for it, or names nobody any more.
    """
    return NAMED in session.info


def note(session: AsyncSession, subject_ids: Iterable[UUID]) -> None:
    """Note whose data the answer under way tells, or its request told; kept with the answer."""
    if is_kept(session):
        session.info[NAMED].update(subject_ids)


async def keep_names(session: AsyncSession, scope: bytes) -> None:
    """Write down whom an answer names, beside it."""
    rows = [
        {"subject_id": one, "scope": scope, "kept_at": datetime.now(UTC)}
        for one in sorted(session.info.get(NAMED, ()))
    ]
    if rows:
        # The parts of a large batch may name somebody one after another.
        await session.execute(insert(KeptName).on_conflict_do_nothing(), rows)


async def erase_answers(session: AsyncSession, subject_id: UUID) -> int:
    """Take away what kept answers tell of a subject; give how many there were.

    Called after the subject's own rows are locked or gone. A repeat of their keys is
    IDEMPOTENCY_ERASED, whatever it asks for: what was asked for is not known any more.
    """
    of_subject = col(KeptName.subject_id) == subject_id
    theirs = col(KeptAnswer.scope).in_(select(col(KeptName.scope)).where(of_subject))
    # Two who are erased at once may stand in the same answers: both lock them in one order.
    locked = select(col(KeptAnswer.scope)).where(theirs).order_by(col(KeptAnswer.scope))
    scopes = (await session.scalars(locked.with_for_update())).all()
    await session.execute(
        update(KeptAnswer)
        .where(theirs)
        .values(body=ERASED, body_sha256=ERASED)
        .execution_options(synchronize_session=False)
    )
    await session.execute(delete(KeptName).where(of_subject))
    return len(scopes)
