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
CONNECTIONS: Final = 200


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


class _Transport(httpx.AsyncHTTPTransport):
    """The usual transport over the guarded backend."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        super().__init__(verify=trusted())
        # The transport offers no way to hand a backend in; the pool it would make takes one.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS // 2,
            keepalive_expiry=5.0,
            network_backend=_Guarded(allowed),
        )


class Sender:
    """Sends deliveries; follows no redirect, reads no more than the beginning of an answer."""

    def __init__(self, allowed: Sequence[Network], seconds: float = SECONDS) -> None:
        """Take the networks that are allowed although they are not public."""
        self._seconds = seconds
        self._http = httpx.AsyncClient(
            transport=_Transport(allowed),
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "zhichuang-webhooks/1"},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

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
        except (httpx.HTTPError, httpcore.NetworkError, OSError, ssl.SSLError, ValueError) as error:
            return None, type(error).__name__

    async def _ask(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        async with self._http.stream("POST", url, content=body, headers=headers) as response:
            said = b""
            async for chunk in response.aiter_raw(SAID_BYTES):
                said += chunk
                if len(said) >= SAID_BYTES:
                    break
            text = said[:SAID_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")
            return response.status_code, text


def signed(delivery: Message, secrets: Sequence[bytes], at: datetime) -> dict[str, str]:
    """Give the header fields of Standard Webhooks, one signature for each secret that holds."""
    message = str(delivery.event_id)
    text = delivery.body.decode()
    signatures = [Signing(secret).sign(message, at, text) for secret in secrets]
    return {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
