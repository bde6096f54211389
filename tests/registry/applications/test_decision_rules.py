"""The machine, and who decides what when; no database, no clock."""

from collections import deque
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from registry.applications.rules import (
    ENDED,
    MOVES,
    OPEN,
    CaseCapacity,
    Event,
    ExceptionState,
    Gate,
    NextStep,
    State,
    Told,
    Waiting,
    acceptance_checks,
    approval_checks,
    duty_checks,
    editing_checks,
    is_broken,
    members_checks,
    move_check,
    next_step,
    recommendation_checks,
    return_checks,
    returned_until,
    step_due_on,
    steps_due,
)
from registry.centers.rules import AgreementFacts, ApplicantForm, ModelType
from registry.notices.rules import ObjectionState
from shared.calendar import WorkingDays
from shared.rules import failed_codes
from tests.registry.applications.dossiers import (
    POLICY,
)

# The machine.


def test_every_state_leads_to_an_end_and_ends_lead_nowhere() -> None:
    for state in State:
        reached, waiting = {state}, deque([state])
        while waiting:
            here = waiting.popleft()
            after = {to for (source, _), to in MOVES.items() if source is here} - reached
            reached |= after
            waiting.extend(after)
        assert reached & set(ENDED), state
        if state in ENDED:
            assert reached == {state}


@pytest.mark.requirement("A117")
@pytest.mark.parametrize("state", list(State))
def test_a_dossier_is_edited_only_as_a_draft_or_returned(state: State) -> None:
    allowed = state in {State.DRAFT, State.RETURNED}
    assert failed_codes(editing_checks(state)) == ([] if allowed else ["STATE_CONFLICT"])


@pytest.mark.parametrize("state", list(State))
def test_whoever_must_act_next_is_named_until_the_end(state: State) -> None:
    step = next_step(state, Waiting())
    assert (step is None) == (state in {*ENDED, State.APPROVED})
    refused = next_step(state, Waiting(refused=True))
    open_to_refusal = state in OPEN and state is not State.RETURNED
    assert refused == (NextStep("reject", "approver") if open_to_refusal else step)


@pytest.mark.requirement("A122", "X10")
@pytest.mark.parametrize(
    ("state", "waiting", "step", "who", "due_on"),
    [
        (State.SUBMITTED, Waiting(), "formal_check", "handler", 19),
        (State.SUBMITTED, Waiting(exception_pending=True), "exception", "reviewer", 19),
        (State.COMMISSION_REVIEW, Waiting(), "recommendation", "reviewer", 26),
        (State.PUBLIC_NOTICE, Waiting(), "approve", "approver", 19),
        (State.PUBLIC_NOTICE, Waiting(objection_pending=True), "objection", "reviewer", 26),
        (State.PUBLIC_NOTICE, Waiting(refused=True), "reject", "approver", 26),
        (State.DRAFT, Waiting(), "submit", "member", None),
    ],
)
def test_each_step_has_who_takes_it_and_its_last_working_day(
    state: State, waiting: Waiting, step: str, who: str, due_on: int | None
) -> None:
    found = next_step(state, waiting)
    assert found == NextStep(step, who)
    last = None if due_on is None else date(2026, 1, due_on)
    assert step_due_on(POLICY, WorkingDays(), found, date(2026, 1, 12)) == last


@pytest.mark.requirement("X11")
def test_a_notice_is_due_on_the_day_of_the_law() -> None:
    found = next_step(State.COMMISSION_REVIEW, Waiting(recommended=True))
    assert found == NextStep("notice", "handler")
    assert step_due_on(POLICY, WorkingDays(), found, date(2026, 1, 12)) == date(2026, 2, 9)


@pytest.mark.requirement("A118", "A121")
def test_steps_follow_each_other_in_whatever_order_they_are_told() -> None:
    signed = Told(has_panel=True, mean=Decimal("82.00"), pass_line=Decimal(60), signatures=2)
    all_three = [Event.FORM_PANEL, Event.FINISH_REVIEW, Event.SIGN_VISIT]
    assert steps_due(POLICY, State.ACCEPTED, signed) == all_three
    assert steps_due(POLICY, State.SITE_VISIT, signed) == [Event.SIGN_VISIT]
    assert steps_due(POLICY, State.SUBMITTED, signed) == []
    assert steps_due(POLICY, State.ACCEPTED, replace(signed, signatures=1)) == all_three[:2]
    below = replace(signed, mean=Decimal("59.99"))
    assert steps_due(POLICY, State.ACCEPTED, below) == [Event.FORM_PANEL]
    at_line = replace(signed, mean=Decimal("60.00"))
    assert steps_due(POLICY, State.ACCEPTED, at_line) == all_three
    assert steps_due(POLICY, State.ACCEPTED, Told()) == []


# Decisions.

AGREED = AgreementFacts(in_force=True)
READY = Gate(
    state=State.PUBLIC_NOTICE,
    told=Told(has_panel=True, mean=Decimal("82.00"), pass_line=Decimal(60), signatures=2),
    agreement=AGREED,
    form=ApplicantForm.LEGAL_ENTITY,
    closes_on=date(2026, 3, 9),
)


@pytest.mark.requirement("A049", "A122")
@pytest.mark.refusing
@pytest.mark.parametrize("state", list(State))
def test_who_is_in_the_centre_is_asked_of_open_cases_and_ends_accepted_ones(state: State) -> None:
    asked = failed_codes(members_checks(POLICY, state, ModelType.ENTERPRISE, ()))
    assert set(asked) == ({"MODEL_COMPOSITION"} if state in OPEN else set())
    # What is submitted can still be returned, and what is returned be mended.
    beyond = state in OPEN and state not in {State.SUBMITTED, State.RETURNED}
    assert is_broken(POLICY, state, ModelType.ENTERPRISE, ()) is beyond


@pytest.mark.requirement("A122", "X09")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("over", "today", "codes"),
    [
        ({}, date(2026, 3, 10), []),
        ({}, date(2026, 3, 9), ["NOTICE_OPEN"]),
        ({"objections": (ObjectionState.OPEN,)}, date(2026, 3, 10), ["OBJECTION_PENDING"]),
        ({"objections": (ObjectionState.UPHELD,)}, date(2026, 3, 10), ["STATE_CONFLICT"]),
        ({"objections": (ObjectionState.DISMISSED,)}, date(2026, 3, 10), []),
        ({"closes_on": None}, date(2026, 3, 10), ["NOTICE_MISSING"]),
        ({"holds": 1}, date(2026, 3, 10), ["CASE_ON_HOLD"]),
        ({"told_hash_moved": True}, date(2026, 3, 10), ["STALE_INPUT"]),
        (
            {"agreement": AgreementFacts(in_force=False)},
            date(2026, 3, 10),
            ["IP_AGREEMENT_MISSING"],
        ),
        ({"state": State.COMMISSION_REVIEW}, date(2026, 3, 10), ["STATE_CONFLICT"]),
    ],
)
def test_an_approval_needs_everything_that_was_promised(
    over: dict[str, object], today: date, codes: list[str]
) -> None:
    gate = replace(READY, **over)  # type: ignore[arg-type]  # names of fields by the table
    assert failed_codes(approval_checks(POLICY, gate, today)) == codes


@pytest.mark.requirement("A118", "A084")
@pytest.mark.refusing
def test_a_recommendation_names_the_agreement_first_then_the_visit() -> None:
    nothing = replace(
        READY, state=State.ACCEPTED, told=Told(), agreement=AgreementFacts(in_force=False)
    )
    codes = failed_codes(recommendation_checks(POLICY, nothing))
    assert codes == [
        "IP_AGREEMENT_MISSING", "SITE_VISIT_MISSING", "REVIEW_MISSING", "STATE_CONFLICT"
    ]  # fmt: skip
    one = replace(READY, told=replace(READY.told, signatures=1))
    assert failed_codes(recommendation_checks(POLICY, one)) == ["SITE_VISIT_MISSING"]
    assert failed_codes(recommendation_checks(POLICY, READY)) == []


@pytest.mark.requirement("A053")
@pytest.mark.refusing
def test_a_consortium_is_recommended_with_its_milestone_dated() -> None:
    consortium = replace(READY, form=ApplicantForm.CONSORTIUM)
    codes = failed_codes(recommendation_checks(POLICY, consortium))
    assert codes == ["CONSORTIUM_NOT_REGISTERED"]
    dated = replace(consortium, entity_due_on=date(2027, 6, 30))
    assert failed_codes(recommendation_checks(POLICY, dated)) == []


PERSON, OTHER = UUID(int=100), UUID(int=101)
BARRED = {
    CaseCapacity.SUBMITTER: {
        "handler", "reviewer", "approver", "scorer", "visitor", "objection_decider",
    },
    CaseCapacity.HANDLER: {"submitter", "reviewer", "approver", "scorer", "objection_decider"},
    CaseCapacity.REVIEWER: {"submitter", "handler", "scorer", "visitor"},
    CaseCapacity.APPROVER: {
        "submitter", "handler", "reviewer", "scorer", "visitor", "objection_decider",
    },
}  # fmt: skip


@pytest.mark.requirement("X03", "A122")
@pytest.mark.refusing
@pytest.mark.parametrize("acting_as", list(BARRED))
@pytest.mark.parametrize("held", list(CaseCapacity))
def test_duties_in_one_case_are_held_by_different_persons(
    acting_as: CaseCapacity, held: CaseCapacity
) -> None:
    people = [(PERSON, held.value)]
    barred = held.value in BARRED[acting_as]
    expected = ["SOD_VIOLATION"] if barred else []
    assert failed_codes(duty_checks(PERSON, None, acting_as, people, [])) == expected
    assert failed_codes(duty_checks(OTHER, None, acting_as, people, [])) == []


@pytest.mark.requirement("X03")
@pytest.mark.refusing
def test_nobody_decides_a_case_of_his_own_organization() -> None:
    org = UUID(int=7)
    checks = duty_checks(PERSON, org, CaseCapacity.REVIEWER, [], [org])
    assert failed_codes(checks) == ["SOD_VIOLATION"]


@pytest.mark.requirement("A117")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("returns", "overrides", "codes"),
    [
        (0, 0, []),
        (1, 0, []),
        (2, 0, ["ROUNDS_EXHAUSTED"]),
        (2, 1, []),
        (3, 1, ["ROUNDS_EXHAUSTED"]),
    ],
)
def test_a_case_is_returned_twice_unless_a_reviewer_says_more(
    returns: int, overrides: int, codes: list[str]
) -> None:
    assert failed_codes(return_checks(POLICY, State.SUBMITTED, returns, overrides, 1)) == codes


@pytest.mark.requirement("A117")
def test_thirty_days_to_come_back_end_at_night_in_shanghai() -> None:
    returned_at = datetime(2026, 1, 12, 2, tzinfo=UTC)
    assert returned_until(POLICY, returned_at) == datetime(2026, 2, 11, 15, 59, 59, tzinfo=UTC)
    late = datetime(2026, 1, 12, 16, 30, tzinfo=UTC)  # The 13th in Shanghai.
    assert returned_until(POLICY, late) == datetime(2026, 2, 12, 15, 59, 59, tzinfo=UTC)


@pytest.mark.requirement("A051")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("needs", "exception", "codes"),
    [
        (False, None, []),
        (True, ExceptionState.PENDING, ["ENTITY_EXCEPTION_PENDING"]),
        (True, ExceptionState.GRANTED, []),
        (True, ExceptionState.DENIED, ["ENTITY_AGE_EXCEEDED"]),
        (True, ExceptionState.WITHDRAWN, ["ENTITY_AGE_EXCEEDED"]),
        (True, None, ["ENTITY_AGE_EXCEEDED"]),
    ],
)
def test_a_case_is_accepted_when_its_exception_is_granted(
    exception: ExceptionState | None, codes: list[str], *, needs: bool
) -> None:
    checks = acceptance_checks(
        POLICY,
        State.SUBMITTED,
        exception,
        needs_exception=needs,
        submitted_on=date(2026, 5, 20),
    )
    assert [check.params["limit"] for check in checks if "limit" in check.params] == ["2023-05-20"]
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A158")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("state", "event"),
    [(state, event) for state in State for event in Event if (state, event) not in MOVES],
)
def test_an_application_moves_by_its_own_machine_alone(state: State, event: Event) -> None:
    assert failed_codes([move_check(state, event)]) == ["STATE_CONFLICT"]


@pytest.mark.requirement("A158")
@pytest.mark.parametrize(("state", "event"), list(MOVES))
def test_no_other_application_holds_a_move_up(state: State, event: Event) -> None:
    assert failed_codes([move_check(state, event)]) == []
