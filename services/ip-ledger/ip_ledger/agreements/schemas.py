"""Agreements on the wire."""

from datetime import date, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import (
    AliasChoices,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

from ip_ledger.agreements.rules import Clause, Element, ExitMethod, Rounding, State, UseUnit
from ip_ledger.party_keys.schemas import SIGNATURE, Base64
from ip_ledger.templates.schemas import MOST_FIELDS, FieldName
from shared.evidence import FileId
from shared.http.expected import unfit
from shared.http.schemas import (
    Body,
    CheckOut,
    Day,
    Digest,
    Earning,
    LongText,
    Money,
    Out,
    PpmValue,
)

MAX_PARTIES: Final = 100
EXAMPLE_ORGS: Final = (
    "0199a000-0000-7000-8000-000000000003",
    "0199a000-0000-7000-8000-000000000001",
)


def _clause(value: object) -> object:
    """Take a tick, or the evidence alone, for a clause whose place is the signed text itself."""
    if isinstance(value, bool):
        return {"ticked": value}
    return {"evidence": value} if isinstance(value, str) else value


class AgreementPartyIn(Body):
    """A party of the agreement."""

    org_id: UUID = Field(description="The organization that is a party.")


class ClauseIn(Body):
    """One of the four clauses: whether it is in the text, and where."""

    ticked: bool = Field(default=True, description="Whether the text holds this clause.")
    evidence: LongText = Field(
        default="见协议文本", description="Where the text says it, in words."
    )


class AgreementShareIn(Body):
    """A party's share of what is earned or risked together."""

    org_id: UUID = Field(
        description="The party.",
        validation_alias=AliasChoices("org_id", "party_id", "owner_id"),
    )
    ppm: PpmValue


class AgreementRewardRateIn(Body):
    """What part of its net income a party pays its inventors, as the parties agreed."""

    org_id: UUID = Field(
        description="The party.",
        validation_alias=AliasChoices("org_id", "party_id", "owner_id"),
    )
    rate_ppm: PpmValue


class AgreementUseRateIn(Body):
    """What members pay one of them for the use of what it shares (A063)."""

    provider_org_id: UUID = Field(description="The party whose thing is used.")
    element: Element = Field(description="What is used.")
    unit: UseUnit = Field(description="What use is counted in.")
    price: Earning = Field(description="What so many units cost; nothing where use is free.")
    per: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = Field(
        default=1, description="How many units the price is for: 60 minutes, for an hour's price."
    )


class AttributionIn(Body):
    """Who owns what is created in the centre."""

    text: LongText | None = Field(default=None, description="The rule in words.")
    shares: list[AgreementShareIn] = Field(
        default_factory=list,
        max_length=MAX_PARTIES,
        description="Shares of the first ownership, where the parties fixed them: 1,000,000 ppm.",
    )


def _attribution(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


TickedClause = Annotated[ClauseIn, BeforeValidator(_clause)]
Attribution = Annotated[AttributionIn, BeforeValidator(_attribution)]


class ClausesIn(Body):
    """The four clauses that a cooperation agreement must tick and evidence (A024)."""

    joint_development: TickedClause | None = Field(default=None, description="联合开发")
    complementarity: TickedClause | None = Field(default=None, description="优势互补")
    result_sharing: TickedClause | None = Field(default=None, description="成果共享")
    risk_sharing: TickedClause | None = Field(default=None, description="风险共担")


class TemplateUseIn(Body):
    """The template that the text was made from."""

    template_id: UUID = Field(description="A published template.")
    fields: dict[FieldName, LongText] = Field(
        default_factory=dict, max_length=MOST_FIELDS, description="What stands in its blanks."
    )


class AgreementTermsIn(Body):
    """What the parties are asked to sign."""

    text_file_id: FileId = Field(description="The text, an evidence file of the registry.")
    text_sha256: Digest | None = Field(
        default=None, description="The text's SHA-256; refused when the file has another one."
    )
    parties: list[AgreementPartyIn | UUID] = Field(
        max_length=MAX_PARTIES,
        description="Organizations in the order of the text, which settles ties of every division.",
    )
    clauses: ClausesIn = Field(description="The four clauses, each with where the text says it.")
    attribution_rule: Attribution | None = Field(
        default=None, description="Who owns what is created in the centre."
    )
    benefit_shares: list[AgreementShareIn] = Field(
        max_length=MAX_PARTIES, description="Shares of benefit; they sum to 1,000,000 ppm."
    )
    risk_shares: list[AgreementShareIn] = Field(
        max_length=MAX_PARTIES, description="Shares of risk; they sum to 1,000,000 ppm."
    )
    reward_rates: list[AgreementRewardRateIn] = Field(
        default_factory=list, max_length=MAX_PARTIES, description="Agreed rewards of inventors."
    )
    use_rates: list[AgreementUseRateIn] = Field(
        default_factory=list, max_length=500, description="Prices of use between the parties."
    )
    rounding: Rounding = Field(
        default=Rounding.LARGEST_REMAINDER, description="How the last 分 is divided."
    )
    exit_method: ExitMethod = Field(
        default=ExitMethod.EVENT_DATED,
        description="What a party that leaves during a year still earns of it.",
    )
    effective_on: Day
    template: TemplateUseIn | None = Field(
        default=None, description="The template that the text was made from, if one."
    )
    ordinary_license_consent_ppm: PpmValue | None = Field(
        default=None,
        description="Owners' shares that must consent to an ordinary license; absent: the law.",
    )
    other_license_consent_ppm: PpmValue | None = Field(
        default=None,
        description="The same for sole and exclusive licenses; absent: every co-owner.",
    )


AGREEMENT_EXAMPLE: Final[dict[str, JsonValue]] = {
    "center_id": "0199a000-0000-7000-8000-0000000000c3",
    "text_file_id": "0199a000-0000-7000-8000-0000000000f1",
    "parties": list(EXAMPLE_ORGS),
    "clauses": {clause.value: {"ticked": True, "evidence": "第二条"} for clause in Clause},
    "benefit_shares": [
        {"org_id": EXAMPLE_ORGS[0], "ppm": 400000},
        {"org_id": EXAMPLE_ORGS[1], "ppm": 600000},
    ],
    "risk_shares": [
        {"org_id": EXAMPLE_ORGS[0], "ppm": 500000},
        {"org_id": EXAMPLE_ORGS[1], "ppm": 500000},
    ],
    "rounding": "largest_remainder",
    "exit_method": "event_dated",
    "effective_on": "2026-01-20",
}


class AgreementIn(AgreementTermsIn):
    """A proposal for all parties of a centre."""

    model_config = ConfigDict(json_schema_extra={"examples": [AGREEMENT_EXAMPLE]})

    center_id: UUID = Field(description="The centre, listed or applying.")


class AmendmentIn(AgreementTermsIn):
    """Another text in place of the one that binds the parties now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{k: v for k, v in AGREEMENT_EXAMPLE.items() if k != "center_id"}]
        }
    )


class SignatureIn(Body):
    """A signature of the actor's own organization."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text_sha256": "0" * 64},
                {
                    "text_sha256": "0" * 64,
                    "key_id": EXAMPLE_ORGS[0],
                    "key_signature": SIGNATURE,
                },
            ]
        }
    )

    text_sha256: Digest = Field(description="SHA-256 of the text that is signed.")
    key_id: UUID | None = Field(
        default=None, description="The organization's own key; needed where it has one that holds."
    )
    key_signature: Base64 | None = Field(
        default=None, description="The key's signature over the agreement's `to_sign`."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.key_id is None) != (self.key_signature is None):
            raise unfit(
                "key_id and key_signature belong together", "key_id 与 key_signature 应同时给出"
            )
        return self


class AgreementPartyOut(Out):
    """A party at its place in the text."""

    org_id: UUID = Field(description="The organization.")
    place: int = Field(description="Its place in the signed text, from 1; it settles ties.")
    signed_at: datetime | None = Field(default=None, description="When it signed, if it has.")


class ClauseOut(Out):
    """A clause and where the text says it."""

    ticked: bool = Field(description="Whether the text holds it.")
    evidence: str = Field(description="Where the text says it.")


class ClausesOut(Out):
    """The four clauses."""

    joint_development: ClauseOut = Field(description="联合开发")
    complementarity: ClauseOut = Field(description="优势互补")
    result_sharing: ClauseOut = Field(description="成果共享")
    risk_sharing: ClauseOut = Field(description="风险共担")


class AgreementShareOut(Out):
    """A party's share."""

    org_id: UUID = Field(description="The party.")
    ppm: int = Field(description="Parts per million.")


class AgreementRewardRateOut(Out):
    """A party's agreed reward of inventors."""

    org_id: UUID = Field(description="The party.")
    rate_ppm: int = Field(description="Part of its net income, in ppm.")


class AgreementUseRateOut(Out):
    """What members pay one of them for use."""

    provider_org_id: UUID = Field(description="The party whose thing is used.")
    element: Element = Field(description="What is used.")
    unit: UseUnit = Field(description="What use is counted in.")
    price: Money = Field(description="What so many units cost.")
    per: int = Field(description="How many units the price is for.")


class AttributionOut(Out):
    """Who owns what is created in the centre."""

    text: str | None = Field(description="The rule in words.")
    shares: list[AgreementShareOut] = Field(description="Shares of the first ownership.")


class AgreementSignatureOut(Out):
    """A signature."""

    id: UUID = Field(description="The signature.")
    org_id: UUID = Field(description="The party that signed.")
    signed_by: UUID = Field(description="The person who signed for it.")
    text_sha256: str = Field(description="What was signed.")
    key_id: UUID | None = Field(description="The party's own key, where it signed with one.")
    key_signature: str | None = Field(description="What the key signed of `to_sign`.")
    signed_at: datetime = Field(description="When.")


class AgreementOut(Out):
    """An agreement with its parties and signatures."""

    id: UUID = Field(description="The agreement.")
    center_id: UUID = Field(description="The centre.")
    state: State = Field(description="Where it stands.")
    version: int = Field(description="Counts its changes; the ETag.")
    edition: int = Field(description="Counts the centre's texts, from 1.")
    supersedes_id: UUID | None = Field(description="The agreement that it amends.")
    opening_id: UUID | None = Field(
        description="The opening by which it came in, where it was signed before."
    )
    text_file_id: UUID = Field(description="The text.")
    text_sha256: str = Field(description="The text's SHA-256, which the parties sign.")
    hash: str = Field(description="SHA-256 over all terms.")
    to_sign: str = Field(description="What a party's own key signs.")
    template_id: UUID | None = Field(description="The template that it was made from.")
    template_sha256: str | None = Field(description="The template's hash.")
    template_fields: dict[str, str] | None = Field(description="What stands in its blanks.")
    template_unchanged: bool | None = Field(
        description="Whether the text is the template filled in, and nothing else."
    )
    parties: list[AgreementPartyOut] = Field(description="In the order of the text.")
    clauses: ClausesOut = Field(description="The four clauses.")
    attribution_rule: AttributionOut | None = Field(description="Who owns what is created.")
    benefit_shares: list[AgreementShareOut] = Field(description="They sum to 1,000,000 ppm.")
    risk_shares: list[AgreementShareOut] = Field(description="They sum to 1,000,000 ppm.")
    reward_rates: list[AgreementRewardRateOut] = Field(description="Agreed rewards.")
    use_rates: list[AgreementUseRateOut] = Field(description="Prices of use.")
    rounding: Rounding = Field(description="How the last 分 is divided.")
    exit_method: ExitMethod = Field(description="What a leaving party still earns.")
    ordinary_license_consent_ppm: int | None = Field(description="Prevails over 专利法14.")
    other_license_consent_ppm: int | None = Field(description="Prevails over 专利法14.")
    effective_on: date = Field(description="Its first day.")
    effective_until: date | None = Field(description="Its last day, once it has one.")
    in_force_at: datetime | None = Field(description="When it came into force.")
    signatures: list[AgreementSignatureOut] = Field(description="In the order of signing.")
    warnings: list[CheckOut] = Field(default_factory=list, description="What to look at.")


class StandingAgreementOut(Out):
    """The agreement that binds a centre's members on a day."""

    id: UUID = Field(description="The agreement.")
    version: int = Field(description="Its version then.")
    hash: str = Field(description="SHA-256 over all terms.")
    state: State = Field(description="Where it stands.")
    effective_on: date = Field(description="Its first day.")
    clauses: ClausesOut = Field(description="The four clauses.")
    parties: list[UUID] = Field(description="In the order of the text.")


class AgreementStandingOut(Out):
    """What a service asks: does an agreement bind, and which."""

    center_id: UUID = Field(description="The centre.")
    on: date = Field(description="The day asked for.")
    agreement: StandingAgreementOut | None = Field(description="None when nothing binds that day.")
