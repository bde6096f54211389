"""Tariffs of offices on the wire."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from ip_ledger.assets.rules import AssetKind
from ip_ledger.fees.schedule_rules import CountedFrom, EndsWith, Relief
from ip_ledger.fees.schemas import FeeNumber
from ip_ledger.fees.tariff_rules import TariffState
from shared.http.schemas import Body, Day, Earning, LongText, Money, Out, ShortText

MOST: Final = 100
Office = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
PartPpm = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class TariffBasisIn(Body):
    """A text on which a tariff rests."""

    act: ShortText = Field(description="The text.")
    articles: ShortText = Field(description="Its articles.")


class TariffFeeIn(Body):
    """A fee of a schedule."""

    number: FeeNumber = Field(description="Its number; in China the year that it pays for.")
    after_months: Annotated[int, Field(strict=True, ge=0, le=1200)] = Field(
        description="How many months after the day counted from it falls due, the day included."
    )
    amount: Earning | None = Field(default=None, description="The whole fee; absent if not kept.")


class TariffScheduleIn(Body):
    """The fees of a kind of right."""

    kind: AssetKind = Field(description="The kind; each once.")
    counted_from: CountedFrom = Field(description="From which day of the right they are counted.")
    grace_months: Annotated[int, Field(strict=True, ge=0, le=24)] = Field(
        description="How long a fee can be paid late."
    )
    ends_with: EndsWith = Field(description="The last day of a right without its fee.")
    surcharge_ppm: PartPpm = Field(
        default=0, description="What each month of lateness adds, from the second month on."
    )
    relief_years: Annotated[int, Field(strict=True, ge=0, le=MOST)] = Field(
        default=0, description="For how many years fees are reduced, the grant's year the first."
    )
    fees: list[TariffFeeIn] = Field(
        min_length=1, max_length=MOST, description="In the order in which they fall due."
    )


class TariffIn(Body):
    """The next version of an office's tariff."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jurisdiction": "CN",
                    "title": "专利年费（收费表核对后）",
                    "law": "专利法43、44；实施细则（2023年文本）115",
                    "legal_bases": [
                        {"act": "专利法实施细则（2023年修订）", "articles": "115、117"}
                    ],
                    "effective_from": "2027-01-01",
                    "is_confirmed": True,
                    "note": "已与官方收费表核对",
                    "reliefs": {"sole": 850000, "joint": 700000},
                    "schedules": [
                        {
                            "kind": "utility",
                            "counted_from": "filing",
                            "grace_months": 6,
                            "ends_with": "due_day",
                            "surcharge_ppm": 50000,
                            "relief_years": 10,
                            "fees": [
                                {"number": 2, "after_months": 12, "amount": {"amount": 60000}},
                                {"number": 3, "after_months": 24, "amount": {"amount": 60000}},
                            ],
                        }
                    ],
                }
            ]
        }
    )

    jurisdiction: Office = Field(description="The office: a country's code.")
    title: ShortText = Field(description="What to call it.")
    law: ShortText = Field(description="How a fee cites its law.")
    legal_bases: list[TariffBasisIn] = Field(
        min_length=1, max_length=MOST, description="The texts on which it rests."
    )
    effective_from: Day = Field(
        description="Its first day: fees that fall due from then on; ahead unless it is the first."
    )
    is_confirmed: bool = Field(
        default=False,
        description="Whether it was held against the office's own list; "
        "until then a payment may differ from it, with the office's receipt.",
    )
    note: LongText | None = Field(default=None, description="What is to be known of it.")
    reliefs: dict[Relief, PartPpm] = Field(
        default_factory=dict, description="By reduction the part that it takes off."
    )
    schedules: list[TariffScheduleIn] = Field(
        min_length=1, max_length=MOST, description="By kind of right."
    )


class TariffBasisOut(Out):
    """A text on which a tariff rests."""

    act: str = Field(description="The text.")
    articles: str = Field(description="Its articles.")


class TariffFeeOut(Out):
    """A fee of a schedule."""

    number: int = Field(description="Its number.")
    after_months: int = Field(description="How many months after the day counted from.")
    amount: Money | None = Field(description="The whole fee; null if not kept.")


class TariffScheduleOut(Out):
    """The fees of a kind of right."""

    kind: AssetKind = Field(description="The kind.")
    counted_from: CountedFrom = Field(description="From which day of the right.")
    grace_months: int = Field(description="How long a fee can be paid late.")
    ends_with: EndsWith = Field(description="The last day of a right without its fee.")
    surcharge_ppm: int = Field(description="What each month of lateness adds.")
    relief_years: int = Field(description="For how many years fees are reduced.")
    fees: list[TariffFeeOut] = Field(description="In the order in which they fall due.")


class TariffOut(Out):
    """A version of an office's tariff."""

    id: UUID = Field(description="The version.")
    jurisdiction: str = Field(description="The office.")
    edition: int = Field(description="Counts the office's versions, from 1.")
    title: str = Field(description="What it is called.")
    law: str = Field(description="How a fee cites its law.")
    legal_bases: list[TariffBasisOut] = Field(description="The texts on which it rests.")
    effective_from: date = Field(description="Its first day.")
    effective_until: date | None = Field(description="Its last day, if it has one.")
    is_confirmed: bool = Field(description="Whether it was held against the office's own list.")
    note: str | None = Field(description="What is to be known of it.")
    reliefs: dict[Relief, int] = Field(description="By reduction the part that it takes off.")
    schedules: list[TariffScheduleOut] = Field(description="By kind of right.")
    state: TariffState = Field(description="Only what is in force judges fees.")
    version: int = Field(description="Counts its changes; the ETag.")
    approved_at: datetime | None = Field(description="When it was approved.")
