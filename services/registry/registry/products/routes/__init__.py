"""The HTTP face of the catalogue: nominations, first purchases, and what everyone reads."""

from typing import Final

from registry.products.routes import nominations, public, purchases

ROUTERS: Final = (
    nominations.calls,
    nominations.products,
    purchases.router,
    public.router,
)
