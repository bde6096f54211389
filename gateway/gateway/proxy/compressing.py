"""Which answers are compressed, and doing it chunk by chunk (gzip).

A compressed answer's length tells something of what is in it, so nothing is compressed that holds a
secret: whatever no cache may keep, whatever sets a cookie, and the pages for which a browser shows
its cookies by itself. API answers come for a token that no page of another site can make a browser
show, so that nobody can try words in them (BREACH).
"""

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from gateway.proxy.rules import SIGN_IN

Headers = list[tuple[bytes, bytes]]

# Smaller answers fit in a packet or two as they are.
LEAST_BYTES: Final = 1_024
# Larger ones are files, whose receivers would rather have the processor.
MOST_BYTES: Final = 16_777_216
LEVEL: Final = 5
GZIP: Final = 31  # zlib's word for a gzip frame with the widest window.
KINDS: Final = re.compile(
    rb"(?:text/(?!event-stream)[\w.+-]+|application/(?:json|[\w.-]+\+json|javascript|xml|"
    rb"[\w.-]+\+xml|x-ndjson)|image/svg\+xml)\s*(?:;.*)?"
)
VARY: Final = (b"vary", b"accept-encoding")
# A weight of nothing rules a coding out.
NOTHING: Final = re.compile(rb"0(?:\.0*)?")


@lru_cache(maxsize=256)
def is_wanted(accepted: bytes) -> bool:
    """Tell whether `Accept-Encoding` names gzip, or everything, and does not rule it out."""
    weights: dict[bytes, bool] = {}
    for part in accepted.lower().split(b","):
        name, _, parameters = part.partition(b";")
        weight = parameters.strip().removeprefix(b"q=")
        weights[name.strip()] = NOTHING.fullmatch(weight) is None
    if b"gzip" in weights:
        return weights[b"gzip"]
    return weights.get(b"*", False)


def is_fit(path: str, status: int, headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether an answer may be compressed: its kind, its length, and nothing secret in it."""
    length = headers.get(b"content-length", b"")
    control = headers.get(b"cache-control", b"").lower()
    return (
        status not in (204, 206, 304)
        and not path.startswith(SIGN_IN)
        and length.isdigit()
        and LEAST_BYTES <= int(length) <= MOST_BYTES
        and b"content-encoding" not in headers
        and b"content-range" not in headers
        and b"set-cookie" not in headers
        and b"no-store" not in control
        and b"no-transform" not in control
        and _is_kind(headers.get(b"content-type", b""))
    )


@lru_cache(maxsize=256)
def _is_kind(media_type: bytes) -> bool:
    return KINDS.fullmatch(media_type.lower()) is not None


def rewritten(headers: Headers) -> Headers:
    """Give the fields of an answer once it is compressed; its tag is another one's, so weak."""
    kept: Headers = []
    for name, value in headers:
        if name in (b"content-length", b"content-digest", b"accept-ranges"):
            continue
        if name == b"etag" and not value.startswith(b"W/"):
            kept.append((name, b"W/" + value))
        else:
            kept.append((name, value))
    return [*kept, (b"content-encoding", b"gzip")]


class Squeezer:
    """Compresses an answer as it passes."""

    __slots__ = ("_compress",)

    def __init__(self) -> None:
        """Begin a gzip frame."""
        self._compress = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)

    def chunk(self, data: bytes, *, last: bool) -> bytes:
        """Give what is ready; a chunk may come out empty."""
        ready = self._compress.compress(data)
        return ready + self._compress.flush() if last else ready


def squeezed(data: bytes) -> bytes:
    """Compress a whole answer."""
    return Squeezer().chunk(data, last=True)
