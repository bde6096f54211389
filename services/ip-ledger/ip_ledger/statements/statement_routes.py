"""A payee's statement of a year over HTTP: as JSON, PDF and workbook."""

import asyncio
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Response

from ip_ledger.statements import pages
from ip_ledger.statements.rules import Statement
from ip_ledger.statements.schemas import (
    PayeeStatementOut,
    StatementBooksOut,
    StatementLineOut,
    StatementRewardOut,
    StatementTotalOut,
)
from ip_ledger.statements.statement_queries import statement_of
from shared.http import CurrentActor, Reading, Router, access, problems
from shared.http.schemas import fen

router = Router(prefix="/v1/ip-ledger/payees", tags=["distributions"])

SEEN: Final = "the payee itself; a centre what it paid; officials"
Year = Annotated[int, Path(ge=2016, le=2200, description="The year of the payments.")]


@router.get(
    "/{org_id}/statements/{year}",
    operation_id="ip_ledger_get_payee_statement",
    openapi_extra=access("member", "official", tenant=SEEN, rules=("A086", "X04")),
    responses=problems("NOT_FOUND"),
)
async def get_statement(
    org_id: UUID, year: Year, actor: CurrentActor, session: Reading
) -> PayeeStatementOut:
    """Give what a payee was shared out in a year, line by line, beside the books."""
    statement = await statement_of(session, actor, org_id, year)
    return PayeeStatementOut(
        payee_id=statement.payee_id,
        payee_name=statement.payee_name,
        year=statement.year,
        lines=[
            StatementLineOut(
                line_id=one.line_id,
                run_id=one.run_id,
                center_id=one.center_id,
                center_name=one.center_name,
                asset_id=one.asset_id,
                asset_title=one.asset_title,
                revenue_event_id=one.event_id,
                received_on=one.received_on,
                paid_on=one.paid_on,
                net=fen(one.net_fen),
                ppm=one.ppm,
                amount=fen(one.amount_fen),
                reverses=one.reverses,
            )
            for one in statement.lines
        ],
        rewards=[
            StatementRewardOut(
                reward_id=one.reward_id,
                run_id=one.run_id,
                revenue_event_id=one.event_id,
                paid_on=one.paid_on,
                rule=one.rule,
                rate_ppm=one.rate_ppm,
                floor=fen(one.floor_fen),
                amount=fen(one.amount_fen),
            )
            for one in statement.rewards
        ],
        books=[
            StatementBooksOut(
                account_id=one.account_id,
                center_id=one.center_id,
                opening=fen(one.opening_fen),
                credits=fen(one.credits_fen),
                debits=fen(one.debits_fen),
                closing=fen(one.closing_fen),
                paid_by_runs=fen(one.paid_by_runs_fen),
            )
            for one in statement.books
        ],
        totals=_totals(statement),
        agrees=statement.agrees,
    )


def _totals(statement: Statement) -> list[StatementTotalOut]:
    return [
        StatementTotalOut(amount=fen(shared), rewards=fen(owed))
        for shared, owed in statement.totals.values()
    ]


@router.get(
    "/{org_id}/statements/{year}/statement.pdf",
    operation_id="ip_ledger_get_payee_statement_pdf",
    openapi_extra=access("member", "official", tenant=SEEN, rules=("A086", "X04")),
    responses=problems("NOT_FOUND"),
    response_class=Response,
)
async def get_pdf(org_id: UUID, year: Year, actor: CurrentActor, session: Reading) -> Response:
    """Give a payee's statement as PDF."""
    statement = await statement_of(session, actor, org_id, year)
    content = await asyncio.to_thread(pages.statement_pdf, statement)
    return _file(content, "application/pdf", f"{org_id}-{year}.pdf")


@router.get(
    "/{org_id}/statements/{year}/statement.xlsx",
    operation_id="ip_ledger_get_payee_statement_workbook",
    openapi_extra=access("member", "official", tenant=SEEN, rules=("A086", "X04")),
    responses=problems("NOT_FOUND"),
    response_class=Response,
)
async def get_workbook(org_id: UUID, year: Year, actor: CurrentActor, session: Reading) -> Response:
    """Give a payee's statement as a workbook."""
    statement = await statement_of(session, actor, org_id, year)
    content = await asyncio.to_thread(pages.statement_workbook, statement)
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _file(content, media, f"{org_id}-{year}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(content, media_type=media_type, headers=headers)
