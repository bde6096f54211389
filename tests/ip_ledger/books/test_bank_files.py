"""A bank's file is read strictly, and each line is at most one posting."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_ledger.books import bank_rules
from ip_ledger.books.bank_rules import Booked, FileLine, FileUnreadableError, Format
from ip_ledger.journal.rules import MOST_FEN

DAY = date(2028, 3, 5)
HEAD = "booked_on,amount,currency,reference\n"
CAMT = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">10.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{closing}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="CNY">2.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2028-03-05</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>r1</EndToEndId></Refs>
</TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="CNY">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2028-03-06</Dt></BookgDt><AddtlNtryInf>fee</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="CNY">9.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts>
<BookgDt><Dt>2028-03-06</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
# Without its closing balance: what a file leaves out is not noticed by its sums.
OPEN = CAMT.format(closing="11.50").replace("<Cd>CLBD", "<Cd>ITBD")


def test_both_forms_say_the_same() -> None:
    """What is only pending at the bank is not counted."""
    expected = (FileLine(DAY, 250, "r1"), FileLine(DAY + timedelta(days=1), -100, "fee"))
    camt = bank_rules.read(CAMT.format(closing="11.50"), Format.CAMT053, "CNY")
    assert (camt.lines, camt.opening_fen, camt.closing_fen) == (expected, 1000, 1150)
    text = HEAD + "2028-03-05,2.50,CNY,r1\n2028-03-06,-1,CNY,fee\n"
    assert bank_rules.read(text, Format.CSV, "CNY").lines == expected


@pytest.mark.refusing
@pytest.mark.parametrize(
    ("form", "content"),
    [
        (Format.CSV, ""),
        (Format.CSV, HEAD),
        (Format.CSV, "day,amount\n"),
        (Format.CSV, HEAD + "2028-03-05,2.505,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,1e3,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,0,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,NaN,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,٣,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,99999999999999999,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.50,USD,r\n"),
        (Format.CSV, HEAD + "2028-02-30,2.50,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.50,CNY\n"),
        (Format.CSV, HEAD + '2028-03-05,2.50,CNY,"r'),
        (Format.CSV, HEAD + '2028-03-05,2.50,CNY,"r"x\n'),
        (Format.CSV, HEAD + "2028-03-05,2.50,CNY,r\r2028-03-05,2.50,CNY,r\r"),
        (Format.CSV, HEAD + "2028-03-05,2.50,CNY," + "r" * 140_000 + "\n"),
        (Format.CSV, HEAD + "2028-W10-1,2.50,CNY,r\n"),
        (Format.CSV, HEAD + "20280305,2.50,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.50001,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.500000,CNY,r\n"),
        (Format.CAMT053, OPEN.replace("<Sts>BOOK</Sts>", "")),
        (Format.CAMT053, OPEN.replace("<Sts>BOOK</Sts>", "<Sts>BOOKED</Sts>")),
        (Format.CAMT053, OPEN.replace("</Stmt>", "</Stmt><Stmt/>")),
        (Format.CAMT053, OPEN.replace(">2.50<", ">-2.50<")),
        (Format.CAMT053, OPEN.replace(">r1<", ">&b;<")),
        (Format.CAMT053, "<a/>"),
        (Format.CAMT053, "not xml"),
        (Format.CAMT053, CAMT.format(closing="11.51")),
        (Format.CAMT053, CAMT.format(closing="11.50").replace('Ccy="CNY">2.50', 'Ccy="USD">2.50')),
        (Format.CAMT053, CAMT.format(closing="11.50").replace("CRDT", "XXXX")),
        (Format.CAMT053, '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        (Format.CAMT053, OPEN.replace("<Document", "<!DOCTYPE Document><Document")),
        (Format.CAMT053, OPEN.replace("Document", "Dokument")),
        (Format.CAMT053, OPEN.replace(":camt.053.001.", ":camt.054.001.")),
        (Format.CSV, HEAD + "2028-03-05,2.x0,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.²,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.٣,CNY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.5,JPY,r\n"),
        (Format.CSV, HEAD + "2028-03-05,2.50,CNY,r\n" * 2_001),
    ],
)
def test_what_is_not_of_its_form_is_refused(form: Format, content: str) -> None:
    with pytest.raises(FileUnreadableError):
        bank_rules.read(content, form, "CNY")


def test_a_file_of_two_thousand_lines_is_read() -> None:
    content = HEAD + "2028-03-05,2.50,CNY,r\n" * 2_000
    assert len(bank_rules.read(content, Format.CSV, "CNY").lines) == 2_000


@pytest.mark.parametrize(
    ("form", "content", "where"),
    [
        (Format.CSV, HEAD + "2028-03-05,2.50,CNY,r\n2028-03-05,2.50,CNY\n", "line 3"),
        (Format.CSV, HEAD + "2028-03-05,2.50,USD,r\n", "line 2: currency"),
        (Format.CAMT053, OPEN.replace("<BookgDt><Dt>2028-03-05</Dt></BookgDt>", ""), "Dt"),
    ],
)
def test_a_refusal_names_the_place(form: Format, content: str, where: str) -> None:
    with pytest.raises(FileUnreadableError) as refused:
        bank_rules.read(content, form, "CNY")
    assert refused.value.where == where
    check = bank_rules.format_check(refused.value.where)
    assert (check.passed, dict(check.params)) == (False, {"where": where})
    fine = bank_rules.format_check(None)
    assert (fine.passed, dict(fine.params)) == (True, {})


def test_the_largest_amount_is_read_and_a_currency_without_parts_has_none() -> None:
    largest = f"{MOST_FEN // 100}.{MOST_FEN % 100:02d}"
    (line,) = bank_rules.read(HEAD + f"2028-03-05,{largest},CNY,r\n", Format.CSV, "CNY").lines
    assert line.amount_fen == MOST_FEN
    (yen,) = bank_rules.read(HEAD + "2028-03-05,25,JPY,r\n", Format.CSV, "JPY").lines
    assert yen.amount_fen == 25


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("INV-7", "invoice INV-7", True), ("invoice INV-7", "INV-7", True), ("INV-7", "INV-8", False),
     ("", "INV-8", False), ("INV-7", "", False)],
)  # fmt: skip
def test_a_reference_stands_in_the_other_either_way(one: str, other: str, *, same: bool) -> None:
    found = bank_rules.reconcile([FileLine(DAY, 5, one)], [booked(1, 5, 0, other)])
    assert [match.by_reference for match in found.matches] == [same]


def test_the_line_that_is_nearest_in_days_gets_the_posting() -> None:
    lines = [FileLine(DAY - timedelta(days=3), 5, ""), FileLine(DAY - timedelta(days=1), 5, "")]
    found = bank_rules.reconcile(lines, [booked(1, 5)])
    assert [(match.place, match.days_apart) for match in found.matches] == [(1, 1)]
    assert found.only_at_bank == (0,)


@pytest.mark.refusing
@pytest.mark.parametrize("day", ["0001-01-05", "1799-12-31", "3000-01-01", "9999-12-31"])
def test_a_day_of_another_century_is_a_slip(day: str) -> None:
    with pytest.raises(FileUnreadableError, match="a day"):
        bank_rules.read(f"{HEAD}{day},1,CNY,r\n", Format.CSV, "CNY")
    for kept in ("1800-01-01", "2999-12-31"):
        (line,) = bank_rules.read(f"{HEAD}{kept},1,CNY,r\n", Format.CSV, "CNY").lines
        # Its neighbours are days, too.
        assert bank_rules.reconcile([line], [booked(1, 5)]).only_at_bank == (0,)


@pytest.mark.refusing
@pytest.mark.parametrize(("second", "fits"), [("11.50", True), ("11.51", False)])
def test_a_balance_that_is_told_twice_is_told_alike(second: str, *, fits: bool) -> None:
    """A right one after a wrong one would hide that the lines do not make the other."""
    first, rest = CAMT.format(closing="11.50").split("<Ntry>", 1)
    again = (
        "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="CNY">{second}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal><Ntry>'
    )
    if fits:
        assert bank_rules.read(first + again + rest, Format.CAMT053, "CNY").closing_fen == 1150
    else:
        with pytest.raises(FileUnreadableError, match="Bal"):
            bank_rules.read(first + again + rest, Format.CAMT053, "CNY")


def test_thousands_of_one_amount_are_matched_without_looking_at_each_pair() -> None:
    """Two thousand fees of ten yuan beside as many postings took forty seconds."""
    many = bank_rules.MOST_LINES
    lines = [FileLine(DAY, 1_000, "") for _ in range(many)]
    found = bank_rules.reconcile(lines, [booked(n, 1_000, n % 10) for n in range(many)])
    assert (len(found.matches), found.only_at_bank, found.only_in_books) == (many, (), ())


REFERENCES = st.sampled_from(["", "A", "AB", "BC", "ABC"])


@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(0, 12), REFERENCES), max_size=8),
    st.lists(st.tuples(st.integers(1, 2), st.integers(0, 12), REFERENCES), max_size=8),
)
def test_the_best_pair_is_taken_first_as_if_all_were_looked_at(
    bank: list[tuple[int, int, str]], books: list[tuple[int, int, str]]
) -> None:
    lines = [FileLine(DAY + timedelta(days=days), amount, told) for amount, days, told in bank]
    postings = [booked(n, amount, days, told) for n, (amount, days, told) in enumerate(books)]
    wanted: dict[int, Booked] = {}
    for named in (True, False):
        pairs = [
            (abs((one.effective_on - line.booked_on).days), place, one.effective_on, one.entry_id)
            for place, line in enumerate(lines)
            for one in postings
            if one.amount_fen == line.amount_fen
            and (not named or bank_rules._same_reference(line.reference, one.reference))
        ]
        for days, place, _, entry_id in sorted(pairs):
            one = next(each for each in postings if each.entry_id == entry_id)
            if days <= bank_rules.NEAR_DAYS and place not in wanted and one not in wanted.values():
                wanted[place] = one
    found = bank_rules.reconcile(lines, postings)
    assert {match.place: match.booked for match in found.matches} == wanted


def booked(number: int, amount: int, days: int = 0, reference: str = "") -> Booked:
    return Booked(UUID(int=number), 0, DAY + timedelta(days=days), amount, reference)


def test_a_reference_goes_before_the_nearer_day() -> None:
    lines = [FileLine(DAY, 5, "INV-7")]
    near, named = booked(1, 5), booked(2, 5, 3, "invoice INV-7")
    found = bank_rules.reconcile(lines, [near, named])
    assert (found.matches[0].booked, found.matches[0].by_reference) == (named, True)
    assert found.only_in_books == (near,)


@pytest.mark.parametrize(("days", "matched"), [(10, True), (11, False), (-10, True), (-11, False)])
def test_days_may_be_ten_apart(days: int, matched: bool) -> None:
    found = bank_rules.reconcile([FileLine(DAY, 5, "")], [booked(1, 5, days)])
    assert bool(found.matches) is matched
    assert bool(found.only_at_bank) is not matched


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 12)), max_size=9),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 12)), max_size=9),
    st.randoms(use_true_random=False),
)
def test_every_line_and_posting_is_told_once_in_whatever_order_they_come(
    bank: list[tuple[int, int]], books: list[tuple[int, int]], random: object
) -> None:
    lines = [FileLine(DAY + timedelta(days=days), amount, "") for amount, days in bank]
    postings = [booked(n, amount, days) for n, (amount, days) in enumerate(books)]
    found = bank_rules.reconcile(lines, postings)
    assert sorted([*(m.place for m in found.matches), *found.only_at_bank]) == [*range(len(lines))]
    told = [*(m.booked for m in found.matches), *found.only_in_books]
    assert sorted(one.entry_id for one in told) == sorted(one.entry_id for one in postings)
    assert all(lines[m.place].amount_fen == m.booked.amount_fen for m in found.matches)
    random.shuffle(postings)  # type: ignore[attr-defined]
    assert bank_rules.reconcile(lines, postings) == found


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (">2.50<", ">2.50000<"),
        ("<Dt>2028-03-05</Dt>", "<DtTm>2028-03-05T23:59:59+08:00</DtTm>"),
        # A balance that is not added up may be of a kind of the bank's own, or in another currency.
        ("<Cd>OPBD</Cd>", "<Prtry>X</Prtry>"),
        (
            '<Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">',
            '<Cd>FWAV</Cd></CdOrPrtry></Tp><Amt Ccy="USD">',
        ),
        # The side of a reversal is its own, not that of what it reverses.
        (
            "<CdtDbtInd>DBIT</CdtDbtInd><Sts>",
            "<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts>",
        ),
        ("camt.053.001.08", "camt.053.001.02"),
    ],
)
def test_what_the_standard_allows_is_read(said: str, instead: str) -> None:
    content = CAMT.format(closing="11.50")
    assert said in content
    file = bank_rules.read(content.replace(said, instead), Format.CAMT053, "CNY")
    assert [(line.booked_on, line.amount_fen) for line in file.lines] == [
        (DAY, 250), (DAY + timedelta(days=1), -100),
    ]  # fmt: skip


def test_a_file_whose_signs_have_a_prefix_is_read_too() -> None:
    content = CAMT.format(closing="11.50").replace(" xmlns=", " xmlns:d=")
    content = content.replace("</", "#/").replace("<", "<d:").replace("#/", "</d:")
    content = content.replace("<d:?xml", "<?xml")
    assert bank_rules.read(content, Format.CAMT053, "CNY").closing_fen == 1150
