"""One delivery over the network: signed, bounded, and only to where it may go."""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks import Webhook as Signing

from gateway.webhooks.actions import Outcome
from gateway.webhooks.rules import Network, address_allowed
from shared.trust import trusted

SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 4.0
SAID_BYTES: Final = 1024
KEPT_SECONDS: Final = 5.0
AGENT: Final = "zhichuang-webhooks/1"


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


class _Guard(AbstractResolver):
    """Judges where a name leads, and each address again as it is connected to.

    A name cannot lead elsewhere later, and an address written as such is judged like any other.
    """

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a name up; one private address among public ones is a trap, and not a choice."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        return [
            {
                "hostname": host, "host": self._judged(str(address[0])), "port": int(address[1]),
                "family": kind, "proto": proto, "flags": socket.AI_NUMERICHOST,
            }
            for kind, _, proto, _, address in found
        ]  # fmt: skip

    def connect(self, info: AddrInfoType) -> socket.socket:
        """Make the socket for an address that may be connected to."""
        family, kind, proto, _, address = info
        self._judged(str(address[0]))
        return socket.socket(family, kind, proto)

    def _judged(self, address: str) -> str:
        if not address_allowed(ipaddress.ip_address(address), self._allowed):
            raise PrivateAddressError("the target leads to an address that is not public")
        return address

    async def close(self) -> None:
        """Close nothing: lookups are the system's."""


class Sender:
    """Sends deliveries; follows no redirect, reads no more than the beginning of an answer."""

    def __init__(self, allowed: Sequence[Network], seconds: float = SECONDS) -> None:
        """Take the networks that are allowed although they are not public."""
        self._guard = _Guard(allowed)
        # A receiver that sends a byte now and then is held to the same time as a silent one.
        self._times = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, CONNECT_SECONDS))
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _http(self) -> aiohttp.ClientSession:
        """Open the session in the loop that sends."""
        if self._session is None:
            # Callers bound how much goes to one address at once; here nothing waits for another.
            connector = aiohttp.TCPConnector(
                limit=0, ssl=trusted(), use_dns_cache=False, resolver=self._guard,
                socket_factory=self._guard.connect, keepalive_timeout=KEPT_SECONDS,
            )  # fmt: skip
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._times, auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": AGENT},
                trust_env=False,
            )  # fmt: skip
        return self._session

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
            return await self._ask(url, delivery.body, headers)
        except TimeoutError:
            return None, "no answer in time"
        except aiohttp.ClientConnectorError as error:
            return None, _why(error.os_error)
        except (aiohttp.ClientError, OSError, ssl.SSLError, ValueError) as error:
            return None, _why(error)

    async def _ask(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        asked = self._http().post(url, data=body, headers=headers, allow_redirects=False)
        async with asked as response:
            said = b""
            while len(said) < SAID_BYTES and (
                chunk := await response.content.read(SAID_BYTES - len(said))
            ):
                said += chunk
            # What is not read to its end is not read at all: the connection is closed.
            return response.status, said.decode("utf-8", "replace").replace("\x00", "\ufffd")


def _why(error: Exception) -> str:
    """Name what went wrong, in words only where they are ours."""
    return str(error) if isinstance(error, PrivateAddressError) else type(error).__name__


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
