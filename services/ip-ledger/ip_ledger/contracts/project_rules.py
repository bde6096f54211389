"""Which project of the registry a contract of commissioned research pays for (A089)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ip_ledger.contracts.rules import COMMISSIONED, State
from shared.rules import Check, Kind

# A contract that is over takes on no further project.
CLOSED: Final = frozenset({State.TERMINATED})
ORDERED: Final = "commissioned"


@dataclass(frozen=True, slots=True)
class Project:
    """A project as the registry tells of it: `contract_ref` names the contract that ordered it."""

    fact_id: UUID
    center_id: UUID
    external_id: str
    title: str
    source: str
    contract_ref: str | None
    sha256: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Ordering:
    """A contract as far as a project is held against it; `references` are all that name it."""

    center_id: UUID
    state: State
    is_commissioned_rd: bool
    references: Collection[str]


def link_checks(
    contract: Ordering, project: Project | None, *, may_write: bool, is_linked: bool
) -> list[Check]:
    """Check that a project was ordered by a contract: both of one centre, each naming the other.

    Another centre's project is told from none at all to nobody.
    """
    own = project is not None and project.center_id == contract.center_id
    fits = {
        "contract": contract.is_commissioned_rd,
        "source": project is None or project.source == ORDERED,
        "contract_ref": project is None or project.contract_ref in contract.references,
    }
    wrong = [name for name, holds in fits.items() if own and not holds]
    return [
        COMMISSIONED.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may_write),
        COMMISSIONED.check("PROJECT_UNKNOWN", Kind.CONTENT, passed=own, pointer="/project_fact_id"),
        COMMISSIONED.check(
            "PROJECT_MISMATCH",
            Kind.STATE,
            passed=not wrong,
            pointer="/project_fact_id",
            parts=wrong,
        ),
        COMMISSIONED.check(
            "SOURCE_SUPERSEDED",
            Kind.STATE,
            passed=not own or (project is not None and project.stands),
            pointer="/project_fact_id",
        ),
        COMMISSIONED.check(
            "ALREADY_EXISTS", Kind.STATE, passed=not is_linked, pointer="/project_fact_id"
        ),
        COMMISSIONED.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=contract.state not in CLOSED,
            state=contract.state.value,
        ),
    ]


def unlink_checks(*, may_write: bool, stands: bool) -> list[Check]:
    """Check that a link that was made wrongly is taken back once."""
    return [
        COMMISSIONED.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may_write),
        COMMISSIONED.check("STATE_CONFLICT", Kind.STATE, passed=stands),
    ]
