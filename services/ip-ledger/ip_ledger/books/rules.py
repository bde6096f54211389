"""What the books come to on a day, when a period closes, and how other programs read them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

from ip_ledger.journal.rules import JOURNAL, AccountKind, normal_side, side_of
from shared.codes.currencies import MINOR_DIGITS
from shared.rules import Check, Kind

# Beancount's five roots; the books have no equity of their own.
ROOTS: Final = {
    AccountKind.ASSET: "Assets",
    AccountKind.LIABILITY: "Liabilities",
    AccountKind.EQUITY: "Equity",
    AccountKind.INCOME: "Income",
    AccountKind.EXPENSE: "Expenses",
}


@dataclass(frozen=True, slots=True)
class AccountTotals:
    """An account with all that was posted to it: both sums are positive."""

    account_id: UUID
    org_id: UUID | None
    code: str
    kind: AccountKind
    currency: str
    debits_fen: int
    credits_fen: int

    @property
    def balance_fen(self) -> int:
        """Debits less credits."""
        return self.debits_fen - self.credits_fen

    @property
    def is_abnormal(self) -> bool:
        """Tell whether it stands on the other side than its kind's."""
        return bool(self.balance_fen) and side_of(self.balance_fen) is not normal_side(self.kind)


@dataclass(frozen=True, slots=True)
class BookLine:
    """A posting as it is exported, with its entry and its account."""

    entry_id: UUID
    effective_on: date
    recorded_at: datetime
    reference: str
    reverses_id: UUID | None
    account_id: UUID
    org_id: UUID | None
    code: str
    kind: AccountKind
    currency: str
    amount_fen: int


def sums(totals: Iterable[AccountTotals]) -> dict[str, tuple[int, int]]:
    """Give the sums of debit and of credit balances, by currency: they must be equal."""
    found: dict[str, tuple[int, int]] = {}
    for one in totals:
        debits, credits_ = found.get(one.currency, (0, 0))
        fen = one.balance_fen
        found[one.currency] = (debits + max(fen, 0), credits_ + max(-fen, 0))
    return found


def closing_checks(
    until_on: date, today: date, closed_until: date | None, totals: Sequence[AccountTotals]
) -> list[Check]:
    """Check that a period may be closed: it is over, follows the last one, and balances."""
    told: dict[str, Any] = {} if closed_until is None else {"until": closed_until.isoformat()}
    even = all(debits == credits_ for debits, credits_ in sums(totals).values())
    return [
        JOURNAL.check(
            "DAY_IN_FUTURE",
            Kind.CONTENT,
            passed=until_on < today,
            pointer="/until_on",
            today=today.isoformat(),
        ),
        JOURNAL.check(
            "PERIOD_CLOSED",
            Kind.STATE,
            passed=closed_until is None or until_on > closed_until,
            pointer="/until_on",
            **told,
        ),
        JOURNAL.check("UNBALANCED", Kind.CONTENT, passed=even),
    ]


def first_day(closed_until: date | None) -> date | None:
    """Give the first day of the period after the closed ones; the first one has none."""
    return None if closed_until is None else closed_until + timedelta(days=1)


def seal_content(
    center_id: UUID,
    until_on: date,
    former_seal: str | None,
    totals: Iterable[AccountTotals],
    entry_hashes: Sequence[str],
) -> dict[str, Any]:
    """Give what a period's seal is hashed over: its entries' records and every balance at its end.

    Each seal holds the one before it, so that the last one stands for all the closed books.
    """
    return {
        "center_id": str(center_id),
        "until_on": until_on.isoformat(),
        "former_seal": former_seal,
        # An account opened later has nothing here, and does not change the seal.
        "balances": {
            str(one.account_id): one.balance_fen
            for one in totals
            if one.debits_fen or one.credits_fen
        },
        "entries": list(entry_hashes),
    }


def money_text(fen: int, currency: str) -> str:
    """Write minor units as a decimal with as many places as the currency has."""
    return format(Decimal(fen).scaleb(-MINOR_DIGITS[currency]), "f")


def account_name(kind: AccountKind, code: str, org_id: UUID | None) -> str:
    """Name an account as Beancount does: `Liabilities:Due-To-Owner:O0198…`."""
    words = [word[:1].upper() + word[1:] for word in code.replace("_", "-").split("-") if word]
    own = "-".join("".join(c for c in word if c.isalnum()) for word in words)
    holder = "" if org_id is None else f":O{org_id.hex}"
    return f"{ROOTS[kind]}:{own or 'X'}{holder}"


def beancount(
    title: str, on: date, totals: Sequence[AccountTotals], lines: Sequence[BookLine]
) -> Iterator[str]:
    """Write books as Beancount text; it ends with the balance of every account.

    A balance directive holds at the beginning of its day, so that Beancount itself checks that it
    comes to the same sums: of an account with all below it, which are those of its holders.
    `lines` come entry by entry.
    """
    yield f'option "title" "{_quoted(title)}"\noption "operating_currency" "CNY"\n'
    first = min((line.effective_on for line in lines), default=on)
    names = {one.account_id: account_name(one.kind, one.code, one.org_id) for one in totals}
    # Beancount opens a name once: what is kept here by currency is one account of several there.
    currencies: dict[str, set[str]] = {}
    for one in totals:
        currencies.setdefault(names[one.account_id], set()).add(one.currency)
    for name, units in currencies.items():
        yield f"{first} open {name} {','.join(sorted(units))}\n"
    entry_id = None
    for line in lines:
        if line.entry_id != entry_id:
            entry_id = line.entry_id
            yield f'\n{line.effective_on} * "{_quoted(line.reference)}"\n'
            yield f'  entry: "{line.entry_id}"\n  recorded-at: "{line.recorded_at.isoformat()}"\n'
            if line.reverses_id is not None:
                yield f'  reverses: "{line.reverses_id}"\n'
        amount = money_text(line.amount_fen, line.currency)
        yield f"  {names[line.account_id]}  {amount} {line.currency}\n"
    yield "\n"
    for (name, unit), fen in _summed(totals, names).items():
        amount = money_text(fen, unit)
        yield f"{on + timedelta(days=1)} balance {name} {amount} {unit}\n"


def _summed(
    totals: Sequence[AccountTotals], names: Mapping[UUID, str]
) -> dict[tuple[str, str], int]:
    """Give what Beancount calls the balance of a name: two accounts may share one, or lie below."""
    summed = {(names[one.account_id], one.currency): 0 for one in totals}
    for one in totals:
        name = names[one.account_id]
        above = name.rpartition(":")[0]
        for place in ((name, one.currency), (above, one.currency)):
            if place in summed:
                summed[place] += one.balance_fen
    return summed


def _quoted(text: str) -> str:
    plain = " ".join(text.split())
    return plain.replace("\\", "\\\\").replace('"', '\\"')


CSV_COLUMNS: Final = (
    "entry_id", "effective_on", "recorded_at", "reference", "reverses_id", "account_id", "account",
    "org_id", "kind", "side", "amount_fen", "currency",
)  # fmt: skip


def csv_row(line: BookLine) -> tuple[str | int | date | None, ...]:
    """Give a posting as a row of the CSV export."""
    return (
        str(line.entry_id),
        line.effective_on,
        line.recorded_at.isoformat(),
        line.reference,
        None if line.reverses_id is None else str(line.reverses_id),
        str(line.account_id),
        line.code,
        None if line.org_id is None else str(line.org_id),
        line.kind.value,
        side_of(line.amount_fen).value,
        abs(line.amount_fen),
        line.currency,
    )


def statement_day_checks(from_on: date, until_on: date) -> list[Check]:
    """Check that a statement's days are in order; one day is enough."""
    return [
        JOURNAL.check(
            "DAYS_REVERSED", Kind.CONTENT, passed=from_on <= until_on, pointer="/until_on"
        )
    ]


def running(opening_fen: int, amounts_fen: Iterable[int]) -> list[int]:
    """Give the balance after each amount, from an opening balance on."""
    return list(accumulate(amounts_fen, initial=opening_fen))[1:]
