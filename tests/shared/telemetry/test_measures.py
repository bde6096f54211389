"""`/metrics`: what waits, since when, and whether the database answers."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from zhichuang.postgres import PostgreSQL

OLD = "01900000-0000-7000-8000-000000000001"  # Made in 2024.


async def figure(service: Any, name: str) -> float:
    async with service.client() as caller:
        answer = await caller.get("/metrics")
    assert answer.status_code == 200
    found = re.search(rf"^{re.escape(name)}(?:{{[^}}]*}})? (\S+)$", answer.text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("package", "label", "table", "figures"),
    [
        ("registry", '{service="registry"}', "event_pending", "zhichuang_outbox"),
        ("ip_ledger", "", "log_pending", "zhichuang_log"),
    ],
)
async def test_what_waits_is_counted_with_its_age(
    package: str,
    label: str,
    table: str,
    figures: str,
    running: Callable[..., Any],
    postgres_server: PostgreSQL,
) -> None:
    async with running(package) as service:
        name = service.database.name
        postgres_server.execute(f"DELETE FROM {table}", database=name)  # noqa: S608 - our own name
        assert await figure(service, f"{figures}_waiting{label}") == 0
        assert await figure(service, f"{figures}_lag_seconds{label}") == 0
        postgres_server.execute(f"INSERT INTO {table} VALUES ('{OLD}')", database=name)  # noqa: S608 - our own
        assert await figure(service, f"{figures}_waiting{label}") == 1
        assert await figure(service, f"{figures}_lag_seconds{label}") > 3600


@pytest.mark.anyio
async def test_jobs_and_the_pool_are_told(
    running: Callable[..., Any], postgres_server: PostgreSQL
) -> None:
    async with running("ip_ledger") as service:
        postgres_server.execute(
            "INSERT INTO pgqueuer (priority, status, entrypoint, execute_after)"
            " VALUES (0, 'queued', 'x', '2026-01-05Z'), (0, 'queued', 'x', '2999-01-05Z')",
            database=service.database.name,
        )
        label = '{service="ip-ledger"}'
        assert await figure(service, f"zhichuang_jobs_waiting{label}") == 1
        assert await figure(service, f"zhichuang_jobs_lag_seconds{label}") > 3600
        assert await figure(service, f"zhichuang_pool_size{label}") == 8
        assert await figure(service, f"zhichuang_database_up{label}") == 1


@pytest.mark.anyio
async def test_a_database_that_is_away_is_a_figure_and_no_fault(
    running: Callable[..., Any], postgres_server: PostgreSQL
) -> None:
    async with running("registry") as service:
        name = service.database.name
        postgres_server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        await service.app.state.database.engine.dispose()
        assert await figure(service, 'zhichuang_database_up{service="registry"}') == 0
        postgres_server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        assert await figure(service, 'zhichuang_database_up{service="registry"}') == 1
