"""What goes over the wire about facts: a class per kind, told apart by `kind`.

The classes are made from `kinds.PAYLOADS`, so that a new kind is one payload class.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, create_model

from registry.facts.kinds import PAYLOADS, FactPayload, ServicePayload
from registry.facts.rules import ChainStage, FactKind, NewFact
from shared.http.schemas import Body, Day, ExternalId, Out, ShortText

Example = Mapping[str, Any]
Evidence = Annotated[list[UUID], Field(max_length=50)]


class FactBodyIn(Body):
    """What a fact of any kind carries."""

    kind: str
    center_id: UUID = Field(description="The centre at which it happened.")
    occurred_on: Day = Field(description="The day on which it happened.")
    external_id: ExternalId = Field(description="Your own reference; posting it again is safe.")
    payload: Any
    evidence: Evidence = Field(default=[], description="Files that show it.")
    chain_stage: ChainStage | None = Field(
        default=None, description="The link of the chain; most kinds imply it (A019)."
    )

    def fact(self) -> NewFact:
        """Give the fact as the rules see it."""
        return NewFact(
            center_id=self.center_id,
            kind=FactKind(self.kind),
            occurred_on=self.occurred_on,
            external_id=self.external_id,
            payload=self.payload.model_dump(mode="json", exclude_none=True),
            evidence=tuple(self.evidence),
            chain_stage=self.chain_stage,
        )


class FactCorrectionBodyIn(Body):
    """What a correction of any kind carries: the whole fact as it should have been, and why."""

    kind: str
    occurred_on: Day = Field(description="The day on which it really happened.")
    payload: Any
    evidence: Evidence = Field(default=[], description="Files that show it.")
    chain_stage: ChainStage | None = Field(default=None, description="The link of the chain.")
    reason: ShortText = Field(description="Why the first one was wrong.")

    def fact(self, center_id: UUID, external_id: str) -> NewFact:
        """Give the corrected fact; centre and reference stay those of the first one."""
        return NewFact(
            center_id=center_id,
            kind=FactKind(self.kind),
            occurred_on=self.occurred_on,
            external_id=external_id,
            payload=self.payload.model_dump(mode="json", exclude_none=True),
            evidence=tuple(self.evidence),
            chain_stage=self.chain_stage,
        )


class DerivedOut(Out):
    """What the register says of the other side, for the day on which it happened."""

    is_member: bool | None = Field(description="Whether it was a member of the centre.")
    is_sme: bool | None = Field(description="Whether it is a small or medium enterprise.")
    region_code: str | None = Field(description="Where it is registered.")


class FactEnvelopeOut(Out):
    """A fact of any kind as it is kept."""

    id: UUID = Field(description="The fact's id.")
    kind: str
    center_id: UUID = Field(description="The centre.")
    occurred_on: date = Field(description="The day on which it happened.")
    recorded_at: datetime = Field(description="When it became known.")
    external_id: str = Field(description="The reference of who posted it.")
    submitted_by_org_id: UUID = Field(description="The organization that posted it.")
    chain_stage: ChainStage | None = Field(description="The link of the chain.")
    payload: Any
    evidence: list[UUID] = Field(description="Files that show it.")
    supersedes_id: UUID | None = Field(description="The fact that it corrects.")
    superseded_by_id: UUID | None = Field(description="The fact that corrects it, as known.")
    reason: str | None = Field(description="Why it corrects that fact.")
    derived: DerivedOut = Field(description="What the register says of the other side.")


def _name(payload: type[FactPayload]) -> str:
    return payload.__name__.removesuffix("Payload")


def _model(payload: type[FactPayload], base: Any, suffix: str, rest: Example) -> Any:  # noqa: ANN401 - made here
    kind: Any = Literal[payload.KIND.value]
    model: Any = create_model(
        f"{_name(payload)}{suffix}",
        __base__=base,
        __doc__=payload.__doc__,
        kind=(kind, Field(description="Tells the kind.")),
        payload=(payload, Field(description="The fields of the kind.")),
    )
    example = {"kind": payload.KIND.value, **rest, "payload": payload.EXAMPLE}
    model.model_config["json_schema_extra"] = {"examples": [example]}
    model.model_rebuild(force=True)
    return model


def _union(base: Any, suffix: str, rest: Example) -> Any:  # noqa: ANN401 - made here
    members = [_model(payload, base, suffix, rest) for payload in PAYLOADS]
    return Annotated[reduce(or_, members), Field(discriminator="kind")]


POSTED: Final[Example] = {
    "center_id": "019a0000-0000-7000-8000-000000000001",
    "occurred_on": "2027-06-18",
    "external_id": "2027-0042",
    "evidence": [],
}
CORRECTED: Final[Example] = {"occurred_on": "2027-06-19", "reason": "日期有误"}
KEPT: Final[Example] = {
    **POSTED,
    "id": "019a0000-0000-7000-8000-000000000042",
    "recorded_at": "2027-06-20T01:00:00Z",
    "submitted_by_org_id": "019a0000-0000-7000-8000-000000000002",
    "chain_stage": "transfer_diffusion",
    "supersedes_id": "019a0000-0000-7000-8000-000000000041",
    "superseded_by_id": "019a0000-0000-7000-8000-000000000043",
    "reason": "日期有误",
    "derived": {"is_member": False, "is_sme": True, "region_code": "310113"},
}

if TYPE_CHECKING:
    FactIn = FactBodyIn
    FactCorrectionIn = FactCorrectionBodyIn
    FactOut = FactEnvelopeOut
else:
    FactIn = _union(FactBodyIn, "FactIn", POSTED)
    FactCorrectionIn = _union(FactCorrectionBodyIn, "FactCorrectionIn", CORRECTED)
    FactOut = _union(FactEnvelopeOut, "FactOut", KEPT)

POSTED_EXAMPLE: Final[Example] = {
    "kind": ServicePayload.KIND.value,
    **POSTED,
    "payload": ServicePayload.EXAMPLE,
}
FACT_IN_NAMES: Final = tuple(f"{_name(payload)}FactIn" for payload in PAYLOADS)
ROWS: Final[TypeAdapter[Any]] = TypeAdapter(FactIn)


class FactPageOut(Out):
    """A part of the list of facts."""

    items: list[FactOut] = Field(description="Facts, oldest record first unless asked otherwise.")
    next_cursor: str | None = Field(default=None, description="Pass it as `cursor` for more.")
