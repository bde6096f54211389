"""kill -9 of any process, and nothing acknowledged is lost (I4)."""

import json
import threading
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.trust import trusted
from tests.fixtures.stack import World
from tests.gateway.webhooks.conftest import receiving


def center_of(world: World) -> str:
    return str(world.caller("m01").get("/v1/me")["center_ids"][0])


def fact_of(world: World, center_id: str, external_id: str) -> dict[str, Any]:
    return {
        "center_id": center_id, "kind": "training", "occurred_on": world.today(),
        "external_id": external_id, "payload": {"person_times": 3}, "evidence": [],
    }  # fmt: skip


def post(world: World, body: dict[str, Any], key: str) -> httpx.Response | None:
    headers = {
        "Authorization": f"Bearer {world.caller('m01')._fresh()}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    try:
        return httpx.post(
            f"{world.url}/v1/registry/facts",
            content=json.dumps(body),
            headers=headers,
            timeout=20,
            verify=trusted(),
        )
    except httpx.HTTPError:
        return None


def facts_by_reference(world: World, center_id: str) -> dict[str, int]:
    counted: dict[str, int] = {}
    cursor: str | None = None
    while True:
        page = world.caller("m01").get(
            "/v1/registry/facts",
            center_id=center_id,
            limit=500,
            **({"cursor": cursor} if cursor else {}),
        )
        for item in page["items"]:
            counted[item["external_id"]] = counted.get(item["external_id"], 0) + 1
        cursor = page["next_cursor"]
        if cursor is None:
            return counted


@pytest.mark.parametrize("victim", ["registry", "gateway", "postgres"])
def test_a_kill_between_and_amid_requests_loses_nothing_acknowledged(
    victim: str, world: World
) -> None:
    center_id = center_of(world)
    acknowledged: list[str] = []
    keys = {f"kill-{victim}-{uuid4()}": str(uuid4()) for _ in range(60)}
    done = threading.Event()

    template = fact_of(world, center_id, "")

    def work() -> None:
        for reference, key in keys.items():
            body = {**template, "external_id": reference}
            # The same key until it is answered: a lost answer is asked for again.
            for _ in range(200):
                answer = post(world, body, key)
                if answer is not None and answer.status_code == 201:
                    acknowledged.append(reference)
                    break
                time.sleep(0.05)
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    until = time.monotonic() + 60
    while len(acknowledged) < 15:
        assert time.monotonic() < until, "nothing was acknowledged before the kill"
        time.sleep(0.01)
    world.kill(victim)
    world.revive(victim)
    assert done.wait(90), "the client never got all of its answers"
    worker.join()
    counted = facts_by_reference(world, center_id)
    assert [counted.get(reference) for reference in keys] == [1] * len(keys)


@pytest.mark.requirement("X07")
def test_events_have_no_gap_after_the_sequencer_was_killed(world: World) -> None:
    center_id = center_of(world)
    for number in range(10):
        post(world, fact_of(world, center_id, f"seq-{uuid4()}"), str(uuid4()))
        if number == 5:
            # The sequencer lives in the service's process; its lock dies with it.
            world.kill("registry")
            world.revive("registry")
    auditor = world.caller("auditor")
    positions: list[int] = []
    after = 0
    until = time.monotonic() + 20
    while time.monotonic() < until:
        page = auditor.get("/v1/registry/events", after=after, limit=500)
        positions.extend(item["position"] for item in page["items"])
        if not page["items"] and after == page["last_position"]:
            break
        after = page["items"][-1]["position"] if page["items"] else after
    assert positions == list(range(1, len(positions) + 1))


@pytest.mark.requirement("X16")
def test_webhooks_arrive_in_order_through_kills_of_their_worker(world: World) -> None:
    center_id = center_of(world)
    with receiving() as receiver:
        wish = {"url": receiver.url, "center_id": center_id}
        made = world.caller("m01").post("/v1/webhooks", wish)
        facts = []
        for number in range(12):
            answer = post(world, fact_of(world, center_id, f"hook-{uuid4()}"), str(uuid4()))
            assert answer is not None
            facts.append(answer.json()["id"])
            if number in {4, 8}:
                # The worker lives in the gateway's process; its lock dies with it.
                world.kill("gateway")
                world.revive("gateway")
        until = time.monotonic() + 60
        told: list[str] = []
        while not set(facts) <= set(told):
            assert time.monotonic() < until, "an event was never delivered"
            time.sleep(0.1)
            told = [json.loads(body)["subject"] for _, body in list(receiver.got)]
        assert [one for one in dict.fromkeys(told) if one in facts] == facts
        world.caller("m01")._send("DELETE", f"/v1/webhooks/{made['id']}").raise_for_status()


@pytest.mark.parametrize("asked_to_end", ["registry", "gateway"])
def test_who_waits_for_news_is_answered_by_a_process_that_is_asked_to_end(
    asked_to_end: str, world: World
) -> None:
    service = world.stack.services[asked_to_end]
    before = service.log.stat().st_size
    answers: list[httpx.Response] = []
    bearer = {"Authorization": f"Bearer {world.caller('auditor')._fresh()}"}

    def hold_on() -> None:
        asked = {"wait": "30", "types": "nothing.happened"}
        answers.append(
            httpx.get(f"{world.url}/v1/registry/events", params=asked, headers=bearer, timeout=60)
        )

    waiting = threading.Thread(target=hold_on)
    began = time.monotonic()
    waiting.start()
    # Nothing tells when it has come to hold on.
    time.sleep(1.5)
    assert not answers, "it holds on"
    world.revive(asked_to_end)
    waiting.join()
    assert time.monotonic() - began < 30, "it waited for its whole time"
    assert answers[0].status_code == 200, answers[0].text
    assert answers[0].json()["items"] == []
    said = service.log.read_bytes()[before:].decode()
    assert "Traceback" not in said
    assert "graceful shutdown exceeded" not in said
