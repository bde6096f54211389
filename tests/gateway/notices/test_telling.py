"""Notices over a real mail server and a real receiver: once, in one's language, and no more."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from standardwebhooks import Webhook as Signing

from gateway.notices import actions, jobs
from gateway.notices.jobs import Notices
from gateway.notices.posting import Post
from tests.gateway.notices.conftest import (
    ADDRESS,
    CHANNEL,
    Box,
    code_in,
    house_of,
    settled,
)
from tests.gateway.webhooks.conftest import Receiver

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]


class Killed(BaseException):
    """The process ends here: nothing after this line happens."""


@pytest.mark.requirement("A135")
async def test_what_waits_is_told_once_by_mail_in_ones_language_after_a_code_came_back(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        task = house.waits("2026-12-31", title="Correct the materials")
        house.gateway.set_clock("2026-03-09T01:00:00+00:00")
        await house.connected(language="en")
        await house.look_and_send()
        # Nothing but the code went out, and nobody was asked for what waits.
        assert (len(box.taken), house.languages) == (1, [])
        code = code_in(box.texts()[0])
        told = (await house.caller.post(f"{CHANNEL}/confirm", json={"code": code})).json()
        assert (told["state"], told["address"]) == ("active", ADDRESS)
        for _ in range(3):
            await house.look_and_send()
        assert set(house.languages) == {"en"}
        assert len(box.taken) == 2
        assert box.taken[1][0] == ADDRESS
        letter, text = box.letters()[1], box.texts()[1]
        assert letter["subject"] == "Zhichuang: 1 tasks"
        assert letter["content-language"] == "en"
        assert "[new] Correct the materials, last day 2026-12-31" in text
        assert task["href"] in text
        # The list of notices says what became of it; nobody's name stands in the letter.
        (notice,) = (await house.caller.get("/v1/me/notices")).json()["items"]
        assert (notice["state"], notice["letter_state"]) == ("told", "sent")
        assert "周启明" not in text


@pytest.mark.requirement("A135", "X10")
async def test_reminders_land_there_as_the_last_day_comes_and_when_it_is_over(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        house.gateway.set_clock("2026-03-04T01:00:00+00:00")
        await confirmed(house, box)
        house.waits("2026-03-13")
        for day in ("05", "09", "10", "11", "13", "14", "20"):
            house.gateway.set_clock(f"2026-03-{day}T01:00:00+00:00")
            await house.look_and_send()
        stages = [text.partition("[")[2].partition("]")[0] for text in box.texts()[1:]]
        assert stages == ["新", "即将到期", "已逾期"]


@pytest.mark.requirement("A135")
async def test_what_is_muted_is_left_out_until_its_last_day_comes(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        house.gateway.set_clock("2026-03-04T01:00:00+00:00")
        await confirmed(house, box, muted=["application.correct"])
        house.waits("2026-03-13")
        await house.look_and_send()
        assert len(box.taken) == 1
        house.gateway.set_clock("2026-03-10T01:00:00+00:00")
        await house.look_and_send()
        assert "即将到期" in box.texts()[1]


@pytest.mark.requirement("A135")
async def test_a_daily_letter_comes_once_from_eight_on_with_what_still_waits(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        house.gateway.set_clock("2026-03-04T23:30:00+00:00")
        await confirmed(house, box, pace="daily")
        house.waits(title="甲")
        gone = house.waits(title="乙")
        await house.look_and_send()
        assert len(box.taken) == 1
        house.tasks.remove(gone)
        # Eight o'clock in Shanghai.
        house.gateway.set_clock("2026-03-05T00:00:00+00:00")
        await house.look_and_send()
        house.waits(title="丙")
        await house.look_and_send()
        (letter,) = box.texts()[1:]
        assert ("甲" in letter, "乙" in letter, "丙" in letter) == (True, False, False)
        house.gateway.set_clock("2026-03-06T00:00:00+00:00")
        await house.look_and_send()
        assert "丙" in box.texts()[2]
        assert "甲" not in box.texts()[2]


async def test_what_waits_again_is_told_again_and_a_service_that_is_away_ends_nothing(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        task = house.waits()
        await house.look_and_send()
        house.away = True
        await house.look_and_send()
        house.away = False
        await house.look_and_send()
        assert len(box.taken) == 2
        house.tasks.clear()
        await house.look_and_send()
        house.tasks.append(task)
        await house.look_and_send()
        assert len(box.taken) == 3


@pytest.mark.requirement("A135")
async def test_a_worker_that_dies_while_it_hands_a_letter_over_leaves_no_double(
    running: Running, prepared: Any, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_of(running, prepared) as house:
        house.gateway.set_clock("2026-03-09T01:00:00+00:00")
        await confirmed(house, box)
        house.waits()
        real = Post.send

        async def dies_after(self: Post, *given: Any) -> Any:
            await real(self, *given)
            raise Killed

        worker = Notices(house.gateway.app)
        await worker.look()
        monkeypatch.setattr(Post, "send", dies_after)
        with pytest.raises(Killed):
            await worker.send()
        monkeypatch.setattr(Post, "send", real)
        assert len(box.taken) == 2
        # Another process takes over, the same day: the letter may have come, so it stays one.
        for _ in range(2):
            task = asyncio.create_task(Notices(house.gateway.app).run())
            await asyncio.sleep(0.3)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        assert len(box.taken) == 2
        (notice,) = (await house.caller.get("/v1/me/notices")).json()["items"]
        assert notice["letter_state"] == "uncertain"
        # The next day it is told again, since nobody knows, if it still waits.
        house.gateway.set_clock("2026-03-10T01:00:00+00:00")
        await house.look_and_send()
        await house.look_and_send()
        assert len(box.taken) == 3


@pytest.mark.requirement("A135")
async def test_a_process_that_is_killed_while_its_letter_is_taken_leaves_no_double(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        house.gateway.set_clock("2026-03-09T01:00:00+00:00")
        await confirmed(house, box)
        house.waits()
        await Notices(house.gateway.app).look()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.gateway.notices.worker", stdin=asyncio.subprocess.PIPE,
            env={**os.environ, "ZHICHUANG_DATABASE_URL": house.gateway.database.app_url},
        )  # fmt: skip
        box.kills = process.pid
        await process.communicate(b"now\n")
        assert process.returncode == -signal.SIGKILL
        box.kills = None
        assert len(box.taken) == 2
        # Another process takes over: the letter has come, as far as anybody can tell.
        async with house.gateway.sessions.begin() as session:
            await actions.give_up_handed(session, datetime.now(UTC))
        await house.look_and_send()
        assert len(box.taken) == 2
        (notice,) = (await house.caller.get("/v1/me/notices")).json()["items"]
        assert notice["letter_state"] == "uncertain"


async def test_a_worker_that_dies_before_it_hands_over_loses_nothing(
    running: Running, prepared: Any, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        house.waits()
        worker = Notices(house.gateway.app)
        await worker.look()

        async def dies(*_: Any) -> Any:
            raise Killed

        monkeypatch.setattr(Notices, "_hand", dies)
        with pytest.raises(Killed):
            await worker.send()
        monkeypatch.undo()
        assert len(box.taken) == 1
        await house.look_and_send()
        assert len(box.taken) == 2


async def test_what_comes_to_wait_is_told_as_soon_as_a_service_says_that_something_happened(
    running: Running, prepared: Any, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RETRY_SECONDS", "PAUSE_SECONDS"):
        monkeypatch.setattr(jobs, name, 0.05)
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        last = {"last_position": 7, "items": []}
        house.gateway.neighbours.answers["GET /v1/registry/events"] = last
        # A minute between two looks, if nothing happens.
        assert house.gateway.app.state.settings.notice_seconds == 60
        worker = asyncio.create_task(Notices(house.gateway.app).run())
        await settled(lambda: len(house.languages) == 1)
        await asyncio.sleep(0.3)
        house.waits()
        assert (len(house.languages), len(box.taken)) == (1, 1)
        last["last_position"] = 8
        await settled(lambda: len(box.taken) == 2)
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


async def test_two_workers_at_once_send_a_letter_once(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        house.waits()
        workers = [Notices(house.gateway.app) for _ in range(4)]
        await asyncio.gather(*(worker.look() for worker in workers))
        await asyncio.gather(*(worker.send() for worker in workers))
        assert len(box.taken) == 2


@pytest.mark.parametrize("answer", ["451 Later", "554 Never"])
async def test_a_letter_is_tried_again_unless_it_was_refused_for_good(
    running: Running, prepared: Any, box: Box, answer: str
) -> None:
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        house.waits()
        box.on_letter = [answer]
        worker = Notices(house.gateway.app)
        await worker.look()
        for _ in range(3):
            await worker.send()
            await asyncio.sleep(1.1)
        assert len(box.taken) == (2 if answer.startswith("4") else 1)


async def test_a_server_that_takes_a_letter_and_hangs_up_gets_it_once(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        house.waits()
        box.hang_up = True
        for _ in range(2):
            await house.look_and_send()
        assert len(box.taken) == 2
        (notice,) = (await house.caller.get("/v1/me/notices")).json()["items"]
        assert notice["letter_state"] == "uncertain"


@pytest.mark.requirement("A135")
@pytest.mark.refusing
async def test_an_address_that_refuses_rests_after_five_letters_and_no_log_names_it(
    running: Running, prepared: Any, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        # A logger of its own, since the others have bound themselves to the stream.
        monkeypatch.setattr(jobs, "log", structlog.get_logger())
        with structlog.testing.capture_logs() as said:
            for _ in range(6):
                house.waits()
                box.on_recipient = ["550 No such user"]
                await house.look_and_send()
        told = (await house.caller.get(CHANNEL)).json()
        assert told["state"] == "failing"
        assert len(box.taken) == 1
        assert {line["event"] for line in said} == {"notices.letter_not_sent"}
        assert ADDRESS not in str(said)
        assert code_in(box.texts()[0]) not in str(said)


@pytest.mark.requirement("A135")
async def test_a_webhook_gets_signed_letters_and_knows_a_repeated_one_by_its_id(
    running: Running, prepared: Any, box: Box, receiver: Receiver
) -> None:
    async with house_of(running, prepared) as house:
        body = {"kind": "webhook", "address": receiver.url, "language": "en"}
        made = (await house.caller.put(CHANNEL, json=body)).json()
        await Notices(house.gateway.app).send()
        signing = Signing(made["secret"])
        first = dict(signing.verify(receiver.got[0][1], receiver.got[0][0]))
        assert first["type"] == "notice.code"
        code = code_in(first["data"]["text"])
        await house.caller.post(f"{CHANNEL}/confirm", json={"code": code})
        house.waits(title="Correct the materials")
        receiver.statuses = [500]
        worker = Notices(house.gateway.app)
        await worker.look()
        await worker.send()
        await asyncio.sleep(1.1)
        await worker.send()
        assert len(receiver.got) == 3
        assert receiver.ids()[1] == receiver.ids()[2]
        told = json.loads(receiver.got[2][1])
        assert told["type"] == "notice.told"
        assert "Correct the materials" in told["data"]["text"]


@pytest.mark.requirement("A135")
@pytest.mark.refusing
async def test_a_code_is_guessed_five_times_at_most_and_its_channel_is_ones_own(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        assert (await house.caller.get(CHANNEL)).status_code == 404
        await house.connected()
        right = code_in(box.texts()[0])
        wrong = f"{(int(right) + 1) % 10**8:08d}"
        for _ in range(5):
            answer = await house.caller.post(f"{CHANNEL}/confirm", json={"code": wrong})
            assert (answer.status_code, answer.json()["code"]) == (422, "CODE_WRONG")
        answer = await house.caller.post(f"{CHANNEL}/confirm", json={"code": right})
        assert answer.json()["code"] == "CODE_WRONG"
        # A new code, and five more tries; the sixth of a day is refused.
        for _ in range(4):
            await house.connected()
        answer = await house.caller.put(CHANNEL, json={"kind": "smtp", "address": ADDRESS})
        assert (answer.status_code, answer.json()["code"]) == (409, "CODES_TOO_MANY")
        code = code_in(box.texts()[-1])
        assert code != right
        confirmed = await house.caller.post(f"{CHANNEL}/confirm", json={"code": code})
        assert confirmed.status_code == 200
        again = await house.caller.post(f"{CHANNEL}/confirm", json={"code": code})
        assert again.json()["code"] == "STATE_CONFLICT"


async def test_an_ended_channel_forgets_its_address_and_hears_nothing(
    running: Running, prepared: Any, box: Box
) -> None:
    async with house_of(running, prepared) as house:
        await confirmed(house, box)
        # Muting changes nothing about an address that was confirmed.
        body = {"kind": "smtp", "address": ADDRESS, "muted": ["application.correct"]}
        assert (await house.caller.put(CHANNEL, json=body)).json()["state"] == "active"
        house.waits()
        assert (await house.caller.delete(CHANNEL)).status_code == 204
        await house.look_and_send()
        assert len(box.taken) == 1
        assert (await house.caller.delete(CHANNEL)).status_code == 404


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "smtp", "address": "no address"}, "FIELD_INVALID"),
        ({"kind": "webhook", "address": "ftp://example.org/x"}, "URL_REFUSED"),
        ({"kind": "webhook", "address": "https://10.0.0.1/x"}, "ADDRESS_PRIVATE"),
    ],
)
async def test_an_address_that_is_none_is_refused(
    running: Running, prepared: Any, box: Box, body: dict[str, str], code: str
) -> None:
    async with house_of(running, prepared) as house:
        answer = await house.caller.put(CHANNEL, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.refusing
async def test_without_a_mail_server_mail_is_not_offered(running: Running, prepared: Any) -> None:
    async with house_of(running, prepared) as house:
        answer = await house.caller.put(CHANNEL, json={"kind": "smtp", "address": ADDRESS})
        assert (answer.status_code, answer.json()["code"]) == (409, "CHANNEL_NOT_OFFERED")


async def confirmed(house: Any, box: Box, **wish: Any) -> None:
    await house.connected(**wish)
    await settled(lambda: bool(box.taken))
    code = code_in(box.texts()[-1])
    answer = await house.caller.post(f"{CHANNEL}/confirm", json={"code": code})
    assert answer.status_code == 200, answer.text
