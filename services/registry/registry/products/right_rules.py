"""What the ip-ledger knows of the patents that a nomination claims (A144)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from registry.products.rules import CATALOGUE, Patent
from shared.codes.patents import normalized
from shared.rules import Check, Kind, Severity

INVENTION: Final = "invention"
IN_FORCE: Final = ("granted", "maintained")


@dataclass(frozen=True, slots=True)
class Right:
    """A right as the ledger told it, and what names that telling."""

    asset_id: UUID
    version: int
    kind: str
    state: str
    granted_on: date | None
    owner_ids: frozenset[UUID]


def right_checks(
    patents: Sequence[Patent],
    rights: Mapping[str, Right],
    succeeded: Mapping[UUID, frozenset[UUID]],
) -> list[Check]:
    """Check that claimed patents are what the ledger has under their numbers.

    `succeeded` names the organizations in whose place a claimed owner stands. The ledger holds the
    rights of centres and members: one that it does not know is pointed out and refuses nothing.
    """
    return [
        check
        for place, patent in enumerate(patents)
        for check in _checks_of(
            f"/patents/{place}", patent, rights.get(normalized(patent.number)), succeeded
        )
    ]


def _checks_of(
    at: str, patent: Patent, right: Right | None, succeeded: Mapping[UUID, frozenset[UUID]]
) -> list[Check]:
    if right is None:
        return [
            CATALOGUE.check(
                "PATENT_UNRECORDED",
                Kind.CONTENT,
                passed=False,
                pointer=f"{at}/number",
                severity=Severity.WARNING,
            )
        ]
    owners = {patent.owner_id} | succeeded.get(patent.owner_id, frozenset())
    return [
        CATALOGUE.check(
            "PATENT_NOT_IN_FORCE",
            Kind.CONTENT,
            passed=right.kind == INVENTION and right.state in IN_FORCE,
            pointer=f"{at}/number",
            state=right.state,
        ),
        CATALOGUE.check(
            "PATENT_DAY_DIFFERS",
            Kind.CONTENT,
            passed=right.granted_on in (None, patent.granted_on),
            pointer=f"{at}/granted_on",
        ),
        CATALOGUE.check(
            "PATENT_NOT_OWN",
            Kind.CONTENT,
            passed=bool(owners & right.owner_ids),
            pointer=f"{at}/owner_id",
        ),
    ]


def told_of(right: Right | None) -> dict[str, Any]:
    """Give what is kept of a telling: which version of which asset it was."""
    if right is None:
        return {"asset_id": None, "asset_version": None}
    return {"asset_id": str(right.asset_id), "asset_version": right.version}
