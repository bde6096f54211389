"""The HTTP face of facts."""

from typing import Final

from registry.facts.routes.posting import BATCH, batches, facts, jobs
from registry.facts.routes.sums import sums

ROUTERS: Final = (facts, batches, jobs, sums)

__all__ = ["BATCH", "ROUTERS"]
