"""The HTTP face of organizations and parks."""

from typing import Final

from registry.organizations.routes.common import organizations
from registry.organizations.routes.history import reviews, statements
from registry.organizations.routes.papers import parks
from registry.organizations.routes.register import BATCH, batches

ROUTERS: Final = (organizations, statements, reviews, parks, batches)

__all__ = ["BATCH", "ROUTERS"]
