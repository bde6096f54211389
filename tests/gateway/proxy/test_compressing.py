"""What is compressed, for whom, and what never is."""

import gzip
import json
import zlib

import pytest

from gateway.proxy.compressing import Squeezer, is_fit, is_wanted
from tests.gateway.running_door import RunningDoor

JSON = (b"content-type", b"application/json")
LONG = json.dumps({"items": ["制造业创新中心"] * 500}).encode()


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        (b"gzip", True), (b"br, GZIP;q=0.5", True), (b"*", True), (b"gzip;q=0", False),
        (b"gzip;q=0.0, *", False), (b"*;q=0", False), (b"br", False), (b"", False),
        (b"identity", False), (b"x-gzip", False), (b"gzip;q=0.001", True),
    ],
)  # fmt: skip
def test_gzip_is_sent_to_whoever_takes_it(accepted: bytes, wanted: bool) -> None:
    assert is_wanted(accepted) is wanted


FIT = {b"content-type": b"application/json; charset=utf-8", b"content-length": b"1024"}


def test_a_long_text_is_fit_to_be_compressed() -> None:
    assert is_fit("/v1/registry/centers", 200, FIT)
    assert is_fit("/", 200, FIT | {b"content-type": b"text/html"})


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("path", "status", "over"),
    [
        ("/v1/x", 200, {b"content-length": b"1023"}),
        ("/v1/x", 200, {b"content-length": b""}),
        ("/v1/x", 200, {b"content-type": b"text/event-stream"}),
        ("/v1/x", 200, {b"content-type": b"application/pdf"}),
        ("/v1/x", 200, {b"content-type": b"image/png"}),
        ("/v1/x", 200, {b"content-encoding": b"br"}),
        ("/v1/x", 200, {b"cache-control": b"no-store"}),
        ("/v1/x", 200, {b"cache-control": b"private, no-transform"}),
        ("/v1/x", 200, {b"set-cookie": b"a=b"}),
        ("/v1/x", 206, {b"content-range": b"bytes 0-9/100"}),
        ("/oauth/authorize", 200, {}),
        ("/oauth/token", 200, {}),
    ],
)
def test_what_is_short_a_stream_or_holds_a_secret_never_is(
    path: str, status: int, over: dict[bytes, bytes]
) -> None:
    assert not is_fit(path, status, FIT | over)


def test_pieces_make_one_frame() -> None:
    squeezer = Squeezer()
    sent = b"".join(squeezer.chunk(b"abc" * 1_000, last=False) for _ in range(9))
    sent += squeezer.chunk(b"", last=True)
    assert gzip.decompress(sent) == b"abc" * 9_000


def test_an_answer_comes_compressed_and_both_kinds_are_told_apart(door: RunningDoor) -> None:
    door.upstream.says["long"] = (200, [JSON, (b"etag", b'"7"')], LONG)
    plain = door.ask("/v1/registry/long")
    assert (plain.body, plain.headers["etag"]) == (LONG, '"7"')
    assert plain.headers["content-length"] == str(len(LONG))
    answer = door.ask("/v1/registry/long", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["etag"] == 'W/"7"'
    assert gzip.decompress(answer.body) == LONG
    assert len(answer.body) < len(LONG) // 10
    for one in (plain, answer):
        assert "accept-encoding" in one.headers["vary"]


def test_a_public_answer_is_kept_once_and_sent_in_both_kinds(door: RunningDoor) -> None:
    door.upstream.says["statistics"] = (
        200, [JSON, (b"cache-control", b"public, max-age=60"), (b"etag", b'"7"')], LONG,
    )  # fmt: skip
    before = len(door.upstream.requests)
    for _ in range(2):
        answer = door.ask("/v1/public/statistics", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(answer.body) == LONG
        assert door.ask("/v1/public/statistics").body == LONG
    assert len(door.upstream.requests) == before + 1


@pytest.mark.refusing
def test_a_secret_comes_as_it_is_whatever_is_asked_for(door: RunningDoor) -> None:
    door.upstream.says["secret"] = (200, [JSON, (b"cache-control", b"no-store")], LONG)
    answer = door.ask("/v1/registry/secret", headers={"Accept-Encoding": "gzip"})
    assert answer.body == LONG
    assert "content-encoding" not in answer.headers
    with pytest.raises(zlib.error):
        zlib.decompress(answer.body)
