"""Every table of the registry, for migrations and for the check that model and schema agree."""

from registry.applications import tables as applications
from registry.base import Base
from registry.centers import tables as centers
from registry.dumps import tables as dumps
from registry.entities import tables as entities
from registry.facts import tables as facts
from registry.files import tables as files
from registry.governance import tables as governance
from registry.housekeeping import tables as housekeeping
from registry.memberships import tables as memberships
from registry.notices import tables as notices
from registry.organizations import tables as organizations
from registry.outlook import tables as outlook
from registry.products import tables as products
from registry.programme import tables as programme
from registry.publicity import tables as publicity
from registry.resources import tables as resources
from registry.support import tables as support
from registry.takeovers import tables as takeovers

METADATA = [Base.metadata]

__all__ = [
    "METADATA",
    "applications",
    "centers",
    "dumps",
    "entities",
    "facts",
    "files",
    "governance",
    "housekeeping",
    "memberships",
    "notices",
    "organizations",
    "outlook",
    "products",
    "programme",
    "publicity",
    "resources",
    "support",
    "takeovers",
]
