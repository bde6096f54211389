"""The HTTP face of people and programs."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlmodel import col

from gateway.identity import actions, clients, queries, rules
from gateway.identity.schemas import (
    ClientCreatedOut,
    ClientIn,
    ClientNetworksIn,
    ClientNetworksOut,
    ClientOut,
    MeOut,
    PersonIn,
    PersonOut,
)
from gateway.identity.tables import Client
from shared.auth import DUTIES, ROLES
from shared.http import (
    CurrentActor,
    CurrentWork,
    Page,
    PageQuery,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    paginate,
    problems,
)
from shared.http.work import Work
from shared.rules import require

ANYONE: Final = sorted(ROLES | DUTIES)

router = Router(prefix="/v1/identity/clients", tags=["identity"])
people_router = Router(prefix="/v1/identity/people", tags=["identity"])
me_router = Router(prefix="/v1/me", tags=["identity"])


async def leading(body: ClientIn, actor: CurrentActor, services: Services) -> bool:
    """Ask, before any transaction, whether the caller's organization leads the one named."""
    foreign = body.org_id is not None and body.org_id != actor.org_id
    if not foreign or body.org_id is None or actor.org_id is None or actor.has("admin"):
        return False
    return await clients.leads_center_of(services, body.org_id, actor.org_id)


async def centers(actor: CurrentActor, services: Services) -> list[UUID]:
    """Ask the registry for the centres of the caller's organization."""
    if actor.org_id is None:
        return []
    return await clients.centers_of(services, actor.org_id)


@router.post(
    "",
    status_code=201,
    operation_id="identity_register_client",
    openapi_extra=access(
        "admin",
        "member",
        tenant="own organization, or the legal entity that agreed to carry a centre it leads",
        rules=("X02", "X04"),
    ),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND", "TWO_PEOPLE_NEEDED"),
)
async def register(
    body: ClientIn,
    actor: CurrentActor,
    leads: Annotated[bool, Depends(leading)],
    work: CurrentWork,
    session: Transaction,
    request: Request,
    response: Response,
) -> ClientCreatedOut:
    """Register a program for a person; its secret is in this answer and nowhere else."""
    keyed = _keyed(work)
    key_secret = request.app.state.settings.key_secret.get_secret_value()
    client = await actions.repeated(session, keyed)
    if client is None:
        asked = rules.Request(
            body.org_id, frozenset(body.roles), frozenset(body.duties), body.expert_id is not None
        )
        by_admin = actor.has("admin")
        require(
            rules.registration_checks(asked, by_admin=by_admin, own_org=actor.org_id, leads=leads)
        )
        settings = request.app.state.settings
        held = await queries.capacities_of(session, body.person.id)
        wanted = {*body.roles, *body.duties}
        require(rules.two_person_checks(wanted, held, two_people=settings.duties_by_two))
        manageable = frozenset(org for org in (actor.org_id, body.org_id) if org is not None)
        client = await actions.register(
            session,
            actor,
            _registration(body),
            actions.Authority(everyone=by_admin, orgs=manageable),
            key_secret,
            keyed,
        )
    else:
        response.headers["Idempotent-Replayed"] = "true"
    response.headers["Cache-Control"] = "no-store"
    return ClientCreatedOut(
        id=client.id,
        client_id=client.client_id,
        client_secret=actions.secret_of(key_secret, client.id),
        sub=client.person_id,
        org_id=client.org_id,
    )


def _keyed(work: Work) -> actions.Keyed | None:
    """Take the key from the unit of work: the kept answer would hold the secret in clear."""
    if work.scope is None:
        return None
    keyed = actions.Keyed(work.scope, work.body_sha256)
    work.scope = None
    return keyed


def _registration(body: ClientIn) -> actions.Registration:
    return actions.Registration(
        name=body.name,
        org_id=body.org_id,
        person_id=body.person.id,
        person_name=body.person.name,
        capacities=frozenset([*body.roles, *body.duties]),
        expert_id=body.expert_id,
        networks=tuple(body.networks),
    )


@router.get(
    "",
    operation_id="identity_list_clients",
    openapi_extra=access("admin", "member", tenant="own organization; an admin sees all"),
    responses=problems("FORBIDDEN_SCOPE"),
)
async def list_clients(
    actor: CurrentActor, session: Reading, page: PageQuery, today: Today
) -> Page[ClientOut]:
    """List registered programs, newest first; secrets are never shown again."""
    rows, next_cursor = await paginate(
        session,
        queries.visible_identities(actor),
        page,
        keys=[col(Client.created_at).desc(), col(Client.id).desc()],
    )
    found = [queries.identity_of(row, today) for row in rows]
    names = await queries.names_of(session, {one.client.person_id for one in found})
    return Page(items=[_out(one, names) for one in found], next_cursor=next_cursor)


def _out(one: queries.Identity, names: dict[UUID, str]) -> ClientOut:
    roles, duties = rules.split(one.capacities)
    client = one.client
    return ClientOut(
        id=client.id,
        client_id=client.client_id,
        name=client.name,
        sub=client.person_id,
        person_name=names.get(client.person_id),
        org_id=client.org_id,
        roles=roles,
        duties=duties,
        expert_id=one.expert_id,
        networks=client.networks,
        created_at=client.created_at,
        deactivated_at=client.deactivated_at,
    )


@router.delete(
    "/{client_id}",
    status_code=204,
    operation_id="identity_deactivate_client",
    openapi_extra=access("admin", "member", tenant="own organization; an admin any"),
    responses=problems("FORBIDDEN_SCOPE", "NOT_FOUND"),
)
async def deactivate(client_id: str, actor: CurrentActor, session: Transaction) -> None:
    """End a program: it gets no more tokens, and those it has end within five seconds."""
    await actions.deactivate(session, actor, client_id)


@router.put(
    "/{client_id}/networks",
    operation_id="identity_set_client_networks",
    openapi_extra=access(
        "admin", "member", tenant="own organization; an admin any", rules=("X01", "X04")
    ),
    responses=problems("NOT_FOUND", "CLIENT_ENDED"),
)
async def set_networks(
    client_id: str, body: ClientNetworksIn, actor: CurrentActor, session: Transaction
) -> ClientNetworksOut:
    """Say from where a program may speak; a narrower list ends its tokens within five seconds.

    From elsewhere it gets no token (`address_not_allowed`), and each use of one is 403
    `ADDRESS_NOT_ALLOWED`. After a wider list it asks for a new token.
    """
    client = await actions.set_networks(session, actor, client_id, body.networks)
    return ClientNetworksOut(client_id=client.client_id, networks=client.networks)


@people_router.post(
    "",
    status_code=201,
    operation_id="identity_register_person",
    openapi_extra=access("admin", tenant="none", rules=("X02",)),
    responses=problems("FORBIDDEN_SCOPE"),
)
async def register_person(body: PersonIn, actor: CurrentActor, session: Transaction) -> PersonOut:
    """Register a person, such as an expert whose entry in the pool comes before any program."""
    person = await actions.register_person(session, actor, body.name)
    return PersonOut(id=person.id, name=body.name)


@me_router.get(
    "",
    operation_id="identity_me",
    openapi_extra=access(*ANYONE, tenant="oneself"),
    responses=problems(),
)
async def me(
    actor: CurrentActor, center_ids: Annotated[list[UUID], Depends(centers)], session: Reading
) -> MeOut:
    """Say who the bearer of this token is, and which centres its organization has a part in."""
    roles, duties = rules.split(actor.capacities)
    return MeOut(
        sub=actor.person_id,
        name=await queries.name_of(session, actor.person_id),
        roles=roles,
        duties=duties,
        org_id=actor.org_id,
        center_ids=center_ids,
        expert_id=actor.expert_id,
    )
