"""The HTTP face of applications, in the order of their way."""

from registry.applications.routes.cases import router as cases
from registry.applications.routes.decisions import router as decisions
from registry.applications.routes.dossiers import router as dossiers
from registry.applications.routes.entities import router as entities
from registry.applications.routes.members import router as members
from registry.applications.routes.parts import router as parts

ROUTERS = (cases, parts, members, decisions, entities, dossiers)
