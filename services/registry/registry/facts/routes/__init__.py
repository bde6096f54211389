"""The HTTP face of facts."""

from typing import Final

from registry.facts.routes.posting import BATCH, batches, facts, jobs
from registry.facts.routes.sums import sums
from registry.facts.routes.work import pipeline, work

ROUTERS: Final = (facts, batches, jobs, sums, pipeline, work)

__all__ = ["BATCH", "ROUTERS"]
