"""The services that there are; who adds one names it here, and its address in `Settings`."""

from typing import Final


def package_of(service: str) -> str:
    """Give the name of a service as Python, databases and logins have it."""
    return service.replace("-", "_")


# As addresses name them: `/v1/ip-ledger/…`.
SERVICES: Final = ("registry", "evaluation", "ip-ledger")
GATEWAY: Final = "gateway"
# Whose events are pushed: the one at the door records some as well.
FEEDS: Final = (*SERVICES, GATEWAY)
PACKAGES: Final = tuple(package_of(name) for name in FEEDS)
