"""The HTTP face of front ends, and of ending everything that a person holds."""

from uuid import UUID

from sqlmodel import col

from gateway.grants import actions, queries
from gateway.grants.schemas import FrontEndIn, FrontEndOut
from gateway.grants.tables import FrontEnd
from gateway.identity import queries as identities
from shared.auth import DUTIES, ROLES
from shared.http import (
    CurrentActor,
    Page,
    PageQuery,
    Reading,
    Router,
    Transaction,
    access,
    paginate,
    problems,
)
from shared.rules import Kind, Rule, require

TENANT = Rule("X04", "delivery")

router = Router(prefix="/v1/identity/front-ends", tags=["accounts"])
me_router = Router(prefix="/v1/me", tags=["identity"])
people_router = Router(prefix="/v1/identity/people", tags=["identity"])


@router.post(
    "",
    status_code=201,
    operation_id="identity_register_front_end",
    openapi_extra=access("admin", tenant="none", rules=("X02",)),
    responses=problems("REDIRECT_URI_REFUSED"),
)
async def register(body: FrontEndIn, actor: CurrentActor, session: Transaction) -> FrontEndOut:
    """Register a program in which people sign in, by authorization code and PKCE."""
    made = await actions.register_front_end(session, actor, body.name, body.redirect_uris)
    return FrontEndOut.model_validate(made)


@router.get(
    "",
    operation_id="identity_list_front_ends",
    openapi_extra=access("admin", tenant="none"),
    responses=problems(),
)
async def list_front_ends(
    actor: CurrentActor, session: Reading, page: PageQuery
) -> Page[FrontEndOut]:
    """List front ends, newest first."""
    del actor
    rows, next_cursor = await paginate(
        session, queries.front_ends(), page, keys=[col(FrontEnd.id).desc()]
    )
    return Page(items=[FrontEndOut.model_validate(row) for row in rows], next_cursor=next_cursor)


@router.delete(
    "/{client_id}",
    status_code=204,
    operation_id="identity_deactivate_front_end",
    openapi_extra=access("admin", tenant="none"),
    responses=problems("NOT_FOUND"),
)
async def deactivate(client_id: str, actor: CurrentActor, session: Transaction) -> None:
    """End a front end: its tokens end within five seconds, and nobody signs in through it."""
    await actions.deactivate_front_end(session, actor, client_id)


@me_router.delete(
    "/sessions",
    status_code=204,
    operation_id="identity_end_my_sessions",
    openapi_extra=access(*sorted(ROLES | DUTIES), tenant="oneself"),
    responses=problems(),
)
async def end_my_sessions(actor: CurrentActor, session: Transaction) -> None:
    """Sign oneself out of every browser; every token of one's own so far ends as well."""
    await actions.end_everything(session, actor, actor.person_id, "signed_out_everywhere")


@people_router.delete(
    "/{person_id}/sessions",
    status_code=204,
    operation_id="identity_end_sessions",
    openapi_extra=access(
        "admin", "member", tenant="people of one's own organization; an admin any", rules=("X04",)
    ),
    responses=problems("NOT_FOUND"),
)
async def end_sessions(person_id: UUID, actor: CurrentActor, session: Transaction) -> None:
    """End every session, refresh token and access token of a person, as when someone leaves."""
    await identities.person_for_update(session, person_id)
    held = await identities.orgs_of_person(session, person_id)
    own = actor.org_id is not None and held == {actor.org_id}
    require([TENANT.check("NOT_FOUND", Kind.HIDDEN, passed=actor.has("admin") or own)])
    await actions.end_everything(session, actor, person_id, "ended_by_other")
