"""Separation of duties per case and per person, whatever roles the person holds (X03)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.rules import Check, Kind, Rule

SEPARATION: Final = Rule("X03", "四(三)2")


class SubjectType(StrEnum):
    """What is reviewed: an application of the registry or a case of an evaluation cycle."""

    APPLICATION = "application"
    CASE = "case"


class Capacity(StrEnum):
    """What a person did in a case."""

    SUBMITTER = "submitter"
    HANDLER = "handler"
    SCORER = "scorer"
    SIGNER = "signer"
    SECOND_READER = "second_reader"
    REVIEWER = "reviewer"
    APPROVER = "approver"


# An expert who scored may also sign the visit; every other pair is two persons.
COMPATIBLE: Final = frozenset({Capacity.SCORER, Capacity.SIGNER})


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that one person did in a case; `capacity` may be a word of another service."""

    person_id: UUID
    capacity: str


def separation_checks(
    duties: Iterable[Duty], person_id: UUID, acting_as: Capacity, *, pointer: str | None = None
) -> list[Check]:
    """Check that a person holds no other duty in the case; repeating the same one is allowed."""
    held = sorted({duty.capacity for duty in duties if duty.person_id == person_id})
    clashing = [capacity for capacity in held if not _go_together(capacity, acting_as)]
    return [
        SEPARATION.check(
            "SOD_VIOLATION",
            Kind.SCOPE,
            passed=not clashing,
            pointer=pointer,
            held=clashing,
            acting_as=acting_as.value,
        )
    ]


def _go_together(held: str, acting_as: Capacity) -> bool:
    return held == acting_as or {held, acting_as} <= COMPATIBLE
