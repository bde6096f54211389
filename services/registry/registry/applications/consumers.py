"""What happened elsewhere and moves a case here: steps of evaluation, ends of agreements."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.applications import actions, clients, queries
from registry.applications.clients import CaseTold, PartTold
from registry.applications.rules import CaseCapacity, HoldCause, Source, State
from registry.applications.tables import Application
from shared.auth import Actor
from shared.clock import Clock
from shared.events import Handler, ReceivedEvent

CLERK: Final = Actor.system("applications")
# States in which something was decided, or is about to be, upon a finished review.
REVIEWED: Final = (State.SITE_VISIT, State.COMMISSION_REVIEW, State.PUBLIC_NOTICE, State.LISTED)
VISITED: Final = (State.COMMISSION_REVIEW, State.PUBLIC_NOTICE, State.LISTED)
AGREED: Final = (State.PUBLIC_NOTICE, State.LISTED)


async def _application(session: AsyncSession, event: ReceivedEvent) -> Application | None:
    """Give the application that an event is about; one about a case of a cycle is not ours."""
    if event.data.get("subject_type") != "application":
        return None
    return await queries.application_of_event(session, UUID(event.data["subject_id"]))


async def _hear(
    session: AsyncSession,
    application: Application,
    part: PartTold,
    people: frozenset[tuple[UUID, CaseCapacity]] = frozenset(),
) -> None:
    clock: Clock = session.info["clock"]
    await actions.hear(
        session, CLERK, application, CaseTold({part.source: part}, people), clock.now()
    )


async def on_panel_formed(session: AsyncSession, event: ReceivedEvent) -> None:
    """Begin the expert review of an accepted case."""
    application = await _application(session, event)
    if application is not None:
        await _hear(session, application, clients.panel_told(event.data))


async def on_review_completed(session: AsyncSession, event: ReceivedEvent) -> None:
    """Send a case that passed its review on to its site visit."""
    application = await _application(session, event)
    if application is not None:
        scorers = clients.people_told(CaseCapacity.SCORER, event.data.get("scorers"))
        await _hear(session, application, clients.review_told(event.data), scorers)


async def on_visit_signed(session: AsyncSession, event: ReceivedEvent) -> None:
    """Send a case whose visit is signed on to the commission."""
    application = await _application(session, event)
    if application is not None:
        signers = clients.people_told(CaseCapacity.VISITOR, event.data.get("signers"))
        await _hear(session, application, clients.visit_told(event.data), signers)


async def on_sheet_voided(session: AsyncSession, event: ReceivedEvent) -> None:
    """Hold a case whose finished review has lost a sheet; reopen it when too few are left."""
    application = await _application(session, event)
    if application is None or application.state not in REVIEWED:
        return
    known = (await queries.standing(session, application.id)).get(Source.REVIEW)
    if known is None or known.digest == event.data.get("sheets_hash"):
        return
    clock: Clock = session.info["clock"]
    await _hear(session, application, clients.review_told(event.data))
    sheet_id = event.data.get("sheet_id")
    await actions.hold(
        session,
        CLERK,
        application,
        HoldCause.SHEET_VOIDED,
        None if sheet_id is None else UUID(str(sheet_id)),
        clock.now(),
    )
    if event.data.get("mean") is None:
        await actions.reopen_review(session, CLERK, application, clock.now())


async def on_visit_changed(session: AsyncSession, event: ReceivedEvent) -> None:
    """Hold a case whose signed report was changed: its signatures are of another version."""
    application = await _application(session, event)
    if application is None:
        return
    clock: Clock = session.info["clock"]
    part = clients.visit_told(event.data)
    await _hear(session, application, part)
    if application.state in VISITED:
        await actions.hold(
            session,
            CLERK,
            application,
            HoldCause.SITE_VISIT_CHANGED,
            part.source_id,
            clock.now(),
        )


async def on_agreement_ended(session: AsyncSession, event: ReceivedEvent) -> None:
    """Hold a case whose agreement has ended, before its listing or after."""
    if event.center_id is None:
        return
    application = await queries.application_of_center(session, event.center_id)
    if application is None or application.state not in AGREED:
        return
    clock: Clock = session.info["clock"]
    await actions.hold(
        session, CLERK, application, HoldCause.AGREEMENT_ENDED, event.subject, clock.now()
    )


FROM_EVALUATION: Final[Mapping[str, Handler]] = {
    "panel.formed": on_panel_formed,
    "review.completed": on_review_completed,
    "site_visit.signed": on_visit_signed,
    "sheet.voided": on_sheet_voided,
    "site_visit.changed": on_visit_changed,
}
FROM_IP_LEDGER: Final[Mapping[str, Handler]] = {"agreement.ended": on_agreement_ended}
