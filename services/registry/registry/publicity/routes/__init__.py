"""The HTTP face of publicity and awards."""

from typing import Final

from registry.publicity.routes import awards, items, public

ROUTERS: Final = (items.router, awards.router, public.router)
