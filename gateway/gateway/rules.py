"""The services that stand behind the door, and whose events are pushed."""

from typing import Final

from shared.services import GATEWAY, SERVICES

# The gateway's own as well, to whoever may read them.
FEEDS: Final = (*SERVICES, GATEWAY)

__all__ = ["FEEDS", "SERVICES"]
