"""Inventors of an asset and changes of them, on the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from ip_ledger.assets.inventor_rules import Cause
from ip_ledger.assets.proposal_rules import OwnerAnswer, State
from ip_ledger.assets.schemas import MAX_INVENTORS, OWNERS, InventorIn, InventorOut
from shared.evidence import FileId
from shared.http.schemas import Body, Code, Day, LongText, Out, ShortText

MAX_EVIDENCE = 20
PERSON = "0199a000-0000-7000-8000-0000000000a1"
FILE = "0199a000-0000-7000-8000-0000000000f1"


class NoticeIn(Body):
    """The office's word that the change was found in order (手续合格通知书)."""

    number: Code = Field(description="The notice's number.")
    approved_on: Day = Field(description="The day of the notice.")


class InventorChangeIn(Body):
    """All inventors of an asset as they should stand, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cause": "omitted",
                    "inventors": [
                        {"person_id": PERSON, "org_id": OWNERS[0], "share_ppm": 700000},
                        {"name": "（示例）丙", "org_id": OWNERS[1], "share_ppm": 300000},
                    ],
                    "reason": "申请时漏填一名发明人",
                    "evidence": [FILE],
                    "notice": {"number": "2028030100001", "approved_on": "2028-02-16"},
                }
            ]
        }
    )

    cause: Cause = Field(
        description="`omitted`, `mistaken`, `dispute` (settled, mediated, arbitrated or judged):"
        " other persons; `parts`: agreed anew; `unit`: the employing unit, or who leads it."
    )
    valid_from: Day | None = Field(
        default=None,
        description="With `parts`, the first day of income that is shared so; without one, and for"
        " every other cause, it was so from the beginning.",
    )
    inventors: list[InventorIn] = Field(
        min_length=1, max_length=MAX_INVENTORS, description="All of them, in order."
    )
    reason: LongText = Field(description="Why; no names.")
    evidence: list[FileId] = Field(
        min_length=1,
        max_length=MAX_EVIDENCE,
        description="Files: the statement signed by the owners and by all inventors before the"
        " change, or the decision.",
    )
    notice: NoticeIn | None = Field(
        default=None,
        description="The office's notice, where other persons are named for a patent that was"
        " filed (著录项目变更).",
    )


class InventorAnswerIn(Body):
    """What one says to a change of inventors."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "consent"}]})

    answer: OwnerAnswer = Field(
        default=OwnerAnswer.CONSENT, description="`consent`; anything else refuses it."
    )


class InventorAnswerOut(Out):
    """What an organization's own account said."""

    org_id: UUID = Field(description="The organization.")
    answer: OwnerAnswer = Field(description="What it said.")
    given_at: datetime = Field(description="When.")


class InventorChangeOut(Out):
    """A change of inventors that waits, or what became of it."""

    id: UUID = Field(description="The change.")
    asset_id: UUID = Field(description="The asset.")
    center_id: UUID = Field(description="Its centre.")
    cause: Cause = Field(description="Why.")
    valid_from: date | None = Field(description="The first day; none: from the beginning.")
    inventors: list[InventorOut] = Field(description="All of them, in order.")
    reason: str = Field(description="Why, in words.")
    evidence: list[UUID] = Field(description="Files.")
    notice_no: str | None = Field(description="The number of the office's notice.")
    approved_on: date | None = Field(description="The day of the office's notice.")
    answers: list[InventorAnswerOut] = Field(description="What owners said, in order.")
    state: State = Field(description="`pending`, `effective`, `refused` or `withdrawn`.")
    version_id: UUID | None = Field(
        description="The list that it became; also its record in the log."
    )
    version: int = Field(description="Counts its changes; the ETag.")
    proposed_by_org_id: UUID = Field(description="Who proposed it.")
    proposed_at: datetime = Field(description="When.")


class InventorListOut(Out):
    """Who made an asset, for income of a day, as known at an instant."""

    asset_id: UUID = Field(description="The asset.")
    version_id: UUID | None = Field(
        description="The list; also its record in the log. None while nobody is known."
    )
    number: int = Field(description="Counts the asset's lists, from 1; 0 while there is none.")
    cause: Cause | None = Field(description="Why it is what it is.")
    change_id: UUID | None = Field(description="The change that made it, if one did.")
    valid_from: date | None = Field(description="Its first day; none: from the beginning.")
    valid_until: date | None = Field(description="Its last day, once something follows.")
    known_from: datetime | None = Field(description="From when the ledger believed it.")
    known_until: datetime | None = Field(description="Until when, once it believes otherwise.")
    inventors: list[InventorOut] = Field(description="The persons, in order.")


class InventorNameIn(Body):
    """The name under which a person is known, or none."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "（示例）甲"}]})

    name: ShortText | None = Field(description="The person's name; null erases it.")


class InventorAssetOut(Out):
    """An asset that a person made."""

    asset_id: UUID = Field(description="The asset.")
    share_ppm: int = Field(description="Part in the asset, in ppm.")


class InventorPersonOut(Out):
    """What is kept of a person who made assets."""

    person_id: UUID = Field(description="Names the person.")
    name: str | None = Field(description="The name, unless it was erased.")
    assets: list[InventorAssetOut] = Field(description="What the person is known now to have made.")
