"""Every operation, called as every kind of caller, for its own tenant and for another's.

Who may not call is told 403 or 404 and nothing else; nobody is told 5xx; and what one tenant can
list, another who cannot list it cannot open either.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.contract.openapi import operations
from tests.contract.step import Context

# One caller per capacity, and a second tenant for those that have one.
CALLERS: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset(),
    "m01": frozenset({"member"}),
    "m02": frozenset({"member"}),
    "c01": frozenset({"member"}),
    "c02": frozenset({"member"}),
    "ex01": frozenset({"expert"}),
    "ex02": frozenset({"expert"}),
    "handler": frozenset({"official", "handler"}),
    "reviewer": frozenset({"official", "reviewer"}),
    "approver": frozenset({"official", "approver"}),
    "auditor": frozenset({"official", "auditor"}),
    "bookkeeper": frozenset({"official", "bookkeeper"}),
    "admin": frozenset({"official", "admin"}),
    "finance": frozenset({"agency", "finance"}),
    "ip_office": frozenset({"agency"}),
}
TWINS: Final = (("m01", "m02"), ("c01", "c02"), ("ex01", "ex02"))
# Walking these would move the stack itself: its clock, its keys, its sessions.
# The last would end the very tokens that the walk goes on with.
_LEFT_ALONE: Final = re.compile(
    r"^(PUT /v1/sandbox/|POST /oauth/|GET /oauth/authorize|DELETE /v1/me/sessions)"
)
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_LIST_LIMIT: Final = 3


@dataclass(frozen=True)
class Call:
    """An operation with what it declares about its callers."""

    method: str
    path: str
    operation: Mapping[str, Any]

    @property
    def place(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def capacities(self) -> frozenset[str]:
        return frozenset(self.operation["x-access"]["capacities"])

    def admits(self, caller: str | None) -> bool:
        """Whether the declaration lets this caller in; no capacity named means everybody."""
        return not self.capacities or bool(self.capacities & CALLERS[caller])


def ask(context: Context) -> list[str]:
    """Walk the whole matrix, then the twins."""
    calls = list(_calls(context.openapi))
    clients = {caller: context.client(caller) for caller in CALLERS}
    faults = []
    for call in calls:
        for caller, client in clients.items():
            faults += _judge(call, caller, _send(client, call, {}))
    return faults + _twins(calls, clients)


def _calls(document: dict[str, Any]) -> Iterator[Call]:
    for place, operation in operations(document):
        if "x-access" in operation and not _LEFT_ALONE.match(place):
            method, _, path = place.partition(" ")
            yield Call(method, path, operation)


def _send(client: httpx.Client, call: Call, known: Mapping[str, str]) -> httpx.Response:
    """Call with the ids given and made-up ones for the rest; the body is empty on purpose."""
    path = _PARAMETER.sub(lambda match: known.get(match[1]) or _made_up(match[1]), call.path)
    body = "{}" if call.method in {"POST", "PUT", "PATCH"} else None
    headers = {"Idempotency-Key": str(uuid.uuid4()), "If-Match": '"1"'}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return client.request(call.method, path, headers=headers, content=body)


def _made_up(name: str) -> str:
    if name in {"year", "index", "position", "level"}:
        return "2026" if name == "year" else "0"
    return "01890000-0000-7000-8000-000000000000"


def _judge(call: Call, caller: str | None, answer: httpx.Response) -> list[str]:
    who = caller or "nobody"
    told = f"{call.place} as {who}: {answer.status_code}"
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return [f"{told} {answer.text[:300]}"]
    if caller is None and call.capacities and answer.status_code != httpx.codes.UNAUTHORIZED:
        return [f"{told}, though it needs a token"]
    if not call.capacities and answer.status_code in {401, 403}:
        return [f"{told}, though it is open to all"]
    refused = answer.status_code in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}
    if caller is not None and not call.admits(caller) and not refused:
        return [f"{told}, though only {', '.join(sorted(call.capacities))} may"]
    if answer.is_error and not answer.headers["content-type"].startswith("application/problem+"):
        return [f"{told}, and the answer is no problem document"]
    return []


def _twins(calls: list[Call], clients: Mapping[str | None, httpx.Client]) -> list[str]:
    """Open what one tenant lists as the other one that does not list it."""
    faults = []
    for listing, opening in _pairs(calls):
        for one, other in TWINS:
            if not (listing.admits(one) and listing.admits(other)):
                continue
            seen = {who: _ids(clients[who], listing.path) for who in (one, other)}
            for identity in sorted(seen[one] - seen[other])[:_LIST_LIMIT]:
                name = _PARAMETER.findall(opening.path)[0]
                answer = _send(clients[other], opening, {name: identity})
                if answer.is_success:
                    faults.append(f"{opening.place}: {other} opens {one}'s {identity}")
    return faults


def _pairs(calls: list[Call]) -> Iterator[tuple[Call, Call]]:
    """Lists without parameters, each with the reading of one item below it."""
    reads = {call.path: call for call in calls if call.method == "GET"}
    for path, call in reads.items():
        below = re.fullmatch(r"(.+)/\{\w+\}", path)
        if below and below[1] in reads and "{" not in below[1]:
            yield reads[below[1]], call


def _ids(client: httpx.Client, path: str) -> set[str]:
    """All ids of a list, page after page."""
    found: set[str] = set()
    cursor: str | None = None
    while True:
        query = {"limit": "500"} | ({"cursor": cursor} if cursor else {})
        answer = client.get(path, params=query)
        if not answer.is_success or not isinstance(answer.json(), dict):
            return found
        page = answer.json()
        found |= {str(item["id"]) for item in page.get("items", []) if "id" in item}
        cursor = page.get("next_cursor")
        if not cursor:
            return found
