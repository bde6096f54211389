"""Who may review what: an expert's ties, and the organizations behind a case (X08).

A tie bars when it holds on the day of the review or ended within the look-back, both ends
included. Every verdict carries the fact behind it, so that the expert can be told what it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from typing import Any, Final
from uuid import UUID

from evaluation.experts.absence_rules import Days
from shared.calendar import years_before
from shared.expecting import between, no_later_than
from shared.rules import Check, Kind, Policy, Rule

POOL: Final = Rule("A119", "四(三)2")
LEGAL_ENTITY: Final = "legal_entity"
# How the code of an organ of state begins (GB 32100).
ORGAN: Final = "11"


class ExpertField(StrEnum):
    """The five fields that a panel covers (A120)."""

    ECONOMIC = "economic"
    TECHNICAL = "technical"
    INDUSTRIAL = "industrial"
    MANAGEMENT = "management"
    LEGAL = "legal"


class State(StrEnum):
    """Whether an expert may be asked."""

    ACTIVE = "active"
    RETIRED = "retired"


class Event(StrEnum):
    """What happens to an expert in the pool."""

    RETIRE = "retire"
    RETURN = "return"


MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.ACTIVE, Event.RETIRE): State.RETIRED,
    (State.RETIRED, Event.RETURN): State.ACTIVE,
}


class RelationKind(StrEnum):
    """The ties that are recorded between an expert and an organization or a centre."""

    EMPLOYMENT = "employment"
    BOARD = "board"
    SUPERVISOR = "supervisor"
    SHAREHOLDING = "shareholding"
    CONTROL = "control"
    KINSHIP = "kinship"
    COAUTHORED_PROJECT = "coauthored_project"
    COMMITTEE_SEAT = "committee_seat"
    INDEPENDENT_SEAT = "independent_seat"


SEATS: Final = frozenset({RelationKind.COMMITTEE_SEAT, RelationKind.INDEPENDENT_SEAT})
CODES: Final[Mapping[RelationKind, str]] = {
    RelationKind.BOARD: "COI_BOARD",
    RelationKind.SUPERVISOR: "COI_BOARD",
    RelationKind.SHAREHOLDING: "COI_SHAREHOLDING",
    RelationKind.CONTROL: "COI_SHAREHOLDING",
    RelationKind.KINSHIP: "COI_KINSHIP",
    RelationKind.COAUTHORED_PROJECT: "COI_COAUTHORED",
    RelationKind.COMMITTEE_SEAT: "COI_GOVERNANCE_SEAT",
    RelationKind.INDEPENDENT_SEAT: "COI_GOVERNANCE_SEAT",
}


@dataclass(frozen=True, slots=True)
class Tie:
    """A fact that ties an expert to an organization, or a seat to a centre.

    Without `from_on` it has held for ever, without `until_on` it still holds; `until_on` is the
    last day. `relation_id` is `None` for the employer that the pool itself names. `owners` hold
    the organization, the nearest first.
    """

    kind: RelationKind
    org_id: UUID | None = None
    org_uscc: str | None = None
    center_id: UUID | None = None
    from_on: date | None = None
    until_on: date | None = None
    relation_id: UUID | None = None
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert as the rules see one: ids, field, employer and ties, no name."""

    expert_id: UUID
    person_id: UUID
    field: ExpertField
    state: State
    ties: tuple[Tie, ...] = ()
    accounts: tuple[UUID, ...] = ()
    away: tuple[Days, ...] = ()

    @property
    def people(self) -> frozenset[UUID]:
        """Give every account of the person: the one of the pool and those found since."""
        return frozenset((self.person_id, *self.accounts))


@dataclass(frozen=True, slots=True)
class Party:
    """An organization behind a subject, with those that hold it, the nearest first."""

    org_id: UUID
    uscc: str
    role: str
    parent_usccs: tuple[str, ...] = ()


class Reach(IntEnum):
    """How far a tie goes to a party: to itself, to who holds it or is held by it, to a sister."""

    ITSELF = 0
    HOLDING = 1
    BESIDE = 2


@dataclass(frozen=True, slots=True)
class Way:
    """How a tie reaches a party; `chain` runs from the tie's organization to it.

    `through` is the highest in the chain. A tie to the party itself has neither.
    """

    party: Party
    reach: Reach = Reach.ITSELF
    through: str | None = None
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interests:
    """Whose matter is reviewed: the centre and every organization behind it."""

    center_id: UUID
    parties: tuple[Party, ...]


def conflict_checks(
    policy: Policy,
    candidate: Candidate,
    interests: Interests,
    on: date,
    *,
    pointer: str | None = None,
) -> list[Check]:
    """Judge an expert's ties against a subject on a day: one failed check for each path found."""
    rule = policy.rule("X08")
    limit = years_before(on, int(policy.value("X08", "look_back_years")))
    paths = [
        (_code(tie, on), _path(candidate, tie, way, limit))
        for tie in candidate.ties
        if holds_within(tie, limit, on)
        for way in _ways(tie, interests)
    ]
    return [
        rule.check(code, Kind.CONTENT, passed=False, pointer=pointer, **figures)
        for code, figures in paths
    ]


def holds_within(tie: Tie, limit: date, on: date) -> bool:
    """Tell whether a tie held on some day from `limit` to `on`, both included (C7 vector 7)."""
    begun = tie.from_on is None or tie.from_on <= on
    return begun and (tie.until_on is None or tie.until_on >= limit)


def pool_checks(candidate: Candidate, *, pointer: str | None = None) -> list[Check]:
    """Check that an expert of the pool may be asked now (A119)."""
    return [
        POOL.check(
            "EXPERT_INACTIVE",
            Kind.CONTENT,
            passed=candidate.state is State.ACTIVE,
            pointer=pointer,
            expert_id=str(candidate.expert_id),
        )
    ]


def period_checks(from_on: date | None, until_on: date, *, pointer: str) -> list[Check]:
    """Check that a tie does not end before it began."""
    return [
        POOL.check(
            "DAYS_REVERSED",
            Kind.CONTENT,
            passed=from_on is None or from_on <= until_on,
            pointer=pointer,
        )
    ]


def begun_checks(from_on: date, today: date, since: date | None = None) -> list[Check]:
    """Check that an employment has begun: one to come is no tie yet, and would end the present.

    Nor does it begin before the present one, of which `since` is the first day where it is known:
    what an expert was employed at would end before it began. On the same day it corrects it.
    """
    return [
        POOL.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=from_on <= today and (since is None or since <= from_on),
            pointer="/from_on",
            field="from_on",
            expected=no_later_than(today) if since is None else between(since, today),
        )
    ]


def state_checks(state: State, event: Event) -> list[Check]:
    """Check that an expert may leave or rejoin the pool now."""
    return [
        POOL.check("STATE_CONFLICT", Kind.STATE, passed=(state, event) in MOVES, state=state.value)
    ]


def erasing_checks(state: State) -> list[Check]:
    """Check that a name may be erased: nobody may be asked under a name that is gone (X12)."""
    return [
        POOL.check("STATE_CONFLICT", Kind.STATE, passed=state is State.RETIRED, state=state.value)
    ]


def masked(name: str) -> str:
    """Show a name as lists show it: the first character, and that there is more (X12)."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def _code(tie: Tie, on: date) -> str:
    if tie.kind is not RelationKind.EMPLOYMENT:
        return CODES[tie.kind]
    ended = tie.until_on is not None and tie.until_on < on
    return "COI_EMPLOYMENT_3Y" if ended else "COI_CURRENT_ORG"


def _ways(tie: Tie, interests: Interests) -> list[Way]:
    """Give the parties that a tie reaches by its shortest kind of way, with the companies between.

    A tie to a party itself says nothing new of that party's sisters. One that names the centre and
    none of its organizations is a tie to the centre.
    """
    if tie.kind in SEATS:
        # A seat is a part in that centre's own affairs; it says nothing of the members.
        return [Way(party) for party in _seat_parties(tie, interests)]
    ways = [way for party in interests.parties if (way := _way(tie, party)) is not None]
    if not ways and tie.center_id == interests.center_id:
        return [Way(party) for party in _seat_parties(tie, interests)]
    nearest = min((way.reach for way in ways), default=Reach.ITSELF)
    return [way for way in ways if way.reach == nearest]


def _way(tie: Tie, party: Party) -> Way | None:
    """Give the way over the nearest company that is or holds both organizations, if there is one.

    Two that an organ of state holds, and nobody below it, are not tied by that alone (公司法265).
    """
    if party.org_id == tie.org_id or party.uscc == tie.org_uscc:
        return Way(party)
    if tie.org_uscc is None:
        return None
    up, down = (tie.org_uscc, *tie.owners), (party.uscc, *party.parent_usccs)
    for height, shared in enumerate(up):
        if shared not in down:
            continue
        reach = Reach.HOLDING if height == 0 or shared == party.uscc else Reach.BESIDE
        if reach is Reach.HOLDING or not shared.startswith(ORGAN):
            between = down[: down.index(shared)]
            return Way(party, reach, shared, (*up[: height + 1], *reversed(between)))
    return None


def _seat_parties(tie: Tie, interests: Interests) -> Sequence[Party]:
    entity = [party for party in interests.parties if party.role == LEGAL_ENTITY]
    if tie.center_id == interests.center_id:
        return entity or [Party(interests.center_id, "", "center")]
    return [party for party in entity if party.org_id == tie.org_id or party.uscc == tie.org_uscc]


def _path(candidate: Candidate, tie: Tie, way: Way, limit: date) -> dict[str, Any]:
    return {
        "expert_id": str(candidate.expert_id),
        "org_uscc": way.party.uscc,
        "org_role": way.party.role,
        "relation": tie.kind.value,
        "relation_id": None if tie.relation_id is None else str(tie.relation_id),
        "from_on": None if tie.from_on is None else tie.from_on.isoformat(),
        "until_on": None if tie.until_on is None else tie.until_on.isoformat(),
        "through": way.through,
        "chain": list(way.chain),
        "look_back_from": limit.isoformat(),
    }


def persons_of(pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, tuple[UUID, ...]]:
    """Give every account of each person who has several, by any of them (X03).

    Each pair are two accounts of one person: whichever was entered as the further one, and over
    however many steps, what is known of one is known of all.
    """
    together: dict[UUID, set[UUID]] = {}
    for one, other in pairs:
        joined = together.get(one, {one}) | together.get(other, {other})
        together.update(dict.fromkeys(joined, joined))
    return {account: tuple(sorted(one)) for account, one in together.items()}


def employers(candidate: Candidate, on: date) -> list[str]:
    """Name the organizations that employ an expert on a day: by code, else by id."""
    return [
        tie.org_uscc or str(tie.org_id)
        for tie in candidate.ties
        if tie.kind is RelationKind.EMPLOYMENT
        and (tie.org_uscc is not None or tie.org_id is not None)
        and holds_within(tie, on, on)
    ]


def ties_with_employer(ties: Iterable[Tie], employer: Tie | None) -> tuple[Tie, ...]:
    """Add the employer that the pool names, unless a lasting employment already says so."""
    known = tuple(ties)
    if employer is None:
        return known
    said = any(
        tie.kind is RelationKind.EMPLOYMENT
        and tie.until_on is None
        and (
            (employer.org_id is not None and tie.org_id == employer.org_id)
            or (employer.org_uscc is not None and tie.org_uscc == employer.org_uscc)
        )
        for tie in known
    )
    return known if said else (*known, employer)
