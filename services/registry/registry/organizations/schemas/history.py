"""What was ever said of an organization, by whom, and since when."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from registry.organizations.rules import (
    EntrySource,
    NameKind,
    NameLanguage,
    StatementState,
    SuccessionKind,
    VerificationDecision,
)
from registry.organizations.schemas.register import (
    NameText,
    OrganizationValues,
    RelatedOrganizationOut,
    UsccText,
)
from shared.http.schemas import Body, Day, LongText, Out, ShortText


class OrganizationEntryIn(Body):
    """What an official knows of an organization, for any days up to now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "values": {"region_code": "310115"},
                    "valid_from": "2024-07-01",
                    "basis": "营业执照（2024年7月变更）",
                }
            ]
        }
    )

    values: OrganizationValues = Field(description="What held; fields left out are not touched.")
    valid_from: Day = Field(description="The first day on which it held.")
    valid_until: Day | None = Field(
        default=None, description="The last one, where it has passed; none: it holds still."
    )
    basis: LongText | None = Field(default=None, description="What it rests on.")
    file_id: UUID | None = Field(default=None, description="The paper behind it.")
    due_again_on: Day | None = Field(
        default=None,
        description="When it is to be verified again; the policy says, where left out.",
    )


class OrganizationStatementIn(Body):
    """What an organization states of itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "values": {"is_sme": True},
                    "valid_from": "2025-01-01",
                    "basis": "2024年度从业人员与营业收入",
                }
            ]
        }
    )

    values: OrganizationValues = Field(description="What it states.")
    valid_from: Day = Field(description="The first day on which it held.")
    basis: LongText | None = Field(default=None, description="What it rests on.")
    file_id: UUID | None = Field(default=None, description="The paper behind it.")


class VerificationIn(Body):
    """What an official found about something that was stated."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision": "verified",
                    "basis": "中小企业划型标准自测结果与年报核对一致",
                    "due_again_on": "2027-01-12",
                }
            ]
        }
    )

    decision: VerificationDecision = Field(
        description="`verified`: it counts; `refused`: it does not."
    )
    basis: LongText = Field(description="What was looked at.")
    reason: LongText | None = Field(default=None, description="Why it was refused; needed then.")
    due_again_on: Day | None = Field(
        default=None, description="When to look again; the policy says, where left out."
    )


class FieldValueOut(Out):
    """A field and what is said of it; null clears it."""

    field: str = Field(description="The field's name.")
    value: str | bool | None = Field(description="Its value.")


def shown(values: Mapping[str, Any]) -> list[FieldValueOut]:
    """Show values by field."""
    return [FieldValueOut(field=name, value=values[name]) for name in sorted(values)]


class OrganizationEntryOut(Out):
    """An entry of an organization: what it says, for which days, and where it comes from."""

    id: UUID = Field(description="The entry's id.")
    org_id: UUID = Field(description="The organization.")
    version: int = Field(description="The version of the organization that it made.")
    values: list[FieldValueOut] = Field(description="What counts since.")
    stated: list[FieldValueOut] = Field(description="What was stated and awaits an official.")
    valid_from: date = Field(description="First day.")
    valid_until: date | None = Field(description="Last day; none: until further.")
    recorded_at: datetime = Field(description="When it was entered.")
    source: EntrySource = Field(description="Who says so.")
    basis: str | None = Field(description="What it rests on.")
    file_id: UUID | None = Field(description="The paper behind it.")
    stated_by: UUID = Field(description="The person who entered it.")
    verified_by: UUID | None = Field(description="The official who verified it.")
    due_again_on: date | None = Field(description="When it is to be verified again.")
    decides_id: UUID | None = Field(description="The statement that it decides.")
    decision: VerificationDecision | None = Field(description="What was decided.")
    reason: str | None = Field(description="Why it was refused.")


class OrganizationStatementOut(Out):
    """A statement of an organization, and what became of it."""

    id: UUID = Field(description="The statement's id.")
    org_id: UUID = Field(description="Who states it of itself.")
    state: StatementState = Field(description="`stated` until an official decides.")
    values: list[FieldValueOut] = Field(description="What is stated.")
    valid_from: date = Field(description="First day.")
    recorded_at: datetime = Field(description="When it was stated.")
    basis: str | None = Field(description="What it rests on.")
    file_id: UUID | None = Field(description="The paper behind it.")
    stated_by: UUID = Field(description="The person who stated it.")
    verified_by: UUID | None = Field(description="The official who decided.")
    decided_at: datetime | None = Field(description="When it was decided.")
    decision_basis: str | None = Field(description="What was looked at.")
    reason: str | None = Field(description="Why it was refused.")
    due_again_on: date | None = Field(description="When it is to be verified again.")


class ValueOut(Out):
    """One value of a field, from a day to a day, and where it comes from."""

    value: str | bool | None = Field(description="The value.")
    from_on: date = Field(description="First day.")
    until_on: date | None = Field(description="Last day; none: until further.")
    recorded_at: datetime = Field(description="Since when this is known.")
    source: EntrySource = Field(description="Who says so.")
    basis: str | None = Field(description="What it rests on.")
    file_id: UUID | None = Field(description="The paper behind it.")
    stated_by: UUID = Field(description="The person who entered it.")
    verified_by: UUID | None = Field(description="The official who verified it.")
    due_again_on: date | None = Field(description="When it is to be verified again.")
    entry_id: UUID = Field(description="The entry that says so.")


class FieldHistoryOut(Out):
    """A field through time."""

    field: str = Field(description="The field's name.")
    values: list[ValueOut] = Field(description="Its values, first to last.")


class OrganizationHistoryOut(Out):
    """Every field of an organization through time, as known at an instant."""

    organization_id: UUID = Field(description="The organization.")
    fields: list[FieldHistoryOut] = Field(description="A history for each field.")


class OrganizationNameIn(Body):
    """A name by which an organization is known beside its registered one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "澄曜创新中心", "kind": "short", "language": "zh"}]
        }
    )

    name: NameText = Field(description="The name.")
    kind: NameKind = Field(description="What it is: another full, a short or a former name.")
    language: NameLanguage = Field(default=NameLanguage.ZH, description="Its language.")
    from_on: Day | None = Field(default=None, description="First day, where known.")
    until_on: Day | None = Field(default=None, description="Last day; a former name has one.")


class NameEndIn(Body):
    """Until when a name was borne."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until_on": "2026-01-11"}]})

    until_on: Day = Field(description="Its last day.")


class OrganizationNameOut(Out):
    """A name of an organization."""

    id: UUID = Field(description="The name's id.")
    org_id: UUID = Field(description="Who bears or bore it.")
    name: str = Field(description="The name.")
    kind: NameKind = Field(description="What it is.")
    language: NameLanguage = Field(description="Its language.")
    from_on: date | None = Field(description="First day.")
    until_on: date | None = Field(description="Last day; none: it is borne still.")


class OrganizationNamesOut(Out):
    """The names of an organization and of those that it followed."""

    items: list[OrganizationNameOut] = Field(description="The names, oldest entry first.")


class RenumberingIn(Body):
    """The code under which an organization is registered from a day on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "uscc": "91310115FAKE00275K",
                    "effective_on": "2026-01-05",
                    "basis": "换发营业执照",
                }
            ]
        }
    )

    uscc: UsccText = Field(description="The new code; the old one goes on naming it.")
    effective_on: Day = Field(description="From this day on.")
    basis: LongText = Field(description="The act or paper that it rests on.")


class SuccessionIn(Body):
    """Who stands in the place of an organization."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "successor_id": "019a0000-0000-7000-8000-000000000017",
                    "kind": "absorption",
                    "effective_on": "2026-01-05",
                    "basis": "准予合并登记通知书",
                }
            ]
        }
    )

    successor_id: UUID = Field(description="The organization that stands in its place.")
    kind: SuccessionKind = Field(description="How; a division leaves the divided one standing.")
    effective_on: Day = Field(description="From this day on.")
    basis: LongText = Field(description="The act or paper that it rests on.")


class SuccessionOut(Out):
    """One organization in the place of another."""

    id: UUID = Field(description="The succession's id.")
    predecessor_id: UUID = Field(description="Who was followed.")
    successor_id: UUID = Field(description="Who followed.")
    kind: SuccessionKind = Field(description="How.")
    effective_on: date = Field(description="From this day on.")
    basis: str = Field(description="The act or paper that it rests on.")
    recorded_at: datetime = Field(description="When it was entered.")


class OrganizationRelationsOut(Out):
    """Who owns an organization, whom it owns, whom it followed and who followed it."""

    organization_id: UUID = Field(description="The organization.")
    parent_uscc: str | None = Field(description="Code of its owner.")
    parent: RelatedOrganizationOut | None = Field(
        description="Its owner, where the register has it."
    )
    held: list[RelatedOrganizationOut] = Field(description="Whom it owns; at most 500.")
    successions: list[SuccessionOut] = Field(description="Whom it followed, who followed it.")


class DishonestyRecordIn(Body):
    """A record of serious dishonesty (X17)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from_on": "2026-01-05",
                    "until_on": "2027-01-01",
                    "authority": "市场监督管理局",
                    "basis": "列入严重违法失信名单决定书",
                }
            ]
        }
    )

    from_on: Day = Field(description="First day.")
    until_on: Day = Field(description="Last day, included.")
    authority: ShortText = Field(description="Who put it on record.")
    basis: LongText = Field(description="By which decision.")


class LiftingIn(Body):
    """The end of a record before its last day."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lifted_on": "2026-01-12", "reason": "信用修复决定"}]}
    )

    lifted_on: Day = Field(description="From this day on it bars no more.")
    reason: LongText = Field(description="Why.")


class DishonestyRecordOut(Out):
    """A record of serious dishonesty, ended ones included."""

    id: UUID = Field(description="The record's id.")
    org_id: UUID = Field(description="The organization on record.")
    from_on: date = Field(description="First day.")
    until_on: date = Field(description="Last day.")
    authority: str = Field(description="Who put it on record.")
    basis: str = Field(description="By which decision.")
    recorded_at: datetime = Field(description="When it was entered.")
    lifted_on: date | None = Field(description="From this day on it barred no more.")
    lift_reason: str | None = Field(description="Why it was lifted.")
