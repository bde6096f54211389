"""Balances, holds, parts and exchanges on both sides of their bounds; the bytes of a record."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from ip_ledger.journal import record_rules, rules
from ip_ledger.journal.rules import AccountKind, Bound, EntryDraft, EntryKind, Line, Side
from shared.rules import failed_codes

CENTER, BANK, FEES = UUID(int=1), UUID(int=11), UUID(int=12)
DAY = date(2028, 3, 1)
MOST = 9_007_199_254_740_991


def entry(number: int, *lines: Line, kind: EntryKind = EntryKind.ORDINARY) -> EntryDraft:
    return EntryDraft(UUID(int=number), CENTER, DAY, "r", lines, kind=kind)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(("fen", "passed"), [(MOST, True), (MOST + 1, False), (-MOST, True),
                                             (-MOST - 1, False), (0, True)])  # fmt: skip
def test_a_balance_stays_within_what_a_reader_can_hold(fen: int, *, passed: bool) -> None:
    [check] = rules.balance_checks(fen, "/here")
    assert (check.passed, check.params["max_fen"], check.pointer) == (passed, MOST, "/here")
    verdicts = rules.balances_after([entry(5, Line(BANK, fen))], {}, {})
    assert failed_codes(verdicts[UUID(int=5)]) == ([] if passed else ["AMOUNT_TOO_LARGE"])


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("kind", "held", "amount", "passed"),
    [(AccountKind.ASSET, 0, -100, True), (AccountKind.ASSET, 0, -101, False),
     (AccountKind.ASSET, -1, -99, True), (AccountKind.ASSET, -1, -100, False),
     (AccountKind.EXPENSE, 0, -101, False), (AccountKind.LIABILITY, 0, -100, True),
     (AccountKind.LIABILITY, 0, -99, False), (AccountKind.INCOME, 1, -100, False),
     (AccountKind.INCOME, 1, -101, True), (AccountKind.EQUITY, 0, -99, False)],
)  # fmt: skip
def test_an_account_stays_on_its_side_with_what_is_held(
    kind: AccountKind, held: int, amount: int, *, passed: bool
) -> None:
    verdicts = rules.balances_after(
        [entry(5, Line(FEES, 7), Line(BANK, amount))], {BANK: 100}, {BANK: Bound(kind, held)}
    )
    assert [check.pointer for check in verdicts[UUID(int=5)]] == ([] if passed else ["/postings/1"])


@pytest.mark.requirement("X07")
def test_an_entry_that_is_left_out_leaves_the_balance_as_it_was() -> None:
    drafts = [entry(1, Line(BANK, -60)), entry(2, Line(BANK, -60)), entry(3, Line(BANK, -40)),
              entry(4, Line(BANK, 5), Line(BANK, -5)), entry(5, Line(BANK, -1))]  # fmt: skip
    verdicts = rules.balances_after(drafts, {BANK: 100}, {BANK: Bound(AccountKind.ASSET)})
    assert [failed_codes(verdicts[draft.id]) for draft in drafts] == [
        [], ["ACCOUNT_OVERDRAWN"], [], [], ["ACCOUNT_OVERDRAWN"],
    ]  # fmt: skip


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("kind", "amounts", "verdicts"),
    [
        # Two lines of one account are one sum; what they would add is left out.
        (AccountKind.ASSET, (-60, -40), [True, True]),
        (AccountKind.ASSET, (-60, -41), [True, False]),
        (AccountKind.ASSET, (500, -101), [False]),
        (AccountKind.LIABILITY, (1,), [False]),
        (AccountKind.LIABILITY, (-1,), []),
    ],
)  # fmt: skip
def test_holds_leave_an_account_where_it_may_stand(
    kind: AccountKind, amounts: tuple[int, ...], verdicts: list[bool]
) -> None:
    lines = [Line(FEES, -999), *(Line(BANK, amount) for amount in amounts)]
    checks = rules.hold_checks(lines, {BANK: 103}, {BANK: Bound(kind, -3)})
    assert [check.passed for check in checks] == verdicts
    assert all(check.pointer != "/postings/0" for check in checks)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("kind", "held"), [(AccountKind.ASSET, -9), (AccountKind.EXPENSE, -9),
                       (AccountKind.LIABILITY, 4), (AccountKind.INCOME, 4)],
)  # fmt: skip
def test_what_is_held_takes_of_the_accounts_own_side(kind: AccountKind, held: int) -> None:
    assert rules.held_of(kind, 4, 9) == held


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("posted", "verdicts"),
    [((50, -50), [True, True]), ((51, -50), [False, True]), ((50, -51), [True, False]),
     ((20, 30), [True, True]), ((20, 31), [True, False])],
)  # fmt: skip
def test_no_more_comes_about_than_was_held(posted: tuple[int, ...], verdicts: list[bool]) -> None:
    held = [Line(BANK, 20), Line(BANK, 30), Line(BANK, -50)]
    checks = rules.part_checks(held, [Line(BANK, amount) for amount in posted])
    assert [check.passed for check in checks] == verdicts
    assert [check.pointer for check in checks] == [f"/postings/{n}" for n in range(len(posted))]


@pytest.mark.requirement("X07")
def test_what_was_not_held_does_not_come_about() -> None:
    assert failed_codes(rules.part_checks([Line(BANK, 5)], [Line(FEES, 1)])) == ["HOLD_EXCEEDED"]


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("bought", "passed"), [(714, False), (715, True), (716, True), (717, False)]
)
def test_an_exchange_is_what_its_rate_makes_to_half_a_unit(bought: int, *, passed: bool) -> None:
    # 1.00 CNY at 7.155 makes 715.5 of a currency without minor units' hundredth.
    checks = rules.exchange_checks(
        Line(BANK, -10_000), Line(FEES, bought, "JPY"), Decimal("7.155"), {"CNY": 100, "JPY": 1}
    )
    assert failed_codes(checks) == ([] if passed else ["RATE_MISMATCH"])
    assert checks[1].params["expected"] == 716


@pytest.mark.requirement("X07")
def test_money_is_not_changed_into_itself() -> None:
    checks = rules.exchange_checks(Line(BANK, -5), Line(FEES, 9), Decimal(1), {"CNY": 100})
    assert failed_codes(checks) == ["CURRENCY_MISMATCH"]


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("amounts", "currencies", "plain"),
    [((1, -1), ("CNY", "CNY"), True), ((2, -1), ("CNY", "CNY"), False),
     ((1, -1), ("CNY", "USD"), False), ((1, -1), ("USD", "USD"), False)],
)  # fmt: skip
def test_an_entry_is_plain_when_nothing_is_to_be_said_of_it(
    amounts: tuple[int, int], currencies: tuple[str, str], *, plain: bool
) -> None:
    known = {BANK: (CENTER, "CNY"), FEES: (CENTER, "CNY")}
    lines = [
        Line(account, fen, currency)
        for account, fen, currency in zip((BANK, FEES), amounts, currencies, strict=True)
    ]
    assert rules.is_plain(entry(1, *lines), known) is plain
    assert not rules.is_plain(entry(1, *lines), {BANK: known[BANK]})


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("kind", "passed"), [(EntryKind.EXCHANGE, True), (EntryKind.OPENING, False)]
)
def test_only_an_exchange_mixes_currencies(kind: EntryKind, *, passed: bool) -> None:
    mixed = entry(1, Line(BANK, 1), Line(FEES, -1, "USD"), kind=kind)
    assert rules.mixed_check(mixed).passed is passed
    assert rules.mixed_check(entry(1, Line(BANK, 1), kind=kind)).passed


@pytest.mark.requirement("X07")
def test_sides_and_signs() -> None:
    assert (rules.signed(Side.DEBIT, 5), rules.signed(Side.CREDIT, 5)) == (5, -5)
    assert (rules.side_of(1), rules.side_of(-1), rules.side_of(0)) == (
        Side.DEBIT, Side.CREDIT, Side.CREDIT,
    )  # fmt: skip


def written(draft: EntryDraft) -> bytes:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=7)
    return record_rules.entry_record(draft, at, UUID(int=3), "client", b"s" * 16)


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("kind", "word"), [(EntryKind.ORDINARY, 0), (EntryKind.OPENING, 1), (EntryKind.EXCHANGE, 2)]
)
def test_a_records_bytes_lie_in_their_places(kind: EntryKind, word: int) -> None:
    draft = EntryDraft(
        UUID(int=9), CENTER, date(1970, 1, 3), "r", (Line(FEES, 4), Line(BANK, -4)), kind=kind
    )
    record = written(draft)
    assert record[:4] == bytes([2, 1, word, 0])
    assert record[4:16] == (7).to_bytes(8, "big") + (2).to_bytes(4, "big")
    assert record[16:48] == UUID(int=9).bytes + CENTER.bytes
    assert len(record) == 48 + 3 * 32 + 2 * 16
    assert record[-32:] == BANK.bytes + FEES.bytes
    salt = record_rules.salt_of(b"s" * 16, "reference")
    assert salt == hashlib.sha256(b"zhichuang salt v2\nreference\n" + b"s" * 16).digest()[:16]


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("more", "word", "size"),
    [({"reverses_id": UUID(int=5)}, 1, 16), ({"source_id": UUID(int=6)}, 2, 16),
     ({"exchange_rate": "7.1"}, 4, 32),
     ({"reverses_id": UUID(int=5), "source_id": UUID(int=6), "exchange_rate": "7.1"}, 7, 64)],
)  # fmt: skip
def test_a_record_says_which_parts_it_has(more: dict[str, object], word: int, size: int) -> None:
    bare = EntryDraft(UUID(int=9), CENTER, DAY, "r", (Line(BANK, 4), Line(FEES, -4)))
    parted = EntryDraft(UUID(int=9), CENTER, DAY, "r", bare.lines, **more)  # type: ignore[arg-type]
    assert written(parted)[3] == word
    assert len(written(parted)) == len(written(bare)) + size
    ids = b"".join(one.bytes for one in more.values() if isinstance(one, UUID))
    assert written(parted)[48 : 48 + len(ids)] == ids


@pytest.mark.requirement("X07")
def test_lines_are_written_with_their_sides() -> None:
    text = record_rules.lines_text(entry(1, Line(BANK, 4), Line(FEES, -4, "USD")))
    assert text == (
        f'[{{"account_id":"{BANK}","amount":4,"currency":"CNY","side":"debit"}},'
        f'{{"account_id":"{FEES}","amount":4,"currency":"USD","side":"credit"}}]'
    )
