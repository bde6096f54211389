"""How the policy changes: as data, by two people, from a day that lies ahead.

A new version is a copy of one that is known, with some thresholds changed. What was judged before
its first day stays judged by the version before it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from registry.programme.rules import PolicyState
from shared.money import MAX_FEN, WHOLE_PPM
from shared.rules import Check, Kind, Rule
from shared.tasks import TaskKind

POLICY: Final = Rule("A001", "序")
PHASES: Final = Rule("A013", "二(二)")
DUTIES: Final = Rule("X03", "delivery")
MOST_COUNT: Final = 10_000
LONGEST_LIST: Final = 100
# Values that are words of a rule: another one would mean nothing to it.
WORDS: Final = {"level": ("any", "municipal", "national")}
SCORE: Final = re.compile(r"(?:100(?:\.0{1,2})?|\d{1,2}(?:\.\d{1,2})?)")
APPROVE: Final = TaskKind(
    "policy.approve",
    "审批政策版本",
    "Approve a version of the policy",
    POLICY,
    "POST",
    "/v1/registry/policy-versions/{id}/approve",
)

Parameters = Mapping[str, Mapping[str, Any]]


class PolicyEvent(StrEnum):
    """What happens to a version of the policy."""

    EDIT = "edit"
    PROPOSE = "propose"
    RETURN = "return"
    APPROVE = "approve"
    WITHDRAW = "withdraw"


# The whole machine: what is in force, or was once, is never edited.
MOVES: Final[Mapping[tuple[PolicyState, PolicyEvent], PolicyState]] = {
    (PolicyState.DRAFT, PolicyEvent.EDIT): PolicyState.DRAFT,
    (PolicyState.DRAFT, PolicyEvent.PROPOSE): PolicyState.PROPOSED,
    (PolicyState.DRAFT, PolicyEvent.WITHDRAW): PolicyState.WITHDRAWN,
    (PolicyState.PROPOSED, PolicyEvent.RETURN): PolicyState.DRAFT,
    (PolicyState.PROPOSED, PolicyEvent.WITHDRAW): PolicyState.WITHDRAWN,
    (PolicyState.PROPOSED, PolicyEvent.APPROVE): PolicyState.IN_FORCE,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One threshold, clause or date that differs between two versions."""

    row: str
    name: str
    before: Any
    after: Any


def move_checks(state: PolicyState, event: PolicyEvent) -> list[Check]:
    """Check that a version may take a step from where it is (A001)."""
    return [POLICY.move(MOVES, state, event)]


def approval_checks(author_ids: set[UUID], approver_id: UUID) -> list[Check]:
    """Check that whoever wrote or proposed a version does not approve it (X03)."""
    return [DUTIES.check("SOD_VIOLATION", Kind.SCOPE, passed=approver_id not in author_ids)]


def date_checks(effective_from: date, today: date, last_from: date | None) -> list[Check]:
    """Check that a version begins after today, and after the last one began (A013).

    A version that reached back would judge anew what was judged.
    """
    after_last = last_from is None or effective_from > last_from
    return [
        PHASES.check(
            "EFFECTIVE_TOO_EARLY",
            Kind.CONTENT,
            passed=effective_from > today and after_last,
            pointer="/effective_from",
            effective_from=effective_from.isoformat(),
            after=max(today, last_from or today).isoformat(),
        )
    ]


def changed(base: Parameters, changes: Parameters) -> dict[str, dict[str, Any]]:
    """Give the base's parameters with some of them changed; unknown ones are passed over."""
    return {
        row: {**values, **{n: v for n, v in changes.get(row, {}).items() if n in values}}
        for row, values in base.items()
    }


def parameter_checks(base: Parameters, changes: Parameters) -> list[Check]:
    """Check every changed threshold: known to the rules, of their type, within its bounds."""
    return [
        check
        for row, values in changes.items()
        for name, value in values.items()
        for check in _parameter(base, row, name, value)
    ]


def _parameter(base: Parameters, row: str, name: str, value: object) -> Iterator[Check]:
    known = name in base.get(row, {})
    pointer = f"/changes/{row}/{name}"
    yield POLICY.check(
        "PARAMETER_NOT_OF_RULES", Kind.CONTENT, passed=known, row=row, name=name, pointer=pointer
    )
    if known:
        yield POLICY.check(
            "PARAMETER_UNFIT",
            Kind.CONTENT,
            passed=_fits(base[row][name], value, name),
            row=row,
            name=name,
            pointer=pointer,
        )


def _fits(known: Any, value: Any, name: str) -> bool:  # noqa: ANN401 - JSON values
    if isinstance(known, bool) or isinstance(value, bool):
        return isinstance(known, bool) and isinstance(value, bool)
    if isinstance(known, int):
        return isinstance(value, int) and 0 <= value <= _bound(name)
    if isinstance(known, str):
        return isinstance(value, str) and _text_fits(known, value, name)
    if isinstance(known, list):
        return _list_fits(known, value, name)
    return (
        isinstance(value, Mapping)
        and set(value) == set(known)
        and all(_fits(known[key], value[key], key) for key in known)
    )


def _bound(name: str) -> int:
    if name.endswith("_ppm"):
        return WHOLE_PPM
    return MAX_FEN if name.endswith("_fen") else MOST_COUNT


def _text_fits(known: str, value: str, name: str) -> bool:
    if name in WORDS:
        return value in WORDS[name]
    if SCORE.fullmatch(known):
        return SCORE.fullmatch(value) is not None
    return 0 < len(value.strip()) <= LONGEST_LIST


def _list_fits(known: list[Any], value: object, name: str) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= LONGEST_LIST:
        return False
    return not known or all(_fits(known[0], item, name) for item in value)


def differences(
    before: tuple[Parameters, Mapping[str, str]], after: tuple[Parameters, Mapping[str, str]]
) -> list[Difference]:
    """Name every threshold and clause in which two versions differ, in the order of rows."""
    found = []
    for row in sorted({*before[0], *after[0], *before[1], *after[1]}):
        if before[1].get(row) != after[1].get(row):
            found.append(Difference(row, "clause", before[1].get(row), after[1].get(row)))
        old, new = before[0].get(row, {}), after[0].get(row, {})
        found += [
            Difference(row, name, old.get(name), new.get(name))
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        ]
    return found


def grounded(
    clauses: Mapping[str, str], parameters: Parameters, legal_bases: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Join each row with its clause, its thresholds and the acts that name it (A002).

    An act without rows stands behind the whole plan, and so behind each of its rows.
    """
    return [
        {
            "row": row,
            "clause": clause,
            "parameters": dict(parameters.get(row, {})),
            "legal_bases": [
                base["code"] for base in legal_bases if row in (base.get("rows") or [row])
            ],
        }
        for row, clause in sorted(clauses.items())
    ]
