"""What happens to resources, bookings and offerings, a module per part."""

from registry.resources.actions.booking import book, cancel
from registry.resources.actions.closing import close_left
from registry.resources.actions.sharing import change_offering, change_resource, offer, share
from registry.resources.actions.using import correct_use, log_use, tell_uses

__all__ = [
    "book",
    "cancel",
    "change_offering",
    "change_resource",
    "close_left",
    "correct_use",
    "log_use",
    "offer",
    "share",
    "tell_uses",
]
