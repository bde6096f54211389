"""Who acts: what a verified token says, and nothing else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

from sqlalchemy import Select

# Jobs and consumers act under ids of their own, so that the audit names them.
SYSTEM: Final = UUID("5a1d0b2e-0000-7000-8000-7a6869636875")

ROLES: Final = frozenset({"member", "expert", "official", "agency", "service"})
DUTIES: Final = frozenset(
    {"handler", "reviewer", "approver", "auditor", "bookkeeper", "admin", "finance"}
)


# The organizations for which a caller acts: themselves, or a select that will give them.
OrgIds = Collection[UUID] | Select[tuple[UUID]]


class Seeing(Protocol):
    """What decides who sees what."""

    def has(self, *capacities: str) -> bool:
        """Tell whether the actor holds one of these capacities."""

    @property
    def is_official(self) -> bool:
        """Tell whether the actor works for the competent authority."""

    @property
    def org_ids(self) -> OrgIds:
        """Give every organization for which the actor acts."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a request, the program that speaks for him, and what he may act as.

    `capacities` joins roles and duties (X02): `member`, `expert`, `agency`, `service`,
    `official`, and the duties `handler`, `reviewer`, `approver`, `auditor`, `bookkeeper`, `admin`
    of officials, `finance` of an agency.
    """

    person_id: UUID
    client_id: str
    capacities: frozenset[str]
    org_id: UUID | None = None
    expert_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    token_id: str = ""
    # The organizations in whose place its own stands, as the service's register has them today.
    predecessor_ids: frozenset[UUID] = field(default_factory=frozenset)

    @classmethod
    def system(cls, name: str) -> "Actor":
        """Give the actor of a job or consumer, the same for the same name."""
        return cls(
            person_id=uuid5(SYSTEM, name),
            client_id=f"system:{name}",
            capacities=frozenset({"service"}),
        )

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any]) -> "Actor":
        """Make the actor from verified claims (X01)."""
        return cls(
            person_id=UUID(claims["sub"]),
            client_id=claims["client_id"],
            capacities=frozenset(claims["roles"]) | frozenset(claims["duties"]),
            org_id=_uuid(claims.get("org_id")),
            expert_id=_uuid(claims.get("expert_id")),
            scopes=frozenset(claims["scopes"]),
            token_id=claims["jti"],
        )

    def has(self, *capacities: str) -> bool:
        """Tell whether the actor holds one of these capacities."""
        return not self.capacities.isdisjoint(capacities)

    @property
    def org_ids(self) -> frozenset[UUID]:
        """Give every organization for which the actor acts: its own, and those it succeeded."""
        return self.predecessor_ids if self.org_id is None else self.predecessor_ids | {self.org_id}

    def org_for(self, *org_ids: UUID | None) -> UUID | None:
        """Give the organization as which the actor meets something that belongs to one of these.

        That is the owner itself where the actor acts for it, and else the actor's own.
        """
        own = self.org_ids
        met = (org_id for org_id in org_ids if org_id in own)
        return self.org_id if self.org_id in org_ids else next(met, self.org_id)

    @property
    def is_official(self) -> bool:
        """Tell whether the actor works for the competent authority."""
        return "official" in self.capacities


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)
