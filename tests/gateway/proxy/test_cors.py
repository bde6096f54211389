"""Pages of the front end's origins may call, others may not, and caches keep them apart."""

import pytest

from gateway.proxy.cors import cors_of
from tests.gateway.running_door import RunningDoor, running_door

PORTAL = "https://portal.example"
PATH = "/v1/registry/centers"


@pytest.fixture(scope="module")
def portal_door() -> object:
    with running_door(cors_origins=f"{PORTAL}, http://127.0.0.1:5173") as running:
        yield running


def test_a_page_of_ours_may_ask_first_and_then_call(portal_door: RunningDoor) -> None:
    asked = portal_door.ask(
        PATH, "OPTIONS", {"Origin": PORTAL, "Access-Control-Request-Method": "PUT"}
    )
    assert (asked.status, asked.body) == (204, b"")
    assert asked.headers["access-control-allow-origin"] == PORTAL
    assert "PUT" in asked.headers["access-control-allow-methods"]
    assert "if-match" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers
    called = portal_door.ask(PATH, headers={"Origin": PORTAL})
    assert called.headers["access-control-allow-origin"] == PORTAL
    assert "etag" in called.headers["access-control-expose-headers"]
    assert called.headers["vary"] == "origin"
    # A refusal can be read by the page as well.
    refused = portal_door.ask(PATH, headers={"Origin": PORTAL, "Authorization": "Bearer x"})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, PORTAL)


@pytest.mark.refusing
@pytest.mark.parametrize(
    "origin",
    ["https://portal.example.evil.example", "https://evil.example", "null", "", "*",
     "http://portal.example", "https://portal.example:8443", "https://PORTAL.example",
     "https://portal.example/"],
)  # fmt: skip
def test_any_other_page_is_told_nothing(portal_door: RunningDoor, origin: str) -> None:
    before = len(portal_door.upstream.requests)
    asked = portal_door.ask(
        PATH, "OPTIONS", {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    )
    assert asked.status == 403
    assert asked.json()["code"] == "FORBIDDEN_SCOPE"
    assert len(portal_door.upstream.requests) == before
    called = portal_door.ask(PATH, headers={"Origin": origin})
    assert "access-control-allow-origin" not in called.headers
    assert called.headers["vary"] == "origin"


def test_without_front_ends_nothing_is_said_about_origins(door: RunningDoor) -> None:
    called = door.ask(PATH, headers={"Origin": PORTAL})
    assert not [name for name in called.headers if name.startswith("access-control")]


@pytest.mark.refusing
@pytest.mark.parametrize("setting", ["*", "portal.example", "https://a/", "https://A.example"])
def test_a_setting_that_is_no_origin_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        cors_of(setting)


def test_every_answer_forbids_guessing_and_framing(door: RunningDoor) -> None:
    for answer in (door.ask(PATH), door.ask("/v1/registry/../x"), door.ask("/")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors" in answer.headers.get("content-security-policy", "") or (
            answer.headers["x-frame-options"] == "DENY"
        )
