"""A public notice is open for some working days; objections come under a name.

The clauses are practice (X09): five working days unless the policy says otherwise, counted from the
day after the notice appears; the last day counts until 23:59:59 in Shanghai.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.calendar import WorkingDays
from shared.rules import NOT_FOUND, Check, Kind, Policy, Rule
from shared.tasks import TaskKind

NOTICE: Final = Rule("X09", "practice")
DUTIES: Final = Rule("X03", "delivery")
MOST_INQUIRIES: Final = 20
# As what somebody acts who decides an objection; the case's approver is somebody else.
DECIDER: Final = "objection_decider"
DECIDE: Final = TaskKind(
    "objection.decide",
    "处理公示异议",
    "Decide an objection to a notice",
    NOTICE,
    "POST",
    "/v1/registry/objections/{id}/decision",
)
REPLY: Final = TaskKind(
    "objection.reply",
    "答复异议询问",
    "Answer what an objection raises",
    NOTICE,
    "POST",
    "/v1/registry/objection-inquiries/{id}/reply",
)
# Words that stand in for a name, in either language, and those that begin with one.
NAMELESS: Final = frozenset(
    {
        "无名", "无名氏", "佚名", "群众", "市民", "热心市民", "知情人", "知情者", "某人", "某某",
        "某某某", "路人", "路人甲", "不详", "保密", "anon", "na", "none", "nobody", "someone",
        "unknown",
    }
)  # fmt: skip
ANONYMOUS: Final = ("匿名", "不愿透露", "不便透露", "anonymous")
# Where somebody could be reached, these words say nothing.
UNREACHABLE: Final = frozenset(
    {
        "无", "没有", "暂无", "不详", "保密", "不便", "不便提供", "同上", "no", "none",
        "na", "nil", "null", "unknown", "anonymous",
    }
)  # fmt: skip


class NoticeSubject(StrEnum):
    """What a notice is about."""

    APPLICATION = "application"
    PRODUCT = "product"


class State(StrEnum):
    """A notice is open until its subject is decided or the notice is taken back."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ObjectionState(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


class ObjectionDecision(StrEnum):
    """How an objection may be decided."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


DECIDED: Final[Mapping[tuple[ObjectionState, ObjectionDecision], ObjectionState]] = {
    (ObjectionState.OPEN, ObjectionDecision.UPHELD): ObjectionState.UPHELD,
    (ObjectionState.OPEN, ObjectionDecision.DISMISSED): ObjectionState.DISMISSED,
}


def closing_day(policy: Policy, calendar: WorkingDays, opens_on: date) -> date:
    """Give the last day of a notice, included (X09, X10)."""
    return calendar.add(opens_on, policy.value("X09", "notice_working_days"))


def period_checks(closes_on: date, today: date) -> list[Check]:
    """Check that a notice is over: its last day is still part of it."""
    return [
        NOTICE.check(
            "NOTICE_OPEN",
            Kind.STATE,
            passed=today > closes_on,
            closes_on=closes_on.isoformat(),
            today=today.isoformat(),
        )
    ]


def objection_checks(states: Sequence[ObjectionState]) -> list[Check]:
    """Check that no objection waits, and that none was upheld."""
    waiting = sum(state is ObjectionState.OPEN for state in states)
    upheld = sum(state is ObjectionState.UPHELD for state in states)
    return [
        NOTICE.check("OBJECTION_PENDING", Kind.STATE, passed=waiting == 0, waiting=waiting),
        NOTICE.check("STATE_CONFLICT", Kind.STATE, passed=upheld == 0, upheld=upheld),
    ]


CONTACT_ASKED: Final = "objection.contact_asked"
READABLE_FOR: Final = timedelta(minutes=15)


def reading_checks(asked_at: datetime | None, now: datetime) -> list[Check]:
    """Check that who reads a contact has asked for it, and not too long ago: the end is outside."""
    passed = asked_at is not None and now < asked_at + READABLE_FOR
    return [NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=passed)]


def masked(contact: str) -> str:
    """Show of a contact what lists may show: the last four characters, or a domain (X12)."""
    name, at, domain = contact.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"****{contact[-4:]}" if len(contact) > 4 else "****"


def is_name(text: str) -> bool:
    """Tell whether a text names somebody: it holds a letter, and no word for nobody."""
    name = _letters_of(text)
    lettered = any(letter.isalpha() for letter in name)
    return lettered and name not in NAMELESS and not name.startswith(ANONYMOUS)


def is_contact(text: str) -> bool:
    """Tell whether somebody may be reached at what was written: it says something, and not no."""
    told = _letters_of(text)
    return bool(told) and told not in UNREACHABLE


def _letters_of(text: str) -> str:
    told = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in told if letter.isalnum())


def filing_checks(
    named_party: str, contact: str, *, state: State, closes_on: date, today: date
) -> list[Check]:
    """Check an objection: under a name that can be reached, while the notice is open."""
    named, reachable = is_name(named_party), is_contact(contact)
    return [
        NOTICE.check("OBJECTION_ANONYMOUS", Kind.CONTENT, passed=named, pointer="/named_party"),
        NOTICE.check("OBJECTION_ANONYMOUS", Kind.CONTENT, passed=reachable, pointer="/contact"),
        NOTICE.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=state is State.OPEN and today <= closes_on,
            closes_on=closes_on.isoformat(),
        ),
    ]


def decision_checks(
    state: ObjectionState,
    decision: ObjectionDecision,
    handled_by: Collection[UUID],
    acting_id: UUID,
) -> list[Check]:
    """Check that an objection may still be decided, and by nobody who handled the case (X03)."""
    return [
        DUTIES.check(
            "SOD_VIOLATION",
            Kind.SCOPE,
            passed=acting_id not in handled_by,
            acting_as=DECIDER,
        ),
        NOTICE.move(DECIDED, state, decision),
    ]


def inquiry_checks(state: ObjectionState, asked: int) -> list[Check]:
    """Check that the one concerned may still be asked: before the decision, and not endlessly."""
    open_for_it = state is ObjectionState.OPEN and asked < MOST_INQUIRIES
    return [
        NOTICE.check(
            "STATE_CONFLICT", Kind.STATE, passed=open_for_it, state=state.value, asked=asked
        )
    ]


def reply_checks(state: ObjectionState, *, answered: bool) -> list[Check]:
    """Check that a question is answered once, before its objection is decided."""
    return [
        NOTICE.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=state is ObjectionState.OPEN and not answered,
            state=state.value,
        )
    ]


def reply_due_on(policy: Policy, calendar: WorkingDays, asked_on: date) -> date:
    """Give the last working day for a reply, included (X10)."""
    return calendar.add(asked_on, policy.value("X09", "reply_working_days"))
