"""What a file of existing centres must be: whole, in order, and of organizations that are known.

Nothing is judged anew: who was listed, moved or rated elsewhere was so. Only what would
contradict itself or the register is refused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from registry.centers.rules import (
    ACTIVE,
    ENDED,
    GATE,
    RANKS,
    RECTIFIABLE,
    ApplicantForm,
    ModelType,
    Stage,
    center_code,
)
from registry.governance.rules import RatingKind
from registry.memberships.rules import MembershipRole, State
from registry.organizations.rules import ChainPosition
from shared.rules import Check, Kind, Rule, Said
from shared.tasks import TaskKind

TAKING_OVER: Final = Rule("X05", "delivery")
# All points of a scheme together (C6).
MOST_POINTS: Final = 100
APART: Final = Rule("X03", "delivery")
COMMIT_TASK: Final = TaskKind(
    "take_over.commit",
    "核对并导入既有中心",
    "Check existing centres and take them over",
    TAKING_OVER,
    "POST",
    "/v1/registry/take-overs/{id}/commit",
)


class TakeOverState(StrEnum):
    """Where a take-over stands."""

    PROPOSED = "proposed"
    COMMITTED = "committed"
    DROPPED = "dropped"


class TakeOverEvent(StrEnum):
    """How a take-over ends."""

    COMMIT = "commit"
    DROP = "drop"


# The whole machine: it is decided once.
MOVES: Final[Mapping[tuple[TakeOverState, TakeOverEvent], TakeOverState]] = {
    (TakeOverState.PROPOSED, TakeOverEvent.COMMIT): TakeOverState.COMMITTED,
    (TakeOverState.PROPOSED, TakeOverEvent.DROP): TakeOverState.DROPPED,
}


@dataclass(frozen=True, slots=True)
class TakenCenter:
    """A centre as it stands elsewhere; organizations are named by their codes."""

    record: Literal["center"]
    code: str
    name: str
    model_type: ModelType
    applicant_form: ApplicantForm
    field_codes: tuple[str, ...]
    lead_uscc: str
    stage: Stage
    listed_on: date
    entity_uscc: str | None = None
    trustee_uscc: str | None = None
    came_from: Stage | None = None
    rectified_from: Stage | None = None
    entity_due_on: date | None = None
    listing_doc_no: str | None = None


@dataclass(frozen=True, slots=True)
class TakenMember:
    """A membership, past or present, both days included."""

    record: Literal["member"]
    code: str
    uscc: str
    role: MembershipRole
    joined_on: date
    left_on: date | None = None
    chain_position: ChainPosition | None = None


@dataclass(frozen=True, slots=True)
class TakenStage:
    """A step of a centre from one stage to another; in the order of the file."""

    record: Literal["stage"]
    code: str
    from_stage: Stage
    to_stage: Stage
    on: date
    doc_no: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TakenRating:
    """A rating that was given elsewhere; nothing computes it again."""

    record: Literal["past_rating"]
    code: str
    kind: RatingKind
    year: int
    rating: str
    total: str | None = None


TakenRow = TakenCenter | TakenMember | TakenStage | TakenRating


@dataclass(frozen=True, slots=True)
class Known:
    """What the register knows that the rows speak of."""

    organizations: Mapping[str, UUID]
    codes: Collection[str]
    entities: Collection[UUID]
    fields: Collection[str]

    def who(self, uscc: str | None) -> UUID | str | None:
        """Give whom a code means: an organization has its former codes, too."""
        return None if uscc is None else self.organizations.get(uscc, uscc)


@dataclass
class _Seen:
    """What earlier rows of the file have said."""

    centers: Mapping[str, TakenCenter]
    codes: set[str] = field(default_factory=set)
    entities: set[UUID | str | None] = field(default_factory=set)
    members: dict[tuple[str, UUID | str | None], list[TakenMember]] = field(default_factory=dict)
    ratings: set[tuple[str, RatingKind, int]] = field(default_factory=set)
    steps: dict[str, TakenStage] = field(default_factory=dict)


def judge(
    rows: Sequence[tuple[int, TakenRow]], known: Known, today: date
) -> dict[int, list[Check]]:
    """Judge the rows of a file, each beside all others; failed checks by the row's index."""
    seen = _Seen({row.code: row for _, row in rows if isinstance(row, TakenCenter)})
    found = {index: _judged(row, seen, known, today) for index, row in rows}
    for index, row in rows:
        if isinstance(row, TakenCenter):
            found[index] += _arrival_checks(row, seen.steps.get(row.code))
    failed = {i: [check for check in checks if not check.passed] for i, checks in found.items()}
    return {index: checks for index, checks in failed.items() if checks}


def _judged(row: TakenRow, seen: _Seen, known: Known, today: date) -> list[Check]:
    if isinstance(row, TakenCenter):
        return _center_checks(row, seen, known, today)
    center = seen.centers.get(row.code)
    checks = [_known("code", passed=center is not None)]
    if center is None:
        return checks
    if isinstance(row, TakenMember):
        return checks + _member_checks(row, center, seen, known, today)
    if isinstance(row, TakenStage):
        return checks + _step_checks(row, seen, today)
    return checks + _rating_checks(row, center, seen, today)


def _center_checks(row: TakenCenter, seen: _Seen, known: Known, today: date) -> list[Check]:
    unknown = sorted(set(row.field_codes) - set(known.fields))
    entity = known.who(row.entity_uscc)
    lives = row.stage not in ENDED
    taken = entity in known.entities or entity in seen.entities
    again = row.code in known.codes or row.code in seen.codes
    seen.codes.add(row.code)
    if entity is not None and lives:
        seen.entities.add(entity)
    named = {
        "lead_uscc": row.lead_uscc,
        "entity_uscc": row.entity_uscc,
        "trustee_uscc": row.trustee_uscc,
    }
    return [
        TAKING_OVER.check(
            "FIELD_INVALID", Kind.CONTENT, passed=row.code == _plain_code(row.code),
            pointer="/code", field="code", expected=_plain_code(row.code),
        ),
        *(
            _known(name, passed=code in known.organizations)
            for name, code in named.items()
            if code is not None
        ),
        TAKING_OVER.check(
            "CODE_UNKNOWN", Kind.CONTENT, passed=not unknown, pointer="/field_codes",
            scheme="field_codes", codes=unknown,
        ),
        _missing("entity_uscc", passed=_has_entity(row)),
        *_origin_checks(row),
        _past("listed_on", row.listed_on, today),
        # A candidate is applied for, here and anew (A118).
        GATE.check(
            "STATE_CONFLICT", Kind.STATE, passed=row.stage is not Stage.CANDIDATE,
            state=row.stage.value,
        ),
        TAKING_OVER.check("ALREADY_EXISTS", Kind.STATE, passed=not again, key=row.code),
        TAKING_OVER.check("ENTITY_TAKEN", Kind.STATE, passed=not (taken and lives)),
    ]  # fmt: skip


def _origin_checks(row: TakenCenter) -> list[Check]:
    """Check that only a side state leads back, and to where such a state is come to from (C2)."""
    suspended = row.stage is Stage.SUSPENDED
    rectifying = Stage.RECTIFYING in {row.stage, row.came_from}
    origins = {
        "came_from": (row.came_from, suspended, ACTIVE),
        "rectified_from": (row.rectified_from, rectifying, RECTIFIABLE),
    }
    return [
        TAKING_OVER.check(
            "FIELD_INVALID", Kind.CONTENT, passed=origin is None or (has_one and origin in known),
            pointer=f"/{name}", field=name, expected=", ".join(known) if has_one else "",
        )
        for name, (origin, has_one, known) in origins.items()
    ]  # fmt: skip


def _plain_code(code: str) -> str:
    return center_code(int(code[1:]))


def _has_entity(row: TakenCenter) -> bool:
    return row.applicant_form is ApplicantForm.CONSORTIUM or row.entity_uscc is not None


def _member_checks(
    row: TakenMember, center: TakenCenter, seen: _Seen, known: Known, today: date
) -> list[Check]:
    others = seen.members.setdefault((row.code, known.who(row.uscc)), [])
    twice = row.left_on is None and any(other.left_on is None for other in others)
    apart = all(_apart(row, other) for other in others if not twice)
    others.append(row)
    ended = center.stage in ENDED
    lead = known.who(row.uscc) == known.who(center.lead_uscc)
    leads = row.role is not MembershipRole.LEAD or lead
    checks = [
        _known("uscc", passed=row.uscc in known.organizations),
        _past("joined_on", row.joined_on, today),
        _missing("left_on", passed=not ended or row.left_on is not None),
        TAKING_OVER.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=leads,
            pointer="/role",
            field="role",
        ),
        TAKING_OVER.check("DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=apart, pointer="/joined_on"),
        TAKING_OVER.check("ALREADY_EXISTS", Kind.STATE, passed=not twice, key=row.uscc),
    ]
    if row.left_on is not None:
        # What is known lies behind: at the latest today is the last day.
        checks += [
            _ordered("left_on", row.joined_on, row.left_on),
            _past("left_on", row.left_on, today),
        ]
    return checks


def membership_state(left_on: date | None, stage: Stage, today: date) -> State:
    """Give where a membership stands: on its last day it has not ended yet, but with its centre."""
    if left_on is None:
        return State.ACTIVE
    return State.LEAVING if left_on >= today and stage not in ENDED else State.LEFT


def _apart(one: TakenMember, other: TakenMember) -> bool:
    """Tell whether two memberships of an organization follow each other, on one day at the most."""
    first, second = sorted((one, other), key=lambda row: (row.joined_on, row.left_on or date.max))
    return first.left_on is not None and first.left_on <= second.joined_on


def _step_checks(row: TakenStage, seen: _Seen, today: date) -> list[Check]:
    before = seen.steps.get(row.code)
    stood = Stage.CANDIDATE if before is None else before.to_stage
    since = row.on if before is None else before.on
    seen.steps[row.code] = row
    return [
        _past("on", row.on, today),
        _ordered("on", since, row.on),
        GATE.check(
            "STATE_CONFLICT", Kind.STATE,
            passed=row.from_stage is stood and row.to_stage is not stood,
            state=stood.value, to=row.to_stage.value,
        ),
    ]  # fmt: skip


def _arrival_checks(row: TakenCenter, last: TakenStage | None) -> list[Check]:
    """Check that the steps lead to where the centre is said to stand."""
    arrived = last is None or last.to_stage is row.stage
    return [
        GATE.check(
            "STATE_CONFLICT", Kind.STATE, passed=arrived, pointer="/stage", state=row.stage.value,
            to=row.stage.value if last is None else last.to_stage.value,
        )
    ]  # fmt: skip


def _rating_checks(row: TakenRating, center: TakenCenter, seen: _Seen, today: date) -> list[Check]:
    key = (row.code, row.kind, row.year)
    twice = key in seen.ratings
    seen.ratings.add(key)
    return [
        TAKING_OVER.check(
            "FIELD_INVALID", Kind.CONTENT, passed=row.rating in RANKS, pointer="/rating",
            field="rating", expected=", ".join(RANKS),
        ),
        TAKING_OVER.check(
            "FIELD_INVALID", Kind.CONTENT,
            # The form knows digits of every script; points are kept as they are written.
            passed=row.total is None
            or (row.total.isascii() and Decimal(row.total) <= MOST_POINTS),
            pointer="/total", field="total",
            expected=Said(f"at most {MOST_POINTS}", f"不超过 {MOST_POINTS}"),
        ),
        _past("year", date(row.year, 1, 1), today),
        # Nobody was rated before the year in which he was listed.
        TAKING_OVER.check(
            "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=row.year >= center.listed_on.year,
            pointer="/year",
        ),
        TAKING_OVER.check("ALREADY_EXISTS", Kind.STATE, passed=not twice, key=str(row.year)),
    ]  # fmt: skip


def _known(name: str, *, passed: bool) -> Check:
    return TAKING_OVER.check(
        "CODE_UNKNOWN", Kind.CONTENT, passed=passed, pointer=f"/{name}", scheme=name
    )


def _missing(name: str, *, passed: bool) -> Check:
    return TAKING_OVER.check(
        "FIELD_MISSING", Kind.CONTENT, passed=passed, pointer=f"/{name}", field=name
    )


def _past(name: str, day: date, today: date) -> Check:
    return TAKING_OVER.past(day, today, f"/{name}")


def _ordered(name: str, first: date, last: date) -> Check:
    return TAKING_OVER.check(
        "DAYS_OUT_OF_ORDER", Kind.CONTENT, passed=first <= last, pointer=f"/{name}"
    )


def source_checks(sourced_on: date, today: date) -> list[Check]:
    """Check that the rows stood so on a day that has come."""
    return [_past("sourced_on", sourced_on, today)]


def decision_checks(
    state: TakeOverState, event: TakeOverEvent, proposed_by: UUID, deciding: UUID
) -> list[Check]:
    """Check that a take-over still waits, and that who brought it does not commit it (X03)."""
    alone = event is TakeOverEvent.COMMIT and proposed_by == deciding
    return [
        APART.check("SOD_VIOLATION", Kind.SCOPE, passed=not alone),
        TAKING_OVER.move(MOVES, state, event),
    ]
