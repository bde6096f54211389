"""What makes a fact right, whatever its kind, and who may post one.

Facts come in, checks come out; a single posting, a row of a batch and a correction use the same.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from registry.centers.rules import ENDED, Stage
from registry.files.rules import existence_checks
from shared.codes import uscc
from shared.rules import NOT_FOUND, Check, Kind, Rule

CHAIN: Final = Rule("A019", "二(三)")
TENANCY: Final = Rule("X04", "delivery")
REPEATED: Final = Rule("X05", "delivery")
APPEND_ONLY: Final = Rule("X07", "delivery")
OPEN_SHARING: Final = Rule("A062", "三(二)1")
COMMISSIONED: Final = Rule("A089", "三(三)2-①")
INCUBATED: Final = Rule("A031", "二(三)功能三")
HAPPENED: Final = Rule("X13", "delivery")


class FactKind(StrEnum):
    """What may happen at a centre; the code table `fact-kinds` names them."""

    SERVICE = "service"
    INCUBATION = "incubation"
    SEED_FINANCING = "seed_financing"
    FIRST_COMMERCIALIZATION = "first_commercialization"
    BREAKTHROUGH = "breakthrough"
    PROJECT = "project"
    DIFFUSION = "diffusion"
    ADOPTION = "adoption"
    STANDARD = "standard"
    RESOURCE_USAGE = "resource_usage"
    TALENT = "talent"
    TRAINING = "training"
    INCENTIVE = "incentive"
    INTERNATIONAL_PROJECT = "international_project"
    INTERNATIONAL_NODE = "international_node"


class ChainStage(StrEnum):
    """The links of the innovation chain that a centre is to close (A019)."""

    RD_SUPPLY = "rd_supply"
    TRANSFER_DIFFUSION = "transfer_diffusion"
    FIRST_COMMERCIALIZATION = "first_commercialization"


# Kinds that stand for one link by what they are. A research project may serve any of the three,
# so that its poster has to say which; what is not here is support, and belongs to none.
IMPLIED_STAGES: Final[Mapping[FactKind, ChainStage]] = {
    FactKind.BREAKTHROUGH: ChainStage.RD_SUPPLY,
    FactKind.STANDARD: ChainStage.RD_SUPPLY,
    FactKind.SERVICE: ChainStage.TRANSFER_DIFFUSION,
    FactKind.DIFFUSION: ChainStage.TRANSFER_DIFFUSION,
    FactKind.ADOPTION: ChainStage.TRANSFER_DIFFUSION,
    FactKind.INCUBATION: ChainStage.TRANSFER_DIFFUSION,
    FactKind.SEED_FINANCING: ChainStage.TRANSFER_DIFFUSION,
    FactKind.INCENTIVE: ChainStage.TRANSFER_DIFFUSION,
    FactKind.FIRST_COMMERCIALIZATION: ChainStage.FIRST_COMMERCIALIZATION,
}
ACTIVITIES: Final = frozenset({*IMPLIED_STAGES, FactKind.PROJECT})
# Research done to order supplies the chain, unlike every other service.
COMMISSIONED_RD: Final = "commissioned_rd"

# Fields of payloads that hold a social credit code; the first one that is there names the other
# side, whose membership, size and region come from the register and never from the payload.
PARTNER_FIELDS: Final = (
    "client_uscc",
    "recipient_uscc",
    "adopter_uscc",
    "user_uscc",
    "trainee_uscc",
    "uscc",
)
USCC_FIELDS: Final = (*PARTNER_FIELDS, "verified_by_uscc", "investor_uscc")


@dataclass(frozen=True, slots=True)
class NewFact:
    """A fact as it was sent: `payload` holds JSON values, days and codes as text."""

    center_id: UUID
    kind: FactKind
    occurred_on: date
    external_id: str
    payload: Mapping[str, Any]
    evidence: tuple[UUID, ...] = ()
    chain_stage: ChainStage | None = None

    @property
    def stage(self) -> ChainStage | None:
        """Give the link of the chain that it stands for, said or implied (A019)."""
        if self.chain_stage is not None:
            return self.chain_stage
        if self.payload.get("catalog_code") == COMMISSIONED_RD:
            return ChainStage.RD_SUPPLY
        return IMPLIED_STAGES.get(self.kind)

    @property
    def partner_uscc(self) -> str | None:
        """Give the code of the other side, if the kind has one."""
        codes = (self.payload.get(name) for name in PARTNER_FIELDS)
        return next((uscc.normalized(code) for code in codes if code is not None), None)


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which an organization belonged to a centre; both ends included."""

    joined_on: date | None
    left_on: date | None

    def covers(self, day: date) -> bool:
        """Tell whether a day lies in the period."""
        begun = self.joined_on is None or self.joined_on <= day
        return begun and (self.left_on is None or day <= self.left_on)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an organization is to a centre: its operator, its lead, or a member for some periods."""

    stage: Stage
    operates: bool
    periods: tuple[Period, ...]

    def belongs(self, *days: date) -> bool:
        """Tell whether it belongs to the centre on one of the days."""
        return self.operates or any(period.covers(day) for period in self.periods for day in days)


@dataclass(frozen=True, slots=True)
class Derived:
    """What the register says of the other side; None where it does not know it."""

    is_member: bool | None = None
    is_sme: bool | None = None
    region_code: str | None = None


def standing_checks(standing: Standing | None, occurred_on: date, today: date) -> list[Check]:
    """Check that the organization may post for the centre (X04).

    It belongs to the centre today, or belonged to it on the day the fact happened: what a former
    member did in its time can still be told. A centre that is not one's own does not exist.
    """
    belongs = standing is not None and standing.belongs(today, occurred_on)
    hidden = NOT_FOUND.check("NOT_FOUND", Kind.HIDDEN, passed=belongs, pointer="/center_id")
    if standing is None or not belongs:
        return [hidden]
    return [hidden, *writing_checks(standing.stage)]


def writing_checks(stage: Stage) -> list[Check]:
    """Check that a centre takes facts: not while it is suspended, nor after its end."""
    writable = stage is not Stage.SUSPENDED and stage not in ENDED
    return [
        TENANCY.check("STATE_CONFLICT", Kind.STATE, passed=writable, stage=stage.value),
    ]


def content_checks(fact: NewFact, files: Collection[UUID], today: date) -> list[Check]:
    """Judge what a fact says: its link in the chain, its day, its codes, its evidence, its kind."""
    return [
        CHAIN.check(
            "CHAIN_STAGE_MISSING",
            Kind.CONTENT,
            passed=fact.kind not in ACTIVITIES or fact.stage is not None,
            pointer="/chain_stage",
        ),
        _past("/occurred_on", fact.occurred_on, today),
        *_code_checks(fact),
        *existence_checks(fact.evidence, files),
        *SPECIFIC.get(fact.kind, _nothing)(fact, today),
    ]


def repeat_checks(kept_sha256: str | None, sent_sha256: str) -> list[Check]:
    """Check that a reference used before came with the same content (X05)."""
    same = kept_sha256 is None or kept_sha256 == sent_sha256
    return [REPEATED.check("EXTERNAL_ID_MISMATCH", Kind.STATE, passed=same, pointer="/external_id")]


def correction_checks(
    submitter_id: UUID,
    acting_id: UUID | None,
    *,
    operates: bool,
    superseded_by: UUID | None,
    kinds: tuple[FactKind, FactKind],
) -> list[Check]:
    """Check that a fact may be corrected: by who posted it or runs the centre, once, in kind.

    `kinds` are the kind that is kept and the one that was sent (X07).
    """
    kept, sent = kinds
    figures: Mapping[str, Any] = (
        {} if superseded_by is None else {"superseded_by_id": str(superseded_by)}
    )
    return [
        TENANCY.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=operates or acting_id == submitter_id),
        APPEND_ONLY.check(
            "FIELD_INVALID",
            Kind.CONTENT,
            passed=kept is sent,
            pointer="/kind",
            field="kind",
            expected=kept.value,
        ),
        APPEND_ONLY.check("FACT_SUPERSEDED", Kind.STATE, passed=superseded_by is None, **figures),
    ]


def _past(pointer: str, day: date, today: date) -> Check:
    return HAPPENED.check(
        "DAY_IN_FUTURE",
        Kind.CONTENT,
        passed=day <= today,
        pointer=pointer,
        today=today.isoformat(),
    )


def _code_checks(fact: NewFact) -> list[Check]:
    named = [(name, fact.payload.get(name)) for name in USCC_FIELDS]
    return [
        check
        for name, code in named
        if code is not None
        for check in uscc.uscc_checks(code, pointer=f"/payload/{name}")
    ]


def _nothing(_fact: NewFact, _today: date) -> list[Check]:
    return []


def _usage(fact: NewFact, _today: date) -> list[Check]:
    hours = Decimal(str(fact.payload["hours"]))
    shared = Decimal(str(fact.payload["shared_hours"]))
    return [
        OPEN_SHARING.check(
            "AMOUNT_EXCEEDED",
            Kind.CONTENT,
            passed=shared <= hours,
            pointer="/payload/shared_hours",
            hours=str(hours),
            shared_hours=str(shared),
        )
    ]


def _project(fact: NewFact, _today: date) -> list[Check]:
    commissioned = fact.payload["source"] == "commissioned"
    return [
        COMMISSIONED.check(
            "FIELD_MISSING",
            Kind.CONTENT,
            passed=not commissioned or fact.payload.get("contract_ref") is not None,
            pointer="/payload/contract_ref",
            field="payload/contract_ref",
        )
    ]


def _incubation(fact: NewFact, today: date) -> list[Check]:
    alive_on = date.fromisoformat(fact.payload["alive_on"])
    founded = fact.payload.get("founded_on")
    ordered = founded is None or date.fromisoformat(founded) <= alive_on
    return [
        _past("/payload/alive_on", alive_on, today),
        INCUBATED.check("DAYS_REVERSED", Kind.CONTENT, passed=ordered, pointer="/payload/alive_on"),
    ]


def _first_sale(fact: NewFact, today: date) -> list[Check]:
    sold_on = date.fromisoformat(fact.payload["first_sale_on"])
    return [_past("/payload/first_sale_on", sold_on, today)]


SPECIFIC: Final[Mapping[FactKind, Callable[[NewFact, date], Sequence[Check]]]] = {
    FactKind.RESOURCE_USAGE: _usage,
    FactKind.PROJECT: _project,
    FactKind.INCUBATION: _incubation,
    FactKind.FIRST_COMMERCIALIZATION: _first_sale,
}


ALL_PPM: Final = 1_000_000


def missing_stages(counts: Mapping[ChainStage, int]) -> list[ChainStage]:
    """Name the links of the innovation chain that nothing was done for (A019)."""
    return [stage for stage in ChainStage if not counts.get(stage)]


def share_ppm(part: int, whole: int) -> int | None:
    """Give a share in ppm, rounded down; None of nothing."""
    return None if whole == 0 else part * ALL_PPM // whole
