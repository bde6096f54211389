"""What of a request is kept in the door's trail, and how its records hold together (X07).

Kept are tokens and sign-ins, given or refused, every refusal of a caller, and what officials read
that is not public. Queries and bodies are left out: they may name people.
"""

import hashlib
import json.encoder
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gateway.limits.rules import holder_of

# The first record's predecessor.
BEGINNING: Final = "0" * 64
REFUSED: Final = frozenset({401, 403})
READS: Final = frozenset({"GET", "HEAD"})
# Read by everybody alike, so that who did tells nothing.
OPEN: Final = (
    "/v1/public/", "/v1/registry/code-tables", "/v1/me", "/openapi.json", "/openapi.zh.json",
)  # fmt: skip
TOKEN: Final = "/oauth/token"  # noqa: S105 - an address
SIGN_IN: Final = "/oauth/authorize"
# So many refusals of one address are kept one by one, of each time that the trail is written.
MOST_ALIKE: Final = 20
# The library's own quoting of one text.
_text: Final = json.encoder.encode_basestring


class Kind(StrEnum):
    """What kind of thing happened."""

    TOKEN_GIVEN = "token.given"  # noqa: S105 - a name
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - a name
    TOKEN_ENDED = "token.ended"  # noqa: S105 - a name
    SIGNED_IN = "sign_in.done"
    SIGN_IN_REFUSED = "sign_in.refused"
    REFUSED = "request.refused"
    READ = "official.read"


# What it means when one of the endpoints answers well, and when it refuses.
ENDPOINTS: Final[Mapping[str, tuple[Kind, Kind]]] = {
    TOKEN: (Kind.TOKEN_GIVEN, Kind.TOKEN_REFUSED),
    SIGN_IN: (Kind.SIGNED_IN, Kind.SIGN_IN_REFUSED),
    "/oauth/revoke": (Kind.TOKEN_ENDED, Kind.REFUSED),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened at the door; `count` is more than one for a flood of refusals."""

    at: datetime
    kind: Kind
    method: str
    path: str
    status: int
    address: str
    request_id: str
    client_id: str | None = None
    person_id: str | None = None
    count: int = 1


def kind_of(
    method: str, path: str, status: int, capacities: Collection[str], *, known: bool
) -> Kind | None:
    """Tell what kind of thing a request was; None is not kept. `known` says that a person is."""
    if method == "POST" and path in ENDPOINTS:
        done, refused = ENDPOINTS[path]
        if status >= 400:
            return refused
        # A browser that is sent back with an error was not signed in.
        return done if path != SIGN_IN or (known and status == 303) else None
    if status in REFUSED:
        return Kind.REFUSED
    official = "official" in capacities and method in READS and status < 400
    return Kind.READ if official and not path.startswith(OPEN) else None


def folded(happened: Sequence[Happened]) -> list[Happened]:
    """Keep the first refusals of each address, and the rest of them as one record with a count.

    A flood of wrong tokens must not fill the trail.
    """
    kept: list[Happened] = []
    seen: dict[str, int] = {}
    more: dict[str, Happened] = {}
    for one in happened:
        if one.kind not in {Kind.REFUSED, Kind.TOKEN_REFUSED, Kind.SIGN_IN_REFUSED}:
            kept.append(one)
            continue
        holder = holder_of(one.address)
        seen[holder] = seen.get(holder, 0) + 1
        if seen[holder] <= MOST_ALIKE:
            kept.append(one)
        else:
            # The last one stands for all of them.
            counted = more[holder].count + 1 if holder in more else 1
            more[holder] = replace(one, count=counted)
    return [*kept, *more.values()]


def digest_of(previous: str, position: int, happened: Happened) -> str:
    """Hash a record with its predecessor's hash, so that none can be changed or left out."""
    # As JSON, in the order of the names, which is how an auditor writes it too. By hand, since
    # building a dictionary to be encoded takes three times as long.
    content = (
        f'{{"address":{_text(happened.address)},"at":"{happened.at.isoformat()}",'
        f'"client_id":{_text_or_null(happened.client_id)},"count":{happened.count},'
        f'"kind":{_text(happened.kind)},"method":{_text(happened.method)},'
        f'"path":{_text(happened.path)},"person_id":{_text_or_null(happened.person_id)},'
        f'"position":{position},"previous":"{previous}",'
        f'"request_id":{_text(happened.request_id)},"status":{happened.status}}}'
    )
    return hashlib.sha256(content.encode()).hexdigest()


def _text_or_null(value: str | None) -> str:
    return "null" if value is None else _text(value)
