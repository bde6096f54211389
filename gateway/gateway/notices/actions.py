"""Setting up a channel, and what becomes of each notice and letter. The worker calls the rest."""

import hmac
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway import sealing
from gateway.notices import queries, rules
from gateway.notices.rules import (
    ChannelKind,
    ChannelState,
    Item,
    LetterState,
    NoticeStage,
    NoticeState,
    Pace,
    Told,
)
from gateway.notices.tables import Letter, Notice, NoticeChannel
from gateway.webhooks import rules as webhook_rules
from shared.auth import Actor
from shared.clock import Clock
from shared.database import new_id
from shared.events.recording import record
from shared.rules import require

SECRET_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Wish:
    """Where and how somebody wants to hear."""

    kind: ChannelKind
    address: str
    language: str
    pace: Pace
    muted: Sequence[str]


@dataclass(frozen=True, slots=True)
class House:
    """What the settings allow, and the seal's key."""

    key_secret: str
    offered: Collection[ChannelKind]
    targets: webhook_rules.Targets


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try: sent, refused for good, to be tried again, or not to be known."""

    state: LetterState
    at: datetime


async def set_channel(
    session: AsyncSession, actor: Actor, wish: Wish, house: House
) -> tuple[NoticeChannel, bytes | None]:
    """Set where notices go; nothing but a code goes there before that code came back (A135).

    An address that was confirmed already stays so. Gives the channel and, for a new webhook, the
    secret that signs. Raises `Refused`: FIELD_INVALID,
    URL_REFUSED, ADDRESS_PRIVATE, CHANNEL_NOT_OFFERED or CODES_TOO_MANY.
    """
    now = datetime.now(UTC)
    channel = await _channel_for_update(session, actor.person_id)
    codes = 0
    if channel is not None:
        codes = await queries.codes_since(session, channel.id, now - rules.CODES_WITHIN)
    checks = rules.channel_checks(wish.kind, wish.address, offered=house.offered, codes=codes)
    if wish.kind is ChannelKind.WEBHOOK:
        checks += webhook_rules.target_checks(wish.address, "/address", house.targets)
    require(checks)
    if channel is not None and _is_same(channel, wish, house.key_secret):
        channel.language, channel.pace = wish.language, wish.pace
        channel.muted = sorted(set(wish.muted))
        record(session, actor, "notice_channel.set", channel.id, kind=wish.kind, pace=wish.pace)
        return channel, None
    channel = channel or NoticeChannel(
        person_id=actor.person_id, kind=wish.kind, sealed_address=b"", language=wish.language,
        pace=wish.pace, muted=[], state=ChannelState.UNCONFIRMED, set_at=now, version=0,
    )  # fmt: skip
    secret = _written(channel, wish, house.key_secret, now)
    session.add(channel)
    await session.flush()
    session.add(_code_letter(session, channel, house.key_secret, now))
    record(session, actor, "notice_channel.set", channel.id, kind=wish.kind, pace=wish.pace)
    return channel, secret


async def _channel_for_update(session: AsyncSession, person_id: UUID) -> NoticeChannel | None:
    channel = await queries.channel_of(session, person_id)
    return None if channel is None else await queries.channel_for_update(session, channel.id)


def _is_same(channel: NoticeChannel, wish: Wish, key_secret: str) -> bool:
    """Tell whether letters go where they went before, and still may."""
    same = channel.kind is wish.kind and address_of(channel, key_secret) == wish.address
    return same and channel.state is ChannelState.ACTIVE


def _written(channel: NoticeChannel, wish: Wish, key_secret: str, now: datetime) -> bytes | None:
    """Write a wish into a channel; give the new secret of a webhook."""
    secret = os.urandom(SECRET_BYTES) if wish.kind is ChannelKind.WEBHOOK else None
    channel.version += 1
    channel.kind, channel.language, channel.pace = wish.kind, wish.language, wish.pace
    channel.muted = sorted(set(wish.muted))
    channel.sealed_address = sealing.seal(key_secret, _name(channel), wish.address.encode())
    channel.sealed_secret = None if secret is None else sealing.seal(
        key_secret, _name(channel), secret
    )  # fmt: skip
    channel.state, channel.guesses, channel.failures = ChannelState.UNCONFIRMED, 0, 0
    channel.set_at = now
    return secret


def _code_letter(
    session: AsyncSession, channel: NoticeChannel, key_secret: str, now: datetime
) -> Letter:
    code = rules.code_of(key_secret, channel.id, channel.version)
    return _letter(session, channel, rules.code_letter(code, channel.language), now, is_code=True)


def _letter(
    session: AsyncSession,
    channel: NoticeChannel,
    words: tuple[str, str],
    now: datetime,
    *,
    is_code: bool = False,
    daily_on: date | None = None,
) -> Letter:
    clock: Clock = session.info["clock"]
    subject, text = words
    return Letter(
        channel_id=channel.id,
        channel_version=channel.version,
        is_code=is_code,
        composed_on=clock.today(),
        daily_on=daily_on,
        subject=subject,
        body=text.encode(),
        next_at=now,
        created_at=now,
    )


async def count_guess(session: AsyncSession, actor: Actor) -> None:
    """Count a guess before it is looked at, in a transaction that a refusal does not undo."""
    await session.execute(
        update(NoticeChannel)
        .where(col(NoticeChannel.person_id) == actor.person_id)
        .values(guesses=col(NoticeChannel.guesses) + 1)
    )


async def confirm(session: AsyncSession, actor: Actor, code: str, key_secret: str) -> NoticeChannel:
    """Let notices go out: whoever read the code reads them as well.

    Raises `Refused`: NOT_FOUND, STATE_CONFLICT or CODE_WRONG.
    """
    channel = await queries.own_channel_for_update(session, actor)
    expected = rules.code_of(key_secret, channel.id, channel.version)
    right = hmac.compare_digest(code.encode(), expected.encode())
    require(rules.confirmation_checks(channel.state, channel.guesses, right=right))
    channel.state = ChannelState.ACTIVE
    record(session, actor, "notice_channel.confirmed", channel.id)
    return channel


async def end_channel(session: AsyncSession, actor: Actor) -> None:
    """Forget where notices went, with every letter; the list of tasks stays.

    Raises `Refused`: NOT_FOUND.
    """
    channel = await queries.own_channel_for_update(session, actor)
    record(session, actor, "notice_channel.ended", channel.id, before={"state": channel.state})
    await session.delete(channel)


Key = tuple[str, UUID, NoticeStage, date | None]


async def take_in(
    session: AsyncSession,
    channel: NoticeChannel,
    present: Mapping[Key, Item],
    now: datetime,
    *,
    complete: bool,
) -> None:
    """Note what waits for a person, once for each reason to tell it, and what waits no more.

    With a service away (`complete` is no) nothing is taken for gone.
    """
    rows = [
        {
            "id": new_id(), "person_id": channel.person_id, "kind": kind, "subject_id": subject_id,
            "center_id": item.center_id, "stage": stage, "due_on": due_on, "seen_at": now,
            "state": NoticeState.MUTED
            if rules.is_muted(kind, stage, channel.muted)
            else NoticeState.WAITING,
        }
        for (kind, subject_id, stage, due_on), item in present.items()
    ]  # fmt: skip
    if rows:
        await session.execute(insert(Notice).on_conflict_do_nothing(), rows)
    if complete:
        await _let_go(session, channel.person_id, present, now)


async def _let_go(
    session: AsyncSession, person_id: UUID, present: Mapping[Key, Item], now: datetime
) -> None:
    """Mark what a person need not do any more; what was not told yet never is."""
    own = (col(Notice.person_id) == person_id, col(Notice.gone_at).is_(None))
    subjects = {(kind, subject_id) for kind, subject_id, _, _ in present}
    gone = update(Notice).where(
        *own,
        tuple_(col(Notice.kind), col(Notice.subject_id)).not_in(list(subjects)),
    )
    await session.execute(
        gone.where(col(Notice.state) == NoticeState.WAITING).values(
            state=NoticeState.DROPPED, gone_at=now
        )
    )
    await session.execute(gone.values(gone_at=now))


async def compose(
    session: AsyncSession,
    channel: NoticeChannel,
    told: Mapping[Key, Told],
    now: datetime,
    *,
    complete: bool,
    daily_on: date | None,
) -> Letter | None:
    """Write one letter with everything that was not told yet; None where there is nothing.

    Of an item whose last day came nearer meanwhile, only its present reason is told. What is not
    in `told` because its service is away (`complete` is no) goes on waiting.
    """
    clock: Clock = session.info["clock"]
    if daily_on is not None and await queries.has_daily(session, channel.id, daily_on):
        return None
    waiting = await queries.untold(session, channel.person_id, clock.today())
    lines: list[Told] = []
    chosen: list[Notice] = []
    for notice in waiting:
        line = told.get((notice.kind, notice.subject_id, notice.stage, notice.due_on))
        if line is not None:
            chosen.append(notice)
            lines.append(line)
        elif complete:
            notice.state = NoticeState.DROPPED
    if not chosen:
        return None
    words = rules.letter_of(lines, channel.language)
    letter = _letter(session, channel, words, now, daily_on=daily_on)
    session.add(letter)
    await session.flush()
    for notice in chosen:
        notice.state, notice.letter_id = NoticeState.TOLD, letter.id
    return letter


async def hand(session: AsyncSession, letter_id: UUID) -> bool:
    """Mark a letter as being handed over; tell whether this caller is the one who does it."""
    taken = await session.scalar(
        update(Letter)
        .where(col(Letter.id) == letter_id, col(Letter.state) == LetterState.WAITING)
        .values(state=LetterState.HANDED)
        .returning(col(Letter.id))
    )
    return taken is not None


async def give_up_handed(session: AsyncSession, now: datetime) -> None:
    """Mark what a killed worker was handing over: it may have arrived, so it is not sent again."""
    await session.execute(
        update(Letter)
        .where(col(Letter.state) == LetterState.HANDED)
        .values(state=LetterState.UNCERTAIN, settled_at=now)
    )


async def settle(
    session: AsyncSession,
    letter: Letter,
    outcome: Outcome,
    schedule: Sequence[int],
) -> None:
    """Write down what became of a try; a letter whose last try failed is dead.

    After some dead letters in a row the channel rests until it is set anew.
    """
    attempts = letter.attempts + 1
    state, next_at = outcome.state, letter.next_at
    if state is LetterState.WAITING:
        wait = webhook_rules.seconds_until_retry(attempts, schedule, 0)
        if wait is None:
            state = LetterState.DEAD
        else:
            next_at = outcome.at + timedelta(seconds=wait)
    settled_at = None if state is LetterState.WAITING else outcome.at
    await session.execute(
        update(Letter)
        .where(
            col(Letter.id) == letter.id,
            col(Letter.state).in_([LetterState.WAITING, LetterState.HANDED]),
        )
        .values(state=state, attempts=attempts, next_at=next_at, settled_at=settled_at)
    )
    if state is not LetterState.WAITING:
        await _count(session, letter, failed=state is LetterState.DEAD)


async def _count(session: AsyncSession, letter: Letter, *, failed: bool) -> None:
    channel = await queries.channel_for_update(session, letter.channel_id)
    # A letter to an address that was changed meanwhile says nothing of the new one.
    if channel is None or channel.version != letter.channel_version:
        return
    channel.failures = channel.failures + 1 if failed else 0
    if channel.failures >= rules.MOST_FAILURES and channel.state is ChannelState.ACTIVE:
        channel.state = ChannelState.FAILING
        record(session, Actor.system("notices"), "notice_channel.failing", channel.id)


def address_of(channel: NoticeChannel, key_secret: str) -> str:
    """Open where letters go."""
    return sealing.unseal(key_secret, _name(channel), channel.sealed_address).decode()


def secret_of(channel: NoticeChannel, key_secret: str) -> bytes:
    """Open what signs letters to a webhook; a channel by mail has none."""
    return sealing.unseal(key_secret, _name(channel), channel.sealed_secret or b"")


def _name(channel: NoticeChannel) -> str:
    return f"notice channel {channel.id}"
