"""The HTTP face of support."""

from typing import Final

from registry.support.routes import measures, payments, plans, policies

ROUTERS: Final = (
    plans.router,
    plans.batches,
    measures.router,
    payments.of_measures,
    payments.router,
    policies.router,
)
