"""What it takes to grant a license or to record a technology contract.

The law decides who must consent, unless the agreement of the centre's members says otherwise; each
verdict names which of the two decided.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ip_ledger.assets import rules as assets
from shared.calendar import WorkingDays, months_after
from shared.codes import uscc
from shared.codes.registrations import ContractNumberScheme, contract_number_checks
from shared.rules import Check, Kind, Policy, Rule, Severity

CO_OWNERS: Final = Rule("A084", "三(三)1-④ · 专利法14")
LIVING_RIGHT: Final = Rule("A084", "三(三)1-④ · 民法典865")
RECORDING: Final = Rule("A084", "三(三)1-④ · 专利法实施细则15")
COMMISSIONED: Final = Rule("A089", "三(三)2-①")  # 自主开展技术研发或接受企业委托
TURNOVER: Final = Rule("A127", "四(四)")  # 委托研发合同数及金额、技术市场交易额
CONSORTIUM: Final = Rule("A053", "三(二)")
REPETITION: Final = Rule("X05", "delivery")

LAW: Final = "law"
AGREEMENT: Final = "agreement"


class LicenseType(StrEnum):
    """普通、排他、独占: who else may use what is licensed."""

    ORDINARY = "ordinary"
    SOLE = "sole"
    EXCLUSIVE = "exclusive"


class ContractKind(StrEnum):
    """The five types of technology contracts (民法典合同编第二十章)."""

    DEVELOPMENT = "development"
    TRANSFER = "transfer"
    LICENSE = "license"
    CONSULTING = "consulting"
    SERVICE = "service"


class PartyRole(StrEnum):
    """On which side the centre stands; the seller registers the contract."""

    SELLER = "seller"
    BUYER = "buyer"


class Review(StrEnum):
    """How a contract is registered: large ones go through expert review."""

    ORDINARY = "ordinary_15wd"
    EXPERT = "expert_review_30wd"


class State(StrEnum):
    """Where a license or contract stands."""

    CONSENT_PENDING = "consent_pending"
    SIGNED = "signed"
    REGISTERED = "registered"
    PERFORMING = "performing"
    COMPLETED = "completed"
    TERMINATED = "terminated"


class Event(StrEnum):
    """What moves a license or contract."""

    SIGN = "sign"
    REGISTER = "register"
    PERFORM = "perform"
    COMPLETE = "complete"
    TERMINATE = "terminate"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.CONSENT_PENDING, Event.SIGN): State.SIGNED,
    (State.CONSENT_PENDING, Event.TERMINATE): State.TERMINATED,
    (State.SIGNED, Event.REGISTER): State.REGISTERED,
    (State.SIGNED, Event.PERFORM): State.PERFORMING,
    (State.SIGNED, Event.COMPLETE): State.COMPLETED,
    (State.SIGNED, Event.TERMINATE): State.TERMINATED,
    (State.REGISTERED, Event.PERFORM): State.PERFORMING,
    (State.REGISTERED, Event.COMPLETE): State.COMPLETED,
    (State.REGISTERED, Event.TERMINATE): State.TERMINATED,
    # Performance may begin before the registry has answered.
    (State.PERFORMING, Event.REGISTER): State.PERFORMING,
    (State.PERFORMING, Event.COMPLETE): State.COMPLETED,
    (State.PERFORMING, Event.TERMINATE): State.TERMINATED,
}


# What a party reports by itself; the others follow from consents, or from an office's number.
REPORTED: Final = frozenset({Event.PERFORM, Event.COMPLETE, Event.TERMINATE})


@dataclass(frozen=True, slots=True)
class Grant:
    """A license as its licensor grants it; `term_until` is the last day included."""

    asset_id: UUID
    licensor_id: UUID
    licensee_org_id: UUID | None
    licensee_uscc: str | None
    type: LicenseType
    territory: str
    effective_on: date
    term_until: date | None = None
    may_sublicense: bool = False
    consents: tuple[UUID, ...] = ()
    awaits_consents: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A technology contract as a member reports it; amounts in 分."""

    center_id: UUID
    kind: ContractKind
    role: PartyRole
    counterparty_name: str | None
    counterparty_uscc: str | None
    is_commissioned_rd: bool
    contract_amount_fen: int
    tech_transaction_amount_fen: int
    signed_on: date
    external_id: str
    registration_no: str | None = None
    registered_on: date | None = None
    registration_scheme: ContractNumberScheme | None = None
    is_confidential: bool = False
    party_org_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """The part of ownership, in ppm, whose consent an agreement asks for a license."""

    agreement_id: UUID
    required_ppm: int


def licensor_checks(
    licensor_id: UUID, acting_id: UUID | None, owners: Collection[UUID]
) -> list[Check]:
    """Check that an owner grants the license, by its own account."""
    return [
        CO_OWNERS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == licensor_id),
        CO_OWNERS.check("OWNERSHIP_MISSING", Kind.STATE, passed=bool(owners)),
        CO_OWNERS.check(
            "LICENSOR_NOT_OWNER",
            Kind.CONTENT,
            passed=not owners or licensor_id in owners,
            pointer="/licensor_id",
        ),
    ]


def consent_checks(
    kind: LicenseType,
    licensor_id: UUID,
    shares: Sequence[tuple[UUID, int]],
    consents: Collection[UUID],
    threshold: Threshold | None,
) -> list[Check]:
    """Check that the owners whose consent a license needs have given it (专利法14).

    By law an owner grants an ordinary license alone, and any other with all co-owners; where
    the agreement in force asks for a part of ownership, that prevails.
    """
    others = [owner for owner, _ in shares if owner != licensor_id]
    missing = [str(owner) for owner in others if owner not in consents]
    if threshold is None:
        needed = [] if kind is LicenseType.ORDINARY else missing
        return [_consent(needed, passed=not needed, decided_by=LAW)]
    consented = sum(ppm for owner, ppm in shares if owner == licensor_id or owner in consents)
    passed = consented >= threshold.required_ppm
    return [
        _consent(
            [] if passed else missing,
            passed=passed,
            decided_by=AGREEMENT,
            required_ppm=threshold.required_ppm,
            consented_ppm=consented,
        )
    ]


def _consent(
    missing: list[str],
    *,
    passed: bool,
    decided_by: str,
    required_ppm: int | None = None,
    consented_ppm: int | None = None,
) -> Check:
    return CO_OWNERS.check(
        "CONSENT_MISSING",
        Kind.STATE,
        passed=passed,
        pointer="/consents",
        orgs=missing,
        decided_by=decided_by,
        required_ppm=required_ppm,
        consented_ppm=consented_ppm,
    )


def licensee_checks(org_id: UUID | None, code: str | None, *, is_known: bool) -> list[Check]:
    """Check that the licensee is named, once, by an id that is known or a good USCC."""
    checks = [
        CO_OWNERS.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=org_id is not None or code is not None,
            pointer="/licensee_org_id",
            field="licensee_org_id",
        ),
        CO_OWNERS.check(
            "PARTY_UNKNOWN",
            Kind.CONTENT,
            passed=org_id is None or is_known,
            pointer="/licensee_org_id",
            org_ids=[str(org_id)],
        ),
    ]
    return checks if code is None else [*checks, *uscc.uscc_checks(code, pointer="/licensee_uscc")]


def term_checks(effective_on: date, term_until: date | None) -> list[Check]:
    """Check that a license does not end before it begins."""
    return [
        CO_OWNERS.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=term_until is None or effective_on <= term_until,
            pointer="/term_until",
        )
    ]


def asset_checks(
    state: assets.State,
    asset_until: date | None,
    effective_on: date,
    absences: Sequence[assets.Absence] = (),
) -> list[Check]:
    """Check that the right lives on the license's first day; `asset_until` is its last day.

    A right that came back was gone for some days: who used it then needed no license (民法典865).
    """
    gone = assets.gone_on(absences, effective_on) if state not in assets.ENDS else None
    gone_from, back_on = assets.told(gone)
    return [
        CO_OWNERS.check(
            "STATE_CONFLICT", Kind.STATE, passed=state not in assets.ENDS, state=state.value
        ),
        CO_OWNERS.check(
            "RIGHT_EXPIRED",
            Kind.STATE,
            passed=asset_until is None or effective_on <= asset_until,
            pointer="/effective_on",
            until=asset_until.isoformat() if asset_until else None,
        ),
        LIVING_RIGHT.check(
            "RIGHT_LAPSED",
            Kind.STATE,
            passed=gone is None,
            pointer="/effective_on",
            gone_from=gone_from,
            back_on=back_on,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Standing:
    """A license of the same asset that stands; `term_until` None is the right's own end."""

    license_id: UUID
    type: LicenseType
    territory: str
    effective_on: date
    term_until: date | None


def conflict_checks(one: Standing, standing: Sequence[Standing]) -> list[Check]:
    """Check that a license does not give away what another one has promised (民法典862).

    An exclusive license leaves the field to its licensee alone, a sole one to him and the owners:
    where days and territories meet, nothing is granted beside either. An earlier ordinary license
    stays what it is, so that a later exclusive one is subject to it.
    """
    meeting = [
        str(other.license_id)
        for other in standing
        if other.type in {LicenseType.EXCLUSIVE, LicenseType.SOLE}
        and other.license_id != one.license_id
        and _meet(one.effective_on, one.term_until, other.effective_on, other.term_until)
        and _overlap(one.territory, other.territory)
    ]
    return [
        CO_OWNERS.check("LICENSE_CONFLICT", Kind.STATE, passed=not meeting, license_ids=meeting)
    ]


def _meet(first: date, first_until: date | None, other: date, other_until: date | None) -> bool:
    return (other_until is None or first <= other_until) and (
        first_until is None or other <= first_until
    )


def _overlap(territory: str, other: str) -> bool:
    """Tell whether two territories meet: equal, one in the other (CN-31 in CN), or the world."""
    one, two = territory.strip().upper(), other.strip().upper()
    worldwide = {"WORLD", "WORLDWIDE", "全球"}
    return (
        one == two or one in worldwide or two in worldwide
        or one.startswith(f"{two}-") or two.startswith(f"{one}-")
    )  # fmt: skip


def consent_giver_checks(
    state: State, org_id: UUID | None, owners: Collection[UUID], given: Collection[UUID]
) -> list[Check]:
    """Check that a co-owner consents, once, while consents are awaited."""
    return [
        CO_OWNERS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=org_id in owners),
        CO_OWNERS.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=state is State.CONSENT_PENDING,
            state=state.value,
        ),
        CO_OWNERS.check("ALREADY_SIGNED", Kind.STATE, passed=org_id not in given),
    ]


def record_due_on(policy: Policy, effective_on: date) -> date:
    """Give the last day for recording a license with CNIPA: three months after it takes effect."""
    return months_after(effective_on, int(policy.value("A084", "license_record_months")))


def overdue_check(due_on: date | None, recorded_on: date | None, today: date) -> Check:
    """Warn when a license should have been recorded by now (专利法实施细则15)."""
    late = due_on is not None and recorded_on is None and due_on < today
    return RECORDING.check(
        "LICENSE_RECORD_OVERDUE",
        Kind.STATE,
        passed=not late,
        severity=Severity.WARNING,
        due_on=due_on.isoformat() if due_on else None,
    )


def event_checks(state: State, event: Event, *, by_hand: bool = False) -> list[Check]:
    """Check that a license or contract may take a step.

    `by_hand` it is only reported: consents sign, and a number registers, by calls of their own.
    """
    may = (state, event) in MOVES and (not by_hand or event in REPORTED)
    return [CO_OWNERS.check("STATE_CONFLICT", Kind.STATE, passed=may, state=state.value)]


def report_checks(report: Report) -> list[Check]:
    """Check a technology contract as reported: amounts, days, registration (A089, A127).

    An unregistered one is taken with a warning: it counts for number and amount of commissioned
    research, and not for market turnover until it is registered.
    """
    return [
        TURNOVER.check(
            "AMOUNT_EXCEEDED",
            Kind.CONTENT,
            passed=report.tech_transaction_amount_fen <= report.contract_amount_fen,
            pointer="/tech_transaction_amount",
            contract_amount_fen=report.contract_amount_fen,
        ),
        *counterparty_checks(report.counterparty_name, report.counterparty_uscc),
        *registration_checks(
            report.signed_on,
            report.registration_no,
            report.registered_on,
            report.registration_scheme,
        ),
        TURNOVER.check(
            "CONTRACT_NOT_REGISTERED",
            Kind.STATE,
            passed=report.registration_no is not None,
            severity=Severity.WARNING,
        ),
    ]


def day_checks(signed_on: date, registered_on: date | None, today: date) -> list[Check]:
    """Check that what is reported has happened: nothing is signed or registered ahead of time."""
    return [
        TURNOVER.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=day is None or day <= today,
            pointer=pointer,
            today=today.isoformat(),
        )
        for day, pointer in ((signed_on, "/signed_on"), (registered_on, "/registered_on"))
    ]


def counterparty_checks(name: str | None, code: str | None) -> list[Check]:
    """Check that the other side is named, and its USCC is good where it is given."""
    named = COMMISSIONED.check(
        "FIELD_MISSING",
        Kind.CONTENT,
        passed=bool(name or code),
        pointer="/counterparty",
        field="counterparty",
    )
    if code is None:
        return [named]
    return [named, *uscc.uscc_checks(code, pointer="/counterparty/uscc")]


def registration_checks(
    signed_on: date,
    number: str | None,
    registered_on: date | None,
    scheme: ContractNumberScheme | None,
) -> list[Check]:
    """Check a registration: its number's form, and that it follows the signature."""
    checks = [
        TURNOVER.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=registered_on is None or number is not None,
            pointer="/registration_no",
            field="registration_no",
        ),
        TURNOVER.check(
            "DAYS_OUT_OF_ORDER",
            Kind.CONTENT,
            passed=registered_on is None or signed_on <= registered_on,
            pointer="/registered_on",
        ),
    ]
    if number is None:
        return checks
    form = scheme or ContractNumberScheme.OPEN
    return [*checks, *contract_number_checks(number, form, pointer="/registration_no")]


def party_checks(
    *, has_legal_entity: bool, party_org_id: UUID | None, organizations: Collection[UUID]
) -> list[Check]:
    """Check who signs: the centre's legal entity, or a member named for a consortium (A053)."""
    return [
        CONSORTIUM.check(
            "CONSORTIUM_NOT_REGISTERED",
            Kind.STATE,
            passed=has_legal_entity or party_org_id is not None,
        ),
        CONSORTIUM.check(
            "PARTY_UNKNOWN",
            Kind.CONTENT,
            passed=party_org_id is None or party_org_id in organizations,
            pointer="/party_org_id",
            org_ids=[str(party_org_id)],
        ),
    ]


def review_of(policy: Policy, contract_amount_fen: int) -> Review:
    """Tell how a contract is registered: from 5,000,000.00 on by expert review (B8)."""
    large = contract_amount_fen >= int(policy.value("A127", "large_contract_fen"))
    return Review.EXPERT if large else Review.ORDINARY


def review_due_on(policy: Policy, calendar: WorkingDays, review: Review, reported_on: date) -> date:
    """Give the last day for the registry's answer, in working days after the report."""
    name = {
        Review.ORDINARY: "ordinary_review_working_days",
        Review.EXPERT: "expert_review_working_days",
    }[review]
    return calendar.add(reported_on, int(policy.value("A127", name)))
