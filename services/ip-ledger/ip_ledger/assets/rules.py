"""What an asset is and how long it lasts: its number, its dates, its inventors, its state."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from shared.codes import patents, registrations
from shared.money import WHOLE_PPM, largest_remainder
from shared.rules import Check, Kind, Rule, Severity

OWN_IP: Final = Rule("A109", "四(二)1")  # 拥有自主知识产权
MARKET_TERMS: Final = Rule("A084", "三(三)1-④")
CONSORTIUM: Final = Rule("A053", "三(二)")  # 逐步完成实体注册
REPETITION: Final = Rule("X05", "delivery")
INCENTIVES: Final = Rule("A033", "二(三)功能三")  # 激励科技人员


class AssetKind(StrEnum):
    """What sort of result it is."""

    INVENTION = "invention"
    UTILITY = "utility"
    DESIGN = "design"
    SOFTWARE = "software"
    IC_LAYOUT = "ic_layout"
    KNOW_HOW = "know_how"
    STANDARD = "standard"


PATENTS: Final = frozenset({AssetKind.INVENTION, AssetKind.UTILITY, AssetKind.DESIGN})

# The kind digit of a Chinese application number; an international one enters as 8 or 9.
NUMBER_KINDS: Final[Mapping[patents.PatentKind, AssetKind]] = {
    patents.PatentKind.INVENTION: AssetKind.INVENTION,
    patents.PatentKind.PCT_INVENTION: AssetKind.INVENTION,
    patents.PatentKind.UTILITY: AssetKind.UTILITY,
    patents.PatentKind.PCT_UTILITY: AssetKind.UTILITY,
    patents.PatentKind.DESIGN: AssetKind.DESIGN,
}

DOMESTIC: Final = "CN"
INTERNATIONAL: Final = "PCT"
FOREIGN_FORM: Final = re.compile(r"(?P<office>PCT)[ /]|(?P<country>[A-Z]{2})[ /-]?\d", re.ASCII)


class State(StrEnum):
    """Where an asset stands."""

    DISCLOSED = "disclosed"
    FILED = "filed"
    PUBLISHED = "published"
    GRANTED = "granted"
    REGISTERED = "registered"
    MAINTAINED = "maintained"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    INVALIDATED = "invalidated"


class Event(StrEnum):
    """What moves an asset."""

    FILE = "file"
    PUBLISH = "publish"
    GRANT = "grant"
    REGISTER = "register"
    MAINTAIN = "maintain"
    EXPIRE = "expire"
    ABANDON = "abandon"
    INVALIDATE = "invalidate"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.DISCLOSED, Event.FILE): State.FILED,
    (State.DISCLOSED, Event.REGISTER): State.REGISTERED,
    (State.DISCLOSED, Event.ABANDON): State.ABANDONED,
    (State.FILED, Event.PUBLISH): State.PUBLISHED,
    (State.FILED, Event.GRANT): State.GRANTED,
    (State.FILED, Event.REGISTER): State.REGISTERED,
    (State.FILED, Event.ABANDON): State.ABANDONED,
    (State.PUBLISHED, Event.GRANT): State.GRANTED,
    (State.PUBLISHED, Event.ABANDON): State.ABANDONED,
    (State.GRANTED, Event.MAINTAIN): State.MAINTAINED,
    (State.GRANTED, Event.EXPIRE): State.EXPIRED,
    (State.GRANTED, Event.ABANDON): State.ABANDONED,
    (State.GRANTED, Event.INVALIDATE): State.INVALIDATED,
    (State.REGISTERED, Event.MAINTAIN): State.MAINTAINED,
    (State.REGISTERED, Event.EXPIRE): State.EXPIRED,
    (State.REGISTERED, Event.ABANDON): State.ABANDONED,
    (State.REGISTERED, Event.INVALIDATE): State.INVALIDATED,
    (State.MAINTAINED, Event.MAINTAIN): State.MAINTAINED,
    (State.MAINTAINED, Event.EXPIRE): State.EXPIRED,
    (State.MAINTAINED, Event.ABANDON): State.ABANDONED,
    (State.MAINTAINED, Event.INVALIDATE): State.INVALIDATED,
}


class FeeOutcome(StrEnum):
    """What its fees do to an asset; nobody reports it as an event of its own."""

    LAPSE = "lapse"
    RESTORE = "restore"
    KEEP = "keep"


# A right whose fee stayed unpaid through its grace is over (专利法44); where the payment turns up
# afterwards, it was never over.
FEE_MOVES: Final[Mapping[tuple[State, FeeOutcome], State]] = {
    (State.GRANTED, FeeOutcome.LAPSE): State.ABANDONED,
    (State.MAINTAINED, FeeOutcome.LAPSE): State.ABANDONED,
    (State.ABANDONED, FeeOutcome.RESTORE): State.MAINTAINED,
    (State.GRANTED, FeeOutcome.KEEP): State.MAINTAINED,
    (State.MAINTAINED, FeeOutcome.KEEP): State.MAINTAINED,
}


class AbandonCause(StrEnum):
    """How a right or an application was given up: the office restores only what was lost."""

    DECLARED = "declared"  # its owners said so (专利法32、44(1)(2))
    DEEMED = "deemed"  # a term was missed (视为撤回、视为放弃取得)
    UNPAID = "unpaid"  # its yearly fee stayed unpaid (专利法44(1)(1)): its fees tell that alone


# Days on which a right was gone: the first, and the one of its return, none while it is away.
Absence = tuple[date, date | None]


def gone_on(absences: Sequence[Absence], day: date) -> Absence | None:
    """Give the absence within which a day falls: neither the last day before nor the return."""
    return next(
        (one for one in absences if one[0] <= day and (one[1] is None or day < one[1])), None
    )


def told(absence: Absence | None) -> tuple[str | None, str | None]:
    """Give the days of an absence as a check tells them: its first one, and that of the return."""
    first, back = absence or (None, None)
    return first.isoformat() if first else None, back.isoformat() if back else None


def ended(absences: Sequence[Absence], last_on: date) -> tuple[Absence, ...]:
    """Add the absence that begins on the day after a right's last one."""
    return (*absences, (last_on + timedelta(days=1), None))


def returned(absences: Sequence[Absence], on: date | None) -> tuple[Absence, ...]:
    """End the absence that lasts on the day of the return; with none it never was."""
    known = tuple(one for one in absences if one[1] is not None)
    began = next((one[0] for one in absences if one[1] is None), None)
    # What comes back before its first day of absence was never missed.
    return known if began is None or on is None or on <= began else (*known, (began, on))


# What stands, and may come to its end.
LIVING: Final = frozenset({State.GRANTED, State.REGISTERED, State.MAINTAINED})
# What has come to its end is licensed no more.
ENDS: Final = frozenset({State.EXPIRED, State.ABANDONED, State.INVALIDATED})


class TermBasis(StrEnum):
    """From when a right's years are counted."""

    FILING = "filing"
    YEAR_END = "year_end"


@dataclass(frozen=True, slots=True)
class Term:
    """How long a right lasts, by which law, counted from when."""

    years: int
    law: str
    basis: TermBasis


TERMS: Final[Mapping[AssetKind, Term]] = {
    AssetKind.INVENTION: Term(20, "专利法42", TermBasis.FILING),
    AssetKind.UTILITY: Term(10, "专利法42", TermBasis.FILING),
    AssetKind.DESIGN: Term(15, "专利法42", TermBasis.FILING),
    AssetKind.IC_LAYOUT: Term(10, "布图设计条例12", TermBasis.FILING),
    # A legal person's software: to the end of the fiftieth year after first publication.
    AssetKind.SOFTWARE: Term(50, "软件条例14", TermBasis.YEAR_END),
}


@dataclass(frozen=True, slots=True)
class Dates:
    """The days of an asset that are known."""

    filed_on: date | None = None
    granted_on: date | None = None
    registered_on: date | None = None

    @property
    def first_on(self) -> date | None:
        """Give the day from which the asset is known to exist."""
        known = [day for day in (self.filed_on, self.registered_on, self.granted_on) if day]
        return min(known, default=None)

    @property
    def occurred_on(self) -> date | None:
        """Give the day that counts for the year's figures: grant, registration, or filing."""
        return self.granted_on or self.registered_on or self.filed_on


@dataclass(frozen=True, slots=True)
class InventorShare:
    """A person's part in an asset, in ppm of the whole; None: an equal part."""

    org_id: UUID
    share_ppm: int | None
    person_id: UUID | None = None
    name: str | None = None
    is_head_of_unit: bool = False


@dataclass(frozen=True, slots=True)
class Disclosure:
    """An asset as its centre reports it."""

    center_id: UUID
    kind: AssetKind
    title: str
    number: str | None
    jurisdiction: str | None
    dates: Dates
    is_background: bool = False
    trustee_org_id: UUID | None = None
    completing_org_id: UUID | None = None
    inventors: tuple[InventorShare, ...] = ()
    external_id: str | None = None
    # A patent that is not filed yet has neither number nor day.
    is_unfiled: bool = False


def jurisdiction_of(kind: AssetKind, number: str | None, stated: str | None) -> str:
    """Give the office that the asset is under: as stated, else as its number says, else CN."""
    if stated is not None:
        return stated.upper()
    if kind not in PATENTS:
        return DOMESTIC
    match = FOREIGN_FORM.match((number or "").upper())
    office = match["office"] or match["country"] if match else DOMESTIC
    if office in {"PCT", "WO"}:
        return INTERNATIONAL
    return DOMESTIC if office == "ZL" else office


def normalized_number(kind: AssetKind, number: str | None, jurisdiction: str) -> str | None:
    """Give the number as it is stored, so that one right has one number."""
    if number is None:
        return None
    if kind in PATENTS and jurisdiction == DOMESTIC:
        return patents.normalized(number)
    return number.upper()


def disclosure_checks(disclosure: Disclosure, today: date) -> list[Check]:
    """Check an asset as reported, whoever reports it: number, dates, inventors."""
    if disclosure.is_unfiled and disclosure.kind in PATENTS:
        return [
            OWN_IP.check(
                "FIELD_INVALID",
                Kind.CONTENT,
                passed=disclosure.number is None and disclosure.dates == Dates(),
                pointer="/unfiled",
                field="unfiled",
            ),
            *inventor_checks(disclosure.inventors),
        ]
    return [
        *number_checks(disclosure.kind, disclosure.number, disclosure.jurisdiction),
        *date_checks(disclosure.kind, disclosure.dates, today),
        *inventor_checks(disclosure.inventors),
    ]


def number_checks(kind: AssetKind, number: str | None, jurisdiction: str | None) -> list[Check]:
    """Check that the number is there where the kind needs one, and has the form of its office.

    A Chinese patent number says its kind and carries a check character; a foreign office's number
    is taken as it is (A084, A109).
    """
    if number is None:
        needless = kind in {AssetKind.KNOW_HOW, AssetKind.IC_LAYOUT}
        return [
            OWN_IP.check(
                "FIELD_MISSING",
                Kind.CONTENT,
                passed=needless,
                pointer="/number",
                field="number",
            )
        ]
    if kind in PATENTS and jurisdiction_of(kind, number, jurisdiction) == DOMESTIC:
        return _patent_checks(kind, number)
    if kind is AssetKind.SOFTWARE:
        return registrations.software_number_checks(number, pointer="/number")
    if kind is AssetKind.IC_LAYOUT:
        return registrations.layout_number_checks(number, pointer="/number")
    return []


def _patent_checks(kind: AssetKind, number: str) -> list[Check]:
    told = patents.kind_of(number)
    fits = told is None or NUMBER_KINDS[told] is kind
    return [
        *patents.patent_number_checks(number, pointer="/number"),
        MARKET_TERMS.check(
            "PATENT_KIND_MISMATCH",
            Kind.CONTENT,
            passed=fits,
            pointer="/number",
            number_kind=told.value if told else None,
        ),
    ]


def date_checks(kind: AssetKind, dates: Dates, today: date) -> list[Check]:
    """Check that the days are there where the kind needs them, and follow each other.

    A day that has not come is a warning: an office may announce a grant before its day.
    """
    named = {
        "filed_on": dates.filed_on,
        "granted_on": dates.granted_on,
        "registered_on": dates.registered_on,
    }
    checks = [
        OWN_IP.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=day is None or day <= today,
            pointer=f"/{name}",
            severity=Severity.WARNING,
        )
        for name, day in named.items()
    ]
    filed = dates.filed_on
    checks += [
        OWN_IP.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=filed is None or day is None or filed <= day,
            pointer=f"/{name}",
        )
        for name, day in named.items()
        if name != "filed_on"
    ]
    if kind in PATENTS:
        checks.append(
            OWN_IP.check(
                "FIELD_MISSING",
                Kind.CONTENT,
                passed=filed is not None,
                pointer="/filed_on",
                field="filed_on",
            )
        )
    return checks


def inventor_checks(inventors: Sequence[InventorShare]) -> list[Check]:
    """Check that the inventors' shares are all given or all left out, and are whole (A033).

    Nobody stands twice: one person has one part, and one reward of each kind.
    """
    named = [inventor.person_id for inventor in inventors if inventor.person_id is not None]
    given = [inventor.share_ppm for inventor in inventors if inventor.share_ppm is not None]
    total = sum(given)
    whole = not given or (len(given) == len(inventors) and total == WHOLE_PPM)
    return [
        INCENTIVES.check(
            "SHARES_NOT_100",
            Kind.CONTENT,
            passed=whole,
            pointer="/inventors",
            sum_ppm=total,
        ),
        INCENTIVES.check(
            "INVENTOR_REPEATED",
            Kind.CONTENT,
            passed=len(named) == len(set(named)),
            pointer="/inventors",
        ),
    ]


def inventor_shares(inventors: Sequence[InventorShare]) -> list[int]:
    """Give every inventor's share in ppm; left out, they are equal to the last ppm."""
    given = [inventor.share_ppm for inventor in inventors if inventor.share_ppm is not None]
    if given or not inventors:
        return given
    count = len(inventors)
    return largest_remainder(WHOLE_PPM, [Fraction(WHOLE_PPM, count)] * count, list(range(count)))


def holding_checks(
    *, has_legal_entity: bool, trustee_org_id: UUID | None, trustees: Sequence[UUID]
) -> list[Check]:
    """Check that somebody can hold the asset: a consortium cannot, its trustee member can (A053).

    `trustees` are the organizations that may hold in trust: those that take part in the centre.
    """
    return [
        CONSORTIUM.check(
            "CONSORTIUM_NOT_REGISTERED",
            Kind.STATE,
            passed=has_legal_entity or trustee_org_id is not None,
        ),
        CONSORTIUM.check(
            "PARTY_UNKNOWN",
            Kind.CONTENT,
            passed=trustee_org_id is None or trustee_org_id in trustees,
            pointer="/trustee_org_id",
            org_ids=[str(trustee_org_id)],
        ),
    ]


def first_state(kind: AssetKind, dates: Dates) -> State:
    """Give the state in which an asset enters the ledger."""
    if kind in PATENTS:
        if dates.granted_on:
            return State.GRANTED
        return State.FILED if dates.filed_on else State.DISCLOSED
    if dates.registered_on or dates.granted_on:
        return State.REGISTERED
    return State.FILED if dates.filed_on else State.DISCLOSED


def term_until(kind: AssetKind, dates: Dates) -> date | None:
    """Give the last day of the right, or None where the law sets no end.

    A term of 20 years from 2006-03-10 ends with 2026-03-09.
    """
    term = TERMS.get(kind)
    start = dates.filed_on if kind in PATENTS else dates.first_on
    if term is None or start is None:
        return None
    if start.year + term.years >= date.max.year:
        # A day that no right was ever filed on; the calendar ends before the term does.
        return date.max
    if term.basis is TermBasis.YEAR_END:
        return date(start.year + term.years, 12, 31)
    return _years_after(start, term.years) - timedelta(days=1)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # 29 February: the right's anniversary is 1 March, so that its last day is 28 February.
        return date(day.year + years, 3, 1)


def event_checks(state: State, event: Event) -> list[Check]:
    """Check that an asset may take a step."""
    return [
        MARKET_TERMS.check(
            "STATE_CONFLICT", Kind.STATE, passed=(state, event) in MOVES, state=state.value
        )
    ]


def cause_check(event: Event, cause: AbandonCause | None) -> Check:
    """Check that a cause is told of nothing but giving up, and none that only unpaid fees have."""
    told = {None, AbandonCause.DECLARED, AbandonCause.DEEMED} if event is Event.ABANDON else {None}
    return MARKET_TERMS.check(
        "FIELD_INVALID", Kind.CONTENT, passed=cause in told, pointer="/cause", field="cause"
    )


def dates_after(dates: Dates, event: Event, occurred_on: date) -> Dates:
    """Give the known days after an event."""
    match event:
        case Event.FILE:
            return Dates(occurred_on, dates.granted_on, dates.registered_on)
        case Event.GRANT:
            return Dates(dates.filed_on, occurred_on, dates.registered_on)
        case Event.REGISTER:
            return Dates(dates.filed_on, dates.granted_on, occurred_on)
        case _:
            return dates
