"""Member institutions cosign what they saw grow; a payment waits for as many as the policy asks."""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert

from ip_ledger.audit.auditing import evidence
from ip_ledger.log import actions
from ip_ledger.log.actions import NewRecord, append_records
from ip_ledger.log.jobs import NUMBER_LEAVES
from ip_ledger.log.keys import LogKey
from ip_ledger.log.notes import NoteError, Verifier, cosigned_message, parts_of
from ip_ledger.witnesses import rules
from ip_ledger.witnesses.rules import Event, State
from shared.database import new_id
from shared.directory import DirectoryPolicy
from shared.rules import failed_codes
from shared.verifier import ReceiptError, read_checkpoint, read_key
from tests.ip_ledger.distributions.world import World, build

pytestmark = pytest.mark.anyio

LOG = "/v1/ip-ledger/log"


@pytest.fixture
async def world(running: Callable[..., Any]) -> AsyncIterator[World]:
    async with running("ip_ledger") as service:
        world = await build(service)
        async with world.sessions.begin() as session:
            records = [
                NewRecord("ownership_version", world.version_id, world.center_id, {}, {}, ())
            ]
            await append_records(session, records)
        yield world


async def grow(world: World, count: int = 1) -> int:
    """Log some records and sign the tree; give its size."""
    async with world.sessions.begin() as session:
        records = [NewRecord("test", new_id(), None, {}, {}, ()) for _ in range(count)]
        await append_records(session, records)
    key = LogKey.of(world.service.app.state.settings)
    async with world.service.app.state.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(NUMBER_LEAVES)
        size = await actions.sign_checkpoint(connection, key, datetime.now(UTC))
    assert size is not None
    return size


@dataclass
class Institution:
    """A member that watches with a key of its own."""

    world: World
    org_id: UUID
    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, 4, self.private.public_key().public_bytes_raw())

    @property
    def client(self) -> httpx.AsyncClient:
        client: httpx.AsyncClient = self.world.owner(self.org_id)
        return client

    def line(self, note: str, at: int | None = None) -> str:
        text, _ = parts_of(note)
        at = int(time.time()) if at is None else at
        signature = self.private.sign(cosigned_message(text, at))
        raw = self.verifier.key_id + at.to_bytes(8, "big") + signature
        return f"— {self.name} {base64.b64encode(raw).decode()}"

    async def cosign(self, note: str, **changes: Any) -> httpx.Response:
        size = int(note.split("\n")[1])
        body = {"tree_size": size, "signature": self.line(note)} | changes
        return await self.client.post(f"{LOG}/cosignatures", json=body)

    async def registered(self) -> httpx.Response:
        return await self.client.post(f"{LOG}/witnesses", json={"verifier": self.verifier.line})

    async def approved(self) -> str:
        answer = await self.registered()
        assert answer.status_code == 201, answer.text
        witness_id: str = answer.json()["id"]
        approver = self.world.service.client("approver")
        answer = await approver.post(f"{LOG}/witnesses/{witness_id}/approve")
        assert answer.status_code == 200, answer.text
        return witness_id


def institution(world: World, org_id: UUID, name: str) -> Institution:
    return Institution(world, org_id, name, Ed25519PrivateKey.generate())


async def note_of(world: World) -> str:
    return (await world.service.client().get(f"{LOG}/checkpoint")).text


def codes(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


@pytest.mark.requirement("X07")
async def test_an_approved_witness_cosigns_and_the_checkpoint_is_served_with_it(
    world: World,
) -> None:
    one = institution(world, world.company, "m01.example")
    two = institution(world, world.university, "m03.example")
    await grow(world, 3)
    for each in (one, two):
        await each.approved()
    note = await note_of(world)
    assert (await one.cosign(note)).status_code == 201
    anyone = world.service.client()
    await grow(world)
    served = (await anyone.get(f"{LOG}/cosigned-checkpoint")).text
    assert served.startswith(note)
    assert (await anyone.get(f"{LOG}/cosigned-checkpoint?at_least=2")).status_code == 404
    assert (await two.cosign(note)).status_code == 201
    served = (await anyone.get(f"{LOG}/cosigned-checkpoint?at_least=2")).text
    log_key = read_key((await anyone.get(f"{LOG}/key")).text)
    keys = [read_key(each.verifier.line) for each in (one, two)]
    assert read_checkpoint(served, log_key, *keys)[1] == 4
    # A witness's signature alone is evidence, for whoever trusts the witness and not the log.
    assert evidence("kept", served, [two.verifier]).signers == ("m03.example",)
    with pytest.raises(NoteError):
        evidence("kept", note, [two.verifier])
    listed = (await anyone.get(f"{LOG}/witnesses")).json()["items"]
    assert [item["state"] for item in listed] == ["approved", "approved"]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_what_is_no_fresh_signature_of_an_approved_witness_is_refused(world: World) -> None:
    one = institution(world, world.company, "m01.example")
    await grow(world, 3)
    note = await note_of(world)
    assert (await one.cosign(note)).status_code == 404
    witness_id = (await one.registered()).json()["id"]
    assert codes(await one.cosign(note)) == ["STATE_CONFLICT"]
    approver = world.service.client("approver")
    await approver.post(f"{LOG}/witnesses/{witness_id}/approve")
    other = Institution(world, world.company, one.name, Ed25519PrivateKey.generate())
    ahead = one.line(note, int(time.time()) + 3_600)
    for line in (other.line(note), ahead, one.line(note.replace("\n4\n", "\n5\n"))):
        assert codes(await one.cosign(note, signature=line)) == ["COSIGNATURE_INVALID"]
    assert (await one.cosign(note, signature="— m01.example AAAA")).status_code in {404, 422}
    assert (await one.cosign(note, tree_size=99)).status_code == 404
    stranger = Institution(world, world.university, one.name, one.private)
    assert (await stranger.cosign(note)).status_code == 404
    await grow(world)
    newer = await note_of(world)
    assert (await one.cosign(newer)).status_code == 201
    for stale in (note, newer):
        assert codes(await one.cosign(stale)) == ["COSIGNATURE_STALE"]
    await one.client.post(f"{LOG}/witnesses/{witness_id}/revoke")
    await grow(world)
    assert (await one.cosign(await note_of(world))).status_code == 404
    assert (await world.service.client().get(f"{LOG}/cosigned-checkpoint")).status_code == 404


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_two_cosignatures_of_one_tree_at_once_are_one(world: World) -> None:
    one = institution(world, world.company, "m01.example")
    await one.approved()
    await grow(world)
    note = await note_of(world)
    answers = await asyncio.gather(*(one.cosign(note) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_keys_that_sign_for_anyone_or_for_a_log_are_no_witness(world: World) -> None:
    one = institution(world, world.company, "m01.example")
    public = one.private.public_key().public_bytes_raw()
    lines = [
        Verifier("m01.example", 1, public).line,
        Verifier("m01.example", 4, bytes([1]) + bytes(31)).line,
        Verifier("m01.example", 4, b"\xff" * 32).line,
        Verifier("m01 example", 4, public).line,
        one.verifier.line.replace("+", "+0", 1),
        "",
    ]
    for line in lines:
        answer = await one.client.post(f"{LOG}/witnesses", json={"verifier": line})
        assert codes(answer) == ["WITNESS_KEY_INVALID"], line
    assert (await one.registered()).status_code == 201
    assert codes(await one.registered()) == ["ALREADY_EXISTS"]
    # Under a name of his own, too: the name is no part of what is signed.
    for name in ("m01.example", "m03.example"):
        thief = Institution(world, world.university, name, one.private)
        assert codes(await thief.registered()) == ["ALREADY_EXISTS"]


@pytest.mark.requirement("X03")
@pytest.mark.refusing
async def test_nobody_approves_his_own_witness(world: World) -> None:
    person = uuid4()
    one = institution(world, world.company, "m01.example")
    member = world.service.client("member", org_id=world.company, sub=person)
    body = {"verifier": one.verifier.line}
    witness_id = (await member.post(f"{LOG}/witnesses", json=body)).json()["id"]
    same = world.service.client("approver", sub=person)
    assert codes(await same.post(f"{LOG}/witnesses/{witness_id}/approve")) == ["SOD_VIOLATION"]
    handler = world.service.client("handler")
    assert (await handler.post(f"{LOG}/witnesses/{witness_id}/approve")).status_code == 403
    elsewhere = world.owner(world.university)
    assert (await elsewhere.post(f"{LOG}/witnesses/{witness_id}/revoke")).status_code == 404


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_payment_waits_for_the_witnesses_that_the_policy_asks(world: World) -> None:
    async with world.sessions.begin() as session:
        await session.execute(
            insert(DirectoryPolicy).values(
                version="w", effective_from=date(2016, 1, 1), clauses={"X07": "见证"},
                parameters={"X07": {"witnesses_before_payment": 2}},
            )
        )  # fmt: skip
    run = await world.confirmed(await world.run())
    path = f"distribution-runs/{run['id']}"
    await world.post(world.operator(world.approver), f"{path}/approve", status=200)
    refused = await world.post(world.operator(), f"{path}/pay", status=409)
    [error] = refused["errors"]
    assert (error["code"], error["params"]["seen_by"]) == ("WITNESSES_MISSING", 0)
    assert (error["policy_version"], error["clause"]) == ("w", "见证")
    await grow(world)
    witnesses = [
        institution(world, world.company, "m01.example"),
        institution(world, world.university, "m03.example"),
    ]
    note = await note_of(world)
    for seen_by, one in enumerate(witnesses):
        refused = await world.post(world.operator(), f"{path}/pay", status=409)
        assert refused["errors"][0]["params"]["seen_by"] == seen_by
        await one.approved()
        assert (await one.cosign(note)).status_code == 201
    await world.post(world.operator(), f"{path}/pay", status=200)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_a_witness_is_approved_once_and_revoked_for_good(state: State, event: Event) -> None:
    allowed = {
        (State.PROPOSED, Event.APPROVE), (State.PROPOSED, Event.REVOKE),
        (State.APPROVED, Event.REVOKE),
    }  # fmt: skip
    assert failed_codes(rules.move_checks(state, event)) == (
        [] if (state, event) in allowed else ["STATE_CONFLICT"]
    )


def test_a_cosignature_is_dated_within_the_clocks_leeway() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    at = int(now.timestamp())
    for signed_at, code in ((at + 300, []), (at + 301, ["COSIGNATURE_INVALID"]), (at - 9_999, [])):
        checks = rules.cosignature_checks(State.APPROVED, 5, 4, signed_at, now)
        assert failed_codes(checks) == code
    for last, code in ((None, []), (4, []), (5, ["COSIGNATURE_STALE"]), (6, ["COSIGNATURE_STALE"])):
        checks = rules.cosignature_checks(State.APPROVED, 5, last, at, now)
        assert failed_codes(checks) == code


@pytest.mark.refusing
def test_a_required_witness_that_did_not_sign_is_missed_offline() -> None:
    private = Ed25519PrivateKey.generate()
    log = LogKey("log.example", private)
    root = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    note = log.signed(f"log.example\n0\n{root}\n")
    witness = Verifier("w.example", 4, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    key = read_key(log.verifier)
    assert read_checkpoint(note, key)[1] == 0
    with pytest.raises(ReceiptError, match="not signed"):
        read_checkpoint(note, key, read_key(witness.line))
