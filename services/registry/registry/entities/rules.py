"""A legal person carries a centre because it said so itself, not because an applicant named it.

Facts come in, checks come out. Submission, attachment and readiness call the same function.
"""

from typing import Final
from uuid import UUID

from registry.centers.rules import ENDED, ApplicantForm, Stage
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

CONSENT: Final = Rule("A160", "六")  # A legal person applies for itself.
GIVE: Final = TaskKind(
    "entity.consent",
    "答复是否同意成为创新中心的独立法人",
    "Answer whether to be a centre's legal person",
    CONSENT,
    "POST",
    "/v1/registry/centers/{id}/entity-consents",
)


def is_asked(
    org_id: UUID | None, entity_id: UUID | None, form: ApplicantForm, stage: Stage
) -> bool:
    """Tell whether a centre waits for the word of an organization.

    It waits for the one that it names; a consortium that names none yet waits for any (A053).
    """
    if org_id is None or stage in ENDED:
        return False
    if entity_id is None:
        return form is ApplicantForm.CONSORTIUM
    return entity_id == org_id


def giving_checks(*, asked: bool, already_given: bool) -> list[Check]:
    """Check that the acting organization is asked, and has not said so before."""
    return [
        CONSENT.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=asked),
        CONSENT.check("STATE_CONFLICT", Kind.STATE, passed=not already_given, state="given"),
    ]


def consent_checks(
    entity_id: UUID | None, lead_id: UUID, *, given: bool, pointer: str = "/legal_entity_id"
) -> list[Check]:
    """Check that a centre's legal person has agreed; a lead sponsor agrees by applying."""
    agreed = entity_id is None or entity_id == lead_id or given
    return [CONSENT.check("ENTITY_CONSENT_MISSING", Kind.STATE, passed=agreed, pointer=pointer)]


def withdrawal_checks(
    giver_id: UUID, acting_id: UUID | None, *, stands: bool, relied_on: bool
) -> list[Check]:
    """Check that a consent is one's own and that nothing has been built on it yet.

    From the first submission on, and once it is attached, a legal person leaves by the doors of
    the case: withdrawal of the application, change of the entity, dissolution.
    """
    state = "relied_on" if relied_on else "withdrawn"
    return [
        CONSENT.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=giver_id == acting_id),
        CONSENT.check("STATE_CONFLICT", Kind.STATE, passed=stands and not relied_on, state=state),
    ]
