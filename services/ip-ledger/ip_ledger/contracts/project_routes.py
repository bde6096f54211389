"""Projects that contracts of commissioned research pay for, over HTTP."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends

from ip_ledger.contracts import queries
from ip_ledger.contracts.actions import projects
from ip_ledger.contracts.project_rules import Project
from ip_ledger.contracts.schemas import ContractProjectIn, ContractProjectOut, UnlinkingIn
from shared.events.recording import content_sha256
from shared.http import (
    CurrentActor,
    CurrentWork,
    Now,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    problems,
)

router = Router(prefix="/v1/ip-ledger/tech-contracts/{contract_id}/projects", tags=["contracts"])
WRITERS: Final = "organizations that take part in the centre"


async def project_told(
    body: ContractProjectIn, work: CurrentWork, services: Services
) -> Project | None:
    """Ask the registry for the project, before any transaction is open."""
    await work.replay()
    fact = await services.get("registry", f"/v1/registry/facts/{body.project_fact_id}")
    return None if fact is None or fact["kind"] != "project" else _project(fact)


def _project(fact: dict[str, Any]) -> Project:
    told = fact["payload"]
    return Project(
        fact_id=UUID(fact["id"]),
        center_id=UUID(fact["center_id"]),
        external_id=fact["external_id"],
        title=told["title"],
        source=told["source"],
        contract_ref=told.get("contract_ref"),
        sha256=content_sha256({"id": fact["id"], "payload": told}),
        stands=fact["superseded_by_id"] is None,
    )


@router.post(
    "",
    operation_id="ip_ledger_link_project",
    status_code=201,
    openapi_extra=access("member", tenant=WRITERS, rules=("A089",)),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "PROJECT_UNKNOWN", "PROJECT_MISMATCH",
        "SOURCE_SUPERSEDED", "ALREADY_EXISTS", "STATE_CONFLICT",
    ),
)  # fmt: skip
async def link(
    contract_id: UUID,
    body: ContractProjectIn,  # noqa: ARG001 - read by `project_told`
    actor: CurrentActor,
    now: Now,
    today: Today,
    project: Annotated[Project | None, Depends(project_told)],
    session: Transaction,
) -> ContractProjectOut:
    """Tie a commissioned project of the centre to the contract that ordered it."""
    row = await projects.link(session, actor, contract_id, project, now=now, today=today)
    return ContractProjectOut.model_validate(row)


@router.post(
    "/{link_id}/withdrawal",
    operation_id="ip_ledger_unlink_project",
    openapi_extra=access("member", tenant=WRITERS, rules=("A089", "X07")),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "STATE_CONFLICT"),
)
async def unlink(
    contract_id: UUID,
    link_id: UUID,
    body: UnlinkingIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    session: Transaction,
) -> ContractProjectOut:
    """Take back a link that was made wrongly; it stays to be read, with the reason."""
    row = await projects.unlink(
        session, actor, contract_id, link_id, body.reason, now=now, today=today
    )
    return ContractProjectOut.model_validate(row)


@router.get(
    "",
    operation_id="ip_ledger_list_contract_projects",
    openapi_extra=access(
        "member", "official", "service", tenant="who may see the contract", rules=("A089",)
    ),
    responses=problems("NOT_FOUND"),
)
async def list_links(
    contract_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> list[ContractProjectOut]:
    """List the projects that a contract pays for, those taken back included."""
    contract = await queries.visible_contract(session, actor, contract_id, today)
    rows = await queries.projects_of(session, [contract.id])
    return [ContractProjectOut.model_validate(row) for row in rows]
