"""Requests that are not quite requests, byte by byte: each is refused with a problem document."""

import time

import pytest

from tests.gateway.running_door import RunningDoor

CLOSE = b"Connection: close\r\n\r\n"
EMPTY = b"Content-Length: 0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = b"\r\n0\r\n\r\n"
LINE = b"GET /v1/registry/centers HTTP/1.1\r\n"
POST = b"POST /v1/registry/facts HTTP/1.1\r\nHost: d\r\n"
SMUGGLED = b"GET /v1/registry/smuggled HTTP/1.1\r\nHost: d\r\n\r\n"

UNREADABLE = {
    "content length and chunks": POST + b"Content-Length: 5\r\n" + CHUNKED + LAST,
    "chunks and content length": POST + CHUNKED + b"Content-Length: 5\r\n" + LAST,
    "two equal lengths": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "two different lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "a length with a sign": POST + b"Content-Length: +3\r\n\r\nabc",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "a length beyond every number": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    "two lengths in one line": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked and then another": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "two codings": POST + CHUNKED + b"Transfer-Encoding: identity\r\n" + LAST,
    "a space before the colon": POST + b"Content-Length : 3\r\n\r\nabc",
    "a space before the first name": LINE + b" Host: d\r\n\r\n",
    "a folded line": LINE + b"Host: d\r\nX-A: b\r\n c\r\n\r\n",
    "a bare carriage return": LINE + b"Host: d\r\nX-A: b\rX-B: c\r\n\r\n",
    "a bare line feed": b"GET / HTTP/1.1\nHost: d\n\n",
    "a NUL in a value": LINE + b"Host: d\r\nX-A: b\x00c\r\n\r\n",
    "a NUL in a name": LINE + b"Host: d\r\nX-A\x00: b\r\n\r\n",
    "an empty name": LINE + b"Host: d\r\n: b\r\n\r\n",
    "a line without a colon": LINE + b"Host: d\r\nX-A\r\n\r\n",
    "no host": LINE + b"\r\n",
    "two hosts": LINE + b"Host: d\r\nHost: e\r\n\r\n",
    "an empty host": LINE + b"Host: \r\n\r\n",
    "a host with a user": LINE + b"Host: a@d\r\n\r\n",
    "a host with a path": LINE + b"Host: d/x\r\n\r\n",
    "another host in the target": b"GET http://other/v1/me HTTP/1.1\r\nHost: d\r\n\r\n",
    "a target that is a star": b"OPTIONS * HTTP/1.1\r\nHost: d\r\n\r\n",
    "HTTP of the first days": b"GET /v1/registry/centers\r\n\r\n",
    "HTTP/0.9 by name": b"GET /v1/registry/centers HTTP/0.9\r\nHost: d\r\n\r\n",
    "HTTP/2 without asking": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3.7": b"GET / HTTP/3.7\r\nHost: d\r\n\r\n",
    "no target": b"GET  HTTP/1.1\r\nHost: d\r\n\r\n",
    "a tab in the request line": b"GET\t/ HTTP/1.1\r\nHost: d\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\nHost: d\r\n\r\n",
    "a fragment in the target": b"GET /v1/registry/a\\b HTTP/1.1\r\nHost: d\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
    "a chunk size that is none": POST + CHUNKED + b"\r\nzz\r\nabc" + LAST,
    "a chunk size with a sign": POST + CHUNKED + b"\r\n+3\r\nabc" + LAST,
    "a chunk longer than it says": POST + CHUNKED + b"\r\n1\r\nabc" + LAST,
    "two tokens": LINE + b"Host: d\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "two idempotency keys": POST + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n" + EMPTY,
    "two preconditions": POST + b'If-Match: "1"\r\nIf-Match: "2"\r\n' + EMPTY,
    "two media types": POST + b"Content-Type: a/b\r\nContent-Type: c/d\r\n" + EMPTY,
    "connection names the token": LINE
    + b"Host: d\r\nAuthorization: Bearer a\r\nConnection: authorization\r\n\r\n",
    "connection names the host": LINE + b"Host: d\r\nConnection: close, host\r\n\r\n",
    "a value that is no text": LINE + b"Host: d\r\nX-A: \xff\xfe\r\n\r\n",
}

PATHS = [
    "/v1/registry/../identity/clients",
    "/v1/registry/%2e%2e/identity/clients",
    "/v1/registry/.%2E/x",
    "/v1/registry/%2fx",
    "/v1/registry/%5cx",
    "/v1/registry//x",
    "//v1/registry/x",
    "/v1/registry/x;a=b",
    "/v1/registry/%3Ba",
    "/v1/registry/%00",
    "/v1/registry/%0d%0aX-A:b",
    "/v1/registry/%ff",
    "/v1/registry/%zz",
    "/v1/registry/%c0%ae%c0%ae/x",
    "/v1/registry/%252e%252e/x",
    "/v1/registry/.",
    "/v1/registry/%",
    "/./v1/registry/x",
    "/v1/%2e/registry/x",
    "/internal%2fclock",
]


def problem_of(door: RunningDoor, request: bytes, *, more: bytes = b"") -> tuple[int, str]:
    """Send bytes and give status and code of the one problem document that comes back."""
    before = len(door.upstream.requests)
    answers = door.raw(request, more=more)
    assert len(answers) == 1, answers
    [answer] = answers
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status
    assert problem["request_id"] == answer.headers["x-request-id"] != ""
    assert len(door.upstream.requests) == before, "it reached a service"
    return answer.status, problem["code"]


@pytest.mark.refusing
@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_a_malformed_request_is_400_and_reaches_nobody(door: RunningDoor, name: str) -> None:
    assert problem_of(door, UNREADABLE[name]) == (400, "REQUEST_UNREADABLE")


@pytest.mark.refusing
@pytest.mark.parametrize("path", PATHS)
def test_a_path_with_two_readings_is_400_and_reaches_nobody(door: RunningDoor, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n".encode()
    assert problem_of(door, request) == (400, "REQUEST_UNREADABLE")


@pytest.mark.refusing
def test_a_second_request_hidden_in_a_body_is_never_answered(door: RunningDoor) -> None:
    hidden = POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED
    assert problem_of(door, hidden) == (400, "REQUEST_UNREADABLE")


@pytest.mark.refusing
def test_a_request_after_a_refused_one_is_never_answered(door: RunningDoor) -> None:
    refused = LINE + b"Host: d\r\nHost: e\r\n\r\n"
    assert problem_of(door, refused + SMUGGLED) == (400, "REQUEST_UNREADABLE")


@pytest.mark.refusing
@pytest.mark.parametrize("method", [b"FOO", b"get", b"G3T"])
def test_an_unknown_method_is_501(door: RunningDoor, method: bytes) -> None:
    request = method + b" /v1/registry/centers HTTP/1.1\r\nHost: d\r\n\r\n"
    assert problem_of(door, request) == (501, "METHOD_UNKNOWN")


@pytest.mark.refusing
@pytest.mark.parametrize("method", [b"TRACE", b"PROPFIND", b"PURGE", b"LINK"])
def test_a_method_that_nothing_here_takes_is_405(door: RunningDoor, method: bytes) -> None:
    request = method + b" /v1/registry/centers HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n"
    assert problem_of(door, request) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.refusing
def test_connect_is_refused(door: RunningDoor) -> None:
    status, _ = problem_of(door, b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n")
    assert status in (400, 405)


@pytest.mark.refusing
def test_a_target_that_is_too_long_is_414(door: RunningDoor) -> None:
    for size in (9_000, 140_000):
        request = b"GET /v1/registry/" + b"a" * size + b" HTTP/1.1\r\nHost: d\r\n" + CLOSE
        assert problem_of(door, request) == (414, "URI_TOO_LONG")


@pytest.mark.refusing
@pytest.mark.parametrize(
    "fields",
    [
        b"X-A: " + b"a" * 17_000 + b"\r\n",
        b"X-A: " + b"a" * 1_000_000 + b"\r\n",
        b"".join(b"X-%d: b\r\n" % number for number in range(101)),
        b"".join(b"X-%d: b\r\n" % number for number in range(20_000)),
    ],
    ids=["17 kB", "1 MB", "101 fields", "20000 fields"],
)
def test_a_head_that_is_too_large_is_431(door: RunningDoor, fields: bytes) -> None:
    assert problem_of(door, LINE + b"Host: d\r\n" + fields + b"\r\n") == (431, "HEADERS_TOO_LARGE")


@pytest.mark.refusing
def test_a_head_that_drips_is_408(door: RunningDoor) -> None:
    assert problem_of(door, LINE + b"Host: d\r\n") == (408, "REQUEST_TIMEOUT")


def test_a_connection_that_says_nothing_is_closed(door: RunningDoor) -> None:
    with door.connect() as connection:
        started = time.monotonic()
        assert connection.recv(1) == b""
        assert time.monotonic() - started < 2


def test_an_upgrade_is_ignored_and_the_connection_ends(door: RunningDoor) -> None:
    upgrade = LINE + b"Host: d\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    upgrade += b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    answers = door.raw(upgrade + SMUGGLED)
    assert [answer.status for answer in answers] == [200]
    assert answers[0].headers["connection"] == "close"
    assert not {"upgrade", "http2-settings"} & set(dict(answers[0].json()["headers"]))


def test_an_absolute_target_that_names_this_host_is_taken(door: RunningDoor) -> None:
    request = b"GET http://d/v1/registry/centers?a=1 HTTP/1.1\r\nHost: d\r\n" + CLOSE
    [answer] = door.raw(request)
    assert (answer.status, answer.json()["path"]) == (200, "/v1/registry/centers")


def test_an_expectation_is_met_before_the_body_is_sent(door: RunningDoor) -> None:
    head = POST + b"Content-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    with door.connect() as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"abc")
        assert connection.recv(12) == b"HTTP/1.1 200"


@pytest.mark.refusing
def test_a_refused_expectation_never_asks_for_the_body(door: RunningDoor) -> None:
    head = POST + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
    assert problem_of(door, head) == (413, "BODY_TOO_LARGE")


@pytest.mark.refusing
def test_nothing_of_a_refused_request_is_echoed(door: RunningDoor) -> None:
    for request in (
        LINE + b"Host: secret-word\r\nHost: e\r\n\r\n",
        b"SECRETWORD / HTTP/1.1\r\n\r\n",
    ):
        [answer] = door.raw(request)
        assert b"secret" not in answer.body.lower()


def test_the_answer_does_not_tell_which_server_it_is(door: RunningDoor) -> None:
    assert "server" not in door.ask("/v1/registry/centers").headers


def test_nonsense_after_a_good_request_does_not_spoil_its_answer(door: RunningDoor) -> None:
    good = b"GET /v1/registry/centers HTTP/1.1\r\nHost: d\r\n\r\n"
    answers = door.raw(good + b"\x00\x01\x02\r\n\r\n" + SMUGGLED)
    assert [answer.status for answer in answers] == [200]
