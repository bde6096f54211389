"""One delivery over the network: signed, bounded, and only to where it may go."""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from uuid import UUID

import httpcore
import httpx
from standardwebhooks import Webhook as Signing

from gateway.webhooks.actions import Outcome
from gateway.webhooks.rules import Network, address_allowed
from shared.client import trusted

SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 4.0
SAID_BYTES: Final = 1024
# Connections to one address, how long an idle one is kept, and addresses that have some.
CONNECTIONS: Final = 8
KEPT_SECONDS: Final = 5.0
MOST_TARGETS: Final = 1000
ERRORS: Final = (
    httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError,
    httpcore.UnsupportedProtocol, httpx.InvalidURL, OSError, ssl.SSLError, ValueError,
)  # fmt: skip


class Message(Protocol):
    """What is sent: the bytes that are signed, and the id by which a receiver knows them again."""

    @property
    def id(self) -> UUID:
        """Name the row that waits."""

    @property
    def event_id(self) -> UUID:
        """Name the message for ever."""

    @property
    def body(self) -> bytes:
        """Give the bytes."""


class PrivateAddressError(OSError):
    """The target's name leads to an address that is not public."""


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was judged, so that a name cannot lead elsewhere later."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await self._judged(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def _judged(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        # One private address among public ones is a trap, and not a choice.
        if not addresses or not all(
            address_allowed(ipaddress.ip_address(address), self._allowed) for address in addresses
        ):
            raise PrivateAddressError("the target leads to an address that is not public")
        return addresses[0]

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Target:
    """One address, with connections that no other address takes away."""

    def __init__(self, url: str, backend: httpcore.AsyncNetworkBackend) -> None:
        """Read the address; raises `httpx.InvalidURL`."""
        read = httpx.URL(url)
        self.url = httpcore.URL(
            scheme=read.raw_scheme, host=read.raw_host, port=read.port, target=read.raw_path
        )
        self.pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=CONNECTIONS,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=backend,
        )
        self.sending = 0


class Sender:
    """Sends deliveries; follows no redirect, reads no more than the beginning of an answer."""

    def __init__(self, allowed: Sequence[Network], seconds: float = SECONDS) -> None:
        """Take the networks that are allowed although they are not public."""
        self._seconds = seconds
        self._backend = _Guarded(allowed)
        connect = min(seconds, CONNECT_SECONDS)
        times = {"connect": connect, "read": seconds, "write": seconds, "pool": seconds}
        self._extensions = {"timeout": times}
        # By address; the one that was used last stands last.
        self._targets: dict[str, _Target] = {}

    async def close(self) -> None:
        """Close every connection."""
        for target in self._targets.values():
            await target.pool.aclose()

    async def send(self, url: str, delivery: Message, secrets: Sequence[bytes]) -> Outcome:
        """Try once; whatever goes wrong is an outcome and no exception."""
        at, started = datetime.now(UTC), time.monotonic()
        status, said = await self._try(url, delivery, signed(delivery, secrets, at))
        spent = int((time.monotonic() - started) * 1000)
        return Outcome(delivery.id, at, status, spent, said)

    async def _try(
        self, url: str, delivery: Message, headers: dict[str, str]
    ) -> tuple[int | None, str]:
        try:
            # A receiver that sends a byte now and then is held to the same time as a silent one.
            async with asyncio.timeout(self._seconds):
                return await self._ask(url, delivery.body, headers)
        except PrivateAddressError as error:
            return None, str(error)
        except TimeoutError:
            return None, "no answer in time"
        except ERRORS as error:
            return None, type(error).__name__

    async def _ask(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        target = await self._target(url)
        target.sending += 1
        try:
            async with target.pool.stream(
                "POST", target.url, headers=list(headers.items()), content=body,
                extensions=self._extensions,
            ) as response:  # fmt: skip
                said = b""
                async for chunk in response.aiter_stream():
                    said += chunk[:SAID_BYTES]
                    if len(said) >= SAID_BYTES:
                        break
                text = said[:SAID_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")
                return response.status, text
        finally:
            target.sending -= 1

    async def _target(self, url: str) -> _Target:
        """Give an address's own connections, and let go of those that were idle the longest."""
        target = self._targets.pop(url, None) or _Target(url, self._backend)
        self._targets[url] = target
        if len(self._targets) > MOST_TARGETS:
            idle = next((name for name, one in self._targets.items() if not one.sending), url)
            if idle != url:
                await self._targets.pop(idle).pool.aclose()
        return target


def signed(delivery: Message, secrets: Sequence[bytes], at: datetime) -> dict[str, str]:
    """Give the header fields of Standard Webhooks, one signature for each secret that holds."""
    message = str(delivery.event_id)
    text = delivery.body.decode()
    signatures = [Signing(secret).sign(message, at, text) for secret in secrets]
    return {
        "Content-Type": "application/cloudevents+json",
        "Accept": "*/*",
        "User-Agent": "zhichuang-webhooks/1",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
