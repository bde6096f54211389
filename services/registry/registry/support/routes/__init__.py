"""The HTTP face of support."""

from typing import Final

from registry.support.routes import measures, plans, policies

ROUTERS: Final = (plans.router, plans.batches, measures.router, policies.router)
