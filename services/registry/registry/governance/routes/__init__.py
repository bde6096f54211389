"""The HTTP face of governance, under the centre it belongs to."""

from registry.governance.routes.bodies import router as bodies
from registry.governance.routes.plans import router as plans
from registry.governance.routes.stages import router as stages

ROUTERS = (plans, bodies, stages)
