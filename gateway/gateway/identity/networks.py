"""From where a program may speak: networks in one spelling, and what lies within them.

No networks mean anywhere. Addresses come in one spelling, IPv4 as IPv4 (`proxy.balancers`).
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

MOST: Final = 16
# A version of IP, and the first and last address of a network as numbers.
Span = tuple[int, int, int]


def network_of(text: str) -> str:
    """Give a network in its one spelling; raise `ValueError` for what is none, or everybody's.

    Bits behind the prefix are refused, since nobody knows which of both was meant. So is IPv4
    inside IPv6, which is read as IPv4 wherever an address comes from.
    """
    network = ip_network(text)
    if network.prefixlen == 0 or getattr(network.network_address, "ipv4_mapped", None) is not None:
        raise ValueError(text)
    return str(network)


def listed(texts: Iterable[str]) -> list[str]:
    """Give networks in order, each once."""
    return sorted(set(texts), key=_span)


def covers(now: Collection[str], before: Collection[str]) -> bool:
    """Tell whether everything that was allowed still is, so that no token has to end."""
    if not now or not before:
        return not now
    spans = _joined(now)
    return all(
        any(kind == of and begin <= first and last <= end for of, begin, end in spans)
        for kind, first, last in map(_span, before)
    )


# A caller's address and its program's networks are the same for thousands of requests.
@lru_cache(maxsize=4_096)
def allows(networks: tuple[str, ...], address: str) -> bool:
    """Tell whether a program may speak from an address; what cannot be read lies nowhere."""
    if not networks:
        return True
    try:
        found = ip_address(address)
        return any(found in ip_network(one) for one in networks)
    except ValueError:
        return False


def _span(text: str) -> Span:
    network = ip_network(text)
    return network.version, int(network.network_address), int(network.broadcast_address)


def _joined(texts: Iterable[str]) -> list[Span]:
    """Join what overlaps or touches: two halves are the whole."""
    joined: list[Span] = []
    for kind, first, last in sorted(map(_span, texts)):
        if joined and joined[-1][0] == kind and first <= joined[-1][2] + 1:
            joined[-1] = (kind, joined[-1][1], max(last, joined[-1][2]))
        else:
            joined.append((kind, first, last))
    return joined
