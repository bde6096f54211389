"""Who asks far above his limit: refused early, slower each time, of no weight for the others."""

import io
import json
import re
import socket
import time
from typing import Any

import pytest

from gateway.proxy import floods
from gateway.proxy.access_log import MOST_REFUSALS, AccessLog
from gateway.proxy.floods import Floods
from tests.gateway.running_door import running_door

CENTERS = "/v1/registry/centers"
WAITS = [(1, 0.2), (49, 0.2), (50, 0.4), (99, 0.4), (100, 0.6), (450, 2.0), (5_000, 2.0)]


@pytest.mark.parametrize(("refusals", "seconds"), WAITS)
def test_who_goes_on_waits_longer_up_to_a_bound(refusals: int, seconds: float) -> None:
    known = Floods()
    waits = [known.refused("192.0.2.1", 100.0) for _ in range(refusals)]
    assert waits[-1] == pytest.approx(seconds)
    assert known.refused("192.0.2.2", 100.0) == pytest.approx(floods.SLOW_SECONDS)


def test_who_stops_is_forgotten_and_memory_is_bounded() -> None:
    known = Floods(most=3)
    for _ in range(200):
        known.refused("a", 100.0)
    assert known.refused("a", 100.0 + floods.HOT_SECONDS) > floods.SLOW_SECONDS
    assert known.refused("a", 120.1 + floods.HOT_SECONDS) == floods.SLOW_SECONDS
    for name in "bcde":
        known.refused(name, 130.0)
    assert len(known) == 3
    # The one that was refused longest ago made room.
    assert known.may_guess("a", 130.0)


@pytest.mark.refusing
def test_of_an_address_that_floods_few_unknown_tokens_are_looked_at() -> None:
    known = Floods()
    assert all(known.may_guess("a", 100.0) for _ in range(1_000))
    known.refused("a", 100.0)
    looked = [known.may_guess("a", 100.5) for _ in range(floods.GUESSES + 5)]
    assert looked == [True] * floods.GUESSES + [False] * 5
    assert known.may_guess("a", 101.0)
    assert all(known.may_guess("b", 100.5) for _ in range(1_000))


def test_refusals_of_a_flood_are_one_line_that_counts_them() -> None:
    written = io.StringIO()
    log = AccessLog(written)
    taken = [log.takes_refusal() for _ in range(MOST_REFUSALS + 30)]
    assert taken.count(True) == MOST_REFUSALS
    log.flush()
    [line] = map(json.loads, written.getvalue().splitlines())
    assert (line["event"], line["status"], line["count"]) == ("requests_refused", 429, 30)
    assert log.takes_refusal()


def asking(token: str) -> bytes:
    return f"GET {CENTERS} HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def status(connection: socket.socket) -> int:
    return int(connection.recv(65_536).split(b" ", 2)[1])


@pytest.mark.requirement("X01")
@pytest.mark.refusing
def test_a_flood_of_made_up_tokens_is_refused_unread_and_a_known_one_passes() -> None:
    with running_door(limit_address=5) as door:
        verified: list[str] = []
        verify = door.door._verify

        async def noted(token: str) -> Any:
            verified.append(token)
            return await verify(token)

        good, made_up = door.signer.token("member"), door.signer.token("member")[:-20] + "A" * 20
        door.door._verify = noted
        door.door.knows = {good}.__contains__
        with door.connect() as connection:
            statuses = []
            for _ in range(7):
                connection.sendall(asking(made_up))
                statuses.append(status(connection))
        # Where the minute turns amid it, what is left of the last one is rounded down.
        assert statuses in ([401] * 5 + [429] * 2, [401] * 6 + [429])
        # Its address is above the limit now: of more of them, a second's worth is looked at.
        looked_at, began = len(verified), time.monotonic()
        connections = [door.connect() for _ in range(40)]
        for connection in connections:
            connection.sendall(asking(made_up))
        assert {status(connection) for connection in connections} == {429}
        for connection in connections:
            connection.close()
        seconds = 2 + int(time.monotonic() - began)
        assert len(verified) - looked_at <= min(floods.GUESSES * seconds, 39)
        assert door.ask(CENTERS, headers={"Authorization": f"Bearer {good}"}).status == 200


@pytest.mark.requirement("X01")
@pytest.mark.refusing
def test_who_does_not_heed_retry_after_is_refused_at_the_door_and_harms_nobody() -> None:
    with running_door(limit_client=5) as door:
        stubborn = door.signer.token("member", client_id="stubborn")
        other = door.signer.token("member", client_id="heeding")
        connections = [door.connect() for _ in range(10)]
        answers = []
        took = []
        for _ in range(3):
            # Each asks again at once, whatever it was told.
            for connection in connections:
                connection.sendall(asking(stubborn))
            began = time.monotonic()
            heeding = {"Authorization": f"Bearer {other}"}
            assert door.ask(CENTERS, headers=heeding).status == 200
            took.append(time.monotonic() - began)
            answers += [connection.recv(65_536) for connection in connections]
        for connection in connections:
            connection.close()
        served = [one for one in answers if one.startswith(b"HTTP/1.1 200")]
        refused = [one for one in answers if one.startswith(b"HTTP/1.1 429")]
        # Where the minute turns amid it, one more may pass.
        assert len(served) in (5, 6)
        assert len(served) + len(refused) == 30
        assert all(re.search(rb"\r\nretry-after: [1-9]\d?\r\n", one) for one in refused)
        # Nothing behind the door heard of those that were refused.
        asked = [dict(one["headers"])["authorization"] for one in door.upstream.requests]
        assert asked.count(f"Bearer {stubborn}") == len(served)
        # Nobody else waits while they are kept waiting: each for 0.2 s at least.
        assert min(took) < floods.SLOW_SECONDS


INSIDE = [
    ("127.0.0.0/8,::1/128", "", 200),
    ("127.0.0.0/8", "X-Forwarded-For: 203.0.113.9\r\n", 404),
    ("127.0.0.0/8", "Forwarded: for=203.0.113.9\r\n", 404),
    ("10.0.0.0/8", "", 404),
    ("", "", 404),
]


@pytest.mark.refusing
def test_the_doors_own_figures_are_for_the_inside_and_come_through_no_balancer() -> None:
    with running_door() as door:
        for networks, more, status in INSIDE:
            door.door.take(door.settings.model_copy(update={"metrics_networks": networks}))
            head = f"GET /metrics HTTP/1.1\r\nHost: d\r\nConnection: close\r\n{more}\r\n"
            [answer] = door.raw(head.encode())
            assert answer.status == status, (networks, more)
