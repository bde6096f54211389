"""Proposing an opening, approving it twice, and entering what it says."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger import tenancy
from ip_ledger.agreements import actions as agreements
from ip_ledger.agreements import queries as agreement_queries
from ip_ledger.agreements import rules as agreement_rules
from ip_ledger.assets import ownership_actions as ownership
from ip_ledger.assets import ownership_rules
from ip_ledger.assets import queries as assets
from ip_ledger.books import queries as books
from ip_ledger.journal import actions as journal
from ip_ledger.journal import queries as journal_queries
from ip_ledger.journal import rules as journal_rules
from ip_ledger.journal.rules import EntryDraft, EntryKind, Line
from ip_ledger.log.actions import append_record
from ip_ledger.openings import queries, rules
from ip_ledger.openings.rules import (
    Approval,
    Balances,
    Content,
    Event,
    Existing,
    Ownership,
    State,
    Subject,
)
from ip_ledger.openings.tables import BookOpening, BookOpeningApproval
from shared.auth import Actor
from shared.database import new_id
from shared.directory import DirectoryCenter
from shared.events import record
from shared.events.recording import content_sha256
from shared.http import version_checks
from shared.rules import Check, Kind, found, require

CAUSE: Final = "opening"
_CONTENTS: Final[Mapping[Subject, TypeAdapter[Any]]] = {
    Subject.BALANCES: TypeAdapter(Balances),
    Subject.OWNERSHIP: TypeAdapter(Ownership),
    Subject.AGREEMENT: TypeAdapter(Existing),
}


@dataclass(frozen=True, slots=True)
class NewOpening:
    """What stood on a day; the hashes are those of the files as the registry keeps them."""

    center_id: UUID
    on: date
    source: str
    source_file_id: UUID
    source_sha256: str | None
    content: Content
    text_sha256: str | None = None


def content_of(row: BookOpening) -> Content:
    """Give what an opening says."""
    content: Content = _CONTENTS[row.subject].validate_python(row.content["value"])
    return content


async def propose(
    session: AsyncSession,
    actor: Actor,
    new: NewOpening,
    *,
    known_orgs: Collection[UUID],
    now: datetime,
    today: date,
) -> queries.Whole:
    """Propose what was there before, for the centre or as its bookkeeper (X07).

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, FILE_UNKNOWN, DAY_IN_FUTURE, OPENING_TOO_LATE,
    ALREADY_EXISTS, or what `_checks` gives of its subject.
    """
    await tenancy.lock_center(session, new.center_id)
    center = await _writable(session, actor, new.center_id, today)
    may_act = actor.has("bookkeeper") or tenancy.leads(center, actor)
    subject = rules.subject_of(new.content)
    document = {
        "value": _CONTENTS[subject].dump_python(new.content, mode="json"),
        "text_sha256": new.text_sha256,
    }
    row = BookOpening(
        center_id=center.id,
        subject=subject,
        subject_id=_subject_id(center, new.content),
        on=new.on,
        source=new.source,
        source_file_id=new.source_file_id,
        source_sha256=new.source_sha256 or "",
        content=document,
        content_sha256=content_sha256(
            [center.id, subject, new.on, new.source, new.source_sha256, document]
        ),
        state=State.PROPOSED,
        proposed_by=actor.person_id,
        proposed_at=now,
    )
    require(
        [
            rules.OPENING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may_act),
            *await _checks(session, center, row, today, known_orgs),
        ]
    )
    session.add(row)
    record(
        session, actor, "opening.proposed", row.id, center_id=center.id,
        after=row.content_sha256, subject=subject, on=row.on,
    )  # fmt: skip
    await session.flush()
    return queries.Whole(row, [])


async def approve(
    session: AsyncSession,
    actor: Actor,
    opening_id: UUID,
    content_sha256: str,
    *,
    now: datetime,
    today: date,
) -> queries.Whole:
    """Approve what an opening says; the second approval enters it.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, SOD_VIOLATION, STALE_INPUT, STATE_CONFLICT,
    APPROVALS_ONE_SIDED, OPENING_TOO_LATE, ALREADY_EXISTS, what `_checks` gives of its subject, or
    as `journal.post_entries`.
    """
    seen = await queries.whole(session, actor, opening_id)
    # The centre first, as everything that concerns a whole centre does.
    await tenancy.lock_center(session, seen.row.center_id)
    standing = await queries.whole_for_update(session, actor, opening_id)
    row = standing.row
    center = found(await tenancy.center_of(session, row.center_id))
    official = actor.has("approver")
    may_act = official or tenancy.leads(center, actor)
    given = [Approval(one.person_id, one.is_official) for one in standing.approvals]
    require(
        [
            rules.OPENING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may_act),
            *rules.approval_checks(
                row.state,
                row.proposed_by,
                given,
                Approval(actor.person_id, official),
                same_content=content_sha256 == row.content_sha256,
            ),
        ]
    )
    approval = BookOpeningApproval(
        opening_id=row.id,
        place=len(given) + 1,
        person_id=actor.person_id,
        org_id=actor.org_id,
        is_official=official,
        content_sha256=content_sha256,
        approved_at=now,
    )
    session.add(approval)
    whole = queries.Whole(row, [*standing.approvals, approval])
    event = rules.approval_event(len(whole.approvals))
    before = row.model_dump()
    row.state = rules.MOVES[row.state, event]
    row.version += 1
    record(
        session, actor, "opening.approved", row.id, center_id=row.center_id,
        before=before, after=row.model_dump(), subject=row.subject, approvals=len(whole.approvals),
    )  # fmt: skip
    if event is Event.ENTER:
        await _enter(session, actor, center, whole, now=now, today=today)
    await session.flush()
    return whole


async def withdraw(
    session: AsyncSession, actor: Actor, opening_id: UUID, *, version: int
) -> queries.Whole:
    """Take back, or turn down, an opening that is not entered yet.

    Raises `Refused`: NOT_FOUND, FORBIDDEN_SCOPE, VERSION_CONFLICT or STATE_CONFLICT.
    """
    standing = await queries.whole_for_update(session, actor, opening_id)
    row = standing.row
    center = found(await tenancy.center_of(session, row.center_id))
    may_act = (
        actor.has("approver") or actor.person_id == row.proposed_by or tenancy.leads(center, actor)
    )
    require(
        [
            rules.OPENING.check("FORBIDDEN_SCOPE", Kind.SCOPE, passed=may_act),
            *version_checks(row.version, version),
            rules.OPENING.move(rules.MOVES, row.state, Event.WITHDRAW),
        ]
    )
    before = row.model_dump()
    row.state = rules.MOVES[row.state, Event.WITHDRAW]
    row.version += 1
    record(
        session, actor, "opening.withdrawn", row.id, center_id=row.center_id,
        before=before, after=row.model_dump(), subject=row.subject,
    )  # fmt: skip
    return standing


async def _writable(
    session: AsyncSession, actor: Actor, center_id: UUID, today: date
) -> DirectoryCenter:
    if actor.has("bookkeeper"):
        return found(await tenancy.center_of(session, center_id))
    return await tenancy.writable_center(session, actor, center_id, today)


def _subject_id(center: DirectoryCenter, content: Content) -> UUID:
    return content.asset_id if isinstance(content, Ownership) else center.id


async def _checks(
    session: AsyncSession,
    center: DirectoryCenter,
    row: BookOpening,
    today: date,
    known_orgs: Collection[UUID] | None,
) -> list[Check]:
    """Judge an opening, when it is proposed and again when it is entered."""
    content = content_of(row)
    match content:
        case Balances():
            first, own = await _balance_checks(session, center, row, content, known_orgs)
        case Ownership():
            first, own = await _ownership_checks(session, center, row, content, known_orgs)
        case Existing():
            first, own = await _agreement_checks(session, center, row, content)
    has_file = bool(row.source_sha256)
    return [*rules.opening_checks(row.on, today, comes_first=first, has_file=has_file), *own]


async def _balance_checks(
    session: AsyncSession,
    center: DirectoryCenter,
    row: BookOpening,
    content: Balances,
    known_orgs: Collection[UUID] | None,
) -> tuple[bool, list[Check]]:
    first = not await journal_queries.has_entries(session, center.id)
    checks = rules.line_checks(content.lines)
    if known_orgs is not None:
        named = {line.org_id for line in content.lines if line.org_id is not None}
        checks += rules.holder_checks(named, known_orgs, "/content/balances")
    for draft in _drafts(row, content, {}):
        checks += journal_rules.entry_checks(draft)
    return first, checks


async def _ownership_checks(
    session: AsyncSession,
    center: DirectoryCenter,
    row: BookOpening,
    content: Ownership,
    known_orgs: Collection[UUID] | None,
) -> tuple[bool, list[Check]]:
    asset = await assets.asset_locked(session, content.asset_id)
    found(asset if asset is not None and asset.center_id == center.id else None)
    asset = found(asset)
    owners = [owner for owner, _ in content.shares]
    first = not await assets.known_periods(session, asset.id)
    checks = [
        *ownership_rules.share_checks(ownership.named_owners(content.shares, center)),
        *ownership_rules.day_checks(row.on, asset.dates.first_on),
        *ownership_rules.entity_checks(
            names_center=center.id in owners, has_legal_entity=center.legal_entity_id is not None
        ),
    ]
    if known_orgs is not None:
        named = [owner for owner in owners if owner != center.id]
        checks += rules.holder_checks(named, known_orgs, "/content/shares")
    return first, checks


async def _agreement_checks(
    session: AsyncSession, center: DirectoryCenter, row: BookOpening, content: Existing
) -> tuple[bool, list[Check]]:
    proposal, text = content.proposal, row.content["text_sha256"]
    first = not await agreement_queries.ever_bound(session, center.id)
    return first, [
        *agreement_rules.text_checks(text, proposal.text_sha256),
        *agreement_rules.proposal_checks(proposal),
    ]


async def _enter(
    session: AsyncSession,
    actor: Actor,
    center: DirectoryCenter,
    whole: queries.Whole,
    *,
    now: datetime,
    today: date,
) -> None:
    row = whole.row
    row.entered_at = now
    content = content_of(row)
    if isinstance(content, Balances):
        # Whoever posts into these books waits, and finds them opened.
        await books.lock_books(session, center.id)
    require(await _checks(session, center, row, today, None))
    match content:
        case Balances():
            made = await _enter_balances(session, actor, center, row, content)
        case Ownership():
            made = await _enter_ownership(session, actor, center, row, content, now)
        case Existing():
            made = await _enter_agreement(session, actor, center, row, content, now, today)
    await append_record(
        session,
        "opening",
        row.id,
        center.id,
        {
            "subject": row.subject.value,
            "subject_id": str(row.subject_id),
            "on": row.on.isoformat(),
            "source_sha256": row.source_sha256,
            "content_sha256": row.content_sha256,
            "made": sorted(str(one) for one in made),
        },
        {
            "source": row.source,
            "content": row.content,
            "approvals": [
                {"person_id": str(one.person_id), "is_official": one.is_official}
                for one in whole.approvals
            ],
        },
    )
    record(
        session, actor, "opening.entered", row.id, center_id=center.id,
        subject=row.subject, on=row.on,
    )  # fmt: skip


def _drafts(
    row: BookOpening, content: Balances, account_ids: Mapping[tuple[str, Any], UUID]
) -> list[EntryDraft]:
    """Give the entries of an opening, one for each currency."""
    currencies = sorted({line.currency for line in content.lines})
    return [
        EntryDraft(
            id=new_id(),
            center_id=row.center_id,
            effective_on=row.on,
            reference=row.source,
            lines=tuple(
                Line(account_ids.get((currency, line.name), row.id), line.amount_fen, currency)
                for line in content.lines
                if line.currency == currency
            ),
            source_id=row.id,
            kind=EntryKind.OPENING,
        )
        for currency in currencies
    ]


async def _enter_balances(
    session: AsyncSession,
    actor: Actor,
    center: DirectoryCenter,
    row: BookOpening,
    content: Balances,
) -> list[UUID]:
    account_ids: dict[tuple[str, Any], UUID] = {}
    for currency in sorted({line.currency for line in content.lines}):
        names = [line.name for line in content.lines if line.currency == currency]
        opened = await journal.open_accounts(session, center.id, names, currency)
        account_ids |= {(currency, name): account_id for name, account_id in opened.items()}
    standing = await journal_queries.accounts_by_id(session, account_ids.values())
    require(
        [
            check
            for (_, name), account_id in account_ids.items()
            for check in journal_rules.kind_checks(
                name,
                standing[account_id].kind,
                may_go_negative=standing[account_id].may_go_negative,
            )
        ]
    )
    drafts = _drafts(row, content, account_ids)
    await journal.post_entries(session, actor, drafts)
    return [draft.id for draft in drafts]


async def _enter_ownership(
    session: AsyncSession,
    actor: Actor,
    center: DirectoryCenter,
    row: BookOpening,
    content: Ownership,
    now: datetime,
) -> list[UUID]:
    asset = found(await assets.asset_locked(session, content.asset_id))
    shares = ownership.named_owners(content.shares, center)
    change = ownership.Change(
        valid_from=row.on,
        cause=CAUSE,
        shares=tuple(shares),
        recorded_for=tenancy.operator_id(center) or center.lead_sponsor_id,
    )
    version = await ownership.enter_change(session, actor, asset, change, shares, CAUSE, None, now)
    return [version.row.id]


async def _enter_agreement(
    session: AsyncSession,
    actor: Actor,
    center: DirectoryCenter,
    row: BookOpening,
    content: Existing,
    now: datetime,
    today: date,
) -> list[UUID]:
    standing = await agreements.enter_existing(
        session,
        actor,
        center,
        content.proposal,
        stored_sha256=row.content["text_sha256"],
        opening_id=row.id,
        now=now,
        today=today,
    )
    return [standing.agreement.id]
