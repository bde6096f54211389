"""Events that are pushed: signed, each centre's in order, tried again, logged, replayed."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from standardwebhooks import Webhook as Signing
from standardwebhooks import WebhookVerificationError

from gateway.webhooks import actions, lanes, reading
from gateway.webhooks.jobs import Deliveries
from shared.auth import TokenVerifier
from tests.fixtures.service import ISSUER
from tests.gateway.tokens.test_issuing import prepared, token_of
from tests.gateway.webhooks.conftest import Feeds, Receiver, eventually, receiving, until

pytestmark = pytest.mark.anyio

__all__ = ["prepared"]  # A fixture by its name.
Running = Callable[..., Any]
PATH = "/v1/webhooks"
A, B = str(uuid4()), str(uuid4())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tries follow each other quickly, to loopback."""
    monkeypatch.setenv("ZHICHUANG_WEBHOOK_ALLOWED", "127.0.0.0/8")
    monkeypatch.setenv("ZHICHUANG_WEBHOOK_RETRIES", "1,1")
    monkeypatch.setenv("ZHICHUANG_WEBHOOK_FAILURES", "3")
    monkeypatch.setattr(lanes, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(reading, "LOOK_SECONDS", 0.05)


@asynccontextmanager
async def delivering(
    running: Running, prepared: Any, feeds: Feeds, *, at_once: bool = True
) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    """Run a gateway whose worker delivers, and a member's caller for it."""
    async with running("gateway") as gateway:
        made = await prepared(gateway)
        feeds.serve(gateway.neighbours)
        gateway.app.state.verifier = TokenVerifier(ISSUER, gateway.app.state.keys.published)
        async with gateway.client() as caller:
            await signed_in(caller, made["admin"], "ERP")
            async with working(gateway) if at_once else contextlib.nullcontext():
                yield gateway, caller


@asynccontextmanager
async def working(gateway: Any) -> AsyncIterator[None]:
    """Deliver meanwhile; at the end the worker is gone amid whatever it does."""
    worker = asyncio.create_task(Deliveries(gateway.app).run())
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


@asynccontextmanager
async def program_of(gateway: Any, prepared: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Give the caller of another organization's program."""
    made = await prepared(gateway)
    async with gateway.client() as caller:
        await signed_in(caller, made["admin"], "MES")
        yield caller


async def signed_in(caller: httpx.AsyncClient, admin: dict[str, Any], name: str) -> None:
    """Make a member's program, and let the caller speak for it."""
    token = (await token_of(caller, admin)).json()["access_token"]
    caller.headers["Authorization"] = f"Bearer {token}"
    body = {"name": name, "org_id": str(uuid4()), "person": {"name": "周启明"}}
    member = (await caller.post("/v1/identity/clients", json=body)).json()
    token = (await token_of(caller, member)).json()["access_token"]
    caller.headers["Authorization"] = f"Bearer {token}"


async def subscribed(caller: httpx.AsyncClient, url: str, **more: Any) -> dict[str, Any]:
    answer = await caller.post(PATH, json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def deliveries(caller: httpx.AsyncClient, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await caller.get(f"{PATH}/{webhook['id']}/deliveries")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.requirement("X16")
async def test_an_event_arrives_once_and_signed_with_the_body_of_the_feed(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    feeds.add("registry", "center.listed", A)
    async with delivering(running, prepared, feeds) as (_, caller):
        webhook = await subscribed(caller, receiver.url, types=["center.listed"])
        feeds.add("registry", "notice.opened", A)
        listed = feeds.add("registry", "center.listed", A)
        await until(lambda: receiver.got)
        await asyncio.sleep(0.3)
        # What happened before the subscription, and other types, do not come.
        assert receiver.ids() == [listed]
        headers, body = receiver.got[0]
        assert Signing(webhook["secret"]).verify(body, headers) == feeds.events["registry"][2]
        with pytest.raises(WebhookVerificationError):
            Signing(webhook["secret"]).verify(body + b" ", headers)
        (delivery,) = await deliveries(caller, webhook)
        assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
        whole = (await caller.get(f"{PATH}/{webhook['id']}/deliveries/{delivery['id']}")).json()
        assert json.loads(whole["body"])["id"] == listed
        assert [(one["status"], one["said"]) for one in whole["tries"]] == [(200, "ok")]


@pytest.mark.requirement("X16")
async def test_the_gateways_own_events_are_pushed_and_replayed_as_any(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    feeds.add("gateway", "client.deactivated")
    async with delivering(running, prepared, feeds) as (_, caller):
        webhook = await subscribed(caller, receiver.url)
        ended = feeds.add("gateway", "client.deactivated")
        await until(lambda: receiver.ids() == [ended])
        again = {"service": "gateway", "after": 0}
        answer = await caller.post(f"{PATH}/{webhook['id']}/replays", json=again)
        assert answer.status_code in (200, 202), answer.text
        await until(lambda: len(receiver.got) == 3)


@pytest.mark.requirement("X16")
async def test_all_who_stand_at_the_same_place_are_read_for_at_once_and_get_their_own(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    with receiving() as second, receiving() as third:
        async with delivering(running, prepared, feeds, at_once=False) as (gateway, caller):
            async with program_of(gateway, prepared) as other:
                await subscribed(caller, receiver.url)
                await subscribed(caller, second.url, types=["center.listed"], center_id=A)
                await subscribed(other, third.url, types=["notice.opened"])
            listed = feeds.add("registry", "center.listed", A)
            opened = feeds.add("registry", "notice.opened", A)
            elsewhere = feeds.add("registry", "center.listed", B)
            async with working(gateway):
                await until(lambda: len(receiver.got) == 3 and second.got and third.got)
                await asyncio.sleep(0.2)
        assert sorted(receiver.ids()) == sorted([listed, opened, elsewhere])
        assert (second.ids(), third.ids()) == ([listed], [opened])
        assert [one for one in feeds.readings if one[0] == "registry"] == [("registry", 3)]


@pytest.mark.requirement("X16")
@pytest.mark.refusing
async def test_a_program_whose_token_is_not_taken_keeps_nobody_else_waiting(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    with receiving() as second:
        async with delivering(running, prepared, feeds) as (gateway, caller):
            async with program_of(gateway, prepared) as other:
                await subscribed(caller, receiver.url)
                await subscribed(other, second.url)
                feeds.refused = (await other.get("/v1/me")).json()["sub"]
            made = feeds.add("registry", "center.listed", A)
            await until(lambda: receiver.ids() == [made])
            assert second.got == []
            # Once it is taken again, nothing is missing.
            feeds.refused = None
            await until(lambda: second.ids() == [made])
            assert receiver.ids() == [made]


@pytest.mark.requirement("X16")
async def test_later_events_of_a_centre_wait_while_one_is_tried_again_and_others_do_not(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    async with delivering(running, prepared, feeds) as (_, caller):
        receiver.statuses = [500]
        await subscribed(caller, receiver.url)
        first, second = (feeds.add("registry", "center.listed", A) for _ in range(2))
        await until(lambda: receiver.got)
        other = feeds.add("registry", "center.listed", B)
        await until(lambda: len(receiver.got) == 4)
        assert receiver.ids() == [first, other, first, second]


async def test_a_dead_letter_is_passed_over_and_its_position_shows_the_gap(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ZHICHUANG_WEBHOOK_FAILURES", "9")
    async with delivering(running, prepared, feeds) as (_, caller):
        receiver.statuses = [500, 503, 302]
        webhook = await subscribed(caller, receiver.url)
        first, second = (feeds.add("evaluation", "evaluation.published", A) for _ in range(2))
        await until(lambda: len(receiver.got) == 4)
        assert receiver.ids() == [first, first, first, second]
        await asyncio.sleep(0.2)
        states = {one["position"]: one["state"] for one in await deliveries(caller, webhook)}
        assert states == {1: "dead", 2: "delivered"}


@pytest.mark.requirement("X16")
async def test_who_hangs_holds_up_nobody_else_and_no_more_than_its_own_connections(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    with receiving() as hung:
        hung.seconds = 3.0
        async with delivering(running, prepared, feeds) as (_, caller):
            await subscribed(caller, hung.url)
            await subscribed(caller, receiver.url)
            made = [feeds.add("registry", "center.listed", str(uuid4())) for _ in range(40)]
            await until(lambda: len(receiver.got) == 40, 2.5)
            assert sorted(receiver.ids()) == sorted(made)
            assert 1 <= len(hung.got) <= lanes.LANES


@pytest.mark.requirement("X16")
async def test_a_worker_that_dies_amid_deliveries_is_followed_by_one_that_sends_what_is_left(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    receiver.seconds = 0.02
    async with delivering(running, prepared, feeds, at_once=False) as (gateway, caller):
        await subscribed(caller, receiver.url)
        made = {
            one: [feeds.add("registry", "center.listed", one) for _ in range(8)] for one in (A, B)
        }
        # Each of these dies while something is under way.
        for already in (3, 9):
            async with working(gateway):
                await until(lambda already=already: len(receiver.got) >= already)
        async with working(gateway):
            await until(lambda: {*made[A], *made[B]} <= set(receiver.ids()))
        for ids in made.values():
            first = list(dict.fromkeys(one for one in receiver.ids() if one in ids))
            # At least once, and first attempts in the centre's own order.
            assert first == ids


@pytest.mark.requirement("X16")
async def test_a_subscription_put_back_while_its_feed_is_read_stays_put_back(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    before = feeds.add("registry", "center.listed", A)
    async with delivering(running, prepared, feeds) as (gateway, caller):
        webhook = await subscribed(caller, receiver.url)
        after = feeds.add("registry", "center.listed", A)
        await until(lambda: receiver.got)
        wish = {"service": "registry", "after": 0}
        await caller.post(f"{PATH}/{webhook['id']}/replays", json=wish)
        # A reading that began before the replay ends after it.
        late = actions.Taken(UUID(webhook["id"]), [], after=1, last=2)
        async with gateway.sessions.begin() as session:
            await actions.take_in(session, "registry", [late])
        await until(lambda: len(receiver.got) == 3)
        assert receiver.ids() == [after, before, after]


@pytest.mark.refusing
async def test_what_is_left_of_a_subscription_that_was_removed_is_dropped_alone(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    receiver.seconds = 0.3
    async with delivering(running, prepared, feeds) as (_, caller):
        gone = await subscribed(caller, receiver.url)
        kept = await subscribed(caller, receiver.url)
        feeds.add("registry", "center.listed", A)
        await until(lambda: len(receiver.got) == 2)
        # Both tries are under way; what comes of them is written together.
        assert (await caller.delete(f"{PATH}/{gone['id']}")).status_code == 204
        found = await eventually(
            lambda: deliveries(caller, kept), lambda found: found[0]["state"] == "delivered"
        )
        assert (len(found), found[0]["attempts"], len(receiver.got)) == (1, 1, 2)


@pytest.mark.requirement("X16")
@pytest.mark.refusing
async def test_failures_in_a_row_stop_a_subscription_and_it_can_be_started_again(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    async with delivering(running, prepared, feeds) as (_, caller):
        receiver.always = 401
        webhook = await subscribed(caller, receiver.url)
        for _ in range(3):
            feeds.add("registry", "center.listed", str(uuid4()))
        address = f"{PATH}/{webhook['id']}"

        async def state() -> dict[str, Any]:
            told: dict[str, Any] = (await caller.get(address)).json()
            return told

        told = await eventually(state, lambda told: told["state"] == "disabled")
        assert told["disabled_by"] == "failures"
        tasks = (await caller.get("/v1/me/tasks")).json()["items"]
        assert [task["kind"] for task in tasks] == ["webhook.disabled"]
        receiver.always, receiver.got = 200, []
        tag = (await caller.get(address)).headers["etag"]
        again = await caller.patch(address, json={"state": "active"}, headers={"If-Match": tag})
        assert (again.status_code, again.json()["state"]) == (200, "active")
        await until(lambda: len(receiver.got) == 3)


async def test_gone_means_gone(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    async with delivering(running, prepared, feeds) as (_, caller):
        receiver.always = 410
        webhook = await subscribed(caller, receiver.url)
        feeds.add("registry", "center.listed", A)

        async def state() -> dict[str, Any]:
            told: dict[str, Any] = (await caller.get(f"{PATH}/{webhook['id']}")).json()
            return told

        told = await eventually(state, lambda told: told["state"] == "disabled")
        assert told["disabled_by"] == "gone"
        assert len(receiver.got) == 1


@pytest.mark.requirement("X16")
async def test_a_replay_sends_the_feed_again_under_the_same_ids(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    before = feeds.add("registry", "center.listed", A)
    async with delivering(running, prepared, feeds) as (_, caller):
        webhook = await subscribed(caller, receiver.url)
        after = feeds.add("registry", "center.listed", A)
        await until(lambda: receiver.got)
        wish = {"service": "registry", "after": 0}
        answer = await caller.post(f"{PATH}/{webhook['id']}/replays", json=wish)
        assert answer.status_code == 202
        await until(lambda: len(receiver.got) == 3)
        assert receiver.ids() == [after, before, after]
        beyond = await caller.post(
            f"{PATH}/{webhook['id']}/replays", json={"service": "registry", "after": 3}
        )
        assert (beyond.status_code, beyond.json()["code"]) == (422, "FIELD_INVALID")


async def test_after_a_rotation_both_secrets_sign(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    async with delivering(running, prepared, feeds) as (_, caller):
        webhook = await subscribed(caller, receiver.url)
        fresh = (await caller.post(f"{PATH}/{webhook['id']}/secret")).json()["secret"]
        assert fresh != webhook["secret"]
        assert (await caller.post(f"{PATH}/{webhook['id']}/test")).status_code == 202
        await until(lambda: receiver.got)
        headers, body = receiver.got[0]
        for secret in (webhook["secret"], fresh):
            assert Signing(secret).verify(body, headers)["type"] == "webhook.test"


@pytest.mark.requirement("X16", "X04")
@pytest.mark.refusing
async def test_a_subscriber_is_read_for_with_its_own_token_and_seen_by_nobody_else(
    running: Running, prepared: Any, feeds: Feeds, receiver: Receiver
) -> None:
    async with delivering(running, prepared, feeds) as (gateway, caller):
        webhook = await subscribed(caller, receiver.url)
        own = (await caller.get("/v1/me")).json()
        feeds.tokens.clear()
        feeds.add("registry", "center.listed", A)
        await until(lambda: receiver.got)
        verifier = gateway.app.state.verifier
        readers = [await verifier.verify(token) for token in feeds.tokens]
        assert {claims["sub"] for claims in readers} == {own["sub"]}
        gateway.app.state.verifier = TokenVerifier(ISSUER, _keys(gateway.signer))
        async with gateway.client("member", org_id=uuid4()) as stranger:
            for method, path in (
                ("GET", ""), ("DELETE", ""), ("POST", "/secret"), ("POST", "/test"),
                ("GET", "/deliveries"),
            ):  # fmt: skip
                answer = await stranger.request(method, f"{PATH}/{webhook['id']}{path}")
                assert answer.status_code == 404
            assert (await stranger.get(PATH)).json()["items"] == []


@pytest.mark.refusing
async def test_a_private_target_is_refused_at_once_or_when_its_name_is_looked_up(
    running: Running, prepared: Any, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHICHUANG_WEBHOOK_ALLOWED", "")
    async with delivering(running, prepared, feeds) as (_, caller):
        refused = await caller.post(PATH, json={"url": "http://169.254.169.254/latest"})
        assert (refused.status_code, refused.json()["code"]) == (422, "ADDRESS_PRIVATE")
        webhook = await subscribed(caller, "http://localhost:9/hook")
        await caller.post(f"{PATH}/{webhook['id']}/test")
        found = await eventually(
            lambda: deliveries(caller, webhook), lambda found: found and found[0]["attempts"]
        )
        whole = await caller.get(f"{PATH}/{webhook['id']}/deliveries/{found[0]['id']}")
        (tried,) = whole.json()["tries"][:1]
        assert (tried["status"], "not public" in tried["said"]) == (None, True)


def _keys(signer: Any) -> Any:
    async def keys() -> dict[str, Any]:
        published: dict[str, Any] = signer.jwks
        return published

    return keys
