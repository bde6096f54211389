"""A centre's evaluation report and a cycle's ranking: the longest names, and hardly any data."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from evaluation.documents import pages
from evaluation.results import rules
from evaluation.robustness import rules as robustness
from evaluation.schemes.rules import scheme_from
from evaluation.trends.rules import Accounts, Exchange, Partner, Service, YearFigures
from tests.evaluation.results import vector
from tests.pictures.drawing import Document, Page, Sample
from tests.pictures.samples.charts import LONG

CRITERIA: Final = {one["code"]: one["name"] for one in vector.DATA["scheme"]["content"]["criteria"]}
OUTCOME: Final = rules.compute(vector.inputs())
STANCE: Final = robustness.stance(
    case_id="c",
    result_hash=OUTCOME.result_hash,
    document=OUTCOME.document,
    exact=OUTCOME.exact,
    scheme=vector.SCHEME,
    sheets=[{"scores": sheet.scores} for sheet in vector.sheets()],
)
STEADY: Final = robustness.document("cycle", [STANCE], [["c"]], 2_000)["cases"][0]


def _year(year: int, partners: int, public: int, cost: int | None) -> YearFigures:
    return YearFigures(
        year=year,
        snapshot_hash="5e" * 32,
        partners=tuple(
            Partner(
                uscc=f"91310112FAKE{number:05d}",
                is_member=False,
                is_sme=True,
                kinds=("adoption",),
                fact_ids=(f"f{number}",),
            )
            for number in range(partners)
        ),
        service=Service(128, public, 980_000_000, 310_000_000),
        exchange=Exchange(2, 1, 14, 3, 26),
        accounts=None if cost is None else Accounts(745_000_000, cost),
    )


FULL: Final = pages.CenterReport(
    center_name=LONG,
    center_code="C11",
    year=2027,
    version=2,
    published_on="2028-05-20",
    result_hash="4d" * 32,
    criteria=CRITERIA,
    document=OUTCOME.document,
    steadiness=STEADY,
    trend=[(2024, Decimal("71.20")), (2025, None), (2026, Decimal("78.55")),
           (2027, Decimal("82.98"))],
    figures=[_year(2024, 3, 30, 1_200_000_000), _year(2025, 0, 0, None),
             _year(2026, 11, 64, 800_000_000), _year(2027, 118, 90, 700_000_000)],
    comments={"A4": ["技术水平国内领先，部分指标国际先进。" * 6, "建议加强第三方验证。"],
              "E3": ["#import \"x\" *不是标记*"]},
)  # fmt: skip
EMPTY: Final = replace(
    FULL,
    center_name="新中心",
    center_code="",
    trend=[],
    figures=[],
    comments={},
    steadiness=None,
    document=rules.compute(
        replace(vector.inputs(), facts={}, targets=(), sheets=(), scheme=scheme_from(
            vector.DATA["scheme"]["content"]))
    ).document,
)  # fmt: skip

SAMPLES: Final[tuple[Sample, ...]] = (
    Document("evaluation-report", pages.TEMPLATE, pages.report_data(FULL)),
    Document("evaluation-report-empty", pages.TEMPLATE, pages.report_data(EMPTY)),
    Page("evaluation-report-page", lambda: pages.report_page(FULL)),
    Page("evaluation-ranking", lambda: pages.ranking_page(2027, [FULL, EMPTY, FULL])),
    Page(
        "evaluation-ranking-groups",
        lambda: pages.ranking_page(2027, [FULL, EMPTY, replace(FULL, group=2)]),
    ),
)
