"""Taking in a bank's file."""

import hashlib
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ip_ledger.books import bank_queries, bank_rules
from ip_ledger.books.bank_rules import Format
from ip_ledger.journal import queries as journal
from ip_ledger.journal.rules import JOURNAL
from ip_ledger.journal.tables import BankLine, BankStatement
from shared.auth import Actor
from shared.clock import Clock
from shared.events import record
from shared.rules import Kind, require


async def take_in(
    session: AsyncSession, actor: Actor, account_id: UUID, form: Format, content: str
) -> BankStatement:
    """Read a bank's file for an account and keep its lines; the same file comes in once.

    Raises `Refused`: NOT_FOUND, FILE_FORMAT or ALREADY_EXISTS.
    """
    account = (await journal.visible_account(session, actor, account_id)).account
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    there = await bank_queries.same_file(session, account_id, sha256)
    require([JOURNAL.check("ALREADY_EXISTS", Kind.STATE, passed=not there, key=sha256)])
    try:
        file = bank_rules.read(content, form, account.currency)
    except bank_rules.FileUnreadableError as error:
        require([bank_rules.format_check(error.where)])
        raise
    clock: Clock = session.info["clock"]
    statement = BankStatement(
        account_id=account_id,
        format=form.value,
        file_sha256=sha256,
        from_on=min(line.booked_on for line in file.lines),
        until_on=max(line.booked_on for line in file.lines),
        opening_fen=file.opening_fen,
        closing_fen=file.closing_fen,
        recorded_at=clock.now(),
        recorded_by=actor.person_id,
    )
    session.add(statement)
    await session.flush()
    session.add_all(
        BankLine(
            statement_id=statement.id,
            place=place,
            booked_on=line.booked_on,
            amount_fen=line.amount_fen,
            reference=line.reference,
        )
        for place, line in enumerate(file.lines)
    )
    record(
        session, actor, "bank_statement.recorded", statement.id, center_id=account.center_id,
        account_id=account_id, lines=len(file.lines),
    )  # fmt: skip
    return statement
