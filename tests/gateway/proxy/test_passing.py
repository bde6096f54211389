"""The way through, over real sockets: what arrives, what comes back, and what leaves on the way."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.proxy.holding import Holding
from tests.gateway.running_door import CLOCK, RunningDoor, running_door

FACTS = "/v1/registry/facts"


def seen(answer_body: bytes) -> dict[str, str]:
    """Give the header fields that reached the service."""
    return dict(json.loads(answer_body)["headers"])


def test_a_request_reaches_its_service_with_path_query_and_body(door: RunningDoor) -> None:
    answer = door.ask(
        f"{FACTS}?center_id=1&kind=a%20b", "POST", {"Content-Type": "text/csv"}, b"abc"
    )
    got = answer.json()
    assert (answer.status, got["method"], got["path"]) == (200, "POST", FACTS)
    assert (got["query"], got["size"]) == ("center_id=1&kind=a%20b", 3)


def test_every_header_that_pretends_to_speak_for_the_gateway_is_dropped(door: RunningDoor) -> None:
    forged = {
        "X-User-Id": "1",
        "X_User_Id": "1",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "h",
        "Forwarded": "for=6.6.6.6",
        "X-Real-IP": "6.6.6.6",
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/admin",
        "X-Consumer-Name": "a",
        "Cookie": "a=b",
        "TE": "trailers",
        "X-Sandbox-Clock": "2030-01-01T00:00:00Z",
        "X-Kept": "yes",
    }
    got = seen(door.ask(FACTS, headers=forged).body)
    ours = {"host", "x-request-id", "traceparent", "x-forwarded-for", "x-forwarded-host"}
    assert set(got) - ours == {"x-kept"}
    assert got["x-forwarded-for"] == "127.0.0.1"


def test_the_answer_loses_what_was_meant_for_one_hop(door: RunningDoor) -> None:
    answer = door.ask(FACTS)
    assert "x-secret" not in answer.headers
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["x-sandbox-clock"] == CLOCK


def test_a_request_id_and_a_trace_go_in_and_come_out(door: RunningDoor) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answer = door.ask(FACTS, headers={"X-Request-Id": "abc-1", "traceparent": trace})
    got = seen(answer.body)
    assert got["x-request-id"] == answer.headers["x-request-id"] == "abc-1"
    assert got["traceparent"][:36] == answer.headers["traceparent"][:36] == trace[:36]
    assert got["traceparent"] != trace


@pytest.mark.parametrize("given", ["a b", "a" * 65, "x\ty", "naïve", ""])
def test_a_request_id_that_could_break_a_log_is_replaced(door: RunningDoor, given: str) -> None:
    answer = door.ask(FACTS, headers={"X-Request-Id": given})
    assert answer.status == 200
    assert answer.headers["x-request-id"] not in ("", given, "forged")


@pytest.mark.parametrize("status", [204, 304, 404, 409, 422])
def test_a_service_s_own_status_comes_back(door: RunningDoor, status: int) -> None:
    assert door.ask(f"/v1/registry/{status}").status == status


def test_head_answers_without_a_body(door: RunningDoor) -> None:
    answer = door.raw(f"HEAD {FACTS} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n".encode())[0]
    assert (answer.status, answer.body) == (200, b"")


def test_two_requests_on_one_connection_get_two_answers(door: RunningDoor) -> None:
    one = f"GET {FACTS}?n=1 HTTP/1.1\r\nHost: d\r\n\r\n".encode()
    two = f"GET {FACTS}?n=2 HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n".encode()
    assert [answer.json()["query"] for answer in door.raw(one + two)] == ["n=1", "n=2"]


def test_a_good_token_passes_and_reaches_the_service(door: RunningDoor) -> None:
    token = door.signer.token("member")
    got = seen(door.ask(FACTS, headers={"Authorization": f"Bearer {token}"}).body)
    assert got["authorization"] == f"Bearer {token}"


@pytest.mark.refusing
def test_a_service_that_is_down_is_503_with_a_time_to_come_back(door: RunningDoor) -> None:
    answer = door.ask("/v1/evaluation/cases", headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "en"


def test_another_address_of_a_service_is_tried_when_one_does_not_connect(door: RunningDoor) -> None:
    statuses = [door.ask("/v1/ip-ledger/facts", "POST", body=b"{}").status for _ in range(4)]
    assert statuses == [200, 200, 200, 200]


@pytest.mark.refusing
def test_a_body_announced_too_large_is_refused_before_it_is_read() -> None:
    with running_door(max_json_bytes=1000) as door:
        answer = door.ask(FACTS, "POST", body=b"x" * 300_000)
        assert (answer.status, answer.json()["code"]) == (413, "BODY_TOO_LARGE")
        assert door.upstream.requests == []
        assert door.ask("/v1/registry/fact-batches", "POST", body=b"x" * 2000).status == 200


@pytest.mark.refusing
def test_a_body_that_grows_too_large_in_chunks_is_refused() -> None:
    with running_door(max_json_bytes=100_000) as door:
        head = f"POST {FACTS} HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        chunk = b"c350\r\n" + b"x" * 50_000 + b"\r\n"
        answer = door.raw(head + chunk, more=chunk * 4 + b"0\r\n\r\n")[0]
        assert (answer.status, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


def test_a_chunked_body_streams_through(door: RunningDoor) -> None:
    head = f"POST {FACTS} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n"
    chunked = head.encode() + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = door.raw(chunked + b"3\r\nabc\r\n", more=b"2\r\nde\r\n0\r\n\r\n")[0]
    assert answer.json()["size"] == 5


@pytest.mark.refusing
def test_a_body_that_stops_is_given_up(door: RunningDoor) -> None:
    head = f"POST {FACTS} HTTP/1.1\r\nHost: d\r\nContent-Length: 10\r\n\r\nabc"
    answer = door.raw(head.encode())[0]
    assert (answer.status, answer.json()["code"]) == (408, "REQUEST_TIMEOUT")


@pytest.mark.refusing
def test_a_compressed_body_is_refused(door: RunningDoor) -> None:
    answer = door.ask(FACTS, "POST", {"Content-Encoding": "gzip"}, b"xx")
    assert (answer.status, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_slow_reader_holds_the_service_back() -> None:
    with running_door(upstream_read_seconds=10) as door, door.connect() as connection:
        connection.sendall(b"GET /v1/registry/endless HTTP/1.1\r\nHost: d\r\n\r\n")
        time.sleep(1)
        first = door.upstream.sent
        time.sleep(0.5)
        # Some megabytes lie in the sockets' buffers; the other twenty wait at the service.
        assert first == door.upstream.sent < 20_000_000


def test_a_client_that_leaves_cancels_the_call_behind_it() -> None:
    with running_door(upstream_read_seconds=10) as door:
        with door.connect() as connection:
            connection.sendall(b"GET /v1/registry/slow HTTP/1.1\r\nHost: d\r\n\r\n")
            time.sleep(0.4)
        deadline = time.monotonic() + 3
        while not door.upstream.left and time.monotonic() < deadline:
            time.sleep(0.02)
        assert door.upstream.left == ["http.disconnect"]


@pytest.mark.refusing
def test_a_service_that_does_not_answer_in_time_is_504(door: RunningDoor) -> None:
    with door.connect() as connection:
        connection.sendall(b"GET /v1/registry/slow HTTP/1.1\r\nHost: d\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 504"


@pytest.mark.refusing
def test_an_answer_that_breaks_off_does_not_pass_for_a_whole_one(door: RunningDoor) -> None:
    answer = door.raw(b"GET /v1/registry/broken HTTP/1.1\r\nHost: d\r\n\r\n")[0]
    assert int(answer.headers["content-length"]) > len(answer.body)


def test_what_is_the_gateway_s_own_never_reaches_a_service(door: RunningDoor) -> None:
    before = len(door.upstream.requests)
    assert door.ask("/").json() == {"own": "/", "size": 0}
    assert door.ask("/oauth/token", "POST", body=b"abc").json() == {
        "own": "/oauth/token",
        "size": 3,
    }
    assert door.ask("/internal/clock").status == 404
    assert len(door.upstream.requests) == before


@pytest.mark.parametrize("head", ["Content-Length: 0\r\n", ""])
def test_a_post_without_content_reaches_its_service(door: RunningDoor, head: str) -> None:
    request = f"POST {FACTS} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n{head}\r\n"
    [answer] = door.raw(request.encode())
    assert (answer.status, answer.json()["size"]) == (200, 0)


def test_a_connection_that_the_service_has_closed_is_not_used_again() -> None:
    with running_door(upstream_keep_alive=1, upstream_idle_seconds=30) as door:
        for _ in range(2):
            assert door.ask(FACTS, "POST", body=b"{}").status == 200
            time.sleep(1.3)
        assert len(door.upstream.requests) == 2


def test_who_holds_on_is_asked_for_again_without_waiting_when_the_door_closes(
    door: RunningDoor,
) -> None:
    async def close() -> None:
        door.door.holding.close()

    feed, asked = "/v1/registry/events", len(door.upstream.requests)
    with ThreadPoolExecutor() as callers:
        holding = callers.submit(door.ask, f"{feed}?after=3&types=a%2Cb&wait=20")
        while len(door.upstream.requests) == asked:
            time.sleep(0.01)
        try:
            door.run(close())
            answer = holding.result(5)
            assert (answer.status, answer.json()["query"]) == (200, "after=3&types=a%2Cb")
            # Nobody begins to wait now.
            assert door.ask(f"{feed}?wait=20").json()["query"] == ""
        finally:
            door.door.holding = Holding()
    assert [one["query"] for one in door.upstream.requests[asked:]] == [
        "after=3&types=a%2Cb&wait=20", "after=3&types=a%2Cb", "",
    ]  # fmt: skip
