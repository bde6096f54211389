"""What is wanted of an organization, as its own script or an official says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from registry.organizations.rules import (
    CenterLevel,
    NameKind,
    NameLanguage,
    QualificationKind,
    SuccessionKind,
    VerificationDecision,
)


@dataclass(frozen=True, slots=True)
class NewValues:
    """Values of an organization, the days for which they hold, and what they rest on."""

    values: Mapping[str, Any]
    valid_from: date
    valid_until: date | None = None
    basis: str | None = None
    file_id: UUID | None = None
    due_again_on: date | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an official found about something that was stated."""

    decision: VerificationDecision
    basis: str
    reason: str | None = None
    due_again_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewName:
    """A name beside the registered one."""

    name: str
    kind: NameKind
    language: NameLanguage
    from_on: date | None
    until_on: date | None


@dataclass(frozen=True, slots=True)
class NewSuccessor:
    """Who stands in the place of an organization, from when, and by which act."""

    successor_id: UUID
    kind: SuccessionKind
    effective_on: date
    basis: str


@dataclass(frozen=True, slots=True)
class NewCode:
    """The code under which an organization is registered from a day on."""

    uscc: str
    effective_on: date
    basis: str


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record of serious dishonesty, both days included."""

    from_on: date
    until_on: date
    authority: str
    basis: str
    # What was decided elsewhere: the record is entered once for it.
    source_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewQualification:
    """A paper that says what an organization is recognized for; its last day is included."""

    kind: QualificationKind
    name: str
    level: CenterLevel | None
    number: str | None
    scope: str | None
    issuer: str | None
    valid_from: date
    valid_to: date | None
    file_id: UUID | None
    supersedes_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewProfile:
    """An organization's figures of a year; amounts in 分."""

    year: int
    figures: Mapping[str, Any]
    basis: str | None
    file_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewPark:
    """A park of industry with its cluster; the output of the year in 分."""

    developer_org_id: UUID
    values: Mapping[str, Any]
