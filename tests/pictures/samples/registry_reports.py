"""The programme's reports: with the longest names, and of a year in which nothing happened."""

from datetime import date
from typing import Final

from registry.programme import reference
from registry.reports import pages
from registry.reports.rules import TargetLevel, TargetState
from registry.reports.schemas import (
    CenterNetworkOut,
    ChainLinkOut,
    CircleOut,
    ClientsOut,
    NationalGapOut,
    NetworkReportOut,
    ProgrammeReportOut,
    ReportCountOut,
    ReportFieldOut,
    TargetProgressOut,
    YearListingOut,
)
from registry.reports.words import Words
from shared.database import new_id
from tests.pictures.drawing import Page

LONG: Final = "上海澄曜先进封装与异质集成共性技术制造业创新中心有限公司（示例）第二分公司"
NAMES: Final = {
    f"{row['scheme']}/{row['code']}": (row["name_zh"], row["name_en"])
    for row in reference.code_rows()
}
REGIONS: Final = ("31", "32", "33", "34", "other")


def _counts(**counts: int) -> list[ReportCountOut]:
    return [ReportCountOut(code=code, count=count) for code, count in counts.items()]


def _circle(*, empty: bool) -> CircleOut:
    regions = [ReportCountOut(code=code, count=0 if empty else 7) for code in REGIONS]
    return CircleOut(
        organizations=0 if empty else 35,
        sme=0 if empty else 12,
        sme_share_ppm=None if empty else 342_857,
        divisions=0 if empty else 3,
        unknown_division=0 if empty else 4,
        division_diversity_ppm=None if empty else 612_903,
        type_diversity_ppm=None if empty else 571_428,
        by_type=[] if empty else _counts(enterprise=24, university=4, testing_body=7),
        by_division=[] if empty else _counts(**{"39": 20, "35": 8, "73": 3}),
        by_region=regions,
    )


def _programme(language: str, *, empty: bool) -> str:
    circle = _circle(empty=empty)
    states = (TargetState.MISSED, TargetState.UNQUANTIFIED)
    report = ProgrammeReportOut(
        year=2027,
        on=date(2027, 6, 1),
        policy_version="2016",
        targets=[]
        if empty
        else [
            TargetProgressOut(
                year=2020 + 5 * place,
                level=TargetLevel.ANY,
                min_centers=5 - 5 * place,
                max_centers=10 - 10 * place,
                on=date(2020 + 5 * place, 12, 31),
                built=4,
                under_way=3,
                state=state,
            )
            for place, state in enumerate(states)
        ],
        centers=0 if empty else 10,
        by_stage=[] if empty else _counts(preparing=3, pilot=4, recognized=2, national=1),
        by_level=[] if empty else _counts(municipal=9, national=1),
        by_model=[] if empty else _counts(enterprise=6, institute=3, platform=1),
        by_field=[
            ReportFieldOut(code=code, name_zh=zh, name_en=en, count=0 if empty else 2)
            for code, zh, en in reference.FIELDS
        ],
        listings=[]
        if empty
        else [YearListingOut(year=2018 + n, listed=n % 3, total=n + 1) for n in range(9)],
        circle=circle,
        clients=ClientsOut(
            services=0 if empty else 1_204,
            to_sme=0 if empty else 700,
            sme_share_ppm=None if empty else 581_395,
            to_members=0 if empty else 90,
            delta_share_ppm=None if empty else 930_000,
            by_region=circle.by_region,
        ),
        chain=[
            ChainLinkOut(stage=stage, activities=0 if empty else 14, centers=0 if empty else 5)
            for stage in ("rd_supply", "transfer_diffusion", "first_commercialization")
        ],
        centers_closing_the_chain=0 if empty else 4,
        facts_by_kind=[] if empty else _counts(service=1_204, project=31, training=12),
        recognized=0 if empty else 2,
        ready_for_national=0,
        national_gaps=[
            NationalGapOut(
                code="company_and_alliance", name_zh=LONG, name_en="A company", lacking=0
            )
        ],
    )
    return pages.programme_page(report, Words(language, NAMES))


def _network(*, empty: bool) -> str:
    centers = [
        CenterNetworkOut(
            center_id=new_id(),
            code=f"C{number:02d}",
            name=LONG,
            circle=_circle(empty=False),
            hours="1200",
            shared_hours="300.5",
            shared_ppm=250_416,
            booked_minutes=1_440,
            projects=number,
            joint_projects=number // 2,
            international_projects=1,
            chain=_counts(rd_supply=2, transfer_diffusion=1, first_commercialization=1),
            covers_chain=number % 2 == 0,
        )
        for number in range(1, 11)
    ]
    report = NetworkReportOut(year=2027, on=date(2027, 6, 1), centers=[] if empty else centers)
    return pages.network_page(report, Words("zh", NAMES))


SAMPLES: Final = (
    Page("programme-report", lambda: _programme("zh", empty=False)),
    Page("programme-report-en", lambda: _programme("en", empty=False)),
    Page("programme-report-empty", lambda: _programme("zh", empty=True)),
    Page("network-report", lambda: _network(empty=False)),
    Page("network-report-empty", lambda: _network(empty=True)),
)
