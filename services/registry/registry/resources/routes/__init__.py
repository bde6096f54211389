"""The HTTP face of what centres share and offer; the public reads what is open."""

from typing import Final

from registry.resources.routes import public, sharing

ROUTERS: Final = (sharing.resources, sharing.bookings, sharing.offerings, public.router)
