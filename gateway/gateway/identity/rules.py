"""Who may register a program, for whom, and with which capacities."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule

TOKENS: Final = Rule("X01", "delivery")
# Two overlap while a program changes its key; more tell of something else.
MOST_KEYS: Final = 3
ROLES: Final = Rule("X02", "delivery")
TENANT: Final = Rule("X04", "delivery")
TWO_PEOPLE: Final = Rule("X03", "delivery")


class ClientRole(StrEnum):
    """What kind of caller someone is; services are registered by the operator alone."""

    MEMBER = "member"
    EXPERT = "expert"
    OFFICIAL = "official"
    AGENCY = "agency"


class Duty(StrEnum):
    """What an official is charged with; `finance` is the one duty of an agency (A145)."""

    HANDLER = "handler"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    AUDITOR = "auditor"
    BOOKKEEPER = "bookkeeper"
    ADMIN = "admin"
    FINANCE = "finance"


SERVICE: Final = "service"
DUTIES: Final = frozenset(duty.value for duty in Duty)
OF_AGENCIES: Final = frozenset({Duty.FINANCE})


@dataclass(frozen=True, slots=True)
class Grant:
    """A capacity that a person holds for an organization, over days that are both included."""

    capacity: str
    granted_on: date
    granted_until: date | None = None


def capacities_on(grants: Iterable[Grant], day: date) -> frozenset[str]:
    """Give the capacities held on a day (X02)."""
    return frozenset(
        grant.capacity
        for grant in grants
        if grant.granted_on <= day and (grant.granted_until is None or day <= grant.granted_until)
    )


def split(capacities: Collection[str]) -> tuple[list[str], list[str]]:
    """Part capacities into roles and duties, each in order, as a token bears them."""
    duties = sorted(DUTIES.intersection(capacities))
    return sorted(set(capacities) - DUTIES), duties


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: a program of an organization with these capacities."""

    org_id: UUID | None
    roles: frozenset[ClientRole]
    duties: frozenset[Duty]
    has_expert: bool


def registration_checks(
    request: Request, *, by_admin: bool, own_org: UUID | None, leads: bool
) -> list[Check]:
    """Check that the caller may register this program (X02, X04).

    An admin may register any. A member's person may register members' programs of its own
    organization and of the legal entity of a centre that its organization leads (`leads`), once
    that legal entity has agreed by an account of its own.
    """
    own = request.org_id is not None and request.org_id == own_org
    plain = request.roles == {ClientRole.MEMBER} and not request.duties and not request.has_expert
    return [
        TENANT.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=by_admin or own or leads),
        ROLES.check(
            "FORBIDDEN_SCOPE", Kind.SCOPE, passed=by_admin or plain, pointer="/roles", role="member"
        ),
        *consistency_checks(request),
    ]


def consistency_checks(request: Request) -> list[Check]:
    """Check that the capacities fit together, whoever asks (X02)."""
    is_member = ClientRole.MEMBER in request.roles
    bearers = {
        ClientRole.AGENCY if duty in OF_AGENCIES else ClientRole.OFFICIAL for duty in request.duties
    }
    return [
        ROLES.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=bearers <= request.roles,
            pointer="/duties",
            field="duties",
        ),
        ROLES.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=not is_member or request.org_id is not None,
            pointer="/org_id",
            field="org_id",
        ),
        ROLES.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=ClientRole.EXPERT not in request.roles or request.has_expert,
            pointer="/expert_id",
            field="expert_id",
        ),
    ]


def expert_checks(holder: UUID | None, person_id: UUID | None) -> list[Check]:
    """Check that the expert is no other person (X02); `holder` is who has been that expert."""
    free = holder is None or holder == person_id
    return [
        ROLES.check(
            "FIELD_INVALID", Kind.CONTENT, passed=free, pointer="/expert_id", field="expert_id"
        )
    ]


def person_checks(held_orgs: Collection[UUID | None], manageable: Collection[UUID]) -> list[Check]:
    """Check that a member may name this person (X04): one it could have registered itself.

    Otherwise a member could make a program that speaks for an official; such a person does not
    exist for it.
    """
    known = bool(held_orgs) and set(held_orgs) <= set(manageable)
    return [TENANT.check("NOT_FOUND", Kind.HIDDEN, passed=known, pointer="/person/id")]


def active_checks(deactivated_at: datetime | None) -> list[Check]:
    """Check that a program was not ended: it stays so."""
    return [TOKENS.check("CLIENT_ENDED", Kind.STATE, passed=deactivated_at is None)]


def key_checks(living: int, *, on_curve: bool, taken: bool) -> list[Check]:
    """Check a public key that a program wants to prove itself by: a point of P-256 (X01)."""
    return [
        TOKENS.check("KEY_REFUSED", Kind.CONTENT, passed=on_curve, pointer="/x"),
        TOKENS.check("KEYS_TOO_MANY", Kind.STATE, passed=living < MOST_KEYS, most=MOST_KEYS),
        TOKENS.check("KEY_TAKEN", Kind.STATE, passed=not taken, pointer="/kid"),
    ]


def last_key_checks(living: int) -> list[Check]:
    """Check that a program keeps a key: its secret was given up with the first one."""
    return [TOKENS.check("LAST_KEY", Kind.STATE, passed=living > 1)]


def two_person_checks(
    asked: Collection[str], held: Collection[str], *, two_people: bool
) -> list[Check]:
    """Check that a program's registration gives no duty that its person does not hold already.

    Where two people are asked for, one admin alone makes nobody an official (X03).
    """
    fresh = {ClientRole.OFFICIAL.value, *DUTIES}.intersection(asked) - set(held)
    return [
        TWO_PEOPLE.check(
            "TWO_PEOPLE_NEEDED", Kind.STATE, passed=not two_people or not fresh, pointer="/duties"
        )
    ]
