"""What is read of agreements, and who may see them: parties, the centre, and officials."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from ip_ledger import tenancy
from ip_ledger.agreements.rules import (
    MARKET_TERMS,
    Element,
    ExitMethod,
    Rounding,
    State,
    UseRate,
    UseUnit,
)
from ip_ledger.agreements.tables import Agreement, AgreementParty, AgreementSignature
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.rules import found
from shared.tasks import MOST_TASKS, Task, TaskKind

# Whatever bound the parties for a time, or will from its first day on.
BINDING: Final = (State.SIGNED, State.IN_FORCE, State.SUPERSEDED)


SIGN_AGREEMENT: Final = TaskKind(
    "sign_agreement",
    "签署知识产权协议",
    "Sign the agreement about rights and their benefits",
    MARKET_TERMS,
    "POST",
    "/v1/ip-ledger/agreements/{id}/signatures",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says, as other features need it.

    `parties` are in the order of the signed text, which settles the ties of every division.
    `reward_rates` hold only the parties for which the agreement names a rate.
    """

    id: UUID
    center_id: UUID
    version: int
    terms_sha256: str
    effective_on: date
    parties: tuple[UUID, ...]
    benefit_ppm: Mapping[UUID, int]
    risk_ppm: Mapping[UUID, int]
    reward_rates: Mapping[UUID, int]
    attribution_ppm: Mapping[UUID, int] | None
    ordinary_license_consent_ppm: int | None
    other_license_consent_ppm: int | None
    rounding: Rounding
    exit_method: ExitMethod
    use_rates: tuple[UseRate, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """An agreement with its parties in order and its signatures."""

    agreement: Agreement
    parties: Sequence[AgreementParty]
    signatures: Sequence[AgreementSignature]

    @property
    def party_ids(self) -> list[UUID]:
        """Name the parties in the order of the signed text."""
        return [party.org_id for party in self.parties]

    @property
    def signed_ids(self) -> list[UUID]:
        """Name the parties that have signed."""
        return [signature.org_id for signature in self.signatures]


def _visible(actor: Actor, day: date) -> ColumnElement[bool]:
    """A party keeps seeing what it signed, also after it has left the centre (X04)."""
    if actor.is_official or actor.has("service"):
        return true()
    party = exists().where(
        col(AgreementParty.agreement_id) == col(Agreement.id),
        col(AgreementParty.org_id).in_(actor.org_ids),
    )
    center = exists().where(
        col(DirectoryCenter.id) == col(Agreement.center_id), tenancy.belongs(actor, day)
    )
    return or_(party, center)


async def agreement_for_update(
    session: AsyncSession, actor: Actor, agreement_id: UUID, day: date
) -> Agreement:
    """Load and lock an agreement that the actor may see, else NOT_FOUND."""
    statement = select(Agreement).where(col(Agreement.id) == agreement_id, _visible(actor, day))
    return found(await session.scalar(statement.with_for_update()))


async def whole(session: AsyncSession, actor: Actor, agreement_id: UUID, day: date) -> Whole:
    """Give an agreement that the actor may see, with parties and signatures, else NOT_FOUND."""
    statement = select(Agreement).where(col(Agreement.id) == agreement_id, _visible(actor, day))
    return (await with_parts(session, [found(await session.scalar(statement))]))[0]


def visible_agreements(
    actor: Actor, day: date, center_id: UUID | None, state: State | None
) -> SelectOfScalar[Agreement]:
    """Give the select of the agreements that the actor may see."""
    statement = select(Agreement).where(_visible(actor, day))
    if center_id is not None:
        statement = statement.where(col(Agreement.center_id) == center_id)
    if state is not None:
        statement = statement.where(col(Agreement.state) == state)
    return statement


async def with_parts(session: AsyncSession, agreements: Sequence[Agreement]) -> list[Whole]:
    """Add parties and signatures to agreements: two queries, however many they are."""
    ids = [agreement.id for agreement in agreements]
    parties = await session.scalars(
        select(AgreementParty)
        .where(col(AgreementParty.agreement_id).in_(ids))
        .order_by(col(AgreementParty.place))
    )
    signatures = await session.scalars(
        select(AgreementSignature)
        .where(col(AgreementSignature.agreement_id).in_(ids))
        .order_by(col(AgreementSignature.signed_at), col(AgreementSignature.id))
    )
    party_rows, signature_rows = list(parties), list(signatures)
    return [
        Whole(
            agreement,
            [party for party in party_rows if party.agreement_id == agreement.id],
            [row for row in signature_rows if row.agreement_id == agreement.id],
        )
        for agreement in agreements
    ]


def _binding_on(center_id: UUID, day: date) -> SelectOfScalar[Agreement]:
    # A signed agreement binds from its day on, whether or not the job has marked it yet; where
    # two cover a day until then, the later text is the one that the parties meant.
    return (
        select(Agreement)
        .where(
            col(Agreement.center_id) == center_id,
            col(Agreement.state).in_(BINDING),
            col(Agreement.effective_on) <= day,
            or_(
                col(Agreement.effective_before).is_(None),
                col(Agreement.effective_before) > day,
            ),
        )
        .order_by(col(Agreement.edition).desc())
        .limit(1)
    )


async def binding_agreement(session: AsyncSession, center_id: UUID, day: date) -> Whole | None:
    """Give the agreement that binds the centre's members on a day, if one does (A084)."""
    agreement = await session.scalar(_binding_on(center_id, day))
    return None if agreement is None else (await with_parts(session, [agreement]))[0]


async def in_force(session: AsyncSession, center_id: UUID, day: date) -> Terms | None:
    """Give the terms that bind the centre's members on a day, if an agreement does."""
    standing = await binding_agreement(session, center_id, day)
    return None if standing is None else terms_of(standing)


async def in_force_on_days(
    session: AsyncSession, center_id: UUID, days: Iterable[date]
) -> dict[date, Terms | None]:
    """Give the terms that bind a centre's members on days: one question, however many days."""
    wanted = set(days)
    rows = await session.scalars(
        select(Agreement)
        .where(
            col(Agreement.center_id) == center_id,
            col(Agreement.state).in_(BINDING),
            col(Agreement.effective_on) <= max(wanted),
        )
        .order_by(col(Agreement.edition))
    )
    found_terms: dict[date, Terms | None] = dict.fromkeys(wanted)
    for whole_one in await with_parts(session, list(rows)):
        row = whole_one.agreement
        # A later text comes later, so that it is the one that stays.
        for day in wanted:
            before = row.effective_before
            if row.effective_on <= day and (before is None or day < before):
                found_terms[day] = terms_of(whole_one)
    return found_terms


async def known_agreement(
    session: AsyncSession, center_id: UUID, day: date, as_of: datetime
) -> Whole | None:
    """Give the agreement that bound the centre's members on a day, as known at an instant."""
    agreement = await session.scalar(
        select(Agreement)
        .where(
            col(Agreement.center_id) == center_id,
            col(Agreement.in_force_at) <= as_of,
            col(Agreement.effective_on) <= day,
        )
        # What took effect last had replaced everything before it.
        .order_by(col(Agreement.in_force_at).desc(), col(Agreement.edition).desc())
        .limit(1)
    )
    return None if agreement is None else (await with_parts(session, [agreement]))[0]


def terms_of(standing: Whole) -> Terms:
    """Turn rows into terms."""
    agreement = standing.agreement
    shares = (agreement.attribution or {}).get("shares")
    return Terms(
        id=agreement.id,
        center_id=agreement.center_id,
        version=agreement.version,
        terms_sha256=agreement.terms_sha256,
        effective_on=agreement.effective_on,
        parties=tuple(standing.party_ids),
        benefit_ppm={p.org_id: p.benefit_ppm for p in standing.parties if p.benefit_ppm},
        risk_ppm={p.org_id: p.risk_ppm for p in standing.parties if p.risk_ppm},
        reward_rates={
            p.org_id: p.reward_rate_ppm for p in standing.parties if p.reward_rate_ppm is not None
        },
        attribution_ppm={UUID(s["org_id"]): s["ppm"] for s in shares} if shares else None,
        ordinary_license_consent_ppm=agreement.ordinary_license_consent_ppm,
        other_license_consent_ppm=agreement.other_license_consent_ppm,
        rounding=agreement.rounding,
        exit_method=agreement.exit_method,
        use_rates=use_rates_of(agreement),
    )


def use_rates_of(agreement: Agreement) -> tuple[UseRate, ...]:
    """Turn the rates of use that an agreement keeps into values."""
    return tuple(
        UseRate(
            provider_id=UUID(one["provider_id"]),
            element=Element(one["element"]),
            unit=UseUnit(one["unit"]),
            price_fen=one["price_fen"],
            per=one["per"],
        )
        for one in agreement.use_rates or ()
    )


async def present_for_update(session: AsyncSession, center_id: UUID) -> list[Agreement]:
    """Load and lock the agreements of a centre that bind now or will, the latest text first."""
    statement = (
        select(Agreement)
        .where(
            col(Agreement.center_id) == center_id,
            col(Agreement.state).in_((State.SIGNED, State.IN_FORCE)),
        )
        .order_by(col(Agreement.edition).desc())
        .with_for_update()
    )
    return list(await session.scalars(statement))


async def last_edition(session: AsyncSession, center_id: UUID) -> int:
    """Give the number of the centre's latest text, 0 when there is none."""
    statement = (
        select(col(Agreement.edition))
        .where(col(Agreement.center_id) == center_id)
        .order_by(col(Agreement.edition).desc())
        .limit(1)
    )
    return await session.scalar(statement) or 0


async def ever_bound(session: AsyncSession, center_id: UUID) -> bool:
    """Tell whether an agreement binds a centre's members, will, or once did."""
    bound = exists().where(col(Agreement.center_id) == center_id, col(Agreement.state).in_(BINDING))
    return bool(await session.scalar(select(bound)))


async def due_for_update(session: AsyncSession, day: date) -> list[Agreement]:
    """Load and lock the signed agreements whose first day has come; others' locks are skipped."""
    statement = (
        select(Agreement)
        .where(col(Agreement.state) == State.SIGNED, col(Agreement.effective_on) <= day)
        .order_by(col(Agreement.center_id), col(Agreement.edition))
        .limit(100)
        .with_for_update(skip_locked=True)
    )
    return list(await session.scalars(statement))


async def tasks_of(session: AsyncSession, actor: Actor, today: date) -> list[Task]:
    """Give the agreements that wait for the signature of the caller's organization (A084)."""
    del today  # A proposal has no last day of its own.
    if actor.org_id is None or not actor.has("member"):
        return []
    party = exists().where(
        col(AgreementParty.agreement_id) == col(Agreement.id),
        col(AgreementParty.org_id).in_(actor.org_ids),
    )
    signed = exists().where(
        col(AgreementSignature.agreement_id) == col(Agreement.id),
        col(AgreementSignature.org_id).in_(actor.org_ids),
    )
    statement = (
        select(Agreement)
        .where(col(Agreement.state) == State.PROPOSED, party, ~signed)
        .order_by(col(Agreement.proposed_at), col(Agreement.id))
        .limit(MOST_TASKS)
    )
    return [Task(SIGN_AGREEMENT, row.id, row.center_id) for row in await session.scalars(statement)]
