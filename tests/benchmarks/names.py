"""Organizations by name where 100,000 names share most of their letters."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from statistics import quantiles
from typing import Final

import asyncpg
import httpx

from registry.organizations.rules import search_key
from shared.codes import uscc
from shared.database import new_id
from tests.benchmarks.figures import Case, Figure, Size
from tests.benchmarks.house import House
from tests.benchmarks.measuring import Meter, Sample
from tests.benchmarks.tools import BenchmarkError

ORGANIZATIONS: Final = 100_000
DAY: Final = date(2020, 1, 1)
ROUTE: Final = "/v1/registry/organizations"
MATCH: Final = f"{ROUTE}/match"
SEARCHES: Final = {
    "a code": {"uscc": ""},
    "a part that all share": {"name": "精密仪器"},
    "a part of one": {"name": "第77777号"},
    "a wrong letter that all share": {"name": "上海精蜜仪器"},
    "a wrong letter in a region": {"name": "上海精蜜仪器", "region_code": "310115"},
    "a match": {"matched": "上海精密仪器第77777号制造有限公司"},
    "a match with a wrong letter": {"matched": "上海精蜜仪器第77777号制造有限公司"},
}


@contextmanager
def figure(house: House, size: Size) -> Iterator[Figure]:
    """Fill the register by COPY, and let each search take its turn."""
    del size  # The register is as large as it is.
    asyncio.run(_fill(house.dsn("registry", service="registry")))
    token = house.token("names", "handler")
    searches = {name: dict(asked) for name, asked in SEARCHES.items()}
    searches["a code"]["uscc"] = _code(ORGANIZATIONS // 2, "FB")
    yield Figure(
        name="names",
        title=f"Organizations by name among {ORGANIZATIONS:,} that share most letters",
        unit="search",
        cases=[
            Case(name, lambda seconds, asked=asked: _turn(house, token, asked, seconds))  # type: ignore[misc]  # binds the search now
            for name, asked in searches.items()
        ],
        comparisons=[(name, "a code") for name in searches if name != "a code"],
        parts=("registry", "database"),
        remarks=[
            "One caller, one search after the other, straight at the service; pages of 50.",
        ],
    )


def _name(number: int) -> str:
    return f"上海精密仪器第{number}号制造有限公司"


def _code(number: int, letters: str) -> str:
    first = f"91310115{letters}{number:07d}"
    return first + uscc.check_character(first)


async def _fill(dsn: str) -> None:
    """Write organizations and names straight into their tables."""
    ids = [new_id() for _ in range(ORGANIZATIONS)]
    connection = await asyncpg.connect(dsn)
    try:
        await connection.copy_records_to_table(
            "organization",
            columns=[
                "id", "version", "uscc", "name", "org_type", "legal_person_kind", "region_code",
                "registered_on", "is_sme", "is_leading", "is_backbone",
            ],
            records=(
                (
                    org_id, 1, _code(number, "FB"), _name(number), "enterprise", "independent",
                    f"3101{number % 20 + 1:02d}", DAY, False, False, False,
                )
                for number, org_id in enumerate(ids)
            ),
        )  # fmt: skip
        await connection.copy_records_to_table(
            "organization_name",
            columns=["id", "org_id", "name", "kind", "language", "from_on", "search_key"],
            records=(
                (new_id(), org_id, _name(number), "full", "zh", DAY, search_key(_name(number)))
                for number, org_id in enumerate(ids)
            ),
        )
        await connection.execute("VACUUM ANALYZE organization, organization_name")
    finally:
        await connection.close()


def _turn(house: House, token: str, asked: dict[str, str], seconds: float) -> Sample:
    """Search or match over and over, and check that something was found each time."""
    route, found_in = (MATCH, "candidates") if "matched" in asked else (ROUTE, "items")
    asked = {name.replace("matched", "name"): value for name, value in asked.items()}
    took: list[float] = []
    roots = {"registry": house.pid("registry"), "database": house.database_pid}
    with (
        httpx.Client(base_url=house.stack.services["registry"].url, timeout=60) as caller,
        Meter(**roots) as meter,
    ):
        until = time.perf_counter() + seconds
        while time.perf_counter() < until or not took:
            began = time.perf_counter()
            found = caller.get(route, params=asked, headers={"Authorization": f"Bearer {token}"})
            took.append((time.perf_counter() - began) * 1000)
            if found.status_code != 200 or not found.json()[found_in]:
                raise BenchmarkError(f"{asked} found nothing: {found.status_code} {found.text}")
    cuts = quantiles(took, n=100) if len(took) > 1 else [took[0]] * 99
    return Sample(len(took), meter.seconds, meter.cpu, meter.memory, cuts[49], cuts[98])
