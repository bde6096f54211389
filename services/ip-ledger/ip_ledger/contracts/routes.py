"""Technology contracts over HTTP: one by one, and in batches."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from ip_ledger import tenancy
from ip_ledger.contracts import correction_routes, license_routes, project_routes, queries
from ip_ledger.contracts.actions import moving, reporting
from ip_ledger.contracts.actions.moving import Registration
from ip_ledger.contracts.rules import ContractKind, Report, State
from ip_ledger.contracts.schemas import (
    ContractStateIn,
    RegistrationIn,
    TechContractIn,
    TechContractOut,
)
from ip_ledger.contracts.tables import TechContract
from shared.auth import Actor
from shared.directory import DirectoryCenter, ensure_center, ensure_policy, policy_on
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Language,
    Now,
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
    tagged,
    warnings_of,
)
from shared.http.batch_body import examples_of, rows_body
from shared.http.batches import (
    BatchKind,
    BatchOptions,
    BatchOut,
    Before,
    Outcome,
    Row,
    RowResult,
    run_batch,
)
from shared.rules import found

router = Router(prefix="/v1/ip-ledger/tech-contracts", tags=["contracts"])
batches = Router(prefix="/v1/ip-ledger/tech-contract-batches", tags=["contracts"])

READERS: Final = ("member", "official", "service")
WRITERS: Final = "organizations that take part in the centre"
SEERS: Final = "organizations of the centre and officials; counterparties may be masked"


async def surroundings_known(
    body: TechContractIn, work: CurrentWork, services: Services, today: Today
) -> None:
    """Fetch centre and policy where the copies have not got them, before any transaction."""
    await work.replay()
    await ensure_policy(services, work.sessions, today)
    await ensure_center(services, work.sessions, body.center_id)


async def policy_known(work: CurrentWork, services: Services, today: Today) -> None:
    """Fetch the policy where the copy has not got it."""
    await ensure_policy(services, work.sessions, today)


@router.post(
    "",
    operation_id="ip_ledger_record_tech_contract",
    status_code=201,
    openapi_extra=access("member", tenant=WRITERS, rules=("A089", "A127"), key_required=True),
    responses=problems(
        "NOT_FOUND",
        "AMOUNT_EXCEEDED",
        "NUMBER_FORMAT",
        "ALREADY_EXISTS",
        "EXTERNAL_ID_MISMATCH",
        "CONSORTIUM_NOT_REGISTERED",
        "IDEMPOTENCY_KEY_REQUIRED",
        "CURRENCY_NOT_CNY",
    ),
    dependencies=[Depends(surroundings_known)],
)
async def report(
    body: TechContractIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    language: Language,
    session: Transaction,
    response: Response,
) -> TechContractOut:
    """Record a technology contract; an unregistered one is taken with a warning."""
    verdict = await reporting.report(
        session,
        actor,
        report_of(body),
        policy=await policy_on(session, today),
        now=now,
        today=today,
    )
    contract = found(verdict.contract)
    response.status_code = 201 if verdict.is_new else 200
    answer = (await _documents(session, actor, [contract]))[0]
    answer["warnings"] = warnings_of(verdict.warnings, language)
    tagged(response, contract.version)
    return TechContractOut.model_validate(answer)


async def report_rows(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[TechContractIn]]
) -> list[RowResult]:
    """Record the contracts of a batch."""
    clock = session.info["clock"]
    today = clock.today()
    verdicts = await reporting.report_many(
        session,
        actor,
        [report_of(row.value) for row in rows],
        policy=await policy_on(session, today),
        now=clock.now(),
        today=today,
    )
    return [_row_result(row.index, one) for row, one in zip(rows, verdicts, strict=True)]


async def foretell_rows(
    session: AsyncSession, actor: Actor, rows: Sequence[Row[TechContractIn]], before: Before
) -> list[RowResult]:
    """Tell what recording the contracts of a batch would answer, after those foretold."""
    clock = session.info["clock"]
    today = clock.today()
    verdicts = await reporting.foretell_many(
        session, actor, [report_of(row.value) for row in rows], before,
        policy=await policy_on(session, today), now=clock.now(), today=today,
    )  # fmt: skip
    return [_row_result(row.index, one) for row, one in zip(rows, verdicts, strict=True)]


def _row_result(index: int, verdict: reporting.Reported) -> RowResult:
    if verdict.contract is None:
        return RowResult(index, Outcome.FAILED, checks=verdict.checks)
    outcome = Outcome.CREATED if verdict.is_new else Outcome.DUPLICATE
    return RowResult(index, outcome, verdict.contract.id, warnings=verdict.warnings)


TECH_CONTRACTS: Final = BatchKind(
    "tech_contract", TypeAdapter(TechContractIn), report_rows, jobs_path="/v1/ip-ledger/jobs",
    foretell=foretell_rows,
)  # fmt: skip


@batches.post(
    "",
    operation_id="ip_ledger_record_tech_contracts",
    openapi_extra={
        **access("member", tenant=WRITERS, key_required=True, streamed=True),
        "requestBody": rows_body(["TechContractIn"], examples_of(TechContractIn)),
    },
    responses=problems(
        "IDEMPOTENCY_KEY_REQUIRED",
        "UNSUPPORTED_MEDIA_TYPE",
        "BODY_UNREADABLE",
        "ROWS_TOO_MANY",
        "NOT_FOUND",
    ),
    response_model=BatchOut,
    dependencies=[Depends(policy_known)],
)
async def report_batch(
    request: Request,
    actor: CurrentActor,
    work: CurrentWork,
    options: Annotated[BatchOptions, Depends()],
) -> Response:
    """Record many technology contracts, each with a verdict of its own."""
    return await run_batch(request, TECH_CONTRACTS, actor, work, options)


@router.post(
    "/{contract_id}/registration",
    operation_id="ip_ledger_register_tech_contract",
    openapi_extra=access("member", tenant=WRITERS, rules=("A127",)),
    responses=problems(
        "NOT_FOUND",
        "FORBIDDEN_SCOPE",
        "VERSION_CONFLICT",
        "NUMBER_FORMAT",
        "ALREADY_EXISTS",
        "STATE_CONFLICT",
        "DAYS_OUT_OF_ORDER",
        "DAY_IN_FUTURE",
    ),
)
async def register(
    contract_id: UUID,
    body: RegistrationIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> TechContractOut:
    """Enter a contract's registration, from which on it counts as market turnover."""
    contract = await moving.register(
        session,
        actor,
        contract_id,
        Registration(body.registration_no, body.registered_on, body.registration_scheme),
        version=version,
        now=now,
        today=today,
    )
    tagged(response, contract.version)
    return TechContractOut.model_validate((await _documents(session, actor, [contract]))[0])


@router.post(
    "/{contract_id}/state-changes",
    operation_id="ip_ledger_change_tech_contract_state",
    openapi_extra=access("member", tenant=WRITERS),
    responses=problems("NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "STATE_CONFLICT"),
)
async def change_state(
    contract_id: UUID,
    body: ContractStateIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> TechContractOut:
    """Record that a contract is performed, completed or terminated."""
    contract = await moving.change_state(
        session,
        actor,
        contract_id,
        body.event,
        body.reason,
        version=version,
        now=now,
        today=today,
    )
    tagged(response, contract.version)
    return TechContractOut.model_validate((await _documents(session, actor, [contract]))[0])


@router.get(
    "",
    operation_id="ip_ledger_list_tech_contracts",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems(),
)
async def list_contracts(
    actor: CurrentActor,
    today: Today,
    session: Reading,
    page: PageQuery,
    center_id: Annotated[UUID | None, Query(description="Of one centre.")] = None,
    kind: Annotated[ContractKind | None, Query(description="Of one type.")] = None,
    state: Annotated[State | None, Query(description="In one state.")] = None,
) -> Page[TechContractOut]:
    """List the technology contracts that one may see, the newest first."""
    rows, next_cursor = await paginate(
        session,
        queries.visible_contracts(actor, today, center_id, kind, state),
        page,
        keys=[col(TechContract.id).desc()],
        filters={"center_id": center_id, "kind": kind, "state": state},
    )
    items = [TechContractOut.model_validate(one) for one in await _documents(session, actor, rows)]
    return Page(items=items, next_cursor=next_cursor)


@router.get(
    "/{contract_id}",
    operation_id="ip_ledger_get_tech_contract",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def get(
    contract_id: UUID, actor: CurrentActor, today: Today, session: Reading, response: Response
) -> TechContractOut:
    """Show a technology contract."""
    contract = await queries.visible_contract(session, actor, contract_id, today)
    tagged(response, contract.version)
    return TechContractOut.model_validate((await _documents(session, actor, [contract]))[0])


def report_of(body: TechContractIn) -> Report:
    """Turn a body into the values that rules judge."""
    return Report(
        center_id=body.center_id,
        kind=body.kind,
        role=body.role,
        counterparty_name=body.counterparty.name,
        counterparty_uscc=body.counterparty.uscc,
        is_commissioned_rd=body.is_commissioned_rd,
        contract_amount_fen=body.contract_amount.amount,
        tech_transaction_amount_fen=body.tech_transaction_amount.amount,
        signed_on=body.signed_on,
        external_id=body.external_id,
        registration_no=body.registration_no,
        registered_on=body.registered_on,
        registration_scheme=body.registration_scheme,
        is_confidential=body.confidential,
        party_org_id=body.party_org_id,
    )


async def _documents(
    session: AsyncSession, actor: Actor, rows: Sequence[TechContract]
) -> list[dict[str, Any]]:
    centers = await tenancy.centers_by_id(session, {row.center_id for row in rows})
    ordered = [row.id for row in rows if row.is_commissioned_rd]
    links = await queries.projects_of(session, ordered) if ordered else []
    standing = [link for link in links if link.withdrawn_at is None]
    return [
        {
            **_document(actor, centers, row),
            "project_fact_ids": [
                link.project_fact_id for link in standing if link.contract_id == row.id
            ],
        }
        for row in rows
    ]


def _document(
    actor: Actor, centers: Mapping[UUID, DirectoryCenter], row: TechContract
) -> dict[str, Any]:
    counterparty = {"name": row.counterparty_name, "uscc": row.counterparty_uscc}
    return {
        **row.model_dump(),
        "counterparty": counterparty if _sees_all(actor, centers, row) else None,
        "confidential": row.is_confidential,
        "contract_amount": {"amount": row.contract_amount_fen, "currency": "CNY"},
        "tech_transaction_amount": {
            "amount": row.tech_transaction_amount_fen,
            "currency": "CNY",
        },
    }


def _sees_all(actor: Actor, centers: Mapping[UUID, DirectoryCenter], row: TechContract) -> bool:
    """Tell whether the actor sees a confidential counterparty: not as another member (X04)."""
    if not row.is_confidential or actor.is_official or actor.has("service"):
        return True
    if not actor.org_ids.isdisjoint({row.submitted_by_org_id, row.party_org_id}):
        return True
    center = centers.get(row.center_id)
    return center is not None and tenancy.is_operator(center, actor)


ROUTERS: Final = (
    license_routes.router,
    router,
    correction_routes.router,
    project_routes.router,
    batches,
)
