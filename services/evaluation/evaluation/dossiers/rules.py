"""What a dossier for an agency holds, and until when it is read (A133, A135).

A rating is a reference for those who decide on national projects. They get what is published and
lies in the scope of the release, as it stands on the day on which they ask: a result that is voided
or superseded later shows so.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from shared.expecting import between, no_earlier_than
from shared.rules import Check, Kind, Rule

REFERENCE: Final = Rule("A133", "四(四)")
MOST_YEARS: Final = 10


class DossierPart(StrEnum):
    """What of a year, or of three, an agency reads."""

    RATINGS = "ratings"
    LEAF_POINTS = "leaf_points"
    ASSESSMENTS = "assessments"


class DossierState(StrEnum):
    """Whether a release stands; one that ran out is released anew, with a reason of its own."""

    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class DossierEvent(StrEnum):
    """What happens to a release."""

    WITHDRAW = "withdraw"


MOVES: Final[Mapping[tuple[DossierState, DossierEvent], DossierState]] = {
    (DossierState.RELEASED, DossierEvent.WITHDRAW): DossierState.WITHDRAWN,
}


def scope_checks(first_year: int, last_year: int, until_on: date, today: date) -> list[Check]:
    """Check that a scope has years in order, no more than ten, and a day to be read on."""
    years = last_year - first_year + 1
    return [
        REFERENCE.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=1 <= years <= MOST_YEARS,
            pointer="/last_year",
            field="last_year",
            expected=between(first_year, first_year + MOST_YEARS - 1),
        ),
        REFERENCE.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=until_on >= today,
            pointer="/until_on",
            field="until_on",
            expected=no_earlier_than(today),
        ),
    ]


def agency_checks(*, is_agency: bool) -> list[Check]:
    """Check that a dossier goes to an agency of today: to anybody else it would be read by nobody.

    Who is made one later would find it there, though nobody released it to an agency.
    """
    return [REFERENCE.check("AGENCY_REQUIRED", Kind.STATE, passed=is_agency, pointer="/agency_id")]


def move_checks(state: DossierState, event: DossierEvent) -> list[Check]:
    """Check that a release may take a step from where it is."""
    return [REFERENCE.move(MOVES, state, event)]
