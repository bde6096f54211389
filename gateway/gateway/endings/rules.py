"""Who may end somebody's standing, and that the house is not left without those who run it."""

from collections.abc import Collection
from uuid import UUID

from gateway.accounts.rules import person_checks
from gateway.duties.rules import admin_checks
from shared.rules import Check


def leaving_checks(
    held_orgs: Collection[UUID | None],
    own_org: UUID | None,
    *,
    by_admin: bool,
    is_admin: bool,
    other_admins: int,
    least_admins: int,
) -> list[Check]:
    """Check that the caller may end this person's standing (X04): one of its own people only."""
    return [
        *person_checks(held_orgs, own_org, by_admin=by_admin),
        *admin_checks(ends_admin=is_admin, others=other_admins, least=least_admins),
    ]
