"""What happens to agreements: proposed, signed by every party, in force, replaced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import queries, recorded, rules
from ip_ledger.agreements.rules import Event, Proposal, State, TemplateUse
from ip_ledger.agreements.tables import Agreement, AgreementParty, AgreementSignature
from ip_ledger.log.actions import append_record
from ip_ledger.party_keys import queries as keys
from ip_ledger.party_keys import rules as key_rules
from ip_ledger.party_keys import signatures
from ip_ledger.party_keys.tables import PartyKey
from ip_ledger.templates import queries as templates
from ip_ledger.templates import rules as template_rules
from ip_ledger.templates.tables import AgreementTemplate
from shared.auth import Actor
from shared.directory import DirectoryCenter
from shared.events import record
from shared.events.recording import content_sha256
from shared.http import version_checks
from shared.rules import Check, Kind, found, require


async def propose(
    session: AsyncSession,
    actor: Actor,
    center: DirectoryCenter,
    proposal: Proposal,
    *,
    stored_sha256: str | None,
    now: datetime,
    amends: Agreement | None = None,
) -> queries.Whole:
    """Propose an agreement to its parties, for the lead sponsor or the centre itself (A084).

    `center` is one that the actor may write for, locked; `stored_sha256` is the hash of the text as
    the registry keeps it. Raises `Refused`: FORBIDDEN_SCOPE, FILE_UNKNOWN, TEXT_HASH_MISMATCH,
    CLAUSE_MISSING, SHARES_NOT_100, PARTIES_TOO_FEW, PARTY_…, USE_RATE_REPEATED, TEMPLATE_UNKNOWN,
    FIELDS_MISMATCH or CONSENT_MISSING.
    """
    present = await queries.present_for_update(session, center.id)
    bound = (await queries.with_parts(session, present[:1]))[0].party_ids if present else []
    organizations = (await tenancy.taking_part(session, [center]))[center.id]
    cited = await _cited(session, proposal)
    require(
        [
            leading_check(center, actor),
            *cited.checks,
            *rules.text_checks(stored_sha256, proposal.text_sha256),
            *rules.proposal_checks(proposal),
            *rules.succession_checks(proposal.parties, bound, organizations),
        ]
    )
    proposer = Proposer(tenancy.own_organization(actor), actor.person_id, now)
    edition = await queries.last_edition(session, center.id) + 1
    agreement = _agreement(center.id, proposal, str(stored_sha256), edition, proposer)
    agreement.supersedes_id = amends.id if amends else None
    cited.put_into(agreement)
    parties = await _add(session, agreement, proposal)
    record(
        session,
        actor,
        "agreement.proposed",
        agreement.id,
        center_id=center.id,
        after=agreement.terms_sha256,
        parties=proposal.parties,
        effective_on=proposal.effective_on,
        text_sha256=agreement.text_sha256,
    )
    return queries.Whole(agreement, parties, [])


async def enter_existing(
    session: AsyncSession,
    actor: Actor,
    center: DirectoryCenter,
    proposal: Proposal,
    *,
    stored_sha256: str,
    opening_id: UUID,
    now: datetime,
    today: date,
) -> queries.Whole:
    """Enter an agreement that its parties signed before, as an opening that is approved says.

    The caller has judged its terms and text, and holds the centre's lock.
    """
    org_id = tenancy.operator_id(center) or center.lead_sponsor_id
    proposer = Proposer(org_id, actor.person_id, now)
    edition = await queries.last_edition(session, center.id) + 1
    agreement = _agreement(center.id, proposal, stored_sha256, edition, proposer)
    agreement.state = State.SIGNED
    agreement.opening_id = opening_id
    entered = queries.Whole(agreement, await _add(session, agreement, proposal), [])
    record(
        session, actor, "agreement.entered", agreement.id, center_id=center.id,
        after=agreement.terms_sha256, parties=proposal.parties, opening_id=opening_id,
    )  # fmt: skip
    if rules.takes_effect(agreement.state, agreement.effective_on, today):
        await take_effect(session, actor, entered, now=now)
    return entered


@dataclass(frozen=True, slots=True)
class _Cited:
    """The template that a proposal cites, and whether that is right."""

    use: TemplateUse | None = None
    row: AgreementTemplate | None = None
    checks: tuple[Check, ...] = ()

    def put_into(self, agreement: Agreement) -> None:
        """Let an agreement name its template, its hash and what stands in its blanks."""
        if self.use is None or self.row is None:
            return
        text = template_rules.filled(self.row.body, self.use.fields)
        agreement.template_id = self.row.id
        agreement.template_sha256 = self.row.body_sha256
        agreement.template_fields = dict(self.use.fields)
        agreement.template_unchanged = template_rules.sha256_of(text) == agreement.text_sha256


async def _cited(session: AsyncSession, proposal: Proposal) -> _Cited:
    use = proposal.template
    if use is None:
        return _Cited()
    row = await templates.published(session, use.template_id)
    checks = [rules.template_check(is_published=row is not None)]
    if row is not None:
        checks += template_rules.filling_checks(row.body, use.fields, "/template/fields")
    return _Cited(use, row, tuple(checks))


@dataclass(frozen=True, slots=True)
class Proposer:
    """Who puts a text before its parties, for which organization, and when."""

    org_id: UUID
    person_id: UUID
    at: datetime


def _agreement(
    center_id: UUID, proposal: Proposal, text_sha256: str, edition: int, proposer: Proposer
) -> Agreement:
    return Agreement(
        center_id=center_id,
        state=State.PROPOSED,
        edition=edition,
        text_file_id=proposal.text_file_id,
        text_sha256=text_sha256,
        terms_sha256=content_sha256(terms_document(center_id, proposal, text_sha256)),
        clauses={clause.value: evidence for clause, evidence in proposal.clauses.items()},
        attribution=_attribution(proposal),
        use_rates=_use_rates(proposal),
        rounding=proposal.rounding,
        exit_method=proposal.exit_method,
        ordinary_license_consent_ppm=proposal.ordinary_license_consent_ppm,
        other_license_consent_ppm=proposal.other_license_consent_ppm,
        effective_on=proposal.effective_on,
        proposed_by_org_id=proposer.org_id,
        proposed_by=proposer.person_id,
        proposed_at=proposer.at,
    )


async def _add(
    session: AsyncSession, agreement: Agreement, proposal: Proposal
) -> list[AgreementParty]:
    parties = _parties(agreement.id, proposal)
    session.add(agreement)
    await session.flush()
    session.add_all(parties)
    await session.flush()
    return parties


async def amend(
    session: AsyncSession,
    actor: Actor,
    agreement_id: UUID,
    proposal: Proposal,
    *,
    version: int,
    stored_sha256: str | None,
    now: datetime,
    today: date,
) -> queries.Whole:
    """Propose another text in place of an agreement that binds its parties (X06).

    The present parties must be parties again, unless they have left the centre. Raises `Refused`
    as `propose`, and NOT_FOUND, STATE_CONFLICT or VERSION_CONFLICT.
    """
    center_id = (await queries.whole(session, actor, agreement_id, today)).agreement.center_id
    center = await tenancy.writable_center_for_update(session, actor, center_id, today)
    agreement = await queries.agreement_for_update(session, actor, agreement_id, today)
    require(
        [
            *version_checks(agreement.version, version),
            *rules.amendment_checks(agreement.state),
        ]
    )
    return await propose(
        session, actor, center, proposal, stored_sha256=stored_sha256, now=now, amends=agreement
    )


@dataclass(frozen=True, slots=True)
class KeySignature:
    """What a party's own key signed of an agreement, in base64."""

    key_id: UUID
    signature: str


async def sign(
    session: AsyncSession,
    actor: Actor,
    agreement_id: UUID,
    text_sha256: str,
    *,
    now: datetime,
    today: date,
    by_key: KeySignature | None = None,
) -> queries.Whole:
    """Sign the text for the actor's own organization; the last signature binds all (A084).

    Whoever has a key of its own that holds today signs with it, too. Raises `Refused`: NOT_FOUND,
    FORBIDDEN_SCOPE, ALREADY_SIGNED, TEXT_HASH_MISMATCH, STATE_CONFLICT, OWN_KEY_REQUIRED,
    KEY_UNKNOWN or KEY_SIGNATURE_INVALID.
    """
    seen = await queries.whole(session, actor, agreement_id, today)
    # One lock for all texts of a centre: two last signatures must not both end the other's text.
    await tenancy.lock_center(session, seen.agreement.center_id)
    agreement = await queries.agreement_for_update(session, actor, agreement_id, today)
    standing = (await queries.with_parts(session, [agreement]))[0]
    party_id = tenancy.speaking_as(actor, standing.party_ids, standing.signed_ids)
    own_keys = {key.id: key for key in await keys.keys_on(session, party_id, today)}
    require(
        [
            *rules.signature_checks(
                agreement.state,
                party_id,
                standing.party_ids,
                standing.signed_ids,
                is_same_text=text_sha256 == agreement.text_sha256,
            ),
            *_key_checks(agreement, own_keys, by_key),
        ]
    )
    signature = AgreementSignature(
        agreement_id=agreement.id,
        org_id=found(party_id),
        text_sha256=text_sha256,
        signed_by=actor.person_id,
        client_id=actor.client_id,
        key_id=None if by_key is None else by_key.key_id,
        key_signature=None if by_key is None else by_key.signature,
        signed_at=now,
    )
    session.add(signature)
    signed = queries.Whole(agreement, standing.parties, [*standing.signatures, signature])
    event = rules.signing_event(signed.party_ids, signed.signed_ids)
    before = agreement.model_dump()
    agreement.state = rules.MOVES[agreement.state, event]
    agreement.version += 1
    record(
        session,
        actor,
        "agreement.signed",
        agreement.id,
        center_id=agreement.center_id,
        before=before,
        after=agreement.model_dump(),
        capacity="party",
        org_id=party_id,
        text_sha256=text_sha256,
        signatures=len(signed.signatures),
        parties=len(signed.parties),
    )
    if rules.takes_effect(agreement.state, agreement.effective_on, today):
        await take_effect(session, actor, signed, now=now)
    return signed


def _key_checks(
    agreement: Agreement, own_keys: Mapping[UUID, PartyKey], by_key: KeySignature | None
) -> list[Check]:
    key = None if by_key is None else own_keys.get(by_key.key_id)
    fits = (
        key is not None
        and by_key is not None
        and signatures.fits(
            key.algorithm, key.public_key, signing_text(agreement), by_key.signature
        )
    )
    return key_rules.signing_checks(own_keys, by_key.key_id if by_key else None, fits=fits)


def signing_text(agreement: Agreement) -> str:
    """Give what a party's own key signs of an agreement."""
    return key_rules.agreement_text(agreement.id, agreement.text_sha256, agreement.terms_sha256)


async def withdraw(
    session: AsyncSession, actor: Actor, agreement_id: UUID, *, version: int, today: date
) -> queries.Whole:
    """Take back a proposal that not all parties have signed.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    agreement = await queries.agreement_for_update(session, actor, agreement_id, today)
    is_proposer = agreement.proposed_by_org_id in actor.org_ids
    require(
        [
            rules.MARKET_TERMS.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=is_proposer),
            *version_checks(agreement.version, version),
            *rules.event_checks(agreement.state, Event.WITHDRAW),
        ]
    )
    before = agreement.model_dump()
    agreement.state = rules.MOVES[agreement.state, Event.WITHDRAW]
    agreement.version += 1
    record(
        session, actor, "agreement.withdrawn", agreement.id, center_id=agreement.center_id,
        before=before, after=agreement.model_dump(),
    )  # fmt: skip
    return (await queries.with_parts(session, [agreement]))[0]


async def take_effect(
    session: AsyncSession, actor: Actor, standing: queries.Whole, *, now: datetime
) -> None:
    """Put a signed agreement in force, end the one that it replaces, and log it (A084, X07).

    Raises `Refused`: STATE_CONFLICT.
    """
    agreement = standing.agreement
    require(rules.event_checks(agreement.state, Event.TAKE_EFFECT))
    await session.flush()
    present = await queries.present_for_update(session, agreement.center_id)
    for former in present:
        if rules.gives_way(former.state, former.edition, agreement.edition):
            _supersede(session, actor, former, agreement)
    before = agreement.model_dump()
    agreement.state = rules.MOVES[agreement.state, Event.TAKE_EFFECT]
    agreement.version += 1
    agreement.in_force_at = now
    await append_record(
        session,
        "agreement",
        agreement.id,
        agreement.center_id,
        recorded.document(standing),
        recorded.openings(standing, await recorded.keys_used(session, standing)),
        readers=standing.party_ids,
    )
    record(
        session,
        actor,
        "agreement.in_force",
        agreement.id,
        center_id=agreement.center_id,
        before=before,
        after=agreement.model_dump(),
        agreement_id=agreement.id,
        version=agreement.version,
        hash=agreement.terms_sha256,
        effective_on=agreement.effective_on,
    )


async def put_due_in_force(session: AsyncSession, actor: Actor, now: datetime, today: date) -> int:
    """Put the signed agreements in force whose first day has come; give how many there were."""
    due = await queries.due_for_update(session, today)
    for standing in await queries.with_parts(session, due):
        if standing.agreement.state is State.SIGNED:
            await take_effect(session, actor, standing, now=now)
    return len(due)


def _supersede(
    session: AsyncSession, actor: Actor, former: Agreement, successor: Agreement
) -> None:
    before = former.model_dump()
    former.state = rules.MOVES[former.state, Event.SUPERSEDE]
    # A successor that reaches back further leaves its predecessor no day at all.
    former.effective_before = max(former.effective_on, successor.effective_on)
    former.version += 1
    record(
        session,
        actor,
        "agreement.ended",
        former.id,
        center_id=former.center_id,
        before=before,
        after=former.model_dump(),
        agreement_id=former.id,
        version=former.version,
        superseded_by_id=successor.id,
        effective_before=former.effective_before,
    )


def leading_check(center: DirectoryCenter, actor: Actor) -> Check:
    """Check that the actor acts for all members: as lead sponsor or for the centre itself."""
    return rules.MARKET_TERMS.check(
        "FORBIDDEN_SCOPE", Kind.SCOPE, passed=tenancy.leads(center, actor)
    )


def terms_document(center_id: UUID, proposal: Proposal, text_sha256: str) -> Mapping[str, Any]:
    """Give what the hash of the terms covers: every term, parties in the order of the text."""
    template = proposal.template
    cited = {} if template is None else {"template": [template.template_id, template.fields]}
    rates = _use_rates(proposal)
    return {
        **cited,
        **({} if rates is None else {"use_rates": rates}),
        "center_id": center_id,
        "text_sha256": text_sha256,
        "parties": proposal.parties,
        "clauses": {clause.value: text for clause, text in proposal.clauses.items()},
        "attribution": _attribution(proposal),
        "benefit_shares": proposal.benefit_shares,
        "risk_shares": proposal.risk_shares,
        "reward_rates": proposal.reward_rates,
        "rounding": proposal.rounding,
        "exit_method": proposal.exit_method,
        "ordinary_license_consent_ppm": proposal.ordinary_license_consent_ppm,
        "other_license_consent_ppm": proposal.other_license_consent_ppm,
        "effective_on": proposal.effective_on,
    }


def _attribution(proposal: Proposal) -> dict[str, Any] | None:
    if proposal.attribution_text is None and not proposal.attribution_shares:
        return None
    shares = [{"org_id": str(org), "ppm": ppm} for org, ppm in proposal.attribution_shares]
    return {"text": proposal.attribution_text, "shares": shares or None}


def _use_rates(proposal: Proposal) -> list[dict[str, Any]] | None:
    rates = [
        {
            "provider_id": str(rate.provider_id),
            "element": rate.element.value,
            "unit": rate.unit.value,
            "price_fen": rate.price_fen,
            "per": rate.per,
        }
        for rate in proposal.use_rates
    ]
    return rates or None


def _parties(agreement_id: UUID, proposal: Proposal) -> list[AgreementParty]:
    benefit, risk = dict(proposal.benefit_shares), dict(proposal.risk_shares)
    rates = dict(proposal.reward_rates)
    return [
        AgreementParty(
            agreement_id=agreement_id,
            place=place,
            org_id=org_id,
            benefit_ppm=benefit.get(org_id, 0),
            risk_ppm=risk.get(org_id, 0),
            reward_rate_ppm=rates.get(org_id),
        )
        for place, org_id in enumerate(proposal.parties, start=1)
    ]
