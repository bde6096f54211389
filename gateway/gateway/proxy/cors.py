"""Which front ends' pages may call here from a browser (CORS), judged by their origin alone.

No cookie opens the API, so that credentials are never allowed with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ORIGIN: Final = re.compile(rb"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")
METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
MAY_SEND: Final = (
    b"authorization, content-type, content-digest, idempotency-key, if-match, if-none-match, "
    b"accept-language, dpop, prefer, claim-secret, traceparent, x-request-id"
)
MAY_READ: Final = (
    b"etag, link, location, retry-after, ratelimit, ratelimit-policy, x-request-id, "
    b"dpop-nonce, idempotent-replayed, deprecation, sunset, x-sandbox-clock"
)
KEPT_SECONDS: Final = 600

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Cors:
    """The origins whose pages may call."""

    origins: frozenset[bytes]

    def allowed(self, headers: Mapping[bytes, bytes]) -> bytes | None:
        """Give the origin of a request's page, if it is one of ours; `null` never is."""
        origin = headers.get(b"origin", b"")
        if origin not in self.origins or ORIGIN.fullmatch(origin) is None:
            return None
        return origin

    def on_answer(self, origin: bytes | None) -> Headers:
        """Give what an answer says about origins; whatever is kept of it is kept by origin."""
        if not self.origins:
            return []
        vary = [(b"vary", b"origin")]
        if origin is None:
            return vary
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", MAY_READ),
            *vary,
        ]

    def preflight(self) -> Headers:
        """Give what a page may do that asked first."""
        return [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", MAY_SEND),
            (b"access-control-max-age", str(KEPT_SECONDS).encode()),
        ]


def is_preflight(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a browser asks what a page may do."""
    asks = b"origin" in headers and b"access-control-request-method" in headers
    return method == "OPTIONS" and asks


def cors_of(setting: str) -> Cors:
    """Read the setting: origins separated by commas, each whole and in lower case."""
    origins = frozenset(part.strip().encode() for part in setting.split(",") if part.strip())
    for origin in origins:
        if ORIGIN.fullmatch(origin) is None:
            msg = f"{origin.decode()} is no origin such as https://portal.example"
            raise ValueError(msg)
    return Cors(origins)
