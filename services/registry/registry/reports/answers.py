"""The reports put together: a few aggregates each, however many centres there are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from registry.centers.queries import recognized_centers
from registry.facts.rules import ChainStage
from registry.governance.actions import national_gaps
from registry.programme.queries import policy_on
from registry.reports import queries, rules
from registry.reports.queries import Circle, Named, Span
from registry.reports.rules import BUILT, LISTED, UNDER_WAY, Standing, Target, TargetLevel
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
from shared.auth import Actor
from shared.rules import Policy, require


async def target_progress(
    session: AsyncSession, policy: Policy, today: date
) -> list[TargetProgressOut]:
    """Set each target of the policy beside the centres that count for it."""
    targets = rules.targets_of(policy)
    standings = await queries.standings(session, [one.counted_on(today) for one in targets])
    return [_progress(one, standings[one.counted_on(today)], today) for one in targets]


def _progress(target: Target, standings: Sequence[Standing], today: date) -> TargetProgressOut:
    built = rules.counted(standings, target.level, BUILT)
    return TargetProgressOut(
        year=target.year,
        level=target.level,
        min_centers=target.least,
        max_centers=target.most,
        on=target.counted_on(today),
        built=built,
        under_way=rules.counted(standings, target.level, UNDER_WAY),
        state=rules.target_state(target, built, today),
    )


async def programme_report(
    session: AsyncSession, actor: Actor, year: int, today: date
) -> ProgrammeReportOut:
    """Put together what the programme came to in a year.

    Raises `Refused`: YEAR_WITHOUT_FIGURES.
    """
    require(rules.year_checks(year, today))
    span = Span(date(year, 1, 1), rules.day_of_report(year, today))
    policy = await policy_on(session, today)
    standings = (await queries.standings(session, [span.day]))[span.day]
    chain = await queries.chain(session, span)
    recognized, ready, gaps = await _gaps(session, actor, policy)
    return ProgrammeReportOut(
        year=year,
        on=span.day,
        policy_version=policy.version,
        targets=await target_progress(session, policy, today),
        centers=rules.counted(standings, TargetLevel.ANY, LISTED),
        by_stage=_counts((one.stage, one.count) for one in standings),
        by_level=_counts((one.level, one.count) for one in standings if one.stage in LISTED),
        by_model=_counts((await queries.models(session, span.day)).items()),
        by_field=[
            ReportFieldOut(code=code, name_zh=name_zh, name_en=name_en, count=count)
            for code, name_zh, name_en, count in await queries.fields(session, span.day)
        ],
        listings=_listings(await queries.listings(session, span.day)),
        circle=_circle(await queries.participants(session, span.day)),
        clients=_clients(await queries.clients(session, span)),
        chain=[_link(stage, chain) for stage in ChainStage],
        centers_closing_the_chain=sum(1 for links in chain.values() if _closed(links)),
        facts_by_kind=_counts((await queries.kinds(session, span)).items()),
        recognized=recognized,
        ready_for_national=ready,
        national_gaps=gaps,
    )


async def network_report(
    session: AsyncSession, actor: Actor, year: int, today: date
) -> NetworkReportOut:
    """Put together how far each centre on the list reaches in a year; a member's own ones only.

    Raises `Refused`: YEAR_WITHOUT_FIGURES.
    """
    require(rules.year_checks(year, today))
    span = Span(date(year, 1, 1), rules.day_of_report(year, today))
    circles = await queries.circles(session, span.day)
    chain = await queries.chain(session, span)
    hours = await queries.shared_hours(session, span)
    booked = await queries.booked_minutes(session, span)
    projects = await queries.projects(session, span)
    abroad = await queries.abroad(session, span)
    listed = await queries.centers(session, span.day)
    if not actor.has("official", "agency", "service"):
        own = await queries.own_centers(session, actor, today)
        listed = [center for center in listed if center.id in own]
    return NetworkReportOut(
        year=year,
        on=span.day,
        centers=[
            _network(
                center,
                circles.get(center.id, []),
                hours.get(center.id, (Decimal(0), Decimal(0))),
                projects.get(center.id, (0, 0)),
                chain.get(center.id, {}),
                (booked.get(center.id, 0), abroad.get(center.id, 0)),
            )
            for center in listed
        ],
    )


def _network(
    center: Named,
    circle: Sequence[Circle],
    hours: tuple[Decimal, Decimal],
    projects: tuple[int, int],
    links: Mapping[str, int],
    others: tuple[int, int],
) -> CenterNetworkOut:
    used, shared = hours
    return CenterNetworkOut(
        center_id=center.id,
        code=center.code,
        name=center.name,
        circle=_circle(circle),
        hours=_exact(used),
        shared_hours=_exact(shared),
        shared_ppm=rules.share_ppm(int(shared * 100), int(used * 100)),
        booked_minutes=others[0],
        projects=projects[0],
        joint_projects=projects[1],
        international_projects=others[1],
        chain=[ReportCountOut(code=stage, count=links.get(stage, 0)) for stage in ChainStage],
        covers_chain=_closed(links),
    )


async def _gaps(
    session: AsyncSession, actor: Actor, policy: Policy
) -> tuple[int, int, list[NationalGapOut]]:
    """Count recognized centres, those that lack nothing, and what the others lack (A134)."""
    centers = await recognized_centers(session, actor)
    judged = (await national_gaps(session, centers, policy)).values()
    lacking = Counter(one["code"] for conditions in judged for one in conditions if not one["met"])
    ready = sum(1 for conditions in judged if all(one["met"] for one in conditions))
    gaps = [
        NationalGapOut(
            code=one["code"],
            name_zh=one["name_zh"],
            name_en=one["name_en"],
            lacking=lacking[one["code"]],
        )
        for one in policy.value("A134", "conditions")
    ]
    return len(centers), ready, gaps


def _circle(rows: Sequence[Circle]) -> CircleOut:
    types, provinces = _summed((row.org_type, row.number) for row in rows), Counter[str]()
    divisions = _summed((row.division, row.number) for row in rows if row.division is not None)
    for row in rows:
        provinces[row.province] += row.number
    whole = sum(row.number for row in rows)
    small = sum(row.number for row in rows if row.is_sme)
    return CircleOut(
        organizations=whole,
        sme=small,
        sme_share_ppm=rules.share_ppm(small, whole),
        divisions=len(divisions),
        unknown_division=whole - sum(divisions.values()),
        division_diversity_ppm=rules.diversity_ppm(divisions.values()),
        type_diversity_ppm=rules.diversity_ppm(types.values()),
        by_type=_counts(types.items()),
        by_division=[
            ReportCountOut(code=code, count=count)
            for code, count in sorted(divisions.items(), key=lambda one: (-one[1], one[0]))
        ],
        by_region=_split(provinces),
    )


def _clients(rows: Sequence[queries.Clients]) -> ClientsOut:
    provinces = Counter[str]()
    for row in rows:
        provinces[row.province or rules.ELSEWHERE] += row.number
    split = rules.delta_split(provinces)
    whole, small = sum(split.values()), sum(row.number for row in rows if row.is_sme)
    return ClientsOut(
        services=whole,
        to_sme=small,
        sme_share_ppm=rules.share_ppm(small, whole),
        to_members=sum(row.number for row in rows if row.is_member),
        delta_share_ppm=rules.share_ppm(whole - split[rules.ELSEWHERE], whole),
        by_region=_split(provinces),
    )


def _split(provinces: Mapping[str, int]) -> list[ReportCountOut]:
    split = rules.delta_split(provinces)
    return [ReportCountOut(code=code, count=count) for code, count in split.items()]


def _link(stage: ChainStage, chain: Mapping[UUID, Mapping[str, int]]) -> ChainLinkOut:
    counts = [links[stage] for links in chain.values() if stage in links]
    return ChainLinkOut(stage=stage, activities=sum(counts), centers=len(counts))


def _closed(links: Mapping[str, int]) -> bool:
    return all(stage in links for stage in ChainStage)


def _listings(by_year: Mapping[int, int]) -> list[YearListingOut]:
    total, found = 0, []
    for year, listed in by_year.items():
        total += listed
        found.append(YearListingOut(year=year, listed=listed, total=total))
    return found


def _summed(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    counts = Counter[str]()
    for code, number in pairs:
        counts[code] += number
    return counts


def _counts(pairs: Iterable[tuple[str, int]]) -> list[ReportCountOut]:
    return [ReportCountOut(code=code, count=n) for code, n in sorted(_summed(pairs).items())]


def _exact(hours: Decimal) -> str:
    return format(hours.normalize(), "f")
