"""The services that stand behind the door; who adds one adds it here."""

from typing import Final

SERVICES: Final = ("registry", "evaluation", "ip-ledger")
