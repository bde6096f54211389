"""How an organization joins a centre and leaves it: by an invitation that it confirms itself.

Facts come in, checks come out. The readiness view and the action call the same function.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Policy, Rule
from shared.tasks import TaskKind

VOLUNTARY: Final = Rule("A049", "三(一)")  # Nobody enrols another organization in silence.
CONFIRM: Final = TaskKind(
    "membership.confirm",
    "确认成员邀请",
    "Answer an invitation",
    VOLUNTARY,
    "POST",
    "/v1/registry/memberships/{id}/confirm",
)
# How many a centre holds at a time, invitations included, and how many an application invites in
# all: far beyond any centre (A003), so that nobody floods others with invitations.
MOST_OPEN: Final = 500
MOST_INVITED: Final = 1_000
# Whom the centre puts out is put out by its deciding body, not by its operator.
EXPULSION: Final = Rule("A078", "三(三)1-①")


class MembershipRole(StrEnum):
    """What an organization is in a centre; `alliance` is the wider network, without equity."""

    LEAD = "lead"
    SPONSOR = "sponsor"
    MEMBER = "member"
    ALLIANCE = "alliance"


# Who founds the centre; the others join it.
SPONSORS: Final = frozenset({MembershipRole.LEAD, MembershipRole.SPONSOR})


class State(StrEnum):
    """Where a membership stands; an ended one keeps its row, its shares and its licenses."""

    INVITED = "invited"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    LEAVING = "leaving"
    LEFT = "left"
    EXPELLED = "expelled"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What may happen to a membership."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    RELEASE = "release"
    STEP_BACK = "step_back"
    ACTIVATE = "activate"
    GIVE_NOTICE = "give_notice"
    ORDER_EXPULSION = "order_expulsion"
    LEAVE = "leave"
    EXPEL = "expel"
    END_WITH_CENTER = "end_with_center"


# The whole machine: a pair that is absent is refused, so that a new state starts closed.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.INVITED, Event.CONFIRM): State.CONFIRMED,
    (State.INVITED, Event.DECLINE): State.DECLINED,
    (State.INVITED, Event.WITHDRAW): State.WITHDRAWN,
    # A candidate centre whose application ends lets everyone go.
    (State.INVITED, Event.RELEASE): State.WITHDRAWN,
    (State.CONFIRMED, Event.RELEASE): State.WITHDRAWN,
    # Who has confirmed is bound from the listing on: until then it goes as freely as it came.
    (State.CONFIRMED, Event.STEP_BACK): State.WITHDRAWN,
    (State.CONFIRMED, Event.ACTIVATE): State.ACTIVE,
    (State.ACTIVE, Event.GIVE_NOTICE): State.LEAVING,
    # Who is expelled has its term too; who leaves anyway may have to go sooner.
    (State.ACTIVE, Event.ORDER_EXPULSION): State.LEAVING,
    (State.LEAVING, Event.ORDER_EXPULSION): State.LEAVING,
    (State.LEAVING, Event.LEAVE): State.LEFT,
    (State.LEAVING, Event.EXPEL): State.EXPELLED,
    # Nobody is a member of a centre that has ended.
    (State.ACTIVE, Event.END_WITH_CENTER): State.LEFT,
    (State.LEAVING, Event.END_WITH_CENTER): State.LEFT,
}
OPEN: Final = (State.INVITED, State.CONFIRMED, State.ACTIVE, State.LEAVING)
JOINED: Final = (State.CONFIRMED, State.ACTIVE, State.LEAVING)


def move_check(state: State, event: Event) -> Check:
    """Check that the machine has such a move."""
    return VOLUNTARY.move(MOVES, state, event)


def confirmation_checks(
    state: State, invited_id: UUID, acting_id: UUID | None, event: Event = Event.CONFIRM
) -> list[Check]:
    """Check that the acting organization may confirm or decline; tell every failure."""
    return [
        VOLUNTARY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == invited_id),
        move_check(state, event),
    ]


def withdrawal_checks(
    state: State, role: MembershipRole, inviter_id: UUID, acting_id: UUID | None
) -> list[Check]:
    """Check that the inviter may take an invitation back; the lead's own place is no invitation."""
    return [
        VOLUNTARY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == inviter_id),
        move_check(state, Event.WITHDRAW),
        VOLUNTARY.check(
            "STATE_CONFLICT", Kind.STATE, passed=role is not MembershipRole.LEAD, role=role.value
        ),
    ]


def honesty_check(
    policy: Policy,
    org_id: UUID,
    dishonest_until: date | None,
    day: date,
    pointer: str | None = None,
    *,
    as_sponsor: bool = False,
) -> Check:
    """Check that no record of serious dishonesty bars; its last day still counts (X17).

    Whether it bars sponsors, among them a centre's legal person, and members is the policy's.
    """
    bars = policy.value("X17", "bars_sponsors" if as_sponsor else "bars_members")
    in_force = dishonest_until is not None and dishonest_until >= day
    return policy.rule("X17").check(
        "DISHONEST_ORG",
        Kind.CONTENT,
        passed=not (bars and in_force),
        pointer=pointer,
        org_id=str(org_id),
        until=None if dishonest_until is None else dishonest_until.isoformat(),
    )


def invitation_checks(
    policy: Policy,
    org_id: UUID,
    dishonest_until: date | None,
    day: date,
    *,
    role: MembershipRole,
    already_open: bool,
) -> list[Check]:
    """Check that an organization may be invited: honest, not in already, not as a second lead."""
    return [
        honesty_check(policy, org_id, dishonest_until, day, "/org_id", as_sponsor=role in SPONSORS),
        VOLUNTARY.check("STATE_CONFLICT", Kind.STATE, passed=not already_open, org_id=str(org_id)),
        VOLUNTARY.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=role is not MembershipRole.LEAD,
            pointer="/role",
            role=role.value,
        ),
    ]


def room_checks(open_now: int, invited: int, *, to_listed: bool) -> list[Check]:
    """Check that a centre has room for one more; before its listing every invitation counts."""
    full = open_now >= MOST_OPEN or (not to_listed and invited >= MOST_INVITED)
    return [
        VOLUNTARY.check(
            "STATE_CONFLICT", Kind.STATE, passed=not full, open=open_now, invited=invited
        )
    ]


def notice_checks(
    policy: Policy,
    state: State,
    role: MembershipRole,
    *,
    org_id: UUID,
    acting_id: UUID | None,
    last_day: date,
    today: date,
) -> list[Check]:
    """Check that a member may give notice, and that its last day keeps the term of notice."""
    return [
        VOLUNTARY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == org_id),
        *_term_checks(policy, last_day, today),
        move_check(state, Event.GIVE_NOTICE),
        _not_lead_check(role),
    ]


def stepping_back_checks(
    state: State, role: MembershipRole, org_id: UUID, acting_id: UUID | None
) -> list[Check]:
    """Check that an organization that has confirmed goes before the listing, by its own word.

    There is no term of notice, since no membership has begun. The lead sponsor, who applies, takes
    its application back instead.
    """
    return [
        VOLUNTARY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == org_id),
        move_check(state, Event.STEP_BACK),
        _not_lead_check(role),
    ]


def end_with_center(
    state: State, left_on: date | None, last_on: date, *, expelled: bool
) -> tuple[Event, date | None]:
    """Give how an open membership ends when its centre has ended, and its last day if it had one.

    `last_on` is the day on which the centre ended, included. Who had not begun is let go; whose own
    last day comes first, or on that very day, ends by what was said of it.
    """
    if (state, Event.RELEASE) in MOVES:
        return Event.RELEASE, None
    if state is State.LEAVING and left_on is not None and left_on <= last_on:
        return (Event.EXPEL if expelled else Event.LEAVE), left_on
    return Event.END_WITH_CENTER, last_on


def _not_lead_check(role: MembershipRole) -> Check:
    return VOLUNTARY.check(
        "STATE_CONFLICT", Kind.STATE, passed=role is not MembershipRole.LEAD, role=role.value
    )


def _term_checks(policy: Policy, last_day: date, today: date) -> list[Check]:
    earliest = today + timedelta(days=policy.value("A049", "notice_days"))
    return [
        policy.rule("A049").check(
            "NOTICE_TOO_SHORT",
            Kind.CONTENT,
            passed=last_day >= earliest,
            pointer="/left_on",
            earliest=earliest.isoformat(),
        )
    ]


def expulsion_checks(
    policy: Policy,
    state: State,
    role: MembershipRole,
    *,
    resolved: bool,
    last_day: date,
    today: date,
) -> list[Check]:
    """Check that a member may be expelled: the centre has so resolved, and its term is kept."""
    return [
        *_term_checks(policy, last_day, today),
        EXPULSION.check("RESOLUTION_MISSING", Kind.STATE, passed=resolved),
        move_check(state, Event.ORDER_EXPULSION),
        _not_lead_check(role),
    ]


COMMITTED: Final = Rule("A050", "三(一)")
MOST_COMMITMENTS: Final = 100


class CommitmentKind(StrEnum):
    """What a member brings in."""

    RESOURCE = "resource"
    PEOPLE = "people"
    MONEY = "money"


def commitment_checks(  # each figure belongs to one kind
    kind: CommitmentKind,
    *,
    state: State,
    org_id: UUID,
    acting_id: UUID | None,
    held: int,
    amount_fen: int | None,
    people: int | None,
    starts_on: date,
    ends_on: date | None,
) -> list[Check]:
    """Check that a member commits for itself, with the figure of the kind and no other (A050)."""
    fitting = {
        CommitmentKind.MONEY: amount_fen is not None and people is None,
        CommitmentKind.PEOPLE: people is not None and amount_fen is None,
        CommitmentKind.RESOURCE: amount_fen is None and people is None,
    }
    return [
        COMMITTED.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == org_id),
        COMMITTED.check(
            "FIELD_INVALID", Kind.CONTENT, passed=fitting[kind], pointer="/kind", field="kind"
        ),
        COMMITTED.ordered(starts_on, ends_on, "/ends_on"),
        COMMITTED.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=state in OPEN and held < MOST_COMMITMENTS,
            state=state.value,
        ),
    ]


def commitment_change_checks(
    *, org_id: UUID, acting_id: UUID | None, withdrawn: bool, state: State
) -> list[Check]:
    """Check that a member takes back its own commitment, once, before it has been let in (A050).

    What a member has promised when it became active binds it: it ends on its last day only.
    """
    return [
        COMMITTED.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=acting_id == org_id),
        COMMITTED.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=not withdrawn and state in (State.INVITED, State.CONFIRMED),
            state=state.value,
        ),
    ]
