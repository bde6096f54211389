"""The services that there are; who adds one names it here, and its address in `Settings`."""

from typing import Final


def package_of(service: str) -> str:
    """Give the name of a service as Python, databases and logins have it."""
    return service.replace("-", "_")


# As addresses name them: `/v1/ip-ledger/…`.
SERVICES: Final = ("registry", "evaluation", "ip-ledger")
GATEWAY: Final = "gateway"
# The one at the door comes last.
PACKAGES: Final = tuple(package_of(name) for name in (*SERVICES, GATEWAY))
