"""Who is silent, slow or greedy: a service over a request, a client over an answer, a caller."""

import contextlib
import socket
import time

import pytest
from prometheus_client import REGISTRY

from gateway.proxy.connections import ANSWERED, Connections
from gateway.proxy.patience import Patience
from gateway.proxy.sharing import Shares
from gateway.settings import SLOW_ROUTES, GatewaySettings
from tests.gateway.running_door import RunningDoor, answers_in, running_door

CENTERS = "/v1/registry/centers"
SLOW = "/v1/registry/slow"


@pytest.mark.parametrize(
    ("target", "seconds"),
    [
        (CENTERS, 15),
        (f"{CENTERS}?wait=9", 15),
        ("/v1/registry/events", 15),
        ("/v1/registry/events?after=7", 15),
        ("/v1/registry/events?after=7&wait=60", 65),
        ("/v1/evaluation/cases/1/compute?preview=true", 120),
        ("/v1/registry/fact-batches", 120),
        ("/v1/registry/fact-batches/1", 15),
        ("/v1/ip-ledger/books-export", 120),
        ("/v1/registry/applications/1/dossier.pdf", 120),
        ("/v1/registry/files", 120),
        ("/v1/registry/files/1", 15),
        ("/", 15),
    ],
)
def test_each_route_has_its_own_patience(target: str, seconds: int) -> None:
    assert Patience(15, 65, SLOW_ROUTES).over(target) == seconds
    known = GatewaySettings()
    assert (known.upstream_read_seconds, known.upstream_poll_seconds) == (15, 65)


@pytest.mark.refusing
def test_a_silent_service_costs_an_ordinary_request_less_than_a_feed_that_holds_on() -> None:
    with running_door(
        upstream_read_seconds=0.1, upstream_poll_seconds=5, upstream_route_seconds={"compute": 5}
    ) as door:
        for kind in ("events", "compute"):
            door.upstream.says[kind] = (200, [], b"{}")
        door.upstream.seconds = 0.4
        assert door.ask("/v1/registry/events?wait=1").status == 200
        assert door.ask("/v1/registry/compute").status == 200
        began = time.monotonic()
        late = [door.ask(target) for target in ("/v1/registry/events", SLOW)]
        assert time.monotonic() - began < 1
        for answer in late:
            assert (answer.status, answer.json()["code"]) == (504, "ANSWER_TIMEOUT")
            assert answer.headers["retry-after"] == "2"
        # A write that is late may have happened: it is sent once, and its caller repeats it.
        before = len(door.upstream.requests)
        assert door.ask(SLOW, "POST", {"Idempotency-Key": "a"}, b"{}").status == 504
        assert len(door.upstream.requests) == before + 1


def test_connections_are_counted_by_address_and_those_beyond_are_told_why_for_a_while() -> None:
    held = Connections(2)
    assert [held.opened("a") for _ in range(4)] == [True, True, False, False]
    assert held.opened("b")
    assert held.hears_why("a")
    for _ in range(ANSWERED):
        held.opened("a")
    assert not held.hears_why("a")
    for _ in range(ANSWERED + 3):
        held.closed("a")
    assert held.opened("a")
    held.closed("b")
    assert held._held == {"a": 2}
    assert all(Connections(0).opened("a") for _ in range(100))


@pytest.mark.refusing
def test_an_address_holds_so_many_connections_and_is_told_of_one_too_many() -> None:
    name = "gateway_connections_refused_total"
    before = REGISTRY.get_sample_value(name) or 0
    with running_door(address_connections=3, head_seconds=5) as door:
        held = [door.connect() for _ in range(3)]
        with door.connect() as beyond:
            [answer] = answers_in(_all_of(beyond))
        assert (answer.status, answer.json()["code"]) == (429, "TOO_MANY_AT_ONCE")
        assert answer.headers["connection"] == "close"
        assert REGISTRY.get_sample_value(name) == before + 1
        held.pop().close()
        assert _soon(lambda: door.door.edge.connections._held.get("127.0.0.1", 0) < 3)
        assert door.ask(CENTERS).status == 200
        for connection in held:
            connection.close()
    assert door.door.edge.connections._held == {}


@pytest.mark.refusing
def test_who_takes_nothing_of_an_answer_is_let_go_and_holds_no_service() -> None:
    with running_door(answer_idle_seconds=0.3, upstream_read_seconds=10) as door:
        with door.connect() as connection:
            connection.sendall(b"GET /v1/registry/endless HTTP/1.1\r\nHost: d\r\n\r\n")
            assert _soon(lambda: _busy(door) == 1)
            assert _soon(lambda: _busy(door) == 0)
            # What lay in the sockets' buffers may still come; the answer's end does not.
            assert not _all_of(connection).endswith(b"0\r\n\r\n")
        assert door.ask(CENTERS).status == 200


@pytest.mark.refusing
def test_a_caller_has_so_many_requests_under_way_and_the_others_go_on() -> None:
    with running_door(caller_exchanges=2, upstream_read_seconds=10) as door:
        waiting = [door.connect() for _ in range(2)]
        for connection in waiting:
            connection.sendall(f"GET {SLOW} HTTP/1.1\r\nHost: d\r\n\r\n".encode())
        assert _soon(lambda: _busy(door) == 2)
        refused = door.ask(CENTERS, "POST", body=b"{}")
        assert (refused.status, refused.json()["code"]) == (429, "TOO_MANY_AT_ONCE")
        token = {"Authorization": f"Bearer {door.signer.token('member')}"}
        assert door.ask(CENTERS, headers=token).status == 200
        for connection in waiting:
            connection.close()
        assert _soon(lambda: door.ask(CENTERS).status == 200)


def test_what_is_over_frees_its_callers_share() -> None:
    shares = Shares()
    assert [shares.begins("a", 2) for _ in range(3)] == [True, True, False]
    assert shares.begins("b", 2)
    shares.ends("a")
    assert shares.begins("a", 2)
    assert all(shares.begins("c", 0) for _ in range(9))


def test_a_larger_head_passes_where_the_settings_let_it() -> None:
    with running_door(max_head_bytes=64_000) as door, door.connect() as connection:
        connection.sendall(f"GET {CENTERS} HTTP/1.1\r\nHost: d\r\nX-A: {'a' * 40_000}".encode())
        time.sleep(0.05)
        connection.sendall(b"\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"


def _busy(door: RunningDoor) -> int:
    lines = door.door._upstreams._lines
    return 0 if lines is None else lines.busy


def _all_of(connection: socket.socket) -> bytes:
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65_536):
            received += chunk
    return bytes(received)


def _soon(true: object) -> bool:
    """Tell whether something comes true within three seconds."""
    assert callable(true)
    until = time.monotonic() + 3
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(true())
