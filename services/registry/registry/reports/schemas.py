"""Reports as they go out: counts, and shares in ppm; none of them names anybody's money."""

from datetime import date
from uuid import UUID

from pydantic import Field

from registry.reports.rules import TargetLevel, TargetState
from shared.http.schemas import Out


class TargetProgressOut(Out):
    """A target of the programme and how far it is (A014, A017)."""

    year: int = Field(description="By the end of which year.", examples=[2020])
    level: TargetLevel = Field(description="Whose centres count.")
    min_centers: int = Field(description="At least so many; 0 where the plan names no figure.")
    max_centers: int = Field(description="At most so many; 0 where the plan names no figure.")
    on: date = Field(description="The day whose centres are counted.")
    built: int = Field(description="Recognized or national centres.")
    under_way: int = Field(description="Centres in preparation or in the pilot stage.")
    state: TargetState = Field(description="How the target stands.")


class ReportCountOut(Out):
    """A word and how many there are."""

    code: str = Field(description="A code of its code table; `other` for the rest.")
    count: int = Field(description="How many.")


class ReportFieldOut(ReportCountOut):
    """A field and how many centres name it."""

    name_zh: str = Field(description="Chinese name.")
    name_en: str = Field(description="English name.")


class YearListingOut(Out):
    """The listings of a year."""

    year: int = Field(description="The year.")
    listed: int = Field(description="Centres listed in it.")
    total: int = Field(description="Centres listed until its end.")


class CircleOut(Out):
    """Who takes part: how many organizations, how varied, how many of them small (A003, A020)."""

    organizations: int = Field(description="Lead sponsors and members of that day.")
    sme: int = Field(description="Small and medium enterprises among them.")
    sme_share_ppm: int | None = Field(description="Their share; none of nobody.")
    divisions: int = Field(description="Industrial divisions (GB/T 4754) among them.")
    unknown_division: int = Field(description="Those whose industry nobody entered.")
    division_diversity_ppm: int | None = Field(
        description="The chance that two of them are of different divisions."
    )
    type_diversity_ppm: int | None = Field(
        description="The chance that two of them are of different kinds."
    )
    by_type: list[ReportCountOut] = Field(description="By kind of organization.")
    by_division: list[ReportCountOut] = Field(description="By division, most frequent first.")
    by_region: list[ReportCountOut] = Field(description="31, 32, 33, 34, and `other`.")


class ClientsOut(Out):
    """Who was served in the year (A041, A092)."""

    services: int = Field(description="Services rendered.")
    to_sme: int = Field(description="Of them to small and medium enterprises.")
    sme_share_ppm: int | None = Field(description="Their share.")
    to_members: int = Field(description="Of them to members of the centre.")
    delta_share_ppm: int | None = Field(description="Share of the Yangtze delta.")
    by_region: list[ReportCountOut] = Field(description="31, 32, 33, 34, and `other`.")


class ChainLinkOut(Out):
    """A link of the innovation chain (A019)."""

    stage: str = Field(description="The link.")
    activities: int = Field(description="Activities of the year that serve it.")
    centers: int = Field(description="Centres with at least one.")


class NationalGapOut(Out):
    """A national condition and how many recognized centres lack it (A134)."""

    code: str = Field(description="The condition.")
    name_zh: str = Field(description="Chinese name.")
    name_en: str = Field(description="English name.")
    lacking: int = Field(description="Recognized centres that do not meet it.")


class ProgrammeReportOut(Out):
    """What the programme came to in a year (A014, A017, A019, A020, A092, A134)."""

    year: int = Field(description="The year.")
    on: date = Field(description="The last day that the report knows.")
    policy_version: str = Field(description="The version that names targets and conditions.")
    targets: list[TargetProgressOut] = Field(description="Targets and how far they are.")
    centers: int = Field(description="Centres on the list that day.")
    by_stage: list[ReportCountOut] = Field(description="Centres by stage, ended ones included.")
    by_level: list[ReportCountOut] = Field(description="Centres on the list by level.")
    by_model: list[ReportCountOut] = Field(description="Centres on the list by model.")
    by_field: list[ReportFieldOut] = Field(description="Centres by field; one may name several.")
    listings: list[YearListingOut] = Field(description="Listings by year.")
    circle: CircleOut = Field(description="Organizations that take part.")
    clients: ClientsOut = Field(description="Who was served.")
    chain: list[ChainLinkOut] = Field(description="The three links of the chain.")
    centers_closing_the_chain: int = Field(description="Centres that serve all three.")
    facts_by_kind: list[ReportCountOut] = Field(description="Facts of the year by kind.")
    recognized: int = Field(description="Recognized centres, which may strive for more.")
    ready_for_national: int = Field(description="Of them those that meet every condition.")
    national_gaps: list[NationalGapOut] = Field(description="What the others lack.")


class CenterNetworkOut(Out):
    """How far a centre reaches: across industries, in hours shared, in joint work (A005)."""

    center_id: UUID = Field(description="The centre.")
    code: str = Field(description="Its code.")
    name: str = Field(description="Its name.")
    circle: CircleOut = Field(description="Its lead sponsor and its members.")
    hours: str = Field(description="Hours for which its resources were used.", examples=["1200.5"])
    shared_hours: str = Field(description="Hours of them that others used.", examples=["300.5"])
    shared_ppm: int | None = Field(description="Their share.")
    booked_minutes: int = Field(description="Booked minutes of organizations not the owner.")
    projects: int = Field(description="Research projects reported in the year.")
    joint_projects: int = Field(description="Of them reported by two or more organizations.")
    international_projects: int = Field(description="Projects with partners abroad.")
    chain: list[ReportCountOut] = Field(description="Activities by link of the chain.")
    covers_chain: bool = Field(description="True when it serves all three links.")


class NetworkReportOut(Out):
    """How far the centres reach in a year (A005, A020)."""

    year: int = Field(description="The year.")
    on: date = Field(description="The last day that the report knows.")
    centers: list[CenterNetworkOut] = Field(description="Each centre on the list, by code.")
