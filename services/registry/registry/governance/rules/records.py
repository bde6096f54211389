"""What a centre keeps of how it works: documents, duties, themes, directions, its dossier.

Mechanism documents and regulations are in force from a day to a day, both included; an older one
of the same title is followed by a newer one, never edited.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from registry.centers.rules import Stage
from registry.governance.rules.bodies import BodyKind
from shared.rules import Check, Kind, Policy, Rule

DIRECTIONS: Final = Rule("A081", "三(三)1-②")
DOCUMENTS: Final = Rule("A016", "二(二)")
DOSSIER: Final = Rule("A123", "四(三)2")
TIES: Final = Rule("A076", "三(三)1-①")


class DocumentKind(StrEnum):
    """What a document of a centre is (A016, A054, A056, A075, A102)."""

    ARTICLES = "articles"
    INTERNAL_REGULATION = "internal_regulation"
    RESPONSIBILITY_MATRIX = "responsibility_matrix"
    COOPERATION_MECHANISM = "cooperation_mechanism"
    SUPPLY_MECHANISM = "supply_mechanism"
    PILOT_SUMMARY = "pilot_summary"


class Theme(StrEnum):
    """What a pilot may try out (A103)."""

    INTERNAL_ORGANIZATION = "internal_organization"
    OPERATION_MANAGEMENT = "operation_management"
    INVESTMENT_FINANCING = "investment_financing"


class Opinion(StrEnum):
    """What the technical committee says of a direction (A081)."""

    SUPPORTED = "supported"
    CONDITIONAL = "conditional"
    REJECTED = "rejected"


class DirectionState(StrEnum):
    """Where a research direction stands."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    REJECTED = "rejected"
    CLOSED = "closed"


class DirectionEvent(StrEnum):
    """What may happen to a direction."""

    ADOPT = "adopt"
    REJECT = "reject"
    CLOSE = "close"


DIRECTION_MOVES: Final[Mapping[tuple[DirectionState, DirectionEvent], DirectionState]] = {
    (DirectionState.PROPOSED, DirectionEvent.ADOPT): DirectionState.ADOPTED,
    (DirectionState.PROPOSED, DirectionEvent.REJECT): DirectionState.REJECTED,
    (DirectionState.PROPOSED, DirectionEvent.CLOSE): DirectionState.CLOSED,
    (DirectionState.ADOPTED, DirectionEvent.CLOSE): DirectionState.CLOSED,
}
OPINION_EVENTS: Final[Mapping[Opinion, DirectionEvent]] = {
    Opinion.SUPPORTED: DirectionEvent.ADOPT,
    Opinion.CONDITIONAL: DirectionEvent.ADOPT,
    Opinion.REJECTED: DirectionEvent.REJECT,
}


def days_checks(valid_from: date, valid_until: date | None) -> list[Check]:
    """Check that a document does not end before it begins (A016)."""
    return [DOCUMENTS.ordered(valid_from, valid_until, "/valid_until")]


def direction_move_checks(state: DirectionState, event: DirectionEvent) -> list[Check]:
    """Check that a direction may take a step (A081)."""
    return [DIRECTIONS.move(DIRECTION_MOVES, state, event)]


def opinion_checks(
    kind: BodyKind, state: DirectionState, opinion: Opinion, given_on: date, today: date
) -> list[Check]:
    """Check that the technical committee, and nobody else, gives its opinion (A081)."""
    advising = kind is BodyKind.TECHNICAL_COMMITTEE
    return [
        DIRECTIONS.check(
            "GOV_BODY_COMPOSITION",
            Kind.CONTENT,
            passed=advising,
            pointer="/body_id",
            missing=[] if advising else ["technical_committee"],
        ),
        DIRECTIONS.past(given_on, today, "/given_on"),
        *direction_move_checks(state, OPINION_EVENTS[opinion]),
    ]


def field_checks(code: str | None, known: Collection[str]) -> list[Check]:
    """Check that a direction is of a field of the catalogue, where it names one (A081, A047)."""
    return [
        DIRECTIONS.check(
            "CODE_UNKNOWN",
            Kind.CONTENT,
            passed=code is None or code in known,
            pointer="/field_code",
            scheme="field_codes",
        )
    ]


def naming_checks(*, own: bool, cites: bool, day: date, adopted: Iterable[date]) -> list[Check]:
    """Check that a centre's own project names its direction, once it has adopted any (A081).

    `adopted` are the days on which directions were adopted that still stand; the first counts.
    What others commissioned follows their contract, and what came before followed nothing.
    """
    bound = own and any(first <= day for first in adopted)
    return [
        DIRECTIONS.check(
            "DIRECTION_MISSING",
            Kind.CONTENT,
            passed=cites or not bound,
            pointer="/payload/direction_id",
        )
    ]


def citing_checks(
    cited: Collection[UUID], adopted: Collection[UUID], pointer: str = "/payload/direction_id"
) -> list[Check]:
    """Check that a project cites a direction that its centre has adopted (A081)."""
    unknown = sorted(str(direction) for direction in set(cited) - set(adopted))
    return [
        DIRECTIONS.check(
            "CODE_UNKNOWN",
            Kind.CONTENT,
            passed=not unknown,
            pointer=pointer,
            scheme="research_directions",
            codes=unknown,
        )
    ]


def tie_scope_checks(org_id: UUID, acting_id: UUID | None, *, is_official: bool) -> list[Check]:
    """Check that an organization states its own people's ties, or an official does (A076)."""
    passed = is_official or acting_id == org_id
    return [TIES.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=passed)]


def tie_days_checks(from_on: date, until_on: date | None) -> list[Check]:
    """Check that a tie does not end before it begins (A076)."""
    return [TIES.ordered(from_on, until_on, "/until_on")]


def dossier_checks(*, exists: bool, is_open: bool) -> list[Check]:
    """Check that a dossier is there and not handed in yet (A123)."""
    return [
        DOSSIER.check("DOSSIER_MISSING", Kind.STATE, passed=exists),
        DOSSIER.check("STATE_CONFLICT", Kind.STATE, passed=is_open or not exists),
    ]


def return_checks(reached: Collection[Stage], *, exists: bool, handed_in: bool) -> list[Check]:
    """Check that a dossier may go back: handed in, and its centre no national candidate (A123).

    What the ministry was shown stays as it was.
    """
    free = Stage.NATIONAL_CANDIDATE not in reached
    return [
        *dossier_checks(exists=exists, is_open=handed_in),
        DOSSIER.check("STATE_CONFLICT", Kind.STATE, passed=free, state="national_candidate"),
    ]


def file_checks(file_ids: Sequence[UUID], seen: Collection[UUID]) -> list[Check]:
    """Check that every file of a dossier is one that its writer may see (A123)."""
    unknown = [str(file_id) for file_id in file_ids if file_id not in seen]
    return [
        DOSSIER.check(
            "FILE_UNKNOWN",
            Kind.CONTENT,
            passed=not unknown,
            pointer="/file_ids",
            file_ids=unknown,
        )
    ]


def condition_results(policy: Policy, figures: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """Judge a centre by the national conditions; a figure that nobody knows is a gap (A134).

    Each condition names a figure and its least value. The rule set is provisional: three items of
    the ministry's conditions could be verified.
    """
    found: list[dict[str, Any]] = []
    conditions: Sequence[Mapping[str, Any]] = policy.value("A134", "conditions")
    for condition in conditions:
        actual = figures.get(condition["figure"])
        met = actual is not None and actual >= condition["at_least"]
        found.append(
            {
                "code": condition["code"],
                "name_zh": condition["name_zh"],
                "name_en": condition["name_en"],
                "figure": condition["figure"],
                "at_least": condition["at_least"],
                "actual": actual,
                "met": met,
            }
        )
    return found
