"""What a case asks of its neighbours: facts as known at an instant, the filed plan, positions."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request

from evaluation.cycles import queries
from evaluation.cycles.tables import EvaluationCase, EvaluationCycle
from shared.client import ServiceClient
from shared.http import CurrentActor, Now, Services

PAGE: Final = 500
# A year of one centre; more is a fault of the feed, not a year.
MAX_PAGES: Final = 2_000
# Beyond the end of any feed: such a question tells only where the feed stands.
BEYOND: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked: a centre's period, as known at `as_of`; the plan as filed at `plan_at`."""

    center_id: UUID
    year: int
    period_from: date
    period_until: date
    as_of: datetime
    plan_at: datetime


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the neighbours answered. Positions were read before the facts that they cover."""

    as_of: datetime
    registry: tuple[Mapping[str, Any], ...]
    ip_ledger: tuple[Mapping[str, Any], ...]
    plan: Mapping[str, Any]
    positions: Mapping[str, int]


def window_of(case: EvaluationCase, cycle: EvaluationCycle, now: datetime) -> Window:
    """Give the window of a case: nothing counts that became known after the cut-off (X13)."""
    return Window(
        center_id=case.center_id,
        year=case.year,
        period_from=cycle.period_from,
        period_until=cycle.period_until,
        as_of=now if cycle.cutoff_at is None else min(now, cycle.cutoff_at),
        plan_at=cycle.opened_at or now,
    )


async def gather(services: ServiceClient, window: Window) -> Gathered:
    """Ask both feeds and the plan. Raises `Unavailable` when a neighbour does not answer."""
    return (await gather_all(services, [window]))[0]


async def gather_all(services: ServiceClient, windows: Sequence[Window]) -> list[Gathered]:
    """Ask for some cases at once: where the feeds stand is asked once, before any fact."""
    if not windows:
        return []
    positions = await asyncio.gather(
        _position(services, "registry"), _position(services, "ip-ledger")
    )
    named = dict(zip(("registry", "ip_ledger"), positions, strict=True))
    return await asyncio.gather(*(_gathered(services, window, named) for window in windows))


async def _gathered(
    services: ServiceClient, window: Window, positions: Mapping[str, int]
) -> Gathered:
    registry, ip_ledger, plan = await asyncio.gather(
        _facts(
            services,
            "registry",
            window,
            {"from": window.period_from.isoformat(), "until": window.period_until.isoformat()},
        ),
        # A record of the ledger moves on: what was filed in the year may be told by a fact of a
        # later grant, and a grant of the year by an earlier filing. The leaves look at the days.
        _facts(services, "ip-ledger", window, {}),
        _plan(services, window),
    )
    return Gathered(window.as_of, registry, ip_ledger, plan, positions)


async def _position(services: ServiceClient, service: str) -> int:
    answer = await services.get(service, f"/v1/{service}/events", {"after": BEYOND, "limit": 1})
    return 0 if answer is None else int(answer["last_position"])


async def _facts(
    services: ServiceClient, service: str, window: Window, days: Mapping[str, str]
) -> tuple[Mapping[str, Any], ...]:
    """Read every page; facts that others superseded by then are left out."""
    asked = {
        "center_id": str(window.center_id),
        **days,
        "as_of": instant_text(window.as_of),
        "limit": PAGE,
    }
    found: list[Mapping[str, Any]] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await services.get(service, f"/v1/{service}/facts", {**asked, "cursor": cursor})
        if page is None:
            break
        found += [one for one in page["items"] if one.get("superseded_by_id") is None]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    found.sort(key=lambda fact: str(fact["id"]))
    return tuple(found)


async def _plan(services: ServiceClient, window: Window) -> Mapping[str, Any]:
    """Give the plan in force at the opening; a centre without a filed plan has no targets."""
    answer = await services.get(
        "registry",
        f"/v1/registry/centers/{window.center_id}/plan-targets",
        {"year": window.year, "as_of": instant_text(window.plan_at)},
    )
    if answer is None:
        return {"plan_version": None, "filed_at": None, "targets": []}
    return {name: answer.get(name) for name in ("plan_version", "filed_at", "targets")}


def instant_text(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


async def gathered(
    case_id: UUID, request: Request, actor: CurrentActor, services: Services, now: Now
) -> Gathered:
    """Ask the neighbours for a case that the caller may see, before any transaction opens."""
    async with request.app.state.database.sessions.reading() as session:
        case = await queries.case(session, actor, case_id)
        window = window_of(case, await queries.cycle(session, case.cycle_id), now)
    return await gather(services, window)


GatheredFacts = Annotated[Gathered, Depends(gathered)]
