"""The hot questions about facts are answered from indexes, on a table that is worth one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database.reads import Reads, Statement
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio
ROWS = 40_000
CENTERS = 40
# As many facts of as many centres; the planner is told nothing but what ANALYZE finds.
FILL = text(
    """
    WITH made AS (
        INSERT INTO center (id, version, name, model_type, applicant_form, field_codes, stage,
                            level, lead_sponsor_id, created_at)
        SELECT gen_random_uuid(), 1, 'x' || n, model_type, applicant_form, field_codes, 'pilot',
               level, :stranger, created_at
          FROM center, generate_series(1, :centers) AS n WHERE id = :center RETURNING id
    ), places AS (
        SELECT id, row_number() OVER () AS place FROM (
            SELECT id FROM made UNION ALL SELECT CAST(:center AS uuid)
        ) AS every
    )
    INSERT INTO fact (id, center_id, kind, chain_stage, occurred_on, recorded_at, external_id,
                      submitted_by_org_id, submitted_by_person_id, payload, content_sha256,
                      evidence)
    SELECT gen_random_uuid(), places.id,
           (ARRAY['talent', 'training', 'diffusion', 'standard'])[1 + n % 4],
           CASE WHEN n % 4 = 2 THEN 'transfer_diffusion' END, date '2026-01-01' + n % 500,
           timestamptz '2026-01-01Z' + n * interval '1 minute', 'bulk-' || n, :stranger, :stranger,
           CAST((ARRAY[
               '{"category": "x", "person_ref": "P"}', '{"person_times": 1}',
               '{"recipient_uscc": "x", "content": "new_process", "title": "x"}',
               '{"level": "national", "part": "lead", "number": "1"}'
           ])[1 + n % 4] AS jsonb), '', '{}'
      FROM generate_series(1, :rows) AS n JOIN places ON places.place = 1 + n % (:centers + 1)
    """
)


@contextmanager
def spied(house: House) -> Iterator[list[tuple[str, Any]]]:
    """Note the statements about facts that the service sends, by either way of reading."""
    engine = house.registry.app.state.database.engine.sync_engine
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM fact" in statement:
            seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    whole = Reads.row

    async def row(self: Reads, statement: Statement, given: Any) -> Any:
        seen.append((statement.text, tuple(statement.values(given))))
        return await whole(self, statement, given)

    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Reads, "row", row)
            yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] == "fact":
        yield plan["Alias"]
    for below in plan.get("Plans", ()):
        yield from scans(below)


@pytest.mark.requirement("X13")
async def test_no_hot_question_reads_the_whole_table(house: House) -> None:
    values = {"center": house.center_id, "stranger": house.stranger}
    owning = create_async_engine(house.registry.database.owner_url, isolation_level="AUTOCOMMIT")
    async with owning.connect() as owner:
        await owner.execute(FILL, {**values, "centers": CENTERS, "rows": ROWS})
        await owner.execute(text("VACUUM ANALYZE fact, center"))
    await owning.dispose()
    engine = house.registry.app.state.database.engine
    center = f"centers/{house.center_id}"
    questions: tuple[tuple[Any, str, dict[str, str]], ...] = (
        (None, "facts", {}),
        (None, "facts", {"sort": "-recorded_at"}),
        (None, "facts", {"kind": "training"}),
        (None, "facts", {"center_id": str(house.center_id), "kind": "talent"}),
        (house.member, "facts", {"center_id": str(house.center_id)}),
        (house.member, "facts", {}),
        (house.member, f"{center}/trainings", {"from": "2026-03-01", "until": "2026-03-31"}),
        (None, f"{center}/chain-coverage", {}),
        (None, f"{center}/projects", {}),
        (None, f"{center}/diffusion", {}),
        (None, "technology-pipeline", {}),
    )
    found: list[tuple[str, list[str]]] = []
    for org_id, path, params in questions:
        client = house.registry.client("handler") if org_id is None else house.caller(org_id)
        with spied(house) as seen:
            async with client as caller:
                answer = await caller.get(f"/v1/registry/{path}", params=params)
        assert answer.status_code == 200, answer.text
        assert seen, path
        async with engine.connect() as connection:
            for statement, parameters in seen:
                rows = await connection.exec_driver_sql(
                    f"EXPLAIN (FORMAT JSON) {statement}", parameters
                )
                said = rows.scalar_one()
                [plan] = json.loads(said) if isinstance(said, str) else said
                found.append((f"{path} {params}", list(scans(plan["Plan"]))))
    assert [one for one in found if one[1]] == []
