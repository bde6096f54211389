"""A mail server on a real port, and a gateway in which people wait for letters."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.notices.jobs import Notices
from shared.auth import TokenVerifier
from tests.fixtures.service import ISSUER
from tests.gateway.running_door import free_port
from tests.gateway.tokens.test_issuing import prepared, token_of
from tests.gateway.webhooks.conftest import receiver

__all__ = ["prepared", "receiver"]  # Fixtures by their names.

CHANNEL = "/v1/me/notice-channel"
ADDRESS = "zhou.qiming@example.org"


@dataclass
class Box:
    """What a mail server has taken, and what it answers before it takes anything."""

    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    on_recipient: list[str] = field(default_factory=list)
    on_letter: list[str] = field(default_factory=list)
    hang_up: bool = False
    # The process that ends when its letter was taken.
    kills: int | None = None

    async def handle_RCPT(  # noqa: N802 - the server's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        if self.on_recipient:
            return self.on_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.on_letter:
            return self.on_letter.pop(0)
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.rcpt_tos[0], envelope.content))
        if self.kills is not None:
            # The letter is taken, and its sender never hears of it.
            os.kill(self.kills, signal.SIGKILL)
        if self.hang_up:
            # The letter is taken, and nobody hears of it.
            self.hang_up = False
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 Taken"

    def letters(self) -> list[Message]:
        return [message_from_bytes(content, policy=default) for _, content in self.taken]

    def texts(self) -> list[str]:
        return [str(letter.get_content()) for letter in self.letters()]  # type: ignore[attr-defined]


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    made = Box()
    made.port = free_port()
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    for name, value in {
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(made.port), "SMTP_SECURITY": "none",
        "SMTP_FROM": "notices@zhichuang.example", "NOTICE_RETRIES": "0,0",
        "WEBHOOK_ALLOWED": "127.0.0.0/8",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"ZHICHUANG_{name}", value)
    yield made
    controller.stop()


@dataclass
class House:
    """A gateway, a member's caller, and what waits for him in the registry."""

    gateway: Any
    caller: httpx.AsyncClient
    tasks: list[dict[str, Any]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    away: bool = False

    def waits(self, due_on: str | None = None, **over: Any) -> dict[str, Any]:
        """Let something more wait."""
        made = {
            "kind": "application.correct", "title": "补正申请材料", "rule": "A117",
            "clause": "四(三)1", "subject_id": str(uuid4()), "center_id": None, "due_on": due_on,
            "overdue": False, "method": "PUT", "href": f"/v1/registry/applications/{uuid4()}",
        } | over  # fmt: skip
        self.tasks.append(made)
        return made

    async def worker(self) -> Notices:
        return Notices(self.gateway.app)

    async def look_and_send(self) -> None:
        worker = Notices(self.gateway.app)
        await worker.look()
        await worker.send()

    async def connected(self, address: str = ADDRESS, **wish: Any) -> dict[str, Any]:
        """Set a channel up by mail, and confirm it with the code of its letter."""
        answer = await self.caller.put(CHANNEL, json={"kind": "smtp", "address": address} | wish)
        assert answer.status_code == 200, answer.text
        await Notices(self.gateway.app).send()
        made: dict[str, Any] = answer.json()
        return made


def code_in(text: str) -> str:
    return next(word for word in text.replace("：", " ").split() if word.isdigit())


@asynccontextmanager
async def house_of(running: Callable[..., Any], prepared: Any) -> AsyncIterator[House]:
    async with running("gateway") as gateway:
        made = await prepared(gateway)
        gateway.app.state.verifier = TokenVerifier(ISSUER, gateway.app.state.keys.published)
        async with gateway.client() as caller:
            token = (await token_of(caller, made["admin"])).json()["access_token"]
            caller.headers["Authorization"] = f"Bearer {token}"
            gateway.set_clock("2026-03-02T01:00:00+00:00")
            body = {"name": "ERP", "org_id": str(uuid4()), "person": {"name": "周启明"}}
            member = (await caller.post("/v1/identity/clients", json=body)).json()
            token = (await token_of(caller, member)).json()["access_token"]
            caller.headers["Authorization"] = f"Bearer {token}"
            house = House(gateway, caller)

            def registry(request: httpx.Request) -> Any:
                house.languages.append(request.headers["accept-language"])
                if house.away:
                    return httpx.Response(503, json={"code": "UNAVAILABLE"})
                return {"items": house.tasks, "missing": []}

            answers = gateway.neighbours.answers
            answers["GET /v1/registry/tasks"] = registry
            for service in ("evaluation", "ip-ledger"):
                answers[f"GET /v1/{service}/tasks"] = {"items": [], "missing": []}
            yield house


async def settled(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to hold in time")
