"""Every chart of the house, on a page, with long names and without data."""

from datetime import date
from decimal import Decimal
from typing import Final

from shared.documents import (
    Step,
    bars,
    figure,
    lines,
    listing,
    page,
    paragraph,
    radar,
    section,
    shares_over_time,
    table,
    waterfall,
)
from tests.pictures.drawing import Page

LONG: Final = "上海澄曜先进封装与异质集成共性技术制造业创新中心有限公司（示例）第二分公司"
CRITERIA: Final = (
    "技术成果数量及质量",
    "转移扩散和产业化",
    "对行业发展的支撑作用",
    "人才队伍",
    "国际合作",
)


def _charts() -> str:
    score = {"本中心": [83, 87, 77, 92, 70], "本期平均": [70, 65, 80, 75, 50]}
    years: dict[str, list[int | Decimal | None]] = {
        LONG: [Decimal("71.20"), None, Decimal("82.98")],
        "C03": [60, 66, 75],
    }
    steps = [
        Step("毛收入", Decimal("1200000.00"), "total"),
        Step("税费", Decimal("-67924.53")),
        Step("维护费", Decimal("-30000.00")),
        Step("直接成本", Decimal("-20000.00")),
        Step("净收入", Decimal("1082075.47"), "total"),
    ]
    owners = [
        (date(2024, 1, 1), {LONG: 400_000, "M09": 350_000, "C03": 250_000}),
        (date(2025, 6, 30), {LONG: 750_000, "C03": 250_000}),
    ]
    return page(
        f"{LONG} · 图表",
        [
            section("条形", figure(bars("服务收入", [(LONG, 1200), ("M02", 3)]), "服务收入")),
            section("折线", figure(lines("总分", ["2024", "2025", "2026"], years), "总分")),
            section("雷达", figure(radar("得分率", CRITERIA, score), "得分率")),
            section("瀑布", figure(waterfall("净收入", steps, unit=" 元"), "净收入")),
            section(
                "份额", figure(shares_over_time("权属", owners, until=date(2026, 12, 31)), "权属")
            ),
            section("名目", listing([("名称", LONG), ("代码", "")]), paragraph("说明" * 60)),
        ],
        subtitle="示例数据",
    )


def _empty() -> str:
    charts = [bars("空", []), lines("空", [], {}), waterfall("空", []), radar("空", [], {})]
    return page(
        "没有数据的页面",
        [
            section("图", *(figure(chart, "空") for chart in charts)),
            section("表", table("成员", ["名称", "代码"], [])),
        ],
    )


SAMPLES: Final = (Page("charts", _charts), Page("charts-empty", _empty))
