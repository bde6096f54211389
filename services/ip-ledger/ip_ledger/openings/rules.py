"""When what was there before may enter the ledger: first, once, proven, and approved by two."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.agreements.rules import Proposal
from ip_ledger.journal.rules import AccountKind, AccountName
from shared.rules import Check, Kind, Rule

OPENING: Final = Rule("X07", "delivery")
NEEDED: Final = 2


class Subject(StrEnum):
    """What an opening brings in."""

    BALANCES = "balances"
    OWNERSHIP = "ownership"
    AGREEMENT = "agreement"


class State(StrEnum):
    """Where an opening stands."""

    PROPOSED = "proposed"
    ENTERED = "entered"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves an opening."""

    APPROVE = "approve"
    ENTER = "enter"
    WITHDRAW = "withdraw"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.PROPOSED, Event.APPROVE): State.PROPOSED,
    (State.PROPOSED, Event.ENTER): State.ENTERED,
    (State.PROPOSED, Event.WITHDRAW): State.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """An account's balance as it stood: positive for a debit, negative for a credit."""

    code: str
    kind: AccountKind
    org_id: UUID | None
    may_go_negative: bool
    currency: str
    amount_fen: int

    @property
    def name(self) -> AccountName:
        """Name the account."""
        return AccountName(self.code, self.kind, self.org_id, self.may_go_negative)


@dataclass(frozen=True, slots=True)
class Balances:
    """The balances of a centre's accounts at the beginning of a day."""

    lines: tuple[OpeningLine, ...]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owned an asset from a day on; shares are in ppm."""

    asset_id: UUID
    shares: tuple[tuple[UUID, int], ...]


@dataclass(frozen=True, slots=True)
class Existing:
    """An agreement that its parties signed before, on paper or elsewhere."""

    proposal: Proposal


Content = Balances | Ownership | Existing


def subject_of(content: Content) -> Subject:
    """Tell what a content is about."""
    match content:
        case Balances():
            return Subject.BALANCES
        case Ownership():
            return Subject.OWNERSHIP
        case Existing():
            return Subject.AGREEMENT


def opening_checks(on: date, today: date, *, comes_first: bool, has_file: bool) -> list[Check]:
    """Check what every opening must be: proven by a file, of a day that has come, and the first."""
    return [
        OPENING.check("FILE_UNKNOWN", Kind.CONTENT, passed=has_file, pointer="/source_file_id"),
        OPENING.past(on, today, "/on"),
        OPENING.check("OPENING_TOO_LATE", Kind.STATE, passed=comes_first),
    ]


def line_checks(lines: Sequence[OpeningLine]) -> list[Check]:
    """Check that each account has one balance, and one kind in all its currencies."""
    places = [(line.org_id, line.code, line.currency) for line in lines]
    repeated = sorted({code for org, code, one in places if places.count((org, code, one)) > 1})
    kinds: dict[tuple[UUID | None, str], set[AccountKind]] = {}
    for line in lines:
        kinds.setdefault((line.org_id, line.code), set()).add(line.kind)
    unclear = sorted(code for (_, code), found in kinds.items() if len(found) > 1)
    return [
        OPENING.check(
            "ACCOUNT_REPEATED",
            Kind.CONTENT,
            passed=not repeated and not unclear,
            pointer="/content/balances",
            accounts=sorted({*repeated, *unclear}),
        )
    ]


def holder_checks(orgs: Iterable[UUID], known: Collection[UUID], pointer: str) -> list[Check]:
    """Check that the programme knows the organizations that an opening names."""
    unknown = sorted({str(org) for org in orgs if org not in known})
    return [
        OPENING.check(
            "PARTY_UNKNOWN", Kind.CONTENT, passed=not unknown, pointer=pointer, org_ids=unknown
        )
    ]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved, and whether for the programme; else for the centre."""

    person_id: UUID
    is_official: bool


def approval_checks(
    state: State, proposer: UUID, given: Sequence[Approval], new: Approval, *, same_content: bool
) -> list[Check]:
    """Check an approval: by a person who neither proposed nor approved, of what stands there.

    Two people of one centre could testify to what binds others, so that one must be an official.
    """
    people = {proposer, *(one.person_id for one in given)}
    last = len(given) + 1 >= NEEDED
    official = new.is_official or any(one.is_official for one in given)
    return [
        OPENING.check("SOD_VIOLATION", Kind.SCOPE, passed=new.person_id not in people),
        OPENING.check("STALE_INPUT", Kind.STATE, passed=same_content, pointer="/content_sha256"),
        OPENING.move(MOVES, state, Event.ENTER if last else Event.APPROVE),
        OPENING.check("APPROVALS_ONE_SIDED", Kind.STATE, passed=official or not last),
    ]


def approval_event(given: int) -> Event:
    """Give the event of an approval, `given` including it."""
    return Event.ENTER if given >= NEEDED else Event.APPROVE
