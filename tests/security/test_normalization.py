"""One spelling of everything: paths, fields and framings in which two readers could differ."""

import json
import socket
import time

import pytest

from gateway.proxy.upstream import Body
from tests.gateway.running_door import RunningDoor
from tests.security.test_http_edge import POST, SMUGGLED, problem_of

CLOSE = b"Connection: close\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = b"\r\n0\r\n\r\n"

PATHS = [
    "/v1/registry/%2F", "/v1/registry/a%2fb", "/v1/registry/a%2F..%2Fb", "/v1%2fregistry/x",
    "/%2fv1/registry/x", "/v1/registry/..", "/v1/registry/../", "/../v1/registry/x",
    "/v1/registry/a/../b", "/v1/registry/a/./b", "/v1/registry/%2e", "/v1/registry/%2e%2e",
    "/v1/registry/%2E%2E%2fx", "/v1/registry/..%2fx", "/v1/registry/..%5cx", "/v1/registry/a//",
    "/v1/registry///x", "/v1//registry/x", "/v1/registry/x;", "/v1/registry;a/x",
    "/v1/registry/x;jsessionid=1", "/v1/registry/%3b", "/v1/registry/x%3Ba=b",
    "/v1/registry/%252f", "/v1/registry/%25%32%66", "/v1/registry/%25", "/v1/registry/%%32e",
    "/v1/registry/%u002e", "/v1/registry/%1", "/v1/registry/%g0", "/v1/registry/%7f",
    "/v1/registry/%09", "/v1/registry/%0a", "/v1/registry/%0d", "/v1/registry/%1b[2J",
    "/v1/registry/%c0%af", "/v1/registry/%e0%80%af", "/v1/registry/%f8%80%80%80%af",
    "/v1/registry/%ed%a0%80", "/v1/registry/\"", "/v1/registry/<x>", "/v1/registry/{x}",
    "/v1/registry/x|y", "/v1/registry/x^y", "/v1/registry/x`y", "/v1/registry/\\x",
    "/.%2e/v1/registry/x", "/v1/registry/.%2e", "/v1/registry/%2e.",
    "/oauth/..%2fv1/registry/x", "/v1/public//centers", "/v1/./public/centers",
]  # fmt: skip

FRAMINGS = {
    "a length with a space inside": POST + b"Content-Length: 1 0\r\n\r\n0123456789",
    "a length with a tab before a colon": POST + b"Content-Length\t: 3\r\n\r\nabc",
    "a length with an underscore": POST + b"Content-Length: 1_0\r\n\r\n0123456789",
    "a length that is a fraction": POST + b"Content-Length: 3.0\r\n\r\nabc",
    "a length that is a power": POST + b"Content-Length: 3e0\r\n\r\nabc",
    "a length in full-width digits": POST + "Content-Length: ３\r\n\r\nabc".encode(),
    "a length and a second name for it": POST
    + b"Content-Length: 3\r\nContent-length: 5\r\n\r\nabcde",
    "chunked in quotes": POST + b'Transfer-Encoding: "chunked"\r\n' + LAST,
    "chunked twice": POST + CHUNKED + CHUNKED + LAST,
    "chunked and chunked": POST + b"Transfer-Encoding: chunked, chunked\r\n" + LAST,
    "chunked behind a comma": POST + b"Transfer-Encoding: ,chunked\r\nContent-Length: 3\r\n\r\nabc",
    "chunked behind a vertical tab": POST + b"Transfer-Encoding:\x0bchunked\r\n" + LAST,
    "chunked over a folded line": POST + b"Transfer-Encoding:\r\n chunked\r\n" + LAST,
    "a coding that is compressed": POST + b"Transfer-Encoding: gzip, chunked\r\n" + LAST,
    "a coding in another spelling": POST
    + b"Transfer_Encoding: chunked\r\nContent-Length: +5\r\n\r\n",
    "a chunk size in another base": POST + CHUNKED + b"\r\n0x3\r\nabc" + LAST,
    "a chunk size beyond every number": POST + CHUNKED + b"\r\n" + b"f" * 20 + b"\r\nabc" + LAST,
    "a chunk size with a space before it": POST + CHUNKED + b"\r\n 3\r\nabc" + LAST,
    "a chunk ended by a bare line feed": POST + CHUNKED + b"\r\n3\nabc" + LAST,
    "a chunk size that is empty": POST + CHUNKED + b"\r\n\r\nabc" + LAST,
    "a name with a slash": b"GET / HTTP/1.1\r\nHost: d\r\nX/A: b\r\n\r\n",
    "a name with a bracket": b"GET / HTTP/1.1\r\nHost: d\r\nX[A]: b\r\n\r\n",
    "a name in another script": "GET / HTTP/1.1\r\nHost: d\r\n主机: b\r\n\r\n".encode(),
    "a host with a port that is none": b"GET / HTTP/1.1\r\nHost: d:x\r\n\r\n",
    "a host with two ports": b"GET / HTTP/1.1\r\nHost: d:1:2\r\n\r\n",
    "a host with a comma": b"GET / HTTP/1.1\r\nHost: d,e\r\n\r\n",
    "a host with a space": b"GET / HTTP/1.1\r\nHost: d e\r\n\r\n",
    "a host with NUL": b"GET / HTTP/1.1\r\nHost: d\x00e\r\n\r\n",
    "a target without a slash": b"GET v1/registry/centers HTTP/1.1\r\nHost: d\r\n\r\n",
    "a target of another scheme": b"GET ftp://d/v1/registry/x HTTP/1.1\r\nHost: d\r\n\r\n",
    "a target with a user": b"GET http://u@d/v1/registry/x HTTP/1.1\r\nHost: d\r\n\r\n",
    "a version in lower case": b"GET / http/1.1\r\nHost: d\r\n\r\n",
    "a version of two numbers": b"GET / HTTP/1.10\r\nHost: d\r\n\r\n",
}  # fmt: skip


@pytest.mark.refusing
@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_could_be_read_in_two_ways_reaches_nobody(door: RunningDoor, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n".encode()
    assert problem_of(door, request) == (400, "REQUEST_UNREADABLE")


@pytest.mark.refusing
@pytest.mark.parametrize("name", sorted(FRAMINGS))
def test_a_framing_that_could_be_read_in_two_ways_reaches_nobody(
    door: RunningDoor, name: str
) -> None:
    assert problem_of(door, FRAMINGS[name] + SMUGGLED) == (400, "REQUEST_UNREADABLE")


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/v1/registry/%41", "/v1/registry/A"),
        ("/v1/registry/%7e", "/v1/registry/~"),
        ("/v1/registry/%e4%b8%8a", "/v1/registry/%E4%B8%8A"),
        ("/v1/registry/a%20b", "/v1/registry/a%20b"),
        ("/v1/registry/a.b..c", "/v1/registry/a.b..c"),
        ("/v1/registry/...", "/v1/registry/..."),
    ],
)
def test_a_path_is_forwarded_as_it_was_judged(door: RunningDoor, path: str, canonical: str) -> None:
    assert door.ask(path).json()["path"] == canonical


@pytest.mark.refusing
@pytest.mark.parametrize(
    "name",
    ["X_User_Id", "Content_Length", "X_Forwarded_For", "Authorization_", "Idempotency_Key",
     "X-Actor", "X-User", "X-Forwarded-Host", "X-Original-URL", "X-HTTP-Method-Override"],
)  # fmt: skip
def test_a_field_that_another_reader_would_take_for_ours_is_dropped(
    door: RunningDoor, name: str
) -> None:
    seen = dict(door.ask("/v1/registry/centers", headers={name: "forged"}).json()["headers"])
    assert "forged" not in json.dumps(seen)


@pytest.mark.refusing
@pytest.mark.parametrize("extra", [b";a=b", b";" + b"x" * 200, b'; a="b"'])
def test_a_chunk_s_extension_changes_nothing(door: RunningDoor, extra: bytes) -> None:
    request = POST + CHUNKED + CLOSE + b"3" + extra + b"\r\nabc\r\n0\r\n\r\n"
    [answer] = door.raw(request)
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert answer.json()["size"] == 3


def test_a_trailer_is_no_header(door: RunningDoor) -> None:
    for name in (b"Authorization: Bearer x", b"Idempotency-Key: b", b"Host: other", b"X-A: b"):
        request = POST + CHUNKED + CLOSE + b"3\r\nabc\r\n0\r\n" + name + b"\r\n\r\n"
        [answer] = door.raw(request)
        assert (answer.status, answer.json()["size"]) == (200, 3)
        seen = dict(answer.json()["headers"])
        assert not {"authorization", "idempotency-key", "x-a", "trailer"} & set(seen)
        assert seen["x-forwarded-host"] == "d"


@pytest.mark.refusing
@pytest.mark.parametrize(("size", "status"), [(15_000, 200), (16_400, 431)])
def test_a_head_has_sixteen_kibibytes(door: RunningDoor, size: int, status: int) -> None:
    head = b"GET /v1/registry/centers HTTP/1.1\r\nHost: d\r\nX-A: " + b"a" * size + b"\r\n" + CLOSE
    assert [answer.status for answer in door.raw(head)] == [status]


@pytest.mark.refusing
@pytest.mark.parametrize(("count", "status"), [(98, 200), (99, 431)])
def test_a_head_has_a_hundred_fields(door: RunningDoor, count: int, status: int) -> None:
    fields = b"".join(b"X-%d: b\r\n" % number for number in range(count))
    head = b"GET /v1/registry/centers HTTP/1.1\r\nHost: d\r\n" + fields + CLOSE
    assert [answer.status for answer in door.raw(head)] == [status]


@pytest.mark.refusing
def test_a_token_of_64_kilobytes_costs_a_line_and_no_signature(door: RunningDoor) -> None:
    answer = door.ask("/v1/registry/centers", headers={"Authorization": "Bearer " + "a" * 65_536})
    assert answer.status == 431
    shorter = door.ask("/v1/registry/centers", headers={"Authorization": "Bearer " + "a" * 15_000})
    assert shorter.status == 401


@pytest.mark.refusing
def test_a_body_that_never_ends_is_cut_at_its_bound(door: RunningDoor) -> None:
    with door.connect() as connection:
        connection.sendall(POST + CHUNKED + b"\r\n")
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        sent, answer = 0, b""
        connection.settimeout(0.01)
        while not answer and sent < 4_000_000:
            try:
                connection.sendall(chunk)
                sent += 0x8000
                answer = connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
        assert sent < 4_000_000
        connection.settimeout(3)
        try:
            answer = answer or connection.recv(4096)
        except OSError:
            pytest.fail("the refusal was lost")
    assert answer.startswith(b"HTTP/1.1 413")


@pytest.mark.refusing
@pytest.mark.parametrize(
    "drip", [b"abc", CHUNKED + b"\r\n3\r\nab"], ids=["with a length", "in chunks"]
)
def test_a_body_that_stops_is_408(door: RunningDoor, drip: bytes) -> None:
    head = POST + (b"Content-Length: 10\r\n\r\n" if b"Transfer" not in drip else b"")
    [answer] = door.raw(head + drip)
    assert (answer.status, answer.json()["code"]) == (408, "REQUEST_TIMEOUT")


@pytest.mark.refusing
@pytest.mark.parametrize("more", [b"Content-Length: 400\r\n\r\n", b""], ids=["a length", "chunks"])
def test_a_body_that_drips_is_408_though_it_never_falls_silent(
    door: RunningDoor, more: bytes
) -> None:
    head = POST + (more or CHUNKED + b"\r\n")
    piece = b"x" if more else b"1\r\nx\r\n"
    with door.connect() as connection:
        began = time.monotonic()
        connection.sendall(head)
        connection.settimeout(0.1)
        answer = b""
        for _ in range(40):
            try:
                connection.sendall(piece)
                answer = connection.recv(4096)
                break
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 408")
    # The door waits half a second here for a piece that is worth looking at.
    assert time.monotonic() - began < 3


def test_a_body_that_comes_byte_by_byte_wakes_the_application_once(
    door: RunningDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []
    chunk = Body.chunk

    async def counted(body: Body) -> bytes:
        data = await chunk(body)
        pieces.append(len(data))
        return data

    monkeypatch.setattr(Body, "chunk", counted)
    with door.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(POST + b"Content-Length: 30\r\n\r\n")
        for _ in range(30):
            connection.sendall(b"x")
            time.sleep(0.002)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert pieces == [30]
        # Larger ones are passed on as they come.
        pieces.clear()
        connection.sendall(POST + b"Content-Length: 2500\r\n\r\n")
        for size in (1200, 1200, 100):
            connection.sendall(b"x" * size)
            time.sleep(0.05)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert pieces == [1200, 1200, 100]


@pytest.mark.refusing
def test_a_head_that_comes_byte_by_byte_ends_on_time(door: RunningDoor) -> None:
    with door.connect() as connection:
        began = time.monotonic()
        answer = b""
        connection.settimeout(0.02)
        for byte in b"GET /v1/registry/centers HTTP/1.1\r\nX-A: " + b"a" * 200:
            try:
                connection.sendall(bytes([byte]))
                answer = connection.recv(4096)
                break
            except TimeoutError:
                continue
            except OSError:
                break
        # The test's door waits 0.4 seconds for a head, whatever keeps dripping.
        assert time.monotonic() - began < 3
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408")


def test_slow_and_silent_connections_cost_others_nothing(door: RunningDoor) -> None:
    silent = [door.connect() for _ in range(100)]
    try:
        for connection in silent[:50]:
            connection.sendall(b"GET /v1/registry/centers HTTP/1.1\r\n")
        began = time.monotonic()
        answers = [door.ask("/v1/registry/centers").status for _ in range(10)]
        assert answers == [200] * 10
        assert time.monotonic() - began < 5
    finally:
        for connection in silent:
            connection.close()


@pytest.mark.refusing
def test_a_connection_reset_in_the_middle_of_a_head_hurts_nobody(door: RunningDoor) -> None:
    for part in (b"GE", b"GET /v1/registry/centers HTTP/1.1\r\nHo", POST + CHUNKED + b"\r\n3\r\na"):
        connection = door.connect()
        connection.sendall(part)
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00" + b"\x00" * 4
        )
        connection.close()
    assert door.ask("/v1/registry/centers").status == 200
