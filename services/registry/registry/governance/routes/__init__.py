"""The HTTP face of governance, under the centre it belongs to."""

from registry.governance.routes import holds, officials
from registry.governance.routes.bodies import router as bodies
from registry.governance.routes.plans import router as plans
from registry.governance.routes.records import router as records
from registry.governance.routes.stages import router as stages

ROUTERS = (plans, bodies, records, stages, *officials.ROUTERS, *holds.ROUTERS)
