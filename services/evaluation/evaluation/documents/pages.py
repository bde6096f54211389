"""A result for people: a PDF and a page for a centre, a workbook and a ranking for a cycle."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from evaluation.schemes.figure_rules import decimal_text
from evaluation.trends.rules import Direction, Exchange, YearFigures, direction_of, new_partners
from shared.documents import (
    Sheet,
    figure,
    lines,
    listing,
    page,
    paragraph,
    pdf,
    radar,
    section,
    table,
    workbook,
)

RATINGS: Final = {
    "excellent": "优秀", "good": "良好", "qualified": "合格", "unqualified": "不合格",
}  # fmt: skip
GATES: Final = {
    "report_missing": "未提交年度报告",
    "report_falsified": "年度报告不实",
    "report_late": "年度报告逾期",
    "leaf_gate": "未达到门槛指标",
}
# The whole 元 of an amount in a leaf's explanation.
AMOUNTS: Final = re.compile(r"\d{4,}(?=\.\d\d 元)")
SCORE_COLUMNS: Final = ("指标", "得分", "满分", "说明")
TARGET_COLUMNS: Final = ("指标", "目标", "实际", "完成率")
# What is tried of a result, and how it is called.
TRIED: Final = {
    "weights": "权重在 ±25% 内抽取",
    "geometric": "同上，改用几何平均",
    "sheets": "逐一去掉一份评分表",
    "indicators": "逐一去掉一项指标",
}
# A range over sheets left out would tell a centre of single sheets, which are nobody's to see.
TO_CENTER: Final = tuple(name for name in TRIED if name != "sheets")
STEADY_COLUMNS: Final = ("变动", *RATINGS.values(), "总分范围")
FIGURE_COLUMNS: Final = (
    "年度", "带动单位", "其中新增", "公共服务", "其收入占比", "国际交流", "收入抵成本",
)  # fmt: skip
FIGURE_NOTE: Final = (
    "由各年冻结的事实统计，不另计分。带动单位为采用或受让中心技术的单位；公共服务为面向非成员的服务"
    "在全部服务中所占比例；国际交流依次为项目和节点、活动、人才交流；收入抵成本取自当年年度报告。"
)
DIRECTIONS: Final = {
    Direction.RISING: "公共服务占比上升。",
    Direction.LEVEL: "公共服务占比持平。",
    Direction.FALLING: "公共服务占比下降。",
}
STEADY_NOTE: Final = (
    "仅供参考，不影响得分和等次。抽取共 {draws} 次，种子由各结果摘要得出；"
    "抽取的总分范围含九成结果，逐一去掉的含全部结果。"
)
TEMPLATE: Final = """
#title_block(data.title, subtitle: data.subtitle)
#facts(data.facts)
= 各项得分
#chart(data.radar, alt: "各一级指标得分率", width: 80%)
#grid_of(data.criteria_columns, data.criteria, widths: (1fr, auto, auto, auto), align: (left, right, right, right))
= 指标明细
#grid_of(data.score_columns, data.scores, widths: (2fr, auto, auto, 3fr), align: (left, right, right, left))
= 目标与实际
#grid_of(data.target_columns, data.targets, widths: (2fr, auto, auto, auto), align: (left, right, right, right))
= 结果的稳定性
#grid_of(data.steady_columns, data.steady, widths: (2fr, auto, auto, auto, auto, auto), align: (left, right, right, right, right, right))
#text(size: 9pt)[#data.steady_note]
= 历年总分
#chart(data.trend, alt: "历年总分", width: 80%)
= 历年运行情况
#chart(data.figures_chart, alt: "公共服务占比与收入抵成本", width: 80%)
#grid_of(data.figure_columns, data.figures, widths: (auto, 1fr, 1fr, 1fr, 1fr, 1.2fr, 1fr), align: (left, right, right, right, right, right, right))
#text(size: 9pt)[#data.figures_note]
= 专家意见
#grid_of(("指标", "意见"), data.comments, widths: (1fr, 3fr), align: (left, left))
"""  # noqa: E501 - a table's columns stand on one line


@dataclass(frozen=True, slots=True)
class CenterReport:
    """What a centre's report tells; `trend` has a total per year, None where none was published."""

    center_name: str
    center_code: str
    year: int
    version: int
    published_on: str
    result_hash: str
    criteria: Mapping[str, str]
    document: Mapping[str, Any]
    trend: Sequence[tuple[int, Decimal | None]] = ()
    # What its frozen years show together, oldest first.
    figures: Sequence[YearFigures] = ()
    comments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # What was found of how it moves (`robustness`), if that was tried on this very result.
    steadiness: Mapping[str, Any] | None = None
    # Before any leaf was rounded; ranks compare it, within a group of shared experts.
    unrounded: Fraction | None = None
    group: int = 1

    @property
    def ranked_by(self) -> Fraction:
        """Give what its rank comes from."""
        return Fraction(self.document["total"]) if self.unrounded is None else self.unrounded

    @property
    def title(self) -> str:
        """Give its title."""
        return f"{self.center_name} {self.year} 年度评估结果"

    def criterion(self, code: str) -> tuple[Decimal, Decimal]:
        """Add up a criterion's points, and give what it can earn: its part of what stands.

        The leaves' own maxima are rounded one by one and may miss that by a hair.
        """
        points = sum((Decimal(leaf["points"]) for leaf in self._leaves(code)), Decimal(0))
        standing = [
            one for one in self.criteria if any(Decimal(x["max"]) for x in self._leaves(one))
        ]
        weights = self.document["weights"]
        if code not in standing:
            return points, Decimal(0)
        whole = sum((Decimal(weights[one]) for one in standing), Decimal(0))
        return points, (Decimal(weights[code]) * 100 / whole).quantize(Decimal("0.01"))

    def _leaves(self, code: str) -> list[Mapping[str, Any]]:
        return [leaf for leaf in self.document["leaves"] if leaf["code"].startswith(code)]

    def rate(self, code: str) -> Decimal:
        """Give what a criterion earned of its points, in percent."""
        points, most = self.criterion(code)
        return min((points / most * 100).quantize(Decimal("0.1")), Decimal(100)) if most else most


# --- parts of both --------------------------------------------------------------------------


def shown(unit: str, value: str | None) -> str:
    """Write a figure for a reader: money in 元, shares in percent."""
    if value is None:
        return ""
    if unit == "fen":
        return f"{Decimal(value) / 100:,.2f} 元"
    if unit == "ratio":
        return f"{Decimal(value) * 100:.2f}%"
    return value


def _named(report: CenterReport) -> str:
    return report.center_name + (f"（{report.center_code}）" if report.center_code else "")


def _facts(report: CenterReport) -> list[tuple[str, str]]:
    told = report.document
    gates = "、".join(GATES[gate] for gate in told["gates"])
    return [
        ("中心", _named(report)),
        ("总分", told["total"]),
        ("等次", RATINGS[told["rating"]]),
        ("等次限制", gates),
        ("评分表", f"{told['sheets']} 份"),
        ("公布", f"{report.published_on}（第 {report.version} 版）"),
        ("结果摘要", report.result_hash),
    ]


def _criteria(report: CenterReport) -> list[list[str]]:
    rows = []
    for code, name in report.criteria.items():
        points, most = report.criterion(code)
        rows.append([f"{code} {name}", f"{points}", f"{most}", f"{report.rate(code)}%"])
    return rows


def grouped(explanation: str) -> str:
    """Part the thousands of amounts for a reader; the hashed document keeps its own form."""
    return AMOUNTS.sub(lambda found: f"{int(found[0]):,}", explanation)


def _scores(report: CenterReport) -> list[list[str]]:
    return [
        [
            f"{leaf['code']} {leaf['name']}",
            leaf["points"],
            leaf["max"],
            grouped(leaf["explanation"]),
        ]
        for leaf in report.document["leaves"]
    ]


def _targets(report: CenterReport) -> list[list[str]]:
    rows = []
    for leaf in report.document["leaves"]:
        if leaf["calc"] != "ratio":
            continue
        reached = ""
        if leaf["target"] is not None and leaf["raw"] is not None:
            reached = f"{Decimal(leaf['raw']) / Decimal(leaf['target']) * 100:.1f}%"
        actual, target = shown(leaf["unit"], leaf["raw"]), shown(leaf["unit"], leaf["target"])
        rows.append([f"{leaf['code']} {leaf['name']}", target, actual, reached])
    return rows


def _comments(report: CenterReport) -> list[list[str]]:
    names = {leaf["code"]: leaf["name"] for leaf in report.document["leaves"]}
    return [
        [f"{code} {names.get(code, '')}", comment]
        for code, comments in sorted(report.comments.items())
        for comment in comments
    ]


def _steady(report: CenterReport, tried: Iterable[str] = TO_CENTER) -> list[list[str]]:
    """Tell in what part of the draws, or of what was left out, each grade comes out."""
    if report.steadiness is None:
        return []
    rows = []
    for name in tried:
        told = TRIED[name]
        moved = report.steadiness[name]
        span = "—" if moved["total_low"] is None else f"{moved['total_low']}–{moved['total_high']}"
        parts = [_percent(moved["ratings"][grade], moved["tried"]) for grade in RATINGS]
        rows.append([told, *parts, span])
    return rows


def _percent(count: int, of: int) -> str:
    return f"{decimal_text(Fraction(count * 100, of), 1)}%" if of else "—"


def _steady_note(report: CenterReport) -> str:
    if report.steadiness is None:
        return "该结果没有做稳定性测算。"
    return STEADY_NOTE.format(draws=report.steadiness["weights"]["tried"])


def _radar(report: CenterReport) -> str:
    rates = [report.rate(code) for code in report.criteria]
    return radar("各一级指标得分率", list(report.criteria.values()), {"得分率（%）": rates})


def _trend(report: CenterReport) -> str:
    years = [str(year) for year, _ in report.trend]
    return lines("历年总分", years, {"总分": [total for _, total in report.trend]})


def _share(ppm: int | None) -> str:
    return "—" if ppm is None else f"{decimal_text(Fraction(ppm, 10_000), 1)}%"


def _exchange(one: Exchange) -> str:
    return f"{one.projects + one.nodes}/{one.events}/{one.talent_events}"


def _figures(report: CenterReport) -> list[list[str]]:
    """Tell a line for each frozen year: whom it pulled along, what was public, what it earned."""
    return [
        [
            f"{one.year}",
            f"{len(one.partners)}",
            f"{new}",
            f"{_share(one.service.public_ppm)}（{one.service.records} 次）",
            _share(one.service.public_income_ppm),
            _exchange(one.exchange),
            "—" if one.accounts is None else _share(one.accounts.covered_ppm),
        ]
        for one, new in zip(report.figures, new_partners(report.figures), strict=True)
    ]


def _figures_note(report: CenterReport) -> str:
    direction = direction_of(report.figures)
    return FIGURE_NOTE + ("" if direction is None else DIRECTIONS[direction])


def _figures_chart(report: CenterReport) -> str:
    def percent(ppm: int | None) -> Decimal | None:
        return None if ppm is None else (Decimal(ppm) / 10_000).quantize(Decimal("0.1"))

    public = [percent(one.service.public_ppm) for one in report.figures]
    earned = [
        None if one.accounts is None else percent(one.accounts.covered_ppm)
        for one in report.figures
    ]
    return lines(
        "公共服务占比与收入抵成本",
        [str(one.year) for one in report.figures],
        {"公共服务占比（%）": public, "收入抵成本（%）": earned},
    )


# --- a centre -------------------------------------------------------------------------------


def report_data(report: CenterReport) -> dict[str, Any]:
    """Give the values that `TEMPLATE` shows."""
    return {
        "title": report.title,
        "subtitle": "由冻结的事实、计划和评分表计算，可凭重算包核对",
        "facts": _facts(report),
        "radar": _radar(report),
        "trend": _trend(report),
        "figures_chart": _figures_chart(report),
        "figure_columns": FIGURE_COLUMNS,
        "figures": _figures(report),
        "figures_note": _figures_note(report),
        "criteria_columns": ["一级指标", "得分", "满分", "得分率"],
        "criteria": _criteria(report),
        "score_columns": SCORE_COLUMNS,
        "scores": _scores(report),
        "target_columns": TARGET_COLUMNS,
        "targets": _targets(report),
        "steady_columns": STEADY_COLUMNS,
        "steady": _steady(report),
        "steady_note": _steady_note(report),
        "comments": _comments(report),
    }


def report_pdf(report: CenterReport) -> bytes:
    """Set a centre's report as PDF."""
    return pdf(TEMPLATE, report_data(report))


def report_page(report: CenterReport) -> str:
    """Give a centre's report as a page."""
    return page(
        report.title,
        [
            section("结果", listing(_facts(report))),
            section(
                "各项得分",
                figure(_radar(report), "各一级指标得分率"),
                table("一级指标", ("一级指标", "得分", "满分", "得分率"), _criteria(report),
                      numbers=(1, 2, 3)),
                table("指标明细", SCORE_COLUMNS, _scores(report), numbers=(1, 2)),
            ),
            section("目标与实际", table("目标与实际", TARGET_COLUMNS, _targets(report),
                                   numbers=(1, 2, 3))),
            section("结果的稳定性", table("各等次所占的比例", STEADY_COLUMNS, _steady(report),
                                     numbers=(1, 2, 3, 4, 5)), paragraph(_steady_note(report))),
            section("历年总分", figure(_trend(report), "历年总分")),
            section("历年运行情况", figure(_figures_chart(report), "公共服务占比与收入抵成本"),
                    table("历年运行情况", FIGURE_COLUMNS, _figures(report),
                          numbers=(1, 2, 3, 4, 5, 6)), paragraph(_figures_note(report))),
            section("专家意见", table("专家意见（不具名）", ("指标", "意见"), _comments(report))),
        ],
        subtitle="由冻结的事实、计划和评分表计算，可凭重算包核对",
    )  # fmt: skip


# --- a cycle --------------------------------------------------------------------------------


def ranked(reports: Sequence[CenterReport]) -> list[tuple[int, CenterReport]]:
    """Order each group by unrounded totals, best first; equal ones share their rank.

    Nothing ties the scales of groups together whose panels share no expert: no rank crosses them.
    """
    placed = [
        (1 + sum(other.ranked_by > one.ranked_by for other in _group(reports, one)), one)
        for one in reports
    ]
    return sorted(placed, key=lambda pair: (pair[1].group, pair[0], pair[1].center_code))


def _group(reports: Sequence[CenterReport], of: CenterReport) -> list[CenterReport]:
    return [one for one in reports if one.group == of.group]


def cycle_workbook(reports: Sequence[CenterReport]) -> bytes:
    """Give the figures of a cycle: a line for each centre, its steadiness, and each indicator."""
    order = ranked(reports)
    codes = list(reports[0].criteria) if reports else []
    totals: list[list[str | int | Decimal | None]] = [
        [
            report.group, rank, report.center_code, report.center_name,
            Decimal(report.document["total"]), decimal_text(report.ranked_by, 12),
            RATINGS[report.document["rating"]], *(report.criterion(code)[0] for code in codes),
            report.version, report.result_hash,
        ]
        for rank, report in order
    ]  # fmt: skip
    leaves: list[list[str | int | Decimal | None]] = [
        [
            report.center_code, report.center_name, leaf["code"], leaf["name"], leaf["raw"],
            leaf["target"], leaf["unit"], Decimal(leaf["points"]), Decimal(leaf["max"]),
            leaf["formula"],
        ]
        for _, report in order
        for leaf in report.document["leaves"]
    ]  # fmt: skip
    steady: list[list[str | int | Decimal | None]] = [
        [
            report.center_code, report.center_name, *row, *_rank_span(report, name),
            "、".join((report.steadiness or {})[name]["decisive"]),
        ]
        for _, report in order
        for name, row in zip(TRIED, _steady(report, TRIED), strict=False)
    ]  # fmt: skip
    heads = ["组", "名次", "代码", "中心", "总分", "未取整总分", "等次", *codes, "版本", "结果摘要"]
    details = ["代码", "中心", "指标", "名称", "实际", "目标", "单位", "得分", "满分", "算式"]
    moves = ["代码", "中心", *STEADY_COLUMNS, "名次从", "名次至", "去掉即改变等次的指标"]
    return workbook(
        [Sheet("总表", heads, totals), Sheet("稳定性", moves, steady),
         Sheet("指标", details, leaves)]
    )  # fmt: skip


def _rank_span(report: CenterReport, name: str) -> tuple[int | None, int | None]:
    moved = (report.steadiness or {})[name]
    return moved["rank_low"], moved["rank_high"]


def _rank_interval(report: CenterReport) -> str:
    if report.steadiness is None:
        return "—"
    low, high = _rank_span(report, "weights")
    return f"{low}" if low == high else f"{low}–{high}"


def ranking_page(year: int, reports: Sequence[CenterReport]) -> str:
    """Give the ranking of a cycle as a page: a table for each group of shared experts."""
    columns = ("名次", "区间", "中心", "总分", "等次")
    order = ranked(reports)
    groups = sorted({one.group for one in reports})
    tables = []
    for group in groups:
        rows = [
            [rank, _rank_interval(report), _named(report), report.document["total"],
             RATINGS[report.document["rating"]]]
            for rank, report in order if report.group == group
        ]  # fmt: skip
        name = "按未取整的总分排列" if len(groups) == 1 else f"第 {group} 组，按未取整的总分排列"
        tables.append(table(name, columns, rows, numbers=(0, 1, 3, 4)))
    notes = [
        "未取整的总分相同的中心名次相同；等次由总分和限制条件共同决定。",
        "区间：权重在 ±25% 内抽取时，九成结果落在其中；仅供参考，未测算的记作“—”。",
    ]
    if len(groups) > 1:
        notes.append("各组的专家没有交集，评分尺度不可比，因此名次只在组内排列。")
    return page(
        f"{year} 年度评估名次",
        [section("名次", *tables), *(paragraph(note) for note in notes)],
    )
