"""The words of facts: which kinds there are, what each stands for, and a fact as it was sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.codes import uscc


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
    TECHNOLOGY_STAGE = "technology_stage"
    BENCHMARK = "benchmark"
    SITE = "site"
    COOPERATION_EVENT = "cooperation_event"
    BUSINESS_MODEL = "business_model"
    OPERATING_ACTIVITY = "operating_activity"
    TALENT_EVENT = "talent_event"
    TALENT_TEAM = "talent_team"
    JOINT_TRAINING = "joint_training"
    LESSON = "lesson"
    INTELLIGENCE_REPORT = "intelligence_report"
    INTERNATIONAL_PROGRESS = "international_progress"
    OVERSEAS_ACQUISITION = "overseas_acquisition"


class ChainStage(StrEnum):
    """The links of the innovation chain that a centre is to close (A019)."""

    RD_SUPPLY = "rd_supply"
    TRANSFER_DIFFUSION = "transfer_diffusion"
    FIRST_COMMERCIALIZATION = "first_commercialization"


# Kinds that stand for one link by what they are; what is in neither set is support or a record of
# something else, and belongs to none.
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
# A project and a new business model may serve any link: whoever posts one says which.
TOLD_STAGES: Final = frozenset({FactKind.PROJECT, FactKind.BUSINESS_MODEL})
ACTIVITIES: Final = frozenset({*IMPLIED_STAGES, *TOLD_STAGES})
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
    "counterparty_uscc",
)
USCC_FIELDS: Final = (*PARTNER_FIELDS, "verified_by_uscc", "investor_uscc", "assessed_by_uscc")
USCC_LISTS: Final = ("partner_usccs",)
PARTNERS: Final = frozenset(PARTNER_FIELDS)
# Each with its place: a payload has one or none of them, and a batch asks it of every row.
CODED: Final = {name: place for place, name in enumerate((*USCC_FIELDS, *USCC_LISTS))}

# Kinds that the public, other tenants and the other services never learn of: not in a list, count,
# export, event or refusal (A152).
CONFIDENTIAL: Final = frozenset({FactKind.INTELLIGENCE_REPORT})
# What all organizations of the centre may read of them; the rest stays with poster and operator.
INTERNAL: Final = "internal"


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
        for name in self._coded():
            if name in PARTNERS and (code := self.payload[name]) is not None:
                return uscc.normalized(code)
        return None

    def codes(self) -> Iterator[tuple[str, str]]:
        """Give each social credit code of the payload with its place below the payload."""
        for name in self._coded():
            code = self.payload[name]
            if name in USCC_LISTS:
                yield from ((f"{name}/{place}", one) for place, one in enumerate(code or ()))
            elif code is not None:
                yield name, code

    def _coded(self) -> list[str]:
        """Name the fields that are there and hold codes, in the order of all such fields."""
        named = [name for name in self.payload if name in CODED]
        return named if len(named) < 2 else sorted(named, key=CODED.__getitem__)

    def stored_form(self) -> "NewFact":
        """Give the fact with its social credit codes in upper case."""
        if all(code == uscc.normalized(code) for _, code in self.codes()):
            return self
        codes: dict[str, Any] = {
            name: uscc.normalized(code)
            for name in USCC_FIELDS
            if (code := self.payload.get(name)) is not None
        }
        for name in USCC_LISTS:
            if (several := self.payload.get(name)) is not None:
                codes[name] = [uscc.normalized(code) for code in several]
        return replace(self, payload={**self.payload, **codes})
