"""What stands for a foreign key where a statement's rows are judged together: both of its sides."""

from uuid import uuid4

import asyncpg
import pytest

from tests.ip_ledger.journal.test_posting import Books, books

__all__ = ["books"]

pytestmark = [pytest.mark.anyio, pytest.mark.requirement("X07"), pytest.mark.refusing]

# A good entry's rows once more, with one thing changed.
LINES = """INSERT INTO posting SELECT {entry}, line + 50, {account}, {currency}, amount_fen, 0,
    account_version + 50, effective_on, recorded_at FROM posting WHERE entry_id = '{id}'"""
DANGLING = {
    LINES.format(entry="'{new}'", account="account_id", currency="currency", id="{id}"): "entry_id",
    LINES.format(entry="entry_id", account="gen_random_uuid()", currency="currency", id="{id}"):
        "account_currency",
    LINES.format(entry="entry_id", account="account_id", currency="'USD'", id="{id}"):
        "account_currency",
    "INSERT INTO log_opening VALUES ('{new}', 'x', '', '1')": "record_id_log_record",
    "INSERT INTO log_leaf VALUES (7, '{new}', '')": "record_id_log_record",
}  # fmt: skip
# An entry is copied with another id, and its postings with one of its times changed.
STRAYED = """WITH e AS (INSERT INTO journal_entry (id, center_id, effective_on, recorded_at,
    reference, recorded_by) SELECT gen_random_uuid(), center_id, effective_on, recorded_at,
    reference, recorded_by FROM journal_entry WHERE id = '{id}' RETURNING id)
    INSERT INTO posting SELECT e.id, line, account_id, currency, amount_fen, balance_after_fen,
    account_version + 50, {times} FROM posting, e WHERE entry_id = '{id}'"""
TIMES = (
    "effective_on - 1, recorded_at",
    "effective_on, recorded_at + interval '1 second'",
    "effective_on + line, recorded_at",
)
GOING = (
    "DELETE FROM journal_entry WHERE id = '{id}'",
    "UPDATE journal_entry SET id = '{new}' WHERE id = '{id}'",
    "TRUNCATE journal_entry CASCADE",
    "DELETE FROM account",
    "UPDATE account SET currency = 'USD'",
    "DELETE FROM log_record WHERE id = '{id}'",
    "UPDATE log_record SET id = '{new}' WHERE id = '{id}'",
)


async def test_no_row_points_to_nothing_whoever_writes_it(books: Books) -> None:
    entry = (await books.post(books.body())).json()
    owner = await asyncpg.connect(
        books.world.service.database.owner_url.replace("postgresql+asyncpg", "postgresql")
    )
    try:
        for statement, name in DANGLING.items():
            with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
                await owner.execute(statement.format(id=entry["id"], new=uuid4()))
            assert str(getattr(refused.value, "constraint_name", "")).endswith(name)
        for times in TIMES:
            with pytest.raises(asyncpg.CheckViolationError) as strayed:
                await owner.execute(STRAYED.format(id=entry["id"], times=times))
            assert getattr(strayed.value, "constraint_name", "") == "ck_posting_dated"
        for statement in GOING:
            with pytest.raises(asyncpg.RestrictViolationError):
                await owner.execute(statement.format(id=entry["id"], new=uuid4()))
    finally:
        await owner.close()
