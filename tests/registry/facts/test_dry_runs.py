"""What a dry run of a large batch says of each row is what recording it then does."""

import json
import random
from typing import Any

import pytest
from sqlmodel import col, func, select

from registry.facts.tables import Fact
from shared.http.batch_tables import BatchJob
from shared.http.batches import kinds as kinds_of_batches
from shared.http.batches import taking, working
from tests.fixtures.counting import some
from tests.fixtures.rehearsing import CHUNK, kinds, reach, worked_off
from tests.fixtures.service import event_types
from tests.registry.facts.conftest import House

pytestmark = pytest.mark.anyio
NUMBER = 240
PATH = "/v1/registry/fact-batches"
STAGES = ("reserved", "in_progress", "breakthrough", "transferred", "promoted")


@pytest.fixture(autouse=True)
def _all_batches_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "INLINE_ROWS", 0)


def _row(house: House, chance: random.Random) -> str:
    """Make a row of a few references, technologies and projects, so that rows meet each other."""
    day = f"2027-0{chance.randint(1, 5)}-01"
    over: dict[str, Any] = {"external_id": f"R-{chance.randrange(NUMBER // 2)}", "occurred_on": day}
    match chance.randrange(8):
        case 0 | 1 | 2:
            payload = house.fact()["payload"]
            payload["amount"]["amount"] = chance.choice((1, 2))
            over |= {"payload": payload}
        case 3 | 4:
            over |= {
                "kind": "technology_stage",
                "payload": {
                    "technology_ref": f"T-{chance.randrange(12)}",
                    "technology": "晶圆级键合",
                    "stage": chance.choice(STAGES),
                    "field_code": "integrated_circuit",
                    "technology_kind": "common_key",
                },
            }
        case 5:
            over |= {"kind": "international_project", "payload": _project(chance)}
        case 6:
            over |= {
                "kind": "international_progress",
                "payload": {
                    "project_ref": f"IP-{chance.randrange(4)}",
                    "status": chance.choice(("running", "running", "completed")),
                    "milestone": chance.choice((None, "M1", "M2")),
                },
            }
        case _:
            over |= chance.choice(({"kind": "none"}, {"occurred_on": "2030-01-01"}))
    return json.dumps(house.fact(**over))


def _project(chance: random.Random) -> dict[str, Any]:
    milestone = {"code": chance.choice(("M1", "M2")), "title": "样机", "due_on": "2027-12-31"}
    return {
        "partner": "示例研究所",
        "country": "DE",
        "project_ref": f"IP-{chance.randrange(4)}",
        "milestones": chance.choice(([milestone], [])),
    }


async def _counted(house: House) -> int:
    async with house.registry.sessions.reading() as session:
        return await session.scalar(select(func.count()).select_from(Fact)) or 0


@pytest.mark.requirement("X05", "A008", "A153")
@pytest.mark.parametrize("seed", some(range(4), 2))
async def test_a_dry_run_foretells_what_the_batch_then_does(house: House, seed: int) -> None:
    chance = random.Random(seed)
    lines = [_row(house, chance) for _ in range(NUMBER)]
    # Some are there already, so that rows meet what is stored as well as what is foretold.
    stored = [line for line in lines[::9] if json.loads(line)["kind"] == "service"]
    async with house.caller(house.member) as caller:
        for number, line in enumerate(stored):
            headers = {"Idempotency-Key": f"stored {number}"}
            await caller.post("/v1/registry/facts", json=json.loads(line), headers=headers)
        there, told = await _counted(house), await event_types(house.registry.sessions)
        assert there > 0
        sent = (house.registry, caller, PATH, lines)
        foretold = await worked_off(*sent, dry_run=True, by=kinds())
        assert await _counted(house) == there
        assert await event_types(house.registry.sessions) == told
        done = await worked_off(*sent, dry_run=False, by=kinds())
    assert foretold == done
    assert await _counted(house) == there + sum(row["outcome"] == "created" for row in done)
    codes = {row["problem"]["code"] for row in done if row["problem"]}
    assert codes >= {"EXTERNAL_ID_MISMATCH", "STATE_CONFLICT", "CODE_UNKNOWN", "DAY_IN_FUTURE"}
    # Rows meet over the bounds of chunks: judged chunk by chunk, the dry run would be wrong.
    assert reach(done) > CHUNK


@pytest.mark.requirement("X05")
async def test_a_dry_run_that_was_cut_goes_on_with_all_that_it_had_foretold(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    lines = [_row(house, chance) for _ in range(NUMBER)]
    keep = kinds_of_batches.count_of
    chunks = 0

    def cut(results: Any, outcome: Any) -> int:
        nonlocal chunks
        chunks += 1
        if chunks == NUMBER // CHUNK:
            raise ConnectionResetError("the worker is gone in the middle of its dry run")
        return keep(results, outcome)

    monkeypatch.setattr(working, "count_of", cut)
    async with house.caller(house.member) as caller:
        sent = (house.registry, caller, PATH, lines)
        with pytest.raises(ConnectionResetError):
            await worked_off(*sent, dry_run=True, by=kinds())
        async with house.registry.sessions.reading() as session:
            assert 0 < (await session.scalars(select(col(BatchJob.rows_done)))).one() < NUMBER
        # The same again finds the job that was taken, and works off what is left.
        foretold = await worked_off(*sent, dry_run=True, by=kinds())
        done = await worked_off(*sent, dry_run=False, by=kinds())
    assert [(row["outcome"], row["problem"]) for row in foretold] == [
        (row["outcome"], row["problem"]) for row in done
    ]
    folder = house.registry.app.state.settings.files / "batches"
    assert list(folder.iterdir()) == []
