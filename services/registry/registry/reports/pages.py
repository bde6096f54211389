"""The reports for people: a page with charts, and a workbook with the same figures."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from registry.reports.schemas import (
    CenterNetworkOut,
    CircleOut,
    NetworkReportOut,
    ProgrammeReportOut,
    ReportCountOut,
    TargetProgressOut,
)
from registry.reports.words import Words
from shared.documents import (
    Sheet,
    bars,
    figure,
    lines,
    listing,
    page,
    section,
    table,
    workbook,
)

Row = list[str | int | None]
# The columns of the network, in the order of its cells.
CIRCLE_KEYS: Final = (
    "organizations", "sme_share", "divisions", "division_diversity", "type_diversity",
)  # fmt: skip
WORK_KEYS: Final = (
    "hours", "shared_hours", "shared", "booked_minutes", "projects", "joint_projects",
    "international", "covers_chain",
)  # fmt: skip


def programme_page(report: ProgrammeReportOut, words: Words) -> str:
    """Give the page of a year of the programme."""
    return page(
        f"{words('title')} · {report.year}",
        [
            section(words("targets"), _targets(report.targets, words)),
            section(
                f"{words('centers')}（{report.centers}）",
                _counted("by_stage", "center-stages", report.by_stage, words),
                _counted("by_level", "level", report.by_level, words),
                _counted("by_model", "model-types", report.by_model, words),
                _chart(
                    words("by_field"),
                    [
                        (words.either(one.name_zh, one.name_en), one.count)
                        for one in report.by_field
                    ],
                ),
                _listings(report, words),
            ),
            section(words("circle"), *_circle(report.circle, words)),
            section(words("clients"), *_clients(report, words)),
            section(words("chain"), *_chain(report, words)),
            section(words("facts"), _counted("count", "fact-kinds", report.facts_by_kind, words)),
            section(words("gaps"), *_gaps(report, words)),
        ],
        subtitle=_below(report, words, report.policy_version),
        language=words.language,
    )


def network_page(report: NetworkReportOut, words: Words) -> str:
    """Give the page of how far the centres reach."""
    named = [(f"{one.code} {one.name}", one) for one in report.centers]
    return page(
        f"{words('network_title')} · {report.year}",
        [
            section(
                words("divisions"),
                _chart(words("divisions"), [(name, one.circle.divisions) for name, one in named]),
            ),
            section(
                words("joint_projects"),
                _chart(
                    words("joint_projects"), [(name, one.joint_projects) for name, one in named]
                ),
            ),
            section(
                words("circle"),
                _columns_of(report, words, ("code", "name", *CIRCLE_KEYS)),
            ),
            section(
                words("together"),
                _columns_of(report, words, ("code", *WORK_KEYS)),
            ),
        ],
        subtitle=_below(report, words, ""),
        language=words.language,
    )


def programme_workbook(report: ProgrammeReportOut, words: Words) -> bytes:
    """Give the workbook of a year of the programme: a sheet per question."""
    circle = report.circle
    gaps: list[Row] = [
        [one.code, words.either(one.name_zh, one.name_en), one.lacking]
        for one in report.national_gaps
    ]
    chain: list[Row] = [
        [one.stage, words.of("chain-stages", one.stage), one.activities, one.centers]
        for one in report.chain
    ]
    return workbook(
        [
            Sheet(words("targets"), _target_columns(words), _target_rows(report.targets, words)),
            _sheet("by_stage", "center-stages", report.by_stage, words),
            _sheet("by_level", "level", report.by_level, words),
            _sheet("by_model", "model-types", report.by_model, words),
            Sheet(
                words("by_field"),
                _columns(words),
                [
                    [one.code, words.either(one.name_zh, one.name_en), one.count]
                    for one in report.by_field
                ],
            ),
            Sheet(
                words("listings"),
                [words("year"), words("listed"), words("total")],
                [[one.year, one.listed, one.total] for one in report.listings],
            ),
            _sheet("by_type", "org-types", circle.by_type, words),
            Sheet(
                words("by_division"),
                _columns(words),
                [[one.code, words.division(one.code), one.count] for one in circle.by_division],
            ),
            _regions("circle", circle.by_region, words),
            _regions("clients", report.clients.by_region, words),
            Sheet(
                words("chain"),
                [words("code"), words("name"), words("activities"), words("centers")],
                chain,
            ),
            _sheet("facts", "fact-kinds", report.facts_by_kind, words),
            Sheet(words("gaps"), [words("code"), words("condition"), words("lacking")], gaps),
        ]
    )


def network_workbook(report: NetworkReportOut, words: Words) -> bytes:
    """Give the workbook of how far the centres reach: a row per centre."""
    rows = [_network_row(one, words) for one in report.centers]
    return workbook([Sheet(words("network_title"), _network_columns(words), rows)])


def _below(report: ProgrammeReportOut | NetworkReportOut, words: Words, policy_version: str) -> str:
    day = f"{words('as_of')} {report.on.isoformat()}"
    return f"{day} · {words('policy')} {policy_version}" if policy_version else day


def _chart(title: str, values: Sequence[tuple[str, int]]) -> Markup:
    return figure(bars(title, values), title)


def _counted(key: str, scheme: str, counts: Sequence[ReportCountOut], words: Words) -> Markup:
    return _chart(words(key), [(words.of(scheme, one.code), one.count) for one in counts])


def _targets(targets: Sequence[TargetProgressOut], words: Words) -> Markup:
    return table(
        words("targets"),
        _target_columns(words),
        _target_rows(targets, words),
        numbers=(2, 3, 5, 6),
        language=words.language,
    )


def _target_columns(words: Words) -> list[str]:
    return [words(key) for key in ("year", "level", "min", "max", "on", "built", "under_way",
                                   "state")]  # fmt: skip


def _target_rows(targets: Sequence[TargetProgressOut], words: Words) -> list[Row]:
    return [
        [
            one.year,
            words.of("level", one.level),
            one.min_centers or words("none"),
            one.max_centers or words("none"),
            one.on.isoformat(),
            one.built,
            one.under_way,
            words.of("target", one.state),
        ]
        for one in targets
    ]


def _listings(report: ProgrammeReportOut, words: Words) -> Markup:
    across = [str(one.year) for one in report.listings]
    series = {
        words("listed"): [one.listed for one in report.listings],
        words("total"): [one.total for one in report.listings],
    }
    title = words("listings")
    return figure(lines(title, across, series), title)


def _circle(circle: CircleOut, words: Words) -> list[Markup]:
    return [
        listing(
            [
                (words("organizations"), str(circle.organizations)),
                (words("sme_share"), words.share(circle.sme_share_ppm)),
                (words("divisions"), str(circle.divisions)),
                (words("unknown_division"), str(circle.unknown_division)),
                (words("division_diversity"), words.share(circle.division_diversity_ppm)),
                (words("type_diversity"), words.share(circle.type_diversity_ppm)),
            ]
        ),
        _counted("by_type", "org-types", circle.by_type, words),
        _chart(
            words("by_division"),
            [(words.division(one.code), one.count) for one in circle.by_division],
        ),
        _by_region(circle.by_region, words),
    ]


def _clients(report: ProgrammeReportOut, words: Words) -> list[Markup]:
    clients = report.clients
    return [
        listing(
            [
                (words("services"), str(clients.services)),
                (words("to_members"), str(clients.to_members)),
                (words("sme_share"), words.share(clients.sme_share_ppm)),
                (words("delta_share"), words.share(clients.delta_share_ppm)),
            ]
        ),
        _by_region(clients.by_region, words),
    ]


def _by_region(counts: Sequence[ReportCountOut], words: Words) -> Markup:
    return _chart(words("by_region"), [(words.region(one.code), one.count) for one in counts])


def _chain(report: ProgrammeReportOut, words: Words) -> list[Markup]:
    links = [(words.of("chain-stages", one.stage), one) for one in report.chain]
    return [
        listing([(words("closing"), str(report.centers_closing_the_chain))]),
        _chart(words("activities"), [(name, one.activities) for name, one in links]),
        _chart(words("centers"), [(name, one.centers) for name, one in links]),
    ]


def _gaps(report: ProgrammeReportOut, words: Words) -> list[Markup]:
    return [
        listing(
            [
                (words("recognized"), str(report.recognized)),
                (words("ready"), str(report.ready_for_national)),
            ]
        ),
        _chart(
            words("lacking"),
            [(words.either(one.name_zh, one.name_en), one.lacking) for one in report.national_gaps],
        ),
    ]


def _columns(words: Words) -> list[str]:
    return [words("code"), words("name"), words("count")]


def _sheet(key: str, scheme: str, counts: Sequence[ReportCountOut], words: Words) -> Sheet:
    rows: list[Row] = [[one.code, words.of(scheme, one.code), one.count] for one in counts]
    return Sheet(words(key), _columns(words), rows)


def _regions(key: str, counts: Sequence[ReportCountOut], words: Words) -> Sheet:
    rows: list[Row] = [[one.code, words.region(one.code), one.count] for one in counts]
    return Sheet(f"{words(key)} · {words('by_region')}", _columns(words), rows)


def _columns_of(report: NetworkReportOut, words: Words, keys: Sequence[str]) -> Markup:
    """Give some columns of the network as a table that fits a page."""
    return table(
        words("centers"),
        [words(key) for key in keys],
        [[_network_cells(one, words)[key] for key in keys] for one in report.centers],
        numbers=[place for place, key in enumerate(keys) if key not in {"code", "name"}],
        language=words.language,
    )


def _network_columns(words: Words) -> list[str]:
    return [words(key) for key in ("code", "name", *CIRCLE_KEYS, *WORK_KEYS)]


def _network_row(one: CenterNetworkOut, words: Words) -> Row:
    return list(_network_cells(one, words).values())


def _network_cells(one: CenterNetworkOut, words: Words) -> dict[str, str | int | None]:
    return {
        "code": one.code,
        "name": one.name,
        "organizations": one.circle.organizations,
        "sme_share": words.share(one.circle.sme_share_ppm),
        "divisions": one.circle.divisions,
        "division_diversity": words.share(one.circle.division_diversity_ppm),
        "type_diversity": words.share(one.circle.type_diversity_ppm),
        "hours": one.hours,
        "shared_hours": one.shared_hours,
        "shared": words.share(one.shared_ppm),
        "booked_minutes": one.booked_minutes,
        "projects": one.projects,
        "joint_projects": one.joint_projects,
        "international": one.international_projects,
        "covers_chain": words("yes" if one.covers_chain else "no"),
    }
