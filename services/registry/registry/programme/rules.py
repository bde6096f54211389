"""What a call may ask, when it takes applications, and which fields are open.

Facts come in, checks come out. Applications use the same functions when they are submitted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from shared.rules import Check, Kind, Policy, Rule, Severity

CALL: Final = Rule("A115", "四(三)1")
ROLLING: Final = Rule("A159", "六")
FIELD: Final = Rule("A047", "三(一)")


class CallState(StrEnum):
    """Where a call is in its life."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class CallEvent(StrEnum):
    """What happens to a call."""

    PUBLISH = "publish"
    CLOSE = "close"


class PolicyState(StrEnum):
    """Whether a version's rules are known, so that something can be judged by it."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"
    # A version that is known to exist and whose text nobody has; it judges nothing.
    TEXT_MISSING = "text_missing"


# The whole machine: a pair that is absent is refused.
MOVES: Final[Mapping[tuple[CallState, CallEvent], CallState]] = {
    (CallState.DRAFT, CallEvent.PUBLISH): CallState.PUBLISHED,
    (CallState.PUBLISHED, CallEvent.CLOSE): CallState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Window:
    """When a call takes applications: days included on both sides, None where it has no end.

    A soft window, or none, never blocks (A159): only a call that says so does.
    """

    open_from: date | None
    open_until: date | None
    soft: bool

    def contains(self, day: date) -> bool:
        """Tell whether a day lies in the window."""
        after_opening = self.open_from is None or day >= self.open_from
        before_closing = self.open_until is None or day <= self.open_until
        return after_opening and before_closing


def move_checks(state: CallState, event: CallEvent) -> list[Check]:
    """Check that a call may take a step from where it is (A115)."""
    return [CALL.move(MOVES, state, event)]


def window_checks(window: Window, on: date) -> list[Check]:
    """Check that an application may be submitted that day (A159).

    Outside a soft window it is a warning; outside a hard one it refuses.
    """
    severity = Severity.WARNING if window.soft else Severity.ERROR
    return [
        ROLLING.check(
            "CALL_WINDOW_CLOSED",
            Kind.STATE,
            passed=window.contains(on),
            severity=severity,
            open_from=_text(window.open_from),
            open_until=_text(window.open_until),
        )
    ]


def window_order_checks(window: Window) -> list[Check]:
    """Check that a window does not end before it begins (A115)."""
    ordered = window.open_from is None or window.contains(window.open_from)
    return [CALL.check("DAYS_REVERSED", Kind.CONTENT, passed=ordered, pointer="/open_until")]


def field_checks(
    named: Iterable[str], active: Collection[str], *, pointer: str = "/field_codes"
) -> list[Check]:
    """Check that at least one field is named, each once, and each of them active (A047)."""
    fields = list(named)
    inactive = [field for field in fields if field not in active]
    return [
        FIELD.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=len(set(fields)) == len(fields),
            pointer=pointer,
            field="field_codes",
        ),
        FIELD.check(
            "FIELD_INACTIVE",
            Kind.CONTENT,
            passed=bool(fields) and not inactive,
            pointer=pointer,
            fields=inactive,
        ),
    ]


def call_field_checks(named: Collection[str], of_call: Collection[str]) -> list[Check]:
    """Check that an application names a field of its call, where the call names any (A115)."""
    fits = not of_call or any(field in of_call for field in named)
    return [
        CALL.check(
            "CALL_FIELD_MISMATCH",
            Kind.CONTENT,
            passed=fits,
            pointer="/field_codes",
            call_fields=sorted(of_call),
        )
    ]


def material_checks(kinds: Sequence[str], known: Collection[str]) -> list[Check]:
    """Check that a call asks only for material kinds that the code table knows, each once."""
    unknown = sorted(set(kinds) - set(known))
    repeated = sorted({kind for kind in kinds if kinds.count(kind) > 1})
    return [
        CALL.check(
            "CODE_UNKNOWN",
            Kind.CONTENT,
            passed=not unknown and not repeated,
            pointer="/materials",
            scheme="material-kinds",
            codes=[*unknown, *repeated],
        )
    ]


def retirement_checks(active_from: date, active_until: date) -> list[Check]:
    """Check that a field is not retired before it began (A047)."""
    return [
        FIELD.check(
            "DAYS_REVERSED",
            Kind.CONTENT,
            passed=active_until >= active_from,
            pointer="/active_until",
        )
    ]


def policy_of(
    version: str, clauses: Mapping[str, str], parameters: Mapping[str, Mapping[str, Any]]
) -> Policy:
    """Make the value that rules read from a stored version (A001)."""
    return Policy(version=version, clauses=clauses, parameters=parameters)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
