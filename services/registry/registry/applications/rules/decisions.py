"""Who may decide what in a case, and what must stand when it is decided (A118, A122, X03)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from registry.applications.rules.composition import Party, composition_checks, honesty_checks
from registry.applications.rules.entity import ExceptionState, age_limit
from registry.applications.rules.states import (
    BEYOND_MENDING,
    OPEN,
    Event,
    State,
    Told,
    move_check,
)
from registry.centers.rules import AgreementFacts, ApplicantForm, ModelType, agreement_checks
from registry.notices.rules import ObjectionState, objection_checks, period_checks
from shared.calendar import day_of, deadline
from shared.rules import Check, Kind, Policy, Rule, Severity

DUTIES_APART: Final = Rule("X03", "delivery")
REVIEWED: Final = Rule("A118", "四(三)2")
CONFIRMED: Final = Rule("A122", "四(三)2")
MILESTONE: Final = Rule("A053", "三(二)")


class CaseCapacity(StrEnum):
    """As what a person has acted in a case."""

    SUBMITTER = "submitter"
    HANDLER = "handler"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    SCORER = "scorer"
    VISITOR = "visitor"
    OBJECTION_DECIDER = "objection_decider"


# Who may not act as what, having acted as what in the same case before (X03, A122).
EXCLUDES: Final[Mapping[CaseCapacity, frozenset[CaseCapacity]]] = {
    # A person may have a client of an organization and another of the authority.
    CaseCapacity.SUBMITTER: frozenset(CaseCapacity) - {CaseCapacity.SUBMITTER},
    CaseCapacity.HANDLER: frozenset(
        {
            CaseCapacity.SUBMITTER,
            CaseCapacity.REVIEWER,
            CaseCapacity.APPROVER,
            CaseCapacity.SCORER,
            # An objection is decided by somebody else than the handler, whichever came first.
            CaseCapacity.OBJECTION_DECIDER,
        }
    ),
    CaseCapacity.REVIEWER: frozenset(
        {
            CaseCapacity.SUBMITTER,
            CaseCapacity.HANDLER,
            CaseCapacity.SCORER,
            CaseCapacity.VISITOR,
        }
    ),
    CaseCapacity.APPROVER: frozenset(CaseCapacity) - {CaseCapacity.APPROVER},
}
# Who prepared or judged a case before its notice decides no objection to it; its reviewer may.
NO_DECIDERS: Final = frozenset(
    {
        CaseCapacity.SUBMITTER,
        CaseCapacity.HANDLER,
        CaseCapacity.SCORER,
        CaseCapacity.VISITOR,
    }
)


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands when a case is decided: told by others at that moment, or kept here.

    `told_hash_moved` says that evaluation's answer is no longer the one that was decided upon.
    """

    state: State
    told: Told
    agreement: AgreementFacts
    form: ApplicantForm
    entity_due_on: date | None = None
    holds: int = 0
    told_hash_moved: bool = False
    closes_on: date | None = None
    objections: Sequence[ObjectionState] = field(default_factory=tuple)
    parties: Sequence[Party] = ()
    entity: Party | None = None
    # Without a model nothing is asked of who is in the centre.
    model: ModelType | None = None


def duty_checks(
    acting_id: UUID,
    acting_org_id: UUID | None,
    capacity: CaseCapacity,
    people: Collection[tuple[UUID, str]],
    case_org_ids: Collection[UUID],
) -> list[Check]:
    """Check that a person did nothing in the case that excludes what he is about to do (X03).

    `people` are (person, capacity) pairs of every service; capacities that exclude nothing may be
    among them. Nobody decides a case of an organization that he acts for.
    """
    excluded = {name.value for name in EXCLUDES[capacity]}
    before = sorted(held for person, held in people if person == acting_id and held in excluded)
    own = acting_org_id is not None and acting_org_id in case_org_ids
    return [
        DUTIES_APART.check(
            "SOD_VIOLATION",
            Kind.SCOPE,
            passed=not before and not own,
            acting_as=capacity.value,
            held=before,
        )
    ]


def acceptance_checks(
    policy: Policy,
    state: State,
    exception: ExceptionState | None,
    *,
    needs_exception: bool,
    submitted_on: date,
) -> list[Check]:
    """Check that a submission may be accepted: an exception it needs has been granted (A051)."""
    rule = policy.rule("A051")
    waiting = needs_exception and exception is ExceptionState.PENDING
    granted = not needs_exception or exception in {
        ExceptionState.PENDING,
        ExceptionState.GRANTED,
    }
    return [
        rule.check("ENTITY_EXCEPTION_PENDING", Kind.STATE, passed=not waiting),
        rule.check(
            "ENTITY_AGE_EXCEEDED",
            Kind.CONTENT,
            passed=granted,
            limit=age_limit(policy, submitted_on).isoformat(),
            exception=None if exception is None else exception.value,
        ),
        move_check(state, Event.ACCEPT),
    ]


def return_checks(
    policy: Policy, state: State, returns: int, overrides: int, items: int
) -> list[Check]:
    """Check that a submission may be returned: with its points, and not too often (A117).

    `overrides` are the further rounds that a reviewer granted with a reason.
    """
    rule = policy.rule("A117")
    rounds = policy.value("A117", "max_rounds") + overrides
    return [
        rule.check(
            "MATERIAL_MISSING",
            Kind.CONTENT,
            passed=items > 0,
            pointer="/items",
            missing=[] if items else ["items"],
        ),
        rule.check(
            "ROUNDS_EXHAUSTED", Kind.STATE, passed=returns < rounds, returns=returns, max=rounds
        ),
        move_check(state, Event.RETURN),
    ]


def returned_until(policy: Policy, returned_at: datetime) -> datetime:
    """Give the last instant at which a returned application may come back (A117)."""
    days = policy.value("A117", "returned_expires_days")
    return deadline(day_of(returned_at) + timedelta(days=days))


def panel_checks(told: Told, state: State) -> list[Check]:
    """Check that an accepted case has its panel (A118)."""
    return [
        REVIEWED.check("PANEL_INCOMPLETE", Kind.STATE, passed=told.has_panel),
        move_check(state, Event.FORM_PANEL),
    ]


def review_checks(told: Told, state: State) -> list[Check]:
    """Check that the experts' review is there and reaches the pass line (A118, A121)."""
    return [*_review_checks(told), move_check(state, Event.FINISH_REVIEW)]


def visit_checks(policy: Policy, told: Told, state: State) -> list[Check]:
    """Check that the site visit's report is signed (A118, A121)."""
    return [_visit_check(policy, told), move_check(state, Event.SIGN_VISIT)]


def _visit_check(policy: Policy, told: Told) -> Check:
    needed = policy.value("A121", "visit_signatures")
    return policy.rule("A118").check(
        "SITE_VISIT_MISSING",
        Kind.STATE,
        passed=told.signatures >= needed,
        signatures=told.signatures,
        needed=needed,
    )


def _review_checks(told: Told) -> list[Check]:
    there = told.mean is not None and told.pass_line is not None
    checks = [REVIEWED.check("REVIEW_MISSING", Kind.STATE, passed=there)]
    if there:
        checks.append(
            REVIEWED.check(
                "REVIEW_BELOW_PASS",
                Kind.STATE,
                passed=told.passed,
                mean=str(told.mean),
                pass_line=str(told.pass_line),
            )
        )
    return checks


def _evaluated_checks(policy: Policy, gate: Gate) -> list[Check]:
    return [_visit_check(policy, gate.told), *_review_checks(gate.told)]


def _hold_checks(gate: Gate) -> list[Check]:
    return [
        REVIEWED.check("CASE_ON_HOLD", Kind.STATE, passed=gate.holds == 0, holds=gate.holds),
    ]


def _moved_checks(gate: Gate) -> list[Check]:
    return [REVIEWED.check("STALE_INPUT", Kind.STATE, passed=not gate.told_hash_moved)]


def _milestone_checks(gate: Gate) -> list[Check]:
    dated = gate.form is not ApplicantForm.CONSORTIUM or gate.entity_due_on is not None
    return [
        MILESTONE.check(
            "CONSORTIUM_NOT_REGISTERED",
            Kind.STATE,
            passed=dated,
            pointer="/entity_due_on",
            missing=[] if dated else ["entity_due_on"],
        )
    ]


def members_checks(
    policy: Policy, state: State, model: ModelType, parties: Sequence[Party]
) -> list[Check]:
    """Check that those who are in the centre now make up its model, warnings apart (A049).

    A member may have stepped back since the submission. Of a case that has ended everyone is free:
    its state says all that there is to say.
    """
    if state not in OPEN:
        return []
    checks = composition_checks(policy, model, parties)
    return [check for check in checks if check.severity is Severity.ERROR]


def _still_made_up(policy: Policy, gate: Gate) -> list[Check]:
    if gate.model is None:
        return []
    return members_checks(policy, gate.state, gate.model, gate.parties)


def is_broken(policy: Policy, state: State, model: ModelType, parties: Sequence[Party]) -> bool:
    """Tell whether a case fell apart after its acceptance: it is rejected, or withdrawn (C2)."""
    checks = members_checks(policy, state, model, parties) if state in BEYOND_MENDING else []
    return any(check.refuses for check in checks)


def recommendation_checks(policy: Policy, gate: Gate) -> list[Check]:
    """Check that a case is ripe for its recommendation (A084, A118, A053)."""
    return [
        *agreement_checks(gate.agreement),
        *_evaluated_checks(policy, gate),
        *_still_made_up(policy, gate),
        *_hold_checks(gate),
        *_milestone_checks(gate),
        move_check(gate.state, Event.RECOMMEND),
    ]


def notice_checks(policy: Policy, gate: Gate, *, recommended: bool) -> list[Check]:
    """Check that a notice may open: recommended, with nothing moved since."""
    return [
        CONFIRMED.check("STATE_CONFLICT", Kind.STATE, passed=recommended),
        *_still_made_up(policy, gate),
        *_hold_checks(gate),
        *_moved_checks(gate),
        move_check(gate.state, Event.OPEN_NOTICE),
    ]


def approval_checks(policy: Policy, gate: Gate, today: date) -> list[Check]:
    """Check that a case may be approved: everything that was promised still stands (A118, A122)."""
    noticed = gate.closes_on is not None
    period = period_checks(gate.closes_on, today) if gate.closes_on else []
    return [
        *_evaluated_checks(policy, gate),
        # A record may have come in since the submission: nobody barred is listed (X17).
        *honesty_checks(policy, gate.parties, gate.entity, today),
        *_still_made_up(policy, gate),
        CONFIRMED.check("NOTICE_MISSING", Kind.STATE, passed=noticed),
        *period,
        *objection_checks(gate.objections),
        *agreement_checks(gate.agreement),
        *_hold_checks(gate),
        *_moved_checks(gate),
        move_check(gate.state, Event.APPROVE),
    ]


def rejection_checks(state: State) -> list[Check]:
    """Check that a case is still open to be refused; what was refused may be applied for anew."""
    return [CONFIRMED.check("STATE_CONFLICT", Kind.STATE, passed=state in OPEN, state=state.value)]


def lifting_checks(*, is_open: bool) -> list[Check]:
    """Check that a hold is still there to be lifted."""
    return [REVIEWED.check("STATE_CONFLICT", Kind.STATE, passed=is_open)]
