"""Changes of ownership on their way: consents by own accounts, first refusal, registration.

A change is judged by what it says: whoever consents, consents to these shares, this cause and this
day, so that nobody's word can be used for something else.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from ip_ledger.assets.rules import MOVES as ASSET_MOVES
from ip_ledger.assets.rules import PATENTS, AbandonCause, AssetKind
from ip_ledger.assets.rules import Event as AssetEvent
from ip_ledger.assets.rules import State as AssetState
from shared.money import WHOLE_PPM, largest_remainder
from shared.rules import Check, Kind, Rule

FIRST_REFUSAL: Final = Rule("A084", "三(三)1-④ · 民法典859、860")
TRANSFERS: Final = Rule("A084", "三(三)1-④ · 专利法10")
CO_OWNERS: Final = Rule("A084", "三(三)1-④ · 专利法14")
JOINT_FILING: Final = Rule("A084", "三(三)1-④ · 民法典860")

TRANSFER: Final = "transfer"
RENUNCIATION: Final = "renunciation"
# How long co-owners may take to say whether they take the share themselves.
REFUSAL_DAYS: Final = 30


class State(StrEnum):
    """Where a change of ownership stands."""

    PENDING = "pending"
    EFFECTIVE = "effective"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What moves a change."""

    TAKE_EFFECT = "take_effect"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.PENDING, Event.TAKE_EFFECT): State.EFFECTIVE,
    (State.PENDING, Event.REFUSE): State.REFUSED,
    (State.PENDING, Event.WITHDRAW): State.WITHDRAWN,
}


class OwnerAnswer(StrEnum):
    """What a co-owner says: `exercise` takes the offered share itself."""

    CONSENT = "consent"
    EXERCISE = "exercise"
    REFUSE = "refuse"


class FilingPosition(StrEnum):
    """What a joint developer says about filing (民法典860)."""

    AGREE = "agree"
    RENOUNCE = "renounce"
    OPPOSE = "oppose"


@dataclass(frozen=True, slots=True)
class Registration:
    """The office's entry of a transfer."""

    registered_on: date
    number: str


def needs_registration(kind: AssetKind, cause: str) -> bool:
    """Tell whether a change has no effect before the office has registered it (专利法10)."""
    return kind in PATENTS and cause == TRANSFER


def refusal_until(
    cause: str, former: Collection[UUID], following: Collection[UUID], proposed_on: date
) -> date | None:
    """Give the last day of the co-owners' first refusal: only a stranger's coming opens it."""
    strangers = set(following) - set(former)
    if cause != TRANSFER or not strangers or len(former) < 2:
        return None
    return proposed_on + timedelta(days=REFUSAL_DAYS)


def answer_checks(
    state: State, org_id: UUID | None, owners: Collection[UUID], answered: Collection[UUID]
) -> list[Check]:
    """Check that an owner answers for itself, once, while the change is pending."""
    return [
        CO_OWNERS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=org_id in owners),
        CO_OWNERS.check(
            "STATE_CONFLICT", Kind.STATE, passed=state is State.PENDING, state=state.value
        ),
        CO_OWNERS.check("ALREADY_SIGNED", Kind.STATE, passed=org_id not in answered),
    ]


def registration_checks(
    state: State,
    registration: Registration,
    missing: Sequence[UUID],
    refusal_until: date | None,
    today: date,
) -> list[Check]:
    """Check that a transfer may be registered: all co-owners consent, or could have taken it."""
    open_still = bool(missing) and refusal_until is not None and today <= refusal_until
    return [
        TRANSFERS.check(
            "STATE_CONFLICT", Kind.STATE, passed=state is State.PENDING, state=state.value
        ),
        TRANSFERS.past(registration.registered_on, today, "/registered_on"),
        FIRST_REFUSAL.check(
            "FIRST_REFUSAL_OPEN",
            Kind.STATE,
            passed=not open_still,
            until=refusal_until.isoformat() if refusal_until else None,
        ),
        CO_OWNERS.check(
            "CONSENT_MISSING",
            Kind.STATE,
            passed=not missing,
            orgs=[str(org) for org in missing],
            decided_by="law",
        ),
    ]


def withdrawal_checks(state: State, *, is_proposer: bool) -> list[Check]:
    """Check that whoever proposed a change takes it back while it is pending."""
    return [
        CO_OWNERS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_proposer),
        CO_OWNERS.move(MOVES, state, Event.WITHDRAW),
    ]


def renouncing_checks(
    state: AssetState, position: FilingPosition, org_id: UUID | None, owners: Collection[UUID]
) -> list[Check]:
    """Check a joint developer's word on filing: its own, and before the right is granted."""
    early = {AssetState.DISCLOSED, AssetState.FILED, AssetState.PUBLISHED}
    allowed = early if position is FilingPosition.RENOUNCE else {AssetState.DISCLOSED}
    rest = set(owners) - {org_id}
    return [
        JOINT_FILING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=org_id in owners),
        JOINT_FILING.check(
            "STATE_CONFLICT", Kind.STATE, passed=state in allowed, state=state.value
        ),
        JOINT_FILING.check(
            "SHARES_NOT_100",
            Kind.CONTENT,
            passed=position is not FilingPosition.RENOUNCE or bool(rest),
            pointer="/position",
            sum_ppm=0,
        ),
    ]


def filing_checks(opposing: Sequence[UUID]) -> list[Check]:
    """Check that nobody opposes: where one does, nobody files (民法典860)."""
    return [
        JOINT_FILING.check(
            "FILING_OPPOSED", Kind.STATE, passed=not opposing, orgs=[str(org) for org in opposing]
        )
    ]


def giving_up_checks(
    state: AssetState, org_id: UUID | None, owners: Collection[UUID], given: Collection[UUID]
) -> list[Check]:
    """Check that an owner consents for itself, once, to giving up what may still be given up."""
    return [
        CO_OWNERS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=org_id in owners),
        CO_OWNERS.move(ASSET_MOVES, state, AssetEvent.ABANDON),
        CO_OWNERS.check("ALREADY_SIGNED", Kind.STATE, passed=org_id not in given),
    ]


def abandonment_checks(
    cause: AbandonCause | None, owners: Sequence[UUID], consenting: Collection[UUID]
) -> list[Check]:
    """Check that nobody's right is given up without his word (专利法14、44(1)(2)).

    What was missed (`deemed`) ends by law, whoever regrets it. Where nobody says how it came about,
    it is judged as a declaration: to leave the cause out gets round nothing.
    """
    needed = () if cause is AbandonCause.DEEMED else owners
    missing = [owner for owner in needed if owner not in consenting]
    return [
        CO_OWNERS.check(
            "CONSENT_MISSING",
            Kind.STATE,
            passed=not missing,
            orgs=[str(org) for org in missing],
            decided_by="law",
        )
    ]


def without(shares: Sequence[tuple[UUID, int]], leaving: UUID) -> tuple[tuple[UUID, int], ...]:
    """Give the shares once one has renounced: what it frees goes to the rest pro rata."""
    rest = [(owner, ppm) for owner, ppm in shares if owner != leaving]
    whole = sum(ppm for _, ppm in rest)
    quotas = [Fraction(WHOLE_PPM * ppm, whole) for _, ppm in rest]
    parts = largest_remainder(WHOLE_PPM, quotas, range(len(rest)))
    return tuple((owner, part) for (owner, _), part in zip(rest, parts, strict=True) if part)
