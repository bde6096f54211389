"""The states of an application, and the steps that follow what evaluation has found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from shared.calendar import WorkingDays
from shared.rules import Check, Kind, Policy, Rule

# Each application moves on its own: no quota, no batch (A158).
ROLLING: Final = Rule("A158", "六")
SUBMITTED: Final = Rule("A117", "四(三)1")


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    EXPERT_REVIEW = "expert_review"
    SITE_VISIT = "site_visit"
    COMMISSION_REVIEW = "commission_review"
    PUBLIC_NOTICE = "public_notice"
    APPROVED = "approved"
    LISTED = "listed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Event(StrEnum):
    """What may happen to an application."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    RETURN = "return"
    FORM_PANEL = "form_panel"
    FINISH_REVIEW = "finish_review"
    REOPEN_REVIEW = "reopen_review"
    SIGN_VISIT = "sign_visit"
    RECOMMEND = "recommend"
    OPEN_NOTICE = "open_notice"
    APPROVE = "approve"
    LIST = "list"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


ENDED: Final = (State.LISTED, State.REJECTED, State.WITHDRAWN, State.EXPIRED)
EDITABLE: Final = (State.DRAFT, State.RETURNED)
# Those that officials may still refuse: from the first submission until the approval.
OPEN: Final = (
    State.SUBMITTED,
    State.RETURNED,
    State.ACCEPTED,
    State.EXPERT_REVIEW,
    State.SITE_VISIT,
    State.COMMISSION_REVIEW,
    State.PUBLIC_NOTICE,
)
# Those in which officials or experts look at what was submitted.
UNDER_REVIEW: Final = tuple(state for state in OPEN if state is not State.RETURNED)
# Those that no longer go back to the applicant (C2): nobody is invited to what experts judge.
BEYOND_MENDING: Final = tuple(state for state in UNDER_REVIEW if state is not State.SUBMITTED)

# The whole machine: a pair that is absent is refused, so that a new state starts closed.
MOVES: Final[Mapping[tuple[State, Event], State]] = {
    (State.DRAFT, Event.SUBMIT): State.SUBMITTED,
    (State.RETURNED, Event.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Event.ACCEPT): State.ACCEPTED,
    (State.SUBMITTED, Event.RETURN): State.RETURNED,
    (State.ACCEPTED, Event.FORM_PANEL): State.EXPERT_REVIEW,
    (State.EXPERT_REVIEW, Event.FINISH_REVIEW): State.SITE_VISIT,
    (State.SITE_VISIT, Event.SIGN_VISIT): State.COMMISSION_REVIEW,
    (State.SITE_VISIT, Event.REOPEN_REVIEW): State.EXPERT_REVIEW,
    (State.COMMISSION_REVIEW, Event.REOPEN_REVIEW): State.EXPERT_REVIEW,
    (State.COMMISSION_REVIEW, Event.RECOMMEND): State.COMMISSION_REVIEW,
    (State.COMMISSION_REVIEW, Event.OPEN_NOTICE): State.PUBLIC_NOTICE,
    # When what it rests on has changed, the reviewer looks again and renews it, or not.
    (State.PUBLIC_NOTICE, Event.RECOMMEND): State.PUBLIC_NOTICE,
    (State.PUBLIC_NOTICE, Event.APPROVE): State.APPROVED,
    (State.APPROVED, Event.LIST): State.LISTED,
    (State.DRAFT, Event.WITHDRAW): State.WITHDRAWN,
    (State.SUBMITTED, Event.WITHDRAW): State.WITHDRAWN,
    (State.RETURNED, Event.WITHDRAW): State.WITHDRAWN,
    (State.ACCEPTED, Event.WITHDRAW): State.WITHDRAWN,
    (State.RETURNED, Event.EXPIRE): State.EXPIRED,
    **{(state, Event.REJECT): State.REJECTED for state in OPEN},
}


@dataclass(frozen=True, slots=True)
class Told:
    """What evaluation has told of a case so far; a part that is not there yet is `None`.

    `mean` and `pass_line` are percent; `signatures` are those under the site-visit report.
    """

    has_panel: bool = False
    mean: Decimal | None = None
    pass_line: Decimal | None = None
    signatures: int = 0

    @classmethod
    def of(
        cls,
        panel: Mapping[str, Any] | None,
        review: Mapping[str, Any] | None,
        visit: Mapping[str, Any] | None,
    ) -> "Told":
        """Read what evaluation told: scores are decimal text, signatures a number.

        A review that lost too many sheets is told without a mean, and counts as none.
        """
        finished = review if review and review.get("mean") is not None else None
        return cls(
            has_panel=panel is not None,
            mean=Decimal(finished["mean"]) if finished else None,
            pass_line=Decimal(finished["pass_line"]) if finished else None,
            signatures=int(visit["signatures"]) if visit else 0,
        )

    @property
    def passed(self) -> bool:
        """Tell whether the sheets' mean reaches the pass line, which is part of passing."""
        return self.mean is not None and self.pass_line is not None and self.mean >= self.pass_line


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes next, and who does it."""

    step: str
    who: str


# What a state waits for. `commission_review` first waits for its recommendation.
NEXT: Final[Mapping[State, NextStep]] = {
    State.DRAFT: NextStep("submit", "member"),
    State.RETURNED: NextStep("submit", "member"),
    State.SUBMITTED: NextStep("formal_check", "handler"),
    State.ACCEPTED: NextStep("form_panel", "handler"),
    State.EXPERT_REVIEW: NextStep("expert_review", "expert"),
    State.SITE_VISIT: NextStep("site_visit", "expert"),
    State.COMMISSION_REVIEW: NextStep("recommendation", "reviewer"),
    State.PUBLIC_NOTICE: NextStep("approve", "approver"),
}
NOTICE_STEP: Final = NextStep("notice", "handler")
EXCEPTION_STEP: Final = NextStep("exception", "reviewer")
OBJECTION_STEP: Final = NextStep("objection", "reviewer")
# What was found against a case ends it, and only an approver does.
REJECT_STEP: Final = NextStep("reject", "approver")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What else a case waits for than its state says.

    `refused` is an exception that was denied, a review below the pass line, an objection upheld, or
    members that no longer make up the model when the case is beyond mending.
    """

    recommended: bool = False
    exception_pending: bool = False
    objection_pending: bool = False
    refused: bool = False


def next_step(state: State, waiting: Waiting) -> NextStep | None:
    """Give what a case waits for; nothing, once it has ended."""
    if waiting.refused and state in OPEN and state is not State.RETURNED:
        return REJECT_STEP
    instead = {
        State.SUBMITTED: EXCEPTION_STEP if waiting.exception_pending else None,
        State.COMMISSION_REVIEW: NOTICE_STEP if waiting.recommended else None,
        State.PUBLIC_NOTICE: OBJECTION_STEP if waiting.objection_pending else None,
    }
    return instead.get(state) or NEXT.get(state)


def step_due_on(policy: Policy, calendar: WorkingDays, step: NextStep, since: date) -> date | None:
    """Give the last working day for an official's step, included; the applicant's has none (X10).

    `since` is the day from which the step is waited for. A notice has the day of the law on
    publication (X11), any other step the one that the office promises (A122).
    """
    if step == NOTICE_STEP:
        return calendar.add(since, policy.value("X11", "publication_working_days"))
    days = policy.value("A122", "step_working_days").get(step.step)
    return None if days is None else calendar.add(since, days)


def move_check(state: State, event: Event) -> Check:
    """Check that the machine has such a move."""
    return ROLLING.move(MOVES, state, event)


def editing_checks(state: State) -> list[Check]:
    """Check that the dossier may still be changed: before submission, or when returned (A117)."""
    return [
        SUBMITTED.check("STATE_CONFLICT", Kind.STATE, passed=state in EDITABLE, state=state.value)
    ]


def steps_due(policy: Policy, state: State, told: Told) -> list[Event]:
    """Give the steps that follow by themselves from what evaluation told, in order (A118, A121).

    Several at once are possible: the answers of two services may arrive in any order.
    """
    needed = {
        Event.FORM_PANEL: told.has_panel,
        Event.FINISH_REVIEW: told.passed,
        Event.SIGN_VISIT: told.signatures >= policy.value("A121", "visit_signatures"),
    }
    steps: list[Event] = []
    for event, holds in needed.items():
        if (state, event) not in MOVES:
            continue
        if not holds:
            break
        steps.append(event)
        state = MOVES[state, event]
    return steps
