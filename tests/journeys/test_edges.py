"""What callers send by mistake or in malice, and what they are told."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.stack import World
from zhichuang.demo.client import soon

FACTS = "/v1/registry/facts"


@pytest.fixture
def fact(world: World) -> Callable[..., dict[str, Any]]:
    """Make a good fact of C01's lead sponsor, whose centre is a candidate."""
    centers = world.caller("m01").get("/v1/me")["center_ids"]

    def make(**over: Any) -> dict[str, Any]:
        return {
            "center_id": centers[0],
            "kind": "training",
            "occurred_on": world.today(),
            "external_id": str(uuid4()),
            "payload": {"person_times": 12},
            "evidence": [],
            **over,
        }

    return make


def send(world: World, body: bytes, key: str | None = None, **headers: str) -> httpx.Response:
    caller = world.caller("m01")
    given = {
        "Authorization": f"Bearer {caller._fresh()}",
        "Content-Type": "application/json",
        **headers,
    }
    if key is not None:
        given["Idempotency-Key"] = key
    return httpx.post(f"{world.url}{FACTS}", content=body, headers=given, timeout=60)


@pytest.mark.requirement("X05")
def test_the_same_key_and_body_give_the_first_answer_again(
    world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    body, key = json.dumps(fact()).encode(), str(uuid4())
    first, second = send(world, body, key), send(world, body, key)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers


@pytest.mark.refusing
@pytest.mark.requirement("X05")
def test_the_same_key_with_another_body_is_a_mismatch(
    world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    key = str(uuid4())
    send(world, json.dumps(fact()).encode(), key)
    answer = send(world, json.dumps(fact()).encode(), key)
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_MISMATCH")


@pytest.mark.requirement("X05")
def test_twenty_twins_at_once_make_one_fact(
    world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    body, key = json.dumps(fact()).encode(), str(uuid4())
    start = threading.Barrier(20)

    def twin(_: int) -> httpx.Response:
        start.wait()
        return send(world, body, key)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(twin, range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused <= {"IDEMPOTENCY_IN_PROGRESS"}


@pytest.mark.refusing
@pytest.mark.requirement("X05")
def test_a_fact_needs_a_key(world: World, fact: Callable[..., dict[str, Any]]) -> None:
    answer = send(world, json.dumps(fact()).encode())
    assert (answer.status_code, answer.json()["code"]) == (428, "IDEMPOTENCY_KEY_REQUIRED")


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"a": NaN}', 400),
        (b'{"a": 1e999}', 400),
        (b'{"a": 1, "a": 1}', 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b"1" * 6000, 400),
        (rb'{"external_id": "\u0000"}', 422),
        (rb'{"external_id": "\ud800"}', 422),
        (b'{"unknown": 1}', 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"pad": "' + b"x" * 5_000_000 + b'"}', 413),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else str(value),
)
def test_a_body_that_cannot_be_taken_is_told_so(body: bytes, status: int, world: World) -> None:
    answer = send(world, body, str(uuid4()))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert all(entry["rule"] for entry in problem["errors"])


@pytest.mark.refusing
@pytest.mark.parametrize(
    "over",
    [
        {"occurred_on": "2026-02-30"},
        {"occurred_on": 1767225600},
        {"occurred_on": "2026-01-01T00:00:00Z"},
        {"center_id": "1"},
        {"payload": {"person_times": 1.5}},
        {"payload": {"person_times": True}},
        {"payload": {"person_times": 10**30}},
        {"payload": {"person_times": -1}},
        {"payload": {"person_times": 12, "surprise": 1}},
        {"kind": "moon_landing"},
        {"score": 1},
    ],
    ids=str,
)
def test_a_fact_that_does_not_fit_is_refused_with_its_place(
    over: dict[str, Any], world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    answer = send(world, json.dumps(fact(**over)).encode(), str(uuid4()))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"]


@pytest.mark.refusing
def test_text_is_no_json(world: World, fact: Callable[..., dict[str, Any]]) -> None:
    answer = send(
        world, json.dumps(fact()).encode(), str(uuid4()), **{"Content-Type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.refusing
@pytest.mark.requirement("X06")
def test_a_stale_etag_is_refused_and_a_missing_one_asked_for(world: World) -> None:
    draft = world.draft()
    body = {"name": f"上海示例创新中心改名 {world.number()}"}
    version = draft.read()["version"]
    missing = draft.lead.refused("PATCH", draft.path, body)
    assert (missing["status"], missing["code"]) == (428, "PRECONDITION_REQUIRED")
    draft.lead.patch(draft.path, body, version=version)
    stale = draft.lead.refused("PATCH", draft.path, body, version=version)
    assert (stale["status"], stale["code"]) == (412, "VERSION_CONFLICT")


@pytest.mark.refusing
@pytest.mark.requirement("X01")
@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "x y"])
def test_a_forged_token_is_no_token(token: str, world: World) -> None:
    answer = httpx.get(f"{world.url}/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "UNAUTHENTICATED"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.refusing
@pytest.mark.requirement("X05")
def test_a_broken_line_of_a_batch_fails_alone(
    world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    lines = [json.dumps(fact()).encode() for _ in range(600)]
    lines[516] = b'{"center_id": '
    caller = world.caller("m01")
    answer = caller.upload(
        "/v1/registry/fact-batches", b"\n".join(lines), {"Content-Type": "application/x-ndjson"}
    )
    assert (answer["rows_total"], answer["created"], answer["failed"]) == (600, 599, 1)
    assert answer["results"][516]["problem"]["code"] == "BODY_UNREADABLE"


@pytest.mark.requirement("X05")
def test_a_row_posted_again_is_a_duplicate_and_with_other_content_a_mismatch(
    world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    row = fact()
    caller = world.caller("m01")
    headers = {"Content-Type": "application/x-ndjson"}
    first = caller.upload("/v1/registry/fact-batches", json.dumps(row).encode(), headers)
    changed = {**row, "payload": {"person_times": 13}}
    second = caller.upload(
        "/v1/registry/fact-batches",
        json.dumps(row).encode() + b"\n" + json.dumps(changed).encode(),
        headers,
    )
    assert second["results"][0]["outcome"] == "duplicate"
    assert second["results"][0]["id"] == first["results"][0]["id"]
    assert second["results"][1]["status"] == 409
    assert second["results"][1]["problem"]["code"] == "EXTERNAL_ID_MISMATCH"


@pytest.mark.refusing
@pytest.mark.requirement("X04")
def test_a_stranger_posts_no_fact_for_another_centre(
    world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    problem = world.caller("m25").refused("POST", FACTS, fact())
    assert (problem["status"], problem["code"]) == (404, "NOT_FOUND")


def test_a_caller_looks_a_refused_request_up_by_its_id_and_others_do_not(
    world: World, fact: Callable[..., dict[str, Any]]
) -> None:
    refused = send(world, json.dumps(fact(kind="no such kind")).encode(), str(uuid4()))
    name = refused.headers["x-request-id"]
    found = soon(lambda: world.caller("m01").get("/v1/me/requests", request_id=name)["items"], bool)
    assert [(one["method"], one["path"], one["status"]) for one in found] == [("POST", FACTS, 422)]
    assert world.caller("m02").get("/v1/me/requests", request_id=name)["items"] == []
    own = soon(
        lambda: world.caller("m01").get("/v1/me/requests", status=200)["items"],
        lambda items: any(one["path"].startswith("/v1/me") for one in items),
    )
    assert {one["service"] for one in own} >= {"gateway"}
