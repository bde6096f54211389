"""The services that stand behind the door; who adds one adds it here."""

from typing import Final

SERVICES: Final = ("registry", "evaluation", "ip-ledger")
# Whose events are pushed: the gateway's own as well, to whoever may read them.
FEEDS: Final = (*SERVICES, "gateway")
