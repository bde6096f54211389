"""The audit names the row that somebody changed with all guards off, and holds where nobody did."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from ip_ledger.audit import jobs, queries
from ip_ledger.audit.auditing import evidence
from ip_ledger.audit.rules import Growing, differing_tile
from ip_ledger.audit.told_queries import TOLD
from ip_ledger.log import actions, rules
from ip_ledger.log.keys import LogKey
from ip_ledger.log.notes import NoteError, Verifier
from tests.ip_ledger.audit.books import Filled, fill
from tests.ip_ledger.audit.said import say
from tests.ip_ledger.conftest import Ledger
from zhichuang.postgres import PostgreSQL

pytestmark = pytest.mark.anyio


@pytest.fixture
async def filled(ledger: Ledger, postgres_server: PostgreSQL) -> Filled:
    name = ledger.service.database.name
    return await fill(ledger, postgres_server.dsn("ip_ledger", "admin", database=name))


@pytest.mark.requirement("X07")
async def test_an_untouched_ledger_holds(filled: Filled) -> None:
    async with filled.breaking() as connection:
        outcome = await filled.audited(connection)
    assert outcome.differences == []
    rows = outcome.rows
    assert rows["log_record"] == rows["log_leaf"] == outcome.tree_size > 256
    assert rows["audit_link"] == rows["event"] == outcome.event_position
    assert min(rows[name] for name in rows) > 0


CARRY = "scope_id || ' ' || party_id || ' ' || currency"
TILE = "level || ' ' || tile_index"
# A table, how one row of it is broken, and where the row's key is: the first named must be it.
BROKEN = [
    ("log_record", "body = body || ' '", "id"),
    ("log_record", "kind = 'x'", "id"),
    ("log_leaf", r"leaf_hash = sha256('\x01')", "leaf_index"),
    ("log_opening", "value = '1'", "record_id || ' ' || name"),
    ("log_opening", r"salt = sha256('\x01')", "record_id || ' ' || name"),
    ("log_tile", "hashes = set_byte(hashes, 9, get_byte(hashes, 9) # 1)", TILE),
    ("log_tile", r"root = sha256('\x01')", TILE),
    ("log_checkpoint", r"root = sha256('\x01')", "tree_size"),
    ("log_checkpoint", "note = replace(note, '— ', '— x')", "tree_size"),
    ("journal_entry", "effective_on = effective_on - 1", "id"),
    ("journal_entry", "reference = reference || ' '", "id"),
    ("journal_entry", "recorded_at = recorded_at - interval '1 day'", "id"),
    ("journal_entry", "recorded_by = gen_random_uuid()", "id"),
    ("journal_entry", "client_id = 'another'", "id"),
    ("posting", "amount_fen = amount_fen + 1", "entry_id || ' ' || line"),
    ("posting", "amount_fen = -amount_fen", "entry_id || ' ' || line"),
    ("posting", "balance_after_fen = balance_after_fen + 1", "entry_id || ' ' || line"),
    ("posting", "effective_on = effective_on - 1", "entry_id || ' ' || line"),
    ("posting", "recorded_at = recorded_at + interval '1 second'", "entry_id || ' ' || line"),
    ("account_balance", "balance_fen = balance_fen + 1", "account_id"),
    ("account_balance", "version = version + 1", "account_id"),
    ("account_balance", "held_credits_fen = held_credits_fen + 1", "account_id"),
    ("pending_entry", "reference = reference || ' '", "id"),
    ("pending_line", "amount_fen = amount_fen + 1", "pending_id || ' ' || line"),
    ("pending_outcome", "entry_id = NULL, state = 'voided'", "id"),
    ("ownership_version", "cause = 'theft'", "id"),
    ("ownership_version", "known_during = tstzrange(lower(known_during), '2026-06-01')", "id"),
    ("ownership_line", "ppm = ppm - 1", "version_id || ' ' || owner_id"),
    ("agreement", "terms_sha256 = text_sha256", "id"),
    ("agreement_party", "benefit_ppm = benefit_ppm + 1", "agreement_id || ' ' || place"),
    ("agreement_signature", "signed_by = gen_random_uuid()", "id"),
    ("contract_state", "state = 'terminated'", "id"),
    ("tech_contract", "contract_amount_fen = contract_amount_fen + 1", "id"),
    ("tech_contract", "state = 'terminated'", "id"),
    ("ledger_fact", "payload = jsonb_set(payload, '{state}', '\"draft\"')", "id"),
    ("distribution_line", "amount_fen = amount_fen + 1", "id"),
    ("distribution_line", "carry_change = carry_change + 1", "id"),
    ("distribution_run", "net_fen = net_fen + 1", "id"),
    ("distribution_run", "plan_hash = 'x'", "id"),
    ("share_carry", "millionths = millionths + 1", CARRY),
    ("inventor_reward", "amount_fen = amount_fen + 1", "id"),
    ("loss_line", "amount_fen = amount_fen + 1", "id"),
    ("loss_event", "amount_fen = amount_fen + 1", "id"),
    ("revenue_event", "gross_fen = gross_fen + 1", "id"),
    ("revenue_event", "received_on = received_on - 1", "id"),
    ("revenue_deduction", "kind = 'maintenance'", "event_id || ' ' || kind"),
    ("contribution_payment", "amount_fen = amount_fen + 1", "id"),
    ("contribution_payment", "paid_on = paid_on - 1", "id"),
    ("funding_record", "amount_fen = amount_fen + 1", "id"),
    ("contribution", "paid_fen = paid_fen + 1", "id"),
    ("money_source", "received_fen = received_fen + 1", "source_id"),
    ("funding_undoing", "effective_on = effective_on + 1", "funding_id"),
    ("profit_division", "profit_fen = profit_fen + 1, pool_fen = pool_fen + 1", "id"),
    ("profit_division", "undone_on = undone_on + 1", "id"),
    ("benefit_division", "lines = jsonb_set(lines, '{0,amount_fen}', '1')", "id"),
    ("shared_use", "amount_fen = amount_fen + 1", "id"),
    ("shared_use", "per = per + 1", "id"),
    ("use_settlement", "first_owes_fen = first_owes_fen + 1", "id"),
    ("use_settlement", "until_on = until_on + 1", "id"),
    ("book_opening", "source = source || ' '", "id"),
    ("book_opening", '"on" = "on" - 1', "id"),
    ("book_opening_approval", "person_id = gen_random_uuid()", "opening_id || ' ' || place"),
    ("journal_entry", "kind = 'exchange', exchange_rate = '1'", "id"),
    ("book_period", "seal_sha256 = 'x'", "id"),
    ("event", "data = data || '{\"more\": 1}'", "id"),
    ("audit", "person_id = gen_random_uuid()", "id"),
    ("audit", "reason = 'another'", "id"),
    ("audit_link", r"event_sha256 = sha256('\x01')", "position"),
    ("audit_seal", r"sha256 = sha256('\x01')", "until_position"),
]  # fmt: skip
GONE = (
    "log_record", "log_leaf", "log_tile", "log_opening", "journal_entry", "posting",
    "account_balance", "ownership_version", "ownership_line", "agreement_party", "contract_state",
    "distribution_line", "share_carry", "loss_line", "shared_use", "use_settlement", "book_period",
    "book_opening_approval", "funding_undoing", "profit_division", "benefit_division",
    "event", "audit", "event_position", "audit_link", "audit_seal",
)  # fmt: skip


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_the_row_that_was_changed_is_the_first_that_is_named(filled: Filled) -> None:
    missed: list[object] = []
    for table, change, key in BROKEN:
        async with filled.breaking() as connection:
            one = f"(SELECT ctid FROM {table} ORDER BY ctid DESC LIMIT 1)"
            asked = text(f"SELECT ({key})::text FROM {table} WHERE ctid = {one}")
            row = await connection.scalar(asked)
            await connection.execute(text(f"UPDATE {table} SET {change} WHERE ctid = {one}"))
            found = (await filled.audited(connection)).differences
        named = [(first.table, first.row) for first in found[:1]]
        if named != [(table, row)]:
            missed.append((table, change, row, found[:2]))
    assert not missed, "\n".join(map(str, missed))


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_row_that_was_taken_away_is_missed(filled: Filled) -> None:
    missed: list[object] = []
    for table in GONE:
        async with filled.breaking() as connection:
            last = f"(SELECT ctid FROM {table} ORDER BY ctid DESC LIMIT 1)"
            await connection.execute(text(f"DELETE FROM {table} WHERE ctid = {last}"))
            if not (await filled.audited(connection)).differences:
                missed.append(table)
    # An erased opening is no difference: that is how personal data leave a valid log.
    assert missed == ["log_opening"]


# What no leaf tells of: how a row of it is broken, and where its key is.
SAID = [
    ("ownership_consent", "org_id = gen_random_uuid()", "id"),
    ("inventor_consent", "answer = 'refuse'", "change_id || ' ' || org_id"),
    ("distribution_confirmation", "plan_hash = 'x'", "run_id || ' ' || owner_id"),
    ("distribution_confirmation", "confirmed_by = gen_random_uuid()", "run_id || ' ' || owner_id"),
    ("revenue_undoing", "reason = 'x'", "event_id"),
    ("license_consent", "given_by = gen_random_uuid()", "id"),
    ("own_use", "agreed_years = agreed_years + 1", "id"),
    ("own_use_year", "profit_fen = profit_fen - 1", "id"),
    ("price_finding", "price_fen = price_fen + 1", "id"),
    ("price_finding", "recorded_at = recorded_at + interval '1 microsecond'", "id"),
    ("protection_event", "counterparty = counterparty || '\", \"'", "id"),
    ("right_restoration", "evidence_ids = evidence_ids || gen_random_uuid()", "id"),
    ("layout_plan", "year = year + 1", "id"),
    ("asset_kinship", "recorded_by = gen_random_uuid()", "id"),
    ("contract_project", "title = title || ' '", "id"),
    ("contribution_instalment", "amount_fen = amount_fen + 1", "contribution_id"),
    ("contract_correction", "former_contract_amount_fen = former_contract_amount_fen + 1",
     "contract_id || ' ' || ordinal"),
    ("contract_correction", "reason = 'x'", "contract_id || ' ' || ordinal"),
]  # fmt: skip


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_row_of_which_only_the_trail_tells_is_named_and_missed(
    ledger: Ledger, postgres_server: PostgreSQL
) -> None:
    filled = await say(ledger)
    name = ledger.service.database.name
    filled.admin_url = postgres_server.dsn("ip_ledger", "admin", database=name)
    async with filled.breaking() as connection:
        assert (await filled.audited(connection)).differences == []
        missed: list[object] = []
        for table, change, key in SAID:
            one = f"(SELECT ctid FROM {table} ORDER BY ctid DESC LIMIT 1)"
            row = await connection.scalar(
                text(f"SELECT ({key})::text FROM {table} WHERE ctid = {one}")
            )
            for broken in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
                async with connection.begin_nested() as undone:
                    await connection.execute(text(f"{broken} WHERE ctid = {one}"))
                    found = [each async for each in queries.answers(connection, TOLD)]
                    await undone.rollback()
                named = [(each.table, each.row) for each in found]
                is_named = broken.startswith("DELETE") or named[0][1] == row
                if [each for each, _ in named] != [table] or not is_named:
                    missed.append((broken, row, found))
    assert not missed, "\n".join(map(str, missed))


async def newest_note(connection: AsyncConnection) -> str:
    asked = text("SELECT note FROM log_checkpoint ORDER BY tree_size DESC LIMIT 1")
    note = await connection.scalar(asked)
    assert isinstance(note, str)
    return note


async def rewrite(connection: AsyncConnection, key: LogKey) -> None:
    """Do what an operator could who holds the key: another past, with every hash in order."""
    await connection.execute(
        text("""
        UPDATE log_record SET body = convert_to(replace(convert_from(body, 'UTF8'),
            '"cause":"attribution"', '"cause":"assignment"'), 'UTF8')
        WHERE kind = 'ownership_version'""")
    )
    await connection.execute(text("UPDATE ownership_version SET cause = 'assignment'"))
    await connection.execute(
        text(r"""
        UPDATE log_leaf SET leaf_hash = sha256('\x00'::bytea || r.body)
        FROM log_record r WHERE r.id = record_id""")
    )
    await connection.execute(text("DELETE FROM log_checkpoint"))
    await connection.execute(text("DELETE FROM log_tile"))
    await actions.sign_checkpoint(connection, key, datetime.now(UTC))


@pytest.mark.requirement("X07")
@pytest.mark.refusing
async def test_a_wholly_rewritten_log_is_proven_by_a_checkpoint_from_outside(
    filled: Filled,
) -> None:
    verifier = Verifier.read(filled.key.verifier)
    async with filled.breaking() as connection:
        kept = evidence("kept.txt", await newest_note(connection), [verifier])
        assert (await filled.audited(connection, kept)).differences == []
        await rewrite(connection, filled.key)
        assert (await filled.audited(connection)).differences == []
        [proof] = (await filled.audited(connection, kept)).differences
        assert proof.table == "log_leaf"
        assert proof.reason.startswith(
            f"REWRITTEN: {filled.key.origin} signed {kept.tree.root.hex()}"
        )
        await connection.execute(text("DELETE FROM log_leaf WHERE leaf_index > 3"))
        shorter = (await filled.audited(connection, kept)).differences
        assert any("leaves are gone" in one.reason for one in shorter)


@pytest.mark.refusing
async def test_a_checkpoint_that_no_trusted_key_signed_proves_nothing(filled: Filled) -> None:
    other = LogKey("zhichuang.example/ip-ledger", Ed25519PrivateKey.generate())
    async with filled.breaking() as connection:
        note = await newest_note(connection)
    with pytest.raises(NoteError, match="none of the keys"):
        evidence("kept.txt", note, [Verifier.read(other.verifier)])


async def test_the_background_audit_publishes_how_far_it_came(filled: Filled) -> None:
    service, anyone = filled.ledger.service, filled.ledger.service.client()
    assert (await anyone.get("/v1/ip-ledger/log/audit")).status_code == 404
    state = service.app.state
    assert await jobs.audit_once(state.database, state.settings) is not None
    told = (await anyone.get("/v1/ip-ledger/log/audit")).json()
    checkpoint = (await anyone.get("/v1/ip-ledger/log/checkpoint")).text
    assert told["holds"] is True
    assert told["difference"] is None
    assert checkpoint.split("\n")[1:3] == [str(told["tree_size"]), told["root"]]


async def test_the_command_says_what_holds_and_what_differs(filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "log.pub").write_text(filled.key.verifier + "\n")
    async with filled.breaking() as connection:
        (tmp_path / "kept.txt").write_text(await newest_note(connection))
    options = ["--key", str(tmp_path / "log.pub"), "--checkpoint", str(tmp_path / "kept.txt")]
    service = filled.ledger.service

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "ZHICHUANG_DATABASE_URL": service.database.app_url}
        command = [sys.executable, "-m", "zhichuang.cli", "audit", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    holds = run(*options)
    assert (holds.returncode, holds.stderr) == (0, "")
    assert "HOLDS" in holds.stdout
    async with service.app.state.database.engine.begin() as connection:
        # What the service itself may do: balances are its own to keep.
        await connection.execute(
            text(
                "UPDATE account_balance SET balance_fen = balance_fen + 1 WHERE account_id ="
                " (SELECT min(account_id::text)::uuid FROM account_balance)"
            )
        )
        asked = text("SELECT min(account_id::text) FROM account_balance")
        account_id = await connection.scalar(asked)
    differs = run()
    assert differs.returncode == 1
    assert f"FIRST DIFFERS  account_balance {account_id}" in differs.stderr
    assert run("--key", str(tmp_path / "none.pub")).returncode == 2


@given(st.integers(0, 700) | st.just(65_537))
def test_a_growing_tree_has_the_roots_and_tiles_of_the_log(size: int) -> None:
    leaves = [rules.leaf_hash(str(n).encode()) for n in range(size)]
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    tiles = {key: cut for key, cut in _tiles(leaves).items() if cut}
    assert tree.root == (rules.range_root((0, size), tiles) if size else rules.EMPTY_ROOT)
    full = {key for key, cut in tiles.items() if len(cut) == rules.TILE_WIDTH}
    assert set(tree.tiles) == full
    assert all(tree.tiles[key][1] == rules.perfect_root(tiles[key]) for key in full)
    assert differing_tile(tree.tiles, tree.tiles, size) is None
    for key in full:
        assert differing_tile(tree.tiles, {**tree.tiles, key: (b"", b"")}, size) is not None
        fewer = {other: tile for other, tile in tree.tiles.items() if other != key}
        assert differing_tile(tree.tiles, fewer, size) is not None


def _tiles(leaves: list[bytes]) -> dict[rules.TileKey, list[bytes]]:
    tiles: dict[rules.TileKey, list[bytes]] = {}
    level, hashes = 0, leaves
    while hashes:
        cut = [hashes[i : i + 256] for i in range(0, len(hashes), 256)]
        tiles |= {rules.TileKey(level, i): tile for i, tile in enumerate(cut)}
        hashes = [rules.perfect_root(tile) for tile in cut if len(tile) == 256]
        level += 1
    return tiles
