"""Statements of payees, explanations and ownership: the longest names, and hardly any data."""

from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from ip_ledger.statements import pages
from ip_ledger.statements.rules import BookedYear, Statement, StatementLine, StatementReward
from tests.pictures.drawing import Document, Sample
from tests.pictures.samples.charts import LONG

LINE: Final = StatementLine(
    line_id=UUID(int=1), run_id=UUID(int=2), center_id=UUID(int=3), center_name=LONG,
    asset_id=UUID(int=4), asset_title="一种面向先进封装的增材制造铺粉装置及其在线检测方法" * 2,
    event_id=UUID(int=5), received_on=date(2028, 3, 1), paid_on=date(2028, 3, 10),
    net_fen=9_007_199_254_740_991, ppm=333_333, amount_fen=3_002_399_751_580_330, currency="CNY",
    reverses=False,
)  # fmt: skip
FULL: Final = Statement(
    payee_id=UUID(int=6),
    payee_name=LONG,
    year=2028,
    lines=[
        *[replace(LINE, ppm=400_000 + one, amount_fen=43_283_019 + one) for one in range(30)],
        LINE,
        replace(LINE, amount_fen=-LINE.amount_fen, net_fen=-LINE.net_fen, reverses=True),
    ],
    rewards=[
        StatementReward(UUID(int=7), UUID(int=2), UUID(int=5), date(2028, 3, 10), "转化法45(2)",
                        700_000, 21_641_510, 30_298_114, "CNY"),
    ],
    books=[
        BookedYear(UUID(int=8), UUID(int=3), LONG, "CNY", 0, LINE.amount_fen, LINE.amount_fen,
                   1_298_491_005),
    ],
)  # fmt: skip
EMPTY: Final = Statement(UUID(int=6), "新成员", 2027, [], [], [])

SAMPLES: Final[tuple[Sample, ...]] = (
    Document("payee-statement", pages.TEMPLATE, pages.statement_data(FULL)),
    Document("payee-statement-empty", pages.TEMPLATE, pages.statement_data(EMPTY)),
)
