"""Who owns an asset when, and what it takes to change that.

Two clocks: a version says who owned during some days (`valid`), and from when until when the
ledger believed so (`known`). A change holds from its first day until the next change that is
already known; what it covers is believed no longer, and what it only cuts is restated shorter.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from shared.money import WHOLE_PPM
from shared.rules import Check, Kind, Rule

SHARING: Final = Rule("A086", "三(三)1-④")
CO_OWNERS: Final = Rule("A084", "三(三)1-④ · 专利法14 · 转化法40")
TRUST: Final = Rule("A053", "三(二)")

# A trustee's release needs his own word, also when he himself records it.
TRUST_RELEASE: Final = "trust_release"
TICK: Final = timedelta(microseconds=1)
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a version as known now; `before` is the first day excluded, None for ever."""

    version_id: UUID
    valid_from: date
    before: date | None

    def covers(self, day: date) -> bool:
        """Tell whether a day lies in the period."""
        return self.valid_from <= day and (self.before is None or day < self.before)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a change goes: its own period, and the known version that gives way, if one does.

    `closed` is believed no longer. `restated_before` is where its remaining days end, None when
    no day of it remains.
    """

    valid_from: date
    before: date | None
    closed: Period | None
    restated_before: date | None


def placement(known: Sequence[Period], valid_from: date) -> Placement:
    """Place a change among the versions known now, so that no day is left out or owned twice."""
    starts = sorted(period.valid_from for period in known if period.valid_from > valid_from)
    closed = next((period for period in known if period.covers(valid_from)), None)
    is_cut = closed is not None and closed.valid_from < valid_from
    return Placement(
        valid_from=valid_from,
        before=starts[0] if starts else None,
        closed=closed,
        restated_before=valid_from if is_cut else None,
    )


def known_from(now: datetime, last: datetime | None) -> datetime:
    """Give the instant from which a change is known: now, and after everything known before.

    Two processes read their clocks before one of them waits for the other's lock.
    """
    return now if last is None or now > last else last + TICK


def share_checks(shares: Sequence[tuple[UUID, int]]) -> list[Check]:
    """Check that each owner stands once and the shares sum to 1,000,000 ppm (A086)."""
    owners = [owner for owner, _ in shares]
    repeated = sorted({str(owner) for owner in owners if owners.count(owner) > 1})
    total = sum(ppm for _, ppm in shares)
    return [
        SHARING.check(
            "SHARES_NOT_100",
            Kind.CONTENT,
            passed=total == WHOLE_PPM,
            pointer="/shares",
            sum_ppm=total,
        ),
        SHARING.check(
            "PARTY_REPEATED",
            Kind.CONTENT,
            passed=not repeated,
            pointer="/shares",
            org_ids=repeated,
        ),
    ]


def owner_checks(owners: Collection[UUID], known: Collection[UUID]) -> list[Check]:
    """Check that the owners are organizations that the programme knows."""
    unknown = sorted(str(owner) for owner in owners if owner not in known)
    return [
        SHARING.check(
            "PARTY_UNKNOWN", Kind.CONTENT, passed=not unknown, pointer="/shares", org_ids=unknown
        )
    ]


def day_checks(valid_from: date, first_on: date | None) -> list[Check]:
    """Check that nobody owns an asset before it exists; `first_on` is its first known day."""
    return [
        SHARING.check(
            "BEFORE_ASSET",
            Kind.CONTENT,
            passed=first_on is None or first_on <= valid_from,
            pointer="/valid_from",
            first_on=first_on.isoformat() if first_on else None,
        )
    ]


def entity_checks(*, names_center: bool, has_legal_entity: bool) -> list[Check]:
    """Check that a centre that is to own has a legal entity to own through (A053)."""
    return [
        TRUST.check(
            "CONSORTIUM_NOT_REGISTERED",
            Kind.STATE,
            passed=not names_center or has_legal_entity,
            pointer="/shares",
        )
    ]


@dataclass(frozen=True, slots=True)
class Attribution:
    """What the agreement in force says about first ownership: its parties, and shares if fixed."""

    agreement_id: UUID
    parties: Collection[UUID]
    shares: Mapping[UUID, int] | None


def follows(
    attribution: Attribution | None, shares: Sequence[tuple[UUID, int]], centre_org: UUID | None
) -> bool:
    """Tell whether a first registration is what the agreement in force says.

    Where the agreement fixes shares, they must be these; else the owners must all be bound by it.
    """
    if attribution is None:
        return False
    if attribution.shares is not None:
        return dict(shares) == dict(attribution.shares)
    return {owner for owner, _ in shares} <= {*attribution.parties, centre_org}


def registration_checks(
    needed: Sequence[UUID], consenting: Collection[UUID], *, by_agreement: bool
) -> list[Check]:
    """Check a first registration: by the agreement in force, or with everybody's consent.

    `needed` are the owners to be and the organizations whose people made the asset; an agreement
    prevails over the law's own attribution (A084, 专利法8, 民法典860).
    """
    missing = [] if by_agreement else [str(org) for org in needed if org not in consenting]
    return [
        CO_OWNERS.check(
            "CONSENT_MISSING",
            Kind.STATE,
            passed=not missing,
            pointer="/consents",
            orgs=missing,
            decided_by="agreement" if by_agreement else "law",
        )
    ]


def change_checks(owners: Sequence[UUID], consenting: Collection[UUID]) -> list[Check]:
    """Check that every owner until now consents to a change (A084, 专利法14)."""
    missing = [str(owner) for owner in owners if owner not in consenting]
    return [
        CO_OWNERS.check(
            "CONSENT_MISSING",
            Kind.STATE,
            passed=not missing,
            pointer="/consents",
            orgs=missing,
            decided_by="law",
        )
    ]


def consenting_orgs(cause: str, stated: Collection[UUID], acting: UUID) -> frozenset[UUID]:
    """Give who consents: those stated, and whoever acts; a trustee must say so himself."""
    return frozenset(stated) if cause == TRUST_RELEASE else frozenset({*stated, acting})


def acting_check(*, is_concerned: bool) -> Check:
    """Check that who records a change owns the asset, or acts for the centre."""
    return CO_OWNERS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_concerned)


def shown_periods(
    versions: Sequence[tuple[date, date | None, Shown]], until: date
) -> tuple[list[tuple[date, Shown | None]], date]:
    """Give what held from each day on, up to and including `until`, and the day the picture ends.

    Versions come with their first day and the first day that they no longer cover; days that no
    version covers begin a period of None. What begins after `until` is left out.
    """
    begun = sorted((one for one in versions if one[0] <= until), key=lambda one: one[0])
    end = until + timedelta(days=1)
    periods: list[tuple[date, Shown | None]] = []
    for place, (start, before, version) in enumerate(begun):
        periods.append((start, version))
        following = begun[place + 1][0] if place + 1 < len(begun) else end
        if before is not None and before < following:
            periods.append((before, None))
    return periods, end
