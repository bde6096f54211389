"""What a rule is: it judges facts, and says which requirement and which clause it speaks for.

A rule never raises and never reads a clock or a database. It returns checks; whoever guards an
action turns the failed ones into a refusal, and whoever shows readiness lists them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

Value = TypeVar("Value")

# A machine: from a state, by an event, to a state.
Moves = Mapping[tuple[Any, Any], Any]

NO_FIGURES: Final[Mapping[str, Any]] = MappingProxyType({})


class Kind(IntEnum):
    """What sort of failure a check is, in the order in which the first one names the answer."""

    HIDDEN = 1
    SCOPE = 2
    STALE = 3
    CONTENT = 4
    STATE = 5


class Severity(StrEnum):
    """An error refuses; a warning travels with the answer and refuses nothing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Check:
    """One verdict of one rule, with the figures it used.

    `params` holds only what JSON can: text, integers, booleans, lists and objects of them.
    `pointer` is an RFC 6901 pointer into the body that was sent, where there is one.
    """

    code: str
    rule: str
    clause: str
    kind: Kind
    passed: bool
    policy_version: str | None = None
    pointer: str | None = None
    severity: Severity = Severity.ERROR
    params: Mapping[str, Any] = field(default_factory=lambda: NO_FIGURES)

    @property
    def refuses(self) -> bool:
        """Tell whether this check alone stops the action."""
        return not self.passed and self.severity is Severity.ERROR


class Said(NamedTuple):
    """A figure in words, for readers of either language; among others it is two, `…` and `…_zh`."""

    en: str
    zh: str


def _told(figures: dict[str, object]) -> dict[str, object]:
    words = [name for name, value in figures.items() if type(value) is Said]
    for name in words:
        figures[name], figures[f"{name}_zh"] = figures[name]  # type: ignore[misc]  # is `Said`
    return figures


@dataclass(frozen=True, slots=True)
class Rule:
    """A requirement row (`A051`) with its clause (`三(二)`), under a version of the policy."""

    row: str
    clause: str
    policy_version: str | None = None

    def check(
        self,
        code: str,
        kind: Kind,
        *,
        passed: bool,
        pointer: str | None = None,
        severity: Severity = Severity.ERROR,
        **figures: object,
    ) -> Check:
        """Give the verdict of this rule; `figures` are what it compared, for the reader."""
        return Check(
            code=code,
            rule=self.row,
            clause=self.clause,
            kind=kind,
            passed=passed,
            policy_version=self.policy_version,
            pointer=pointer,
            severity=severity,
            # Most checks pass and tell no figure; a batch makes some ten for each of its rows.
            params=MappingProxyType(_told(figures)) if figures else NO_FIGURES,
        )

    def move(self, moves: Moves, state: StrEnum, event: StrEnum) -> Check:
        """Check that a machine has such a step; a refusal names what may happen instead."""
        return self.check(
            "STATE_CONFLICT",
            Kind.STATE,
            passed=(state, event) in moves,
            state=state.value,
            event=event.value,
            allowed=sorted(step.value for at, step in moves if at is state),
        )

    def past(self, day: date | None, today: date, pointer: str) -> Check:
        """Check that a day is not after today; today itself counts, and so does no day at all."""
        return self.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=day is None or day <= today,
            pointer=pointer,
            today=today.isoformat(),
        )

    def ordered(self, first: date, last: date | None, pointer: str) -> Check:
        """Check that what begins on a day does not end before it; both count, and it may go on."""
        return self.check(
            "DAYS_REVERSED",
            Kind.CONTENT,
            passed=last is None or first <= last,
            pointer=pointer,
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the programme's policy: the clause and the parameters of each row.

    `parameters` maps a row to its named values (`{"A051": {"max_age_years": 3}}`), so that a
    threshold is data with a date and never a constant in a rule.
    """

    version: str
    clauses: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, Any]]

    def rule(self, row: str) -> Rule:
        """Give the rule of a row, bound to this version; an unknown row is a `KeyError`."""
        return Rule(row, self.clauses[row], self.version)

    def value(self, row: str, name: str) -> Any:  # noqa: ANN401 - parameters are JSON values
        """Give a parameter of a row; an unknown one is a `KeyError`, never a silent default."""
        return self.parameters[row][name]


class Refused(Exception):  # noqa: N818 - the domain's word: a refusal is an answer, not an error
    """An action was refused; `checks` are all the failed checks, worst kind first."""

    def __init__(self, checks: Iterable[Check]) -> None:
        """Order the checks by kind, keeping the order of the rules within a kind."""
        self.checks = tuple(sorted(checks, key=lambda check: check.kind))
        super().__init__(", ".join(dict.fromkeys(check.code for check in self.checks)))


def require(checks: Iterable[Check]) -> list[Check]:
    """Raise `Refused` with every check that refuses; give back the failed warnings otherwise."""
    failed = [check for check in checks if not check.passed]
    if any(check.refuses for check in failed):
        raise Refused(check for check in failed if check.refuses)
    return failed


NOT_FOUND: Final = Rule("X04", "delivery")


def found(value: Value | None) -> Value:
    """Give the row back, or refuse as `NOT_FOUND`: what one may not see does not exist (X04)."""
    if value is None:
        raise Refused([NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=False)])
    return value


def failed_codes(checks: Iterable[Check]) -> list[str]:
    """Name the codes of the failed checks in order, warnings included."""
    return [check.code for check in checks if not check.passed]
