"""Every machine of the registry, walked whole: no dead end, no stray state, no stray step.

The stages of centres have rules of their own, and a walk of their own.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest

import registry
from registry.applications.rules import states as applications
from registry.governance.rules import holds, plans, records, rectifying
from registry.memberships import rules as memberships
from registry.notices import rules as notices
from registry.organizations.rules import QualificationState, standing
from registry.outlook import rules as outlook
from registry.products import rules as products
from registry.programme import policy_rules
from registry.programme import rules as calls
from registry.publicity import rules as publicity
from registry.resources import rules as resources
from registry.support import payment_rules as payments
from registry.support import rules as support
from registry.takeovers import rules as takeovers
from shared.rules import Check

Judge = Callable[[Any, Any], Sequence[Check]]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Machine:
    """A machine: its table, what judges a step, and the states that lead nowhere else.

    It begins in its first state.
    """

    moves: Mapping[tuple[Any, Any], Any]
    judge: Judge
    ends: frozenset[Any]
    also_begins: frozenset[Any] = frozenset()

    @property
    def states(self) -> list[Any]:
        return _members(next(iter(self.moves))[0])

    @property
    def events(self) -> list[Any]:
        return _members(next(iter(self.moves))[1])

    def reached(self, start: Any) -> set[Any]:
        seen, waiting = {start}, [start]
        while waiting:
            state = waiting.pop()
            following = {to for (at, _), to in self.moves.items() if at is state} - seen
            seen |= following
            waiting += following
        return seen


def _members(one: StrEnum) -> list[Any]:
    return list(type(one))


def booked(state: Any, event: Any) -> Sequence[Check]:
    if event is resources.BookingEvent.CANCEL:
        later = datetime(2026, 1, 2, tzinfo=UTC)
        return resources.cancellation_checks(state, may=True, starts_at=later, now=NOW)
    return resources.usage_checks(state, owns=True, starts_at=NOW, now=NOW)


def ends(*states: Any) -> frozenset[Any]:
    return frozenset(states)


A, M, P = applications.State, memberships.State, products.ProductState
Q, PI, W = QualificationState, publicity.ItemState, publicity.AwardState
MACHINES = {
    "applications": Machine(
        applications.MOVES,
        lambda state, event: [applications.move_check(state, event)],
        ends(A.LISTED, A.REJECTED, A.WITHDRAWN, A.EXPIRED),
    ),
    "memberships": Machine(
        memberships.MOVES,
        lambda state, event: [memberships.move_check(state, event)],
        ends(M.LEFT, M.EXPELLED, M.DECLINED, M.WITHDRAWN),
    ),
    "plans": Machine(plans.PLAN_MOVES, plans.plan_move_checks, ends(plans.PlanState.FILED)),
    "directions": Machine(
        records.DIRECTION_MOVES,
        records.direction_move_checks,
        ends(records.DirectionState.REJECTED, records.DirectionState.CLOSED),
    ),
    "holds": Machine(holds.HOLD_MOVES, holds.hold_move_checks, ends(holds.HoldState.LIFTED)),
    "rectifications": Machine(
        rectifying.RECTIFICATION_MOVES,
        rectifying.rectification_move_checks,
        ends(rectifying.RectificationState.CLOSED, rectifying.RectificationState.WITHDRAWN),
    ),
    "objections": Machine(
        notices.DECIDED,
        lambda state, event: notices.decision_checks(state, event, (), UUID(int=1)),
        ends(notices.ObjectionState.UPHELD, notices.ObjectionState.DISMISSED),
    ),
    "qualifications": Machine(
        standing.MOVES, standing.move_checks, ends(Q.REFUSED, Q.REVOKED, Q.SUPERSEDED)
    ),
    "products": Machine(
        products.MOVES, products.move_checks, ends(P.REJECTED, P.WITHDRAWN, P.REMOVED)
    ),
    "policies": Machine(
        policy_rules.MOVES,
        policy_rules.move_checks,
        ends(
            calls.PolicyState.IN_FORCE,
            calls.PolicyState.WITHDRAWN,
            calls.PolicyState.TEXT_MISSING,
        ),
        # The successor whose text nobody has published is entered as such (A017).
        also_begins=frozenset({calls.PolicyState.TEXT_MISSING}),
    ),
    "calls": Machine(calls.MOVES, calls.move_checks, ends(calls.CallState.CLOSED)),
    "publicity": Machine(
        publicity.ITEM_MOVES, publicity.item_move_checks, ends(PI.REJECTED, PI.WITHDRAWN)
    ),
    "awards": Machine(
        publicity.AWARD_MOVES, publicity.award_move_checks, ends(W.REJECTED, W.PUBLISHED)
    ),
    "demands": Machine(
        outlook.MOVES,
        outlook.move_checks,
        ends(outlook.DemandState.SETTLED, outlook.DemandState.WITHDRAWN),
    ),
    "take-overs": Machine(
        takeovers.MOVES,
        lambda state, event: takeovers.decision_checks(state, event, UUID(int=1), UUID(int=2)),
        ends(takeovers.TakeOverState.COMMITTED, takeovers.TakeOverState.DROPPED),
    ),
    "bookings": Machine(
        resources.MOVES, booked, ends(resources.BookingState.USED, resources.BookingState.CANCELLED)
    ),
    "support plans": Machine(
        support.PLAN_MOVES,
        support.plan_move_checks,
        ends(support.PlanState.ENDED, support.PlanState.WITHDRAWN),
    ),
    "payments": Machine(
        payments.PAYMENT_MOVES,
        payments.payment_move_checks,
        ends(payments.PaymentState.REJECTED, payments.PaymentState.RECALLED),
    ),
    "measures": Machine(
        support.MEASURE_MOVES,
        support.measure_move_checks,
        ends(support.MeasureState.REJECTED, support.MeasureState.ENDED),
    ),
}
STEPS = [
    pytest.param(machine, state, event, id=f"{name}: {event} from {state}")
    for name, machine in MACHINES.items()
    for state in machine.states
    for event in machine.events
]


def is_machine(value: Any) -> bool:
    """Tell whether a value is a table of steps: from a state, by an event, to such a state."""
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(
            isinstance(key, tuple)
            and len(key) == 2
            and all(isinstance(part, StrEnum) for part in key)
            and type(to) is type(key[0])
            for key, to in value.items()
        )
    )


def test_every_machine_of_the_registry_is_walked_here() -> None:
    found: dict[int, str] = {}
    for module in pkgutil.walk_packages(registry.__path__, "registry."):
        if ".rules" not in module.name and not module.name.endswith("_rules"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if is_machine(value):
                found.setdefault(id(value), f"{module.name}.{name}")
    walked = {id(machine.moves) for machine in MACHINES.values()}
    assert sorted(place for key, place in found.items() if key not in walked) == []
    assert len(found) == len(MACHINES)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_state_is_reached_and_leads_to_an_end(machine: Machine) -> None:
    assert machine.reached(machine.states[0]) | machine.also_begins == set(machine.states)
    for state in machine.states:
        onward = machine.reached(state) - {state}
        assert (onward == set()) == (state in machine.ends), state
        assert machine.reached(state) & machine.ends, state


@pytest.mark.parametrize(("machine", "state", "event"), STEPS)
def test_a_step_is_taken_or_refused_with_its_code_and_what_may_happen_instead(
    machine: Machine, state: Any, event: Any
) -> None:
    failed = [check for check in machine.judge(state, event) if not check.passed]
    if (state, event) in machine.moves:
        assert failed == []
        return
    [check] = failed
    allowed = sorted(step.value for at, step in machine.moves if at is state)
    assert check.code == "STATE_CONFLICT"
    assert (check.params["state"], check.params["event"]) == (state.value, event.value)
    assert check.params["allowed"] == allowed
