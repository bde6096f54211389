"""What may pass the door: targets, header fields and bodies, judged from their bytes alone.

A request is judged once, on one canonical spelling of its path, and that spelling is what the
service gets: two readers of one path that disagree are how authorization is walked around.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from shared.services import SERVICES

Fields = Sequence[tuple[bytes, bytes]]

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# What anyone may read lies with the service that owns it; all but ratings is the registry's.
PUBLIC: Final = "public"
PUBLIC_OWNERS: Final[Mapping[str, str]] = {"ratings": "evaluation"}
PUBLIC_DEFAULT: Final = "registry"


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, except for the number of header fields."""

    target: int = 8_192
    head: int = 16_384
    fields: int = 100
    json: int = 1_048_576
    upload: int = 52_428_800
    batch: int = 536_870_912


def service_of(path: str) -> str | None:
    """Name the service that answers a canonical path; None is the gateway itself."""
    parts = path.split("/", 4)
    if len(parts) < 4 or parts[1] != "v1":
        return None
    if parts[2] == PUBLIC:
        return PUBLIC_OWNERS.get(parts[3], PUBLIC_DEFAULT)
    return parts[2] if parts[2] in SERVICES else None


def body_limit(path: str, limits: Limits) -> int:
    """Give how many bytes a body may have: files more than the rest, batches more than files."""
    last = path.rsplit("/", 1)[-1]
    if last.endswith("-batches"):
        return limits.batch
    return limits.upload if last == "files" else limits.json


# RFC 3986 path characters without `;`, whose parameters some readers drop and others keep.
SEGMENT: Final = rb"(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+"
PATH: Final = re.compile(rb"/|(?:/(?!\.\.?(?:/|\Z))" + SEGMENT + rb")+/?")
PLAIN: Final = b"/-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# What a decoded segment may not hold: a separator, an escape of an escape, a control character.
HIDDEN: Final = re.compile(rb"[/\\;%\x00-\x1f\x7f]")
SAFE: Final = "/-._~!$&'()*+,=:@"


def canonical_path(raw: bytes) -> str | None:
    """Give the one spelling of a path, or None when it has to be refused.

    Refused are dot segments, empty segments, encoded separators and dots, double encoding,
    control characters, bad escapes and text that is not UTF-8.
    """
    # Most have nothing to judge: letters and digits between single slashes.
    if raw[:1] == b"/" and not raw.translate(None, PLAIN) and b"//" not in raw:
        return raw.decode("ascii")
    if PATH.fullmatch(raw) is None:
        return None
    if b"%" not in raw:
        return raw.decode("ascii")
    decoded = [unquote_to_bytes(segment) for segment in raw.split(b"/")]
    if any(HIDDEN.search(segment) or segment in (b".", b"..") for segment in decoded):
        return None
    try:
        text = b"/".join(decoded).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return quote(text, safe=SAFE)


class Fate(Enum):
    """What becomes of a header field on the way in."""

    PASS = "pass"  # noqa: S105 - not a password
    ONCE = "once"  # passes, and a second one is refused
    OURS = "ours"  # read here once and set anew
    DROP = "drop"


ONCE: Final = frozenset(
    {b"authorization", b"content-type", b"content-length", b"dpop", b"idempotency-key", b"if-match"}
)
OURS: Final = frozenset({b"cookie", b"host", b"x-request-id", b"traceparent"})
# The only pages for which a browser shows its cookies; the API reads none.
SIGN_IN: Final = "/oauth/"
HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"expect",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# Names by which other doors tell their services who calls or what is meant; ours tells nothing
# but the token, so whoever sends one of these is pretending.
FORGED: Final = frozenset(
    {
        b"client-ip",
        b"forwarded",
        b"true-client-ip",
        b"via",
        b"x-client-ip",
        b"x-cluster-client-ip",
        b"x-http-method",
        b"x-http-method-override",
        b"x-method-override",
        b"x-original-host",
        b"x-original-url",
        b"x-real-ip",
        b"x-rewrite-url",
        b"x-sandbox-clock",
    }
)
FORGED_PREFIXES: Final = (b"x-actor", b"x-user", b"x-forwarded", b"x-consumer", b"x-auth", b"x-org")


_PASS, _ONCE, _OURS, _DROP = Fate.PASS, Fate.ONCE, Fate.OURS, Fate.DROP


@lru_cache(maxsize=2048)
def fate(name: bytes) -> Fate:
    """Judge a header field by its lower-case name."""
    if name in ONCE:
        return Fate.ONCE
    if name in OURS:
        return Fate.OURS
    # `X_User_Id` and `X-User-Id` are one name to whatever maps headers to variables.
    if name in HOP_BY_HOP or name in FORGED or name.startswith(FORGED_PREFIXES) or b"_" in name:
        return Fate.DROP
    return Fate.PASS


NONE: Final[frozenset[bytes]] = frozenset()
# What `Connection` says of the connection itself; no field bears such a name.
OF_THE_LINE: Final = frozenset({b"keep-alive", b"close"})


def connection_names(fields: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """Give the lower-case names that `Connection` calls hop-by-hop."""
    return _names_in(tuple(field[1] for field in fields if field[0] == b"connection"))


@lru_cache(maxsize=256)
def _names_in(values: tuple[bytes, ...]) -> frozenset[bytes]:
    return frozenset(token.strip().lower() for token in b",".join(values).split(b","))


REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9-]{1,64}")
TRACEPARENT: Final = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
HOST: Final = re.compile(rb"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


class Head(NamedTuple):
    """What is left of the header fields: those that pass, and those that are read here."""

    passing: list[tuple[bytes, bytes]]
    once: Mapping[bytes, bytes]
    ours: Mapping[bytes, bytes]


class MalformedHead(ValueError):  # noqa: N818 - reads as what it is
    """The header fields contradict each other or cannot be read."""


def judged_head(fields: Fields, names: Collection[bytes] | None = None) -> Head:
    """Sort the header fields by their fate; raise `MalformedHead` where one must not be doubled.

    `names` are the fields' own, where somebody has them already.
    """
    passing: list[tuple[bytes, bytes]] = []
    once: dict[bytes, bytes] = {}
    ours: dict[bytes, bytes] = {}
    named = _named(fields, {field[0] for field in fields} if names is None else names)
    for field in fields:
        name, value = field
        verdict = fate(name)
        if verdict is _DROP or name in named:
            continue
        if verdict is not _PASS:
            seen = once if verdict is _ONCE else ours
            if name in seen:
                raise MalformedHead
            seen[name] = value
            if verdict is _OURS:
                continue
        if not value.isascii():
            _require_text(value)
        passing.append(field)
    return Head(passing, once, ours)


def _named(fields: Fields, names: Collection[bytes]) -> frozenset[bytes]:
    """Give what `Connection` takes away; raise `MalformedHead` where the framing is no plain one.

    It may take away ordinary fields only: one that names `Authorization` asks the door to judge a
    token that the service would then never see.
    """
    if b"transfer-encoding" in names:
        _require_plain_chunks(fields)
    named = connection_names(fields) if b"connection" in names else NONE
    if not named.isdisjoint(ONCE | OURS):
        raise MalformedHead
    return named


def _require_plain_chunks(fields: Fields) -> None:
    # Chunks and nothing else, said once: a second coding is where two readers part ways.
    codings = [field[1] for field in fields if field[0] == b"transfer-encoding"]
    if len(codings) > 1 or codings[0].strip().lower() != b"chunked":
        raise MalformedHead


def _require_text(value: bytes) -> None:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedHead from error


def head_size(fields: Fields) -> int:
    """Count the bytes of the header section as they came: name, colon, space, value, line end."""
    size = 4 * len(fields)
    for name, value in fields:
        size += len(name) + len(value)
    return size


@lru_cache(maxsize=256)
def names_one_host(host: bytes | None, allowed: frozenset[str]) -> bool:
    """Tell whether a `Host` is there, is well-formed, and is one of ours (none named: any)."""
    if host is None or HOST.fullmatch(host) is None:
        return False
    return not allowed or host.decode("ascii").lower() in allowed


# Set anew on the way out, or true for one hop only.
RESPONSE_DROPS: Final = HOP_BY_HOP | {b"date", b"server", b"x-request-id", b"x-sandbox-clock"}


def passing_out(lowered: Fields) -> list[tuple[bytes, bytes]]:
    """Give the fields of a service's answer, in lower case, that its caller may see."""
    kept = [field for field in lowered if field[0] not in RESPONSE_DROPS]
    # What was left out may be a `Connection` that names more.
    if len(kept) == len(lowered):
        return kept
    named = connection_names(lowered)
    if named <= OF_THE_LINE:
        return kept
    return [field for field in kept if field[0] not in named]
