"""An organization's first account: claimed on its code, confirmed, and inviting the rest."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from gateway.claims import rules
from gateway.claims.rules import ClaimEvent, ClaimState
from shared.codes.uscc import check_character
from shared.rules import failed_codes
from tests.gateway.accounts.test_signing_in import invited

pytestmark = pytest.mark.anyio

Running = Callable[..., Any]
PATH = "/v1/identity/organization-claims"
PDF = base64.b64encode(b"%PDF-1.7\nstamped").decode()
BODY = "91310115MA1FL0AB1"
USCC = BODY + check_character(BODY)
PASSWORD = "十二个字符以上的密码 abc"


def said(**over: Any) -> dict[str, Any]:
    return {
        "uscc": USCC, "claimant_name": "周启明", "login": "zhou.qiming",
        "proof_media_type": "application/pdf", "proof_base64": PDF,
    } | over  # fmt: skip


@pytest.mark.parametrize("state", list(ClaimState))
def test_only_an_open_claim_is_decided(state: ClaimState) -> None:
    is_open = state is ClaimState.OPEN
    confirmed = rules.confirmation_checks(state, registered=True, has_account=False)
    assert (not failed_codes(confirmed)) is is_open
    assert (not failed_codes(rules.refusal_checks(state))) is is_open
    assert {event for each, event in rules.MOVES if each is state} == (
        set(ClaimEvent) if is_open else set()
    )


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("registered", "has_account", "code"),
    [(False, False, "ORG_NOT_REGISTERED"), (True, True, "ORG_HAS_ACCOUNT")],
)
def test_a_first_account_is_a_known_organization_s_first(
    registered: bool, has_account: bool, code: str
) -> None:
    checks = rules.confirmation_checks(
        ClaimState.OPEN, registered=registered, has_account=has_account
    )
    assert failed_codes(checks) == [code]


@pytest.mark.parametrize(
    ("content", "media_type", "fits"),
    [
        (b"%PDF-1.7", "application/pdf", True),
        (b"%PDF-" + b"x" * (rules.MOST_PROOF_BYTES - 5), "application/pdf", True),
        (b"%PDF-" + b"x" * (rules.MOST_PROOF_BYTES - 4), "application/pdf", False),
        (b"<html>", "application/pdf", False),
        (b"%PDF-1.7", "image/png", False),
        (b"\xff\xd8\xff\xe0", "image/jpeg", True),
        (None, "application/pdf", False),
        (b"", "image/png", False),
    ],
)
def test_a_proof_is_a_file_of_its_kind(content: bytes | None, media_type: str, fits: bool) -> None:
    assert (not failed_codes(rules.proof_checks(content, media_type))) is fits


def test_the_sixth_claim_on_one_code_waits() -> None:
    assert not failed_codes(rules.room_checks(4))
    assert failed_codes(rules.room_checks(5)) == ["CLAIMS_TOO_MANY"]


@dataclass
class Desk:
    gateway: Any
    stranger: httpx.AsyncClient
    handler: httpx.AsyncClient
    org_id: UUID

    async def claimed(self, **over: Any) -> dict[str, Any]:
        made = await self.stranger.post(PATH, json=said(**over))
        assert made.status_code == 201, made.text
        told: dict[str, Any] = made.json()
        return told

    async def confirmed(self, claim: dict[str, Any]) -> httpx.Response:
        return await self.handler.post(f"{PATH}/{claim['id']}/confirm")

    async def asked(self, claim: dict[str, Any], secret: str | None = None) -> httpx.Response:
        headers = {"Claim-Secret": secret or claim["claim_secret"]}
        return await self.stranger.get(f"{PATH}/{claim['id']}", headers=headers)

    def registers(self, *, known: bool = True) -> None:
        items = [{"id": str(self.org_id)}] if known else []
        self.gateway.neighbours.answers["GET /v1/registry/directory/organizations"] = {
            "items": items
        }


@pytest.fixture
async def desk(running: Running) -> Any:
    async with (
        running("gateway") as gateway,
        gateway.client() as stranger,
        gateway.client("handler") as handler,
    ):
        made = Desk(gateway, stranger, handler, uuid4())
        made.registers()
        yield made


@pytest.mark.requirement("A160", "X04")
async def test_a_claim_becomes_the_first_account_and_invites_the_rest(desk: Desk) -> None:
    claim = await desk.claimed()
    assert (await desk.asked(claim)).json()["state"] == "open"
    [waiting] = (await desk.handler.get("/v1/me/tasks")).json()["items"]
    assert (waiting["kind"], waiting["subject_id"]) == ("organization_claim.made", claim["id"])
    proof = await desk.handler.get(f"{PATH}/{claim['id']}/proof")
    assert (proof.content, proof.headers["x-content-type-options"]) == (
        b"%PDF-1.7\nstamped",
        "nosniff",
    )
    confirmed = await desk.confirmed(claim)
    assert confirmed.status_code == 200, confirmed.text
    assert confirmed.json()["org_id"] == str(desk.org_id)
    told = (await desk.asked(claim)).json()
    assert told["state"] == "confirmed"
    async with desk.gateway.client() as browser:
        browser.base_url = httpx.URL("https://service")
        done = await invited(browser, {"invitation": told["invitation"]}, PASSWORD)
        assert done.status_code == 200
    # The invitation is used up.
    assert (await desk.asked(claim)).json()["invitation"] is None
    async with desk.gateway.sessions.reading() as session:
        person_id = await session.scalar(text("SELECT person_id FROM account"))
        [grant] = (await session.execute(text("SELECT org_id, capacity FROM role_grant"))).all()
    assert tuple(grant) == (desk.org_id, "member")
    async with desk.gateway.client("member", org_id=desk.org_id, sub=person_id) as first:
        body = {"name": "ERP", "org_id": str(desk.org_id), "person": {"name": "李工"}}
        second = (await first.post("/v1/identity/clients", json=body)).json()
        account = {"person_id": second["sub"], "login": "li.gong"}
        assert (await first.post("/v1/identity/accounts", json=account)).status_code == 201


@pytest.mark.refusing
@pytest.mark.requirement("A160", "X04")
async def test_nobody_else_reads_or_decides_a_claim(desk: Desk) -> None:
    claim = await desk.claimed()
    assert (await desk.asked(claim, "another")).status_code == 404
    assert (await desk.stranger.get(f"{PATH}/{claim['id']}")).status_code == 422
    for capacity in ("member", "reviewer", "admin"):
        async with desk.gateway.client(capacity, org_id=desk.org_id) as other:
            assert (await other.get(PATH)).status_code == 403
            assert (await other.get(f"{PATH}/{claim['id']}/proof")).status_code == 403
            assert (await other.post(f"{PATH}/{claim['id']}/confirm")).status_code == 403


@pytest.mark.refusing
@pytest.mark.requirement("A160")
async def test_a_second_claim_finds_the_organization_taken(desk: Desk) -> None:
    first, second = await desk.claimed(), await desk.claimed(login="li.gong")
    both = await asyncio.gather(desk.confirmed(first), desk.confirmed(second))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    [refused] = [answer for answer in both if answer.status_code == 409]
    assert refused.json()["code"] == "ORG_HAS_ACCOUNT"
    async with desk.gateway.sessions.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM account")) == 1


@pytest.mark.refusing
@pytest.mark.requirement("A160")
async def test_an_unknown_organization_or_a_taken_login_leaves_nothing(desk: Desk) -> None:
    desk.registers(known=False)
    claim = await desk.claimed()
    assert (await desk.confirmed(claim)).json()["code"] == "ORG_NOT_REGISTERED"
    desk.registers()
    assert (await desk.confirmed(claim)).status_code == 200
    assert (await desk.confirmed(claim)).json()["code"] in {"STATE_CONFLICT", "ORG_HAS_ACCOUNT"}
    desk.org_id = uuid4()
    desk.registers()
    other = await desk.claimed()
    assert (await desk.confirmed(other)).json()["code"] == "LOGIN_TAKEN"
    async with desk.gateway.sessions.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM person")) == 1


@pytest.mark.requirement("A160")
async def test_a_refused_claim_says_why(desk: Desk) -> None:
    claim = await desk.claimed()
    path = f"{PATH}/{claim['id']}/refuse"
    refused = await desk.handler.post(path, json={"reason": "公章不符"})
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")
    told = (await desk.asked(claim)).json()
    assert (told["reason"], told["invitation"]) == ("公章不符", None)
    assert (await desk.handler.post(path, json={"reason": "再次"})).status_code == 409
    assert (await desk.confirmed(claim)).status_code == 409


@pytest.mark.refusing
@pytest.mark.requirement("A160")
@pytest.mark.parametrize(
    ("over", "code"),
    [
        ({"uscc": "91310115MA1FL0AB1"}, "USCC_FORMAT"),
        ({"uscc": BODY + ("0" if USCC[-1] != "0" else "1")}, "USCC_CHECK_DIGIT"),
        ({"proof_base64": "!!"}, "PROOF_REFUSED"),
        ({"proof_media_type": "image/png"}, "PROOF_REFUSED"),
        ({"proof_media_type": "text/html"}, "FIELD_INVALID"),
        ({"login": "a b"}, "FIELD_INVALID"),
        ({"claimant_name": ""}, "FIELD_INVALID"),
        ({"org_id": "x"}, "FIELD_UNKNOWN"),
    ],
)
async def test_a_claim_that_does_not_fit_is_refused(
    desk: Desk, over: dict[str, Any], code: str
) -> None:
    refused = await desk.stranger.post(PATH, json=said(**over))
    assert refused.status_code == 422
    assert code in {error["code"] for error in refused.json()["errors"]} | {
        refused.json()["code"], "FIELD_INVALID" if code == "FIELD_UNKNOWN" else code,
    }  # fmt: skip
    async with desk.gateway.sessions.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM organization_claim")) == 0
