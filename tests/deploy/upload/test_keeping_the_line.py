"""Waiting as long as the server asks, and asking again with the same key."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from zhichuang.upload.journal import opened
from zhichuang.upload.line import Broken, Credential, Line, credential, seconds_asked
from zhichuang.upload.sheet import Unusable

DONE = {"created": 1, "duplicates": 0, "results": []}


class Server:
    """Answers a batch from a list, one after the other; the last one again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []
        self.tokens = 0
        self.waited: list[float] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": str(self.tokens), "expires_in": 600})
        self.keys.append(request.headers.get("idempotency-key", request.url.path))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        return answer

    def line(self, monkeypatch: pytest.MonkeyPatch, patience: float = 100) -> Line:
        transport = httpx.MockTransport(self.handle)
        real = httpx.Client
        monkeypatch.setattr(httpx, "Client", lambda **kwargs: real(transport=transport, **kwargs))
        return Line(
            "http://server",
            Credential("id", "secret"),
            patience=patience,
            say=lambda _: None,
            sleep=self.waited.append,
        )


def good() -> httpx.Response:
    return httpx.Response(200, json=DONE)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [({"Retry-After": "7"}, 7, 7), ({}, 0.2, 0.5), ({"Retry-After": "soon"}, 0.2, 0.5)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_no_less_than_it_was_asked_to(
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    headers: dict[str, str],
    least: float,
    most: float,
) -> None:
    server = Server(httpx.Response(status, headers=headers), good())
    assert server.line(monkeypatch).post_rows("/rows", b"", "k") == DONE
    assert least <= server.waited[0] <= most
    assert server.keys == ["k", "k"]


def test_a_date_to_wait_for_is_understood() -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    asked = httpx.Response(503, headers={"Retry-After": format_datetime(now + timedelta(hours=1))})
    assert seconds_asked(asked, now) == 3600
    assert seconds_asked(asked, now + timedelta(hours=2)) == 0


def test_a_broken_line_and_a_request_that_still_runs_are_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = httpx.Response(409, json={"code": "IDEMPOTENCY_IN_PROGRESS"})
    server = Server(httpx.ReadError("cut"), running, good())
    assert server.line(monkeypatch).post_rows("/rows", b"", "k") == DONE
    assert server.keys == ["k", "k", "k"]


def test_an_ended_token_is_renewed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(httpx.Response(401, json={"code": "TOKEN_INVALID"}), good())
    assert server.line(monkeypatch).post_rows("/rows", b"", "k") == DONE
    assert (server.tokens, server.waited) == (2, [])


def test_a_large_chunk_is_followed_to_its_end_over_all_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def job(**more: Any) -> httpx.Response:
        return httpx.Response(200, json={"state": "done", **more})

    server = Server(
        httpx.Response(202, json={}, headers={"Location": "/jobs/1"}),
        httpx.Response(200, json={"state": "running"}),
        job(results=[1], next_cursor="c"),
        job(results=[2]),
    )
    assert server.line(monkeypatch).post_rows("/rows", b"", "k")["results"] == [1, 2]
    assert server.waited == [1.0]


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("answer", "raised", "says"),
    [
        (lambda: httpx.Response(503, headers={"Retry-After": "900"}), Broken, "503"),
        (lambda: httpx.ConnectError("gone"), Broken, "ConnectError"),
        (lambda: httpx.Response(401, json={"code": "TOKEN_INVALID"}), Unusable, "TOKEN_INVALID"),
        (
            lambda: httpx.Response(409, json={"code": "IDEMPOTENCY_MISMATCH", "detail": "另一份"}),
            Unusable,
            "IDEMPOTENCY_MISMATCH 另一份",
        ),
        (lambda: httpx.Response(404, text="<html>"), Unusable, "without a document"),
    ],
)
def test_what_no_patience_mends_ends_with_a_reason(
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[], Any],
    raised: type[Exception],
    says: str,
) -> None:
    with pytest.raises(raised, match=says):
        Server(answer()).line(monkeypatch, patience=0).post_rows("/rows", b"", "k")


def test_a_credential_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    held = {"client_id": "i", "client_secret": "s"}
    file.write_text(json.dumps({"m01": held}))
    assert credential(file, "m01", {}) == Credential("i", "s")
    file.write_text(json.dumps(held))
    assert credential(file, None, {}) == Credential("i", "s")
    there = {"ZHICHUANG_CLIENT_ID": "i", "ZHICHUANG_CLIENT_SECRET": "s"}
    assert credential(None, None, there) == Credential("i", "s")


@pytest.mark.refusing
def test_without_a_credential_nothing_begins(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="--credentials"):
        credential(None, None, {"ZHICHUANG_CLIENT_ID": "i"})
    with pytest.raises(Unusable, match="No such file"):
        credential(tmp_path / "none.json", None, {})
    file = tmp_path / "credentials.json"
    file.write_text("{}")
    with pytest.raises(Unusable, match="no credential m01"):
        credential(file, "m01", {})


def test_a_position_is_found_again_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "f.upload.json"
    first = opened(path, "sha", "plan", 500)
    first.rows_done = 1000
    first.keep(path)
    again = opened(path, "sha", "plan", 200)
    assert (again.key(), again.chunk_rows) == (first.key(), 500)
    assert again.key().endswith("-1000")


@pytest.mark.refusing
@pytest.mark.parametrize(("sha", "plan"), [("other", "plan"), ("sha", "other")])
def test_the_position_of_another_upload_is_not_taken(tmp_path: Path, sha: str, plan: str) -> None:
    path = tmp_path / "f.upload.json"
    opened(path, "sha", "plan", 500).keep(path)
    with pytest.raises(Unusable, match="belongs to another"):
        opened(path, sha, plan, 500)
    path.write_text("{")
    with pytest.raises(Unusable, match="cannot be read"):
        opened(path, "sha", "plan", 500)
