"""A service's own small copy of what it needs of centres and organizations (architecture 3)."""

from shared.directory.consumers import CONSUMES, on_organizations
from shared.directory.filling import (
    ensure_center,
    ensure_founding_day,
    ensure_organizations,
    ensure_policy,
)
from shared.directory.queries import (
    ENDED,
    EVER_TOOK_PART,
    TAKING_PART,
    Directory,
    center,
    centers_followed,
    ended_on,
    members_on,
    memberships,
    operates,
    organization,
    organizations_of,
    policy_on,
    predecessor_ids,
    working_days,
)
from shared.directory.tables import (
    DirectoryBase,
    DirectoryCenter,
    DirectoryDay,
    DirectoryMembership,
    DirectoryOrganization,
    DirectoryPolicy,
)

__all__ = [
    "CONSUMES",
    "ENDED",
    "EVER_TOOK_PART",
    "TAKING_PART",
    "Directory",
    "DirectoryBase",
    "DirectoryCenter",
    "DirectoryDay",
    "DirectoryMembership",
    "DirectoryOrganization",
    "DirectoryPolicy",
    "center",
    "centers_followed",
    "ended_on",
    "ensure_center",
    "ensure_founding_day",
    "ensure_organizations",
    "ensure_policy",
    "members_on",
    "memberships",
    "on_organizations",
    "operates",
    "organization",
    "organizations_of",
    "policy_on",
    "predecessor_ids",
    "working_days",
]
