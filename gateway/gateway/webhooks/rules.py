"""What may be subscribed, where it may be sent, and when it is tried again."""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

EVENTS: Final = Rule("X16", "五(一)")
EVENT_TYPE: Final = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
# What one reader of an address drops or reads as another sign, and another one does not.
UNPLAIN: Final = re.compile(r"[\x00-\x20\x7f\\]")
PORTS: Final = {"https": 443, "http": 80}
MOST_TYPES: Final = 50
MOST_SUBSCRIPTIONS: Final = 20
# IPv6 addresses that carry an IPv4 one inside, which is then what is reached.
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# Public by the standard library's table, at least in some of its versions, and by no routing table.
NEVER_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24", "192.88.99.0/24", "::/96", "64:ff9b:1::/48", "100::/64", "2001:10::/28",
        "3fff::/20", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOK_AFTER: Final = TaskKind(
    "webhook.disabled",
    "推送已停用，请修复接收端后重新启用",
    "Deliveries have stopped: mend the receiver, then start them again",
    EVENTS,
    "PATCH",
    "/v1/webhooks/{id}",
)


class WebhookState(StrEnum):
    """Whether deliveries go out."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """What became of one delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class DisabledBy(StrEnum):
    """Why deliveries stopped."""

    OWNER = "owner"
    FAILURES = "failures"
    GONE = "gone"
    CLIENT_ENDED = "client_ended"


@dataclass(frozen=True, slots=True)
class Targets:
    """Where signed calls may go: plain http too, networks although not public, never `own`.

    `own` are the origins under which this house is reached.
    """

    plain_allowed: bool = False
    allowed: Sequence[Network] = ()
    own: Sequence[str] = ()


def subscription_checks(
    url: str, types: Sequence[str], *, held: int, targets: Targets
) -> list[Check]:
    """Check target, event types and number of subscriptions (X16).

    Only what a text shows is judged here; where a name leads is judged at each connection.
    """
    return [
        *target_checks(url, "/url", targets),
        _content(
            "FIELD_INVALID",
            len(types) <= MOST_TYPES and all(EVENT_TYPE.fullmatch(name) for name in types),
            "/types",
        ),
        EVENTS.check(
            "SUBSCRIPTIONS_TOO_MANY",
            Kind.STATE,
            passed=held < MOST_SUBSCRIPTIONS,
            most=MOST_SUBSCRIPTIONS,
        ),
    ]


def target_checks(url: str, pointer: str, targets: Targets) -> list[Check]:
    """Check an address that signed calls go to, as far as its text shows."""
    fit = url_is_fit(url, plain_allowed=targets.plain_allowed) and not _leads_back(url, targets.own)
    return [
        _content("URL_REFUSED", fit, pointer),
        _content("ADDRESS_PRIVATE", _literal_allowed(url, targets.allowed), pointer),
    ]


def _content(code: str, passed: object, pointer: str) -> Check:
    field = pointer[1:]
    return EVENTS.check(code, Kind.CONTENT, passed=bool(passed), pointer=pointer, field=field)


def url_is_fit(url: str, *, plain_allowed: bool) -> bool:
    """Tell whether a target is a whole https address without a name or password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    schemes = {"https", "http"} if plain_allowed else {"https"}
    fit = parts.scheme in schemes and bool(parts.hostname) and port != 0
    bare = not (parts.username or parts.password or parts.fragment)
    return fit and bare and url.isascii() and not UNPLAIN.search(url)


def _leads_back(url: str, own: Sequence[str]) -> bool:
    """Tell whether a fit target is this house itself, which would only refuse its own events."""
    return _place(url) in {_place(origin) for origin in own}


def _place(url: str) -> tuple[str, int | None]:
    """Give host and port; every name of this machine is one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    return "localhost" if here else host, parts.port or PORTS.get(parts.scheme)


def _literal_allowed(url: str, allowed: Sequence[Network]) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        address = ipaddress.ip_address(host)
    except ValueError:
        return True  # A name: where it leads is judged when it is connected to.
    return address_allowed(address, allowed)


def address_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Tell whether a delivery may connect there: a public address, or one that is allow-listed."""
    for reached in _reached(address):
        listed = any(reached in network for network in allowed)
        if not listed and not _is_public(reached):
            return False
    return True


def _is_public(address: Address) -> bool:
    if any(address in network for network in NEVER_PUBLIC):
        return False
    return address.is_global and not address.is_multicast


def _reached(address: Address) -> list[Address]:
    """Name the address and every IPv4 address that it wraps."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inner: list[Address] = [
        found
        for found in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
        if found is not None
    ]
    if address in NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    # A mapped address is its IPv4 address and nothing else.
    return inner if address.ipv4_mapped is not None else [address, *inner]


def seconds_until_retry(attempts: int, schedule: Sequence[int], jitter_ppm: int) -> int | None:
    """Give the wait after so many failed attempts, some percent more or less; None is the end.

    `jitter_ppm` lies between -1,000,000 and 1,000,000 and moves the wait by up to a tenth.
    """
    if attempts > len(schedule):
        return None
    wait = schedule[attempts - 1]
    return max(1, wait + wait * jitter_ppm // 10_000_000)


def is_delivered(status: int | None) -> bool:
    """Tell whether a receiver's answer means that it has the event."""
    return status is not None and 200 <= status < 300


def ends_subscription(status: int | None) -> bool:
    """Tell whether a receiver says that it wants nothing any more (410)."""
    return status == 410


REPLAY: Final = Rule("X16", "五(一)")


def replay_checks(after: int, newest: int) -> list[Check]:
    """Check that a replay begins within the feed."""
    return [
        REPLAY.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=after <= newest,
            pointer="/after",
            field="after",
            newest=newest,
        )
    ]


def resume_checks(state: WebhookState, *, client_lives: bool) -> list[Check]:
    """Check that deliveries may start again: the program behind them must still exist."""
    del state  # Starting what runs changes nothing.
    return [EVENTS.check("STATE_CONFLICT", Kind.STATE, passed=client_lives)]


def canonical_body(event: Mapping[str, Any]) -> bytes:
    """Give the bytes of an event: the same CloudEvent as in the feed, without needless spaces."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
