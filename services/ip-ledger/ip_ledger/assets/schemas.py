"""Assets and their ownership on the wire."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import AliasChoices, ConfigDict, Field, StringConstraints

from ip_ledger.assets.rules import AbandonCause, AssetKind, Event, State
from shared.http.schemas import (
    Body,
    CheckOut,
    Code,
    Day,
    ExternalId,
    LongText,
    Out,
    PpmValue,
    ShortText,
)

MAX_INVENTORS: Final = 100
MAX_OWNERS: Final = 100
CENTER: Final = "0199a000-0000-7000-8000-0000000000c3"
OWNERS: Final = (
    "0199a000-0000-7000-8000-000000000004",
    "0199a000-0000-7000-8000-000000000009",
)

Number = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Jurisdiction = Annotated[str, StringConstraints(pattern=r"^([A-Za-z]{2}|PCT)$")]


class InventorIn(Body):
    """A person who made the asset; the name is kept apart from every record and can be erased."""

    person_id: UUID | None = Field(default=None, description="Names the person in other records.")
    name: ShortText | None = Field(
        default=None,
        description="The person's name.",
        validation_alias=AliasChoices("name", "name_ref", "person_ref"),
    )
    org_id: UUID = Field(description="The organization that employs the person.")
    share_ppm: PpmValue | None = Field(
        default=None,
        description="Part in the asset; all sum to 1,000,000 ppm; left out by all: equal parts.",
        validation_alias=AliasChoices("share_ppm", "ppm"),
    )
    is_head_of_unit: bool = Field(
        default=False, description="Leads that organization: a reward is made public first."
    )


class AssetIn(Body):
    """A result of a centre: an invention, software, know-how and so on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "center_id": CENTER,
                    "kind": "invention",
                    "title": "一种增材制造铺粉装置",
                    "number": "202310000001.5",
                    "filed_on": "2023-11-02",
                    "granted_on": "2025-11-28",
                    "background": False,
                    "inventors": [
                        {"name": "（示例）甲", "org_id": OWNERS[0], "share_ppm": 600000},
                        {"name": "（示例）乙", "org_id": OWNERS[1], "share_ppm": 400000},
                    ],
                }
            ]
        }
    )

    center_id: UUID = Field(description="The centre.")
    kind: AssetKind = Field(description="What sort of result.")
    title: ShortText = Field(description="Its title.")
    number: Number | None = Field(
        default=None, description="Application or registration number; none for know-how."
    )
    filed_on: Day | None = Field(default=None, description="Day of filing, patents always.")
    granted_on: Day | None = Field(default=None, description="Day of the grant's announcement.")
    registered_on: Day | None = Field(default=None, description="Software, layouts: registration.")
    jurisdiction: Jurisdiction | None = Field(
        default=None, description="`CN`, another country's code, or `PCT`; else as the number says."
    )
    background: bool = Field(default=False, description="Brought in, not created in the centre.")
    unfiled: bool = Field(
        default=False,
        description="A patent that is not filed yet: number and day follow with the `file` event.",
    )
    trustee_org: UUID | None = Field(
        default=None,
        description="Who holds it while the centre has no legal entity (A053).",
        validation_alias=AliasChoices("trustee_org", "trustee_org_id"),
    )
    completing_org_id: UUID | None = Field(default=None, description="The completing unit.")
    inventors: list[InventorIn] = Field(
        default_factory=list, max_length=MAX_INVENTORS, description="Who made it."
    )
    external_id: ExternalId | None = Field(
        default=None, description="The reporter's own reference; makes repeated posting safe."
    )


class InventorOut(Out):
    """A person's part in an asset."""

    person_id: UUID = Field(description="Names the person.")
    name: str | None = Field(description="The name, unless it was erased.")
    org_id: UUID = Field(description="The employing organization.")
    share_ppm: int = Field(description="Part in the asset, in ppm.")
    is_head_of_unit: bool = Field(description="Leads that organization.")


class AssetOut(Out):
    """An asset."""

    id: UUID = Field(description="The asset.")
    center_id: UUID = Field(description="The centre.")
    kind: AssetKind = Field(description="What sort of result.")
    title: str = Field(description="Its title.")
    number: str | None = Field(description="Its number, as stored.")
    jurisdiction: str = Field(description="`CN`, another country's code, or `PCT`.")
    filed_on: date | None = Field(description="Day of filing.")
    granted_on: date | None = Field(description="Day of grant.")
    registered_on: date | None = Field(description="Day of registration.")
    term_until: date | None = Field(description="The last day of the right, by law.")
    term_law: str | None = Field(description="The law that sets the term.")
    background: bool = Field(description="Brought in, not created in the centre.")
    trustee_org: UUID | None = Field(description="Who holds it in trust.")
    completing_org_id: UUID | None = Field(description="The completing unit.")
    family_id: UUID | None = Field(
        description="What it shares with its priorities, divisions and national phases, if any."
    )
    inventors: list[InventorOut] = Field(description="In the order reported.")
    external_id: str | None = Field(description="The reporter's own reference.")
    state: State = Field(description="Where it stands.")
    abandon_cause: AbandonCause | None = Field(
        default=None, description="How it was given up, if it was and that is known."
    )
    version: int = Field(description="Counts its changes; the ETag.")
    recorded_at: datetime = Field(description="When it was recorded.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")


class AssetStateIn(Body):
    """Something that happened to the right."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event": "grant", "occurred_on": "2026-03-20"}]}
    )

    event: Event = Field(description="What happened.")
    occurred_on: Day = Field(description="On which day.")
    number: Number | None = Field(
        default=None, description="The application number, with `file` of what had none."
    )
    cause: AbandonCause | None = Field(
        default=None, description="How it was given up, with `abandon`; without it that stays open."
    )


class OwnerShareIn(Body):
    """An owner's share."""

    owner_id: UUID = Field(
        description="An organization; a centre owns through its legal entity.",
        validation_alias=AliasChoices("owner_id", "org_id"),
    )
    ppm: PpmValue


class ConsentStatementIn(Body):
    """A consent that whoever records the change has in hand."""

    org_id: UUID = Field(description="The organization that consents.")
    note: LongText | None = Field(default=None, description="Where it is written.")


class OwnershipIn(Body):
    """Who owns the asset from a day on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "valid_from": "2026-01-20",
                    "cause": "attribution",
                    "shares": [
                        {"owner_id": OWNERS[0], "ppm": 600000},
                        {"owner_id": OWNERS[1], "ppm": 400000},
                    ],
                    "consents": [*OWNERS],
                }
            ]
        }
    )

    valid_from: Day = Field(description="The first day; it holds until the next known change.")
    cause: Code = Field(
        description="Why, such as attribution, assignment, trust_release, correction."
    )
    shares: list[OwnerShareIn] = Field(
        max_length=MAX_OWNERS, description="All owners; the shares sum to 1,000,000 ppm."
    )
    consents: list[UUID | ConsentStatementIn] = Field(
        default_factory=list,
        max_length=MAX_OWNERS,
        description="Organizations that consent: every owner until now (专利法14). Where shares"
        " are taken away, each must have consented by its own account.",
    )
    awaits_consents: bool = Field(
        default=False,
        description="Keep it while consents are missing; owners give them at the proposal.",
    )
    registered_on: Day | None = Field(
        default=None,
        description="A patent's `transfer`: the day of the office's registration; without one the"
        " answer is `pending`.",
    )
    registration_no: Code | None = Field(default=None, description="The office's number.")


class OwnerShareOut(Out):
    """An owner's share."""

    owner_id: UUID = Field(description="The organization.")
    ppm: int = Field(description="Parts per million.")


class OwnershipOut(Out):
    """A version of ownership, on both clocks."""

    id: UUID = Field(description="The version; also its record in the log.")
    asset_id: UUID = Field(description="The asset.")
    number: int = Field(description="Counts the asset's versions, from 1.")
    origin_id: UUID = Field(description="The version that first said so.")
    state: str = Field(
        description="`known` while the ledger believes it, else `superseded`; `pending`: it waits"
        " for consents or registration, and `id` is the proposal."
    )
    version: int = Field(description="The asset's version; the ETag.")
    valid_from: date = Field(description="The first day.")
    valid_until: date | None = Field(description="The last day, once something follows.")
    known_from: datetime = Field(description="From when the ledger believed it.")
    known_until: datetime | None = Field(description="Until when, once it believes otherwise.")
    cause: str = Field(description="Why.")
    decided_by: str = Field(description="`agreement`, or `consent` of those concerned.")
    agreement_id: UUID | None = Field(description="The agreement that it follows.")
    consents: list[UUID] = Field(description="Organizations whose consent was stated.")
    shares: list[OwnerShareOut] = Field(description="All owners; they sum to 1,000,000 ppm.")
    recorded_by_org_id: UUID = Field(description="Which organization recorded it.")
