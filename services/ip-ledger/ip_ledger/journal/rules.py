"""What an entry must be: balanced in every currency, reversed once and never before itself."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from shared.money import half_up
from shared.rules import Check, Kind, Rule

# X07: append-only ledger; corrections are reversing entries.
JOURNAL: Final = Rule("X07", "delivery")
# Every balance that an account ever showed stays within this, on either side.
MOST_FEN: Final = 2**53 - 1
FORM: Final = Rule("API", "openapi")


class AccountKind(StrEnum):
    """Which side an account grows on: assets and expenses by debits, the others by credits."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class EntryKind(StrEnum):
    """What an entry is: what happened, what was there before the books, or money changed."""

    ORDINARY = "ordinary"
    OPENING = "opening"
    EXCHANGE = "exchange"


class PendingState(StrEnum):
    """Where an entry stands that was recorded before it came about."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    VOIDED = "voided"


class Side(StrEnum):
    """The side of a posting."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class AccountName:
    """An account's place in a centre's books; `org_id` is empty for the centre's own."""

    code: str
    kind: AccountKind
    org_id: UUID | None = None
    # Whether its balance may lie on the other side; the rule is set when the account is opened.
    may_go_negative: bool = True


# The accounts that revenue and distributions post to. Owners' money passes through the centre: it
# is owed from the day it comes in, and is never the centre's own income.
CASH: Final = AccountName("cash", AccountKind.ASSET)
INCOME_TO_SHARE: Final = AccountName("income_to_share", AccountKind.LIABILITY)
DEDUCTED: Final[Mapping[str, AccountName]] = {
    "tax": AccountName("tax_payable", AccountKind.LIABILITY),
    "maintenance": AccountName("maintenance_payable", AccountKind.LIABILITY),
    "direct": AccountName("direct_costs_payable", AccountKind.LIABILITY),
    "management_fee": AccountName("management_fee", AccountKind.INCOME),
}


def due_to_owner(org_id: UUID) -> AccountName:
    """Name the account of what the centre owes an owner."""
    return AccountName("due_to_owner", AccountKind.LIABILITY, org_id)


def trust_cash(org_id: UUID) -> AccountName:
    """Name the account of the money that a trustee member holds for a consortium (A053)."""
    return AccountName("trust_cash", AccountKind.ASSET, org_id)


def held_in_trust(org_id: UUID) -> AccountName:
    """Name the account of what a trustee member will hand over once there is a centre (A053)."""
    return AccountName("held_in_trust", AccountKind.LIABILITY, org_id)


def reward_expense(org_id: UUID) -> AccountName:
    """Name the account of what an owner's inventors cost it."""
    return AccountName("reward_expense", AccountKind.EXPENSE, org_id)


def reward_payable(org_id: UUID) -> AccountName:
    """Name the account of what an owner owes its inventors."""
    return AccountName("reward_payable", AccountKind.LIABILITY, org_id)


def currency_exchange() -> AccountName:
    """Name the account through which money is changed: what it holds is open exchange."""
    return AccountName("currency_exchange", AccountKind.EQUITY)


@dataclass(frozen=True, slots=True)
class Bound:
    """An account that may not go negative: its kind, and what holds already take of its side.

    `held_fen` is as a posting's amount: below zero where credits are held of an asset.
    """

    kind: AccountKind
    held_fen: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A posting to be made: `amount_fen` is positive for a debit and negative for a credit."""

    account_id: UUID
    amount_fen: int
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry to be posted: what happened on `effective_on`, under a reference."""

    id: UUID
    center_id: UUID
    effective_on: date
    reference: str
    lines: tuple[Line, ...]
    source_id: UUID | None = None
    reverses_id: UUID | None = None
    kind: EntryKind = EntryKind.ORDINARY
    exchange_rate: str | None = None


def signed(side: Side, amount_fen: int) -> int:
    """Give an amount its sign."""
    return amount_fen if side is Side.DEBIT else -amount_fen


def side_of(amount_fen: int) -> Side:
    """Tell the side of a signed amount."""
    return Side.DEBIT if amount_fen > 0 else Side.CREDIT


def may_fall_to(kind: AccountKind, balance_fen: int) -> bool:
    """Tell whether a balance lies on the account's normal side, or is nothing."""
    return balance_fen >= 0 if normal_side(kind) is Side.DEBIT else balance_fen <= 0


def normal_side(kind: AccountKind) -> Side:
    """Tell the side on which an account grows."""
    return Side.DEBIT if kind in {AccountKind.ASSET, AccountKind.EXPENSE} else Side.CREDIT


def differences(lines: Iterable[Line]) -> dict[str, int]:
    """Give debits less credits for each currency that does not balance."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.amount_fen
    return {currency: total for currency, total in sums.items() if total}


def is_plain(draft: EntryDraft, accounts: Mapping[UUID, tuple[UUID, str]]) -> bool:
    """Tell whether `entry_checks` and `account_checks` would pass, without writing them down."""
    place = (draft.center_id, draft.lines[0].currency)
    return not sum(line.amount_fen for line in draft.lines) and all(
        line.currency == place[1] and accounts.get(line.account_id) == place for line in draft.lines
    )


def entry_checks(draft: EntryDraft, pointer: str = "") -> list[Check]:
    """Check what can be told from the entry alone (I2)."""
    uneven = differences(draft.lines)
    checks = [mixed_check(draft, pointer)]
    if not uneven:
        return [*checks, JOURNAL.check("UNBALANCED", Kind.CONTENT, passed=True)]
    return checks + [
        JOURNAL.check(
            "UNBALANCED",
            Kind.CONTENT,
            passed=False,
            pointer=f"{pointer}/postings",
            currency=currency,
            difference=difference,
        )
        for currency, difference in sorted(uneven.items())
    ]


def mixed_check(draft: EntryDraft, pointer: str = "") -> Check:
    """Check that an entry stays in one currency, unless it says that money was changed.

    Else two sums that balance by themselves could hide a conversion at a rate that nobody states.
    """
    currencies = sorted({line.currency for line in draft.lines})
    return JOURNAL.check(
        "CURRENCIES_MIXED",
        Kind.CONTENT,
        passed=len(currencies) < 2 or draft.kind is EntryKind.EXCHANGE,
        pointer=f"{pointer}/postings",
        currencies=currencies,
    )


def account_checks(
    draft: EntryDraft, accounts: Mapping[UUID, tuple[UUID, str]], pointer: str = ""
) -> list[Check]:
    """Check that every posting meets an account of the entry's centre, in its currency.

    `accounts` maps an id to its centre and currency. An account of another centre does not exist.
    """
    checks = []
    for place, line in enumerate(draft.lines):
        center_id, currency = accounts.get(line.account_id, (None, None))
        where = f"{pointer}/postings/{place}"
        known = center_id == draft.center_id
        checks.append(JOURNAL.check("ACCOUNT_UNKNOWN", Kind.CONTENT, passed=known, pointer=where))
        checks.append(
            JOURNAL.check(
                "CURRENCY_MISMATCH",
                Kind.CONTENT,
                passed=not known or currency == line.currency,
                pointer=where,
            )
        )
    return checks


def holder_checks(org_id: UUID | None, known_orgs: Collection[UUID]) -> list[Check]:
    """Check that the programme knows the organization that an account is kept for."""
    known = org_id is None or org_id in known_orgs
    return [
        JOURNAL.check(
            "PARTY_UNKNOWN",
            Kind.CONTENT,
            passed=known,
            pointer="/org_id",
            org_ids=[] if known else [str(org_id)],
        )
    ]


def kind_checks(name: AccountName, standing: AccountKind, *, may_go_negative: bool) -> list[Check]:
    """Check that an account that is there is of the kind and rule that were asked for."""
    held = {
        "/kind": standing == name.kind,
        "/may_go_negative": may_go_negative == name.may_go_negative,
    }
    return [
        JOURNAL.check("ALREADY_EXISTS", Kind.STATE, passed=same, pointer=pointer, key=name.code)
        for pointer, same in held.items()
    ]


def overdrawn_check(pointer: str | None = None, *, passed: bool = False) -> Check:
    """Tell that an entry would carry an account to the side on which it may not stand."""
    return JOURNAL.check("ACCOUNT_OVERDRAWN", Kind.STATE, passed=passed, pointer=pointer)


def closed_check(until: date | None = None, *, passed: bool = False) -> Check:
    """Tell that an entry's day lies in a period that is closed."""
    told: dict[str, Any] = {} if until is None else {"until": until.isoformat()}
    return JOURNAL.check(
        "PERIOD_CLOSED", Kind.STATE, passed=passed, pointer="/effective_on", **told
    )


def opened_check(opened_on: date | None = None, *, passed: bool = False) -> Check:
    """Tell that an entry's day lies before the one on which its books were opened."""
    told: dict[str, Any] = {} if opened_on is None else {"opened_on": opened_on.isoformat()}
    return JOURNAL.check(
        "BEFORE_OPENING", Kind.STATE, passed=passed, pointer="/effective_on", **told
    )


def balance_checks(balance_fen: int, pointer: str | None = None) -> list[Check]:
    """Check that an amount can be told exactly: clients read integers up to 2^53 - 1."""
    return [
        JOURNAL.check(
            "AMOUNT_TOO_LARGE",
            Kind.CONTENT,
            passed=abs(balance_fen) <= MOST_FEN,
            pointer=pointer,
            max_fen=MOST_FEN,
        )
    ]


def balances_after(
    drafts: Iterable[EntryDraft],
    balances: Mapping[UUID, int],
    one_sided: Mapping[UUID, Bound],
) -> dict[UUID, list[Check]]:
    """Post entries one after another on paper; give each one's failed checks.

    One that would carry an account out of bounds is left out, so that those after it are judged
    without it. `one_sided` names those that may not go negative; what is held is gone.
    """
    standing = dict(balances)
    verdicts = {}
    for draft in drafts:
        after: dict[UUID, int] = {}
        checks: list[Check] = []
        for place, line in enumerate(draft.lines):
            before = after.get(line.account_id, standing.get(line.account_id, 0))
            after[line.account_id] = before + line.amount_fen
            where, now = f"/postings/{place}", after[line.account_id]
            # Of a batch hardly any fails: what passes is not written down line by line.
            if abs(now) > MOST_FEN:
                checks += balance_checks(now, where)
            bound = one_sided.get(line.account_id)
            if bound is not None and not may_fall_to(bound.kind, now + bound.held_fen):
                checks.append(overdrawn_check(where))
        verdicts[draft.id] = checks
        if not any(check.refuses for check in checks):
            standing |= after
    return verdicts


def held_of(kind: AccountKind, held_debits_fen: int, held_credits_fen: int) -> int:
    """Give what holds take of an account's own side, signed as a posting; the rest adds nothing."""
    return -held_credits_fen if normal_side(kind) is Side.DEBIT else held_debits_fen


def hold_checks(
    lines: Iterable[Line],
    balances: Mapping[UUID, int],
    one_sided: Mapping[UUID, Bound],
) -> list[Check]:
    """Check that holds leave each account where it may stand, what they would add left out."""
    taken: dict[UUID, int] = {}
    checks = []
    for place, line in enumerate(lines):
        bound = one_sided.get(line.account_id)
        if bound is None or side_of(line.amount_fen) is normal_side(bound.kind):
            continue
        total = taken[line.account_id] = taken.get(line.account_id, 0) + line.amount_fen
        left = balances.get(line.account_id, 0) + bound.held_fen + total
        checks.append(overdrawn_check(f"/postings/{place}", passed=may_fall_to(bound.kind, left)))
    return checks


def settling_check(state: PendingState) -> Check:
    """Check that an entry still waits: it is confirmed or voided once."""
    return JOURNAL.check(
        "STATE_CONFLICT", Kind.STATE, passed=state is PendingState.PENDING, state=state.value
    )


def part_checks(held: Iterable[Line], posted: Iterable[Line]) -> list[Check]:
    """Check that what came about of an entry that waited is no more of any line than was held.

    What is held of an account's side is one sum, also where two lines hold it.
    """
    left: dict[tuple[UUID, Side], int] = {}
    for line in held:
        where = line.account_id, side_of(line.amount_fen)
        left[where] = left.get(where, 0) + abs(line.amount_fen)
    checks = []
    for place, line in enumerate(posted):
        where = line.account_id, side_of(line.amount_fen)
        left[where] = left.get(where, 0) - abs(line.amount_fen)
        checks.append(
            JOURNAL.check(
                "HOLD_EXCEEDED", Kind.CONTENT, passed=left[where] >= 0,
                pointer=f"/postings/{place}",
            )
        )  # fmt: skip
    return checks


def exchange_checks(
    sold: Line, bought: Line, rate: Decimal, units: Mapping[str, int]
) -> list[Check]:
    """Check an exchange: two currencies, and amounts that the stated rate makes, to the unit.

    `units` tells how many minor units make one unit of each currency.
    """
    differ = sold.currency != bought.currency
    exact = Fraction(-sold.amount_fen, units[sold.currency]) * Fraction(rate)
    exact *= units[bought.currency]
    near = abs(exact - bought.amount_fen) <= Fraction(1, 2)
    return [
        JOURNAL.check(
            "CURRENCY_MISMATCH", Kind.CONTENT, passed=differ, pointer="/bought/amount/currency"
        ),
        JOURNAL.check(
            "RATE_MISMATCH",
            Kind.CONTENT,
            passed=not differ or near,
            pointer="/rate",
            expected=half_up(exact),
        ),
    ]


def reversal_checks(
    original: EntryDraft, effective_on: date, *, reversed_already: bool
) -> list[Check]:
    """Check that an entry may be reversed: once, and not on a day before its own.

    A reversal stays: what it undid wrongly is posted anew, so that a chain of entries that undo
    one another never has to be followed to know what holds.
    """
    original_on = original.effective_on
    return [
        JOURNAL.check("REVERSAL_OF_REVERSAL", Kind.STATE, passed=original.reverses_id is None),
        JOURNAL.check(
            "REVERSAL_BEFORE_ORIGINAL",
            Kind.CONTENT,
            passed=effective_on >= original_on,
            pointer="/effective_on",
            original_on=original_on.isoformat(),
        ),
        JOURNAL.check("ALREADY_REVERSED", Kind.STATE, passed=not reversed_already),
    ]


def hand_checks(*, of_record: bool) -> list[Check]:
    """Check that an entry may be undone by hand: not when a record would go on saying its sum.

    Income, costs, payments, funding and runs are undone by their own calls, entry and all.
    """
    return [JOURNAL.check("ENTRY_OF_RECORD", Kind.STATE, passed=not of_record)]


def reversal_of(
    original: EntryDraft, new_id: UUID, effective_on: date, reference: str
) -> EntryDraft:
    """Make the entry that undoes another one: the same accounts, the other sides."""
    return EntryDraft(
        id=new_id,
        center_id=original.center_id,
        effective_on=effective_on,
        reference=reference,
        lines=tuple(
            Line(line.account_id, -line.amount_fen, line.currency) for line in original.lines
        ),
        source_id=original.source_id,
        reverses_id=original.id,
        kind=original.kind,
        exchange_rate=original.exchange_rate,
    )


def entry_document(draft: EntryDraft) -> dict[str, Any]:
    """Give what stands in the open in an entry's log record; amounts are sealed."""
    return {
        "kind": draft.kind.value,
        "effective_on": draft.effective_on.isoformat(),
        "accounts": sorted({str(line.account_id) for line in draft.lines}),
        "reverses_id": None if draft.reverses_id is None else str(draft.reverses_id),
        "source_id": None if draft.source_id is None else str(draft.source_id),
    }


def entry_openings(draft: EntryDraft) -> dict[str, Any]:
    """Give an entry's sealed fields: its lines and its reference, which may name a person."""
    return {
        "lines": [
            {
                "account_id": str(line.account_id),
                "side": side_of(line.amount_fen).value,
                "amount": abs(line.amount_fen),
                "currency": line.currency,
            }
            for line in draft.lines
        ],
        "reference": draft.reference,
        **({} if draft.exchange_rate is None else {"exchange_rate": draft.exchange_rate}),
    }
