"""What the facts of a centre come to: how far the chain is closed, who is served, who is small."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from registry.facts import queries, rules
from registry.facts.queries import FactFilter
from registry.facts.rules import ChainStage
from registry.facts.schemas import (
    ChainCountOut,
    ChainCoverageOut,
    ClientRegionOut,
    ClientRegionsOut,
    DiffusionCountOut,
    DiffusionShareOut,
)
from shared.codes.regions import YANGTZE_DELTA
from shared.http import CurrentActor, Reading, Router, Today, access, problems
from shared.http.schemas import Day
from shared.http.times import AsOf

OWN = "own facts and those of one's centres; officials and services see all"

sums = Router(prefix="/v1/registry/centers/{center_id}", tags=["facts"])


async def asked_of(
    center_id: UUID,
    as_of: AsOf,
    first: Annotated[Day | None, Query(alias="from", description="First day included.")] = None,
    until: Annotated[Day | None, Query(description="Last day included.")] = None,
) -> FactFilter:
    """Read which facts of a centre are summed up."""
    return FactFilter(center_id, None, first, until, as_of)


Asked = Annotated[FactFilter, Depends(asked_of)]


@sums.get(
    "/chain-coverage",
    operation_id="registry_read_chain_coverage",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A019",)),
    responses=problems("NOT_FOUND"),
)
async def read_chain_coverage(
    center_id: UUID, asked: Asked, actor: CurrentActor, today: Today, session: Reading
) -> ChainCoverageOut:
    """Tell which links of the innovation chain a centre serves, and which it does not."""
    await queries.center_seen(session, actor, center_id, today)
    counts = await queries.chain_counts(session, actor, asked, today)
    missing = rules.missing_stages(counts)
    return ChainCoverageOut(
        center_id=center_id,
        stages=[ChainCountOut(stage=stage, count=counts.get(stage, 0)) for stage in ChainStage],
        missing=missing,
        covered=not missing,
    )


@sums.get(
    "/diffusion",
    operation_id="registry_read_diffusion",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A090",)),
    responses=problems("NOT_FOUND"),
)
async def read_diffusion(
    center_id: UUID, asked: Asked, actor: CurrentActor, today: Today, session: Reading
) -> DiffusionShareOut:
    """Tell what a centre passed on by its kind, and which part went to small companies."""
    await queries.center_seen(session, actor, center_id, today)
    rows = await queries.diffusion_counts(session, actor, asked, today)
    count, small = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return DiffusionShareOut(
        center_id=center_id,
        count=count,
        sme_count=small,
        sme_share_ppm=rules.share_ppm(small, count),
        contents=[
            DiffusionCountOut(content=content, count=number, sme_count=of_small)
            for content, number, of_small in rows
        ],
    )


@sums.get(
    "/client-regions",
    operation_id="registry_read_client_regions",
    openapi_extra=access("member", "official", "service", tenant=OWN, rules=("A041", "A092")),
    responses=problems("NOT_FOUND"),
)
async def read_client_regions(
    center_id: UUID, asked: Asked, actor: CurrentActor, today: Today, session: Reading
) -> ClientRegionsOut:
    """Tell where a centre's clients sit, and which part of them is of the Yangtze delta."""
    await queries.center_seen(session, actor, center_id, today)
    rows = await queries.client_counts(session, actor, asked, today)
    count = sum(row[1] for row in rows)
    near = sum(number for region, number, _ in rows if region in YANGTZE_DELTA)
    return ClientRegionsOut(
        center_id=center_id,
        count=count,
        member_count=sum(row[2] for row in rows),
        delta_share_ppm=rules.share_ppm(near, count),
        regions=[
            ClientRegionOut(
                region=region,
                in_delta=region in YANGTZE_DELTA,
                count=number,
                share_ppm=rules.share_ppm(number, count),
            )
            for region, number, _ in rows
        ],
    )
