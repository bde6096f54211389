"""The time came: everybody's tasks are looked up, and what is new of them goes out.

One gateway process does it, the one that holds the lock. Tasks are asked for with a token of their
person: what he may not see is never told. A letter that is handed over is marked before, so that a
worker that is killed in that moment leaves a mark and no double.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from time import monotonic
from typing import Final
from uuid import UUID

import structlog
from fastapi import FastAPI

from gateway.identity import queries as identities
from gateway.notices import actions, queries, rules
from gateway.notices.actions import Key
from gateway.notices.posting import AlreadyHanded, Post
from gateway.notices.rules import Item, Pace, Told, stage_on
from gateway.notices.tables import Letter, NoticeChannel
from gateway.tasks import clients, listing
from gateway.tokens.issuing import access_token, for_job, subject_for
from shared.auth import Actor
from shared.calendar import SHANGHAI, WorkingDays
from shared.http.tasks import TaskOut, task_out
from shared.jobs import alone, repeated, while_held
from shared.services import SERVICES

LOCK: Final = 0x7A63_4E54_4300_0001
RETRY_SECONDS: Final = 1.0
# What is written goes out at once, and so does what is tried again; this is for what nobody told.
LOOK_SECONDS: Final = 10.0
# What is due and is not to be had, as it is handed over just now, is asked for again after this.
GATHER_SECONDS: Final = 0.1
# After a look, so long nobody looks again, and so many times as long as the look took.
PAUSE_SECONDS: Final = 1.0
PAUSES: Final = 9
# Letters that go out at once, and people whose tasks are looked up at once.
LETTERS: Final = 4
PEOPLE: Final = 4
BATCH: Final = 50
# The program in whose name the tokens of this job are made.
CLIENT: Final = "notices"

log = structlog.get_logger(__name__)


async def tell_alone(app: FastAPI) -> None:
    """Tell until it fails, as the only process that does; not at all where it is switched off."""
    if not app.state.settings.notice_seconds:
        return
    async with alone(app.state.database, LOCK) as mine:
        if mine:
            await while_held(mine, Notices(app).run())


keep_telling: Final = repeated("notices", RETRY_SECONDS, tell_alone)


class Notices:
    """Everything that is told, while this process is the one that tells."""

    def __init__(self, app: FastAPI) -> None:
        """Bind to the gateway's own state."""
        self._app = app
        self._settings = app.state.settings
        self._sessions = app.state.database.sessions
        self._clock = app.state.clock
        self._calendar = WorkingDays()
        self._post = Post(app.state.settings)
        self._news = asyncio.Event()
        self._written = asyncio.Event()

    async def run(self) -> None:
        """Look tasks up and send letters, side by side."""
        async with self._sessions.begin() as session:
            await actions.give_up_handed(session, datetime.now(UTC))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_looking())
                for service in SERVICES:
                    group.create_task(self._keep_listening(service))
                group.create_task(self._hear())
                group.create_task(self._keep_sending())
        finally:
            await self._post.close()

    async def _keep_looking(self) -> None:
        """Look whenever something happened in a service, and once in a while all the same.

        Days begin without an event. Where looking takes long, it is done the less often.
        """
        while True:
            self._news.clear()
            began = monotonic()
            await self.look()
            spent = monotonic() - began
            seconds = self._settings.notice_seconds
            await asyncio.sleep(min(seconds, max(PAUSE_SECONDS, PAUSES * spent)))
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()

    async def _keep_listening(self, service: str) -> None:
        """Hear that something happened in a service; what it was is not asked."""
        async with self._app.state.hearing.listening(service) as heard:
            newest = heard.newest
            while True:
                seen = heard.changes
                if heard.newest is not None:
                    if newest is not None and heard.newest > newest:
                        self._news.set()
                    newest = heard.newest
                await heard.changed(seen)

    async def _hear(self) -> None:
        """Look what goes out when something was recorded here: somebody set up his address."""
        sequencer = self._app.state.sequencer
        while True:
            before, following = sequencer.rounds, sequencer.watching
            await sequencer.wait(LOOK_SECONDS if following else RETRY_SECONDS, before)
            if sequencer.rounds != before or not following:
                self._written.set()

    async def _keep_sending(self) -> None:
        while True:
            self._written.clear()
            due_at = await queries.next_due(self._sessions)
            left = LOOK_SECONDS
            if due_at is not None:
                left = min(left, (due_at - datetime.now(UTC)).total_seconds())
            if left <= 0 and await self.send():
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(max(GATHER_SECONDS, left)):
                    await self._written.wait()

    async def look(self) -> None:
        """Look up what waits for everybody who wants to hear it, and write the letters."""
        async with self._sessions.reading() as session:
            channels = await queries.active_channels(session)
        limit = asyncio.Semaphore(PEOPLE)

        async def one(channel: NoticeChannel) -> None:
            async with limit:
                try:
                    await self._look_for(channel)
                except Exception as error:
                    # One person's trouble keeps nothing from the others.
                    log.warning(
                        "notices.not_looked_up",
                        channel_id=str(channel.id),
                        error=type(error).__name__,
                    )

        await asyncio.gather(*(one(channel) for channel in channels))

    async def _look_for(self, channel: NoticeChannel) -> None:
        told, complete = await self._tasks_of(channel)
        now, today = datetime.now(UTC), self._clock.today()
        present = {key: Item(key[0], key[1], task.center_id, key[3]) for key, task in told.items()}
        lines = {key: _told(key, task) for key, task in told.items()}
        daily_on = self._daily_on(channel, today)
        async with self._sessions.begin() as session:
            # Set anew or ended meanwhile: then this look counts for nothing.
            current = await queries.channel_for_update(session, channel.id)
            if current is None or current.version != channel.version:
                return
            await actions.take_in(session, current, present, now, complete=complete)
            if channel.pace is Pace.AT_ONCE or daily_on is not None:
                await actions.compose(
                    session, current, lines, now, complete=complete, daily_on=daily_on
                )
        self._written.set()

    def _daily_on(self, channel: NoticeChannel, today: date) -> date | None:
        hour = self._clock.now().astimezone(SHANGHAI).hour
        due = channel.pace is Pace.DAILY and hour >= rules.DAILY_HOUR
        return today if due else None

    async def _tasks_of(self, channel: NoticeChannel) -> tuple[Mapping[Key, TaskOut], bool]:
        """Ask every service under the person's own token, for each organization he acts for."""
        today = self._clock.today()
        async with self._sessions.reading() as session:
            standings = await identities.standings_of(session, channel.person_id, today)
        signer = await self._app.state.keys.signer()
        found: dict[Key, TaskOut] = {}
        complete = True
        for standing in standings:
            subject = subject_for(channel.person_id, CLIENT, standing.org_id, standing)
            token = access_token(for_job(subject, CLIENT), signer, self._settings)
            items, missing = await clients.tasks_of(
                self._app.state.services, f"Bearer {token}", channel.language
            )
            complete = complete and not missing
            tasks = [TaskOut.model_validate(item) for item in items]
            tasks += await self._own(channel, standing.org_id, standing.capacities, today)
            found |= {self._key(task, today): task for task in tasks}
        return found, complete

    async def _own(
        self,
        channel: NoticeChannel,
        org_id: UUID | None,
        capacities: frozenset[str],
        today: date,
    ) -> list[TaskOut]:
        actor = Actor(channel.person_id, CLIENT, capacities, org_id)
        async with self._sessions.reading() as session:
            own = await listing.own_tasks(session, actor, today)
        return [task_out(task, today, channel.language) for task in own]

    def _key(self, task: TaskOut, today: date) -> Key:
        stage = stage_on(task.due_on, today, self._calendar)
        return (task.kind, task.subject_id, stage, task.due_on)

    async def send(self) -> int:
        """Send what is due; give how many letters were tried."""
        async with self._sessions.reading() as session:
            due = await queries.due_letters(session, datetime.now(UTC), BATCH)
        limit = asyncio.Semaphore(LETTERS)

        async def one(letter: Letter, channel: NoticeChannel) -> None:
            async with limit:
                await self._send_one(letter, channel)

        await asyncio.gather(*(one(letter, channel) for letter, channel in due))
        return len(due)

    async def _send_one(self, letter: Letter, channel: NoticeChannel) -> None:
        if channel.version != letter.channel_version:
            # Written for an address that its owner gave up.
            outcome = actions.Outcome(rules.LetterState.DEAD, datetime.now(UTC))
        else:
            try:
                outcome = await self._post.send(letter, channel, partial(self._hand, letter.id))
            except AlreadyHanded:
                return
        async with self._sessions.begin() as session:
            await actions.settle(session, letter, outcome, self._settings.notice_schedule)
        if outcome.state is not rules.LetterState.SENT:
            log.warning("notices.letter_not_sent", letter_id=str(letter.id), state=outcome.state)

    async def _hand(self, letter_id: UUID) -> bool:
        async with self._sessions.begin() as session:
            handed: bool = await actions.hand(session, letter_id)
        return handed


def _told(key: Key, task: TaskOut) -> Told:
    return Told(key[2], task.title, task.rule, task.clause, task.due_on, task.method, task.href)
