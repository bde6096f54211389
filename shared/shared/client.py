"""Calls to the other services, with this service's own credentials."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx

from shared.reading import read_json
from shared.settings import Settings
from shared.tracing import CURRENT
from shared.trust import trusted

# httpcore asks again and again for a library that is not there, each time through every folder of
# the path: 0.3 ms of each call. Marked as missing, it is not looked for.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # as the import system has it

# A neighbour that failed this often in a row is left alone for a moment.
FAILURES_BEFORE_OPEN: Final = 5
OPEN_SECONDS: Final = 2.0
RENEW_BEFORE_SECONDS: Final = 60


class Unavailable(Exception):  # noqa: N818 - reads as what it is
    """A neighbour did not answer; the caller's own request becomes 503."""

    def __init__(self, service: str) -> None:
        """Name the service."""
        super().__init__(service)
        self.service = service


class Unexpected(Unavailable):
    """A neighbour answered with a status that the question does not allow for."""

    def __init__(self, service: str, status: int, code: str) -> None:
        """Name the service, the status and the problem's code."""
        super().__init__(service)
        self.status = status
        self.code = code


class ServiceClient:
    """Asks neighbours over HTTP: short time-outs, one retry of what is safe, a circuit breaker."""

    def __init__(
        self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Make the pool; `transport` is another one in tests."""
        self._settings = settings
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.service_timeout_seconds, connect=1.0),
            transport=transport,
            verify=trusted(),
            trust_env=False,
        )
        self._token = ""
        self._renew_at = 0.0
        self._renewing = asyncio.Lock()
        self._gateway = 0
        self._failures: dict[str, int] = {}
        self._open_until: dict[str, float] = {}

    async def get(
        self,
        service: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any] | None:
        """Ask a question; `None` for 404. Raises `Unavailable` or `Unexpected`.

        `headers` take the place of the service's own credentials, as when the gateway asks on.
        """
        response = await self._safely(service, path, params, timeout, headers)
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise Unexpected(service, response.status_code, _code(response))
        answer: dict[str, Any] = read_json(response.content)
        return answer

    async def question(self, service: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask what is too long for an address; it changes nothing, so that it may be asked twice.

        Raises `Unavailable` or `Unexpected`.
        """
        response = await self._safely(service, path, None, None, body=body)
        if response.status_code != 200:
            raise Unexpected(service, response.status_code, _code(response))
        answer: dict[str, Any] = response.json()
        return answer

    async def download(self, service: str, path: str) -> tuple[bytes, str] | None:
        """Fetch the bytes of a file and their media type; `None` for 404. Raises `Unavailable`."""
        response = await self._safely(service, path, None, None)
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise Unexpected(service, response.status_code, _code(response))
        kind = response.headers.get("content-type", "application/octet-stream")
        return response.content, kind

    async def post(
        self, service: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Make something in somebody's name, once; raises `Unavailable` or `Unexpected`."""
        address = self._settings.addresses(service)[0]
        try:
            response = await self._http.post(
                address + path, json=body, headers=dict(headers) | _trace()
            )
        except httpx.HTTPError as error:
            raise Unavailable(service) from error
        if response.status_code != 201:
            raise Unexpected(service, response.status_code, _code(response))
        answer: dict[str, Any] = response.json()
        return answer

    async def put(self, url: str, service: str, body: Mapping[str, Any]) -> None:
        """Tell one process of a service something; raises `Unavailable` unless it agrees."""
        try:
            response = await self._http.put(url, json=body, headers=await self._headers())
        except httpx.HTTPError as error:
            raise Unavailable(service) from error
        if response.status_code >= 300:
            raise Unexpected(service, response.status_code, _code(response))

    async def _safely(
        self,
        service: str,
        path: str,
        params: Mapping[str, Any] | None,
        timeout: float | None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        if time.monotonic() < self._open_until.get(service, 0.0):
            raise Unavailable(service)
        for attempt in (1, 2):
            try:
                response = await self._ask(service, path, params, timeout, headers, attempt, body)
            except httpx.HTTPError as error:
                self._count_failure(service)
                if attempt == 2:
                    raise Unavailable(service) from error
                continue
            self._failures[service] = 0
            if response.status_code == 401 and attempt == 1 and headers is None:
                # Keys may have been rotated or the token revoked: once more with a new one.
                self._renew_at = 0.0
                continue
            return response
        raise Unavailable(service)

    async def _ask(
        self,
        service: str,
        path: str,
        params: Mapping[str, Any] | None,
        timeout: float | None,
        headers: Mapping[str, str] | None,
        attempt: int,
        body: Mapping[str, Any] | None,
    ) -> httpx.Response:
        # The second try goes to the next process, where there is one.
        addresses = self._settings.addresses(service)
        address = addresses[(attempt - 1) % len(addresses)]
        options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        if body is not None:
            options["json"] = body
        asked = {k: v for k, v in (params or {}).items() if v is not None}
        # One text is parsed once; httpx would parse address and query apart, and join them.
        return await self._http.request(
            "GET" if body is None else "POST",
            f"{address}{path}?{httpx.QueryParams(asked)}" if asked else address + path,
            headers=await self._headers() if headers is None else dict(headers) | _trace(),
            **options,
        )

    def _count_failure(self, service: str) -> None:
        self._failures[service] = self._failures.get(service, 0) + 1
        if self._failures[service] >= FAILURES_BEFORE_OPEN:
            self._open_until[service] = time.monotonic() + OPEN_SECONDS
            self._failures[service] = 0

    async def _headers(self) -> dict[str, str]:
        async with self._renewing:
            if time.monotonic() >= self._renew_at:
                await self._renew()
        return {"Authorization": f"Bearer {self._token}"} | _trace()

    async def _renew(self) -> None:
        secret = self._settings.client_secret.get_secret_value()
        response = await self._at_gateway(
            "POST",
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(self._settings.client_id, secret),
        )
        if response.status_code != 200:
            raise Unexpected("gateway", response.status_code, "token")
        answer = response.json()
        self._token = answer["access_token"]
        self._renew_at = time.monotonic() + answer["expires_in"] - RENEW_BEFORE_SECONDS

    async def _at_gateway(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Ask the gateway that answered last, then each other one; raise what the last one did."""
        addresses = self._settings.addresses("gateway")
        for left in range(len(addresses) - 1, -1, -1):
            address = addresses[self._gateway % len(addresses)]
            try:
                return await self._http.request(method, address + path, **options)
            except httpx.TransportError:
                self._gateway += 1
                if not left:
                    raise
        raise Unavailable("gateway")

    async def fetch_keys(self) -> dict[str, Any]:
        """Fetch the gateway's published keys."""
        response = await self._at_gateway("GET", "/.well-known/jwks.json")
        response.raise_for_status()
        keys: dict[str, Any] = response.json()
        return keys

    async def fetch_revocations(self, version: str, hold_seconds: int) -> tuple[str, str]:
        """Fetch the gateway's signed list of revoked tokens, and the version that it is.

        With the version that is known, the gateway holds on for so long until there is another.
        """
        asked = f"?version={version}&wait={hold_seconds}" if version else ""
        response = await self._at_gateway(
            "GET",
            f"/.well-known/revocations{asked}",
            timeout=self._settings.service_timeout_seconds + hold_seconds,
        )
        response.raise_for_status()
        answer = response.json()
        return str(answer["list"]), str(answer.get("version", ""))

    @asynccontextmanager
    async def lasting(self) -> AsyncIterator["ServiceClient"]:
        """Keep the pool open, and close it at the end."""
        try:
            yield self
        finally:
            await self._http.aclose()


def _trace() -> dict[str, str]:
    """Name the request that asks, so that its neighbours' spans and logs hang together with it."""
    current = CURRENT.get()
    return {"traceparent": current} if current else {}


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json().get("code", ""))
    except ValueError:
        return ""
