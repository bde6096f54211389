"""What happens to assets: reported one by one or in sets, and moved from state to state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.assets import abandoning, queries, rules
from ip_ledger.assets.inventor_actions import enter_first
from ip_ledger.assets.proposal_rules import FilingPosition, filing_checks
from ip_ledger.assets.rules import AbandonCause, Disclosure, Event, FeeOutcome, State
from ip_ledger.assets.tables import Asset
from ip_ledger.facts.actions import state_facts
from ip_ledger.facts.rules import LedgerFactKind, Statement
from shared.auth import Actor
from shared.calendar import day_of
from shared.directory import DirectoryCenter
from shared.events import EventRow, record, record_many
from shared.events.recording import content_sha256
from shared.http import version_checks
from shared.http.batches import Before
from shared.rules import Check, Kind, Refused, require

# What a dry run keeps of the assets that it would have entered: by number, and by reference.
NUMBERS: Final = "number"
REFERENCES: Final = "reference"


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a reported asset: the row that there is, or the checks that refuse it."""

    asset: Asset | None
    is_new: bool
    checks: tuple[Check, ...] = ()
    warnings: tuple[Check, ...] = ()


async def register(
    session: AsyncSession, actor: Actor, disclosure: Disclosure, *, now: datetime, today: date
) -> Reported:
    """Enter an asset of a centre for which the actor may write (A084, A109).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, PATENT_…, NUMBER_FORMAT, SHARES_NOT_100,
    ALREADY_EXISTS, EXTERNAL_ID_MISMATCH or CONSORTIUM_NOT_REGISTERED.
    """
    reported = (await register_many(session, actor, [disclosure], now=now, today=today))[0]
    if reported.asset is None:
        raise Refused(reported.checks)
    return reported


async def register_many(
    session: AsyncSession,
    actor: Actor,
    disclosures: Sequence[Disclosure],
    *,
    now: datetime,
    today: date,
) -> list[Reported]:
    """Enter a set of assets by the rules of `register`; refused ones leave the others alone.

    Gives a verdict per asset, in order. A row reported before with the same content is no new one.
    """
    judge = await _judge(session, actor, disclosures, today)
    verdicts = [judge.verdict(disclosure, now, actor) for disclosure in disclosures]
    fresh = [verdict.asset for verdict in verdicts if verdict.asset and verdict.is_new]
    written = await _insert(session, fresh)
    told = {
        verdict.asset.id: (verdict.asset.center_id, disclosure.inventors)
        for verdict, disclosure in zip(verdicts, disclosures, strict=True)
        if verdict.asset is not None and verdict.asset.id in written
    }
    await enter_first(session, actor, told, now)
    kept = [asset for asset in fresh if asset.id in written]
    await state_facts(session, [statement(asset) for asset in kept], now)
    await record_many(
        session,
        actor,
        "asset.registered",
        [EventRow(asset.id, asset.center_id, _event_data(asset)) for asset in kept],
    )
    return [_settled(verdict, written) for verdict in verdicts]


async def foretell_many(
    session: AsyncSession,
    actor: Actor,
    disclosures: Sequence[Disclosure],
    before: Before,
    *,
    now: datetime,
    today: date,
) -> list[Reported]:
    """Tell what entering a set would answer after those foretold before; enter nothing."""
    judge = await _judge(session, actor, disclosures, today)
    numbers = {_key(*_number(one)): _number(one) for one in disclosures if one.number is not None}
    references = {
        _key(one.center_id, one.external_id): (one.center_id, one.external_id)
        for one in disclosures
        if one.external_id
    }
    # Who was entered meanwhile comes first, as it would have.
    for key, made in (await before.made(NUMBERS, numbers)).items():
        judge.by_number.setdefault(numbers[key], _foretold(made))
    for key, made in (await before.made(REFERENCES, references)).items():
        judge.by_reference.setdefault(references[key], _foretold(made))
    verdicts = [judge.verdict(disclosure, now, actor) for disclosure in disclosures]
    fresh = [one.asset for one in verdicts if one.asset is not None and one.is_new]
    await before.make(
        NUMBERS,
        {_key(row.jurisdiction, row.number): _kept(row) for row in fresh if row.number is not None},
    )
    await before.make(
        REFERENCES,
        {_key(row.center_id, row.external_id): _kept(row) for row in fresh if row.external_id},
    )
    return verdicts


def _key(*parts: object) -> str:
    return " ".join(map(str, parts))


def _kept(row: Asset) -> list[str]:
    return [str(row.id), row.content_sha256]


def _foretold(made: Sequence[str]) -> Asset:
    """Give of an asset that would be there what others are judged by."""
    known: dict[str, Any] = {"id": UUID(made[0]), "content_sha256": made[1]}
    return Asset(**known)


@dataclass(frozen=True, slots=True)
class _Judge:
    """What is known of the centres and of earlier reports; rows of the set are added to it."""

    centers: Mapping[UUID, DirectoryCenter]
    organizations: Mapping[UUID, frozenset[UUID]]
    by_number: dict[tuple[str, str], Asset]
    by_reference: dict[tuple[UUID, str], Asset]
    today: date

    def verdict(self, disclosure: Disclosure, now: datetime, actor: Actor) -> Reported:
        center = self.centers.get(disclosure.center_id)
        if center is None:
            hidden = rules.OWN_IP.check("NOT_FOUND", Kind.HIDDEN, passed=False)
            return Reported(None, is_new=False, checks=(hidden,))
        asset = _asset(disclosure, now, actor)
        former = self._former(asset)
        if former is not None and former.content_sha256 == asset.content_sha256:
            return Reported(former, is_new=False)
        checks = [
            *rules.disclosure_checks(disclosure, self.today),
            *rules.holding_checks(
                has_legal_entity=center.legal_entity_id is not None,
                trustee_org_id=disclosure.trustee_org_id,
                trustees=sorted(self.organizations[center.id]),
            ),
            *self._repetition_checks(asset),
        ]
        refused = tuple(check for check in checks if check.refuses)
        if refused:
            return Reported(None, is_new=False, checks=refused)
        self._remember(asset)
        warnings = tuple(check for check in checks if not check.passed)
        return Reported(asset, is_new=True, warnings=warnings)

    def _former(self, asset: Asset) -> Asset | None:
        if asset.external_id is None:
            return None
        return self.by_reference.get((asset.center_id, asset.external_id))

    def _repetition_checks(self, asset: Asset) -> list[Check]:
        number = (asset.jurisdiction, asset.number or "")
        return [
            rules.REPETITION.check(
                "EXTERNAL_ID_MISMATCH",
                Kind.STATE,
                passed=self._former(asset) is None,
                pointer="/external_id",
            ),
            rules.OWN_IP.check(
                "ALREADY_EXISTS",
                Kind.STATE,
                passed=asset.number is None or number not in self.by_number,
                pointer="/number",
                key=asset.number,
            ),
        ]

    def _remember(self, asset: Asset) -> None:
        if asset.number is not None:
            self.by_number[asset.jurisdiction, asset.number] = asset
        if asset.external_id is not None:
            self.by_reference[asset.center_id, asset.external_id] = asset


async def _judge(
    session: AsyncSession, actor: Actor, disclosures: Sequence[Disclosure], today: date
) -> _Judge:
    center_ids = {one.center_id for one in disclosures}
    centers = await tenancy.centers_for_writing(session, actor, center_ids, today)
    numbers = [_number(one) for one in disclosures if one.number is not None]
    references = [(one.center_id, one.external_id) for one in disclosures if one.external_id]
    return _Judge(
        centers,
        await tenancy.taking_part(session, centers.values()),
        await queries.assets_by_number(session, numbers),
        await queries.assets_by_reference(session, tenancy.own_organization(actor), references),
        today,
    )


def _number(disclosure: Disclosure) -> tuple[str, str]:
    """Give the office and the number as they are stored."""
    kind = disclosure.kind
    office = rules.jurisdiction_of(kind, disclosure.number, disclosure.jurisdiction)
    return office, rules.normalized_number(kind, disclosure.number, office) or ""


def _asset(disclosure: Disclosure, now: datetime, actor: Actor) -> Asset:
    kind, dates = disclosure.kind, disclosure.dates
    jurisdiction, number = _number(disclosure)
    return Asset(
        center_id=disclosure.center_id,
        kind=kind,
        title=disclosure.title,
        number=number or None,
        jurisdiction=jurisdiction,
        filed_on=dates.filed_on,
        granted_on=dates.granted_on,
        registered_on=dates.registered_on,
        term_until=rules.term_until(kind, dates),
        is_background=disclosure.is_background,
        trustee_org_id=disclosure.trustee_org_id,
        completing_org_id=disclosure.completing_org_id,
        state=rules.first_state(kind, dates),
        next_look_at=now if rules.first_state(kind, dates) in rules.LIVING else None,
        external_id=disclosure.external_id,
        content_sha256=content_sha256(_content(disclosure, number, jurisdiction)),
        submitted_by_org_id=tenancy.own_organization(actor),
        recorded_by=actor.person_id,
        recorded_at=now,
    )


def _content(disclosure: Disclosure, number: str | None, jurisdiction: str) -> Mapping[str, Any]:
    dates = disclosure.dates
    return {
        "kind": disclosure.kind,
        "title": disclosure.title,
        "number": number,
        "jurisdiction": jurisdiction,
        "dates": (dates.filed_on, dates.granted_on, dates.registered_on),
        "is_background": disclosure.is_background,
        "trustee_org_id": disclosure.trustee_org_id,
        "completing_org_id": disclosure.completing_org_id,
        "inventors": [
            (one.person_id, one.name, one.org_id, one.share_ppm) for one in disclosure.inventors
        ],
    }


async def _insert(session: AsyncSession, assets: Sequence[Asset]) -> set[UUID]:
    """Insert what nobody else has inserted meanwhile; give the ids that were."""
    if not assets:
        return set()
    statement = postgresql.insert(Asset).on_conflict_do_nothing().returning(col(Asset.id))
    rows = [asset.model_dump() for asset in assets]
    return set(await session.scalars(statement, rows))


def _settled(verdict: Reported, written: set[UUID]) -> Reported:
    """Refuse what another request inserted between the look and the insert."""
    asset = verdict.asset
    if asset is None or not verdict.is_new or asset.id in written:
        return verdict
    lost = rules.OWN_IP.check(
        "ALREADY_EXISTS", Kind.STATE, passed=False, pointer="/number", key=asset.number
    )
    return Reported(None, is_new=False, checks=(lost,))


async def change_state(
    session: AsyncSession,
    actor: Actor,
    asset_id: UUID,
    event: Event,
    occurred_on: date,
    *,
    number: str | None = None,
    cause: AbandonCause | None = None,
    version: int,
    now: datetime,
    today: date,
) -> Asset:
    """Move an asset along its life: published, granted, abandoned and so on.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT, STATE_CONFLICT,
    FIELD_INVALID, DAYS_OUT_OF_ORDER; of a filing PATENT_…, NUMBER_FORMAT or FILING_OPPOSED; of what
    is given up CONSENT_MISSING.
    """
    asset = await queries.asset_for_update(session, actor, asset_id, today)
    centers = await tenancy.centers_for_writing(session, actor, [asset.center_id], today)
    dates = rules.dates_after(asset.dates, event, occurred_on)
    number_checks = await _filing_checks(session, asset, event, number)
    require(
        [
            rules.MARKET_TERMS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=bool(centers)),
            *version_checks(asset.version, version),
            *rules.date_checks(asset.kind, dates, today),
            *rules.event_checks(asset.state, event),
            rules.cause_check(event, cause),
            *await abandoning.consent_checks(session, actor, asset, event, cause, occurred_on),
            *number_checks,
        ]
    )
    before = asset.model_dump()
    if number is not None and event is Event.FILE:
        asset.jurisdiction = rules.jurisdiction_of(asset.kind, number, None)
        asset.number = rules.normalized_number(asset.kind, number, asset.jurisdiction)
    asset.state = rules.MOVES[asset.state, event]
    asset.abandon_cause = cause
    if asset.state in rules.ENDS:
        asset.gone(rules.ended(asset.days_gone, occurred_on))
    asset.filed_on, asset.granted_on = dates.filed_on, dates.granted_on
    asset.registered_on = dates.registered_on
    asset.term_until = rules.term_until(asset.kind, dates)
    # Its fees follow at the next look: owed from a grant on, called off with the right.
    asset.next_look_at = now
    await _moved(session, actor, asset, before, occurred_on, now)
    return asset


async def _moved(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    before: Mapping[str, Any],
    occurred_on: date,
    now: datetime,
) -> None:
    asset.version += 1
    await session.flush()
    await state_facts(session, [statement(asset)], now)
    over = asset.state in rules.ENDS
    told: dict[str, Any] = {}
    if over:
        told["owners"] = await abandoning.losing(session, asset, occurred_on)
    if over and asset.abandon_cause is not None:
        told["cause"] = asset.abandon_cause
    record(
        session,
        actor,
        f"asset.{asset.state.value}",
        asset.id,
        center_id=asset.center_id,
        before=before,
        after=asset.model_dump(),
        occurred_on=occurred_on,
        **told,
        **_event_data(asset),
    )


async def expire(session: AsyncSession, actor: Actor, asset: Asset, now: datetime) -> None:
    """End a right whose term is over; its lock is held, and its last day has passed."""
    before = asset.model_dump()
    last = asset.term_until
    asset.state = rules.MOVES[asset.state, Event.EXPIRE]
    asset.gone(rules.ended(asset.days_gone, last or day_of(now)))
    await _moved(session, actor, asset, before, last or day_of(now), now)


async def restore(
    session: AsyncSession, actor: Actor, asset: Asset, state: State, on: date, now: datetime
) -> None:
    """Bring a right back that the office restored, to the end of its whole term; its lock is held.

    `state` is the one in which it stood before, or what its fees make of that.
    """
    before = asset.model_dump()
    asset.state = state
    asset.abandon_cause = None
    asset.gone(rules.returned(asset.days_gone, on))
    asset.term_until = rules.term_until(asset.kind, asset.dates)
    # What is owed next follows at the next look.
    asset.next_look_at = now
    await _moved(session, actor, asset, before, on, now)


async def settle_fee(
    session: AsyncSession,
    actor: Actor,
    asset: Asset,
    outcome: FeeOutcome,
    on: date,
    now: datetime,
) -> None:
    """Do to a right what its fees do: `on` is its last day, or the day of the payment (专利法44).

    The asset's lock is held. What is in the state already that it comes to stays as it is.
    """
    state = rules.FEE_MOVES[asset.state, outcome]
    if outcome is FeeOutcome.KEEP and state is asset.state:
        return
    before = asset.model_dump()
    asset.state = state
    lapsed = outcome is FeeOutcome.LAPSE
    asset.abandon_cause = AbandonCause.UNPAID if lapsed else None
    if lapsed:
        asset.gone(rules.ended(asset.days_gone, on))
    elif outcome is FeeOutcome.RESTORE:
        # It was paid in time: the right was never over.
        asset.gone(rules.returned(asset.days_gone, None))
    asset.term_until = on if lapsed else rules.term_until(asset.kind, asset.dates)
    await _moved(session, actor, asset, before, on, now)


async def _filing_checks(
    session: AsyncSession, asset: Asset, event: Event, number: str | None
) -> list[Check]:
    """Check a filing: nobody opposes it, and what had no number gets one (民法典860)."""
    if event is not Event.FILE:
        return []
    positions = (await queries.filing_positions(session, [asset.id])).get(asset.id, [])
    opposing = [one.org_id for one in positions if one.position is FilingPosition.OPPOSE]
    checks = filing_checks(opposing)
    if asset.number is None and asset.kind in rules.PATENTS:
        checks += rules.number_checks(asset.kind, number, None)
    return checks


def statement(asset: Asset) -> Statement:
    """Give an asset as a fact of its centre (A1, A2 of the scheme)."""
    return Statement(
        subject_id=asset.id,
        center_id=asset.center_id,
        kind=LedgerFactKind.ASSET,
        # Know-how has no day of its own: it counts from the day on which it was recorded.
        occurred_on=asset.dates.occurred_on or day_of(asset.recorded_at),
        external_id=asset.external_id,
        submitted_by_org_id=asset.submitted_by_org_id,
        payload={
            "asset_id": asset.id,
            "kind": asset.kind,
            "number": asset.number,
            "filed_on": asset.filed_on,
            "granted_on": asset.granted_on,
            "registered_on": asset.registered_on,
            "jurisdiction": asset.jurisdiction,
            "background": asset.is_background,
            "state": asset.state,
            **({} if asset.abandon_cause is None else {"abandon_cause": asset.abandon_cause}),
        },
    )


def _event_data(asset: Asset) -> dict[str, Any]:
    return {
        "asset_id": asset.id,
        "kind": asset.kind,
        "number": asset.number,
        "state": asset.state,
    }
