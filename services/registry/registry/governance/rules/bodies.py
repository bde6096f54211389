"""A centre's bodies: who sits in them, who is independent, and what they may resolve.

Independence is judged against the ties of a person to the members of the centre: employment,
shares, a seat in a member's board, or a seat here on behalf of a member. It is judged at the
appointment and every night after.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.organizations.rules import OrgType
from shared.rules import Check, Kind, Policy, Rule, Severity

VOTES: Final = Rule("A085", "三(三)1-④")
ADVICE: Final = Rule("A079", "三(三)1-②")
MATTERS: Final = Rule("A078", "三(三)1-①")
INDEPENDENT: Final = Rule("A076", "三(三)1-①")
TERM: Final = Rule("A075", "三(三)1-①")
WHOLE_PPM: Final = 1_000_000


class BodyKind(StrEnum):
    """The bodies of a centre; a committee advises and decides nothing (A056, A075, A079)."""

    DECISION = "decision"
    TECHNICAL_COMMITTEE = "technical_committee"
    SHAREHOLDERS_MEETING = "shareholders_meeting"
    BOARD = "board"
    SUPERVISORS = "supervisors"


# Supervisors watch and a committee advises; neither resolves.
RESOLVING: Final = frozenset({BodyKind.DECISION, BodyKind.SHAREHOLDERS_MEETING, BodyKind.BOARD})
# Who may put a member out (A078).
EXPELLING: Final = frozenset({BodyKind.DECISION, BodyKind.SHAREHOLDERS_MEETING})
# What the articles of a legal person name beside the decision body (A056).
ORGANS_OF_ENTITY: Final = (BodyKind.SHAREHOLDERS_MEETING, BodyKind.BOARD, BodyKind.SUPERVISORS)


class Sector(StrEnum):
    """For which sector a seat speaks."""

    INDUSTRY = "industry"
    SCIENCE = "science"
    GOVERNMENT = "government"


class Organ(StrEnum):
    """The organs in which votes are held."""

    SHAREHOLDERS = "shareholders"
    BOARD = "board"


# The table by which a body votes; the others vote by seats.
VOTING_ORGAN: Final[Mapping[BodyKind, Organ]] = {
    BodyKind.SHAREHOLDERS_MEETING: Organ.SHAREHOLDERS,
    BodyKind.BOARD: Organ.BOARD,
}


class VoteBasis(StrEnum):
    """On what a vote share rests (A085)."""

    CAPITAL_RATIO = "capital_ratio"
    ONE_SEAT = "one_seat"
    CHARTER = "charter"


class Matter(StrEnum):
    """What a resolution is about (A078)."""

    STRATEGY = "strategy"
    INVESTMENT = "investment"
    PERSONNEL = "personnel"
    CONSTRUCTION = "construction"
    PLAN = "plan"
    CAPITAL_CHANGE = "capital_change"
    CHARTER_CHANGE = "charter_change"
    DIRECTION = "direction"
    MEMBERSHIP = "membership"


class Choice(StrEnum):
    """How a vote fell."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


# Capital and charter need two thirds, anything else more than half (C7 vector 9).
QUALIFIED: Final = frozenset({Matter.CAPITAL_CHANGE, Matter.CHARTER_CHANGE})


class TieKind(StrEnum):
    """What ties a person to an organization (A076)."""

    EMPLOYMENT = "employment"
    SHAREHOLDING = "shareholding"
    BOARD = "board"
    SEAT = "seat"


# Which class of members an organization belongs to; those left out stand for themselves (A077).
MEMBER_CLASSES: Final[Mapping[OrgType, str]] = {
    OrgType.INSTITUTE: "science",
    OrgType.UNIVERSITY: "science",
    OrgType.USER: "enterprise",
    OrgType.PARK_DEVELOPER: "enterprise",
    OrgType.SOCIAL_SERVICE: "association",
    OrgType.FINANCIAL: "investment",
}


def member_class(org_type: OrgType) -> str:
    """Give the class of members that an organization belongs to."""
    return MEMBER_CLASSES.get(org_type, org_type.value)


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie of a person to an organization, in force on the day that is judged."""

    org_id: UUID
    kind: TieKind


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat as the rules see it; `org_id` is whom its holder works for, if anyone.

    `flagged` is set by the nightly check: an independent person who has a tie by now.
    """

    sector: Sector
    org_id: UUID | None
    independent: bool
    appointing_agency: str | None = None
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How the votes on a matter fell, in votes of any measure; `total` are all that there are."""

    in_favour: int
    against: int
    abstained: int
    total: int

    @property
    def present(self) -> int:
        """Give the votes that took part."""
        return self.in_favour + self.against + self.abstained


def term_checks(term_from: date, term_until: date | None) -> list[Check]:
    """Check that a term does not end before it begins (A075)."""
    return [TERM.ordered(term_from, term_until, "/term_until")]


def broken_ties(ties: Collection[Tie], member_ids: Collection[UUID]) -> list[Tie]:
    """Give the ties that break independence: those to a current member (A076)."""
    return sorted(
        {tie for tie in ties if tie.org_id in member_ids},
        key=lambda tie: (str(tie.org_id), tie.kind.value),
    )


def seat_checks(
    kind: BodyKind, seat: Seat, member_ids: Collection[UUID], ties: Collection[Tie] = ()
) -> list[Check]:
    """Check one seat: an independent one has no tie to a member, a government one its agency."""
    own = () if seat.org_id is None else (Tie(seat.org_id, TieKind.EMPLOYMENT),)
    broken = broken_ties([*ties, *own], member_ids) if seat.independent else []
    named = seat.sector is not Sector.GOVERNMENT or bool(seat.appointing_agency)
    return [
        INDEPENDENT.check(
            "INDEPENDENCE_BROKEN",
            Kind.CONTENT,
            passed=not broken,
            pointer="/org_id" if seat.org_id in member_ids else "/person_id",
            ties=[{"org_id": str(tie.org_id), "kind": tie.kind.value} for tie in broken],
        ),
        Rule("A080", "三(三)1-②").check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=named,
            pointer="/appointing_agency",
            field="appointing_agency",
            body=kind.value,
        ),
    ]


def seat_days_checks(from_on: date, until_on: date | None) -> list[Check]:
    """Check that a seat does not end before it begins."""
    return [MATTERS.ordered(from_on, until_on, "/until_on")]


def seat_taken_checks(*, taken: bool) -> list[Check]:
    """Check that a person holds one seat of a body at a time: two would be two voices (A076)."""
    return [
        INDEPENDENT.check(
            "ALREADY_EXISTS", Kind.STATE, passed=not taken, pointer="/person_id", key="person_id"
        )
    ]


def office_checks(*, in_office: bool, pointer: str) -> list[Check]:
    """Check that a body was in office on the day on which it resolved or advised (A075)."""
    return [
        TERM.check("BODY_NOT_IN_OFFICE", Kind.CONTENT, passed=in_office, pointer=pointer),
    ]


def decision_body_checks(
    policy: Policy, seats: Sequence[Seat], member_ids: Collection[UUID]
) -> list[Check]:
    """Check for independent persons of industry and of science in the decision body (A076)."""
    free = [
        seat
        for seat in seats
        if seat.independent
        and not seat.flagged
        and (seat.org_id is None or seat.org_id not in member_ids)
    ]
    industry = sum(seat.sector is Sector.INDUSTRY for seat in free)
    science = sum(seat.sector is Sector.SCIENCE for seat in free)
    missing = []
    if industry < policy.value("A076", "min_industry"):
        missing.append("independent_industry")
    if science < policy.value("A076", "min_science"):
        missing.append("independent_science")
    return [_body_check(policy.rule("A076"), missing)]


def committee_checks(policy: Policy, seats: Sequence[Seat]) -> list[Check]:
    """Check that science, industry and government each sit in the committee (A080)."""
    least = policy.value("A080", "min_per_sector")
    missing = [
        f"committee_{sector.value}"
        for sector in Sector
        if sum(seat.sector is sector for seat in seats) < least
    ]
    return [_body_check(policy.rule("A080"), missing)]


def _body_check(rule: Rule, missing: Sequence[str]) -> Check:
    return rule.check("GOV_BODY_COMPOSITION", Kind.STATE, passed=not missing, missing=list(missing))


def representation_checks(
    policy: Policy, seats: Sequence[Seat], member_classes: Mapping[UUID, str]
) -> list[Check]:
    """Warn of a class of members without a seat, and of one that holds most seats (A077).

    `member_classes` gives each current member's class. More than half of the seats is a majority.
    """
    rule = policy.rule("A077")
    holders_seated = {seat.org_id for seat in seats if seat.org_id is not None}
    seated = {member_classes[org_id] for org_id in holders_seated & member_classes.keys()}
    unseated = sorted(set(member_classes.values()) - seated) if seats else []
    counts: dict[UUID, int] = {}
    for seat in seats:
        if seat.org_id is not None:
            counts[seat.org_id] = counts.get(seat.org_id, 0) + 1
    limit = policy.value("A077", "max_seat_share_ppm") * len(seats)
    holders = sorted(str(org_id) for org_id, held in counts.items() if held * WHOLE_PPM > limit)
    return [
        rule.check(
            "CLASS_NOT_SEATED",
            Kind.STATE,
            passed=not unseated,
            severity=Severity.WARNING,
            missing=unseated,
        ),
        rule.check(
            "SEAT_MAJORITY",
            Kind.STATE,
            passed=not holders,
            severity=Severity.WARNING,
            org_ids=holders,
        ),
    ]


def organ_checks(policy: Policy, found: Collection[str]) -> list[Check]:
    """Warn of articles, meeting, board or supervisors that the entity has not shown (A056)."""
    missing = [name for name in policy.value("A056", "organs") if name not in found]
    return [
        policy.rule("A056").check(
            "ORGANS_MISSING",
            Kind.STATE,
            passed=not missing,
            severity=Severity.WARNING,
            missing=missing,
        )
    ]


def resolution_checks(kind: BodyKind, votes_ppm: Sequence[int] = ()) -> list[Check]:
    """Check that a body may resolve at all, and that no more votes fell than there are (A079)."""
    resolving = kind in RESOLVING
    return [
        VOTES.check(
            "VOTES_NOT_100",
            Kind.CONTENT,
            passed=sum(votes_ppm) <= WHOLE_PPM,
            pointer="/for_ppm",
            sum_ppm=sum(votes_ppm),
        ),
        ADVICE.check(
            "GOV_BODY_COMPOSITION",
            Kind.CONTENT,
            passed=resolving,
            pointer="/body_id",
            missing=[] if resolving else ["decision_body"],
        ),
    ]


def held_checks(resolved_on: date, today: date) -> list[Check]:
    """Check that a meeting has taken place (A078)."""
    return [MATTERS.past(resolved_on, today, "/resolved_on")]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a body resolved, as what rests upon it sees it."""

    body: BodyKind
    matter: Matter
    passed: bool
    on: date


def expels(resolved: Resolved, joined_on: date | None) -> bool:
    """Tell whether a resolution puts a member out: one from before it joined speaks of another."""
    return (
        resolved.passed
        and resolved.matter is Matter.MEMBERSHIP
        and resolved.body in EXPELLING
        and joined_on is not None
        and joined_on <= resolved.on
    )


def ballot_checks(voters: Sequence[UUID], entitled: Collection[UUID]) -> list[Check]:
    """Check that each vote is somebody's who has one, and that nobody votes twice (A078)."""
    strange = sorted({str(voter) for voter in voters if voter not in entitled})
    twice = len(set(voters)) != len(voters)
    return [
        MATTERS.check(
            "VOTER_UNKNOWN",
            Kind.CONTENT,
            passed=not strange and not twice,
            pointer="/ballots",
            voters=strange,
        )
    ]


def counted(ballots: Mapping[UUID, Choice], weights: Mapping[UUID, int]) -> Tally:
    """Count votes by what each voter weighs; who did not vote was not present (A078)."""
    by_choice = dict.fromkeys(Choice, 0)
    for voter, choice in ballots.items():
        by_choice[choice] += weights[voter]
    return Tally(
        by_choice[Choice.FOR],
        by_choice[Choice.AGAINST],
        by_choice[Choice.ABSTAIN],
        sum(weights.values()),
    )


def has_quorum(tally: Tally, quorum_ppm: int) -> bool:
    """Tell whether enough votes took part; the figure itself is enough (A078)."""
    return tally.total > 0 and tally.present * WHOLE_PPM >= quorum_ppm * tally.total


def majority(policy: Policy, matter: Matter, tally: Tally) -> bool:
    """Tell whether votes carry a matter: two thirds of all for capital and charter, else over half.

    The parts are exact: two of three seats are two thirds.
    """
    needed = policy.value("A078", "qualified" if matter in QUALIFIED else "ordinary")
    votes, threshold = tally.in_favour * needed["of"], needed["parts"] * tally.total
    return bool(votes >= threshold if needed["reached"] else votes > threshold)


def carried(policy: Policy, matter: Matter, tally: Tally, quorum_ppm: int) -> bool:
    """Tell whether a matter is resolved: quorum and majority (A078)."""
    return has_quorum(tally, quorum_ppm) and majority(policy, matter, tally)
