"""Documents show values and never run them; the same values give the same bytes."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from shared.documents import (
    Sheet,
    Step,
    bars,
    csv_lines,
    lines,
    page,
    pdf,
    pictures,
    radar,
    section,
    shares_over_time,
    table,
    waterfall,
    workbook,
)
from shared.documents.pages import figure, page_response

TEMPLATE = """
#title_block(data.title)
#facts((("名称", data.name), ("空", none)))
#for svg in data.charts { chart(svg, alt: "图") }
#grid_of(("甲", "乙"), data.rows)
"""
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40)


def document(name: str = "上海澄曜") -> dict[str, object]:
    chart = bars("收入", [(name, Decimal("12.50")), ("M02", 3)], unit=" 万元")
    return {"title": "年度报告", "name": name, "charts": [chart], "rows": [["A1", "18.4"]]}


def test_a_pdf_is_the_same_twice_and_differs_by_its_values() -> None:
    once = pdf(TEMPLATE, document())
    assert once.startswith(b"%PDF-")
    assert pdf(TEMPLATE, document()) == once
    assert pdf(TEMPLATE, document("苏州越湖")) != once


def test_a_name_in_markup_is_printed_and_not_run() -> None:
    evil = '#import "x.typ" $ \\ @nothing <label> *b* ]'
    assert len(pictures(TEMPLATE, document(evil))) == 1


def test_a_long_table_goes_on_over_pages() -> None:
    many = document() | {"rows": [[str(row), "值"] for row in range(120)]}
    assert len(pictures(TEMPLATE, many)) > 2


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_csv_cell_begins_a_formula(cell: str) -> None:
    text = b"".join(csv_lines(["名称"], [[cell], [-5]])).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["名称"], [f"'{cell}"], ["-5"]]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_a_workbook_is_a_formula(cell: str) -> None:
    book = workbook([Sheet("表[1]/2", ["名称"], [[cell], [Decimal("82.98")], [date(2026, 1, 5)]])])
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"<v>82.98</v>" in sheet


def test_a_number_that_a_spreadsheet_would_round_stays_text() -> None:
    book = workbook([Sheet("表", ["分"], [[2**63]])])
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert str(2**63).encode() in parts.read("xl/sharedStrings.xml")


@given(name=TEXT, title=TEXT)
def test_every_chart_is_well_formed_whatever_its_texts_say(name: str, title: str) -> None:
    charts = [
        bars(title, [(name, 1)]),
        lines(title, [name, "b"], {name: [1, None]}),
        radar(title, [name, "b", "c"], {name: [1, 50, Decimal("99.5")]}),
        waterfall(title, [Step(name, 5, "total"), Step("b", -7), Step("c", 1)]),
        shares_over_time(title, [(date(2026, 1, 1), {name: 1_000_000})], until=date(2027, 1, 1)),
    ]
    for svg in charts:
        root = ET.fromstring(svg)  # noqa: S314 - our own text
        assert root.find("{http://www.w3.org/2000/svg}title") is not None


@pytest.mark.parametrize(
    "empty",
    [
        bars("空", []),
        lines("空", [], {}),
        radar("空", [], {}),
        waterfall("空", []),
        shares_over_time("空", [], until=date(2026, 1, 1)),
    ],
)
def test_an_empty_chart_says_so(empty: str) -> None:
    assert "无数据" in empty


def test_a_page_shows_markup_as_text_and_may_load_nothing() -> None:
    body = [section("<i>", table("<b>", ["a"], [["<script>"]]), figure(bars("<u>", []), "<s>"))]
    html = page("<title>", body)
    for tag in ("<script>", "<i>", "<b>", "<u>", "<s>", "<title><"):
        assert tag not in html
    policy = page_response(html).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")


def test_an_empty_table_says_so() -> None:
    assert "无记录" in table("表", ["a"], [])
    assert "No records" in table("表", ["a"], [], language="en")


@pytest.mark.parametrize(
    ("name", "kind"), [("十二个字十二个字十二个字", ""), ("十三个字十三个字十三个字多", "long")]
)
def test_a_column_of_long_names_keeps_its_width(name: str, kind: str) -> None:
    """Beside many others it would be a tower of two letters; a link counts by what it shows."""
    shown = table(
        "表", ("名", "数"), [(name, 1), (Markup("<a href='{}'>短</a>").format("/" * 40), 2)]
    )
    opening = f"<td class='{kind}'>" if kind else "<td>"
    assert f"{opening}{name}</td>" in shown
    assert f"{opening}<a " in shown
