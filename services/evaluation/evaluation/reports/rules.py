"""The annual report: its states, its lateness, and what it sets against the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from evaluation.cycles.rules import Target, target_of
from evaluation.schemes.column_rules import Fact
from evaluation.schemes.counting_rules import Period, measure
from evaluation.schemes.figure_rules import decimal_text
from evaluation.schemes.rules import LeafCalc, Scheme, Source
from shared.expecting import no_earlier_than
from shared.rules import Check, Kind, Rule, Said, Severity

YEARLY: Final = Rule("A128", "四(四)")
ACCOUNTS: Final = Rule("A129", "四(四)")
REPORT_KIND: Final = "annual_report"


class ReportState(StrEnum):
    """Where a report stands; `missing` is a report that nobody sent in time."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    LOCKED = "locked"
    MISSING = "missing"


class Event(StrEnum):
    """What happens to a report."""

    SAVE = "save"
    SUBMIT = "submit"
    RETURN = "return"
    ACCEPT = "accept"
    LOCK = "lock"
    MISS = "miss"
    REOPEN = "reopen"


# The whole machine: a pair that is absent is refused, so that a new state starts closed.
MOVES: Final[Mapping[tuple[ReportState, Event], ReportState]] = {
    (ReportState.DRAFT, Event.SAVE): ReportState.DRAFT,
    (ReportState.RETURNED, Event.SAVE): ReportState.RETURNED,
    (ReportState.DRAFT, Event.SUBMIT): ReportState.SUBMITTED,
    (ReportState.RETURNED, Event.SUBMIT): ReportState.SUBMITTED,
    (ReportState.SUBMITTED, Event.RETURN): ReportState.RETURNED,
    (ReportState.SUBMITTED, Event.ACCEPT): ReportState.ACCEPTED,
    (ReportState.ACCEPTED, Event.LOCK): ReportState.LOCKED,
    (ReportState.DRAFT, Event.MISS): ReportState.MISSING,
    # Sent back and never sent again: a centre cannot hold up its own evaluation.
    (ReportState.RETURNED, Event.MISS): ReportState.MISSING,
    (ReportState.MISSING, Event.REOPEN): ReportState.DRAFT,
}
# What a snapshot that may be taken finds missing.
NOT_SENT: Final = frozenset({ReportState.DRAFT, ReportState.RETURNED, ReportState.MISSING})
# What nobody can write in any more, until an approver reopens it.
CLOSED: Final = frozenset({ReportState.LOCKED, ReportState.MISSING})


@dataclass(frozen=True, slots=True)
class Due:
    """When a report is due: days to the end of `due_on`, and the days that it may be late."""

    due_on: date
    grace_days: int

    @property
    def last_on(self) -> date:
        """Give the last day on which a report is taken."""
        return self.due_on + timedelta(days=self.grace_days)


def lateness_days(submitted_on: date, due_on: date) -> int:
    """Count the days after the due day; on that day itself a report is on time."""
    return max(0, (submitted_on - due_on).days)


def is_open(state: ReportState) -> bool:
    """Tell whether a report may still be written; what may not says so, whatever was read."""
    return (state, Event.SAVE) in MOVES


def move_checks(state: ReportState, event: Event) -> list[Check]:
    """Check that this may happen to a report in its state (A128)."""
    code = "REPORT_LOCKED" if state in CLOSED else "STATE_CONFLICT"
    return [YEARLY.check(code, Kind.STATE, passed=(state, event) in MOVES, state=state.value)]


def deadline_checks(due: Due, first_submitted_on: date | None, today: date) -> list[Check]:
    """Check that a report is sent in time, late days included; only its first sending counts."""
    passed = first_submitted_on is not None or today <= due.last_on
    return [
        YEARLY.check("REPORT_LOCKED", Kind.STATE, passed=passed, last_on=due.last_on.isoformat())
    ]


def lateness_checks(days: int) -> list[Check]:
    """Warn of a late report: it is taken, and caps the rating (C6)."""
    return [
        YEARLY.check(
            "REPORT_LATE",
            Kind.STATE,
            passed=days == 0,
            severity=Severity.WARNING,
            lateness_days=days,
        )
    ]


def accounts_checks(accounts: Mapping[str, int]) -> list[Check]:
    """Check that a part is not more than its whole (A055, A129)."""
    return [
        ACCOUNTS.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=accounts[part] <= accounts[whole],
            pointer=f"/accounts/{part}",
            field=part,
            expected=Said(f"at most {whole}", f"不大于 {whole}"),
        )
        for part, whole in (("rd_cost", "total_cost"), ("rd_staff", "staff"))
    ]


def profit(income_fen: int, total_cost_fen: int) -> int:
    """Give income less all cost, in 分; a loss is below zero (A055: 自负盈亏)."""
    return income_fen - total_cost_fen


def whole_checks(*, written: bool) -> list[Check]:
    """Check that there is something to submit (A128)."""
    return [YEARLY.check("REPORT_MISSING", Kind.STATE, passed=written)]


def reopening_checks(*, reopened: bool) -> list[Check]:
    """Check that a missing report is reopened once at most (D9)."""
    return [YEARLY.check("STATE_CONFLICT", Kind.STATE, passed=not reopened, state="reopened")]


def term_checks(due_on: date, today: date) -> list[Check]:
    """Check that a reopened report can be sent in still: it is reopened once and no more."""
    return [
        YEARLY.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=due_on >= today,
            pointer="/due_on",
            field="due_on",
            expected=no_earlier_than(today),
        )
    ]


def is_missing(state: ReportState | None, due: Due, today: date) -> bool:
    """Tell whether a report counts as missing; none at all is a draft that nobody began."""
    if state is ReportState.MISSING:
        return True
    return state in (None, ReportState.DRAFT) and today > due.last_on


def freezing_checks(
    state: ReportState | None, due: Due, today: date, back_until: date | None = None
) -> list[Check]:
    """Check that a report may go into a snapshot: sent in, or known to be missing (A128).

    One that was returned may come back as long as reports are taken, and until `back_until`, so
    that a late return takes nobody's report away; after that a handler who freezes finds it
    missing. What is locked is in a snapshot already, which the case's state says.
    """
    sent = state in (ReportState.SUBMITTED, ReportState.ACCEPTED, ReportState.LOCKED)
    kept_back = state is ReportState.RETURNED and today > max(due.last_on, back_until or today.min)
    ready = sent or kept_back or is_missing(state, due, today)
    return [
        YEARLY.check(
            "REPORT_MISSING", Kind.STATE, passed=ready, state=state.value if state else "draft"
        )
    ]


def target_vs_actual(
    scheme: Scheme,
    targets: Sequence[Target],
    facts: Mapping[Source, Sequence[Fact]],
    period: Period,
) -> list[dict[str, Any]]:
    """Set what was counted against what was planned, for every counted indicator (A129)."""
    planned = {one.code: one for one in targets}
    rows: list[dict[str, Any]] = []
    for leaf in scheme.leaves():
        if leaf.query is None:
            continue
        found = measure(leaf.query, facts.get(leaf.query.source, ()), period)
        target = target_of(leaf, planned.get(leaf.code))[0] if leaf.calc is LeafCalc.RATIO else None
        rows.append(
            {
                "code": leaf.code,
                "name": leaf.name,
                "unit": leaf.unit,
                "target": None if target is None else decimal_text(target),
                "actual": None if found.raw is None else decimal_text(found.raw),
                "facts": len(found.fact_ids),
            }
        )
    return rows


def as_fact(report_id: str, period_until: date, accounts: Mapping[str, Any]) -> dict[str, Any]:
    """Give a report in the shape of a fact, so that its accounts are measured like all else."""
    return {
        "id": report_id,
        "kind": REPORT_KIND,
        "occurred_on": period_until.isoformat(),
        "payload": {"accounts": dict(accounts)},
        "derived": {},
    }
