"""Corrections of a technology contract's amounts over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import Depends, Response

from ip_ledger.contracts import queries
from ip_ledger.contracts.actions import correcting
from ip_ledger.contracts.correction_rules import Amounts, Correction, Entry
from ip_ledger.contracts.schemas import (
    ContractCorrectionIn,
    ContractCorrectionOut,
    ContractCorrectionsOut,
)
from ip_ledger.contracts.tables import ContractCorrection
from shared.directory import ensure_policy, policy_on
from shared.evidence import evidence_of
from shared.http import (
    CurrentActor,
    CurrentWork,
    IfMatch,
    Now,
    Reading,
    Router,
    Services,
    Today,
    Transaction,
    access,
    problems,
    tagged,
)
from shared.http.schemas import fen

router = Router(prefix="/v1/ip-ledger/tech-contracts", tags=["contracts"])

READERS: Final = ("member", "official", "service")
WRITERS: Final = "who reported or signed it, and those who act for the centre"
SEERS: Final = "organizations of the centre and officials"


async def policy_known(work: CurrentWork, services: Services, today: Today) -> None:
    """Fetch the policy where the copy has not got it."""
    await work.replay()
    await ensure_policy(services, work.sessions, today)


@router.post(
    "/{contract_id}/corrections",
    operation_id="ip_ledger_correct_tech_contract",
    status_code=201,
    openapi_extra=access("member", tenant=WRITERS, rules=("A127", "X07")),
    responses=problems(
        "NOT_FOUND", "FORBIDDEN_SCOPE", "VERSION_CONFLICT", "PRECONDITION_REQUIRED",
        "CORRECTION_NOT_NEEDED", "AMOUNT_EXCEEDED", "FIELD_INVALID", "DAY_IN_FUTURE",
        "DAYS_OUT_OF_ORDER", "NUMBER_FORMAT", "ALREADY_EXISTS", "CURRENCY_NOT_CNY",
        "AMOUNT_TOO_LARGE",
        "FILE_UNKNOWN",
    ),
    dependencies=[Depends(policy_known), Depends(evidence_of(ContractCorrectionIn))],
)  # fmt: skip
async def correct(
    contract_id: UUID,
    body: ContractCorrectionIn,
    actor: CurrentActor,
    now: Now,
    today: Today,
    version: IfMatch,
    session: Transaction,
    response: Response,
) -> ContractCorrectionOut:
    """Correct a contract's amounts; the former ones, and all that was told of them, stay."""
    given = body.registration
    one = Correction(
        Amounts(body.contract_amount.amount, body.tech_transaction_amount.amount),
        body.reason,
        tuple(body.evidence),
        None
        if given is None
        else Entry(given.registration_no, given.registered_on, given.registration_scheme),
    )
    contract = await correcting.correct(
        session, actor, contract_id, one, version=version,
        policy=await policy_on(session, today), now=now, today=today,
    )  # fmt: skip
    tagged(response, contract.version)
    return _shown((await queries.corrections_of(session, contract.id))[-1])


@router.get(
    "/{contract_id}/corrections",
    operation_id="ip_ledger_list_tech_contract_corrections",
    openapi_extra=access(*READERS, tenant=SEERS),
    responses=problems("NOT_FOUND"),
)
async def list_corrections(
    contract_id: UUID, actor: CurrentActor, today: Today, session: Reading
) -> ContractCorrectionsOut:
    """Show how a contract's amounts were corrected."""
    contract = await queries.visible_contract(session, actor, contract_id, today)
    rows = await queries.corrections_of(session, contract.id)
    return ContractCorrectionsOut(items=[_shown(row) for row in rows])


def _shown(row: ContractCorrection) -> ContractCorrectionOut:
    return ContractCorrectionOut.model_validate(
        {
            **row.model_dump(),
            "former_contract_amount": fen(row.former_contract_amount_fen),
            "former_tech_transaction_amount": fen(row.former_tech_transaction_amount_fen),
            "contract_amount": fen(row.contract_amount_fen),
            "tech_transaction_amount": fen(row.tech_transaction_amount_fen),
            "evidence": row.evidence_ids,
        }
    )
