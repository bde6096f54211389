"""A plain client of the gateway: one caller, one token, every answer checked."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import uuid4

import httpx

from shared.trust import trusted

Answer = dict[str, Any]
Value = TypeVar("Value")

# What follows another service's event is promised within two seconds; a busy machine gets more.
FOLLOWS_SECONDS: Final = 20.0
RENEW_BEFORE_SECONDS: Final = 60


class Surprise(Exception):  # noqa: N818 - reads as what it is
    """An answer was not the one that the story expects."""


class Caller:
    """One program of one person: fetches its token, and calls with it."""

    def __init__(self, address: str, name: str, credential: Mapping[str, Any]) -> None:
        """Bind to the gateway with a client's credentials."""
        self.name = name
        self.org_id: str | None = credential.get("org_id")
        self.sub: str = credential["sub"]
        self._credential = credential
        self._http = httpx.Client(base_url=address, timeout=60, trust_env=False, verify=trusted())
        self._token = ""
        self._renew_at = 0.0

    def get(self, path: str, **params: Any) -> Answer:
        """Read, expecting 200."""
        return self._expect(self._send("GET", path, params=params), 200)

    def post(self, path: str, body: Any = None, *, version: int | None = None) -> Answer:
        """Write with a key of its own, expecting a 2xx."""
        return self._expect(self._send("POST", path, body=body, version=version))

    def put(self, path: str, body: Any, *, version: int | None = None) -> Answer:
        """Replace, expecting a 2xx."""
        return self._expect(self._send("PUT", path, body=body, version=version))

    def patch(self, path: str, body: Any, *, version: int | None = None) -> Answer:
        """Change a part, expecting a 2xx."""
        return self._expect(self._send("PATCH", path, body=body, version=version))

    def upload(self, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Send raw bytes, expecting a 2xx."""
        return self._expect(self._send("POST", path, content=content, headers=headers))

    def raw(self, path: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Read bytes as they are."""
        response = self._send("GET", path, headers=headers)
        self._expect(response, 200)
        return response.content

    def refused(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: int | None = None,
    ) -> Answer:
        """Call where a refusal is expected; give the problem document."""
        response = self._send(method, path, body=body, version=version)
        if response.is_success:
            raise Surprise(f"{self.name}: {method} {path} was let through: {response.text[:500]}")
        problem: Answer = response.json()
        return problem

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self._fresh()}", "Accept-Language": "en"}
        if method == "POST":
            sent["Idempotency-Key"] = str(uuid4())
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        if body is not None:
            content = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        return self._http.request(
            method, path, params=params, content=content, headers={**sent, **(headers or {})}
        )

    def _expect(self, response: httpx.Response, *statuses: int) -> Answer:
        good = response.status_code in statuses if statuses else response.is_success
        if not good:
            request = response.request
            raise Surprise(
                f"{self.name}: {request.method} {request.url.path} answered "
                f"{response.status_code}: {response.text[:2000]}"
            )
        if not response.headers.get("content-type", "").startswith("application/json"):
            return {}
        answer: Answer = response.json()
        return answer

    def _fresh(self) -> str:
        if time.monotonic() >= self._renew_at:
            answer = self._http.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(self._credential["client_id"], self._credential["client_secret"]),
            )
            token = self._expect(answer, 200)
            self._token = token["access_token"]
            self._renew_at = time.monotonic() + token["expires_in"] - RENEW_BEFORE_SECONDS
        return self._token


def soon(read: Callable[[], Value], is_there: Callable[[Value], bool]) -> Value:
    """Read until it is there: what follows another service's event takes a moment."""
    until = time.monotonic() + FOLLOWS_SECONDS
    while True:
        value = read()
        if is_there(value):
            return value
        if time.monotonic() > until:
            raise Surprise(f"it did not come within {FOLLOWS_SECONDS:.0f} s: {value!r}"[:1000])
        time.sleep(0.1)
