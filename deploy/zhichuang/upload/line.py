"""The line to the server: tokens, broken connections, and waiting as long as the server asks."""

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import httpx

from zhichuang.upload.sheet import Unusable

RENEW_BEFORE_SECONDS: Final = 60.0
MOST_WAIT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 1.0
# Nothing was decided, or it was and the answer was lost: the same key asks again.
AGAIN: Final = frozenset({429, 500, 502, 503, 504})
TIMEOUT: Final = httpx.Timeout(120, connect=10)


class Broken(Exception):  # noqa: N818 - reads as what it is
    """The server could not be reached for as long as we may wait; the position is kept."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A program's id and secret."""

    client_id: str
    client_secret: str


def credential(file: Path | None, name: str | None, environment: Mapping[str, str]) -> Credential:
    """Read a credential from a file or the environment, never from the command line.

    A file holds one `{client_id, client_secret}`, or several by short names as `make up` makes.
    """
    if file is None:
        try:
            return Credential(
                environment["ZHICHUANG_CLIENT_ID"], environment["ZHICHUANG_CLIENT_SECRET"]
            )
        except KeyError as error:
            raise Unusable(
                "Give --credentials FILE, or set ZHICHUANG_CLIENT_ID and ZHICHUANG_CLIENT_SECRET."
            ) from error
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        chosen = held if name is None else held[name]
        return Credential(str(chosen["client_id"]), str(chosen["client_secret"]))
    except OSError as error:
        raise Unusable(f"{file}: {os.strerror(error.errno or 0)}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{file} holds no credential {name or ''} (--as NAME chooses).") from error


def seconds_asked(response: httpx.Response, now: datetime) -> float | None:
    """Read `Retry-After`, seconds or a date; nothing where there is none that can be read."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds()) if value else None
    except (ValueError, TypeError):
        return None


class Line:
    """Sends requests until they are answered; every write carries a key."""

    def __init__(
        self,
        address: str,
        who: Credential,
        *,
        patience: float,
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Bind to a server; `patience` is how many seconds may pass without an answer."""
        self._http = httpx.Client(base_url=address, timeout=TIMEOUT)
        self._who = who
        self._patience = patience
        self._say = say
        self._sleep = sleep
        self._token = ""
        self._renew_at = 0.0

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def document(self) -> dict[str, Any]:
        """Read the published document."""
        return self._json(self._until_answered(lambda: self._http.get("/openapi.json")))

    def post_rows(self, path: str, rows: bytes, key: str) -> dict[str, Any]:
        """Post a chunk and give the verdicts of all its rows, however long they take."""
        headers = {"Content-Type": "text/csv; charset=utf-8", "Idempotency-Key": key}
        answer = self._until_answered(
            lambda: self._http.post(path, content=rows, headers={**headers, **self._as_caller()})
        )
        if answer.status_code != 202:
            return self._json(answer)
        return self._finished(answer.headers["location"])

    def _finished(self, location: str) -> dict[str, Any]:
        while True:
            job = self._read(location)
            if job["state"] == "done":
                return {**job, "results": list(self._results(location, job))}
            if job["state"] in {"cancelled", "failed"}:
                raise Unusable(f"The server ended {location}: {job['state']}.")
            self._sleep(POLL_SECONDS)

    def _results(self, location: str, job: Mapping[str, Any]) -> Iterator[Any]:
        """Give the verdicts of a job, over all the pages in which they come."""
        yield from job.get("results", ())
        while cursor := job.get("next_cursor"):
            job = self._read(location, cursor=cursor)
            yield from job["results"]

    def _read(self, path: str, **params: str) -> dict[str, Any]:
        answer = self._until_answered(
            lambda: self._http.get(path, params=params, headers=self._as_caller())
        )
        return self._json(answer)

    def _until_answered(self, ask: Callable[[], httpx.Response]) -> httpx.Response:
        began, attempt, renewed = time.monotonic(), 0, False
        while True:
            wait = min(MOST_WAIT_SECONDS, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads callers
            attempt += 1
            try:
                answer = ask()
            except httpx.TransportError as error:
                why = f"the line broke ({type(error).__name__})"
            else:
                if answer.status_code == 401 and not renewed:
                    renewed, self._renew_at = True, 0.0
                    continue
                if answer.status_code not in AGAIN and not _still_running(answer):
                    return answer
                asked = seconds_asked(answer, datetime.now(UTC))
                # Never sooner than the server asked for; a little later does not hurt.
                wait = wait if asked is None else max(asked, 0.1)
                why = f"the server answered {answer.status_code}"
            self._wait(wait, why, self._patience - (time.monotonic() - began))

    def _wait(self, seconds: float, why: str, left: float) -> None:
        if seconds > left:
            raise Broken(f"Given up for now: {why}, and the next try would be in {seconds:.0f} s.")
        self._say(f"{why}; again in {seconds:.1f} s")
        self._sleep(seconds)

    def _as_caller(self) -> dict[str, str]:
        if time.monotonic() >= self._renew_at:
            answer = self._http.post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(self._who.client_id, self._who.client_secret),
            )
            if answer.status_code in AGAIN:
                raise httpx.ConnectError(f"/oauth/token answered {answer.status_code}")
            token = self._json(answer)
            self._token = str(token["access_token"])
            self._renew_at = time.monotonic() + float(token["expires_in"]) - RENEW_BEFORE_SECONDS
        return {"Authorization": f"Bearer {self._token}", "Accept-Language": "zh"}

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        try:
            body: dict[str, Any] = answer.json()
        except ValueError as error:
            place = f"{answer.request.method} {answer.request.url.path}"
            raise Unusable(f"{place} answered {answer.status_code} without a document.") from error
        if not answer.is_success:
            raise Unusable(_words(answer.status_code, body))
        return body


def _still_running(answer: httpx.Response) -> bool:
    """Tell whether the first sending of this very request still runs, after a broken line."""
    return answer.status_code == 409 and "IDEMPOTENCY_IN_PROGRESS" in answer.text


def _words(status: int, body: Mapping[str, Any]) -> str:
    """Say a refusal of the whole request in the server's words."""
    code = body.get("code") or body.get("error") or status
    text = body.get("detail") or body.get("error_description") or body.get("title") or ""
    return f"The server refused it: {code} {text}".strip()
