"""Invitation, confirmation and exit, for every state; no database."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from registry.memberships.rules import (
    MOVES,
    OPEN,
    CommitmentKind,
    Event,
    MembershipRole,
    State,
    commitment_change_checks,
    commitment_checks,
    confirmation_checks,
    end_with_center,
    expulsion_checks,
    honesty_check,
    invitation_checks,
    notice_checks,
    room_checks,
    stepping_back_checks,
    withdrawal_checks,
)
from shared.rules import failed_codes
from tests.registry.governance.test_governance_rules import POLICY

LEAD, INVITEE = UUID(int=1), UUID(int=2)
TODAY = date(2026, 1, 12)


@pytest.mark.requirement("A049")
def test_the_invited_organization_confirms() -> None:
    assert failed_codes(confirmation_checks(State.INVITED, INVITEE, INVITEE)) == []


@pytest.mark.requirement("A049")
@pytest.mark.refusing
def test_the_lead_cannot_confirm_for_the_invitee() -> None:
    for acting in (LEAD, None):
        checks = confirmation_checks(State.INVITED, INVITEE, acting)
        assert failed_codes(checks) == ["FORBIDDEN_SCOPE"]


@pytest.mark.requirement("A049")
@pytest.mark.refusing
@pytest.mark.parametrize("state", [state for state in State if state is not State.INVITED])
@pytest.mark.parametrize("event", [Event.CONFIRM, Event.DECLINE])
def test_an_answer_is_given_once(state: State, event: Event) -> None:
    checks = confirmation_checks(state, INVITEE, INVITEE, event)
    assert failed_codes(checks) == ["STATE_CONFLICT"]


@pytest.mark.parametrize("state", list(State))
def test_an_ended_membership_never_moves_again(state: State) -> None:
    moves = [event for source, event in MOVES if source is state]
    assert bool(moves) == (state in OPEN)


@pytest.mark.requirement("A049")
@pytest.mark.refusing
def test_only_the_inviter_takes_an_open_invitation_back() -> None:
    role = MembershipRole.MEMBER
    assert failed_codes(withdrawal_checks(State.INVITED, role, LEAD, LEAD)) == []
    assert failed_codes(withdrawal_checks(State.INVITED, role, LEAD, INVITEE)) == [
        "FORBIDDEN_SCOPE"
    ]
    assert failed_codes(withdrawal_checks(State.CONFIRMED, role, LEAD, LEAD)) == ["STATE_CONFLICT"]


@pytest.mark.requirement("X17")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("until", "barred"),
    [(None, False), (date(2026, 1, 11), False), (TODAY, True), (date(2027, 1, 1), True)],
)
def test_who_is_under_a_record_of_dishonesty_is_not_invited(
    until: date | None, *, barred: bool
) -> None:
    role = MembershipRole.MEMBER
    checks = invitation_checks(POLICY, INVITEE, until, TODAY, role=role, already_open=False)
    assert failed_codes(checks) == (["DISHONEST_ORG"] if barred else [])


@pytest.mark.requirement("X17")
@pytest.mark.parametrize(
    ("bars", "role", "codes"),
    [
        ((True, False), MembershipRole.SPONSOR, ["DISHONEST_ORG"]),
        ((True, False), MembershipRole.MEMBER, []),
        ((False, True), MembershipRole.SPONSOR, []),
        ((False, True), MembershipRole.MEMBER, ["DISHONEST_ORG"]),
        ((False, True), MembershipRole.ALLIANCE, ["DISHONEST_ORG"]),
    ],
)
def test_whom_a_record_bars_is_the_policys(
    bars: tuple[bool, bool], role: MembershipRole, codes: list[str]
) -> None:
    figures = dict(zip(("bars_sponsors", "bars_members"), bars, strict=True))
    policy = replace(POLICY, parameters={**POLICY.parameters, "X17": figures})
    checks = invitation_checks(policy, INVITEE, TODAY, TODAY, role=role, already_open=False)
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A049")
@pytest.mark.refusing
def test_nobody_is_invited_twice_or_as_a_second_lead() -> None:
    for role, already_open in ((MembershipRole.MEMBER, True), (MembershipRole.LEAD, False)):
        checks = invitation_checks(
            POLICY, INVITEE, None, TODAY, role=role, already_open=already_open
        )
        assert failed_codes(checks) == ["STATE_CONFLICT"]


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("last_day", "codes"),
    [
        (TODAY, ["NOTICE_TOO_SHORT"]),
        (TODAY + timedelta(days=29), ["NOTICE_TOO_SHORT"]),
        (TODAY + timedelta(days=30), []),
        (date(2026, 6, 30), []),
    ],
)
def test_a_member_leaves_after_its_term_of_notice(last_day: date, codes: list[str]) -> None:
    checks = notice_checks(
        POLICY, State.ACTIVE, MembershipRole.MEMBER, org_id=INVITEE, acting_id=INVITEE,
        last_day=last_day, today=TODAY,
    )  # fmt: skip
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A049", "A078")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("state", "role", "days", "resolved", "codes"),
    [
        (State.ACTIVE, MembershipRole.MEMBER, 30, True, []),
        (State.LEAVING, MembershipRole.SPONSOR, 30, True, []),
        (State.ACTIVE, MembershipRole.MEMBER, 29, True, ["NOTICE_TOO_SHORT"]),
        (State.ACTIVE, MembershipRole.MEMBER, 30, False, ["RESOLUTION_MISSING"]),
        (State.ACTIVE, MembershipRole.LEAD, 30, True, ["STATE_CONFLICT"]),
        (State.INVITED, MembershipRole.MEMBER, 30, True, ["STATE_CONFLICT"]),
        (State.EXPELLED, MembershipRole.MEMBER, 30, True, ["STATE_CONFLICT"]),
    ],
)
def test_a_member_is_expelled_by_a_resolution_and_after_its_term(
    state: State, role: MembershipRole, days: int, codes: list[str], *, resolved: bool
) -> None:
    last_day = TODAY + timedelta(days=days)
    checks = expulsion_checks(
        POLICY, state, role, resolved=resolved, last_day=last_day, today=TODAY
    )
    assert failed_codes(checks) == codes


@pytest.mark.requirement("A049")
def test_who_has_confirmed_steps_back_before_the_listing() -> None:
    for role in set(MembershipRole) - {MembershipRole.LEAD}:
        assert failed_codes(stepping_back_checks(State.CONFIRMED, role, INVITEE, INVITEE)) == []


@pytest.mark.requirement("A049")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("state", "role", "acting", "codes"),
    [
        *(
            (state, MembershipRole.MEMBER, INVITEE, ["STATE_CONFLICT"])
            for state in State
            if state is not State.CONFIRMED
        ),
        (State.CONFIRMED, MembershipRole.LEAD, INVITEE, ["STATE_CONFLICT"]),
        (State.CONFIRMED, MembershipRole.MEMBER, LEAD, ["FORBIDDEN_SCOPE"]),
        (State.CONFIRMED, MembershipRole.MEMBER, None, ["FORBIDDEN_SCOPE"]),
    ],
)
def test_nobody_else_steps_back_and_nobody_later(
    state: State, role: MembershipRole, acting: UUID | None, codes: list[str]
) -> None:
    assert failed_codes(stepping_back_checks(state, role, INVITEE, acting)) == codes


DAY = timedelta(days=1)


@pytest.mark.requirement("A049")
@pytest.mark.parametrize(
    ("state", "left_on", "expelled", "end"),
    [
        (State.INVITED, None, False, (Event.RELEASE, None)),
        (State.CONFIRMED, None, False, (Event.RELEASE, None)),
        (State.ACTIVE, None, False, (Event.END_WITH_CENTER, TODAY)),
        (State.LEAVING, TODAY - DAY, False, (Event.LEAVE, TODAY - DAY)),
        (State.LEAVING, TODAY, False, (Event.LEAVE, TODAY)),
        (State.LEAVING, TODAY + DAY, False, (Event.END_WITH_CENTER, TODAY)),
        (State.LEAVING, TODAY - DAY, True, (Event.EXPEL, TODAY - DAY)),
        (State.LEAVING, TODAY, True, (Event.EXPEL, TODAY)),
        (State.LEAVING, TODAY + DAY, True, (Event.END_WITH_CENTER, TODAY)),
    ],
)
def test_with_its_centre_every_open_membership_ends_on_its_own_day_or_the_centres(
    state: State, left_on: date | None, end: tuple[Event, date | None], *, expelled: bool
) -> None:
    assert end_with_center(state, left_on, TODAY, expelled=expelled) == end
    assert MOVES[state, end[0]] not in OPEN


def committing(kind: CommitmentKind = CommitmentKind.RESOURCE, **over: Any) -> list[str]:
    values: dict[str, Any] = {
        "state": State.CONFIRMED, "org_id": INVITEE, "acting_id": INVITEE, "held": 0,
        "amount_fen": None, "people": None, "starts_on": TODAY, "ends_on": None, **over,
    }  # fmt: skip
    return failed_codes(commitment_checks(kind, **values))


@pytest.mark.requirement("A050")
@pytest.mark.parametrize(
    ("kind", "figures", "codes"),
    [
        (CommitmentKind.MONEY, {"amount_fen": 0}, []),
        (CommitmentKind.MONEY, {}, ["FIELD_INVALID"]),
        (CommitmentKind.MONEY, {"amount_fen": 1, "people": 1}, ["FIELD_INVALID"]),
        (CommitmentKind.PEOPLE, {"people": 2}, []),
        (CommitmentKind.PEOPLE, {"amount_fen": 1}, ["FIELD_INVALID"]),
        (CommitmentKind.PEOPLE, {"amount_fen": 1, "people": 1}, ["FIELD_INVALID"]),
        (CommitmentKind.RESOURCE, {}, []),
        (CommitmentKind.RESOURCE, {"amount_fen": 1}, ["FIELD_INVALID"]),
        (CommitmentKind.RESOURCE, {"people": 1}, ["FIELD_INVALID"]),
    ],
)
def test_a_commitment_has_the_figure_of_its_kind_and_no_other(
    kind: CommitmentKind, figures: dict[str, int], codes: list[str]
) -> None:
    assert committing(kind, **figures) == codes


@pytest.mark.requirement("A050")
@pytest.mark.parametrize(
    ("over", "codes"),
    [
        ({"acting_id": LEAD}, ["FORBIDDEN_SCOPE"]),
        ({"ends_on": TODAY}, []),
        ({"ends_on": TODAY - timedelta(days=1)}, ["DAYS_REVERSED"]),
        ({"held": 99}, []),
        ({"held": 100}, ["STATE_CONFLICT"]),
        ({"state": State.LEFT}, ["STATE_CONFLICT"]),
    ],
)
def test_a_member_commits_for_itself_and_a_hundred_times_at_most(
    over: dict[str, Any], codes: list[str]
) -> None:
    assert committing(**over) == codes


@pytest.mark.requirement("A050")
@pytest.mark.parametrize("state", list(State))
def test_a_promise_binds_once_its_member_is_active(state: State) -> None:
    free = state in {State.INVITED, State.CONFIRMED}
    for acting, withdrawn, codes in (
        (INVITEE, False, [] if free else ["STATE_CONFLICT"]),
        (INVITEE, True, ["STATE_CONFLICT"]),
        (LEAD, False, ["FORBIDDEN_SCOPE"] + ["STATE_CONFLICT"] * (not free)),
    ):
        checks = commitment_change_checks(
            org_id=INVITEE, acting_id=acting, withdrawn=withdrawn, state=state
        )
        assert failed_codes(checks) == codes


@pytest.mark.requirement("X17")
@pytest.mark.parametrize(("sponsors", "members"), [(True, False), (False, True)])
def test_whether_a_record_bars_sponsors_or_members_is_the_policys(
    *, sponsors: bool, members: bool
) -> None:
    barring = {"bars_sponsors": sponsors, "bars_members": members}
    policy = replace(POLICY, parameters={**POLICY.parameters, "X17": barring})
    assert honesty_check(policy, INVITEE, TODAY, TODAY).passed is not members
    assert honesty_check(policy, INVITEE, TODAY, TODAY, as_sponsor=True).passed is not sponsors


@pytest.mark.requirement("A049")
@pytest.mark.refusing
@pytest.mark.parametrize(
    ("open_now", "invited", "to_listed", "told"),
    [
        (499, 999, False, []),
        (500, 999, False, ["STATE_CONFLICT"]),
        (499, 1_000, False, ["STATE_CONFLICT"]),
        (499, 1_000, True, []),
        (500, 500, True, ["STATE_CONFLICT"]),
    ],
)
def test_a_centre_holds_so_many_and_an_application_invites_so_many(
    open_now: int, invited: int, told: list[str], *, to_listed: bool
) -> None:
    assert failed_codes(room_checks(open_now, invited, to_listed=to_listed)) == told
