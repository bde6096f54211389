"""The centre's own legal person: independent, local, newly registered or excepted (A051)."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.applications.rules.composition import Party
from registry.applications.rules.states import OPEN, State
from registry.centers.rules import ApplicantForm
from registry.memberships.rules import SPONSORS
from registry.organizations.rules import LegalPersonKind
from shared.calendar import years_before
from shared.rules import Check, Kind, Policy, Rule, Severity

LEGAL_PERSON: Final = Rule("A105", "四(二)1")
NEWLY_FOUNDED: Final = Rule("A051", "三(二)")


class ExceptionState(StrEnum):
    """Where a request for an exception stands."""

    PENDING = "pending"
    GRANTED = "granted"
    DENIED = "denied"
    # Nobody decides on it any more: another legal person took the place of the one it was for.
    WITHDRAWN = "withdrawn"


def age_limit(policy: Policy, submitted_on: date) -> date:
    """Give the earliest registration day that still counts as new; the day itself does (A051)."""
    return years_before(submitted_on, policy.value("A051", "max_age_years"))


def is_too_old(policy: Policy, registered_on: date | None, submitted_on: date) -> bool:
    """Tell whether a legal person was registered before the limit; an unknown day is too old."""
    return registered_on is None or registered_on < age_limit(policy, submitted_on)


def needs_exception(
    policy: Policy, form: ApplicantForm, entity: Party | None, submitted_on: date
) -> bool:
    """Tell whether a centre's legal person was too old on the day of submission (A051)."""
    if form is ApplicantForm.CONSORTIUM or entity is None:
        return False
    return is_too_old(policy, entity.registered_on, submitted_on)


def legal_person_check(party: Party, pointer: str) -> Check:
    """Check that an organization is an independent legal person, which a branch is not (A105)."""
    return LEGAL_PERSON.check(
        "LEGAL_PERSON_REQUIRED",
        Kind.CONTENT,
        passed=party.legal_person_kind is LegalPersonKind.INDEPENDENT,
        pointer=pointer,
        legal_person_kind=party.legal_person_kind.value,
    )


def sponsor_person_checks(parties: Sequence[Party], *, but: UUID) -> list[Check]:
    """Check that who founds the centre beside its lead is a legal person, too (A105)."""
    return [
        legal_person_check(party, "/members")
        for party in parties
        if party.role in SPONSORS and party.org_id != but
    ]


def entity_checks(
    policy: Policy,
    entity: Party | None,
    submitted_on: date,
    *,
    strict: bool,
    exception: ExceptionState | None,
) -> list[Check]:
    """Check the centre's legal person on the day of submission.

    An entity that is too old passes with an exception that waits (told as a warning) or was
    granted; a strict call knows no exception.
    """
    pointer = "/legal_entity_id"
    if entity is None:
        return [
            LEGAL_PERSON.check("LEGAL_PERSON_REQUIRED", Kind.CONTENT, passed=False, pointer=pointer)
        ]
    rule = policy.rule("A051")
    prefix = policy.value("A051", "region_prefix")
    local = entity.region_code.startswith(prefix)
    return [
        legal_person_check(entity, pointer),
        rule.check(
            "ENTITY_NOT_LOCAL",
            Kind.CONTENT,
            passed=local,
            pointer=pointer,
            region_code=entity.region_code,
        ),
        *_age_checks(policy, entity, submitted_on, strict=strict, exception=exception),
    ]


def _age_checks(
    policy: Policy,
    entity: Party,
    submitted_on: date,
    *,
    strict: bool,
    exception: ExceptionState | None,
) -> list[Check]:
    old = is_too_old(policy, entity.registered_on, submitted_on)
    excused = not strict and exception in {ExceptionState.PENDING, ExceptionState.GRANTED}
    waiting = old and not strict and exception is ExceptionState.PENDING
    rule = policy.rule("A051")
    registered = entity.registered_on.isoformat() if entity.registered_on else None
    return [
        rule.check(
            "ENTITY_AGE_EXCEEDED",
            Kind.CONTENT,
            passed=not old or excused,
            pointer="/legal_entity_id",
            limit=age_limit(policy, submitted_on).isoformat(),
            registered_on=registered,
            exception_allowed=not strict,
        ),
        rule.check(
            "ENTITY_EXCEPTION_PENDING",
            Kind.STATE,
            passed=not waiting,
            severity=Severity.WARNING,
        ),
    ]


def single_check(*, taken: bool, pointer: str = "/legal_entity_id") -> Check:
    """Check that no other centre, applied for or listed, stands on the same legal person (A105)."""
    return LEGAL_PERSON.check("ENTITY_TAKEN", Kind.STATE, passed=not taken, pointer=pointer)


def exception_request_checks(
    policy: Policy,
    rule: str,
    reason: str,
    file_id: UUID | None,
    *,
    strict: bool,
    has_entity: bool = True,
    waiting: bool = False,
) -> list[Check]:
    """Check a request for an exception: from A051 only, reasoned, evidenced, on a lenient call.

    It is asked for a legal person: a consortium has none yet, and waits for no exception.
    """
    row = policy.rule("A051")
    least = policy.value("A051", "exception_reason_min_chars")
    length = len(reason.strip())
    return [
        row.check(
            "FIELD_INVALID", Kind.CONTENT, passed=rule == "A051", pointer="/rule", field="rule"
        ),
        row.check(
            "REASON_TOO_SHORT",
            Kind.CONTENT,
            passed=length >= least,
            pointer="/reason",
            length=length,
            min=least,
        ),
        row.check(
            "MATERIAL_MISSING",
            Kind.CONTENT,
            passed=file_id is not None,
            pointer="/file_id",
            missing=["file_id"],
        ),
        row.check("EXCEPTION_NOT_ALLOWED", Kind.STATE, passed=has_entity and not strict),
        row.check("STATE_CONFLICT", Kind.STATE, passed=not waiting),
    ]


def exception_decision_checks(state: ExceptionState, case: State) -> list[Check]:
    """Check that an exception still waits for its decision, in a case that is still open."""
    return [
        NEWLY_FOUNDED.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=state is ExceptionState.PENDING,
            state=state.value,
        ),
        NEWLY_FOUNDED.check("STATE_CONFLICT", Kind.STATE, passed=case in OPEN, state=case.value),
    ]
