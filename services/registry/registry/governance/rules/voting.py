"""The votes in a centre's organs: whose they are, since when, and what they can come to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final
from uuid import UUID

from registry.governance.rules.bodies import MATTERS, VOTES, WHOLE_PPM, BodyKind, Organ
from shared.rules import Check, Kind, Rule, Said

COMPANY: Final = Rule("A053", "三(二)")


@dataclass(frozen=True, slots=True)
class Company:
    """The legal person of a centre, in whose meeting its shareholders vote."""

    id: UUID
    registered_on: date


def vote_checks(shares_ppm: Collection[int], kind: Kind = Kind.CONTENT) -> list[Check]:
    """Check that the votes of an organ sum to all of them (A085)."""
    total = sum(shares_ppm)
    return [
        VOTES.check(
            "VOTES_NOT_100", kind, passed=total == WHOLE_PPM, pointer="/votes", sum_ppm=total
        )
    ]


def holder_checks(holder_ids: Sequence[UUID], known: Collection[UUID]) -> list[Check]:
    """Check that each holder of votes is in the register, and in the table once (A085)."""
    distinct = set(holder_ids)
    passed = len(distinct) == len(holder_ids) and distinct <= set(known)
    return [
        VOTES.check("FIELD_INVALID", Kind.CONTENT, passed=passed, pointer="/votes", field="votes")
    ]


def holding_checks(
    holders: Collection[UUID], member_ids: Collection[UUID], pointer: str
) -> list[Check]:
    """Check that who votes in an organ is a member of the centre on that day (A085).

    With a membership its votes end; those that a shareholder holds as such are no question of it.
    """
    outside = sorted(str(holder) for holder in set(holders) - set(member_ids))
    return [
        VOTES.check(
            "VOTER_NOT_MEMBER", Kind.CONTENT, passed=not outside, pointer=pointer, org_ids=outside
        )
    ]


def shareholder_checks(
    organ: Organ, shareholders: Collection[UUID], company: Company | None, in_force_on: date
) -> list[Check]:
    """Check votes that are held for shares of the centre's legal person, be it by no member.

    Its meeting is made up of all its shareholders (公司法58), who vote by their shares or as the
    articles say (65), and a share outlives a membership until it is transferred (84). So there
    has to be a legal person on that day, it has no vote in itself, and no other organ has such
    votes.
    """
    if not shareholders:
        return []
    registered = company is not None and company.registered_on <= in_force_on
    return [
        VOTES.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=organ is Organ.SHAREHOLDERS,
            pointer="/votes",
            field="as_shareholder",
            expected=Said("in the shareholders' meeting only", "仅可用于股东会"),
        ),
        COMPANY.check("CONSORTIUM_NOT_REGISTERED", Kind.STATE, passed=registered, pointer="/votes"),
        VOTES.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=company is None or company.id not in shareholders,
            pointer="/votes",
            field="holder_org_id",
            expected=Said("another than the legal person itself", "不得为中心法人自身"),
        ),
    ]


def since_checks(in_force_on: date, today: date, reason: str | None) -> list[Check]:
    """Check from when a voting table is in force: no later than today, and why if before (A085)."""
    return [
        VOTES.past(in_force_on, today, "/in_force_on"),
        VOTES.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=in_force_on >= today or bool(reason),
            pointer="/reason",
            field="reason",
        ),
    ]


def weighing_checks(
    kind: BodyKind, table: Mapping[UUID, int] | None, entitled: Collection[UUID]
) -> list[Check]:
    """Check that the table by which a body voted that day was whole, in the hands of the entitled.

    Those are the members of that day, and whom the table names as shareholders (A085).
    Shareholders vote by their shares and cannot do so without a table; directors have one vote
    each where no table says otherwise.
    """
    if table is None and kind is not BodyKind.SHAREHOLDERS_MEETING:
        return []
    held = sum(share for holder, share in (table or {}).items() if holder in entitled)
    return [
        VOTES.check(
            "VOTES_NOT_100",
            Kind.STATE,
            passed=held == WHOLE_PPM,
            pointer="/resolved_on",
            sum_ppm=held,
        )
    ]


def stated_checks(stated: Sequence[int], counted_ppm: Sequence[int]) -> list[Check]:
    """Check that shares told beside the ballots are those that the ballots come to (A078)."""
    return [
        MATTERS.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=not any(stated) or tuple(stated) == tuple(counted_ppm),
            pointer="/for_ppm",
            field="for_ppm",
            expected=Said("what the ballots come to, or none", "应与各票合计一致，或不填"),
        )
    ]


def attainable_checks(stated: Sequence[int], shares_ppm: Collection[int]) -> list[Check]:
    """Check that shares told without ballots are what votes of a table can come to (A078).

    A holder votes with its whole share: each part, and any parts together, are sums of shares.
    """
    # A bit for every sum that some of the holders come to.
    sums = 1
    for share in shares_ppm:
        sums |= sums << share
    together = [
        sum(parts) for count in range(1, len(stated) + 1) for parts in combinations(stated, count)
    ]
    return [
        MATTERS.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=all(sums >> votes & 1 for votes in together),
            pointer="/for_ppm",
            field="for_ppm",
            expected=Said(
                "what whole shares of the voting table come to", "应为表决权表中若干份额之和"
            ),
        )
    ]
