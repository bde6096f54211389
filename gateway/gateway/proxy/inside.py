"""Who may read the door's own figures: whoever asks from the inside, and not through a balancer."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from starlette.types import Scope

# By these a balancer says that it asks for somebody else.
FOR_OTHERS: Final = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip"})

Network = IPv4Network | IPv6Network


class Inside:
    """The networks of the inside, as a setting names them."""

    def __init__(self, networks: tuple[Network, ...]) -> None:
        """Take the networks; with none, nobody is inside."""
        self._networks = networks

    def is_from(self, scope: Scope) -> bool:
        """Tell whether a request comes from there by itself."""
        client = scope.get("client")
        if client is None or not FOR_OTHERS.isdisjoint(name for name, _ in scope["headers"]):
            return False
        return _is_within(client[0], self._networks)


@lru_cache(maxsize=256)
def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(mapped in network for network in networks)
