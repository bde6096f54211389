"""Who is counted, against which limit: a program, a person, or an address without a token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from typing import Any, Final, NamedTuple

WINDOW_SECONDS: Final = 60
# Signing a token costs a hundred times what a read costs.
TOKENS: Final = "/oauth/token"
COSTLY: Final = frozenset({"assignments", "compute", "snapshot", "robustness", "export"})


# Told apart by being made, so that what is remembered for one is looked up quickly.
@dataclass(frozen=True, slots=True, eq=False)
class Quotas:
    """Requests a minute; zero means without a limit."""

    client: int
    person: int
    address: int
    tokens: int
    costly: int = 0


# Two of each are made for a request: a tuple costs a quarter of a frozen dataclass.
class Quota(NamedTuple):
    """One count that a request belongs to: its name, whose it is, and how much it allows."""

    name: str
    key: str
    limit: int


class Standing(NamedTuple):
    """How a caller stands after this request: what is left, and in how many seconds it is more."""

    quota: Quota
    allowed: bool
    remaining: int
    reset_seconds: int


@lru_cache(maxsize=4_096)
def holder_of(address: str) -> str:
    """Give what an address is counted as: of IPv6 the first 64 bits.

    One subscriber has all of what follows them, so that each of his requests could come from an
    address of its own.
    """
    if ":" not in address:
        return address
    try:
        return str(ip_network((IPv6Address(address), 64), strict=False))
    except ValueError:
        return address


def is_costly(path: str) -> bool:
    """Tell whether a canonical path leads to work that costs a hundred times a read."""
    last = path.rpartition("/")[2] or path.rstrip("/").rpartition("/")[2]
    return last in COSTLY or last.endswith("-batches")


def quotas_of(
    path: str, claims: Mapping[str, Any] | None, address: str, quotas: Quotas
) -> tuple[Quota, ...]:
    """Name the counts of a request; one with a valid token is never counted by its address."""
    if claims is None:
        return _of_address(address, path == TOKENS, quotas)
    return _of_caller(claims["client_id"], claims["sub"], is_costly(path), quotas)


# The same callers come again and again.
@lru_cache(maxsize=4_096)
def _of_caller(
    client: str,
    person: str,
    costly: bool,  # noqa: FBT001 - a key
    quotas: Quotas,
) -> tuple[Quota, ...]:
    found = [Quota("client", client, quotas.client), Quota("person", person, quotas.person)]
    if costly:
        found.append(Quota("costly", client, quotas.costly))
    return tuple(quota for quota in found if quota.limit)


@lru_cache(maxsize=4_096)
def _of_address(
    address: str,
    for_token: bool,  # noqa: FBT001 - a key
    quotas: Quotas,
) -> tuple[Quota, ...]:
    name, limit = ("tokens", quotas.tokens) if for_token else ("address", quotas.address)
    return (Quota(name, address, limit),) if limit else ()


def tightest(standings: Sequence[Standing]) -> Standing | None:
    """Give the count that matters to the caller: one that refuses, else the one nearest to it."""
    found: Standing | None = None
    for one in standings:
        if found is None or _is_nearer(one, found):
            found = one
    return found


def _is_nearer(one: Standing, other: Standing) -> bool:
    if one.allowed != other.allowed:
        return other.allowed
    # As fractions of their limits, without dividing.
    return one.remaining * other.quota.limit < other.remaining * one.quota.limit


def header_fields(standing: Standing) -> list[tuple[bytes, bytes]]:
    """Say how a caller stands (`RateLimit` and `RateLimit-Policy`, draft-ietf-httpapi)."""
    quota = standing.quota
    left = f'"{quota.name}";r={standing.remaining};t={standing.reset_seconds}'
    policy = f'"{quota.name}";q={quota.limit};w={WINDOW_SECONDS}'
    return [(b"ratelimit", left.encode()), (b"ratelimit-policy", policy.encode())]
