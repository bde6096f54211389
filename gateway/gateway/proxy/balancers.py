"""Where a request comes from, where a balancer that is trusted asks for somebody else.

Every hop adds to `X-Forwarded-For`, on the right, whom it heard the request from. So it is read
from the right, and only as far as trusted hops wrote it: what stands further left is whatever a
caller made up, and is never looked at.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDED_FOR: Final = b"x-forwarded-for"
# Balancers behind balancers: whoever has more of them is told by the last one that is looked at.
MOST_HOPS: Final = 8
# Some balancers add the port, and RFC 7239 wants brackets then.
WITH_PORT: Final = re.compile(
    r"\[([0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?|([0-9.]{7,15}):[0-9]{1,5}"
)
REMEMBERED: Final = 4_096


class Balancers:
    """The balancers of one configuration; with none, nobody is believed."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        """Take the networks in which they stand."""
        self.any = bool(networks)
        known = tuple(networks)
        # The same callers come again and again, through the same balancers.
        self._is_one: Callable[[str], bool] = lru_cache(REMEMBERED)(partial(_is_within, known))
        self._told: Callable[[str, tuple[bytes, ...]], str] = lru_cache(REMEMBERED)(
            partial(_told, known)
        )

    def is_one(self, peer: str) -> bool:
        """Tell whether a connection is a balancer's."""
        return self.any and self._is_one(peer)

    def told(self, peer: str, fields: Sequence[tuple[bytes, bytes]]) -> str:
        """Give the address that the nearest hop which nobody trusts has."""
        return self._told(peer, tuple(field[1] for field in fields if field[0] == FORWARDED_FOR))


def plain(address: str) -> str:
    """Give an address in its one spelling: IPv4 inside IPv6 as IPv4, and without a zone."""
    # Of all that asks for it, IPv4 comes as it is.
    if ":" not in address:
        return address
    read = _read(address.partition("%")[0])
    return address if read is None else str(read)


def _told(networks: tuple[Network, ...], peer: str, said: tuple[bytes, ...]) -> str:
    """Follow the hops from the peer outwards, for as long as they are trusted."""
    here = _read(plain(peer))
    if here is None:
        return peer
    for written in reversed(b",".join(said).rsplit(b",", MOST_HOPS)[-MOST_HOPS:]):
        if not any(here in network for network in networks):
            break
        before = _hop(written)
        if before is None:
            # A hop that is trusted does not know: whoever stands behind it counts as one.
            break
        here = before
    return str(here)


def _hop(written: bytes) -> Address | None:
    try:
        text = written.strip().decode("ascii")
    except UnicodeDecodeError:
        return None
    with_port = WITH_PORT.fullmatch(text)
    if with_port is not None:
        text = with_port[1] or with_port[2]
    return None if "%" in text else _read(text)


def _read(text: str) -> Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_within(networks: tuple[Network, ...], address: str) -> bool:
    found = _read(plain(address))
    return found is not None and any(found in network for network in networks)
