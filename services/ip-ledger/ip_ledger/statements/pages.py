"""A payee's statement as PDF and as a workbook."""

from typing import Any, Final

from ip_ledger.statements.rules import Statement
from ip_ledger.statements.words import money, percent
from shared.documents import Sheet, pdf, workbook
from shared.documents.sheets import Cell

LINE_COLUMNS: Final = ("支付日", "中心", "成果", "到账日", "净收入", "份额", "金额")
REWARD_COLUMNS: Final = ("支付日", "依据", "比例", "法定下限", "应付奖酬")
BOOK_COLUMNS: Final = ("中心", "币种", "年初应付", "贷方", "借方", "年末应付", "分配支付")
TEMPLATE: Final = """
#set page(flipped: true)
#title_block(data.title, subtitle: data.subtitle)
#facts(data.facts)
= 分配明细
#grid_of(data.line_columns, data.lines, widths: (auto, 1fr, 1fr, auto, auto, auto, auto), align: (left, left, left, left, right, right, right))
= 应付发明人奖酬
#grid_of(data.reward_columns, data.rewards, widths: (auto, 1fr, auto, auto, auto), align: (left, left, right, right, right))
= 账簿核对
#grid_of(data.book_columns, data.books, widths: (1fr, auto, auto, auto, auto, auto, auto), align: (left, left, right, right, right, right, right))
"""  # noqa: E501 - a table's columns stand on one line


def statement_data(statement: Statement) -> dict[str, Any]:
    """Give the values that `TEMPLATE` shows."""

    def shown(amount_fen: int, currency: str) -> str:
        return money(amount_fen, currency, "zh")

    totals = statement.totals
    return {
        "title": f"{statement.year} 年收益分配对账单",
        "subtitle": "明细来自已支付的分配，合计与账簿核对；每一行都可凭凭证离线核验",
        "facts": [
            ("收款方", statement.payee_name),
            ("年度", str(statement.year)),
            ("分配合计", "；".join(shown(fen, c) for c, (fen, _) in totals.items())),
            ("应付奖酬合计", "；".join(shown(fen, c) for c, (_, fen) in totals.items())),
            ("与账簿核对", "一致" if statement.agrees else "不一致"),
        ],
        "line_columns": LINE_COLUMNS,
        "lines": [
            [
                line.paid_on.isoformat(), line.center_name,
                f"{line.asset_title}（冲回）" if line.reverses else line.asset_title,
                line.received_on.isoformat(), shown(line.net_fen, line.currency),
                percent(line.ppm), shown(line.amount_fen, line.currency),
            ]
            for line in statement.lines
        ],
        "reward_columns": REWARD_COLUMNS,
        "rewards": [
            [
                one.paid_on.isoformat(), one.rule, percent(one.rate_ppm),
                shown(one.floor_fen, one.currency), shown(one.amount_fen, one.currency),
            ]
            for one in statement.rewards
        ],
        "book_columns": BOOK_COLUMNS,
        "books": [
            [
                one.center_name, one.currency,
                *(
                    shown(fen, one.currency)
                    for fen in (
                        one.opening_fen, one.credits_fen, one.debits_fen, one.closing_fen,
                        one.paid_by_runs_fen,
                    )
                ),
            ]
            for one in statement.books
        ],
    }  # fmt: skip


def statement_pdf(statement: Statement) -> bytes:
    """Set a statement as PDF."""
    return pdf(TEMPLATE, statement_data(statement))


def statement_workbook(statement: Statement) -> bytes:
    """Write a statement as a workbook; amounts are whole minor units, so that sums are exact."""
    lines: list[list[Cell]] = [
        [
            line.paid_on, line.center_name, line.asset_title, line.received_on, line.net_fen,
            line.ppm, line.amount_fen, line.currency, str(line.line_id), str(line.run_id),
        ]
        for line in statement.lines
    ]  # fmt: skip
    rewards: list[list[Cell]] = [
        [
            one.paid_on, one.rule, one.rate_ppm, one.floor_fen, one.amount_fen, one.currency,
            str(one.reward_id), str(one.run_id),
        ]
        for one in statement.rewards
    ]  # fmt: skip
    books: list[list[Cell]] = [
        [
            one.center_name, one.currency, one.opening_fen, one.credits_fen, one.debits_fen,
            one.closing_fen, one.paid_by_runs_fen, str(one.account_id),
        ]
        for one in statement.books
    ]  # fmt: skip
    return workbook(
        [
            Sheet("分配明细", [*_minor(LINE_COLUMNS), "币种", "行", "分配"], lines),
            Sheet("应付奖酬", [*_minor(REWARD_COLUMNS), "币种", "奖酬", "分配"], rewards),
            Sheet("账簿", [*_minor(BOOK_COLUMNS), "账户"], books),
        ]
    )


def _minor(columns: tuple[str, ...]) -> list[str]:
    """Say in the heads that amounts are in minor units and shares in parts per million."""
    plain = {"支付日", "中心", "成果", "到账日", "依据", "币种"}
    shares = {"份额", "比例"}
    return [
        name if name in plain else f"{name}（{'ppm' if name in shares else '分'}）"
        for name in columns
    ]
